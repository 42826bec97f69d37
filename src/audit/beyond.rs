//! What is shown beside erasure in order, and no verdict rests on: magnitudes, a cap, the plausibility of erased texts, edges
//! cut off.

use super::evidence::AuditedMap;
use super::examination::Examination;
use super::failure::Failure;
use crate::erasure::{
    Capped, CappedEvidence, Curves, Implausible, KnockedRows, Knockout, KnockoutEvidence, NO_MEASURE,
    Operator, Soft, SoftEvidence, Standing, knockout_window, standing,
};
use crate::missing::{Measured, Missing, Outcome};

/// Of one map.
#[derive(Debug, Clone)]
pub(crate) struct Beyond {
    /// Erasure in proportion to weights, and what an embedding moves to.
    pub soft: Measured<(Operator, SoftEvidence)>,
    /// Erasure under a cap, and how many words that is.
    pub capped: Measured<(usize, CappedEvidence)>,
    /// Where its erased texts stand.
    pub standing: Measured<Standing>,
    /// Edges to its words cut off.
    pub knockout: Measured<Knocked>,
}

/// An attention knockout, and how it was made.
#[derive(Debug, Clone)]
pub(crate) struct Knocked {
    pub rows: KnockedRows,
    /// Layers that were cut together.
    pub window: usize,
    /// Words that were cut off together.
    pub words: usize,
    pub found: KnockoutEvidence,
}

impl Examination<'_> {
    /// Of each map, as far as the effort pays for it.
    pub fn beyond(&mut self, curves: &Curves<'_>, maps: &[AuditedMap]) -> Result<Vec<Beyond>, Failure> {
        let capped = self.capped(maps)?;
        self.pass("capped erasure");
        let standing = self.standing(curves, maps)?;
        self.pass("plausibility of erased texts");
        let soft = self.soft(maps)?;
        self.pass("soft erasure");
        let knockouts = self.knockouts(maps)?;
        self.pass("attention knockout");
        let each = soft.into_iter().zip(capped).zip(standing.into_iter().zip(knockouts));
        let one = |((soft, capped), (standing, knockout))| Beyond { soft, capped, standing, knockout };
        Ok(each.map(one).collect())
    }

    fn knockouts(&self, maps: &[AuditedMap]) -> Result<Vec<Measured<Knocked>>, Failure> {
        let (subject, draws) = (self.shared.subject, self.protocol.budget.knockouts);
        if draws == 0 {
            return Ok(self.at_no_effort(maps));
        }
        let rows = self.protocol.knockout_from;
        let window = knockout_window(subject.probe.model.spec().layers);
        let knockout = match Knockout::new(subject, rows, window, draws)? {
            Ok(knockout) => knockout,
            Err(missing) => return Ok(maps.iter().map(|_| Err(missing.clone())).collect()),
        };
        let (window, words) = (knockout.window, knockout.words);
        let found = each_once(maps, |weights| knockout.evidence(weights))?.into_iter();
        Ok(found.map(|found| found.map(|found| Knocked { rows, window, words, found })).collect())
    }

    fn soft(&self, maps: &[AuditedMap]) -> Result<Vec<Measured<(Operator, SoftEvidence)>>, Failure> {
        let (subject, budget) = (self.shared.subject, self.protocol.budget);
        if budget.soft_orders == 0 {
            return Ok(self.at_no_effort(maps));
        }
        let soft = match Soft::new(subject, self.protocol.operator, budget.soft_orders)? {
            Ok(soft) => soft,
            Err(missing) => return Ok(maps.iter().map(|_| Err(missing.clone())).collect()),
        };
        let found = each_once(maps, |weights| soft.evidence(weights))?.into_iter();
        Ok(found.map(|found| found.map(|found| (soft.operator(), found))).collect())
    }

    fn capped(&self, maps: &[AuditedMap]) -> Result<Vec<Measured<(usize, CappedEvidence)>>, Failure> {
        let budget = self.protocol.budget;
        let Some(cap) = budget.capped else { return Ok(self.at_no_effort(maps)) };
        let erased = self.shared.erased(self.protocol.operator);
        let capped = match Capped::new(erased, cap, budget.soft_orders)? {
            Ok(capped) => capped,
            Err(missing) => return Ok(maps.iter().map(|_| Err(missing.clone())).collect()),
        };
        let of = |map: &AuditedMap| match &map.scores {
            Ok(scores) => Ok(capped.evidence(&scores.words)?.map(|found| (capped.words, found))),
            Err(missing) => Ok(Err(missing.clone())),
        };
        maps.iter().map(of).collect()
    }

    fn standing(&self, curves: &Curves<'_>, maps: &[AuditedMap]) -> Result<Vec<Measured<Standing>>, Failure> {
        match Implausible::of(self.shared.subject) {
            None => return Ok(maps.iter().map(|_| Err(NO_MEASURE)).collect()),
            Some(measure) if !self.protocol.budget.standing.contains(&measure) => {
                return Ok(self.at_no_effort(maps));
            }
            Some(_) => {}
        }
        let scored: Vec<&[f64]> =
            maps.iter().filter_map(|map| Some(map.scores.as_ref().ok()?.words.as_slice())).collect();
        let all = match standing(curves, &scored)? {
            Ok(all) => all,
            Err(missing) => scored.iter().map(|_| Err(missing.clone())).collect(),
        };
        let mut all = all.into_iter();
        let of = |map: &AuditedMap| match &map.scores {
            Ok(_) => all.next().unwrap_or(Err(Missing::RestsOn { what: "erasure" })),
            Err(missing) => Err(missing.clone()),
        };
        Ok(maps.iter().map(of).collect())
    }

    fn at_no_effort<T>(&self, maps: &[AuditedMap]) -> Vec<Measured<T>> {
        let effort = self.protocol.budget.name;
        maps.iter().map(|_| Err(Missing::Effort { effort })).collect()
    }
}

/// The evidence on each map, found once for equal weights: where no word is a sink, taking sinks out leaves a map as it was.
fn each_once<T: Clone>(
    maps: &[AuditedMap],
    evidence: impl Fn(&[f64]) -> Outcome<T>,
) -> Result<Vec<Measured<T>>, Failure> {
    let mut known: Vec<(&[f64], Measured<T>)> = Vec::new();
    let mut out = Vec::with_capacity(maps.len());
    for map in maps {
        let found = match &map.scores {
            Ok(scores) => {
                let weights = scores.words.as_slice();
                let before = known.iter().find(|(before, _)| *before == weights);
                let found = match before {
                    Some((_, found)) => found.clone(),
                    None => evidence(weights)?,
                };
                known.push((weights, found.clone()));
                found
            }
            Err(missing) => Err(missing.clone()),
        };
        out.push(found);
    }
    Ok(out)
}
