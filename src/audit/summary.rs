//! Over all examples: Benjamini–Hochberg for claims about single examples, intervals for claims about the
//! data set. A mean is over the examples that have the measure, and says over how many.

use crate::missing::Missing;
use crate::report::Measure;
use crate::report::example::{ExampleReport, Passes, ReadingReport, SwapReport, VerdictWord};
use crate::report::summary::{
    AgreementSummary, Estimate, ReadingSummary, Summary, SwapSummary, VerdictCount,
};
use crate::stats::fdr::{benjamini_hochberg, rejections};
use crate::stats::interval::{Interval, RESAMPLES, bootstrap_mean, wilson};
use crate::stats::seed;

/// Fills in the q-values, which need every example's p.
pub(super) fn adjust(examples: &mut [ExampleReport]) {
    let readings = examples.iter().map(|e| e.readings.len()).max().unwrap_or(0);
    for r in 0..readings {
        let p =
            column(examples, |e| e.readings.get(r)?.erasure.value.as_ref().map(|erasure| erasure.excess_p));
        for (example, q) in examples.iter_mut().zip(benjamini_hochberg(&p)) {
            if let (Some(q), Some(erasure)) =
                (q, example.readings.get_mut(r).and_then(|r| r.erasure.value.as_mut()))
            {
                erasure.excess_q = Measure::of(q);
            }
        }
        let references =
            examples.iter().filter_map(|e| Some(e.readings.get(r)?.agreement.len())).max().unwrap_or(0);
        for a in 0..references {
            let p = column(examples, |e| e.readings.get(r)?.agreement.get(a)?.tau_p.value);
            for (example, q) in examples.iter_mut().zip(benjamini_hochberg(&p)) {
                let agreement = example.readings.get_mut(r).and_then(|r| r.agreement.get_mut(a));
                if let (Some(q), Some(agreement)) = (q, agreement) {
                    agreement.tau_q = Measure::of(q);
                }
            }
        }
    }
}

/// Sums up examples whose q-values are filled in.
pub(super) fn summarise(examples: &[ExampleReport], seed: u64, q: f64) -> Summary {
    let over = Over { examples, seed, q };
    let total: Vec<f64> = examples.iter().map(|e| e.passes.iter().map(|p| p.forwards).sum()).collect();
    Summary {
        examples: examples.len(),
        readings: (0..examples.first().map_or(0, |e| e.readings.len())).map(|r| over.reading(r)).collect(),
        ceiling: over.mean("ceiling", |e| e.reliability.ceiling.value),
        operators: over.mean("operators", |e| e.reliability.operators.value),
        swaps: (0..examples.first().map_or(0, |e| e.swaps.len())).map(|s| over.swap(s)).collect(),
        passes: over.passes(),
        total_passes: match crate::stats::order::mean(&total) {
            Some(mean) => Measure::of(mean),
            None => Err(Missing::NoExamples).into(),
        },
    }
}

struct Over<'a> {
    examples: &'a [ExampleReport],
    seed: u64,
    q: f64,
}

