//! Over all examples: Benjamini–Hochberg for claims about single examples, intervals for claims about the
//! data set. A mean is over the examples that have the measure, and says over how many.

use super::ledger::{Estimates, Ledger};
use super::plausibility;
use super::shape::{ReadingName, Shape};
use crate::missing::Missing;
use crate::report::examples::ExamplesError;
use crate::report::summary::{
    AgreementSummary, Estimate, ReadingSummary, Summary, SwapSummary, VerdictCount,
};
use crate::report::verdict::VerdictWord;
use crate::report::{ExampleReport, Examples, Measure, example::Passes};
use crate::stats::interval::{Interval, RESAMPLES, bootstrap_mean, wilson};
use crate::stats::seed;

/// Gathers, example by example, what the summary and the q-values are made of.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub ledger: Ledger,
    /// The first example's, which is every example's.
    shape: Option<Shape>,
    /// Forward passes of every example, and the sum per step.
    total: Vec<f64>,
    steps: Vec<Passes>,
    plausibility: plausibility::Gathered,
    /// The same of the examples that were predicted wrong, and right; none without gold labels.
    groups: Option<Box<[Gathered; 2]>>,
}

impl Gathered {
    pub fn push(&mut self, example: &ExampleReport) {
        self.enter(example);
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

    /// The summary, from the ledger's estimates, which were made with the same seed and false discovery rate `alpha`.
    pub fn summary(&self, estimates: &Estimates, seed: u64, alpha: f64) -> Summary {
        let group = |group: &Self| Box::new(group.summary(&group.ledger.estimates(seed, alpha), seed, alpha));
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

    /// The examples with their q-values, which need every example's p.
    pub fn adjust(&self, examples: &Examples) -> Result<Examples, ExamplesError> {
        let readings = self.shape.as_ref().map(|shape| shape.readings.as_slice()).unwrap_or_default();
        let q: Vec<(Adjusted, Vec<Adjusted>)> = readings
            .iter()
            .map(|(name, references)| {
                let tau = |reference| self.ledger.adjusted(&format!("{name}.tau-discoveries.{reference}"));
                let excess = self.ledger.adjusted(&format!("{name}.excess-discoveries"));
                (excess, references.iter().map(tau).collect())
            })
            .collect();
        let told = |q: Option<f64>| match q {
            Some(q) => Measure::of(q),
            None => Err(Missing::RestsOn { what: "the p-value" }).into(),
        };
        examples.changed(|i, example| {
            for (reading, (excess, tau)) in example.readings.iter_mut().zip(&q) {
                if let Some(erasure) = &mut reading.erasure.value {
                    erasure.excess_q = told(excess.get(i).copied().flatten());
                }
                for (agreement, q) in reading.agreement.iter_mut().zip(tau) {
                    agreement.tau_q = told(q.get(i).copied().flatten());
                }
            }
        })
    }
}

/// q-values, an example each.
type Adjusted = Vec<Option<f64>>;

/// The mean of a figure over examples with its bootstrap interval, drawn from the figure's own stream.
pub(crate) fn mean_of(values: &[f64], seed: u64, figure: &str) -> Measure<Estimate> {
    let mut rng = seed::rng(seed, "data set", figure);
    measure(bootstrap_mean(values, RESAMPLES, &mut rng))
}

/// The share of hits with Wilson's interval.
pub(crate) fn rate_of(hits: &[bool]) -> Measure<Estimate> {
    measure(wilson(hits.iter().filter(|hit| **hit).count(), hits.len()))
}

fn measure(interval: Option<Interval>) -> Measure<Estimate> {
    match interval {
        Some(interval) => Measure::of(estimate(interval)),
        None => Err(Missing::NoExamples).into(),
    }
}

/// An interval as reports have it.
pub(crate) fn estimate(interval: Interval) -> Estimate {
    Estimate {
        estimate: interval.estimate,
        low: interval.bounds.map(|(low, _)| low),
        high: interval.bounds.map(|(_, high)| high),
        n: interval.n,
    }
}
