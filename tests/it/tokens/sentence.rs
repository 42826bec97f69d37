//! Files of `SentencePiece` that are damaged, or made to break what reads them.

use std::borrow::Cow;

use attncheck::tokens::{Tokenizer, TokenizerFiles, Vocabulary};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

/// A field of a message: its number, and bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

fn piece(text: &str, score: f32, kind: u8) -> Vec<u8> {
    let mut own = field(1, text.as_bytes());
    own.push(2 << 3 | 5);
    own.extend(score.to_le_bytes());
    own.extend([3 << 3, kind]);
    field(1, &own)
}

/// A table of characters of one entry: `a` stands for `to`.
fn table(to: &[u8]) -> Vec<u8> {
    let mut units = vec![0_u32; 512];
    units[0] = 256 << 10;
    units[256 ^ usize::from(b'a')] = u32::from(b'a') | 1 << 8 | 1 << 10;
    let mut out = (4 * 512_u32).to_le_bytes().to_vec();
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    // The entry's value is the unit beside it, which is 0: the first string.
    out.extend(to);
    out.push(0);
    out
}

fn model(pairs: bool, table: &[u8]) -> Vec<u8> {
    let mut out = [
        piece("<unk>", 0.0, 2),
        piece("\u{2581}", -1.0, 1),
        piece("b", -1.5, 1),
        piece("\u{2581}b", -2.0, 1),
    ]
    .concat();
    out.extend(piece("bb", -3.0, 1));
    out.extend(piece("x", 0.0, 4));
    out.extend(field(2, &[3 << 3, if pairs { 2 } else { 1 }]));
    out.extend(field(3, &field(2, table)));
    out
}

fn read(model: Vec<u8>) -> Result<Tokenizer, String> {
    let vocab = json!({"<unk>": 0, "</s>": 1, "\u{2581}": 2, "b": 3, "\u{2581}b": 4, "x": 5, "<pad>": 6});
    let files = TokenizerFiles {
        vocabulary: Vocabulary::Numbered {
            vocab: Cow::Owned(vocab.to_string().into_bytes()),
            target_vocab: None,
            source: ("source.spm", Cow::Owned(model.clone())),
            target: Some(Cow::Owned(model)),
        },
        config: None,
        special_tokens_map: None,
        added_tokens: None,
        chat_template: None,
        named_templates: Vec::new(),
    };
    Tokenizer::from_files(&files, br#"{"model_type": "marian"}"#).map_err(|error| {
        assert!(error.hint().is_some());
        error.to_string()
    })
}

#[test]
fn a_file_by_hand_cuts_as_it_says() {
    for pairs in [false, true] {
        let tokenizer = read(model(pairs, &table(b"b"))).unwrap();
        // `a` is read as `b`; `x` is found whole; what is unknown is one piece.
        let tokens = tokenizer.encode("a xb ééé").unwrap();
        assert_eq!(tokens.ids, [4, 2, 5, 3, 2, 0, 1], "{pairs}");
        assert_eq!(tokens.unknown, [5]);
        let words: Vec<&str> = tokens.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["a", "xb", "ééé"]);
    }
}

#[test]
fn damaged_files_are_told() {
    let whole = model(false, &table(b"b"));
    assert!(read(whole.clone()).is_ok());
    for (file, said) in [
        (Vec::new(), "it holds no piece"),
        (b"no model at all".to_vec(), "is no model of SentencePiece"),
        (whole[..whole.len() - 3].to_vec(), "it is cut off"),
        (piece("b", 0.0, 1), "does not hold one unknown piece"),
        ([piece("<unk>", 0.0, 2), piece("b", 0.0, 1), piece("b", 1.0, 1)].concat(), "stands in it twice"),
        ([piece("<unk>", 0.0, 2), piece("b", f32::NAN, 1)].concat(), "a score is no number"),
        ([piece("<unk>", 0.0, 2), piece(&"b".repeat(2000), 0.0, 1)].concat(), "longer than 1024 bytes"),
        ([piece("<unk>", 0.0, 2), piece("", 0.0, 1)].concat(), "a piece is empty"),
        ([piece("<unk>", 0.0, 2), piece("b", 0.0, 9)].concat(), "a kind that is not known"),
        ([piece("<unk>", 0.0, 2), field(2, &[3 << 3, 4])].concat(), "words or characters"),
        (model(false, &[9, 0, 0, 0, 1]), "table of characters is damaged"),
        (model(false, &[1, 0]), "table of characters is damaged"),
    ] {
        let error = read(file).unwrap_err();
        assert!(error.starts_with("cannot use source.spm: ") && error.contains(said), "{error}");
    }
}

#[test]
fn a_table_that_makes_any_length_is_stopped() {
    let tokenizer = read(model(false, &table(&vec![b'b'; 1 << 16]))).unwrap();
    let error = tokenizer.encode(&"a".repeat(1 << 12)).unwrap_err();
    assert!(error.to_string().contains("far more of a text than it is"), "{error}");
}

#[test]
fn damaged_bytes_break_nothing() {
    let mut rng = StdRng::seed_from_u64(18);
    for pairs in [false, true] {
        let whole = model(pairs, &table(b"b"));
        for _ in 0..400 {
            let mut file = whole.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..file.len());
                file[at] = rng.random();
            }
            file.truncate(rng.random_range(file.len() / 2..=file.len()));
            // Or of the same length: most damage is within the table.
            file.resize(whole.len().min(file.len() + 8), 0);
            if let Ok(tokenizer) = read(file) {
                for text in ["", "a xb ééé", "aaaa bbbb  x", "\u{3000}a\0b"] {
                    let _ = tokenizer.encode(text);
                }
            }
        }
    }
}

#[test]
fn a_long_text_takes_no_longer_than_its_length() {
    let tokenizer = read(model(true, &table(b"b"))).unwrap();
    let tokens = tokenizer.encode(&"b".repeat(200_000)).unwrap();
    assert!(tokens.len() > 50_000);
}
