//! Which token of a continuation or a translation an example is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One token of what continues a text, or of its translation: a question of its own, about what stands before that token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The name of the text that is continued or translated, which all of its questions share.
    pub of: String,
    /// Which token of the continuation or translation is asked, from 1.
    pub place: usize,
    /// How many tokens it has, those that a tokenizer puts around a translation aside. The natural logarithm of its probability is the sum of their `log_probability`.
    pub count: usize,
    /// Bytes of this example's text that are the text as it was read; what stands behind them is the continuation so far. Of a
    /// translation all.
    pub prompt: usize,
    /// The token as it stands there, with the white space before it.
    pub token: String,
    /// The token as the vocabulary writes it.
    pub piece: String,
    /// The natural logarithm of its probability after what stands before it, 0 or less.
    pub log_probability: f64,
    /// Whether the model wrote the continuation itself (--generate), or the translation.
    pub generated: bool,
    /// What was written of a translation before the token; absent of a continuation, where it stands in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// The word of a translation that the token is of; absent of a continuation, and of a token of no word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The links of people between that word and the source; absent where there are none to read (--gold).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<Linked>,
}

/// What people linked a word of a translation to; words are what stands between white space, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Linked {
    /// Which word of the translation.
    pub word: usize,
    /// How many words the translation has.
    pub words: usize,
    /// Source words that it surely belongs to.
    pub sure: Vec<usize>,
    /// Those that it possibly belongs to, the sure ones among them.
    pub possible: Vec<usize>,
}
