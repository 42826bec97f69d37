//! How far a reading ranks the words as one reference does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;
use crate::attribution::{self, Basis};

/// Agreement of a reading with a reference, on content words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The reference.
    pub reference: String,
    /// Kendall's tau-b, the reference's tail tied; in [-1, 1].
    pub tau: Measure<f64>,
    /// One-sided permutation p of that tau, in (0, 1].
    pub tau_p: Measure<f64>,
    /// The same after Benjamini–Hochberg over the examples.
    pub tau_q: Measure<f64>,
    /// Spearman's rank correlation, in [-1, 1].
    pub spearman: Measure<f64>,
    /// Its one-sided permutation p.
    pub spearman_p: Measure<f64>,
    /// The share of the top words in common, in [0, 1].
    pub overlap: Measure<f64>,
    /// Its hypergeometric p.
    pub overlap_p: Measure<f64>,
}

impl Agreement {
    /// What the reference's scores are made of; `None` for a method of another version.
    #[must_use]
    pub fn basis(&self) -> Option<Basis> {
        attribution::find(&self.reference).map(|method| method.basis)
    }
}
