//! What the controls found of every reading: text by text, and on files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::controls::Level;
use super::measure::{Estimate, Measure};

/// False alarms and power of one reading, text by text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingRates {
    /// Its name in `attncheck methods`.
    pub reading: String,
    /// True for the variant without sinks and specials.
    pub sinks_removed: bool,
    /// *Supported* though its ranking finds no more of the truth than chance, or simple patterns stand in for it; at every λ
    /// where it was looked at.
    pub false_supported: TextRates,
    /// *Contradicted* though it ranks as the truth does and no simple pattern stands in for it, or says nothing.
    pub false_contradicted: TextRates,
    /// *Supported* where it ranks as the truth does and nothing can stand in for it, at λ = 1.
    pub power_supported: TextRates,
    /// *Contradicted* where its ranking is worse than chance, at λ = 1.
    pub power_contradicted: TextRates,
    /// *Supported* where that alone is right, of models so sure of their class that p tells little: the margin without the
    /// deciding words is not below 0. The other two powers are of models that are not varied.
    pub power_saturated: TextRates,
    /// The counts by kind, at λ = 1.
    pub kinds: Vec<KindRates>,
}

/// A rate in all, and by n.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRates {
    /// Over every n.
    pub all: Measure<Estimate>,
    /// By n, the words of a text.
    pub words: Vec<Level>,
}

/// What the models of one kind got of which a reading makes the same of the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KindRates {
    /// What was planted.
    pub kind: String,
    /// Whether no rule was chosen on this kind.
    pub held_out: bool,
    /// What the reading makes of the truth.
    pub standing: Standing,
    /// How many models.
    pub models: usize,
    /// How many of their texts.
    pub trials: usize,
    /// Texts on which the reading was supported.
    pub supported: usize,
    /// Texts on which it was contradicted.
    pub contradicted: usize,
}

/// What a reading of a model makes of the truth, by its ranking on texts that are not audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It ranks as the truth does, on every text.
    Right,
    /// It finds more than chance, and not all.
    Partly,
    /// It finds what a random order finds, within a tenth of what there is to be found.
    Chance,
    /// It finds less than that.
    Wrong,
    /// It distinguishes no words.
    Flat,
    /// Whatever it ranks, no swap of what it reads can move the prediction.
    Inert,
}

impl Standing {
    /// Every one, the best first.
    pub const ALL: [Self; 6] =
        [Self::Right, Self::Partly, Self::Chance, Self::Wrong, Self::Flat, Self::Inert];

    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Partly => "partly",
            Self::Chance => "chance",
            Self::Wrong => "wrong",
            Self::Flat => "flat",
            Self::Inert => "inert",
        }
    }
}

/// False alarms and power of the verdict on a file, for one reading, over models: each is one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRates {
    /// Its name in `attncheck methods`.
    pub reading: String,
    /// True for the variant without sinks and specials.
    pub sinks_removed: bool,
    /// The texts of a file.
    pub texts: usize,
    /// *Shows what decides* though its ranking finds no more than chance.
    pub false_shows: Measure<Estimate>,
    /// *Shows part of it* though its ranking finds no more than chance.
    pub false_part: Measure<Estimate>,
    /// *No more than chance* though it ranks as the truth does.
    pub false_chance: Measure<Estimate>,
    /// *Shows what decides* where it ranks as the truth does and nothing can stand in for it.
    pub power_shows: Measure<Estimate>,
    /// *No more than chance* where its ranking finds no more than that.
    pub power_chance: Measure<Estimate>,
    /// The share of texts that are *supported* in files where it ranks as the truth does and nothing can stand in for it.
    pub power_texts: Measure<Estimate>,
}
