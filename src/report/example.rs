//! One example: words, prediction, scores of every method, evidence, verdicts; or why there are none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::agreement::Agreement;
pub use super::asked::{Asked, Linked};
pub use super::beyond::{CappedErasure, InDistribution, KnockedOut, SoftErasure};
pub use super::erasure::{AopcBounds, Band, Erasure, FlipFraction, WeightErasure};
pub use super::maps::Maps;
use super::measure::Measure;
pub use super::origin::Origin;
pub use super::outliers::{MassiveNumber, MassiveZeroed, SinkToken, ZeroedNumbers};
use super::plausibility::Plausibility;
pub use super::swaps::{Counterfactual, SwapReport, TriedSwaps};
pub use super::verdict::{Discovered, Finding, Power, Verdict, VerdictWord};
pub use super::window::{CutSide, WindowReport};
pub use super::word::WordReport;
use crate::attribution::{Basis, Role, find, shown};
use crate::missing::Missing;

/// One line of the file, audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExampleReport {
    /// Its name; the line number unless the file names it.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text as it was read.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// The token of a continuation that is asked, which stands behind the text; left out where the text's class or next
    /// token is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// How much of a token of a translation comes from the source; left out of any other text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The gold label, where the input has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gold: Option<Gold>,
    /// The content words that were audited.
    pub words: Vec<WordReport>,
    /// Tokens in the model, specials included.
    pub tokens: usize,
    /// Set where the text was longer than the model takes: what was audited instead of the whole.
    pub window: Option<WindowReport>,
    /// What a reader must know before the numbers.
    pub warnings: Vec<String>,
    /// Tokens that draw attention whatever the text says; left out where there is none, as readings without sinks are then
    /// the readings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sinks: Vec<SinkToken>,
    /// Numbers of the states that dwarf all others (Sun et al. 2024), the greatest first, at most 16; left out where there is
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub massive: Vec<MassiveNumber>,
    /// The text with these numbers set to 0; left out where there is none, and in reports from before it was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub massive_zeroed: Option<Measure<MassiveZeroed>>,
    /// The model's prediction.
    pub prediction: Prediction,
    /// The target's value on the text, in the target's unit.
    pub target: f64,
    /// How far the references may be trusted here.
    pub reliability: Reliability,
    /// Each reference attribution.
    pub references: Vec<ReferenceReport>,
    /// Each reading of attention, with its evidence and verdict.
    pub readings: Vec<ReadingReport>,
    /// Counterfactual swaps, per site.
    pub swaps: Vec<SwapReport>,
    /// What each step cost, in forward passes of this text.
    pub passes: Vec<Passes>,
    /// Agreement of the maps with what people marked, where the input has it. No verdict rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plausibility: Option<Plausibility>,
    /// The patterns themselves, with --maps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maps: Option<Maps>,
}

impl ExampleReport {
    /// The reading that people would show, and that formats with one verdict per text go by: `raw`, else the first that
    /// was run.
    #[must_use]
    pub fn shown(&self) -> Option<&ReadingReport> {
        shown(self.readings.iter().filter(|reading| !reading.sinks_removed), |reading| &reading.method)
    }

    /// Where the audited part of a text begins: its first byte, unless the text was cut at its left side.
    #[must_use]
    pub fn cut_before(&self, sequence: usize) -> usize {
        let left = self.window.as_ref().is_some_and(|window| window.side == CutSide::Left);
        let text = if sequence == 0 { Some(&self.text) } else { self.pair.as_ref() };
        let first = self.words.iter().find(|word| word.sequence == sequence).map_or(0, |word| word.start);
        // Of a pair perhaps only one text was cut.
        let says = text.and_then(|text| text.get(..first)).is_some_and(|before| !before.trim().is_empty());
        if left && says { first } else { 0 }
    }

    /// Whether the text was cut at its right side, where `rest` stands after the last audited word.
    #[must_use]
    pub fn is_cut_after(&self, rest: &str) -> bool {
        let right = self.window.as_ref().is_some_and(|window| window.side == CutSide::Right);
        right && (self.pair.is_none() || !rest.trim().is_empty())
    }
}

