//! What the maps of a translation model are worth, in three steps of rising claim: as an alignment, as a plausible map, as an
//! explanation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{Estimate, Measure};

/// Over all tokens of all translations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslationSummary {
    /// The steps in sentences, for the reading that people would show.
    pub sentences: Vec<String>,
    /// The mean share of the source in what decides a token, by ALTI+.
    pub source: Measure<Estimate>,
    /// The mean fall of the explained scalar without the source.
    pub without_source: Measure<Estimate>,
    /// The mean fall without what was written before, of tokens before which something was.
    pub without_written: Measure<Estimate>,
    /// Each whole reading as an alignment; left out without gold links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alignment: Vec<ReadingAlignment>,
    /// The alignment error rate of the diagonal; left out without gold links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagonal: Option<Measure<Estimate>>,
}

/// The links of a reading: each token of a translation to the source word that the reading ranks first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingAlignment {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// The alignment error rate of all texts together, in [0, 1]; less is better. A word has the links of all its tokens.
    pub aer: Measure<Estimate>,
    /// |A ∩ P| / |A|
    pub precision: Measure<f64>,
    /// |A ∩ S| / |S|
    pub recall: Measure<f64>,
    /// How much greater its error rate is than the diagonal's.
    pub beyond_diagonal: Measure<Estimate>,
    /// Where link and cause part, token by token.
    pub parted: Parted,
}

/// Tokens of linked words, by whether the reading's first word is one that people linked, and whether it is the word whose
/// erasure matters most (leave-one-out).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parted {
    /// It is both.
    pub both: usize,
    /// It is linked, and another word matters most: an alignment that explains nothing there.
    pub linked_only: usize,
    /// It matters most, and people linked another.
    pub decides_only: usize,
    /// It is neither.
    pub neither: usize,
}

impl Parted {
    /// All tokens that were looked at.
    #[must_use]
    pub fn all(&self) -> usize {
        self.both + self.linked_only + self.decides_only + self.neither
    }
}
