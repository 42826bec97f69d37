//! The verdict on the file: what every reading is worth over all its texts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::key;
use super::measure::{Estimate, Measure};
use crate::attribution::shown;

/// Above this share of texts something holds for the file.
pub const MOST: f64 = 0.5;

/// What the texts of a file say together of every reading: many texts are evidence where one is little.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAnswer {
    /// The answer in sentences to act on: of each reading, the one that people would show first; of the best; of how many
    /// texts could speak.
    pub sentences: Vec<String>,
    /// The reference whose own order says what an order of the words can reach on a text. One for all texts, fixed
    /// beforehand: `shapley` where four of five texts have it, else `loo`; null where no text has it.
    pub reference: Option<String>,
    /// How many texts could speak, and why the others could not.
    pub texts: Speakers,
    /// Per reading, in the order of the examples' readings.
    pub readings: Vec<ReadingAnswer>,
    /// The reading that shows most; null where none shows more than chance.
    pub best: Option<BestReading>,
}

/// Of the texts that were audited, how many could speak on their own. The others count in the file's effect too, where
/// words were erased there. A text that could not for several reasons counts at the first of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Speakers {
    /// Texts audited.
    pub all: usize,
    /// Those with reliable references, an order of words that reaches the margin, and words enough.
    pub spoke: usize,
    /// Too few content words.
    pub too_few_words: usize,
    /// No words could be erased, or the reference's own order is missing.
    pub no_erasure: usize,
    /// The references disagree: both the ceiling and the agreement of the operators lie below the threshold, and erasure bears
    /// out none.
    pub unreliable: usize,
    /// The reference's own order costs less than the margin, so no map could have shown anything.
    pub nothing_to_find: usize,
}

/// One reading over the whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingAnswer {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True for the variant without sinks and specials. Such a variant has no part in the choice of the best.
    pub sinks_removed: bool,
    /// The answer in a word.
    pub verdict: Grade,
    /// The answer in a sentence.
    pub sentence: String,
    /// Sum of the texts' excess comprehensiveness, in log-odds as a share of each text's span (which does not saturate, so that
    /// confident texts count as others do), over the sum of what the reference's own order reaches there: 1 is as
    /// good as the reference, 0 as good as chance; with a `BCa` interval over texts. Missing where nothing could have
    /// been seen.
    pub effect: Measure<Estimate>,
    /// How likely orders drawn at random cost as much in sum, one of each text drawn from those that were run, in (0, 1].
    pub beyond_chance_p: Measure<f64>,
    /// The same after Holm over the readings; those without sinks are a family of their own.
    pub beyond_chance_holm: Measure<f64>,
    /// Whether a very different attention gives the same prediction.
    pub replaceable: Replaceability,
    /// Share of the texts whose prediction ignores the attention at the reading's site (leverage below ε on both scales), with
    /// Wilson's interval.
    pub ignored: Measure<Estimate>,
    /// Where nothing can be told: about how many texts more, like these, would tell; null elsewhere, or where no
    /// number of texts in reach would.
    pub more_texts: Option<usize>,
    /// The effect over the texts that were predicted right; with gold labels alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<Measure<Estimate>>,
    /// The effect over those predicted wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Measure<Estimate>>,
}

impl ReadingAnswer {
    /// Its name in figures and flat documents: `rollout`, `rollout-without-sinks`.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.method, self.sinks_removed)
    }
}

/// On how many texts a very different attention (JSD at least the threshold, pointing elsewhere) gives the same
/// prediction; of the texts whose prediction does not ignore the attention there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaceability {
    /// By plain swaps: uniform, permuted or one-hot attention does it.
    pub plain: usize,
    /// Only by a search: an optimised attention does it, no plain one. On a text of many words that is near certain, so
    /// it says little (Wiegreffe & Pinter 2019).
    pub search: usize,
    /// Not found.
    pub not_found: usize,
    /// The share by plain swaps, with Wilson's interval.
    pub by_plain: Measure<Estimate>,
    /// The share by either.
    pub by_any: Measure<Estimate>,
}

/// The reading with the greatest effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BestReading {
    /// Its name.
    pub method: String,
    /// Readings that it does not beat on the same texts: the interval of the paired difference of effects (95 %, `BCa`
    /// over texts) reaches 0. Where there are any, the best is one of all of these.
    pub alongside: Vec<String>,
    /// Its effect minus that of the best of the others, on the texts that have both.
    pub lead: Measure<Estimate>,
}

/// What a file says of a reading, by the table of rules in `attncheck guide verdicts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The effect's lower end is at least 0.5, beyond chance, and plain swaps do not replace it on most texts.
    ShowsWhatDecides,
    /// The effect's lower end is above 0.1, beyond chance.
    ShowsPart,
    /// The effect's upper end is below 0.1.
    NoMoreThanChance,
    /// The interval is too wide, or nothing could have been seen.
    CannotTell,
    /// On most texts the prediction ignores this attention.
    Inert,
}

impl Grade {
    /// Every grade, the best first.
    pub const ALL: [Self; 5] =
        [Self::ShowsWhatDecides, Self::ShowsPart, Self::CannotTell, Self::NoMoreThanChance, Self::Inert];

    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShowsWhatDecides => "shows-what-decides",
            Self::ShowsPart => "shows-part",
            Self::NoMoreThanChance => "no-more-than-chance",
            Self::CannotTell => "cannot-tell",
            Self::Inert => "inert",
        }
    }
}

/// A reading's verdict on the file where a program looks for it: `.readings.raw.verdict`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlatAnswer {
    /// The answer in a word.
    pub verdict: Grade,
    /// The answer in a sentence.
    pub sentence: String,
    /// The share that it finds of what erasure finds, as in the summary.
    pub effect: Measure<Estimate>,
}

impl FileAnswer {
    /// The reading that people would show: `raw`, else the first.
    #[must_use]
    pub fn shown(&self) -> Option<&ReadingAnswer> {
        shown(self.readings.iter().filter(|reading| !reading.sinks_removed), |reading| &reading.method)
    }

    /// Every reading's verdict under its name.
    #[must_use]
    pub fn flat(&self) -> BTreeMap<String, FlatAnswer> {
        let flat = |found: &ReadingAnswer| FlatAnswer {
            verdict: found.verdict,
            sentence: found.sentence.clone(),
            effect: found.effect.clone(),
        };
        self.readings.iter().map(|found| (found.key(), flat(found))).collect()
    }
}
