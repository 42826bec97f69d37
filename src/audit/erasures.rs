//! Erasure on one example: every reading against the random orders, and the references' own orders beside them.

use super::convert;
use super::evidence::Named;
use super::example::{Examination, Reading};
use super::failure::Failure;
use crate::attribution::Scores;
use crate::erasure::{Analogue, Bounds, Curves, Evidence, Side, violation};
use crate::missing::{Measured, Missing};
use crate::report::example::{AopcBounds, Erasure};

/// Sets that the search for the bounds of AOPC keeps at each step (Edin et al. 2024).
const BEAM: usize = 5;

/// What erasure says of the readings, and the excess of the references' own orders.
type Erasures = (Vec<Measured<Erasure>>, Vec<Measured<f64>>);

impl Examination<'_> {
    /// The erasure of every reading, and the excess of every reference's own order.
    pub fn erasures(&mut self, readings: &[Reading], references: &[Named]) -> Result<Erasures, Failure> {
        let operator = self.protocol.operator;
        let erased = self.shared.erased(operator);
        let curves = match Curves::new(erased, self.protocol.budget.random_orders)? {
            Ok(curves) => curves,
            Err(missing) => {
                let none = references.iter().map(|_| Err(missing.clone())).collect();
                return Ok((readings.iter().map(|_| Err(missing.clone())).collect(), none));
            }
        };
        self.pass("random orders");
        let bottom_up = self.protocol.budget.bottom_up;
        let own = each_erasure(&curves, references.iter().map(|r| &r.scores), false)?;
        self.pass("erasure by references");
        let found = each_erasure(&curves, readings.iter().map(|r| &r.scores), bottom_up)?;
        self.pass("erasure by readings");
        let bounds = self.bounds(&curves)?;
        let loo = self.shared.leave_one_out(operator)?;
        let weights = self.shared.erase_weights(Analogue::default())?;
        self.pass("erasure of attention weights");
        let told = |(reading, evidence): (&Reading, Measured<Evidence>)| {
            let scores = reading.scores.as_ref().map_err(Clone::clone)?;
            let violation =
                loo.as_ref().map_err(Clone::clone).and_then(|loo| violation(&scores.words, &loo.probability));
            let weights = weights.as_ref().ok().filter(|_| reading.name == "raw" && !reading.sinks_removed);
            let mut erasure = convert::erasure(&curves, &evidence?, violation, weights);
            bounds.tell(&mut erasure);
            Ok(erasure)
        };
        let readings = readings.iter().zip(found).map(told).collect();
        // The control ranks nothing, so its order says nothing about what a map could reach.
        let excess = references.iter().zip(own).map(|(reference, evidence)| match reference.name {
            "random" => Err(Missing::NotAsked),
            _ => reference.usable().and(evidence).map(|evidence| evidence.excess.mean),
        });
        Ok((readings, excess.collect()))
    }

    /// What AOPC can be on this text, where that was asked for.
    fn bounds(&mut self, curves: &Curves<'_>) -> Result<TextBounds, Failure> {
        if !self.protocol.naopc {
            return Ok(TextBounds {
                comprehensiveness: Err(Missing::NotAsked),
                sufficiency: Err(Missing::NotAsked),
            });
        }
        let budget = self.protocol.budget;
        let bounds = |side: Side| {
            if budget.bounded.contains(&side) {
                curves.bounds(side, BEAM)
            } else {
                Ok(Err(Missing::Effort { effort: budget.name }))
            }
        };
        let (comprehensiveness, sufficiency) = (bounds(Side::Comprehensiveness)?, bounds(Side::Sufficiency)?);
        self.pass("bounds of AOPC");
        Ok(TextBounds { comprehensiveness, sufficiency })
    }
}

/// What AOPC can be on one text, whatever the reading.
struct TextBounds {
    comprehensiveness: Measured<Bounds>,
    sufficiency: Measured<Bounds>,
}

impl TextBounds {
    fn tell(&self, erasure: &mut Erasure) {
        let place = |bounds: &Measured<Bounds>, aopc: f64| {
            bounds.clone().and_then(|bounds| bounds.normalise(aopc).ok_or(Missing::Constant))
        };
        let told = |bounds: &Measured<Bounds>| {
            let bounds = bounds.as_ref().ok()?;
            Some(AopcBounds { lower: bounds.lower, upper: bounds.upper, exact: bounds.exact })
        };
        erasure.naopc = place(&self.comprehensiveness, erasure.aopc_comprehensiveness).into();
        erasure.naopc_sufficiency = place(&self.sufficiency, erasure.aopc_sufficiency).into();
        erasure.aopc_bounds = told(&self.comprehensiveness);
        erasure.aopc_sufficiency_bounds = told(&self.sufficiency);
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
