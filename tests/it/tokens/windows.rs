//! Windows of tokens, by their own laws.

use attncheck::tokens::TruncationSide;
use proptest::prelude::*;

use super::{check, words};
use crate::support::tokenizers::{BYTE_BPE, UNIGRAM, WORDPIECE, tokenizer, wordless};

#[test]
fn window_ends_on_a_word_and_keeps_the_specials() {
    let text = "an unbelievably dull film";
    let tokens = tokenizer(WORDPIECE).encode(text).unwrap();
    let all = tokens.len();
    let (same, window) = tokens.window(all, TruncationSide::Right);
    assert_eq!(same, tokens);
    assert!(!window.is_cut());
    // Room for the first word and one piece of the second.
    let (cut, window) = tokens.window(4, TruncationSide::Right);
    assert_eq!(cut.pieces, ["[CLS]", "an", "[SEP]"]);
    assert_eq!(words(&cut), ["an"]);
    assert_eq!((window.kept_words, window.all_words, window.kept_tokens, window.all_tokens), (1, 4, 3, all));
    assert!(window.is_cut());
    check(text, &cut);
    // Room for the first word and nothing more.
    assert_eq!(tokens.window(3, TruncationSide::Right).0, cut);
    for max in [0, 1, 2] {
        let (cut, window) = tokens.window(max, TruncationSide::Right);
        assert_eq!((cut.len(), cut.words.len(), window.kept_words), (2, 0, 0));
    }
    let tokens = tokenizer(WORDPIECE).encode("[MASK] film [MASK]").unwrap();
    assert_eq!(tokens.window(4, TruncationSide::Right).0.typed_specials, [1]);
}

fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        " ", "  ", "\t", "\u{a0}", "\u{200b}", "\u{200d}", "\u{301}", "é", "👍🏽", "[MASK]", "<s>", "film",
        "un", "don't", "中", "ש", "\u{202e}", "\u{0}", "ﬃ", "…", "´", ".", "▁", "Ġ", "\u{feff}",
    ]);
    let piece = prop_oneof![nasty.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn words_cover_every_content_piece_and_slice_cleanly(texts in prop::collection::vec(text(), 8), max in 0_usize..12) {
        for tokenizer in [tokenizer(WORDPIECE), tokenizer(BYTE_BPE), tokenizer(UNIGRAM), wordless()] {
            for text in &texts {
                let tokens = tokenizer.encode(text).unwrap();
                check(text, &tokens);
                let (cut, window) = tokens.window(max, TruncationSide::Right);
                check(text, &cut);
                prop_assert!(cut.len() <= max.max(2));
                prop_assert_eq!(&cut.words[..], &tokens.words[..window.kept_words]);
            }
        }
    }
}
