//! Where a token of a translation comes from: the source, or what was written before it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// How much of a token of a translation comes from the source at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The source's share of the state that decides, by ALTI+ (Ferrando et al. 2022b), in [0, 1]; what was written has the rest.
    pub source: Measure<f64>,
    /// How far the explained scalar falls without all words of the source, in the target's unit.
    pub without_source: Measure<f64>,
    /// How far it falls where all that was written before, but for the start, has zero word embeddings.
    pub without_written: Measure<f64>,
    /// What the decoder was given, the start first.
    pub written: Vec<WrittenToken>,
}

/// A token that was written before the one that is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenToken {
    /// As the vocabulary writes it.
    pub piece: String,
    /// Its share of the state that decides, by ALTI+, in [0, 1].
    pub share: Measure<f64>,
    /// How far the explained scalar falls where its word embedding is zero, in the target's unit.
    pub effect: Measure<f64>,
}
