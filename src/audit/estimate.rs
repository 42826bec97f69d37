//! From the values of many examples to one figure with its interval, as reports have it.

use crate::missing::Missing;
use crate::report::Measure;
use crate::report::summary::Estimate;
use crate::stats::interval::{Interval, RESAMPLES, bootstrap_mean, wilson};
use crate::stats::seed;

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
