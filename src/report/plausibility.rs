//! Agreement with what people marked, apart from everything a verdict rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Estimate, Measure};

/// One example's maps against its rationale; of a pair, over the words of the first text, which the rationale is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plausibility {
    /// Audited words of the text.
    pub words: usize,
    /// Of these, words that people marked.
    pub marked: usize,
    /// Words that each map is cut to for an F1.
    pub selected: usize,
    /// The token F1 of as many random words, in the mean; in [0, 1].
    pub chance: Measure<f64>,
    /// Each reading and each reference.
    pub maps: Vec<MapPlausibility>,
}

/// One map against a rationale; 1 is best everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapPlausibility {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True for a reading without sinks and specials.
    pub sinks_removed: bool,
    /// Agreement word by word, in [0, 1].
    pub token_f1: Measure<f64>,
    /// Agreement stretch by stretch, in [0, 1].
    pub iou_f1: Measure<f64>,
    /// Average precision of the scores, in (0, 1]: no cut is needed.
    pub average_precision: Measure<f64>,
}

/// Over all examples that have a rationale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlausibilitySummary {
    /// Examples with a rationale.
    pub examples: usize,
    /// Mean token F1 of random words.
    pub chance: Measure<Estimate>,
    /// Mean share of words that people marked.
    pub marked: Measure<Estimate>,
    /// Each reading and each reference, in the order of the examples.
    pub maps: Vec<MapPlausibilitySummary>,
}

/// One map over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapPlausibilitySummary {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True for a reading without sinks and specials.
    pub sinks_removed: bool,
    /// Mean token F1.
    pub token_f1: Measure<Estimate>,
    /// Mean IOU F1.
    pub iou_f1: Measure<Estimate>,
    /// Mean average precision.
    pub average_precision: Measure<Estimate>,
}
