//! What the controls found: the audit, audited on planted models whose truth is known.
//!
//! # The document of `attncheck controls --format json`
//!
//! ```text
//! schema_version      as in an audit's document
//! interrupted         true after Ctrl-C: the trials are those that were done
//! settings            everything that decides the numbers
//!   attncheck         version
//!   set               quick or full
//!   seed              of the first planted model; thresholds were chosen on other seeds
//!   kinds, words, lambdas, heads, texts (per model, one number a dial)
//!   operator, second_operator, effort, thresholds: an audit's defaults
//! trials              planted texts examined
//! goals[]             name, limit, found (the worst estimate), at (where that is), holds
//! verdicts[]          verdict, false_alarms and power; each {all, words[], lambda[], heads[], examples[]}, where a
//!                     level is {at, rate}. A false alarm is the verdict where the truth does not allow it; power
//!                     is the verdict's rate where the truth allows no other, at λ = 1 but for `lambda`;
//!                     `examples` takes the verdict that most of so many texts of one model got, at λ = 1.
//!                     The last entry is non-exclusive: what swaps find, on the redundant kind
//! confusion[]         kind, allowed verdicts, the reason, and the count of each verdict on `raw`, at λ = 1
//! doses[]             kind, verdict, levels[] {at (λ), rate}, monotone: no dial has a rate below that of a smaller one
//!                     beyond both intervals
//! truth[]             method, role, kinds[] {kind, first, precision}: how often its first word decides, and the mean
//!                     share of deciding words among its first k, k the number of deciding words, at λ = 1
//! divergences[]       threshold (nats), exclusive and redundant: how often a map of each sort has a counterpart so
//!                     different, at λ = 1
//! power[]             reading, sinks_removed, verdict, words[], hits[], trials[]: at λ = 1, over the kinds of which it
//!                     is known that this verdict alone is right for this reading; what a report's `power` is taken from
//! shortcuts[]         classifiers that were trained until rare words decide, each a measure of {kind, seed, layers, heads, width,
//!                     learned {steps, texts, accuracy, undecided}, texts, words, deciding (k), chance, methods[]}; the
//!                     value is null where training did not come to that
//!   methods[]         method (head:LAYER.HEAD for one head), role, texts, missing, precision: the share of deciding words
//!                     among its first k, with low and high; by_label: the same for each class; reciprocal_rank: mean of
//!                     1 / rank of the first deciding word; last_rank: mean rank of the last. Null without texts
//! ```
//!
//! An estimate is {estimate, low, high, n}: 95 % interval (Wilson's), over n trials.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Estimate, Measure};
use super::settings::Thresholds;
use super::shortcut::ShortcutReport;
use super::verdict::VerdictWord;

/// The audit of the audit, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlsReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was planted and how it was examined.
    pub settings: ControlsSettings,
    /// Planted texts examined.
    pub trials: usize,
    /// What the defaults must reach.
    pub goals: Vec<Goal>,
    /// False alarms and power of each verdict.
    pub verdicts: Vec<VerdictRates>,
    /// Verdict × truth.
    pub confusion: Vec<Confusion>,
    /// Rates by dial.
    pub doses: Vec<Dose>,
    /// Precision at the truth, of every reading and reference.
    pub truth: Vec<PlantedPrecision>,
    /// What the threshold of divergence tells apart.
    pub divergences: Vec<Divergence>,
    /// What a report's power figures are taken from.
    pub power: Vec<PowerRow>,
    /// How the methods find what decides trained classifiers.
    pub shortcuts: Vec<Measure<ShortcutReport>>,
    /// True where the run was interrupted.
    pub interrupted: bool,
}