impl Over<'_> {
    fn reading(&self, r: usize) -> ReadingSummary {
        let first = &self.examples[0].readings[r];
        let name = format!("{}{}", first.method, if first.sinks_removed { " without sinks" } else { "" });
        let of = |e: &ExampleReport| -> Option<ReadingReport> { e.readings.get(r).cloned() };
        let verdicts = VerdictWord::ALL
            .into_iter()
            .filter_map(|verdict| {
                let hits =
                    self.examples.iter().filter(|e| of(e).is_some_and(|r| r.verdict.verdict == verdict));
                let count = hits.count();
                let share = wilson(count, self.examples.len())?;
                Some(VerdictCount { verdict, count, share: estimate(share) })
            })
            .collect();
        let agreement = (0..first.agreement.len())
            .map(|a| AgreementSummary {
                reference: first.agreement[a].reference.clone(),
                tau: self.mean(&format!("{name} tau {a}"), |e| of(e)?.agreement.get(a)?.tau.value),
                discoveries: self.discoveries(|e| of(e)?.agreement.get(a)?.tau_q.value),
            })
            .collect();
        ReadingSummary {
            method: first.method.clone(),
            sinks_removed: first.sinks_removed,
            verdicts,
            agreement,
            excess: self.mean(&format!("{name} excess"), |e| Some(of(e)?.erasure.value?.excess)),
            excess_discoveries: self.discoveries(|e| of(e)?.erasure.value?.excess_q.value),
            violation: self.rate(|e| of(e)?.erasure.value?.violation.value),
            violation_random: self
                .mean(&format!("{name} random violation"), |e| of(e)?.erasure.value?.violation_random.value),
            special_mass: self.mean(&format!("{name} special mass"), |e| of(e)?.special_mass.value),
            sink_mass: self.mean(&format!("{name} sink mass"), |e| of(e)?.sink_mass.value),
        }
    }

    fn swap(&self, s: usize) -> SwapSummary {
        let site = self.examples[0].swaps[s].site.clone();
        let of = |e: &ExampleReport| -> Option<SwapReport> { e.swaps.get(s).cloned() };
        SwapSummary {
            inert: self.rate(|e| Some(of(e)?.outcome.value? == "inert")),
            non_exclusive: self.rate(|e| Some(of(e)?.outcome.value? == "non-exclusive")),
            leverage: self.mean(&format!("{site} leverage"), |e| of(e)?.leverage.value),
            site,
        }
    }

    fn passes(&self) -> Vec<Passes> {
        let steps = self.examples.first().map(|e| e.passes.clone()).unwrap_or_default();
        steps
            .into_iter()
            .map(|first| {
                let spent = self.examples.iter().flat_map(|e| &e.passes).filter(|p| p.step == first.step);
                let total: f64 = spent.map(|p| p.forwards).sum();
                Passes { forwards: total / self.examples.len() as f64, step: first.step }
            })
            .collect()
    }

    fn mean(&self, name: &str, get: impl Fn(&ExampleReport) -> Option<f64>) -> Measure<Estimate> {
        mean_of(&self.examples.iter().filter_map(get).collect::<Vec<_>>(), self.seed, name)
    }

    fn rate(&self, get: impl Fn(&ExampleReport) -> Option<bool>) -> Measure<Estimate> {
        rate_of(&self.examples.iter().filter_map(get).collect::<Vec<_>>())
    }

    fn discoveries(&self, q: impl Fn(&ExampleReport) -> Option<f64>) -> Measure<Estimate> {
        let found = rejections(&column(self.examples, q), self.q);
        rate_of(&found.into_iter().flatten().collect::<Vec<_>>())
    }
}

/// The mean of a figure over examples with its bootstrap interval, drawn from the figure's own stream.
pub(super) fn mean_of(values: &[f64], seed: u64, figure: &str) -> Measure<Estimate> {
    let mut rng = seed::rng(seed, "data set", figure);
    measure(bootstrap_mean(values, RESAMPLES, &mut rng))
}

/// The share of hits with Wilson's interval.
pub(crate) fn rate_of(hits: &[bool]) -> Measure<Estimate> {
    measure(wilson(hits.iter().filter(|hit| **hit).count(), hits.len()))
}

fn column(examples: &[ExampleReport], get: impl Fn(&ExampleReport) -> Option<f64>) -> Vec<Option<f64>> {
    examples.iter().map(get).collect()
}

fn measure(interval: Option<Interval>) -> Measure<Estimate> {
    match interval {
        Some(interval) => Measure::of(estimate(interval)),
        None => Err(Missing::NoExamples).into(),
    }
}

fn estimate(interval: Interval) -> Estimate {
    Estimate {
        estimate: interval.estimate,
        low: interval.bounds.map(|(low, _)| low),
        high: interval.bounds.map(|(_, high)| high),
        n: interval.n,
    }
}
