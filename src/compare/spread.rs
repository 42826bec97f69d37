//! One text under several checkpoints, and all of them together.

use super::align::{Component, align};
use super::likeness::{aligned, between_maps, is_signed};
use super::pair::predictions;
use crate::attribution::PLOTTED;
use crate::audit::shape::ReadingName;
use crate::audit::summary::{mean_of, rate_of};
use crate::missing::{Measured, Missing};
use crate::report::seeds::{
    ReadingSpread, SeedCounterfactual, SeedsExample, SeedsSummary, Spread, SpreadSummary,
};
use crate::report::{ExampleReport, Measure, Settings};
use crate::stats::order::mean;

/// One text under every checkpoint; `all` and `settings` are in the same order.
pub(super) fn seeds_of(all: &[ExampleReport], settings: &[Settings]) -> SeedsExample {
    // Of two checkpoints: their places, their words aligned, and the TVD between their predictions.
    let pairs: Vec<(usize, usize)> = (0..all.len()).flat_map(|j| (0..j).map(move |i| (i, j))).collect();
    let words: Vec<_> = pairs.iter().map(|(i, j)| align(&all[*i].words, &all[*j].words)).collect();
    let labels = |i: usize| settings[i].model.labels.as_slice();
    let tvd = pairs.iter().map(|&(i, j)| predictions(&all[i], &all[j], (labels(i), labels(j))));
    let tvd: Vec<Measured<f64>> = tvd.collect();
    let spread = |values: Vec<Measured<f64>>| spread_of(pairs.iter().copied().zip(values).collect());
    let apart = |method: &str| -> Vec<Measured<f64>> {
        let found = pairs.iter().zip(&words);
        found.map(|((i, j), words)| divergence(method, words, &all[*i], &all[*j])).collect()
    };
    let readings = all.first().map(|one| one.readings.as_slice()).unwrap_or_default();
    let readings = readings.iter().filter(|reading| !reading.sinks_removed && !is_signed(&reading.method));
    let epsilon = settings.first().map_or(0.0, |settings| settings.thresholds.epsilon);
    let raw = apart(PLOTTED);
    let same = raw.iter().zip(&tvd).map(|(apart, tvd)| match tvd {
        Ok(tvd) if *tvd <= epsilon => apart.clone(),
        Ok(_) => Err(Missing::RestsOn { what: "a pair of checkpoints with the same prediction" }),
        Err(missing) => Err(missing.clone()),
    });
    let floor_same = spread(same.collect()).max;
    let floor = spread(raw).max;
    let counterfactuals = all.iter().enumerate().filter_map(|(checkpoint, example)| {
        let swap = example.swaps.iter().find(|swap| swap.site == "row")?;
        let found = swap.counterfactual.value.as_ref()?;
        // Where the prediction ignores the attention, any pattern will do, however far away.
        let inert = swap.outcome.value.as_deref() == Some("inert");
        let under = |floor: &Measure<f64>| floor.value.filter(|_| !inert).map(|floor| found.jsd <= floor);
        Some(SeedCounterfactual {
            checkpoint,
            outcome: swap.outcome.clone(),
            jsd: found.jsd,
            tvd: found.tvd,
            within: under(&floor),
            within_same: under(&floor_same),
        })
    });
    let labels: Vec<String> = all.iter().map(|one| one.prediction.label.clone()).collect();
    SeedsExample {
        id: all.first().map(|one| one.id.clone()).unwrap_or_default(),
        line: all.first().map_or(0, |one| one.line),
        text: all.first().map(|one| one.text.clone()).unwrap_or_default(),
        pair: all.first().and_then(|one| one.pair.clone()),
        words: all.iter().map(|one| one.words.len()).min().unwrap_or(0),
        same_label: labels.windows(2).all(|two| two[0] == two[1]),
        labels,
        probabilities: all.iter().map(|one| one.prediction.probability).collect(),
        tvd: spread(tvd),
        readings: readings
            .map(|reading| ReadingSpread {
                method: reading.method.clone(),
                jsd: spread(apart(&reading.method)),
            })
            .collect(),
        counterfactuals: counterfactuals.collect(),
        floor,
        floor_same,
    }
}

/// JSD between the maps of one reading over the words that both have.
fn divergence(method: &str, words: &[Component], a: &ExampleReport, b: &ExampleReport) -> Measured<f64> {
    let reading = ReadingName { method: method.to_owned(), sinks_removed: false };
    let (Some(one), Some(other)) = (reading.find(a), reading.find(b)) else { return Err(Missing::NotAsked) };
    let (x, y) = aligned(method, words, &one.scores, &other.scores)?;
    between_maps(&x, &y)
}

