//! What erasure says of one reading.

use super::example::Measured;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasure {
    pub(super) bins: Vec<usize>,
    pub(super) comprehensiveness: Vec<f64>,
    pub(super) sufficiency: Vec<f64>,
    pub(super) random_comprehensiveness: Vec<Band>,
    pub(super) random_sufficiency: Vec<Band>,
    pub(super) aopc_comprehensiveness: f64,
    pub(super) aopc_sufficiency: f64,
    pub(super) aopc_comprehensiveness_target: f64,
    pub(super) aopc_sufficiency_target: f64,
    pub(super) aopc_bottom_up: Measured<f64>,
    pub(super) excess: f64,
    pub(super) excess_low: f64,
    pub(super) excess_high: f64,
    pub(super) excess_p: f64,
    pub(super) excess_rank_p: f64,
    pub(super) excess_q: Measured<f64>,
    pub(super) scale: String,
    pub(super) excess_log_odds: Measured<f64>,
    pub(super) excess_log_odds_low: Measured<f64>,
    pub(super) excess_log_odds_high: Measured<f64>,
    pub(super) aopc_log_odds: Measured<f64>,
    pub(super) excess_sufficiency: f64,
    pub(super) luck_p: f64,
    pub(super) luck_q: Measured<f64>,
    pub(super) violation: Measured<bool>,
    pub(super) violation_random: Measured<f64>,
    pub(super) weights: Option<Weights>,
    pub(super) naopc: Measured<f64>,
    pub(super) naopc_sufficiency: Measured<f64>,
    pub(super) aopc_bounds: Option<AopcBounds>,
    pub(super) aopc_sufficiency_bounds: Option<AopcBounds>,
    pub(super) soft: Measured<Soft>,
    pub(super) capped: Measured<Capped>,
    pub(super) in_distribution: Measured<InDistribution>,
    pub(super) knockout: Measured<KnockedOut>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Soft {
    pub(super) operator: String,
    pub(super) levels: Vec<f64>,
    pub(super) comprehensiveness: f64,
    pub(super) sufficiency: f64,
    pub(super) excess: f64,
    pub(super) excess_low: f64,
    pub(super) excess_high: f64,
    pub(super) excess_target: f64,
    pub(super) excess_sufficiency: f64,
    pub(super) p: f64,
    pub(super) reassigned: usize,
    pub(super) magnitudes: f64,
    pub(super) magnitudes_target: f64,
    pub(super) passes: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Capped {
    pub(super) words: usize,
    pub(super) comprehensiveness: f64,
    pub(super) standard_error: f64,
    pub(super) excess: f64,
    pub(super) excess_low: f64,
    pub(super) excess_high: f64,
    pub(super) p: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnockedOut {
    pub(super) rows: String,
    pub(super) window: usize,
    pub(super) words: usize,
    pub(super) draws: usize,
    pub(super) effect: f64,
    pub(super) excess: f64,
    pub(super) excess_low: f64,
    pub(super) excess_high: f64,
    pub(super) excess_target: f64,
    pub(super) p: f64,
    pub(super) layers: Vec<f64>,
    pub(super) random: Vec<f64>,
    pub(super) strongest: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InDistribution {
    pub(super) measure: String,
    pub(super) observed: f64,
    pub(super) erased: f64,
    pub(super) random: f64,
    pub(super) explained: f64,
    pub(super) stranger: f64,
    pub(super) stranger_p: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AopcBounds {
    pub(super) lower: f64,
    pub(super) upper: f64,
    pub(super) exact: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    pub(super) top_jsd: f64,
    pub(super) random_jsd: f64,
    pub(super) top_beats: f64,
    pub(super) top_flips: bool,
    pub(super) random_flips: bool,
    pub(super) flip_fraction: Vec<FlipFraction>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlipFraction {
    pub(super) order: String,
    pub(super) fraction: Option<f64>,
}
