//! How far readings agree with references, and references with one another.

use rayon::prelude::*;

use crate::attribution::{Path, Scores};
use crate::missing::{Measured, Missing};
use crate::report::Measure;
use crate::report::example::Agreement;
use crate::stats::maximum::tau_null;
use crate::stats::overlap::top_overlap;
use crate::stats::permutation::{Draws, spearman_test};
use crate::stats::rank::{kendall_tau_b, tied_tail};
use crate::subject::Subject;

/// Scores below this share of the largest are tied: their order is noise, and would drown the few that matter.
const TAIL: f64 = 0.05;

/// In the target's unit, scores below this are tied whatever the largest is.
const FLOOR: f64 = 0.01;

/// A method's scores under its name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub name: &'static str,
    pub scores: Measured<Scores>,
}

impl Named {
    /// The scores as evidence: those that did not converge are shown and support and refute nothing.
    pub fn usable(&self) -> Measured<&Scores> {
        let scores = self.scores.as_ref().map_err(Clone::clone)?;
        match scores.path {
            Some(Path { converged: false, .. }) => Err(Missing::NotConverged { method: self.name }),
            _ => Ok(scores),
        }
    }

    /// What is to be said of scores that are left out of the evidence; `None` where they are not.
    pub fn left_out(&self) -> Option<String> {
        let path = self.scores.as_ref().ok()?.path.filter(|path| !path.converged)?;
        let missed = match path.share() {
            Some(share) => format!("{:.1} % of", 100.0 * share),
            None => format!("{:.3} of", path.residual),
        };
        let (name, steps) = (self.name, path.steps);
        Some(format!(
            "{name} is no evidence here: it did not converge in {steps} steps, its scores miss {missed} what they must sum to"
        ))
    }

    /// What a reading is compared with: the scores, their size alone where the reading has no sign, the tail
    /// tied.
    pub fn reference(&self, signed: bool) -> Measured<Vec<f64>> {
        let scores = self.usable()?;
        let mut words = scores.words.clone();
        if !(signed && scores.signed) {
            for score in &mut words {
                *score = score.abs();
            }
        }
        Ok(tails_tied(&words, scores.signed))
    }
}

/// A reference's scores with its tail tied; `signed` tells whether the method's scores have a direction.
pub(crate) fn tails_tied(words: &[f64], signed: bool) -> Vec<f64> {
    let top = words.iter().fold(0.0f64, |top, score| top.max(score.abs()));
    // Only signed references are in the target's unit.
    let floor = if signed { FLOOR } else { 0.0 };
    tied_tail(words, f64::max(TAIL * top, floor))
}

/// By reference, then by reading. Each reference draws from streams of its own, so it does not matter which runs where.
pub(crate) fn agreements(
    subject: &Subject<'_>,
    readings: &[&Measured<Scores>],
    references: &[Named],
    permutations: usize,
) -> Vec<Vec<Agreement>> {
    references.par_iter().map(|reference| agreement(subject, readings, reference, permutations)).collect()
}

/// Agreement of every reading with one reference; all readings share the permutations.
pub(crate) fn agreement(
    subject: &Subject<'_>,
    readings: &[&Measured<Scores>],
    reference: &Named,
    permutations: usize,
) -> Vec<Agreement> {
    let mut out: Vec<Agreement> = readings.iter().map(|_| empty(reference.name)).collect();
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
                    fill(&mut out[*i], &missing);
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
            out[i].tau = tau.map(|t| t.tau).ok_or(Missing::Constant).into();
            out[i].tau_p = tau.map(|t| t.p).ok_or(Missing::Constant).into();
            let draws = Draws { count: permutations, ..Draws::default() };
            let spearman =
                spearman_test(&scores.words, &target, draws, &mut subject.rng(&format!("{stream} rho")));
            out[i].spearman = spearman.map(|test| test.observed).ok_or(Missing::Constant).into();
            out[i].spearman_p = spearman.map(|test| test.greater.p).ok_or(Missing::Constant).into();
            let overlap = top_overlap(&scores.words, &target);
            out[i].overlap = overlap.map(|o| o.fraction).ok_or(Missing::Constant).into();
            out[i].overlap_p = overlap.map(|o| o.p).ok_or(Missing::Constant).into();
        }
    }
    for (agreement, reading) in out.iter_mut().zip(readings) {
        if reading.is_err() {
            fill(agreement, &Missing::RestsOn { what: "the reading" });
        }
    }
    out
}

/// tau-b of two references, by size, both tails tied.
pub(crate) fn between(a: &Named, b: &Named) -> Measured<f64> {
    kendall_tau_b(&a.reference(false)?, &b.reference(false)?).ok_or(Missing::Constant)
}

fn empty(reference: &str) -> Agreement {
    let none = || Measure::from(Err(Missing::Constant));
    Agreement {
        reference: reference.to_owned(),
        tau: none(),
        tau_p: none(),
        tau_q: Err(Missing::OfAll).into(),
        spearman: none(),
        spearman_p: none(),
        overlap: none(),
        overlap_p: none(),
    }
}

fn fill(agreement: &mut Agreement, missing: &Missing) {
    let why = || Measure::from(Err(missing.clone()));
    agreement.tau = why();
    agreement.tau_p = why();
    agreement.spearman = why();
    agreement.spearman_p = why();
    agreement.overlap = why();
    agreement.overlap_p = why();
}
