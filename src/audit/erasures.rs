//! Erasure on one example: every reading against the random orders, and the references' own orders beside them.

use super::agreement::Named;
use super::beyond::Beyond;
use super::evidence::{AuditedMap, RandomOrders, Reached, ReferenceEvidence, WordErasure};
use super::examination::Examination;
use super::failure::Failure;
use crate::attribution::{Basis, PLOTTED, Scores};
use crate::erasure::{Analogue, Bounds, Change, Curves, Evidence, Excess, Side, violation};
use crate::missing::{Measured, Missing};
use crate::shift::Scale;

/// The references that erasure may bear out, the first that there is.
const BORNE_OUT: [Basis; 2] = [Basis::Shapley, Basis::Erasure];

/// Sets that the search for the bounds of AOPC keeps at each step (Edin et al. 2024).
const BEAM: usize = 5;

/// What erasure says of a text: of random orders, of each map, of each reference.
pub(super) struct Erasures {
    pub random: Measured<RandomOrders>,
    pub maps: Vec<Measured<WordErasure>>,
    pub references: Vec<ReferenceEvidence>,
    /// The largest excess that a reference's own order reaches, on each scale.
    pub attainable: Measured<Reached>,
    /// The scale that a text is judged on.
    pub scale: Scale,
    /// The reference that erasure bears out on it.
    pub borne_out: Option<&'static str>,
}

impl Examination<'_> {
    /// Erases words in the order of every map and of every reference; weights only where the maps are the text's own.
    pub fn erasures(
        &mut self,
        maps: &[AuditedMap],
        references: Vec<Named>,
        weights: bool,
    ) -> Result<Erasures, Failure> {
        let operator = self.protocol.operator;
        let curves = match self.random_orders()? {
            Ok(curves) => curves,
            Err(missing) => {
                let none = |named| ReferenceEvidence { named, excess: Err(missing.clone()) };
                return Ok(Erasures {
                    maps: maps.iter().map(|_| Err(missing.clone())).collect(),
                    references: references.into_iter().map(none).collect(),
                    attainable: Err(missing.clone()),
                    scale: Scale::default(),
                    borne_out: None,
                    random: Err(missing),
                });
            }
        };
        let bottom_up = self.protocol.budget.bottom_up;
        let own = each(references.iter().map(|r| &r.scores), |ranked| curves.excesses(ranked))?;
        self.pass("erasure by references");
        let found = each(maps.iter().map(|map| &map.scores), |ranked| curves.evidence(ranked, bottom_up))?;
        self.pass("erasure by readings");
        let random = self.random(&curves)?;
        let loo = self.shared.leave_one_out(operator)?;
        let weights =
            if weights { self.shared.erase_weights(Analogue::default())? } else { Err(Missing::NotAsked) };
        self.pass("erasure of attention weights");
        let of_reference = |(named, excess): (Named, Measured<[Excess; 2]>)| {
            let excess = match named.basis {
                // The control ranks nothing, so its order says nothing about what a map could reach.
                Basis::Chance => Err(Missing::NotAsked),
                _ => named.usable().and(excess),
            };
            ReferenceEvidence { named, excess }
        };
        let references: Vec<ReferenceEvidence> = references.into_iter().zip(own).map(of_reference).collect();
        let attainable = most(&references);
        let margin = self.protocol.thresholds.margin;
        let reached =
            |most: &Reached| Scale::reached(most.probability, most.log_odds, margin).unwrap_or_default();
        let scale = attainable.as_ref().map(reached).unwrap_or_default();
        let borne_out = BORNE_OUT
            .iter()
            .find_map(|basis| references.iter().find(|r| r.named.basis == *basis && r.excess.is_ok()))
            .filter(|reference| reference.is_borne_out(scale, &self.protocol.thresholds))
            .map(|reference| reference.named.name);
        let beyond = self.beyond(&curves, maps)?;
        let told = |((map, evidence), beyond): ((&AuditedMap, Measured<Evidence>), Beyond)| {
            let scores = map.scores.as_ref().map_err(Clone::clone)?;
            let violation = loo.as_ref().map_err(Clone::clone).and_then(|loo| match scale {
                Scale::Probability => violation(&scores.words, &loo.probability),
                Scale::LogOdds => violation(&scores.words, &loo.log_odds),
            });
            let plotted = map.name == PLOTTED && !map.sinks_removed;
            let weights = weights.as_ref().ok().filter(|_| plotted).cloned();
            Ok(WordErasure { curves: evidence?, violation, weights, beyond })
        };
        let maps = maps.iter().zip(found).zip(beyond).map(told).collect();
        Ok(Erasures { random: Ok(random), maps, references, attainable, scale, borne_out })
    }

    /// What every order of this text's words is held against.
    fn random(&mut self, curves: &Curves<'_>) -> Result<RandomOrders, Failure> {
        let (comprehensiveness, sufficiency) = curves.bands();
        let most_comprehensive = self.bounds(curves, Side::Comprehensiveness)?;
        let most_sufficient = self.bounds(curves, Side::Sufficiency)?;
        self.pass("bounds of AOPC");
        let bins = curves.bins.clone();
        let aopc = |get: &dyn Fn(&Change) -> f64| -> Vec<f64> {
            let all: Vec<f64> =
                curves.random.iter().map(|curve| get(&curve.aopc_comprehensiveness())).collect();
            if all.iter().all(|value| value.is_finite()) { all } else { Vec::new() }
        };
        Ok(RandomOrders {
            bins,
            comprehensiveness,
            sufficiency,
            aopc: aopc(&|change| change.probability),
            aopc_log_odds: aopc(&|change| change.log_odds / curves.span),
            span: curves.span,
            most_comprehensive,
            most_sufficient,
        })
    }

    /// What AOPC can be on this text, where that was asked for.
    fn bounds(&self, curves: &Curves<'_>, side: Side) -> Result<Measured<Bounds>, Failure> {
        let budget = self.protocol.budget;
        if !self.protocol.naopc {
            Ok(Err(Missing::NotAsked))
        } else if budget.bounded.contains(&side) {
            Ok(curves.bounds(side, BEAM)?)
        } else {
            Ok(Err(Missing::Effort { effort: budget.name }))
        }
    }
}

/// The largest excess of a reference's own order on each scale.
fn most(references: &[ReferenceEvidence]) -> Measured<Reached> {
    let told = references.iter().filter_map(|reference| reference.reached().ok());
    told.reduce(|a, b| Reached {
        probability: a.probability.max(b.probability),
        log_odds: a.log_odds.max(b.log_odds),
    })
    .ok_or(Missing::RestsOn { what: "a reference's own erasure" })
}

/// What `run` finds of each scoring, missing where the scoring is.
fn each<'s, T>(
    scorings: impl Iterator<Item = &'s Measured<Scores>>,
    run: impl FnOnce(&[&[f64]]) -> candle_core::Result<Vec<Measured<T>>>,
) -> Result<Vec<Measured<T>>, Failure> {
    let scorings: Vec<&Measured<Scores>> = scorings.collect();
    let ranked: Vec<&[f64]> =
        scorings.iter().filter_map(|s| Some(s.as_ref().ok()?.words.as_slice())).collect();
    let mut found = run(&ranked)?.into_iter();
    let each = scorings.iter().map(|scores| match scores {
        Ok(_) => found.next().unwrap_or(Err(Missing::RestsOn { what: "erasure" })),
        Err(missing) => Err(missing.clone()),
    });
    Ok(each.collect())
}
