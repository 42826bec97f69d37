//! How far readings agree with references, and references with one another.

use rayon::prelude::*;

use crate::attribution::{Basis, Method, Scores};
use crate::missing::{Measured, Missing};
use crate::stats::maximum::tau_null;
use crate::stats::overlap::top_overlap;
use crate::stats::permutation::{Draws, spearman_test};
use crate::stats::rank::{kendall_tau_b, tied_tail};
use crate::subject::Subject;

/// Scores below this share of the largest are tied: their order is noise, and would drown the few that matter.
const TAIL: f64 = 0.05;

/// In the target's unit, scores below this are tied whatever the largest is.
const FLOOR: f64 = 0.01;

/// A reference's scores under its name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub name: &'static str,
    pub basis: Basis,
    pub scores: Measured<Scores>,
}

impl Named {
    /// The scores of a method of the table.
    pub fn of(method: &Method, scores: Measured<Scores>) -> Self {
        Self { name: method.name, basis: method.basis, scores }
    }

    /// Leave-one-out's scores under a name of their own.
    pub fn leave_one_out(name: &'static str, scores: Measured<Scores>) -> Self {
        Self { name, basis: Basis::Erasure, scores }
    }

    /// The scores as evidence: those that did not converge are shown and support and refute nothing.
    pub fn usable(&self) -> Measured<&Scores> {
        let scores = self.scores.as_ref().map_err(Clone::clone)?;
        if scores.converged() { Ok(scores) } else { Err(Missing::NotConverged { method: self.name }) }
    }

    /// What is to be said of scores that are left out of the evidence; `None` where they are not.
    pub fn left_out(&self) -> Option<String> {
        let (name, scores) = (self.name, self.scores.as_ref().ok()?);
        if let Some(sampling) = scores.sampling.as_ref().filter(|sampling| !sampling.converged) {
            let top = scores.words.iter().fold(0.0, |top, score| f64::max(top, score.abs()));
            return Some(format!(
                "{name} is no evidence here: after {} sets of words its standard error is {:.3} where its largest score is {top:.3}",
                sampling.sets,
                sampling.error()
            ));
        }
        let path = scores.path.filter(|path| !path.converged)?;
        let missed = match path.share() {
            Some(share) => format!("{:.1} % of", 100.0 * share),
            None => format!("{:.3} of", path.residual),
        };
        let steps = path.steps;
        let mass: f64 = scores.words.iter().map(|score| score.abs()).sum();
        let off = path
            .error
            .filter(|_| mass > 0.0)
            .map(|error| format!(", and one may be off by {:.1} % of all together", 100.0 * error / mass));
        let off = off.unwrap_or_default();
        Some(format!(
            "{name} is no evidence here: it did not converge in {steps} steps, its scores miss {missed} what they must sum to{off}"
        ))
    }

    /// What a reading is compared with: the scores, their size alone where the reading has no sign, the tail
    /// tied.
    pub fn reference(&self, signed: bool) -> Measured<Vec<f64>> {
        let scores = self.usable()?;
        Ok(ranked(&scores.words, scores.signed, signed))
    }
}

/// What a reference's scores are ranked by beside a map: themselves where both have a direction, else their size; the tail
/// tied.
pub(crate) fn ranked(words: &[f64], signed: bool, signed_map: bool) -> Vec<f64> {
    let mut words = words.to_vec();
    if !(signed_map && signed) {
        for score in &mut words {
            *score = score.abs();
        }
    }
    tails_tied(&words, signed)
}

/// A reference's scores with its tail tied; `signed` tells whether the method's scores have a direction.
fn tails_tied(words: &[f64], signed: bool) -> Vec<f64> {
    let top = words.iter().fold(0.0f64, |top, score| top.max(score.abs()));
    // Only signed references are in the target's unit.
    let floor = if signed { FLOOR } else { 0.0 };
    tied_tail(words, f64::max(TAIL * top, floor))
}

/// A statistic and its one-sided p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tested {
    pub value: f64,
    pub p: f64,
}

/// How far a reading ranks the words as one reference does.
#[derive(Debug, Clone)]
pub(crate) struct RankAgreement {
    pub reference: &'static str,
    pub basis: Basis,
    /// Kendall's tau-b and its permutation p.
    pub tau: Measured<Tested>,
    /// Spearman's rho and its permutation p.
    pub spearman: Measured<Tested>,
    /// The share of the top words in common and its hypergeometric p.
    pub overlap: Measured<Tested>,
    /// The least p of tau that any map could have against this reference.
    pub least_p: Measured<f64>,
}

