//! What was audited of a text that is longer than the model takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that was too long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowReport {
    /// The side at which the text was cut, as the tokenizer's `truncation_side` says: `right` leaves out its last words,
    /// `left` its first.
    #[serde(default)]
    pub side: CutSide,
    /// Content words audited.
    pub kept_words: usize,
    /// Content words in the text.
    pub all_words: usize,
}

/// A side of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CutSide {
    /// Where it begins.
    Left,
    /// Where it ends.
    #[default]
    Right,
}
