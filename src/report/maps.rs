//! The attention patterns of one example, and what each head of them does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// The patterns of one example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maps {
    /// The T pieces that the text was cut into.
    pub pieces: Vec<String>,
    /// The place of the token whose row the readings take.
    pub decision: usize,
    /// L·H heads, layer by layer: what `attncheck heads` tells, without ablation.
    pub heads: Vec<HeadReport>,
    /// 95 % point of the best tau among all heads when words are shuffled: what the best head must exceed.
    pub best_of_all_p95: Measure<f64>,
    /// `[L][H][T query][T key]`; every row sums to 1.
    pub patterns: Vec<Vec<Vec<Vec<f64>>>>,
}

/// One head on one example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadReport {
    /// Its layer, from 0.
    pub layer: usize,
    /// Its place in the layer, from 0.
    pub head: usize,
    /// Mean entropy of its rows over ln T, in [0, 1]; 1 is uniform.
    pub entropy: Measure<f64>,
    /// Entropy of the decision row alone, over ln T.
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
