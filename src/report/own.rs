//! What the checks of a user's own model found.
//!
//! # The document of `attncheck controls --model DIR --format json`
//!
//! ```text
//! schema_version      as in an audit's document
//! settings            as in an audit's document, of an audit with --effort quick
//! seeds, foreign      seeds that were compared; maps of every donor per text
//! warnings[]          line, text: what was cut off and the like
//! checked
//!   texts, sentence   how far an audit of this model can be trusted
//!   checks[]          name, measured, expected, holds (null where these texts cannot tell), otherwise
//!   operators[], baselines[]   first, second, texts, tau with low and high: leave-one-out under every two operators,
//!                     integrated gradients from every two baselines
//!   randomisation     texts, stages[] (what was made random, each on top of the ones before), methods[] {method, role,
//!                     stages[] {expected: same, partly or changes; texts, spearman, absolute (of sizes) with
//!                     absolute_low and absolute_high, tau}, insensitive, broken[]}
//!   maps[]            donor, foreign (support is a false alarm), maps, verdicts[] [verdict, count], judged, supported and
//!                     contradicted: shares of the judged, with supported_interval and
//!                     contradicted_interval
//!   seeds             seeds, excess and jsd: mean range over seeds; verdict_changes: share of texts, with
//!                     verdict_interval
//! ```
//!
//! An interval is null where there are too few texts for one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;
use super::settings::Settings;
use super::verdict::VerdictWord;

/// The checks of one model, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was checked, on what, with which choices.
    pub settings: Settings,
    /// Seeds that were compared.
    pub seeds: usize,
    /// Maps of every donor per text.
    pub foreign: usize,
    /// What a reader must know before the numbers.
    pub warnings: Vec<Warning>,
    /// What the checks found.
    pub checked: OwnReport,
}

/// What a reader must know of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// 1-based line of the text.
    pub line: usize,
    /// What must be known.
    pub text: String,
}

/// All that was checked on one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnReport {
    /// Texts that were used.
    pub texts: usize,
    /// One sentence: how far an audit of this model can be trusted.
    pub sentence: String,
    /// What the sentence rests on.
    pub checks: Vec<Check>,
    /// Leave-one-out under every two operators.
    pub operators: Vec<ChoiceAgreement>,
    /// Integrated gradients from every two baselines.
    pub baselines: Vec<ChoiceAgreement>,
    /// Attributions while the model is made random.
    pub randomisation: Cascade,
    /// What is said of maps by donor.
    pub maps: Vec<MapVerdicts>,
    /// The verdict-relevant figures under other seeds.
    pub seeds: SeedRanges,
}

/// One check and what came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What was measured, in words and figures.
    pub measured: String,
    /// What it would be for a trustworthy audit.
    pub expected: String,
    /// Whether it is so; null where these texts cannot tell.
    pub holds: Option<bool>,
    /// What follows where it is not so.
    pub otherwise: String,
}

/// Verdicts on maps of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapVerdicts {
    /// Whose maps: `own`, `integrated-gradients`, `other-text`, `shuffled-words` or `random-words`.
    pub donor: String,
    /// Whether the map cannot be faithful, so that support is a false alarm.
    pub foreign: bool,
    /// How many were judged.
    pub maps: usize,
    /// How many got each verdict, in the order of the verdict words.
    pub verdicts: Vec<(VerdictWord, usize)>,
    /// How many could have been supported or contradicted: those on texts that are neither inert nor too short.
    pub judged: usize,
    /// The share of these that was supported.
    pub supported: Measure<f64>,
    /// Its Wilson interval.
    pub supported_interval: Option<(f64, f64)>,
    /// The share of these that was contradicted.
    pub contradicted: Measure<f64>,
    /// Its Wilson interval.
    pub contradicted_interval: Option<(f64, f64)>,
}

/// How much moves when only the seed does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Seeds")]
pub struct SeedRanges {
    /// Seeds that were compared.
    pub seeds: usize,
    /// Mean over texts of the range of the excess comprehensiveness over seeds, in probability.
    pub excess: Measure<f64>,
    /// Mean over texts of the range of the most divergent counterfactual's JSD, in nats.
    pub jsd: Measure<f64>,
    /// The share of texts with more than one verdict on raw attention.
    pub verdict_changes: Measure<f64>,
    /// Its Wilson interval.
    pub verdict_interval: Option<(f64, f64)>,
}

/// Agreement of one reference under two choices, over texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Agreement")]
pub struct ChoiceAgreement {
    /// One choice: an operator's or baseline's name.
    pub first: String,
    /// The other choice.
    pub second: String,
    /// Texts on which both rank the words.
    pub texts: usize,
    /// Mean over texts of Kendall's tau-b, by size, words that hardly matter tied, as in the audit.
    pub tau: Measure<f64>,
    /// Bootstrap interval over texts at 95 %, lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// How each attribution followed the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cascade {
    /// Texts that were explained.
    pub texts: usize,
    /// What was made random, in order, each on top of the ones before.
    pub stages: Vec<String>,
    /// A row per method, in the order of `attncheck methods`; single heads by layer, as `head:LAYER.*`.
    pub methods: Vec<Followed>,
}

/// One attribution through the stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Followed {
    /// Its name.
    pub method: String,
    /// `reading`, `reference` or `control`.
    pub role: String,
    /// Similarity to the original at each stage.
    pub stages: Vec<Similarity>,
    /// Whether it still ranks words by size as it did, with every weight random: the interval of `absolute` at the last
    /// stage lies above one half. It then tells of the text, not of the model. Null where that is unknown or nothing
    /// could change.
    pub insensitive: Option<bool>,
    /// The stages at which it had to stay as it was and did not: an error of this program.
    pub broken: Vec<String>,
}

/// How like its original an attribution is: means over texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Similarity {
    /// What must hold here.
    pub expected: Expected,
    /// Texts on which it could be compared; where all scores are equal there is nothing to compare.
    pub texts: usize,
    /// Spearman's rho of the scores, in [-1, 1].
    pub spearman: Measure<f64>,
    /// Spearman's rho of their sizes.
    pub absolute: Measure<f64>,
    /// Bootstrap interval of `absolute` over texts, lower end.
    pub absolute_low: Option<f64>,
    /// Upper end.
    pub absolute_high: Option<f64>,
    /// Kendall's tau-b of the scores.
    pub tau: Measure<f64>,
}

/// What must hold of an attribution when a part of the model is random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// It reads nothing that is random: the same to the last bit.
    Same,
    /// Only through the layers that are random; the rest of what it reads is as it was.
    Partly,
    /// It reads what is random: it must change.
    Changes,
}
