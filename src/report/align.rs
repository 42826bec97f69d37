//! The report of `attncheck align`: links between words from cross-attention, beside those that people made.
//!
//! # The document
//!
//! ```text
//! schema_version, interrupted
//! settings            attncheck, device, pairs, given, limit, translated, beams, symmetrize, cut, seed, random_draws, resamples;
//!                     model {name, revision, family, sha256, config_sha256, tokenizer_sha256, dtype, layers, heads,
//!                     languages}; gold {name, first}, null without
//! chosen              the reading whose links are written: layer, head (null for the mean), step, pieces, by, why
//! pairs[]             id, line, source[] and target[] (words), translated, warnings[]
//!   output, input     of the chosen layer and head, from the row that outputs a word and from the one that takes it in:
//!                     links[] [source, target] from 0, crossings, mass[] (a row per target word)
//!   symmetrized       links made of both directions; null where none was asked for
//!   gold              {sure[], possible[]}; null without gold
//! failures[]          the pairs that could not be aligned: id, line, text, pair, error, hint
//! rows[]              over all pairs: reading (attention, diagonal, random, symmetrized, gold), layer, head, step, pieces,
//!                     links, crossings, aer, precision, recall, reordering, beyond_diagonal, shows_alignment; an estimate is
//!                     {estimate, low, high, n}, n the pairs
//! held_out            first, second (pairs of each half), among, chosen_on; row, diagonal, random: each a row of the second half
//! sentences[]         the answer in words
//! ```
//!
//! A measure is `{"value": 0.31}`, or `{"value": null, "reason": "…"}` where it could not be computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::FailureReport;
use super::measure::{Estimate, Measure};

/// Pairs aligned, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignReport {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What was run, on what.
    pub settings: AlignSettings,
    /// The reading whose links are those of the pairs.
    pub chosen: ChosenReading,
    /// The pairs, in the order of the file.
    pub pairs: Vec<AlignedPair>,
    /// The pairs that could not be aligned, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// Over all pairs: every head and the mean of every layer, by both steps and both conventions, layer by layer; then the
    /// diagonal, random links and, where they are there, those made of both directions and those of people.
    pub rows: Vec<AlignRow>,
    /// What the best reading of the first half gives on the second.
    pub held_out: Measure<HeldOut>,
    /// The answer in words.
    pub sentences: Vec<String>,
    /// True where the run was interrupted.
    pub interrupted: bool,
}

/// Everything that makes a report what it is; the number of threads does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignSettings {
    /// The version of attncheck.
    pub attncheck: String,
    /// The model.
    pub model: AlignModel,
    /// Where the model ran: `cpu`, or `cuda:N`.
    pub device: String,
    /// The file of the pairs.
    pub pairs: String,
    /// How many were given.
    pub given: usize,
    /// At most so many pairs, from the first; null for all.
    pub limit: Option<usize>,
    /// Whether the file's targets were left aside and the model's own translation taken.
    pub translated: bool,
    /// Hypotheses of the search for a translation; 1 is greedy, null where nothing is translated.
    pub beams: Option<usize>,
    /// The gold links; null without.
    pub gold: Option<GoldInfo>,
    /// What the other direction's links were taken from; null without.
    pub symmetrize: Option<String>,
    /// How words were cut: `apart` (each word by itself) or `whole` (the sentence as it stands).
    pub cut: String,
    /// Fixes every draw: of random links, and of pairs for the intervals.
    pub seed: u64,
    /// Draws of random links; their error rates are averaged.
    pub random_draws: usize,
    /// Draws of pairs behind each interval.
    pub resamples: usize,
}

/// The gold links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoldInfo {
    /// The file.
    pub name: String,
    /// From what its words are counted: 0 or 1.
    pub first: usize,
}

/// The model that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignModel {
    /// The folder, or its hub name.
    pub name: String,
    /// The hub's commit.
    pub revision: Option<String>,
    /// `model_type` of its config.json.
    pub family: String,
    /// SHA-256 of the weights files.
    pub sha256: String,
    /// SHA-256 of config.json.
    pub config_sha256: String,
    /// SHA-256 of the files that the tokenizer is made of.
    pub tokenizer_sha256: String,
    /// `f32` or `f64`.
    pub dtype: String,
    /// L: layers of the decoder.
    pub layers: usize,
    /// H: heads of a layer.
    pub heads: usize,
    /// The tokens that name the languages of source and target; null where none does.
    pub languages: (Option<String>, Option<String>),
}

