//! Two audits of the same texts, side by side.
//!
//! # The document
//!
//! ```text
//! schema_version, interrupted
//! a, b                settings of the two audits, as in the document of an audit
//! pairs[]             the texts audited on both sides, in the order of the first
//!   id, text, pair (the second text of a pair, where there is one), line, line_b
//!   a, b              words, tokens, window, label, probability, explained, ceiling
//!   alignment         shared, merged (stretches that both have; of several words on a side), only_a[], only_b[]
//!   same_label, tvd   of the two predictions; null with its reason where the label sets differ
//!   readings[], references[]   method, sinks_removed, how alike the two maps are: tau, tau_p, spearman, spearman_p,
//!                     overlap, overlap_p, jsd, outside_a, outside_b (share of the scores on stretches that only one has)
//!   verdicts[]        method, sinks_removed, a, b
//! unpaired[]          every text that was not audited on both sides, and what each has of it: a and b of kind audited, failed
//!                     (with its error) or absent
//! summary
//!   pairs             how many
//!   figures[]         figure, better, kind (mean, share or discoveries), a and b (means over the n texts that both have it
//!                     for), difference (b − a, with its interval), p, q, n
//!   likeness[]        over the texts: method, role (reading or reference), tau, overlap, jsd, found (share with q ≤ alpha)
//!   tvd, same_label
//!   verdicts[]        per reading, counts[] {a, b, texts}: how many texts have verdict a in the first and b in the second
//!   changed[]         the texts on which the headline reading's verdict is another
//!   predictions[]     the texts that are predicted otherwise: a, b, probability_a, probability_b
//!   answer            whose attention may better be believed: favours (a, b or null), the reading, difference, p, sentence
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::WindowReport;
use super::examples::Spool;
use super::measure::{Estimate, Measure};
use super::settings::Settings;
use super::verdict::VerdictWord;

/// Two audits compared.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// The first audit's settings.
    pub a: Settings,
    /// The second audit's settings.
    pub b: Settings,
    /// The texts audited on both sides, in the order of the first.
    pub pairs: Spool<PairReport>,
    /// The texts that were not audited on both sides.
    pub unpaired: Vec<Unpaired>,
    /// Over all pairs.
    pub summary: CompareSummary,
    /// True where a run was interrupted: the pairs are those that both had done.
    pub interrupted: bool,
}

/// One text in both audits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairReport {
    /// Its name.
    pub id: String,
    /// The text.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// 1-based line in the first audit's file.
    pub line: usize,
    /// 1-based line in the second audit's file.
    pub line_b: usize,
    /// What the first audit says of it.
    pub a: SideReport,
    /// What the second audit says of it.
    pub b: SideReport,
    /// How their words were brought together.
    pub alignment: AlignmentReport,
    /// Whether both predict the class of the same name.
    pub same_label: bool,
    /// TVD between the predictions over classes of the same name, in [0, 1].
    pub tvd: Measure<f64>,
    /// Do they look at the same words? Each reading of the one against the same reading of the other.
    pub readings: Vec<Likeness>,
    /// Do they use the same words? Each reference, by the size of its scores, their tails tied.
    pub references: Vec<Likeness>,
    /// Each reading's two verdicts.
    pub verdicts: Vec<VerdictPair>,
}

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideReport {
    /// Words audited.
    pub words: usize,
    /// Tokens in the model, specials included.
    pub tokens: usize,
    /// Set where the text was longer than the model takes.
    pub window: Option<WindowReport>,
    /// The predicted class.
    pub label: String,
    /// Its probability.
    pub probability: f64,
    /// The class that is explained.
    pub explained: String,
    /// How well this side's own references agree with one another: no two models can be expected to agree better.
    pub ceiling: Measure<f64>,
}

/// How two lists of words were brought together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignmentReport {
    /// Stretches of text that both have: what everything here is compared on.
    pub shared: usize,
    /// Those that are more than one word on a side; their words' scores were joined.
    pub merged: usize,
    /// Words that only the first has, as in a text that the second cuts off.
    pub only_a: Vec<String>,
    /// Words that only the second has.
    pub only_b: Vec<String>,
}

/// How alike two scorings of the aligned words are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Likeness {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True where sinks and specials were taken out.
    pub sinks_removed: bool,
    /// Kendall's tau-b, in [-1, 1].
    pub tau: Measure<f64>,
    /// The one-sided permutation p of the coefficient above.
    pub tau_p: Measure<f64>,
    /// Spearman's rank correlation, in [-1, 1].
    pub spearman: Measure<f64>,
    /// The one-sided permutation p of the coefficient above.
    pub spearman_p: Measure<f64>,
    /// The share of the top words in common, in [0, 1].
    pub overlap: Measure<f64>,
    /// The hypergeometric p of that share.
    pub overlap_p: Measure<f64>,
    /// JSD (nats) between the two maps, each scaled to sum to 1 over the aligned words; for maps without sign.
    pub jsd: Measure<f64>,
    /// The share of the first one's scores, by size, on stretches that the second lacks.
    pub outside_a: Measure<f64>,
    /// The share of the second one's on stretches that the first lacks.
    pub outside_b: Measure<f64>,
}

