//! The adversary's loss as a function of its logits, with its gradient, through the model.

use candle_core::{Result, Tensor};

use super::ground::{Ground, Observed};
use super::loss::{log_odds_penalty, map_loss, prediction_penalty};
use super::map::Map;
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::model::softmax;
use crate::shift::{Observed as Prediction, Scale, Shift};
use crate::stats::divergence::jensen_shannon;

/// The loss over K candidates' logits, each as many as the site has shares.
#[derive(Debug)]
pub(super) struct Objective<'a> {
    ground: &'a Ground<'a>,
    map: &'a Map,
    slabs: Vec<Observed>,
    prediction: &'a Prediction,
    scale: Scale,
}

/// The loss at one point, and what it is made of.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// Of each candidate in turn.
    pub shares: Vec<f64>,
    /// Each candidate's map.
    pub maps: Vec<Vec<f64>>,
    /// How far each candidate's map is from the observed one, in nats.
    pub divergences: Vec<f64>,
    /// How far each candidate moves the prediction.
    pub shifts: Vec<Shift>,
    pub loss: f64,
    /// At the logits.
    pub gradient: Vec<f64>,
}

impl<'a> Objective<'a> {
    /// The prediction is to stay by `scale`.
    pub fn new(
        ground: &'a Ground<'a>,
        map: &'a Map,
        (prediction, scale): (&'a Prediction, Scale),
    ) -> Result<Self> {
        let slabs = ground.slabs.iter().map(|slab| ground.observed(slab)).collect::<Result<_>>()?;
        Ok(Self { ground, map, slabs, prediction, scale })
    }

    /// The loss and its gradient at the `logits` of K candidates; one forward and one reverse pass for all K.
    pub fn evaluate(&self, logits: &[f64]) -> Result<Measured<Evaluated>> {
        let (map, size) = (self.map, self.map.size());
        let mut shares: Vec<f64> = Vec::with_capacity(logits.len());
        for logits in logits.chunks_exact(size) {
            map.rows.iter().for_each(|row| shares.extend(softmax(row.of(logits))));
        }
        if shares.iter().any(|share| share.is_nan()) {
            return Ok(Err(not_finite()));
        }
        let maps: Vec<Vec<f64>> = shares.chunks_exact(size).map(|shares| map.of(shares)).collect();
        let Some((mut loss, at_maps)) = map_loss(&maps, &map.shown.shares) else {
            return Ok(Err(not_finite()));
        };
        let patterns = self.ground.all_patterns(&self.slabs, (maps.len(), &shares))?;
        let penalty = |logits: &[f64]| match self.scale {
            Scale::Probability => prediction_penalty(logits, &self.prediction.probabilities),
            Scale::LogOdds => log_odds_penalty(logits, self.prediction),
        };
        let (outputs, at_patterns) =
            self.ground.subject.probe.pattern_gradients(patterns, |_, logits| penalty(logits).1)?;
        loss += outputs.iter().map(|logits| penalty(logits).0).sum::<f64>();
        let divergences: Option<Vec<f64>> =
            maps.iter().map(|m| jensen_shannon(m, &map.shown.shares)).collect();
        let shifts: Option<Vec<Shift>> = outputs.iter().map(|logits| self.prediction.shift(logits)).collect();
        let (Some(divergences), Some(shifts), true) = (divergences, shifts, loss.is_finite()) else {
            return Ok(Err(not_finite()));
        };
        let entries = entries(self.ground, &at_patterns, maps.len())?;
        let each = shares.chunks_exact(size).zip(&at_maps).zip(&entries);
        let gradient =
            each.flat_map(|((shares, at_map), entries)| map.reverse(shares, at_map, entries)).collect();
        Ok(Ok(Evaluated { shares, maps, divergences, shifts, loss, gradient }))
    }
}

fn not_finite() -> Missing {
    Missing::NotFinite { what: "the adversary's loss" }
}

/// The gradients at each candidate's movable entries, row by row, out of the gradients at whole patterns.
fn entries(ground: &Ground, at_patterns: &[Tensor], candidates: usize) -> Result<Vec<Vec<f64>>> {
    let t = ground.subject.tokens();
    let mut entries = vec![Vec::new(); candidates];
    for (slab, at) in ground.slabs.iter().zip(at_patterns) {
        let at = to_f64(at)?;
        for (entries, at) in entries.iter_mut().zip(at.chunks_exact(at.len() / candidates)) {
            for (start, sees) in slab.starts(t).zip(slab.spans()) {
                entries.extend(ground.keys[sees.clone()].iter().map(|&key| at[start + key]));
            }
        }
    }
    Ok(entries)
}
