//! The one examination: what is found about one text that is in the model, before anything is judged.
//!
//! Audits, planted models and a user's own model under foreign maps are all examined here; they differ in what they
//! feed it.

use super::agreement::{Named, agreements, between};
use super::erasures::Erasures;
use super::evidence::{AuditedMap, MapEvidence, ReferenceTrust, TextEvidence};
use super::examination::Examination;
use super::failure::Failure;
use super::protocol::Protocol;
use crate::attribution::{Basis, LeaveOneOut, Method, PatternsRead, Scores, Shared, without_sinks};
use crate::missing::{Measured, Missing, Outcome};
use crate::model::kernels::beside;
use crate::shift::LEAST_SPAN;
use crate::stats::length::detectable_tau;
use crate::subject::Subject;
use crate::swap::{self, Site};

/// Examines one text under the protocol: its own readings, or the maps that are given in their place.
///
/// # Errors
///
/// Where the engine fails, or a site of the protocol is not in the model.
pub(crate) fn examine(
    subject: &Subject<'_>,
    protocol: &Protocol,
    given: Option<Vec<AuditedMap>>,
) -> Result<TextEvidence, Failure> {
    examine_shared(&Shared::new(subject, protocol.options()), protocol, given)
}

/// The same of a text of which more is to be asked.
pub(super) fn examine_shared(
    shared: &Shared<'_>,
    protocol: &Protocol,
    given: Option<Vec<AuditedMap>>,
) -> Result<TextEvidence, Failure> {
    Examination::new(protocol, shared).run(given)
}

