//! Swaps as a consumer reads them.

use serde::Deserialize;

use super::example::Measured;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Swap {
    pub(super) site: String,
    pub(super) leverage: Measured<f64>,
    pub(super) leverage_log_odds: Measured<f64>,
    pub(super) scale: Option<String>,
    pub(super) uniform_tvd: Measured<f64>,
    pub(super) permuted_median_tvd: Measured<f64>,
    pub(super) permuted: usize,
    pub(super) one_hot_max_tvd: Measured<f64>,
    pub(super) tried: Vec<Tried>,
    pub(super) counterfactual: Measured<Counterfactual>,
    pub(super) rows: Option<usize>,
    pub(super) rows_moving: Option<usize>,
    pub(super) outcome: Measured<String>,
    pub(super) identifiable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    pub(super) kind: String,
    pub(super) jsd: Vec<f64>,
    pub(super) tvd: Vec<f64>,
    pub(super) log_odds: Vec<f64>,
    pub(super) elsewhere: Vec<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counterfactual {
    pub(super) found_by: String,
    pub(super) jsd: f64,
    pub(super) tvd: f64,
    pub(super) log_odds: Option<f64>,
    pub(super) words: Option<Vec<f64>>,
}
