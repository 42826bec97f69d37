//! What is shown beside erasure in order: magnitudes, a cap, the plausibility of erased texts, edges cut off. No verdict rests
//! on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Erasure of each word in proportion to its weight (Zhao & Aletras 2023), with the same share erased, or kept, for every
/// map: changes of probability, means over levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoftErasure {
    /// What embeddings move to: `mask`, `pad` or `zero`, which stands for operators without a place halfway.
    pub operator: String,
    /// The share of the text that is erased, or kept, in the mean over words.
    pub levels: Vec<f64>,
    /// p(x) − p(x with what the weights highlight erased); higher is better.
    pub comprehensiveness: f64,
    /// p(x) − p(x with all else erased); lower is better.
    pub sufficiency: f64,
    /// Comprehensiveness minus that of the same weights on random words.
    pub excess: f64,
    /// 95 % interval of that mean over the random orders: lower end.
    pub excess_low: f64,
    /// Its upper end.
    pub excess_high: f64,
    /// The same in the target's unit.
    pub excess_target: f64,
    /// Sufficiency of the same weights on random words minus the map's; higher is better.
    pub excess_sufficiency: f64,
    /// How likely the same weights on random words do as well in both at once, in the target's unit, by rank: in (0, 1].
    pub p: f64,
    /// How often the weights were dealt out anew.
    pub reassigned: usize,
    /// Comprehensiveness minus sufficiency of the map, minus the same of weights that fall evenly in its order: what its
    /// magnitudes add to its ranks. Below 0 they take away.
    pub magnitudes: f64,
    /// The same in the target's unit.
    pub magnitudes_target: f64,
    /// Texts that were run for it.
    pub passes: usize,
}

/// Erasure of few of the top words at a time, drawn at random (after Zheng et al. 2024, F-Fidelity): changes of
/// probability, means over draws and bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CappedErasure {
    /// How many words go at a time, at most.
    pub words: usize,
    /// p(x) − p(x without a few of the top words); higher is better.
    pub comprehensiveness: f64,
    /// Its standard error over the draws; 0 where every choice was run.
    pub standard_error: f64,
    /// Above that of the mean random order.
    pub excess: f64,
    /// 95 % interval of that mean over the random orders: lower end.
    pub excess_low: f64,
    /// Its upper end.
    pub excess_high: f64,
    /// How likely a random order does as well, by rank: in (0, 1].
    pub p: f64,
}

/// How plausible the texts without the top words are to the model, beside those without as many random ones: means over
/// bins of a measure that is higher for less plausible texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InDistribution {
    /// `energy` (−logsumexp of a classifier's logits, Liu et al. 2020), or of a masked-word model `pseudo-loss`: −log p of
    /// each token that is left, in the mean, in nats.
    pub measure: String,
    /// Of the text as it is.
    pub observed: f64,
    /// Without the top words.
    pub erased: f64,
    /// Without random words, mean over the random orders.
    pub random: f64,
    /// The share of these values' variance that the probabilities account for, in [0, 1]: near 1 the measure says little
    /// that the prediction does not.
    pub explained: f64,
    /// Above that of random erased texts with as many words and the same probabilities; above 0 the texts are stranger to
    /// the model.
    pub stranger: f64,
    /// How likely a random order's texts are as strange, by rank: in (0, 1]. Small where the effect comes with a broken
    /// text.
    pub stranger_p: f64,
}

/// Attention knockout (Geva et al. 2023): edges to the words that a map highlights, cut in a window of layers around each layer
/// in turn, all heads, and those to as many random words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnockedOut {
    /// Whose edges are cut: `decision`, the decision token's, or `every`, those of all queries that see them; a query keeps its own key.
    pub rows: String,
    /// How many layers are cut together; odd, fewer at either end of the model.
    pub window: usize,
    /// How many words are cut off: a fifth of the text's, rounded up.
    pub words: usize,
    /// How often as many random words were cut off.
    pub draws: usize,
    /// p(x) − p(x with these edges cut), mean over layers.
    pub effect: f64,
    /// The same above that of random words.
    pub excess: f64,
    /// 95 % interval of that mean over the random words: lower end.
    pub excess_low: f64,
    /// Its upper end.
    pub excess_high: f64,
    /// The same in the target's unit.
    pub excess_target: f64,
    /// How likely random words do as much, in the target's unit, by rank: in (0, 1].
    pub p: f64,
    /// What the target loses, by the layer in the middle of the window, from layer 0 on; in its unit.
    pub layers: Vec<f64>,
    /// The same of random words, mean over the draws.
    pub random: Vec<f64>,
    /// The layer, from 0, at which the one is most above the other.
    pub strongest: usize,
}
