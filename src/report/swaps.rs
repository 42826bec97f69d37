//! What other attention at a site does to the prediction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::not_kept;
use super::measure::Measure;

/// Counterfactual patterns at one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapReport {
    /// `row`, `head:l.h`, `layer:l` or `all`.
    pub site: String,
    /// The largest TVD of uniform, permuted and one-hot patterns. Below ε, on both scales, the site is inert.
    pub leverage: Measure<f64>,
    /// The largest move of the log-odds under these patterns, as a share of their span, ≥ 0: leverage that does not saturate.
    #[serde(default = "not_kept::<f64>")]
    pub leverage_log_odds: Measure<f64>,
    /// On what the prediction stays or moves here: `probability` where leverage reaches ε in TVD, else `log-odds` (and
    /// probability) where it does in these; null on an inert site.
    #[serde(default)]
    pub scale: Option<String>,
    /// TVD of the uniform pattern.
    pub uniform_tvd: Measure<f64>,
    /// Median TVD of the permuted patterns.
    pub permuted_median_tvd: Measure<f64>,
    /// How many were permuted.
    pub permuted: usize,
    /// Largest TVD of the one-hot patterns.
    pub one_hot_max_tvd: Measure<f64>,
    /// Every plain swap, kind by kind.
    pub tried: Vec<TriedSwaps>,
    /// The most different pattern that leaves the prediction as it was (≤ ε on the site's scale).
    pub counterfactual: Measure<Counterfactual>,
    /// Rows of attention that the prediction rests on here, over heads and layers; null where the site could not be tested,
    /// and in reports from before it was told.
    #[serde(default)]
    pub rows: Option<usize>,
    /// How many of them can move: a row moves among the tokens that its query sees, so with one of them or none it stays as it
    /// is. As many as `rows` where every query sees every token.
    #[serde(default)]
    pub rows_moving: Option<usize>,
    /// `inert`, `non-exclusive` or `no-adversary-found`; null where the site could not be tested.
    pub outcome: Measure<String>,
    /// False where a row of the site sees more keys than a head has dimensions (E): other patterns give the same output whatever the weights (Brunner et al. 2020).
    pub identifiable: bool,
}

/// The swaps of one kind at a site. Of more than 64 these are 64, evenly spaced in the order of their TVD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedSwaps {
    /// `uniform`, `permuted` or `one-hot`.
    pub kind: String,
    /// How far the map moved, in nats, on content words; per swap.
    pub jsd: Vec<f64>,
    /// How far the prediction moved, rising; per swap.
    pub tvd: Vec<f64>,
    /// How far its log-odds moved, as a share of their span; per swap.
    #[serde(default)]
    pub log_odds: Vec<f64>,
    /// Whether the words that the observed map highlights get no more than their even share; per swap.
    pub elsewhere: Vec<bool>,
}

/// A different pattern with the same prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counterfactual {
    /// `adversarial`, `permuted`, `uniform` or `one-hot`.
    pub found_by: String,
    /// JSD (nats) from the observed map, on content words; of a signed map's absolute values as shares of their sum.
    pub jsd: f64,
    /// TVD between the two predictions.
    pub tvd: f64,
    /// How far the log-odds moved, as a share of their span.
    #[serde(default)]
    pub log_odds: Option<f64>,
    /// Its weight per word, where one map stands for the site.
    pub words: Option<Vec<f64>>,
}
