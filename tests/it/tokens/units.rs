//! What is scored as one: words, pieces, and what stands for words in scripts without spaces.

use attncheck::tokens::{Tokenizer, Tokens, Unit, Units};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::tokenizers::{BYTE_BPE, UNIGRAM, WORDPIECE, bytes, tokenizer, wordless};

const JAPANESE: &str = "この映画はとても面白かったです。";

fn texts(tokens: &Tokens) -> Vec<&str> {
    tokens.words.iter().map(|word| word.text.as_str()).collect()
}

fn pieces(tokenizer: &Tokenizer, text: &str, pair: Option<&str>) -> Tokens {
    tokenizer.encode_units(text, pair, Units::Pieces).unwrap()
}

/// Metaspace over a vocabulary that has every letter of the text.
fn japanese(split: bool) -> Tokenizer {
    let mut json: Value = serde_json::from_slice(&bytes(UNIGRAM)).unwrap();
    let vocab = json["model"]["vocab"].as_array_mut().unwrap();
    let mut letters: Vec<char> = JAPANESE.chars().chain("ภาพยนตร์".chars()).collect();
    letters.sort_unstable();
    letters.dedup();
    vocab.extend(letters.into_iter().map(|letter| json!([letter.to_string(), -5.0])));
    json["pre_tokenizer"]["split"] = json!(split);
    Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap()
}

#[test]
fn each_piece_may_be_a_unit() {
    let text = "an unbelievably dull film";
    let found = pieces(&tokenizer(WORDPIECE), text, None);
    let words = tokenizer(WORDPIECE).encode(text).unwrap();
    assert_eq!((found.unit, &found.ids), (Unit::Piece, &words.ids));
    assert!(found.words.len() > words.words.len() && found.words.iter().all(|word| word.pieces.len() == 1));
    assert_eq!(texts(&found).concat(), text.replace(' ', ""));
    // Bytes of one character are one unit, and a piece of bare white space goes with the piece after it.
    let found = pieces(&tokenizer(BYTE_BPE), "中 a", None);
    assert_eq!(texts(&found), ["中", "a"]);
    let found = pieces(&tokenizer(UNIGRAM), "the Q", None);
    assert_eq!(texts(&found), ["the", "Q"]);
    // Both texts of a pair.
    let found = pieces(&tokenizer(WORDPIECE), "dull", Some("unbelievably"));
    assert!(found.words.iter().filter(|word| word.text_index == 1).count() > 1);
    // The window is cut by pieces then.
    let tokens = pieces(&tokenizer(WORDPIECE), text, None);
    assert_eq!(tokens.window(5, attncheck::tokens::TruncationSide::Right).0.len(), 5);
}

#[test]
fn a_script_without_spaces_is_cut_into_pieces_of_its_own_accord() {
    for tokenizer in [japanese(true), japanese(false), tokenizer(BYTE_BPE)] {
        let tokens = tokenizer.encode(JAPANESE).unwrap();
        assert_eq!(tokens.unspaced, 1, "{:?}", tokens.pieces);
        assert!(tokens.words.len() > 10, "{:?}", texts(&tokens));
        assert_eq!(texts(&tokens).concat(), JAPANESE);
        assert_ne!(tokens.unit, Unit::Piece);
    }
    let tokens = japanese(true).encode("ภาพยนตร์ film").unwrap();
    assert_eq!((tokens.unspaced, *texts(&tokens).last().unwrap()), (1, "film"));
    // A text in words is left as it is, and so are the words of one that is mixed.
    for text in ["a wonderful film", "영화는 재미있다", "фильм о людях"] {
        let tokens = japanese(false).encode(text).unwrap();
        assert_eq!((tokens.unspaced, tokens.words.len()), (0, text.split(' ').count()), "{text}");
    }
    let mixed = format!("wonderful {JAPANESE} people");
    let tokens = japanese(false).encode_pair(&mixed, Some(JAPANESE)).unwrap();
    assert_eq!(tokens.unspaced, 2);
    let words = texts(&tokens);
    assert!(words.contains(&"wonderful") && words.contains(&"people") && words.contains(&"面"), "{words:?}");
    // One piece is one word, whatever its script.
    let tokens = tokenizer(WORDPIECE).encode("film 映画").unwrap();
    assert_eq!((tokens.unspaced, tokens.words.len()), (0, 3));
}

#[test]
fn what_the_vocabulary_lacks_is_known_by_place() {
    let tokens = tokenizer(WORDPIECE).encode("a 🦉 film [UNK]").unwrap();
    assert_eq!(tokens.unknown, [2, 4]);
    // Shown as the vocabulary has it, not as it stands in the text.
    let tokens = tokenizer(UNIGRAM).encode("the 🦉 film").unwrap();
    let unknown: Vec<&str> = tokens.unknown.iter().map(|&at| tokens.pieces[at].as_str()).collect();
    assert_eq!(unknown, ["<unk>"]);
    assert!(tokenizer(BYTE_BPE).encode("🦉").unwrap().unknown.is_empty());
    // The model's own unknown token counts, whatever the settings call so.
    let mut json: Value = serde_json::from_slice(&bytes(UNIGRAM)).unwrap();
    json["model"]["unk_id"] = json!(1);
    let tokens = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap().encode("🦉").unwrap();
    assert_eq!(tokens.unknown.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn units_come_in_order_and_hold_every_content_piece(text in "[ a-zé中日のàภ▁.…\u{301}🦉]{0,24}") {
        for tokenizer in [tokenizer(WORDPIECE), tokenizer(BYTE_BPE), japanese(false), japanese(true), wordless()] {
            let tokens = pieces(&tokenizer, &text, None);
            let content = tokens.special.iter().filter(|special| !**special).count();
            let held: usize = tokens.words.iter().map(|word| word.pieces.len()).sum();
            prop_assert!(tokens.words.is_empty() || held == content, "{:?} in {:?}", texts(&tokens), tokens.pieces);
            prop_assert!(tokens.words.windows(2).all(|two| two[0].end <= two[1].start && two[0].pieces.end == two[1].pieces.start));
            let words = tokenizer.encode(&text).unwrap();
            prop_assert!(words.words.len() <= tokens.words.len());
        }
    }
}
