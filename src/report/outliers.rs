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
}
