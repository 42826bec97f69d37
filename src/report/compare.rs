//! Two audits of the same texts, side by side.

use serde::{Deserialize, Serialize};

use super::Measure;
use super::summary::Estimate;

/// A figure of both summaries, over the texts where both have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureChange {
    /// Its whole name: `raw.excess`, `rollout-without-sinks.tau.loo`, `ceiling`.
    pub figure: String,
    /// Which way is better: `higher`, `lower` or `neither`.
    pub better: String,
    /// How examples become one: `mean`, `share`, or `discoveries` (the share that stands after Benjamini–Hochberg).
    pub kind: String,
    /// The first one's mean over those texts.
    pub a: Measure<f64>,
    /// The second one's.
    pub b: Measure<f64>,
    /// Second minus first: the mean over those texts, with its interval by bootstrap over them.
    pub difference: Measure<Estimate>,
    /// How often a mean is as far from 0, in either direction, when the two are exchanged at random text by text.
    pub p: Measure<f64>,
    /// The same after Benjamini–Hochberg over all figures compared.
    pub q: Measure<f64>,
    /// Texts that both have it for.
    pub n: usize,
}

/// A text that was not audited on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpaired {
    /// Its name.
    pub id: String,
    /// 1-based line in its file.
    pub line: usize,
    /// The text.
    pub text: String,
    /// What the first has of it.
    pub a: Presence,
    /// What the second has of it.
    pub b: Presence,
}

/// What a report has of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Presence {
    /// It was audited.
    Audited,
    /// It could not be audited.
    Failed {
        /// Why.
        error: String,
    },
    /// It is not in the report.
    Absent,
}