/// A reading's verdicts on one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictPair {
    /// The reading.
    pub method: String,
    /// True where sinks and specials were taken out.
    pub sinks_removed: bool,
    /// The first audit's verdict.
    pub a: VerdictWord,
    /// The second audit's verdict.
    pub b: VerdictWord,
}

/// Over all pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareSummary {
    /// Texts audited on both sides.
    pub pairs: usize,
    /// Every figure that either audit has.
    pub figures: Vec<FigureChange>,
    /// How alike the maps are, readings first, then references.
    pub likeness: Vec<LikenessSummary>,
    /// Mean TVD between predictions.
    pub tvd: Measure<Estimate>,
    /// Share of texts where both predict the class of the same name.
    pub same_label: Measure<Estimate>,
    /// Per reading, the first one's verdicts against the second one's.
    pub verdicts: Vec<VerdictTable>,
    /// The texts on which the headline reading's verdict is another.
    pub changed: Vec<ChangedVerdict>,
    /// The texts that are predicted otherwise.
    pub predictions: Vec<ChangedPrediction>,
    /// Whose attention may better be believed.
    pub answer: Answer,
}

/// A method over all pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LikenessSummary {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// `reading` or `reference`.
    pub role: String,
    /// True where sinks and specials were taken out.
    pub sinks_removed: bool,
    /// Mean tau-b.
    pub tau: Measure<Estimate>,
    /// Share of texts on which it is above chance after Benjamini–Hochberg over the texts.
    pub found: Measure<Estimate>,
    /// Mean share of the top words in common.
    pub overlap: Measure<Estimate>,
    /// Mean JSD between the maps, in nats.
    pub jsd: Measure<Estimate>,
}

/// A reading's verdicts, first against second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictTable {
    /// The reading.
    pub method: String,
    /// True where sinks and specials were taken out.
    pub sinks_removed: bool,
    /// The pairs of verdicts that occur, in the order of verdicts.
    pub counts: Vec<VerdictCell>,
}

/// How many texts have this verdict in the first and that in the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictCell {
    /// The verdict in the first audit.
    pub a: VerdictWord,
    /// The verdict in the second audit.
    pub b: VerdictWord,
    /// How many texts have both.
    pub texts: usize,
}

/// A text on which the verdict is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedVerdict {
    /// The text's name.
    pub id: String,
    /// 1-based line in the first audit's file.
    pub line: usize,
    /// The reading.
    pub method: String,
    /// The verdict in the first audit.
    pub a: VerdictWord,
    /// The verdict in the second audit.
    pub b: VerdictWord,
}

/// A text that is predicted otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPrediction {
    /// The text's name.
    pub id: String,
    /// 1-based line in the first audit's file.
    pub line: usize,
    /// The class that the first audit's model predicts.
    pub a: String,
    /// The class that the second audit's model predicts.
    pub b: String,
    /// The probability that the first gives its class.
    pub probability_a: f64,
    /// The probability that the second gives its class.
    pub probability_b: f64,
}

/// Whose attention may better be believed.
///
/// One test that was chosen before any number was seen: of the headline reading, the share of texts where it is
/// supported minus the share where it is contradicted, second minus first, at level alpha. It is not among those that
/// Benjamini–Hochberg adjusts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// `a`, `b`, or null where the data cannot tell.
    pub favours: Option<String>,
    /// The reading that people would show.
    pub reading: Option<String>,
    /// Supported minus contradicted, per text, second minus first; in [-2, 2].
    pub difference: Measure<Estimate>,
    /// The p of that difference, by exchanging the two at random text by text.
    pub p: Measure<f64>,
    /// The answer in words.
    pub sentence: String,
}

/// A figure of both summaries, over the texts where both have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureChange {
    /// Its whole name: `raw.excess`, `rollout-without-sinks.tau.loo`, `ceiling`.
    pub figure: String,
    /// Which way is better: `higher`, `lower` or `neither`.
    pub better: String,
    /// How examples become one: `mean`, `share`, or `discoveries` (the share that stands after Benjamini–Hochberg).
    pub kind: String,
    /// The first audit's mean over those texts.
    pub a: Measure<f64>,
    /// The second audit's mean over those texts.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unpaired {
    /// Its name.
    pub id: String,
    /// 1-based line in its file.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// What the first has of it.
    pub a: Presence,
    /// What the second has of it.
    pub b: Presence,
}

/// What a report has of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
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
