//! What erasing words, or attention weights, in a reading's order does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::beyond::{CappedErasure, InDistribution, KnockedOut, SoftErasure};
use super::measure::Measure;
use crate::missing::Missing;
use crate::shift::Scale;

/// Erasure of words in the order of a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// How many words each bin erases (1, 5, 10, 20, 50 %, duplicates on short texts once).
    pub bins: Vec<usize>,
    /// p(x) − p(x without the top words), per bin; higher is better.
    pub comprehensiveness: Vec<f64>,
    /// p(x) − p(only the top words), per bin; lower is better.
    pub sufficiency: Vec<f64>,
    /// Comprehensiveness of the random orders, per bin.
    pub random_comprehensiveness: Vec<Band>,
    /// Sufficiency of the random orders, per bin.
    pub random_sufficiency: Vec<Band>,
    /// Mean comprehensiveness over bins.
    pub aopc_comprehensiveness: f64,
    /// Mean sufficiency over bins.
    pub aopc_sufficiency: f64,
    /// Mean comprehensiveness over bins, in the target's unit.
    pub aopc_comprehensiveness_target: f64,
    /// Mean sufficiency over bins, in the target's unit.
    pub aopc_sufficiency_target: f64,
    /// Comprehensiveness when the least words go first.
    pub aopc_bottom_up: Measure<f64>,
    /// Comprehensiveness minus that of the mean random order: what counts.
    pub excess: f64,
    /// 95 % interval of that mean excess over the random orders drawn: lower end.
    pub excess_low: f64,
    /// Its upper end; where it lies below the margin, the map does no better than chance.
    pub excess_high: f64,
    /// How likely one more random order is to do as well by luck (Student's t, prediction), in (0, 1].
    pub excess_p: f64,
    /// The same without any assumption: (1 + orders that did at least as well) / (1 + orders).
    pub excess_rank_p: f64,
    /// The same after Benjamini–Hochberg over the examples.
    pub excess_q: Measure<f64>,
    /// What support and refutation rest on: `probability`, or `log-odds` where no reference's order reaches the margin in
    /// probability, as where the prediction is too confident to be moved. `luck_p` is on this scale.
    #[serde(default = "probability")]
    pub scale: String,
    /// Comprehensiveness minus that of the mean random order, in log-odds of the explained class against all others, as a
    /// share of their span (`reliability.span`); it does not saturate. Higher is better.
    #[serde(default = "not_asked")]
    pub excess_log_odds: Measure<f64>,
    /// Its 95 % interval over the random orders drawn: lower end.
    #[serde(default = "not_asked")]
    pub excess_log_odds_low: Measure<f64>,
    /// Its upper end.
    #[serde(default = "not_asked")]
    pub excess_log_odds_high: Measure<f64>,
    /// Mean comprehensiveness over bins, in log-odds as a share of their span: what the verdict on the file adds up.
    #[serde(default = "not_asked")]
    pub aopc_log_odds: Measure<f64>,
    /// Sufficiency of the mean random order minus the reading's; higher is better.
    pub excess_sufficiency: f64,
    /// How likely a random order does as well in both at once, comprehensiveness minus sufficiency, by its rank:
    /// (1 + orders that did) / (1 + orders), in (0, 1]: what support rests on.
    pub luck_p: f64,
    /// The same over the texts of the file: Benjamini–Hochberg's q times the share of true nulls (Storey 2004).
    #[serde(default = "not_asked")]
    pub luck_q: Measure<f64>,
    /// Removing the top word raised the probability of the predicted class.
    pub violation: Measure<bool>,
    /// The share of words whose removal raises it: a random word's rate.
    pub violation_random: Measure<f64>,
    /// Serrano & Smith's erasure of attention weights in the last layer; for the raw reading.
    pub weights: Option<WeightErasure>,
    /// NAOPC of comprehensiveness (Edin et al. 2024): where the AOPC lies between the least and the greatest of any
    /// order of these words; higher is better. In [0, 1] where the bounds are exact. Unlike AOPC it can be compared
    /// across models.
    #[serde(default = "not_asked")]
    pub naopc: Measure<f64>,
    /// NAOPC of sufficiency; lower is better.
    #[serde(default = "not_asked")]
    pub naopc_sufficiency: Measure<f64>,
    /// What the AOPC of comprehensiveness can be on this text, whatever the reading.
    #[serde(default)]
    pub aopc_bounds: Option<AopcBounds>,
    /// What the AOPC of sufficiency can be on this text, whatever the reading.
    #[serde(default)]
    pub aopc_sufficiency_bounds: Option<AopcBounds>,
    /// Erasing each word in proportion to its weight, so that magnitudes count and not ranks alone. Null at efforts that
    /// do not pay for it, and for a map whose weights above 0 are all the same. No verdict rests on it.
    #[serde(default = "not_kept::<SoftErasure>")]
    pub soft: Measure<SoftErasure>,
    /// Erasing at most a few of the top words at a time. Null at `--effort quick`. No verdict rests on it.
    #[serde(default = "not_kept::<CappedErasure>")]
    pub capped: Measure<CappedErasure>,
    /// How plausible the texts without the top words are to the model. Null at `--effort quick`, and where the energy
    /// follows from the probabilities. No verdict rests on it.
    #[serde(default = "not_kept::<InDistribution>")]
    pub in_distribution: Measure<InDistribution>,
    /// Attention knockout of the top words. Null at efforts that do not pay for it, and for a map that ranks nothing. No
    /// verdict rests on it.
    #[serde(default = "not_kept::<KnockedOut>")]
    pub knockout: Measure<KnockedOut>,
}

/// Of reports from before it was measured.
fn not_kept<T>() -> Measure<T> {
    Err(Missing::NotKept { what: "what lies beyond erasure in order" }).into()
}

/// The scale of reports from before there was another.
fn probability() -> String {
    Scale::Probability.name().to_owned()
}

/// What a report that does not know of a measure has of it.
fn not_asked() -> Measure<f64> {
    Err(Missing::NotAsked).into()
}

/// The least and the greatest AOPC of any order of the words, in probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AopcBounds {
    /// The least AOPC of any order.
    pub lower: f64,
    /// The greatest AOPC of any order.
    pub upper: f64,
    /// True where every order was searched (up to eight words); else a beam search found them, and some order may lie
    /// beyond.
    pub exact: bool,
}

/// Where the random orders lie at one bin, in probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Their mean.
    pub mean: f64,
    /// Their 5 % quantile: nine of ten orders lie between it and `high`.
    pub low: f64,
    /// Their 95 % quantile.
    pub high: f64,
}

/// Erasure of attention weights (Serrano & Smith 2019).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightErasure {
    /// JSD (nats) of the outputs when the top weight is zeroed.
    pub top_jsd: f64,
    /// JSD (nats) of the outputs when one random other weight is zeroed.
    pub random_jsd: f64,
    /// Share of the other weights that move the output less than the top one, in [0, 1].
    pub top_beats: f64,
    /// Whether zeroing the top weight alone flips the decision.
    pub top_flips: bool,
    /// Whether zeroing the random other weight flips it.
    pub random_flips: bool,
    /// Share of weights zeroed, in the order named, until the decision flips; null when it never flips.
    pub flip_fraction: Vec<FlipFraction>,
}

/// How far an order got before the decision flipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlipFraction {
    /// `attention`, `gradient`, `attention-x-gradient`, `random`, `ascending`.
    pub order: String,
    /// In (0, 1]; null where the decision never flips (censored, ranks last).
    pub fraction: Option<f64>,
}