fn spread_of(values: Vec<((usize, usize), Measured<f64>)>) -> Spread {
    let mut missing = Missing::NoPairs;
    let mut found: Vec<((usize, usize), f64)> = Vec::new();
    for (pair, value) in values {
        match value {
            Ok(value) => found.push((pair, value)),
            Err(why) => missing = why,
        }
    }
    let numbers: Vec<f64> = found.iter().map(|(_, value)| *value).collect();
    // Of equals the first.
    let max = found.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
    Spread {
        mean: mean(&numbers).ok_or_else(|| missing.clone()).into(),
        max: max.map(|(_, value)| *value).ok_or(missing).into(),
        between: max.map(|(pair, _)| *pair),
        pairs: found.len(),
    }
}

/// Gathers plain numbers of every text.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    examples: usize,
    readings: Vec<Columns>,
    tvd: Columns,
    same: Vec<bool>,
    non_exclusive: Vec<f64>,
    counterfactual: Vec<f64>,
    floor: Vec<f64>,
    within: Vec<bool>,
    within_same: Vec<bool>,
}

#[derive(Debug, Default)]
struct Columns {
    method: String,
    mean: Vec<f64>,
    max: Vec<f64>,
}

impl Gathered {
    pub fn push(&mut self, example: &SeedsExample) {
        self.examples += 1;
        for reading in &example.readings {
            let at = self.readings.iter().position(|c| c.method == reading.method).unwrap_or_else(|| {
                self.readings.push(Columns { method: reading.method.clone(), ..Columns::default() });
                self.readings.len() - 1
            });
            self.readings[at].push(&reading.jsd);
        }
        self.tvd.push(&example.tvd);
        self.same.push(example.same_label);
        let checkpoints = example.labels.len() as f64;
        let found: Vec<&SeedCounterfactual> = example
            .counterfactuals
            .iter()
            .filter(|c| c.outcome.value.as_deref() == Some("non-exclusive"))
            .collect();
        self.non_exclusive.push(found.len() as f64 / checkpoints.max(1.0));
        let all = |get: fn(&SeedCounterfactual) -> Option<bool>| {
            found.iter().filter_map(|c| get(c)).reduce(|a, b| a && b)
        };
        self.counterfactual.extend(mean(&found.iter().map(|c| c.jsd).collect::<Vec<_>>()));
        self.within.extend(all(|c| c.within));
        self.within_same.extend(all(|c| c.within_same));
        if !found.is_empty() {
            self.floor.extend(example.floor.value);
        }
    }

    pub fn summary(self, seed: u64) -> SeedsSummary {
        let of = |values: &[f64], name: &str| mean_of(values, seed, &format!("seeds {name}"));
        let within = rate_of(&self.within);
        let sentence = match &within.value {
            None => {
                "no map of any checkpoint is non-exclusive, so there is no counterfactual to judge".to_owned()
            }
            Some(share) => {
                let ends = match (share.low, share.high) {
                    (Some(low), Some(high)) => format!(" [{:.0}, {:.0}]", 100.0 * low, 100.0 * high),
                    _ => String::new(),
                };
                format!(
                    "on {:.0} %{ends} of the {} texts where a map is non-exclusive, every counterfactual that makes it so \
                     is no further from it than another seed's attention: there it shows no more than the noise of \
                     training",
                    100.0 * share.estimate,
                    share.n
                )
            }
        };
        SeedsSummary {
            examples: self.examples,
            readings: self.readings.iter().map(|columns| columns.summary(&columns.method, seed)).collect(),
            tvd: self.tvd.summary("tvd", seed),
            same_label: rate_of(&self.same),
            non_exclusive: of(&self.non_exclusive, "non-exclusive"),
            counterfactual: of(&self.counterfactual, "counterfactual"),
            floor: of(&self.floor, "floor"),
            within,
            within_same: rate_of(&self.within_same),
            sentence,
        }
    }
}

impl Columns {
    fn push(&mut self, spread: &Spread) {
        self.mean.extend(spread.mean.value);
        self.max.extend(spread.max.value);
    }

    fn summary(&self, method: &str, seed: u64) -> SpreadSummary {
        SpreadSummary {
            method: method.to_owned(),
            mean: mean_of(&self.mean, seed, &format!("seeds {method} mean")),
            max: mean_of(&self.max, seed, &format!("seeds {method} max")),
            largest: self.max.iter().copied().reduce(f64::max).ok_or(Missing::NoExamples).into(),
        }
    }
}
