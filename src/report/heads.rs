//! The report of `attncheck heads`: every head of every layer, per example and over all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::FailureReport;
pub use super::maps::HeadReport;
use super::measure::{Estimate, Measure};
use super::settings::Settings;

/// Every head, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadsReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was run, on what.
    pub settings: Settings,
    /// The examples, in the order of the file.
    pub examples: Vec<HeadsExample>,
    /// The examples that could not be looked at, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// L·H heads, layer by layer, over all examples.
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
    /// How many content words were looked at.
    pub words: usize,
    /// What a reader must know before the numbers.
    pub warnings: Vec<String>,
    /// L·H heads, layer by layer.
    pub heads: Vec<HeadReport>,
    /// 95 % point of the best tau among all heads when words are shuffled: what the best head must exceed.
    pub best_of_all_p95: Measure<f64>,
}

/// One head over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadSummary {
    /// Its layer, from 0.
    pub layer: usize,
    /// Its place in the layer, from 0.
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