/// The reading whose links are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenReading {
    /// The layer, from 0.
    pub layer: usize,
    /// The head, from 0; null for the mean of the layer's heads.
    pub head: Option<usize>,
    /// `output` or `input`: the row that links are taken from where one kind is to be written.
    pub step: String,
    /// `union` or `sum`.
    pub pieces: String,
    /// What chose it: `gold` (the best on the first half of the pairs), `typed` or `default`.
    pub by: String,
    /// Why it is this one, in words.
    pub why: String,
}

/// One pair with its links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignedPair {
    /// Its name; the line number unless the file names it.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The I words of the source.
    pub source: Vec<String>,
    /// The J words of the target.
    pub target: Vec<String>,
    /// Whether the target is the model's own translation.
    pub translated: bool,
    /// What a reader must know before the links.
    pub warnings: Vec<String>,
    /// From the row that outputs a word.
    pub output: StepLinks,
    /// From the row that takes it in.
    pub input: StepLinks,
    /// Links made of both directions.
    pub symmetrized: Option<Vec<(usize, usize)>>,
    /// The links that people made.
    pub gold: Option<PairGold>,
}

/// Links from one kind of row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepLinks {
    /// Source and target word of each, from 0, in order.
    pub links: Vec<(usize, usize)>,
    /// Pairs of links that cross.
    pub crossings: usize,
    /// J rows of I weights: how much of a target word's weight lies on each source word, in [0, 1]; the rest lies on special
    /// tokens. A row is empty where the word has no piece of its own.
    pub mass: Vec<Vec<f64>>,
}

/// Links that people made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairGold {
    /// Those that are sure: source and target word, from 0.
    pub sure: Vec<(usize, usize)>,
    /// Those that are possible, the sure ones among them.
    pub possible: Vec<(usize, usize)>,
}

/// One way to links, over all pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlignRow {
    /// `attention`, `diagonal`, `random`, `symmetrized` or `gold` (the sure links).
    pub reading: String,
    /// The layer, from 0; null where it is not attention.
    pub layer: Option<usize>,
    /// The head, from 0; null for the mean of a layer's heads, and where it is not attention.
    pub head: Option<usize>,
    /// `output` or `input`; null where it is not attention.
    pub step: Option<String>,
    /// `union` or `sum`; null where it is not attention.
    pub pieces: Option<String>,
    /// How many links there are; of random ones the mean.
    pub links: f64,
    /// Pairs of links that cross, summed over pairs of sentences; of random links the mean.
    pub crossings: f64,
    /// The alignment error rate at corpus level, in [0, 1], less is better; over how many pairs. Of random links the mean.
    pub aer: Measure<Estimate>,
    /// |A ∩ P| / |A|, in [0, 1].
    pub precision: Measure<f64>,
    /// |A ∩ S| / |S|, in [0, 1].
    pub recall: Measure<f64>,
    /// Of the sure links that cross another sure one, the share that was found.
    pub reordering: Measure<f64>,
    /// Its error rate minus the diagonal's, over the same draws of pairs: below 0 where it is better.
    pub beyond_diagonal: Measure<Estimate>,
    /// Whether the whole interval of that difference is below 0; null where it is not known. What does not beat the diagonal
    /// shows no alignment.
    pub shows_alignment: Option<bool>,
}

/// The best reading is chosen on one half and scored on the other, never on the same pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// Pairs of the first half: the first ones of the file.
    pub first: usize,
    /// Pairs of the second half.
    pub second: usize,
    /// Readings among which the best was chosen.
    pub among: usize,
    /// Its error rate on the first half, where it is the best of many and so too good.
    pub chosen_on: f64,
    /// The best reading of the first half on the second.
    pub row: AlignRow,
    /// The diagonal on the second half.
    pub diagonal: AlignRow,
    /// Random links on the second half.
    pub random: AlignRow,
}

impl AlignedPair {
    /// The links to be written: those made of both directions, else those of the chosen step.
    #[must_use]
    pub fn written(&self, chosen: &ChosenReading) -> &[(usize, usize)] {
        match &self.symmetrized {
            Some(links) => links,
            None if chosen.step == "input" => &self.input.links,
            None => &self.output.links,
        }
    }
}
