//! All pairs together: every reading beside gold links, the diagonal and chance.

use std::collections::BTreeMap;

use super::plan::AlignPlan;
use super::reading::{Choice, Reading, choose};
use super::run::Aligned;
use super::symmetrize::grow_diag_final;
use crate::input::{Gold, GoldLinks, Link};
use crate::links::score::{Counts, RESAMPLES, Rate, draws};
use crate::links::{crossings, diagonal, random};
use crate::report::align::{AlignRow, HeldOut};
use crate::report::measure::{Estimate, Measure};
use crate::stats::interval::Interval;
use crate::stats::seed::{Stream, rng};

/// Draws of random links of each pair, whose error rates are averaged.
pub const RANDOM_DRAWS: usize = 20;

/// Why there is no error rate.
const NO_GOLD: &str = "no gold links were given";
/// Why nothing is chosen on one half and scored on the other.
const FEW: &str = "two pairs or more are needed to choose on one half and score on the other";
/// Why a share has no whole.
const NONE: &str = "there is no link that it would be a share of";

/// What is known when every pair is done.
#[derive(Debug)]
pub(super) struct Scored {
    pub choice: Choice,
    pub rows: Vec<AlignRow>,
    pub held_out: Measure<HeldOut>,
    /// Links made of both directions, by the places of the pairs.
    pub symmetrized: Option<BTreeMap<usize, Vec<Link>>>,
}

/// A way to links, with what is counted of each pair that was aligned.
#[derive(Debug)]
struct Series {
    name: &'static str,
    reading: Option<Reading>,
    /// Links and crossings of each pair.
    links: Vec<(usize, usize)>,
    /// Beside gold; empty without.
    counts: Vec<Counts>,
    /// How often each pair was drawn: what is counted is that many times too much.
    times: usize,
}

impl Series {
    fn of(name: &'static str, reading: Option<Reading>, all: &[(Vec<Link>, Option<&Gold>)]) -> Self {
        let counts = all.iter().filter_map(|(links, gold)| Some(Counts::of(links, (*gold)?))).collect();
        let links = all.iter().map(|(links, _)| (links.len(), crossings(links))).collect();
        Self { name, reading, links, counts, times: 1 }
    }

    /// The diagonal of each pair.
    fn diagonal(done: &[Aligned], gold: Option<&GoldLinks>) -> Self {
        let links = |one: &Aligned| diagonal(one.source.len(), one.target.len());
        Self::of("diagonal", None, &beside(done, gold, links))
    }

    /// Random links of each pair, drawn from its own stream.
    fn random(done: &[Aligned], gold: Option<&GoldLinks>, seed: u64) -> Self {
        let stream = |one: &Aligned| Stream::new(seed, [one.source.join(" "), one.target.join(" ")]);
        let drawn = |draw: usize| {
            let links = |one: &Aligned| {
                let mut rng = stream(one).rng(&format!("random links {draw}"));
                random(one.source.len(), one.target.len(), &mut rng)
            };
            Self::of("random", None, &beside(done, gold, links))
        };
        let mut all = drawn(0);
        for draw in 1..RANDOM_DRAWS {
            let next = drawn(draw);
            for (sum, one) in all.links.iter_mut().zip(next.links) {
                *sum = (sum.0 + one.0, sum.1 + one.1);
            }
            for (sum, one) in all.counts.iter_mut().zip(next.counts) {
                *sum = Counts::sum([&*sum, &one]);
            }
        }
        // A draw has as many links as any other, so the rate of the sums is the mean of the rates.
        Self { times: RANDOM_DRAWS, ..all }
    }

    fn part(&self, pairs: std::ops::Range<usize>) -> Self {
        let counts = self.counts.get(pairs.clone()).unwrap_or_default().to_vec();
        let links = self.links.get(pairs).unwrap_or_default().to_vec();
        Self { links, counts, ..*self }
    }

    fn row(&self, draws: &[Vec<u32>], diagonal: Option<&Rate>) -> AlignRow {
        let rate = Rate::of(&self.counts, draws);
        let beyond = rate.as_ref().zip(diagonal).map(|(rate, diagonal)| rate.beyond(diagonal));
        let all = Counts::sum(&self.counts);
        let mean = |sum: usize| sum as f64 / self.times as f64;
        let own = self.reading;
        let missing = if self.counts.is_empty() { NO_GOLD } else { NONE };
        AlignRow {
            reading: self.name.to_owned(),
            layer: own.map(|own| own.layer),
            head: own.and_then(|own| own.head),
            step: own.map(|own| own.step.name().to_owned()),
            pieces: own.map(|own| own.pieces.name().to_owned()),
            links: mean(self.links.iter().map(|one| one.0).sum()),
            crossings: mean(self.links.iter().map(|one| one.1).sum()),
            aer: measure(rate.as_ref().map(Rate::interval).map(estimate), missing),
            precision: measure(all.precision(), missing),
            recall: measure(all.recall(), missing),
            reordering: measure(all.reordering(), missing),
            shows_alignment: beyond.and_then(|beyond| beyond.bounds).map(|(_, high)| high < 0.0),
            beyond_diagonal: measure(beyond.map(estimate), missing),
        }
    }
}

