//! A whole continuation: what its tokens come to together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// What continues a text, as one question: how the words of the text bear on all of it.
///
/// Signed references are linear in the scalar that is explained, so the sum of a word's scores over the tokens is its score
/// for the sum of the scalars: with `--score log-probability` for the logarithm of the probability of the whole. Words are
/// those of the text as it was read, which every token sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Continuation {
    /// The name of the text that is continued.
    pub of: String,
    /// How many tokens the continuation has.
    pub tokens: usize,
    /// The natural logarithm of its probability, 0 or less.
    pub log_probability: Measure<f64>,
    /// The sum of the explained scalar over its tokens, in the target's unit.
    pub target: Measure<f64>,
    /// Each signed reference, summed over the tokens.
    pub references: Vec<SummedReference>,
    /// Each reading, in the mean over the tokens.
    pub readings: Vec<MeanReading>,
}

/// A reference over all tokens of a continuation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummedReference {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// One per word of the text, in the target's unit.
    pub scores: Measure<Vec<f64>>,
}

/// A reading over all tokens of a continuation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanReading {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// One per word of the text.
    pub scores: Measure<Vec<f64>>,
    /// Agreement with each reference; no word can be erased for all tokens at once here, so that this is all the evidence.
    pub agreement: Vec<SummedAgreement>,
}

/// How far a mean reading ranks the words as a summed reference does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummedAgreement {
    /// The reference.
    pub reference: String,
    /// Kendall's tau-b, tied tails, in [-1, 1].
    pub tau: Measure<f64>,
    /// How often shuffled words agree as well, in (0, 1].
    pub tau_p: Measure<f64>,
}
