//! The tokenizers that are kept as fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use attncheck::tokens::Tokenizer;
use serde_json::{Value, json};

pub const WORDPIECE: &str = "models/sst2-tiny-s1/tokenizer.json";
pub const BYTE_BPE: &str = "tokenizers/byte-bpe.json";
pub const PAIRS: &str = "tokenizers/metaspace-bpe.json";
pub const UNIGRAM: &str = "tokenizers/unigram.json";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A fixture's bytes.
pub fn bytes(file: &str) -> Vec<u8> {
    fs::read(fixtures().join(file)).unwrap()
}

pub fn tokenizer(file: &str) -> Tokenizer {
    Tokenizer::from_bytes(&bytes(file), None).unwrap()
}

/// Cuts the text without words of its own, as Llama's does.
pub fn wordless() -> Tokenizer {
    let mut json: Value = serde_json::from_slice(&bytes(UNIGRAM)).unwrap();
    json["pre_tokenizer"]["split"] = json!(false);
    Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap()
}
