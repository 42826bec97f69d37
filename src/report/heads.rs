//! The report of `attncheck heads`: every head of every layer, per example and over all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::summary::Estimate;
use super::{FailureReport, Measure, Settings};

/// Every head, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadsReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was run, on what.
    pub settings: Settings,
    /// In the order of the file.
    pub examples: Vec<HeadsExample>,
    /// The examples that could not be looked at, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// L·H of them, layer by layer, over all examples.
    pub summary: Vec<HeadSummary>,
    /// True where the run was interrupted.
    pub interrupted: bool,
}

/// The heads on one example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadsExample {
    /// The example's name.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text as it was read.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// Content words.
    pub words: usize,
    /// What a reader must know before the numbers.
    pub warnings: Vec<String>,
    /// L·H of them, layer by layer.
    pub heads: Vec<HeadReport>,
    /// 95 % point of the best tau among all heads when words are shuffled: what the best head must exceed.
    pub best_of_all_p95: Measure<f64>,
}

/// One head on one example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadReport {
    /// From 0.
    pub layer: usize,
    /// From 0.
    pub head: usize,
    /// Mean entropy of its rows over ln T, in [0, 1]; 1 is uniform.
    pub entropy: Measure<f64>,
    /// The same of the decision row alone.
    pub decision_entropy: Measure<f64>,
    /// Share of the decision row's mass on special tokens.
    pub special_mass: f64,
    /// Share on sinks: keys that receive more than 0.3 of all attention on average.
    pub sink_mass: f64,
    /// tau-b of its decision row with leave-one-out, in [-1, 1].
    pub tau: Measure<f64>,
    /// p against the best of all heads under shuffled words.
    pub tau_p_adjusted: Measure<f64>,
    /// TVD between the predictions with and without the head.
    pub ablation_tvd: Measure<f64>,
    /// Target with the head minus target without it.
    pub ablation_target: Measure<f64>,
}

/// One head over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadSummary {
    /// From 0.
    pub layer: usize,
    /// From 0.
    pub head: usize,
    /// Mean entropy.
    pub entropy: Measure<Estimate>,
    /// Mean share of the decision row on specials.
    pub special_mass: Measure<Estimate>,
    /// Mean share on sinks.
    pub sink_mass: Measure<Estimate>,
    /// Mean tau-b with leave-one-out.
    pub tau: Measure<Estimate>,
    /// Share of examples where it agrees beyond the best-of-all-heads null.
    pub discoveries: Measure<Estimate>,
    /// Mean TVD of ablating it.
    pub ablation_tvd: Measure<Estimate>,
}
