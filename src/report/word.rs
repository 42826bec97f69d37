//! A content word, where it stands and what the tokenizer made of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A content word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordReport {
    /// As it stands in the text.
    pub text: String,
    /// Which text of a pair it stands in: 0, or 1 for `pair`.
    pub sequence: usize,
    /// First byte in that text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// How many pieces the tokenizer made of it.
    pub pieces: usize,
    /// Whether the vocabulary lacks some of it: the model saw its unknown token there.
    #[serde(default)]
    pub unknown: bool,
}