/// The links of each pair beside its gold ones.
fn beside<'g>(
    done: &[Aligned],
    gold: Option<&'g GoldLinks>,
    links: impl Fn(&Aligned) -> Vec<Link>,
) -> Vec<(Vec<Link>, Option<&'g Gold>)> {
    let gold = |one: &Aligned| gold.and_then(|gold| gold.links.get(one.at));
    done.iter().map(|one| (links(one), gold(one))).collect()
}

fn measure<T>(value: Option<T>, why: &str) -> Measure<T> {
    let reason = value.is_none().then(|| why.to_owned());
    Measure { value, reason }
}

fn estimate(found: Interval) -> Estimate {
    let (low, high) = found.bounds.unzip();
    Estimate { estimate: found.estimate, low, high, n: found.n }
}

impl Scored {
    /// Of pairs with the links of every reading, in the order of `readings`.
    pub fn of(
        plan: &AlignPlan,
        readings: &[Reading],
        gold: Option<&GoldLinks>,
        done: &[Aligned],
        other: Option<&[Option<Vec<Link>>]>,
    ) -> Self {
        let all: Vec<Series> = readings
            .iter()
            .enumerate()
            .map(|(at, reading)| {
                Series::of("attention", Some(*reading), &beside(done, gold, |one| one.links[at].clone()))
            })
            .collect();
        let n = done.len();
        let half = n.div_ceil(2);
        let layers = readings.last().map_or(0, |last| last.layer + 1);
        let first: Vec<Counts> = all.iter().map(|one| Counts::sum(one.counts.iter().take(half))).collect();
        let choice = choose(readings, plan, layers, (gold.is_some() && n >= 2).then_some(first.as_slice()));
        let mut beside_it = vec![Series::diagonal(done, gold), Series::random(done, gold, plan.seed)];
        let held_out = held_out(plan, &choice, (&all[choice.at], &beside_it), half);
        let symmetrized = other.map(|other| {
            let both = |one: &Aligned| {
                Some((one.at, grow_diag_final(&one.links[choice.at], other.get(one.at)?.as_ref()?)))
            };
            done.iter().filter_map(both).collect::<BTreeMap<usize, Vec<Link>>>()
        });
        if let Some(own) = symmetrized.as_ref().filter(|own| own.len() == n) {
            let links = |one: &Aligned| own.get(&one.at).cloned().unwrap_or_default();
            beside_it.push(Series::of("symmetrized", None, &beside(done, gold, links)));
        }
        if let Some(gold) = gold {
            let sure =
                |one: &Aligned| gold.links.get(one.at).map(|gold| gold.sure.clone()).unwrap_or_default();
            beside_it.push(Series::of("gold", None, &beside(done, Some(gold), sure)));
        }
        let draws = if gold.is_some() { drawn(n, plan.seed) } else { Vec::new() };
        let diagonal = Rate::of(&beside_it[0].counts, &draws);
        let rows = all.iter().chain(&beside_it).map(|one| one.row(&draws, diagonal.as_ref())).collect();
        Self { choice, rows, held_out, symmetrized }
    }
}

fn drawn(pairs: usize, seed: u64) -> Vec<Vec<u32>> {
    draws(pairs, RESAMPLES, &mut rng(seed, "pairs", "alignment error rate"))
}

/// What was the best on the first half, on the second one.
fn held_out(
    plan: &AlignPlan,
    choice: &Choice,
    (best, beside): (&Series, &[Series]),
    half: usize,
) -> Measure<HeldOut> {
    let n = best.counts.len();
    let first = Counts::sum(best.counts.iter().take(half)).aer();
    let (Some(first), Some(among)) = (first, choice.among) else {
        let why = match choice.told.by.as_str() {
            "typed" => "the reading was named, so that nothing was chosen",
            _ if n == 0 => NO_GOLD,
            _ => FEW,
        };
        return measure(None, why);
    };
    let second = half..n;
    let draws = drawn(second.len(), plan.seed);
    let parts: Vec<Series> = beside.iter().map(|one| one.part(second.clone())).collect();
    let diagonal = Rate::of(&parts[0].counts, &draws);
    let row = |one: &Series| one.row(&draws, diagonal.as_ref());
    measure(
        Some(HeldOut {
            first: half,
            second: second.len(),
            among,
            chosen_on: first,
            row: row(&best.part(second.clone())),
            diagonal: row(&parts[0]),
            random: row(&parts[1]),
        }),
        FEW,
    )
}
