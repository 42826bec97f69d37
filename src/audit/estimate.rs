//! From the values of many examples to one figure with its interval, as reports have it.
//!
//! Examples that are questions of one text are no independent witnesses: every interval is over texts.

use crate::missing::Missing;
use crate::report::summary::Estimate;
use crate::report::{ExampleReport, Measure};
use crate::stats::interval::{Interval, RESAMPLES, bootstrap_clusters, bootstrap_mean, clustered, wilson};
use crate::stats::seed;

/// Values, each with the number of the text that it is of; numbers rise.
pub(crate) type OfTexts<T> = Vec<(usize, T)>;

/// The text of each example, counted from 0 in the order of the examples.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    of: Vec<usize>,
    /// The text that the last example asks of, where it is one of several questions.
    last: Option<String>,
}

impl Texts {
    /// Takes in the next example and tells its text; the questions of one text come one after another.
    pub fn push(&mut self, example: &ExampleReport) -> usize {
        let of = example.asked.as_ref().map(|asked| asked.of.clone());
        let same = of.is_some() && of == self.last;
        let text = self.of.last().map_or(0, |last| last + usize::from(!same));
        self.of.push(text);
        self.last = of;
        text
    }

    /// The text of the example at this place.
    pub fn of(&self, example: usize) -> usize {
        self.of.get(example).copied().unwrap_or(example)
    }

    /// The values that are there, each with its text; one for each example.
    pub fn beside<T>(&self, values: impl IntoIterator<Item = Option<T>>) -> OfTexts<T> {
        self.of.iter().zip(values).filter_map(|(text, value)| Some((*text, value?))).collect()
    }
}

/// Sum and number of the values of each text that has any.
pub(crate) fn by_text(values: impl Iterator<Item = (usize, f64)>) -> Vec<(f64, usize)> {
    let mut sums: Vec<(usize, f64, usize)> = Vec::new();
    for (text, value) in values {
        match sums.last_mut() {
            Some((last, sum, count)) if *last == text => (*sum, *count) = (*sum + value, *count + 1),
            _ => sums.push((text, value, 1)),
        }
    }
    sums.into_iter().map(|(_, sum, count)| (sum, count)).collect()
}

/// The mean of a figure over examples with its bootstrap interval, drawn from the figure's own stream.
pub(crate) fn mean_of(values: &[f64], seed: u64, figure: &str) -> Measure<Estimate> {
    let mut rng = seed::rng(seed, "data set", figure);
    measure(bootstrap_mean(values, RESAMPLES, &mut rng))
}

/// The same where examples are questions of texts: the interval is over texts.
pub(crate) fn mean_over(values: &[(usize, f64)], seed: u64, figure: &str) -> Measure<Estimate> {
    let texts = by_text(values.iter().copied());
    if texts.len() == values.len() {
        return mean_of(&values.iter().map(|(_, value)| *value).collect::<Vec<_>>(), seed, figure);
    }
    let mut rng = seed::rng(seed, "data set", figure);
    measure(bootstrap_clusters(&texts, RESAMPLES, &mut rng))
}

/// The share of hits with Wilson's interval.
pub(crate) fn rate_of(hits: &[bool]) -> Measure<Estimate> {
    measure(wilson(hits.iter().filter(|hit| **hit).count(), hits.len()))
}

/// The same where examples are questions of texts: the interval is over texts.
pub(crate) fn rate_over(hits: &[(usize, bool)]) -> Measure<Estimate> {
    let texts = by_text(hits.iter().map(|(text, hit)| (*text, f64::from(u8::from(*hit)))));
    if texts.len() == hits.len() {
        return rate_of(&hits.iter().map(|(_, hit)| *hit).collect::<Vec<_>>());
    }
    let texts: Vec<(usize, usize)> = texts.into_iter().map(|(sum, count)| (sum as usize, count)).collect();
    measure(clustered(&texts).map(|found| Interval { n: hits.len(), ..found }))
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
