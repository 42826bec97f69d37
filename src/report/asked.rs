//! Which token of a continuation an example is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One token of what continues a text: a question of its own, about what stands before that token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The name of the text that is continued, which all of its questions share.
    pub of: String,
    /// Which token of the continuation is asked, from 1.
    pub place: usize,
    /// How many tokens the continuation has. The natural logarithm of its probability is the sum of their `log_probability`.
    pub count: usize,
    /// Bytes of this example's text that are the text as it was read; what stands behind them is the continuation so far.
    pub prompt: usize,
    /// The token as it stands in the continuation, with the white space before it.
    pub token: String,
    /// The token as the vocabulary writes it.
    pub piece: String,
    /// The natural logarithm of its probability after what stands before it, 0 or less.
    pub log_probability: f64,
    /// Whether the model wrote the continuation itself (--generate).
    pub generated: bool,
}
