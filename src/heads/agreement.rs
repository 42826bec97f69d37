//! Which heads rank the words as a reference does, when the best of many is looked at.

use rand_chacha::ChaCha8Rng;

use super::table::HeadRow;
use crate::missing::{Measured, Missing};
use crate::stats::maximum::tau_null;

/// One head's agreement with the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadAgreement {
    /// Kendall's tau-b over content words, in [-1, 1].
    pub tau: f64,
    /// p of this head alone, greater than by chance: only for a head chosen beforehand.
    pub p: f64,
    /// p against the null of the greatest tau over all heads.
    pub p_adjusted: f64,
}

/// All heads' agreement with one reference.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadsAgreement {
    /// In the order of the rows; missing where a head gives every word the same weight.
    pub heads: Vec<Measured<HeadAgreement>>,
    /// Mean of the greatest tau over heads under the null.
    pub max_mean: f64,
    /// Its 95 % point: what the best head must exceed.
    pub max_p95: f64,
    /// How many permutations were used.
    pub used: usize,
    /// All n! of them.
    pub exact: bool,
}

/// Compares each head's word weights with `reference`, one score per content word, under `count` permutations
/// shared by all heads (Westfall & Young 1993).
///
/// Missing with fewer than two words, or where the reference ranks nothing.
pub fn agreement(
    rows: &[HeadRow],
    reference: &[f64],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Measured<HeadsAgreement> {
    if reference.len() < 2 {
        return Err(Missing::TooFewWords { found: reference.len(), needed: 2 });
    }
    if reference.iter().any(|score| !score.is_finite()) {
        return Err(Missing::NotFinite { what: "a reference score" });
    }
    let maps: Vec<&[f64]> = rows.iter().map(|row| row.words.as_slice()).collect();
    let null = tau_null(&maps, reference, count, rng).ok_or(Missing::Constant)?;
    let heads = null.maps.iter().map(|map| {
        let map = map.as_ref().ok_or(Missing::Constant)?;
        Ok(HeadAgreement { tau: map.tau, p: map.p, p_adjusted: map.p_adjusted })
    });
    Ok(HeadsAgreement {
        heads: heads.collect(),
        max_mean: null.max_mean,
        max_p95: null.max_p95,
        used: null.used,
        exact: null.exact,
    })
}
