//! Tokens and words, against the reference library and against their own laws.

mod audited;
mod chats;
mod decoders;
mod folders;
mod hostile;
mod mutated;
mod pairs;
mod sentence;
mod templates;
mod translation;
mod units;
mod windows;
mod written;

use std::borrow::Cow;

use attncheck::tokens::{TokenError, Tokenizer, TokenizerFiles, Tokens, Unit, Vocabulary};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::tokenizers::{BYTE_BPE, UNIGRAM, WORDPIECE, bytes, tokenizer, wordless};

#[derive(Deserialize)]
struct Golden {
    tokenizers: Vec<OfFile>,
    vocab: Vec<OfVocab>,
}

#[derive(Deserialize)]
struct OfFile {
    file: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct OfVocab {
    config: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    pieces: Vec<String>,
    offsets: Vec<[usize; 2]>,
    word_ids: Vec<Option<u32>>,
    special: Vec<u8>,
}

fn golden() -> Golden {
    serde_json::from_slice(&bytes("golden/tokens.json")).unwrap()
}

fn from_vocab(config: &Value) -> Result<Tokenizer, TokenError> {
    from_lines(bytes("tokenizers/vocab.txt"), config)
}

fn from_lines(lines: Vec<u8>, config: &Value) -> Result<Tokenizer, TokenError> {
    Tokenizer::from_files(
        &TokenizerFiles {
            vocabulary: Vocabulary::WordPiece(Cow::Owned(lines)),
            config: Some(Cow::Owned(config.to_string().into_bytes())),
            special_tokens_map: None,
            added_tokens: None,
            chat_template: None,
            named_templates: Vec::new(),
        },
        b"{}",
    )
}

pub fn words(tokens: &Tokens) -> Vec<&str> {
    tokens.words.iter().map(|word| word.text.as_str()).collect()
}

/// What must hold of any text and tokenizer.
pub fn check(text: &str, tokens: &Tokens) {
    let count = tokens.len();
    assert_eq!(tokens.pieces.len(), count);
    assert_eq!(tokens.type_ids.len(), count);
    assert_eq!(tokens.special.len(), count);
    for (bytes, chars) in tokens.offsets.iter().zip(&tokens.char_offsets) {
        let slice = text.get(bytes.clone()).expect("offsets lie between characters");
        assert_eq!(text[..bytes.start].chars().count(), chars.start);
        assert_eq!(slice.chars().count(), chars.len());
    }
    let mut end = 0;
    let mut owned = vec![0; count];
    for word in &tokens.words {
        assert!(word.start >= end && word.end > word.start, "{word:?} after {end} in {text:?}");
        end = word.end;
        assert_eq!(text.get(word.start..word.end), Some(word.text.as_str()));
        assert_eq!(word.text.trim(), word.text);
        assert_eq!(text.chars().skip(word.chars.start).take(word.chars.len()).collect::<String>(), word.text);
        assert!(!word.pieces.is_empty());
        owned[word.pieces.clone()].iter_mut().for_each(|owners| *owners += 1);
    }
    for (position, owners) in owned.into_iter().enumerate() {
        let expected = usize::from(!tokens.special[position] && !tokens.words.is_empty());
        assert_eq!(owners, expected, "position {position} of {:?} in {text:?}", tokens.pieces);
    }
}

fn check_case(tokenizer: &Tokenizer, case: &Case) {
    let tokens = tokenizer.encode(&case.text).unwrap();
    let text = &case.text;
    assert_eq!(tokens.ids, case.ids, "{text:?}");
    assert_eq!(tokens.pieces, case.pieces, "{text:?}");
    let chars: Vec<_> = tokens.char_offsets.iter().map(|range| [range.start, range.end]).collect();
    assert_eq!(chars, case.offsets, "{text:?} {:?}", tokens.pieces);
    let special: Vec<u8> = tokens.special.iter().map(|&special| u8::from(special)).collect();
    assert_eq!(special, case.special, "{text:?}");
    check(text, &tokens);
    if tokens.unit == Unit::Pretokenized && tokens.unspaced == 0 {
        // Pieces of one word by the library are never in two words.
        for word in tokens.words.windows(2) {
            let (last, first) = (word[0].pieces.end - 1, word[1].pieces.start);
            assert_ne!(case.word_ids[last], case.word_ids[first], "{text:?} {word:?}");
        }
    }
}

#[test]
fn encodings_are_the_reference_librarys() {
    for of in golden().tokenizers {
        let tokenizer = tokenizer(&of.file);
        assert!(of.cases.len() >= 40);
        of.cases.iter().for_each(|case| check_case(&tokenizer, case));
    }
}

#[test]
fn vocab_txt_gives_the_reference_librarys_bert() {
    for of in golden().vocab {
        let tokenizer = from_vocab(&of.config).unwrap();
        of.cases.iter().for_each(|case| check_case(&tokenizer, case));
        let ids = tokenizer.special_ids();
        assert_eq!(
            [ids.pad, ids.unk, ids.cls, ids.sep, ids.mask],
            [Some(0), Some(1), Some(2), Some(3), Some(4)]
        );
    }
}

#[test]
fn words_are_the_tokenizers_own() {
    let text = "I don't like  unbelievably dull films.";
    let tokens = tokenizer(WORDPIECE).encode(text).unwrap();
    assert_eq!(tokens.unit, Unit::Pretokenized);
    assert_eq!(words(&tokens), ["I", "don", "'", "t", "like", "unbelievably", "dull", "films", "."]);
    // The space before a byte-level word is no part of it, and doubled spaces go with the word after them.
    let tokens = tokenizer(BYTE_BPE).encode(text).unwrap();
    assert_eq!(tokens.unit, Unit::Pretokenized);
    assert_eq!(words(&tokens), ["I", "don", "'t", "like", "unbelievably", "dull", "films", "."]);
    let tokens = tokenizer(UNIGRAM).encode(text).unwrap();
    assert_eq!(tokens.unit, Unit::Pretokenized);
    assert_eq!(words(&tokens), ["I", "don't", "like", "unbelievably", "dull", "films."]);
}

#[test]
fn without_words_of_its_own_white_space_parts_them() {
    let tokenizer = wordless();
    let tokens = tokenizer.encode("I don't  like\tdull films. ").unwrap();
    assert_eq!(tokens.unit, Unit::Whitespace);
    assert_eq!(words(&tokens), ["I", "don't", "like", "dull", "films."]);
    for of in golden().tokenizers {
        for case in of.cases {
            check(&case.text, &tokenizer.encode(&case.text).unwrap());
        }
    }
}

/// NFKC makes three full stops of an ellipsis, and of a half a one, a stroke and a two.
#[test]
fn what_was_one_character_is_one_word() {
    let mut json: Value = serde_json::from_slice(&bytes(WORDPIECE)).unwrap();
    json["normalizer"] = json!({"type": "NFKC"});
    let text = "well… ½ of it";
    let tokens = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap().encode(text).unwrap();
    assert_eq!(words(&tokens), ["well", "…", "½", "of", "it"]);
    assert_eq!(tokens.words[1].pieces, 2..5);
    check(text, &tokens);
}

#[test]
fn what_is_typed_is_content_and_told() {
    let tokenizer = tokenizer(WORDPIECE);
    let tokens = tokenizer.encode("a [MASK] film [CLS] 🦉 [UNK]").unwrap();
    assert_eq!(words(&tokens), ["a", "[MASK]", "film", "[CLS]", "🦉", "[UNK]"]);
    // The owl is unknown, not typed.
    assert_eq!(tokens.typed_specials, [2, 4, 6]);
    assert_eq!(tokens.special.iter().filter(|&&special| special).count(), 2);
    assert!(tokenizer.encode("mask cls").unwrap().typed_specials.is_empty());
    assert_eq!(tokenizer_typed(BYTE_BPE, "un<mask>able <s>"), 2);
}

fn tokenizer_typed(file: &str, text: &str) -> usize {
    tokenizer(file).encode(text).unwrap().typed_specials.len()
}

#[test]
fn texts_without_a_word_are_no_error() {
    for text in ["", "   ", "\u{0}\u{1}\u{2}", "\u{200b}"] {
        let tokens = tokenizer(WORDPIECE).encode(text).unwrap();
        assert!(tokens.words.is_empty(), "{text:?}: {:?}", tokens.words);
        assert_eq!(tokens.len(), 2);
        for tokenizer in [tokenizer(BYTE_BPE), tokenizer(UNIGRAM), wordless()] {
            check(text, &tokenizer.encode(text).unwrap());
        }
    }
    assert!(tokenizer(BYTE_BPE).encode("   ").unwrap().words.is_empty());
}

#[test]
fn special_ids_are_named_or_absent_never_guessed() {
    let ids = *tokenizer(WORDPIECE).special_ids();
    assert_eq!([ids.pad, ids.unk, ids.cls, ids.sep, ids.mask], [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    let ids = *tokenizer(BYTE_BPE).special_ids();
    assert_eq!([ids.cls, ids.pad, ids.sep, ids.unk, ids.mask], [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    // tokenizer_config.json has the last word, as a string or an object; what the vocabulary lacks is added to it, and is
    // none for a model without a row for it.
    let config = json!({
        "mask_token": {"content": "[UNK]"}, "pad_token": "[SEP]", "cls_token": "[NONE]", "sep_token": null,
        "model_max_length": 1e30,
    });
    let tokenizer = Tokenizer::from_bytes(&bytes(WORDPIECE), Some(config.to_string().as_bytes())).unwrap();
    let ids = *tokenizer.special_ids();
    assert_eq!([ids.mask, ids.pad, ids.cls, ids.sep], [Some(1), Some(3), Some(8192), Some(3)]);
    assert_eq!(tokenizer.vocab_size(), 8192);
    assert_eq!(tokenizer.clone().for_rows(8192).special_ids().cls, None);
    assert_eq!(tokenizer.max_tokens(), None);
    // An ordinary word called <mask> is not the mask.
    let mut json: Value = serde_json::from_slice(&bytes(BYTE_BPE)).unwrap();
    for token in json["added_tokens"].as_array_mut().unwrap() {
        token["special"] = json!(false);
    }
    let tokenizer = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
    assert_eq!(tokenizer.special_ids().mask, None);
}

#[test]
fn special_tokens_map_has_the_last_word_where_no_decoder_is() {
    let map = json!({"mask_token": "[SEP]", "pad_token": "[SEP]"}).to_string().into_bytes();
    for (decoder, ids) in [(json!(null), (Some(3), Some(3))), (json!({}), (Some(2), Some(0)))] {
        let mut config =
            json!({"mask_token": "[CLS]", "model_max_length": 512, "tokenizer_class": "BertTokenizer"});
        if decoder.is_object() {
            config["added_tokens_decoder"] = decoder;
        }
        let files = TokenizerFiles {
            vocabulary: Vocabulary::Json(Cow::Owned(bytes(WORDPIECE))),
            config: Some(Cow::Owned(config.to_string().into_bytes())),
            special_tokens_map: Some(Cow::Owned(map.clone())),
            added_tokens: None,
            chat_template: None,
            named_templates: Vec::new(),
        };
        let tokenizer = Tokenizer::from_files(&files, b"{}").unwrap();
        assert_eq!((tokenizer.special_ids().mask, tokenizer.special_ids().pad), ids);
        assert_eq!(tokenizer.max_tokens(), Some(512));
    }
}

#[test]
fn truncation_and_padding_are_off() {
    let mut json: Value = serde_json::from_slice(&bytes(WORDPIECE)).unwrap();
    assert!(json["truncation"].is_object());
    json["padding"] = json!({
        "strategy": {"Fixed": 300}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
    });
    let tokenizer = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
    assert_eq!(tokenizer.encode(&"film ".repeat(200)).unwrap().len(), 202);
    assert_eq!(tokenizer.encode("film").unwrap().len(), 3);
}

#[test]
fn random_cuts_are_off() {
    let mut json: Value = serde_json::from_slice(&bytes(BYTE_BPE)).unwrap();
    json["model"]["dropout"] = json!(0.9);
    let random = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
    let text = "the film and the wonderful people who never give up";
    assert_eq!(random.encode(text).unwrap(), tokenizer(BYTE_BPE).encode(text).unwrap());
}

#[test]
fn vocabulary_size_counts_added_tokens() {
    assert_eq!(tokenizer(WORDPIECE).vocab_size(), 8192);
    let mut json: Value = serde_json::from_slice(&bytes(BYTE_BPE)).unwrap();
    let size = tokenizer(BYTE_BPE).vocab_size();
    json["added_tokens"].as_array_mut().unwrap().push(json!({
        "id": size, "content": "<new>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": false,
    }));
    let more = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
    assert_eq!(more.vocab_size(), size + 1);
    // Added, but not special.
    let tokens = more.encode("a <new> film").unwrap();
    assert!(tokens.ids.contains(&(size as u32)) && tokens.typed_specials.is_empty());
}

/// The library draws the order of its map anew for every tokenizer.
#[test]
fn an_id_of_two_pieces_is_shown_as_one_of_them() {
    let mut json: Value = serde_json::from_slice(&bytes(WORDPIECE)).unwrap();
    let id = json["model"]["vocab"]["film"].as_u64().unwrap() as u32;
    json["model"]["vocab"]["zebra"] = json!(id);
    json["model"]["vocab"]["aardvark"] = json!(id);
    for _ in 0..8 {
        let tokenizer = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
        assert_eq!(tokenizer.piece(id).as_deref(), Some("aardvark"));
        assert_eq!(tokenizer.encode("film").unwrap().pieces[1], "aardvark");
    }
}

#[test]
fn bad_files_are_named() {
    let load = Tokenizer::from_bytes(b"{", None).unwrap_err();
    assert!(matches!(load, TokenError::Load { .. }) && load.hint().is_some());
    for json in [&b""[..], b"{}", b"[]", b"\xff"] {
        assert!(matches!(Tokenizer::from_bytes(json, None), Err(TokenError::Load { .. })));
    }
    for json in [&br#"{"version":"1.0","model":{"type":"Nope"}}"#[..], br#"{"version":"2.0"}"#] {
        assert!(matches!(Tokenizer::from_bytes(json, None), Err(TokenError::Part { .. })));
    }
    let config = Tokenizer::from_bytes(&bytes(WORDPIECE), Some(b"{")).unwrap_err();
    assert!(matches!(config, TokenError::Json { file: "tokenizer_config.json", .. }), "{config:?}");
    let class = from_vocab(&json!({"tokenizer_class": "PhobertTokenizer"})).unwrap_err();
    assert!(matches!(class, TokenError::Class { .. }), "{class:?}");
    let class = from_vocab(&json!({"tokenizer_class": "SmilesTokenizer"})).unwrap_err();
    assert_eq!(class.to_string(), "vocab.txt alone is not enough for a SmilesTokenizer");
    let token = from_lines(b"[UNK]\n[CLS]\nfilm\n".to_vec(), &json!({})).unwrap_err();
    assert_eq!(token.to_string(), "the vocabulary does not hold \"[SEP]\", the sep_token of a BertTokenizer");
    assert!(token.hint().is_some());
    let bytes = from_lines(b"[UNK]\n\xff".to_vec(), &json!({})).unwrap_err();
    assert_eq!(bytes.to_string(), "vocab.txt is not UTF-8 (byte 6)");
}