/// The model's prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The predicted class's name.
    pub label: String,
    /// Its index.
    pub class: usize,
    /// Its probability, in [0, 1].
    pub probability: f64,
    /// The name of the class that is explained; the predicted one unless another was named.
    pub explained: String,
    /// The class it is set against, where the target is a margin.
    pub against: Option<String>,
    /// Every probability, by class; left out beyond 64 classes.
    pub probabilities: Option<Vec<f64>>,
}

/// The gold label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gold {
    /// The name that the model has for it.
    pub label: String,
    /// Its index.
    pub class: usize,
    /// Whether it is the predicted one.
    pub correct: bool,
}

/// How far the references may be trusted on this text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// The best agreement (tau-b, tied tails) between two references of different kinds, of leave-one-out, Shapley
    /// values and gradients: no reading can be expected to agree better. In [-1, 1].
    pub ceiling: Measure<f64>,
    /// The two references of that agreement.
    pub ceiling_pair: Option<(String, String)>,
    /// Agreement (tau-b, tied tails) of leave-one-out under the two operators. In [-1, 1].
    pub operators: Measure<f64>,
    /// The tau that a test of this many words would find in 80 % of cases.
    pub detectable_tau: Measure<f64>,
    /// The largest excess comprehensiveness of a reference's own order: what a perfect map could reach. Below
    /// the margin no map can be contradicted by erasure on this text.
    pub attainable: Measure<f64>,
    /// The reference that erasure bears out: erasing words in its own order costs the margin, and more than random orders
    /// beyond luck. `shapley`, or `loo` where there are no Shapley values; null where it is not borne out.
    #[serde(default)]
    pub borne_out: Option<String>,
    /// AOPC comprehensiveness of each random order that was run, in probability.
    /// Empty where no words could be erased.
    #[serde(default)]
    pub random_aopc: Vec<f64>,
    /// The span of the text's log-odds, in logits: what they lose with all of its words, at least 4. Everything in log-odds is a
    /// share of this.
    #[serde(default = "not_kept::<f64>")]
    pub span: Measure<f64>,
    /// The largest excess comprehensiveness of a reference's own order in log-odds, as a share of their span.
    #[serde(default = "not_kept::<f64>")]
    pub attainable_log_odds: Measure<f64>,
    /// AOPC comprehensiveness of each random order that was run, in log-odds as a share of their span: what the file's test
    /// draws from.
    #[serde(default)]
    pub random_log_odds: Vec<f64>,
}

/// A reference attribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceReport {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// One per word.
    pub scores: Measure<Vec<f64>>,
    /// What an approximate method missed of what it must sum to, in the target's unit.
    pub residual: Option<f64>,
    /// What its scores must sum to, in the target's unit: the residual is a share of this.
    #[serde(default)]
    pub gap: Option<f64>,
    /// Whether it came under its tolerance before its steps or samples ran out; where not, the scores support and refute nothing.
    #[serde(default)]
    pub converged: Option<bool>,
    /// Steps of a path method: the points at which it took a gradient.
    pub steps: Option<usize>,
    /// How far a score of a path method may be off, as estimated from its points, in the target's unit, 0 or more. Left out
    /// where the method follows no path, and of reports from before it was estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_error: Option<f64>,
    /// The standard error of each score of a method that samples, in the target's unit; 0 where it needed no sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<Vec<f64>>,
    /// Excess comprehensiveness of erasing words in this method's own order, in probability.
    pub excess: Measure<f64>,
    /// The same in log-odds, as a share of their span.
    #[serde(default = "not_kept::<f64>")]
    pub excess_log_odds: Measure<f64>,
}

impl ReferenceReport {
    /// Whether it is the control: drawn, not found, so that nothing is learnt from it.
    #[must_use]
    pub fn is_control(&self) -> bool {
        find(&self.method).is_some_and(|method| method.role == Role::Control)
    }