impl Examination<'_> {
    fn run(mut self, given: Option<Vec<AuditedMap>>) -> Result<TextEvidence, Failure> {
        let subject = self.shared.subject;
        self.pass("forward");
        // All words erased: one pass, which erasure has use for too.
        let span = self.shared.erased(self.protocol.operator).span()?.unwrap_or(LEAST_SPAN);
        // The search at the decision row takes hundreds of steps of one row each.
        let (aside, options) = (subject.apart(), self.options(Site::Row, span));
        let search = || swap::swap(&aside, Site::Row, &options);
        let (found, row) = beside(subject.probe.model.device(), || self.but_swaps(given), search);
        let mut found = found?;
        self.book("swaps at row", aside.probe.spent());
        found.swaps = self.swaps(row?, &mut found.maps, span)?;
        found.passes = self.spent();
        Ok(found)
    }

    /// All but the swaps.
    fn but_swaps(&mut self, given: Option<Vec<AuditedMap>>) -> Result<TextEvidence, Failure> {
        let (subject, permutations) = (self.shared.subject, self.protocol.budget.permutations);
        let references = self.references()?;
        let own = given.is_none();
        let maps = match given {
            Some(given) => given,
            None => self.readings()?,
        };
        let (ceiling, operators) = (ceiling(&references), self.operators(&references)?);
        let scores: Vec<&Measured<Scores>> = maps.iter().map(|map| &map.scores).collect();
        let by_reference = agreements(subject, &scores, &references, permutations);
        let Erasures { random, maps: erasures, references, attainable, scale, borne_out } =
            self.erasures(&maps, references, own)?;
        let words = subject.words.len();
        let few = Missing::TooFewWords { found: words, needed: 4 };
        let trust = ReferenceTrust {
            ceiling,
            operators,
            detectable: detectable_tau(words, self.protocol.thresholds.alpha).ok_or(few),
            attainable,
            scale,
            borne_out,
        };
        let of_map = |(i, (map, erasure)): (usize, (AuditedMap, _))| {
            let agreement = by_reference.iter().map(|all| all[i].clone()).collect();
            MapEvidence { map, agreement, erasure, counterfactual: Err(unswapped()) }
        };
        let maps = maps.into_iter().zip(erasures).enumerate().map(of_map).collect();
        let (swaps, passes) = (Vec::new(), Vec::new());
        let (sinks, received) = (self.shared.sinks()?.positions, &self.shared.attention()?.received);
        let sinks = sinks.into_iter().map(|token| (token, received[token])).collect();
        Ok(TextEvidence { words, references, trust, random, maps, swaps, passes, sinks })
    }

    fn scores(
        &mut self,
        name: &'static str,
        outcome: Option<Outcome<Scores>>,
    ) -> Result<Measured<Scores>, Failure> {
        let scores = outcome.transpose()?;
        self.pass(name);
        Ok(scores.unwrap_or(Err(Missing::NotAsked)))
    }

    fn references(&mut self) -> Result<Vec<Named>, Failure> {
        let mut out = Vec::new();
        for method in self.protocol.wanted(false) {
            if method.basis == Basis::Shapley {
                // Its first samples are the sets of the random orders.
                self.keep_random_orders()?;
            }
            let outcome = method.scores(self.shared);
            out.push(Named::of(method, self.scores(method.name, outcome)?));
        }
        Ok(out)
    }

    fn readings(&mut self) -> Result<Vec<AuditedMap>, Failure> {
        let mut out = Vec::new();
        let sinks = self.shared.sinks()?;
        let heads: Vec<Site> =
            self.protocol.sites.iter().copied().filter(|site| matches!(site, Site::Head { .. })).collect();
        for method in self.protocol.wanted(true) {
            // A single head is audited where its site was asked for, and so was named beforehand.
            let found: Vec<(String, Site, Outcome<Scores>)> = match method.scores(self.shared) {
                Some(outcome) => vec![(method.name.to_owned(), site_of(method), outcome)],
                None => heads.iter().filter_map(|site| self.head(method, *site)).collect(),
            };
            for (name, site, outcome) in found {
                let scores = outcome?;
                self.pass(method.name);
                let without = match &scores {
                    Ok(scores) => without_sinks(self.shared.subject, &sinks, scores),
                    Err(missing) => Err(missing.clone()),
                };
                out.push(AuditedMap { name: name.clone(), site, sinks_removed: false, scores });
                out.push(AuditedMap { name, site, sinks_removed: true, scores: without });
            }
        }
        Ok(out)
    }

    /// The reading of one head, named as its site is.
    fn head(&self, method: &Method, site: Site) -> Option<(String, Site, Outcome<Scores>)> {
        let Site::Head { layer, head } = site else { return None };
        Some((site.to_string(), site, method.scores_of_head(self.shared, layer, head)?))
    }

    /// Agreement of leave-one-out under the two operators.
    fn operators(&mut self, references: &[Named]) -> Result<Measured<f64>, Failure> {
        let Some(loo) = leave_one_out(references) else { return Ok(Err(Missing::NotAsked)) };
        let second = self.shared.leave_one_out(self.protocol.second_operator())?;
        self.pass("second operator");
        let second = second.and_then(LeaveOneOut::scores);
        Ok(between(loo, &Named::leave_one_out("leave-one-out under the second operator", second)))
    }
}

/// Of a map whose site was not swapped.
fn unswapped() -> Missing {
    Missing::RestsOn { what: "swaps at the reading's site" }
}

fn leave_one_out(references: &[Named]) -> Option<&Named> {
    references.iter().find(|reference| reference.basis == Basis::Erasure)
}

