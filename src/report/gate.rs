//! What each gate was judged on, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Estimate, Measure};

/// A gate and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateResult {
    /// As it was asked for: `contradicted <= 0.2`.
    pub gate: String,
    /// The whole name of the figure: `raw.contradicted`, or `change.raw.contradicted` against the baseline.
    pub figure: String,
    /// `estimate`, or `interval`: the end of the 95 % interval that is against the gate.
    pub on: GateOn,
    /// The figure over the examples that have it; for a change, the mean of the examples' differences.
    pub found: Measure<Estimate>,
    /// The number that was held to the limit; null where there is none, and then the gate is not passed.
    pub judged: Option<f64>,
    /// Whether the gate holds.
    pub passed: bool,
}

/// What a gate is judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GateOn {
    /// The point estimate.
    #[default]
    Estimate,
    /// The end of the 95 % interval that is against the gate, so that few examples do not pass by luck.
    Interval,
}

impl GateOn {
    /// As flags and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Interval => "interval",
        }
    }
}
