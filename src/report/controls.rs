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
//!   tuning_seeds      rules and thresholds were chosen on models of seeds below this one
//!   held_out          kinds that no rule and no threshold was chosen on
//!   kinds, words, lambdas, heads, texts (per model, one number a dial)
//!   variations[]      kinds, words, heads, layers, margins[] {whole, without}, texts: what is varied beside all that, at
//!                     λ = 1, in models of other seeds
//!   looks             texts by which it is told what a reading makes of the truth, none of them audited
//!   operator, second_operator (of encoders), decoder_operator, decoder_second_operator, effort, thresholds: an audit's
//!   defaults
//! trials              planted texts examined
//! goals[]             name, limit, found (the worst estimate), at (where that is), holds
//! verdicts[]          verdict, false_alarms and power; each {all, words[], lambda[], heads[], examples[], layers[],
//!                     margins[]}, where a level is {at, rate}, of margins {whole, without, rate}. A false alarm is the
//!                     verdict where it is possible and the truth does not allow it; power is the verdict's rate where the
//!                     truth allows no other, at λ = 1 but for `lambda`; `examples` takes the verdict that most of so
//!                     many texts of one model got, at λ = 1; depth and margins are varied there and nowhere else.
//!                     The last entry is non-exclusive: what swaps find, on the redundant kind
//! readings[]          reading, sinks_removed; false_supported, false_contradicted, power_supported, power_contradicted,
//!                     power_saturated, each {all, words[]}; kinds[]. What is right for a reading of a model is told by what its ranking makes
//!                     of the truth on texts that are not audited
//!   kinds[]           kind, held_out, standing (right, partly, chance, wrong, flat, inert), models, trials, and how many
//!                     were supported and contradicted, at λ = 1
//! files[]             reading, sinks_removed, texts (of a file, all of one model); false_shows, false_part, false_chance,
//!                     power_shows, power_chance: the verdict on the file, at λ = 1; power_texts: how many of its texts are
//!                     supported where that alone is right
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
//!                     learned {steps, texts, accuracy, undecided, mass}, texts, words, deciding (k), chance, methods[],
//!                     readings[]}; the value is null where training did not come to that
//!   methods[]         method (head:LAYER.HEAD for one head), role, texts, missing, precision: the share of deciding words
//!                     among its first k, with low and high; by_label: the same for each class; reciprocal_rank: mean of
//!                     1 / rank of the first deciding word; last_rank: mean rank of the last. Null without texts
//!   readings[]        reading, sinks_removed, standing, texts (audited as one file), supported, contradicted, file: the
//!                     verdict on it
//! ```
//!
//! An estimate is {estimate, low, high, n}: 95 % interval over n models, whose texts are not independent (Wilson's, at the
//! number of independent trials that would vary as much). Of trained classifiers it is over n texts of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Estimate, Measure};
use super::settings::Thresholds;
use super::shortcut::ShortcutReport;
pub use super::standing::{FileRates, KindRates, ReadingRates, Standing, TextRates};
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
    /// False alarms and power of every reading, text by text; empty in documents from before they were told.
    #[serde(default)]
    pub readings: Vec<ReadingRates>,
    /// The same of the verdict on files; empty in documents from before they were told.
    #[serde(default)]
    pub files: Vec<FileRates>,
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
    /// Rules and thresholds were chosen on models of seeds below this one, none of which is reported.
    #[serde(default)]
    pub tuning_seeds: u64,
    /// Kinds that no rule and no threshold was chosen on.
    #[serde(default)]
    pub held_out: Vec<String>,
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
    /// What is varied beside all that.
    #[serde(default)]
    pub variations: Vec<VariedModels>,
    /// Texts by which it is told what a reading makes of the truth, none of them audited.
    #[serde(default)]
    pub looks: u64,
    /// How a word is erased from an encoder.
    pub operator: String,
    /// The second operator there.
    pub second_operator: String,
    /// How a word is erased from a decoder; left out where none is planted, and in documents from before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder_operator: Option<String>,
    /// The second operator there; left out as the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder_second_operator: Option<String>,
    /// The effort of each examination: `standard`.
    pub effort: String,
    /// The thresholds of the verdict.
    pub thresholds: Thresholds,
}

/// Models that differ from the others in depth, margins or the length of their file, at λ = 1: every combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedModels {
    /// What was planted.
    pub kinds: Vec<String>,
    /// n: the words of a text.
    pub words: Vec<usize>,
    /// H: the heads of a layer, where the kind can have so few.
    pub heads: Vec<usize>,
    /// L: the layers, where the kind can have so few.
    pub layers: Vec<usize>,
    /// How sure the models are of their class.
    pub margins: Vec<PlantedMargins>,
    /// The texts of a model.
    pub texts: u64,
}

/// How sure a model is of its class, in logits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlantedMargins {
    /// The margin of the class of the whole text over the other.
    pub whole: f64,
    /// The same without the deciding words.
    pub without: f64,
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
    /// By L, the layers of a model, where that was varied.
    #[serde(default)]
    pub layers: Vec<Level>,
    /// By margins, where they were varied.
    #[serde(default)]
    pub margins: Vec<MarginLevel>,
}

/// A rate of models of these margins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarginLevel {
    /// The margin of the whole text, in logits.
    pub whole: f64,
    /// The margin without the deciding words.
    pub without: f64,
    /// The rate.
    pub rate: Measure<Estimate>,
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
