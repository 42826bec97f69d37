//! Over all examples: intervals for claims about the data set. A mean is over the examples that have the measure, and says over how many.

use super::answer::FileEvidence;
use super::ledger::{Estimates, Ledger};
use super::plausibility::RunningPlausibility;
use super::shape::{ReadingName, Shape};
use super::steps::Steps;
use super::whole::Continuations;
use crate::missing::Missing;
use crate::report::continuation::Continuation;
use crate::report::say::translation::sentences;
use crate::report::settings::Thresholds;
use crate::report::summary::{
    AgreementSummary, Estimate, ReadingSummary, Summary, SwapSummary, VerdictCount,
};
use crate::report::verdict::VerdictWord;
use crate::report::{ExampleReport, Measure, example::Passes};

/// What the summary is made of, gathered example by example.
#[derive(Debug, Default)]
pub(crate) struct RunningSummary {
    pub ledger: Ledger,
    /// Readings, references and sites of the first example, which are every example's; `None` before it.
    shape: Option<Shape>,
    /// Forward passes of each example, all steps together.
    total: Vec<f64>,
    /// Forward passes of each step, all examples together.
    steps: Vec<Passes>,
    plausibility: RunningPlausibility,
    /// What the verdict on the file rests on; of all examples alone.
    answer: FileEvidence,
    /// The continuations; of all examples alone.
    continuations: Continuations,
    /// Links and origins of translations; of all examples alone.
    translated: Steps,
    /// The same of the examples that were predicted wrong (0) and right (1); `None` without gold labels.
    groups: Option<Box<[RunningSummary; 2]>>,
}

impl RunningSummary {
    /// Takes in the next example.
    pub fn push(&mut self, example: &ExampleReport, thresholds: &Thresholds) {
        self.enter(example);
        self.answer.push(example, thresholds);
        self.continuations.push(example);
        self.translated.push(example);
        if let Some(gold) = &example.gold {
            self.groups.get_or_insert_default()[usize::from(gold.correct)].enter(example);
        }
    }

    fn enter(&mut self, example: &ExampleReport) {
        self.shape.get_or_insert_with(|| Shape::of(example));
        self.ledger.push(example);
        self.plausibility.push(example.plausibility.as_ref());
        self.total.push(example.passes.iter().map(|pass| pass.forwards).sum());
        for pass in &example.passes {
            match self.steps.iter_mut().find(|step| step.step == pass.step) {
                Some(step) => step.forwards += pass.forwards,
                None => self.steps.push(pass.clone()),
            }
        }
    }

    /// The summary, from the ledger's estimates, which were made with the same seed and false discovery rate alpha.
    pub fn summary(&self, estimates: &Estimates, seed: u64, thresholds: &Thresholds) -> Summary {
        let group = |group: &Self| {
            let estimates = group.ledger.estimates(seed, thresholds.alpha);
            Box::new(group.summary(&estimates, seed, thresholds))
        };
        let of = |name: &str| estimates.get(name);
        let (readings, sites) = match &self.shape {
            Some(shape) => (shape.readings.as_slice(), shape.sites.as_slice()),
            None => (&[][..], &[][..]),
        };
        let examples = self.ledger.examples();
        let passes = self
            .steps
            .iter()
            .map(|step| Passes { forwards: step.forwards / examples as f64, step: step.step.clone() });
        Summary {
            examples,
            failed: self.ledger.failed(),
            answer: self.answer.answer(thresholds, seed),
            readings: readings.iter().map(|(name, references)| self.reading(name, references, &of)).collect(),
            ceiling: of("ceiling"),
            operators: of("operators"),
            swaps: sites
                .iter()
                .map(|site| SwapSummary {
                    inert: of(&format!("{site}.ignored")),
                    non_exclusive: of(&format!("{site}.non-exclusive")),
                    leverage: of(&format!("{site}.leverage")),
                    site: site.clone(),
                })
                .collect(),
            passes: passes.collect(),
            continuations: Vec::new(),
            translation: None,
            accuracy: self.groups.is_some().then(|| of("accuracy")),
            plausibility: self.plausibility.summary(seed),
            correct: self.groups.as_ref().map(|groups| group(&groups[1])),
            wrong: self.groups.as_ref().map(|groups| group(&groups[0])),
            total_passes: match crate::stats::order::mean(&self.total) {
                Some(mean) => Measure::of(mean),
                None => Err(Missing::NoExamples).into(),
            },
        }
    }

    /// Adds to a summary what the maps of translations are worth, and tells it in the answer, of the reading that people would
    /// show: before the last sentences, which are of all readings.
    pub fn tell_translation(&self, summary: &mut Summary, seed: u64) {
        let Some(mut found) = self.translated.summary(seed) else { return };
        if let Some(answer) = &mut summary.answer
            && let Some(shown) = answer.shown().map(|shown| shown.method.clone())
        {
            found.sentences = sentences(&found, &shown, (Some(answer), summary.plausibility.as_ref()));
            let count = answer.sentences.len();
            let rest = answer.sentences.split_off(count.saturating_sub(2).max(1).min(count));
            answer.sentences.extend(found.sentences.iter().cloned().chain(rest));
        }
        summary.translation = Some(found);
    }

    /// What continues the texts, each as one question.
    pub fn continuations(&self, seed: u64, permutations: usize) -> Vec<Continuation> {
        self.continuations.told(seed, permutations)
    }

    fn reading(
        &self,
        name: &ReadingName,
        references: &[String],
        of: &dyn Fn(&str) -> Measure<Estimate>,
    ) -> ReadingSummary {
        let verdict = |verdict: VerdictWord| {
            let figure = format!("{name}.{}", verdict.name());
            let count = self.ledger.values(&figure).iter().filter(|hit| **hit == Some(1.0)).count();
            Some(VerdictCount { verdict, count, share: of(&figure).value? })
        };
        let own = |figure: &str| of(&format!("{name}.{figure}"));
        ReadingSummary {
            method: name.method.clone(),
            sinks_removed: name.sinks_removed,
            verdicts: VerdictWord::ALL.into_iter().filter_map(verdict).collect(),
            agreement: references
                .iter()
                .map(|reference| AgreementSummary {
                    reference: reference.clone(),
                    tau: own(&format!("tau.{reference}")),
                    discoveries: own(&format!("tau-discoveries.{reference}")),
                })
                .collect(),
            excess: own("excess"),
            excess_discoveries: own("excess-discoveries"),
            violation: own("violation"),
            violation_random: own("violation-random"),
            special_mass: own("special-mass"),
            sink_mass: own("sink-mass"),
        }
    }
}