/// The best agreement between two references of different kinds, and which two.
///
/// Gradients of the whole and of the cut graph are one kind: what they share is no evidence for both. Of equals the
/// pair that stands first in the table.
fn ceiling(references: &[Named]) -> Measured<(f64, [&'static str; 2])> {
    let mut best = Err(Missing::RestsOn { what: "a pair of references" });
    for (i, one) in references.iter().enumerate() {
        let other_kind = |other: &&Named| kind(one).zip(kind(other)).is_some_and(|(a, b)| a != b);
        for other in references[i + 1..].iter().filter(other_kind) {
            match (between(one, other), &best) {
                (Ok(tau), Ok((top, _))) if tau <= *top => {}
                (Ok(tau), _) => best = Ok((tau, [one.name, other.name])),
                (Err(missing), Err(_)) => best = Err(missing),
                (Err(_), Ok(_)) => {}
            }
        }
    }
    best
}

/// What a reference is made of, with all gradients as one; `None` for the control.
fn kind(reference: &Named) -> Option<Basis> {
    match reference.basis {
        Basis::Gradient | Basis::CutGradient => Some(Basis::Gradient),
        Basis::Erasure | Basis::Shapley => Some(reference.basis),
        Basis::Attention | Basis::AttentionGradient | Basis::Chance => None,
    }
}

/// The site a reading of the whole model is read from: one row of the last layer, or every layer.
pub(super) fn site_of(method: &Method) -> Site {
    match method.reads {
        PatternsRead::AllLayers => Site::All,
        PatternsRead::LastRow | PatternsRead::LastRowMixed | PatternsRead::Head | PatternsRead::Nothing => {
            Site::Row
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{Path, Sampling};

    /// Four words with these scores.
    fn named(name: &'static str, basis: Basis, words: [f64; 4]) -> Named {
        let scores = Scores {
            words: words.to_vec(),
            tokens: None,
            signed: true,
            special_mass: None,
            sink_mass: None,
            path: None,
            sampling: None,
        };
        Named { name, basis, scores: Ok(scores) }
    }

    const RISING: [f64; 4] = [1.0, 2.0, 3.0, 4.0];
    const FALLING: [f64; 4] = [4.0, 3.0, 2.0, 1.0];

    #[test]
    fn the_ceiling_is_of_two_kinds() {
        let whole = named("whole", Basis::Gradient, RISING);
        let cut = named("cut", Basis::CutGradient, RISING);
        let chance = named("chance", Basis::Chance, RISING);
        let alone = [whole.clone(), cut, chance];
        assert_eq!(ceiling(&alone), Err(Missing::RestsOn { what: "a pair of references" }));
        let loo = named("loo", Basis::Erasure, FALLING);
        assert_eq!(ceiling(&[loo.clone(), whole.clone()]), Ok((-1.0, ["loo", "whole"])));
        let shapley = named("shapley", Basis::Shapley, RISING);
        assert_eq!(ceiling(&[loo, shapley, whole]), Ok((1.0, ["shapley", "whole"])));
    }

    #[test]
    fn samples_that_did_not_converge_are_no_evidence() {
        let whole = named("whole", Basis::Gradient, RISING);
        let mut shapley = named("shapley", Basis::Shapley, RISING);
        for (converged, expected) in [
            (true, Ok((1.0, ["shapley", "whole"]))),
            (false, Err(Missing::NotConverged { method: "shapley" })),
        ] {
            if let Ok(scores) = &mut shapley.scores {
                scores.sampling = Some(Sampling { errors: vec![0.5; 4], sets: 512, converged });
            }
            assert_eq!(ceiling(&[shapley.clone(), whole.clone()]), expected);
            assert_eq!(shapley.left_out().is_some(), !converged);
        }
    }

    #[test]
    fn a_path_that_did_not_converge_is_no_evidence() {
        let loo = named("loo", Basis::Erasure, RISING);
        let mut whole = named("whole", Basis::Gradient, RISING);
        for converged in [true, false] {
            if let Ok(scores) = &mut whole.scores {
                let (residual, gap, error) = (0.6, 4.0, Some(0.5));
                scores.path = Some(Path { steps: 96, residual, gap, error, converged });
            }
            let found = ceiling(&[loo.clone(), whole.clone()]);
            let told = whole.left_out().unwrap_or_default();
            if converged {
                assert_eq!((found, told.as_str()), (Ok((1.0, ["loo", "whole"])), ""));
            } else {
                assert_eq!(found, Err(Missing::NotConverged { method: "whole" }));
                assert!(
                    told.contains("in 96 steps, its scores miss 15.0 % of what they must sum to"),
                    "{told}"
                );
                assert!(told.contains("one may be off by 5.0 % of all together"), "{told}");
            }
        }
    }
}
