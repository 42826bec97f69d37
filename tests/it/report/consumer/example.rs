//! One example.

use super::erasure::Erasure;
use super::swaps::{Counterfactual, Swap};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) pair: Option<String>,
    pub(super) asked: Option<Asked>,
    pub(super) origin: Option<Origin>,
    pub(super) gold: Option<Gold>,
    pub(super) plausibility: Option<Plausibility>,
    pub(super) words: Vec<Word>,
    pub(super) tokens: usize,
    pub(super) window: Option<Window>,
    pub(super) warnings: Vec<String>,
    #[serde(default)]
    pub(super) sinks: Vec<Sink>,
    #[serde(default)]
    pub(super) massive: Vec<Massive>,
    pub(super) massive_zeroed: Option<Measured<MassiveZeroed>>,
    pub(super) prediction: Prediction,
    pub(super) target: f64,
    pub(super) reliability: Reliability,
    pub(super) references: Vec<Reference>,
    pub(super) readings: Vec<Reading>,
    pub(super) swaps: Vec<Swap>,
    pub(super) passes: Vec<Passes>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) of: String,
    pub(super) place: usize,
    pub(super) count: usize,
    pub(super) prompt: usize,
    pub(super) token: String,
    pub(super) piece: String,
    pub(super) log_probability: f64,
    pub(super) generated: bool,
    pub(super) written: Option<String>,
    pub(super) word: Option<String>,
    pub(super) linked: Option<Linked>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linked {
    pub(super) word: usize,
    pub(super) words: usize,
    pub(super) sure: Vec<usize>,
    pub(super) possible: Vec<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    pub(super) source: Measured<f64>,
    pub(super) without_source: Measured<f64>,
    pub(super) without_written: Measured<f64>,
    pub(super) written: Vec<WrittenToken>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenToken {
    pub(super) piece: String,
    pub(super) share: Measured<f64>,
    pub(super) effect: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sink {
    pub(super) token: usize,
    pub(super) piece: String,
    pub(super) received: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Massive {
    pub(super) token: usize,
    pub(super) piece: String,
    pub(super) dimension: usize,
    pub(super) layer: usize,
    pub(super) value: f64,
    pub(super) median: f64,
    pub(super) layers: usize,
    pub(super) first: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MassiveZeroed {
    pub(super) layer: usize,
    pub(super) numbers: usize,
    pub(super) share: Option<f64>,
    pub(super) massive: Zeroed,
    pub(super) usual: Zeroed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Zeroed {
    pub(super) target: f64,
    pub(super) probability: f64,
    pub(super) log_odds: f64,
    pub(super) tvd: f64,
    pub(super) share: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gold {
    pub(super) label: String,
    pub(super) class: usize,
    pub(super) correct: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plausibility {
    pub(super) words: usize,
    pub(super) marked: usize,
    pub(super) selected: usize,
    pub(super) chance: Measured<f64>,
    pub(super) maps: Vec<MapPlausibility<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MapPlausibility<T> {
    pub(super) method: String,
    pub(super) sinks_removed: bool,
    pub(super) token_f1: Measured<T>,
    pub(super) iou_f1: Measured<T>,
    pub(super) average_precision: Measured<T>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) sequence: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) pieces: usize,
    pub(super) unknown: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    pub(super) side: String,
    pub(super) kept_words: usize,
    pub(super) all_words: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prediction {
    pub(super) label: String,
    pub(super) class: usize,
    pub(super) probability: f64,
    pub(super) explained: String,
    pub(super) against: Option<String>,
    pub(super) probabilities: Option<Vec<f64>>,
}

/// A value, or null with a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured<T> {
    #[serde(default = "none")]
    pub(super) value: Option<T>,
    pub(super) reason: Option<String>,
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reliability {
    pub(super) ceiling: Measured<f64>,
    pub(super) ceiling_pair: Option<(String, String)>,
    pub(super) operators: Measured<f64>,
    pub(super) detectable_tau: Measured<f64>,
    pub(super) attainable: Measured<f64>,
    pub(super) borne_out: Option<String>,
    pub(super) random_aopc: Vec<f64>,
    pub(super) span: Measured<f64>,
    pub(super) attainable_log_odds: Measured<f64>,
    pub(super) random_log_odds: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    pub(super) method: String,
    pub(super) scores: Measured<Vec<f64>>,
    pub(super) residual: Option<f64>,
    pub(super) gap: Option<f64>,
    pub(super) converged: Option<bool>,
    pub(super) steps: Option<usize>,
    #[serde(default)]
    pub(super) score_error: Option<f64>,
    #[serde(default)]
    pub(super) standard_error: Option<Vec<f64>>,
    pub(super) excess: Measured<f64>,
    pub(super) excess_log_odds: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    pub(super) method: String,
    pub(super) sinks_removed: bool,
    pub(super) scores: Measured<Vec<f64>>,
    pub(super) special_mass: Measured<f64>,
    pub(super) sink_mass: Measured<f64>,
    pub(super) still_words: Measured<f64>,
    pub(super) agreement: Vec<Agreement>,
    pub(super) erasure: Measured<Erasure>,
    pub(super) counterfactual: Measured<Counterfactual>,
    pub(super) plain_share: Measured<f64>,
    pub(super) verdict: Verdict,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreement {
    pub(super) reference: String,
    pub(super) tau: Measured<f64>,
    pub(super) tau_p: Measured<f64>,
    pub(super) tau_q: Measured<f64>,
    pub(super) spearman: Measured<f64>,
    pub(super) spearman_p: Measured<f64>,
    pub(super) overlap: Measured<f64>,
    pub(super) overlap_p: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    pub(super) verdict: String,
    pub(super) rung: u8,
    pub(super) consistency: String,
    pub(super) causal_relevance: String,
    pub(super) robustness: String,
    pub(super) reasons: Vec<String>,
    pub(super) power: Measured<Power>,
    #[serde(default)]
    pub(super) if_discovered: Option<Discovered>,
    #[serde(default)]
    pub(super) alone: Option<Discovered>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Discovered {
    pub(super) verdict: String,
    pub(super) rung: u8,
    pub(super) reasons: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Power {
    pub(super) of: String,
    pub(super) rate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) trials: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Passes {
    pub(super) step: String,
    pub(super) forwards: f64,
}

impl<T> Measured<T> {
    /// A value without a reason, or a reason without a value.
    pub(super) fn is_told(&self) -> bool {
        self.value.is_some() != self.reason.is_some()
    }
}
