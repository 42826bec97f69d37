//! Erasure on one example: every reading against the random orders, and the references' own orders beside them.

use super::agreement::Named;
use super::beyond::Beyond;
use super::evidence::{AuditedMap, RandomOrders, ReferenceEvidence, WordErasure};
use super::examine::Examination;
use super::failure::Failure;
use crate::attribution::{Basis, PLOTTED, Scores};
use crate::erasure::{Analogue, Bounds, Curves, Evidence, Side, violation};
use crate::missing::{Measured, Missing};

/// Sets that the search for the bounds of AOPC keeps at each step (Edin et al. 2024).
const BEAM: usize = 5;

/// What erasure says of a text: of random orders, of each map, of each reference.
pub(super) struct Erasures {
    pub random: Measured<RandomOrders>,
    pub maps: Vec<Measured<WordErasure>>,
    pub references: Vec<ReferenceEvidence>,
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
                    random: Err(missing),
                });
            }
        };
        let bottom_up = self.protocol.budget.bottom_up;
        let own = each_erasure(&curves, references.iter().map(|r| &r.scores), false)?;
        self.pass("erasure by references");
        let found = each_erasure(&curves, maps.iter().map(|map| &map.scores), bottom_up)?;
        self.pass("erasure by readings");
        let random = self.random(&curves)?;
        let loo = self.shared.leave_one_out(operator)?;
        let weights =
            if weights { self.shared.erase_weights(Analogue::default())? } else { Err(Missing::NotAsked) };
        self.pass("erasure of attention weights");
        let beyond = self.beyond(&curves, maps)?;
        let told = |((map, evidence), beyond): ((&AuditedMap, Measured<Evidence>), Beyond)| {
            let scores = map.scores.as_ref().map_err(Clone::clone)?;
            let violation =
                loo.as_ref().map_err(Clone::clone).and_then(|loo| violation(&scores.words, &loo.probability));
            let plotted = map.name == PLOTTED && !map.sinks_removed;
            let weights = weights.as_ref().ok().filter(|_| plotted).cloned();
            Ok(WordErasure { curves: evidence?, violation, weights, beyond })
        };
        let maps = maps.iter().zip(found).zip(beyond).map(told).collect();
        let of_reference = |(named, evidence): (Named, Measured<Evidence>)| {
            let excess = match named.basis {
                // The control ranks nothing, so its order says nothing about what a map could reach.
                Basis::Chance => Err(Missing::NotAsked),
                _ => named.usable().and(evidence).map(|evidence| evidence.excess.mean),
            };
            ReferenceEvidence { named, excess }
        };
        let references = references.into_iter().zip(own).map(of_reference).collect();
        Ok(Erasures { random: Ok(random), maps, references })
    }

    /// What every order of this text's words is held against.
    fn random(&mut self, curves: &Curves<'_>) -> Result<RandomOrders, Failure> {
        let (comprehensiveness, sufficiency) = curves.bands();
        let most_comprehensive = self.bounds(curves, Side::Comprehensiveness)?;
        let most_sufficient = self.bounds(curves, Side::Sufficiency)?;
        self.pass("bounds of AOPC");
        let bins = curves.bins.clone();
        let aopc: Vec<f64> =
            curves.random.iter().map(|curve| curve.aopc_comprehensiveness().probability).collect();
        let aopc = if aopc.iter().all(|value| value.is_finite()) { aopc } else { Vec::new() };
        Ok(RandomOrders { bins, comprehensiveness, sufficiency, aopc, most_comprehensive, most_sufficient })
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

/// One evidence per scoring, missing where the scoring is.
fn each_erasure<'s>(
    curves: &Curves<'_>,
    scorings: impl Iterator<Item = &'s Measured<Scores>>,
    bottom_up: bool,
) -> Result<Vec<Measured<Evidence>>, Failure> {
    let scorings: Vec<&Measured<Scores>> = scorings.collect();
    let ranked: Vec<&[f64]> =
        scorings.iter().filter_map(|s| Some(s.as_ref().ok()?.words.as_slice())).collect();
    let mut found = curves.evidence(&ranked, bottom_up)?.into_iter();
    let each = scorings.iter().map(|scores| match scores {
        Ok(_) => found.next().unwrap_or(Err(Missing::RestsOn { what: "erasure" })),
        Err(missing) => Err(missing.clone()),
    });
    Ok(each.collect())
}
