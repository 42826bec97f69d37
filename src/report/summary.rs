//! The data set's summary: every mean says over how many.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{FileAnswer, FlatAnswer};
use super::continuation::Continuation;
pub use super::measure::Estimate;
use super::measure::Measure;
use super::plausibility::PlausibilitySummary;
use super::translation::TranslationSummary;
use super::verdict::VerdictWord;
use crate::attribution::LEAVE_ONE_OUT;

/// Over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Examples audited.
    pub examples: usize,
    /// Share of examples that could not be audited.
    pub failed: Measure<Estimate>,
    /// Share of examples whose gold label was predicted, of those that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Measure<Estimate>>,
    /// The verdict on the file; absent from the groups below, and from reports that do not know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FileAnswer>,
    /// Per reading, in the order of the examples' readings.
    pub readings: Vec<ReadingSummary>,
    /// Mean ceiling between references.
    pub ceiling: Measure<Estimate>,
    /// Mean agreement of the two erasure operators.
    pub operators: Measure<Estimate>,
    /// Per swapped site.
    pub swaps: Vec<SwapSummary>,
    /// Mean forward passes an example, per step.
    pub passes: Vec<super::example::Passes>,
    /// Forward passes an example in all, the mean.
    pub total_passes: Measure<f64>,
    /// What continues the texts, each as one question; left out where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continuations: Vec<Continuation>,
    /// What the maps of translations are worth, in three steps; left out where no text was translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<TranslationSummary>,
    /// Agreement of the maps with what people marked, where the input has it. No verdict rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plausibility: Option<PlausibilitySummary>,
    /// The same over the examples whose gold label was predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<Box<Summary>>,
    /// The same over those whose gold label was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Box<Summary>>,
}

impl Summary {
    /// The answer in sentences; none without one.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        self.answer.as_ref().map(|answer| answer.sentences.clone()).unwrap_or_default()
    }

    /// Every reading's verdict on the file under its name; none without an answer.
    #[must_use]
    pub fn verdicts(&self) -> BTreeMap<String, FlatAnswer> {
        self.answer.as_ref().map(FileAnswer::flat).unwrap_or_default()
    }
}

/// One reading over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingSummary {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True for the variant without sinks and specials.
    pub sinks_removed: bool,
    /// How many examples got each verdict.
    pub verdicts: Vec<VerdictCount>,
    /// Mean agreement (tau-b) with each reference.
    pub agreement: Vec<AgreementSummary>,
    /// Mean excess comprehensiveness.
    pub excess: Measure<Estimate>,
    /// Examples whose excess is significant after Benjamini–Hochberg.
    pub excess_discoveries: Measure<Estimate>,
    /// Share of examples where removing the top word raised the prediction.
    pub violation: Measure<Estimate>,
    /// The same for a random word, the mean.
    pub violation_random: Measure<Estimate>,
    /// Mean mass on specials.
    pub special_mass: Measure<Estimate>,
    /// Mean mass on sinks that are content words; 0 where no word of any example is a sink.
    pub sink_mass: Measure<Estimate>,
}

/// How often a verdict was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictCount {
    /// The verdict.
    pub verdict: VerdictWord,
    /// Examples.
    pub count: usize,
    /// Their share, with Wilson's interval.
    pub share: Estimate,
}

impl ReadingSummary {
    /// Its mean agreement with leave-one-out, where that was run.
    #[must_use]
    pub fn with_leave_one_out(&self) -> Option<&AgreementSummary> {
        self.agreement.iter().find(|found| found.reference == LEAVE_ONE_OUT)
    }
}

/// Mean agreement with one reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementSummary {
    /// The reference.
    pub reference: String,
    /// Mean tau-b.
    pub tau: Measure<Estimate>,
    /// Share of examples significant after Benjamini–Hochberg.
    pub discoveries: Measure<Estimate>,
}

/// One site over all examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapSummary {
    /// The site.
    pub site: String,
    /// Share of inert examples.
    pub inert: Measure<Estimate>,
    /// Share of non-exclusive examples.
    pub non_exclusive: Measure<Estimate>,
    /// Mean leverage.
    pub leverage: Measure<Estimate>,
}
