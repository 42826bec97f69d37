//! What stands out of a text whatever it says: attention sinks and massive activations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An attention sink.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinkToken {
    /// Its position, from 0.
    pub token: usize,
    /// What the tokenizer calls it.
    pub piece: String,
    /// The mean weight that it receives over layers, heads and the queries that see it, in (0.3, 1].
    pub received: f64,
}

/// One number of a token's state with |h| > 100 and > 1000 × the median |h| of its layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MassiveNumber {
    /// The token's position, from 0.
    pub token: usize,
    /// What the tokenizer calls it.
    pub piece: String,
    /// Its place in the state, from 0 to width − 1.
    pub dimension: usize,
    /// The layer that the state enters where it is greatest, from 0.
    pub layer: usize,
    /// Its value there.
    pub value: f64,
    /// The median size of all numbers of the states that enter that layer.
    pub median: f64,
    /// How many layers' states have it.
    pub layers: usize,
    /// The lowest layer that the state enters with it, from 0; null in reports from before it was told.
    #[serde(default)]
    pub first: Option<usize>,
}

/// What becomes of a text where its massive activations are set to 0, each in the state that enters the lowest layer with it
/// (Sun et al. 2024), and where as many usual numbers are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MassiveZeroed {
    /// The lowest of these layers, from 0.
    pub layer: usize,
    /// How many numbers were set to 0: all that are massive, not the listed ones alone.
    pub numbers: usize,
    /// The share of their attention that other tokens give to those with massive activations, in [0, 1]: mean over heads, the
    /// layers from `layer` on and the queries that see such a token; null where no other token sees one.
    pub share: Option<f64>,
    /// Without the massive activations.
    pub massive: ZeroedNumbers,
    /// Without as many numbers of the same states, those of a size nearest to their layer's median.
    pub usual: ZeroedNumbers,
}

/// What becomes of a text where numbers of its states are set to 0; changes are before − after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZeroedNumbers {
    /// What the target loses, in its unit.
    pub target: f64,
    /// What the explained class loses of its probability, in [-1, 1].
    pub probability: f64,
    /// What it loses of its log-odds against all others, in logits.
    pub log_odds: f64,
    /// Total variation distance of the two predictions, in [0, 1].
    pub tvd: f64,
    /// The share of attention then, as above; null as above.
    pub share: Option<f64>,
}