impl RankAgreement {
    fn missing(reference: &Named, why: &Missing) -> Self {
        Self {
            reference: reference.name,
            basis: reference.basis,
            tau: Err(why.clone()),
            spearman: Err(why.clone()),
            overlap: Err(why.clone()),
            least_p: Err(why.clone()),
        }
    }
}

/// The least p that any order of the words can have against these scores: that of their own order.
///
/// Words that are tied can be shuffled among themselves, so it is `Π gᵢ! / n!` over groups of tied scores: where one word of n
/// stands out, 1/n.
fn least_p(target: &[f64]) -> f64 {
    let mut sorted = target.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ln_factorial = |n: usize| (2..=n).map(|k| (k as f64).ln()).sum::<f64>();
    let groups: f64 =
        sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|group| ln_factorial(group.len())).sum();
    (groups - ln_factorial(target.len())).exp()
}

/// By reference, then by reading. Each reference draws from streams of its own, so it does not matter which runs where.
pub(crate) fn agreements(
    subject: &Subject<'_>,
    readings: &[&Measured<Scores>],
    references: &[Named],
    permutations: usize,
) -> Vec<Vec<RankAgreement>> {
    references.par_iter().map(|reference| agreement(subject, readings, reference, permutations)).collect()
}

/// Agreement of every reading with one reference; all readings share the permutations.
fn agreement(
    subject: &Subject<'_>,
    readings: &[&Measured<Scores>],
    reference: &Named,
    permutations: usize,
) -> Vec<RankAgreement> {
    let mut out: Vec<RankAgreement> = readings
        .iter()
        .map(|_| RankAgreement::missing(reference, &Missing::RestsOn { what: "the reading" }))
        .collect();
    for signed in [false, true] {
        let chosen: Vec<(usize, &Scores)> = readings
            .iter()
            .enumerate()
            .filter_map(|(i, reading)| Some((i, reading.as_ref().ok()?)))
            .filter(|(_, scores)| scores.signed == signed)
            .collect();
        let target = match reference.reference(signed) {
            Ok(target) => target,
            Err(missing) => {
                for (i, _) in &chosen {
                    out[*i] = RankAgreement::missing(reference, &missing);
                }
                continue;
            }
        };
        let maps: Vec<&[f64]> = chosen.iter().map(|(_, scores)| scores.words.as_slice()).collect();
        let stream =
            format!("agreement with {} {}", reference.name, if signed { "signed" } else { "unsigned" });
        let null = tau_null(&maps, &target, permutations, &mut subject.rng(&stream));
        for (place, (i, scores)) in chosen.into_iter().enumerate() {
            let tau = null.as_ref().and_then(|null| null.maps[place]);
            let draws = Draws { count: permutations, ..Draws::default() };
            let spearman =
                spearman_test(&scores.words, &target, draws, &mut subject.rng(&format!("{stream} rho")));
            let overlap = top_overlap(&scores.words, &target);
            let tested = |found: Option<(f64, f64)>| {
                found.map(|(value, p)| Tested { value, p }).ok_or(Missing::Constant)
            };
            out[i].least_p = Ok(least_p(&target));
            out[i].tau = tested(tau.map(|t| (t.tau, t.p)));
            out[i].spearman = tested(spearman.map(|test| (test.observed, test.greater.p)));
            out[i].overlap = tested(overlap.map(|o| (o.fraction, o.p)));
        }
    }
    out
}

/// tau-b of two references, by size, both tails tied.
pub(crate) fn between(a: &Named, b: &Named) -> Measured<f64> {
    kendall_tau_b(&a.reference(false)?, &b.reference(false)?).ok_or(Missing::Constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_bound_the_least_p() {
        let near = |scores: &[f64], p: f64| assert!((least_p(scores) - p).abs() < 1e-12, "{scores:?}");
        // One word of ten stands out; two do; all differ; none does.
        near(&[0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0.1);
        near(&[0.0, 2.0, 3.0, 0.0, 0.0], 1.0 / 20.0);
        near(&[4.0, 1.0, 3.0, 2.0], 1.0 / 24.0);
        near(&[1.0; 6], 1.0);
    }
}