    /// The scores as evidence: missing where they did not converge.
    #[must_use]
    pub fn evidence(&self) -> Measure<Vec<f64>> {
        match find(&self.method).filter(|_| self.converged == Some(false)) {
            Some(method) => Err(Missing::NotConverged { method: method.name }).into(),
            None => self.scores.clone(),
        }
    }

    /// The residual as a share of what the scores must sum to; `None` where that is nothing or there is no residual.
    #[must_use]
    pub fn residual_share(&self) -> Option<f64> {
        let gap = self.gap.filter(|gap| *gap != 0.0)?;
        Some(self.residual?.abs() / gap.abs())
    }

    /// The largest standard error of a score; `None` for a method that does not sample.
    #[must_use]
    pub fn largest_error(&self) -> Option<f64> {
        Some(self.standard_error.as_ref()?.iter().copied().fold(0.0, f64::max))
    }

    /// The largest standard error as a share of the largest score; `None` where that is 0 or there is no error.
    #[must_use]
    pub fn error_share(&self) -> Option<f64> {
        let top = self.scores.value.as_ref()?.iter().fold(0.0, |top, score| f64::max(top, score.abs()));
        (top > 0.0).then_some(self.largest_error()? / top)
    }
}

/// A reading of attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingReport {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// True where sinks and specials were taken out and the rest renormalised.
    pub sinks_removed: bool,
    /// One per word.
    pub scores: Measure<Vec<f64>>,
    /// The share of the reading's mass on special tokens, in [0, 1].
    pub special_mass: Measure<f64>,
    /// The share on sinks that are content words, in [0, 1].
    pub sink_mass: Measure<f64>,
    /// Of a reading of the last layer's row, the share of its weight on words that the states there still hold of them (ALTI).
    #[serde(default = "not_kept::<f64>")]
    pub still_words: Measure<f64>,
    /// Agreement with each reference.
    pub agreement: Vec<Agreement>,
    /// Erasing what it highlights.
    pub erasure: Measure<Erasure>,
    /// The attention under which this very map is most different, of those run at its site that leave the prediction as it
    /// was (≤ ε on the site's scale) and make the map point elsewhere. Null without leverage, and where there is none.
    #[serde(default = "not_kept::<Counterfactual>")]
    pub counterfactual: Measure<Counterfactual>,
    /// Of the permuted and one-hot patterns under which this map is very different (JSD ≥ the threshold) and points
    /// elsewhere, the share that leaves the prediction as it was, in [0, 1]. At 0 a counterfactual takes a search.
    #[serde(default = "not_kept::<f64>")]
    pub plain_share: Measure<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Of reports from before there was such a measure.
pub(super) fn not_kept<T>() -> Measure<T> {
    Err(Missing::NotKept { what: "this measure" }).into()
}

/// A reading's name in figures, gates and flat documents: `rollout`, `rollout-without-sinks`.
#[must_use]
pub fn key(method: &str, sinks_removed: bool) -> String {
    format!("{method}{}", if sinks_removed { "-without-sinks" } else { "" })
}

impl ReadingReport {
    /// Its agreement with leave-one-out, where that was run.
    #[must_use]
    pub fn with_leave_one_out(&self) -> Option<&Agreement> {
        self.agreement.iter().find(|found| found.basis() == Some(Basis::Erasure))
    }

    /// Its agreement with the gradient reference that the verdict went by: the first that there is a tau with.
    #[must_use]
    pub fn with_gradient(&self) -> Option<&Agreement> {
        let mut gradients = self.agreement.iter().filter(|found| found.basis() == Some(Basis::Gradient));
        let known = |found: &&Agreement| found.tau.value.is_some() && found.tau_p.value.is_some();
        gradients.clone().find(known).or_else(|| gradients.next())
    }
}

/// What a step cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passes {
    /// The step.
    pub step: String,
    /// Forward passes of this text (a reverse pass counts as one, a shortened pass by its work).
    pub forwards: f64,
}

/// Which example, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureReport {
    /// Its name; the line number unless the file names it.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text as it was read.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// What went wrong, from the outside in.
    pub error: String,
    /// How to mend it, where that is known.
    pub hint: Option<String>,
}