/// Everything that decides the numbers; the number of threads does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlsSettings {
    /// The version of attncheck.
    pub attncheck: String,
    /// `quick` or `full`.
    pub set: String,
    /// The seed of the first planted model.
    pub seed: u64,
    /// What was planted.
    pub kinds: Vec<String>,
    /// n: the words of a planted text.
    pub words: Vec<usize>,
    /// λ: the strengths of the planted effect.
    pub lambdas: Vec<f64>,
    /// H: the heads of a planted model, where the kind can have so few.
    pub heads: Vec<usize>,
    /// Texts a model gets, one number a dial.
    pub texts: Vec<u64>,
    /// How a word is erased.
    pub operator: String,
    /// The second operator.
    pub second_operator: String,
    /// The effort of each examination: `standard`.
    pub effort: String,
    /// The thresholds of the verdict.
    pub thresholds: Thresholds,
}

/// What the defaults must reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// What is wanted.
    pub name: String,
    /// The most, or for power the least, that is allowed.
    pub limit: f64,
    /// The worst of the estimates it is judged on; null where nothing was tried.
    pub found: Option<Estimate>,
    /// Where that is.
    pub at: String,
    /// Whether it was reached.
    pub holds: bool,
}

/// How often a verdict was wrong, and how often it was found where it is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictRates {
    /// `supported`, `contradicted`, `inert`; or `non-exclusive`, which swaps find.
    pub verdict: String,
    /// Where the truth does not allow it.
    pub false_alarms: Rates,
    /// Where the truth allows nothing else.
    pub power: Rates,
}

/// A rate, in all and by what was varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Over every n and number of heads (false alarms: every dial too).
    pub all: Measure<Estimate>,
    /// By n, the words of a text.
    pub words: Vec<Level>,
    /// By λ, the strength of the planted effect.
    pub lambda: Vec<Level>,
    /// By H, the heads of a model.
    pub heads: Vec<Level>,
    /// By the number of texts that are judged together.
    pub examples: Vec<Level>,
}

/// A rate at one value of what was varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// n, λ, H or the number of texts.
    pub at: f64,
    /// The rate.
    pub rate: Measure<Estimate>,
}

/// The verdicts that one kind got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    /// What was planted.
    pub kind: String,
    /// The verdicts that are right.
    pub allowed: Vec<VerdictWord>,
    /// Why these verdicts are right.
    pub reason: String,
    /// How often each verdict was given.
    pub verdicts: Vec<Count>,
}

/// How often a verdict was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The verdict.
    pub verdict: VerdictWord,
    /// How many trials got it.
    pub count: usize,
}

/// The rate of the right verdict as the effect grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dose {
    /// What was planted.
    pub kind: String,
    /// The one verdict that is right.
    pub verdict: VerdictWord,
    /// By λ, the strength of the planted effect.
    pub levels: Vec<Level>,
    /// No dial has a rate below that of a smaller one beyond both intervals.
    pub monotone: bool,
}

/// How often a method finds what decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Precision")]
pub struct PlantedPrecision {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// `reading`, `reference` or `control`.
    pub role: String,
    /// Its precision by kind of planted model.
    pub kinds: Vec<KindPrecision>,
}

/// How often a method finds what decides models of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KindPrecision {
    /// What was planted.
    pub kind: String,
    /// How often its first word decides.
    pub first: Measure<Estimate>,
    /// The mean share of deciding words among its first k, k their number; in [0, 1].
    pub precision: Measure<f64>,
}

/// What a threshold of divergence tells apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Divergence {
    /// The threshold, in nats.
    pub threshold: f64,
    /// How often a map that nothing can stand in for has a counterpart so different: false.
    pub exclusive: Measure<Estimate>,
    /// How often a map of one of many equal words has: true.
    pub redundant: Measure<Estimate>,
}

/// How often a verdict was found where it is right, by n.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerRow {
    /// The reading it was given on.
    pub reading: String,
    /// True for the variant without sinks and specials.
    pub sinks_removed: bool,
    /// The verdict.
    pub verdict: VerdictWord,
    /// The numbers of words, n, ascending.
    pub words: Vec<usize>,
    /// How often it was found, by n.
    pub hits: Vec<usize>,
    /// In how many trials, by n.
    pub trials: Vec<usize>,
}
