//! Checkpoints of one model that differ in their seed: the noise that training leaves in attention.
//!
//! # The document
//!
//! ```text
//! schema_version, interrupted
//! checkpoints[]       settings of each audit, as in the document of an audit; the others name them by their place, from 0
//! examples[]          the texts that every checkpoint was audited on
//!   id, line, text, words (fewest of any checkpoint)
//!   labels[], probabilities[]   what each predicts
//!   same_label
//!   tvd               between predictions, over all pairs of checkpoints: mean, max, between, pairs
//!   readings[]        method, jsd: the same of the map over words, in nats
//!   floor             the largest JSD of the raw reading between any two
//!   floor_same        the same between those whose predictions are the same (TVD ≤ epsilon)
//!   counterfactuals[] checkpoint, outcome, jsd, tvd, within (jsd ≤ floor), within_same
//! left_out[]          texts that some checkpoint was not audited on: id, line, text, why[]
//! summary             examples, readings[] {method, mean, max, largest}, tvd {…}, same_label, non_exclusive,
//!                     counterfactual, floor, within, within_same, sentence
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::examples::Spool;
use super::measure::{Estimate, Measure};
use super::settings::Settings;

/// Three or more checkpoints of one model on the same texts.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedsReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// Each checkpoint's settings; they differ in the model's name and weights.
    pub checkpoints: Vec<Settings>,
    /// The texts that every checkpoint was audited on, in the order of the file.
    pub examples: Spool<SeedsExample>,
    /// The texts that some checkpoint was not audited on.
    pub left_out: Vec<LeftOut>,
    /// Over all examples.
    pub summary: SeedsSummary,
    /// True where the last run was interrupted: the examples are those that all had done.
    pub interrupted: bool,
}

/// One text under every checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedsExample {
    /// Its name.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// Words audited, the fewest of any checkpoint.
    pub words: usize,
    /// The class that each predicts.
    pub labels: Vec<String>,
    /// The probability that each gives its class.
    pub probabilities: Vec<f64>,
    /// Whether all predict the same class.
    pub same_label: bool,
    /// TVD between predictions.
    pub tvd: Spread,
    /// How far each reading's maps are apart.
    pub readings: Vec<ReadingSpread>,
    /// The largest JSD of the raw reading between two checkpoints: what another seed gives anyway.
    pub floor: Measure<f64>,
    /// The same between two whose predictions are the same (TVD ≤ ε), as a counterfactual's must be.
    pub floor_same: Measure<f64>,
    /// What each checkpoint's own counterfactual at the decision row is worth beside that.
    pub counterfactuals: Vec<SeedCounterfactual>,
}

/// A measure over all pairs of checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Its mean over the pairs that have it.
    pub mean: Measure<f64>,
    /// The largest of these pairs.
    pub max: Measure<f64>,
    /// The two checkpoints with the largest, by their places.
    pub between: Option<(usize, usize)>,
    /// Pairs that have it.
    pub pairs: usize,
}

/// How far a reading's maps are apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingSpread {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// JSD (nats) between two checkpoints' maps, each scaled to sum to 1 over the words both have.
    pub jsd: Spread,
}

/// A checkpoint's counterfactual beside what another seed gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedCounterfactual {
    /// The checkpoint's place.
    pub checkpoint: usize,
    /// `non-exclusive` or `no-adversary-found`; null where the site could not be tested.
    pub outcome: Measure<String>,
    /// JSD (nats) from its own raw map.
    pub jsd: f64,
    /// TVD from its own prediction.
    pub tvd: f64,
    /// Whether the JSD is at most the floor; null where there is no floor, or the prediction ignores the attention.
    pub within: Option<bool>,
    /// Whether it is at most the floor between checkpoints that predict the same.
    pub within_same: Option<bool>,
}

/// A text that some checkpoint was not audited on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its name.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// Each checkpoint that was not, and why.
    pub why: Vec<String>,
}

/// Over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedsSummary {
    /// Texts that every checkpoint was audited on.
    pub examples: usize,
    /// How far each reading's maps are apart.
    pub readings: Vec<SpreadSummary>,
    /// How far the predictions are apart: their TVD.
    pub tvd: SpreadSummary,
    /// Share of texts where all predict the same class.
    pub same_label: Measure<Estimate>,
    /// Mean share of checkpoints whose map is non-exclusive.
    pub non_exclusive: Measure<Estimate>,
    /// Mean JSD of the counterfactuals that make a map non-exclusive.
    pub counterfactual: Measure<Estimate>,
    /// Mean floor of those texts.
    pub floor: Measure<Estimate>,
    /// Of the texts where some map is non-exclusive, the share where every counterfactual that makes one so is within
    /// the floor.
    pub within: Measure<Estimate>,
    /// The same of the floor between checkpoints that predict the same.
    pub within_same: Measure<Estimate>,
    /// The summary in words.
    pub sentence: String,
}

/// A spread over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadSummary {
    /// The reading, or `tvd`.
    pub method: String,
    /// The mean over texts of the mean over pairs.
    pub mean: Measure<Estimate>,
    /// The mean over texts of the largest over pairs.
    pub max: Measure<Estimate>,
    /// The largest over all texts and pairs.
    pub largest: Measure<f64>,
}
