//! Sentence pairs: tokens and windows, against the reference library and against their own laws.

use attncheck::tokens::{Tokenizer, Tokens, TruncationSide};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::support::tokenizers::{BYTE_BPE, UNIGRAM, WORDPIECE, bytes, tokenizer, wordless};

#[derive(Deserialize)]
struct Golden {
    tokenizers: Vec<OfFile>,
}

#[derive(Deserialize)]
struct OfFile {
    file: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    pair: String,
    ids: Vec<u32>,
    type_ids: Vec<u32>,
    sequences: Vec<Option<usize>>,
    offsets: Vec<[usize; 2]>,
    cut: Vec<Cut>,
}

#[derive(Deserialize)]
struct Cut {
    max_length: usize,
    kept: [usize; 2],
}

fn golden() -> Golden {
    serde_json::from_slice(&bytes("golden/pairs.json")).unwrap()
}

/// Ids of one text of the pair.
fn of(tokens: &Tokens, sequence: usize) -> Vec<u32> {
    (0..tokens.len()).filter(|t| tokens.sequences[*t] == Some(sequence)).map(|t| tokens.ids[t]).collect()
}

/// What must hold of any pair and tokenizer.
fn check(texts: [&str; 2], tokens: &Tokens) {
    let count = tokens.len();
    assert_eq!((tokens.sequences.len(), tokens.type_ids.len(), tokens.special.len()), (count, count, count));
    for position in 0..count {
        assert_eq!(tokens.sequences[position].is_none(), tokens.special[position]);
        let text = tokens.sequences[position].map_or("", |sequence| texts[sequence]);
        let bytes = tokens.offsets[position].clone();
        assert_eq!(text[..bytes.start].chars().count(), tokens.char_offsets[position].start);
        assert_eq!(text[bytes].chars().count(), tokens.char_offsets[position].len());
    }
    let mut owned = vec![0; count];
    let mut end = (0, 0);
    for word in &tokens.words {
        let text = texts[word.text_index];
        assert!((word.text_index, word.start) >= end && word.end > word.start, "{word:?} after {end:?}");
        end = (word.text_index, word.end);
        assert_eq!(text.get(word.start..word.end), Some(word.text.as_str()));
        for position in word.pieces.clone() {
            assert_eq!(tokens.sequences[position], Some(word.text_index));
            owned[position] += 1;
        }
    }
    for (position, owners) in owned.into_iter().enumerate() {
        let sequence = tokens.sequences[position];
        let has_words = tokens.words.iter().any(|word| Some(word.text_index) == sequence);
        assert_eq!(owners, usize::from(has_words), "position {position} of {:?}", tokens.pieces);
    }
}

#[test]
fn pairs_are_the_reference_librarys() {
    for OfFile { file, cases } in golden().tokenizers {
        let tokenizer = tokenizer(&file);
        for case in cases {
            let tokens = tokenizer.encode_pair(&case.text, Some(&case.pair)).unwrap();
            assert_eq!(tokens.ids, case.ids, "{:?} {:?}", case.text, case.pair);
            assert_eq!(tokens.type_ids, case.type_ids);
            assert_eq!(tokens.sequences, case.sequences);
            let offsets: Vec<_> = tokens.char_offsets.iter().map(|range| [range.start, range.end]).collect();
            assert_eq!(offsets, case.offsets, "{:?}", tokens.pieces);
            check([&case.text, &case.pair], &tokens);
        }
    }
}

#[test]
fn a_window_keeps_whole_words_of_what_the_reference_library_keeps() {
    let mut cuts = 0;
    for OfFile { file, cases } in golden().tokenizers {
        let tokenizer = tokenizer(&file);
        for case in cases {
            let tokens = tokenizer.encode_pair(&case.text, Some(&case.pair)).unwrap();
            let specials = tokens.special.iter().filter(|special| **special).count();
            for cut in &case.cut {
                let (kept, window) = tokens.window(cut.max_length, TruncationSide::Right);
                check([&case.text, &case.pair], &kept);
                assert_eq!(window.kept_tokens, kept.len());
                assert_eq!(kept.special.iter().filter(|special| **special).count(), specials);
                for (sequence, room) in [(0, cut.kept[0]), (1, cut.kept[1])] {
                    let (all, ours) = (of(&tokens, sequence), of(&kept, sequence));
                    assert_eq!(ours, all[..ours.len()]);
                    assert!(
                        ours.len() <= room,
                        "{:?} {:?} at {}: {} of {room}",
                        case.text,
                        case.pair,
                        cut.max_length,
                        ours.len()
                    );
                    // The next word would not fit.
                    let next = tokens
                        .words
                        .iter()
                        .filter(|word| word.text_index == sequence)
                        .nth(kept.words.iter().filter(|word| word.text_index == sequence).count());
                    assert!(next.is_none_or(|word| ours.len() + word.pieces.len() > room), "{:?}", case.text);
                }
                cuts += 1;
            }
        }
    }
    assert!(cuts > 40, "{cuts}");
}

