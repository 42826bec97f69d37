//! Shapley values of words under an operator of erasure.

mod kernel;
mod strata;

use rand_chacha::ChaCha8Rng;

use crate::erasure::{Erased, order};
use crate::missing::{Missing, Outcome, Stop, settle};

use super::scores::{Sampling, Scores};
use super::shared::Shared;
use kernel::{Fit, fit};
use strata::Strata;

/// Every set of words is run where that takes at most this part of the budget: beyond, samples are as good for less.
const PART: usize = 4;

/// Texts of so few words have no sets worth sampling.
const ALWAYS: usize = 4;

/// Pairs of sets that a round adds, shared out by the kernel's weight.
const ROUND: usize = 32;

/// Sampling ends once every standard error is at most this share of the largest value.
const AIM: f64 = 0.08;

/// Above this share of the largest value the errors are too large for evidence.
const ENOUGH: f64 = 0.1;

/// Errors below this share of `1 + |y(x)|` are rounding in f32, whatever the largest value is.
const ROUNDING: f64 = 1e-5;

/// `Σ |S|! (n − |S| − 1)! / n! · (y(S and the word) − y(S))` over the sets `S` of other words, where `y` of a set is the
/// target on the text with all words but the set's erased (Shapley 1953). In the target's unit; the values sum to
/// `y(x) − y(all words erased)`.
///
/// Exact where all 2ⁿ sets are at most a quarter of `coalitions`, and up to four words. Else a regression with
/// Shapley's kernel (Lundberg & Lee 2017, theorem 2) on pairs of a set and its complement (Covert & Lee 2021), which
/// see the odd part of `y` alone: all that the values depend on. The pairs of a single word and the rest are all run.
/// The sets of the random orders of erasure, which an audit runs anyway, are samples for the sizes of the bins; the
/// sizes between the bins are drawn. Each size has the kernel's weight, however often it was drawn. Pairs are added
/// until the largest standard error is at most 8 % of the largest value, and no round begins that would take more than
/// `coalitions` sets in all. [`Sampling::converged`] is false where an error is then above 10 %: such values are no
/// evidence. [`Missing::TooManyWords`] where `coalitions` does not pay for the first round.
pub(super) fn shapley(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(values(shared))
}

fn values(shared: &Shared<'_>) -> Result<Scores, Stop> {
    let erased = shared.erased(shared.options.operator);
    let n = erased.subject().words.len();
    if n == 0 {
        return Err(Missing::TooFewWords { found: 0, needed: 1 }.into());
    }
    let budget = shared.options.coalitions;
    let all = u32::try_from(n).ok().and_then(|n| 1usize.checked_shl(n));
    let (words, sampling) = match all {
        Some(all) if n <= ALWAYS || (n < 32 && all <= budget / PART) => {
            let errors = vec![0.0; n];
            (exact(erased, n, all)?, Sampling { errors, sets: all, converged: true })
        }
        _ => {
            let orders = order::of_text(erased.subject(), shared.options.random_orders);
            Sampler::new(erased, &orders)?.refined(budget)?
        }
    };
    let mut scores = Scores::of_words(words, true)?;
    scores.sampling = Some(sampling);
    Ok(scores)
}

/// The values from all sets. What erasing a set changes has the same values as what keeping one gains.
fn exact(erased: &Erased<'_>, n: usize, all: usize) -> Result<Vec<f64>, Stop> {
    let holds = |set: usize, word: usize| (set >> word) & 1 == 1;
    let sets: Vec<Vec<usize>> =
        (0..all).map(|set| (0..n).filter(|word| holds(set, *word)).collect()).collect();
    let changes = erased.run(&sets)?;
    // |S|! (n − |S| − 1)! / n! by the size of S: 1 / n, and from one size to the next s / (n − s).
    let mut weights = vec![1.0 / n as f64];
    for size in 1..n {
        weights.push(weights[size - 1] * size as f64 / (n - size) as f64);
    }
    let value = |word: usize| {
        let without = (0..all).filter(|set| !holds(*set, word));
        let gain = |set: usize| changes[set | (1 << word)].target - changes[set].target;
        without.map(|set| weights[sets[set].len()] * gain(set)).sum()
    };
    Ok((0..n).map(value).collect())
}

/// Pairs of sets under way to values whose errors are small.
struct Sampler<'e, 's> {
    erased: &'e Erased<'s>,
    rng: ChaCha8Rng,
    strata: Strata,
    /// `y(x) − y(all words erased)`: what the values sum to.
    total: f64,
}

impl<'e, 's> Sampler<'e, 's> {
    /// The pairs of single words and those of the random orders; nothing is run yet.
    fn new(erased: &'e Erased<'s>, orders: &[Vec<usize>]) -> Result<Self, Stop> {
        let subject = erased.subject();
        let n = subject.words.len();
        let total = erased.run(&[(0..n).collect()])?.iter().map(|change| change.target).sum();
        let strata = Strata::new(n, orders);
        Ok(Self { erased, rng: subject.rng("shapley"), strata, total })
    }

    /// Round after round, within `budget` sets.
    fn refined(mut self, budget: usize) -> Result<(Vec<f64>, Sampling), Stop> {
        let floor = ROUNDING * (1.0 + self.erased.subject().probe.value().abs());
        let mut found = None;
        // Of few words the sets come to an end before the draws do.
        for round in 1..=budget / ROUND {
            self.strata.draw(round * ROUND, &mut self.rng);
            if self.strata.sets() > budget {
                break;
            }
            self.run()?;
            let fit = fit(&self.strata, self.total).ok_or(Missing::NotFinite { what: "a score" })?;
            let (error, top) = (largest(&fit.errors), largest(&fit.values));
            let sampling = |errors| Sampling {
                errors,
                sets: self.strata.sets(),
                converged: error <= f64::max(ENOUGH * top, floor),
            };
            let Fit { values, errors } = fit;
            found = Some((values, sampling(errors)));
            if error <= f64::max(AIM * top, floor) {
                break;
            }
        }
        let n = self.strata.words;
        found.ok_or(Missing::TooManyWords { found: n, budget }.into())
    }

    /// Runs the pairs that were drawn since the last round.
    fn run(&mut self) -> Result<(), Stop> {
        let n = self.strata.words;
        let new: Vec<_> = self.strata.pairs_mut().filter(|pair| pair.odd.is_none()).collect();
        let rest = |set: &[usize]| (0..n).filter(|word| !set.contains(word)).collect();
        let sets: Vec<Vec<usize>> = new.iter().flat_map(|pair| [pair.set.clone(), rest(&pair.set)]).collect();
        let changes = self.erased.run(&sets)?;
        for (pair, both) in new.into_iter().zip(changes.chunks_exact(2)) {
            pair.odd = Some(both[0].target - both[1].target);
        }
        Ok(())
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |top, value| f64::max(top, value.abs()))
}
