//! What was found in classifiers that were trained to follow a rare word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Grade;
use super::controls::Standing;

/// What was trained, and how well each method finds what it decides by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortcutReport {
    /// The kind's name.
    pub kind: String,
    /// The seed of weights, training and texts.
    pub seed: u64,
    /// L: layers of the model.
    pub layers: usize,
    /// H: heads of a layer.
    pub heads: usize,
    /// D: width of a token's hidden state.
    pub width: usize,
    /// How training went: what makes the truth known.
    pub learned: Learned,
    /// Held-out texts that were explained: those that are decided rightly.
    pub texts: usize,
    /// Mean content words of a text.
    pub words: f64,
    /// Deciding words of a text: k.
    pub deciding: usize,
    /// The mean precision at k of a random order, k / n.
    pub chance: f64,
    /// A row per method, in the order of `attncheck methods`; after them a row per head.
    pub methods: Vec<MethodPrecision>,
    /// What an audit says of its readings; empty in documents from before it was asked.
    #[serde(default)]
    pub readings: Vec<TrainedReading>,
}

/// What an audit of held-out texts says of one reading of a trained classifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainedReading {
    /// Its name in `attncheck methods`.
    pub reading: String,
    /// True for the variant without sinks and specials.
    pub sinks_removed: bool,
    /// What its ranking makes of the truth on held-out texts that were not audited; null where it had no scores.
    pub standing: Option<Standing>,
    /// Texts that were audited, as one file.
    pub texts: usize,
    /// Of them those on which it was supported.
    pub supported: usize,
    /// Those on which it was contradicted.
    pub contradicted: usize,
    /// The verdict on the file; null where nothing was audited.
    pub file: Option<Grade>,
}

/// How well one method finds the deciding words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodPrecision {
    /// Its name; `head:LAYER.HEAD` for a single head.
    pub method: String,
    /// `reading`, `reference` or `control`.
    pub role: String,
    /// Texts with scores.
    pub texts: usize,
    /// Texts whose scores are missing.
    pub missing: usize,
    /// The share of deciding words among the k greatest scores, in [0, 1]; 1 is best. None without texts.
    pub precision: Option<f64>,
    /// The same for the texts of each label alone: attention may mark one label's word and leave the other's to be
    /// what is decided by default.
    pub by_label: [Option<f64>; 2],
    /// Wilson's interval at 95 %, lower end. The k words of a text count as independent, which for k = 2 makes it
    /// somewhat too narrow.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The mean over texts of 1 / rank of the first deciding word, in (0, 1].
    pub reciprocal_rank: Option<f64>,
    /// The mean over texts of the worst rank of a deciding word; k is best.
    pub last_rank: Option<f64>,
}

/// How training went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    /// Steps that were taken.
    pub steps: usize,
    /// Held-out texts with the shortcut.
    pub texts: usize,
    /// The share of them that get the right class with a probability of at least .9.
    pub accuracy: f64,
    /// The share of the same sentences without the shortcut where no class gets .9: what it decides by is the
    /// shortcut.
    pub undecided: f64,
    /// The mean mass that decision rows give to the deciding words, over layers and heads, where training was to keep it
    /// small; null elsewhere.
    #[serde(default)]
    pub mass: Option<f64>,
}