#[test]
fn words_know_their_text() {
    let tokens = tokenizer(WORDPIECE).encode_pair("a fine film", Some("a film [SEP]")).unwrap();
    let told: Vec<_> =
        tokens.words.iter().map(|word| (word.text_index, word.start, word.text.as_str())).collect();
    let expected =
        [(0, 0, "a"), (0, 2, "fine"), (0, 7, "film"), (1, 0, "a"), (1, 2, "film"), (1, 7, "[SEP]")];
    assert_eq!(told, expected);
    assert_eq!(tokens.typed_specials.len(), 1);
    assert_eq!(tokens.type_ids, [0, 0, 0, 0, 0, 1, 1, 1, 1]);
    let one = tokenizer(WORDPIECE).encode_pair("a fine film", None).unwrap();
    assert_eq!(one, tokenizer(WORDPIECE).encode("a fine film").unwrap());
    assert!(one.words.iter().all(|word| word.text_index == 0));
}

#[test]
fn a_model_that_is_given_no_token_types_gets_none() {
    let generic = "TokenizersBackend";
    for (config, typed) in [
        (json!({ "model_input_names": ["input_ids", "attention_mask"] }), false),
        (json!({ "model_input_names": ["input_ids", "token_type_ids"], "tokenizer_class": generic }), true),
        (json!({ "tokenizer_class": generic }), false),
        (json!({ "tokenizer_class": "BertTokenizer" }), true),
        (json!({}), true),
    ] {
        let tokenizer =
            Tokenizer::from_bytes(&bytes(WORDPIECE), Some(config.to_string().as_bytes())).unwrap();
        let tokens = tokenizer.encode_pair("a", Some("b")).unwrap();
        assert_eq!(tokens.type_ids.contains(&1), typed, "{config}");
        assert!(tokens.sequences.contains(&Some(1)));
    }
}

fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        " ", "  ", "\t", "\u{a0}", "\u{200b}", "\u{301}", "é", "👍🏽", "[MASK]", "<s>", "film", "un", "don't",
        "中", "\u{0}", "ﬃ", "…", ".", "▁", "Ġ",
    ]);
    let piece = prop_oneof![nasty.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A pair is its texts, each as it is alone (but for a space before the second), and both within any window.
    #[test]
    fn a_pair_is_two_texts(first in text(), second in text(), max in 0_usize..16) {
        for tokenizer in [tokenizer(WORDPIECE), tokenizer(BYTE_BPE), tokenizer(UNIGRAM), wordless()] {
            let tokens = tokenizer.encode_pair(&first, Some(&second)).unwrap();
            check([&first, &second], &tokens);
            for (sequence, text) in [&first, &second].into_iter().enumerate() {
                let alone = tokenizer.encode(text).unwrap();
                prop_assert_eq!(of(&tokens, sequence), of(&alone, 0));
                if tokens.unit == alone.unit {
                    let words: Vec<_> = tokens.words.iter().filter(|w| w.text_index == sequence).map(|w| (w.start, w.end)).collect();
                    prop_assert_eq!(words, alone.words.iter().map(|w| (w.start, w.end)).collect::<Vec<_>>());
                }
            }
            let (kept, window) = tokens.window(max, TruncationSide::Right);
            check([&first, &second], &kept);
            let specials = tokens.special.iter().filter(|special| **special).count();
            prop_assert!(kept.len() <= max.max(specials) || kept.len() == tokens.len());
            prop_assert_eq!(window.kept_words, kept.words.len());
            prop_assert_eq!(window.second.0, kept.words.iter().filter(|w| w.text_index == 1).count());
            prop_assert_eq!(window.second.1, tokens.words.iter().filter(|w| w.text_index == 1).count());
        }
    }
}
