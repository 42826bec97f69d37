//! The report of `attncheck mixing`: how far hidden states still are their tokens, layer by layer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::FailureReport;
use super::measure::{Estimate, Measure};
use super::settings::Settings;

/// The profile of mixing, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixingReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was run, on what.
    pub settings: Settings,
    /// Random directions of the gradient form; 0 where it was not asked for.
    pub directions: usize,
    /// The examples, in the order of the file.
    pub examples: Vec<MixingExample>,
    /// The examples that could not be looked at, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// A row per form and layer, over all examples.
    pub summary: Vec<MixingSummary>,
    /// True where the run was interrupted.
    pub interrupted: bool,
}

impl MixingReport {
    /// The layer whose states the attention points at that people plot: the last but one, or the last of an encoder whose states
    /// a decoder reads; `None` where there is none below.
    #[must_use]
    pub fn below(&self) -> Option<usize> {
        let last = self.summary.iter().map(|row| row.layer).max()?;
        if self.settings.translation.is_some() { Some(last) } else { last.checked_sub(1) }
    }

    /// How many layers the states were looked at behind.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.summary.iter().map(|row| row.layer + 1).max().unwrap_or(0)
    }
}

/// Mixing on one example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixingExample {
    /// The example's name.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text as it was read.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// The content words, in the order of the text.
    pub words: Vec<String>,
    /// The T pieces that the text was cut into, special ones too.
    pub pieces: Vec<String>,
    /// What a reader must know before the numbers.
    pub warnings: Vec<String>,
    /// A row per form and layer.
    pub layers: Vec<MixingLayer>,
}

/// The states behind one layer, by one form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixingLayer {
    /// "alti" (Ferrando et al. 2022), "value-zeroing" (Mohebbi et al. 2023) or "gradient" (Brunner et al. 2020).
    pub form: String,
    /// The layer that the states leave, from 0.
    pub layer: usize,
    /// What the states are made of.
    pub states: Measure<MixedStates>,
}

/// What the states behind a layer are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixedStates {
    /// Mean share of its own token in a state at a content word, in [0, 1]; 1 is not mixed at all.
    pub own: f64,
    /// Mean share of the tokens right before and behind it.
    pub neighbours: f64,
    /// Mean share of all others; the three sum to 1.
    pub rest: f64,
    /// Mean own share in this layer alone, given what it reads; null where the form only sees all layers together.
    pub alone: Option<f64>,
    /// Standard error of the own share that the sampling of directions leaves, mean of the content words; null where
    /// nothing is sampled.
    pub error: Option<f64>,
    /// Own share of each of the T tokens.
    pub own_by_token: Vec<f64>,
    /// Share of each token's neighbours.
    pub neighbours_by_token: Vec<f64>,
    /// How far the states at each content word are still that word: mean over its pieces of the share of all its pieces.
    pub own_by_word: Vec<f64>,
}

/// The states behind one layer over all examples, by one form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixingSummary {
    /// As in [`MixingLayer::form`].
    pub form: String,
    /// The layer that the states leave, from 0.
    pub layer: usize,
    /// Mean share of the own token.
    pub own: Measure<Estimate>,
    /// Mean share of its two neighbours.
    pub neighbours: Measure<Estimate>,
    /// Mean share of the rest.
    pub rest: Measure<Estimate>,
    /// Mean own share in this layer alone.
    pub alone: Measure<Estimate>,
    /// Mean share of a word's states that is still the word.
    pub word: Measure<Estimate>,
    /// Mean standard error that the sampling leaves.
    pub error: Measure<Estimate>,
}
