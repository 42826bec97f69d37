//! Whether a site can move the prediction at all, before anything is read into swaps that do not.

use std::ops::Range;

use candle_core::Result;

use super::ground::Ground;
use super::moves::PlainSwap;
use super::site::Site;
use crate::missing::{Measured, Missing};
use crate::shift::{Observed, Shift};
use crate::stats::order::quantile;

/// What shuffling does to the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Permuted {
    /// The median total variation distance, in [0, 1]; low means that the order of the weights hardly matters.
    pub median_tvd: f64,
    /// The distances' quantiles at 0, 25, 50, 75 and 100 %.
    pub quantiles: [f64; 5],
    /// Every distance, rising.
    pub sorted: Vec<f64>,
    /// How many shuffles were made.
    pub n: usize,
}

/// What attending to one key alone does to the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct OneHot {
    /// The greatest total variation distance over keys.
    pub max_tvd: f64,
    /// The median total variation distance over keys.
    pub median_tvd: f64,
    /// The key token where it is greatest.
    pub token: usize,
    /// That token's content word; none for a special token.
    pub word: Option<usize>,
    /// How many keys were tried.
    pub n: usize,
}

/// How far each of `swaps` moves the `observed` prediction.
pub(super) fn shifts(
    ground: &Ground,
    observed: &Observed,
    swaps: &[PlainSwap],
) -> Result<Measured<Vec<Shift>>> {
    let probe = &ground.subject.probe;
    // Where every layer of one text attends to one word, a pass reads few tokens.
    let few = ground.site == Site::All && probe.trace.source.is_none();
    let lone = |swap: &PlainSwap| few && matches!(swap, PlainSwap::OneHot(_));
    let (whole, few) = swaps.split_at(swaps.iter().position(lone).unwrap_or(swaps.len()));
    let make = |range: Range<usize>, layer| ground.swapped_at(layer, &whole[range]);
    let mut logits = probe.swapped(&ground.layers(), whole.len(), make)?;
    let keys: Vec<usize> = few.iter().filter_map(|swap| swap.key()).collect();
    let among: Vec<Vec<usize>> = keys.iter().map(|&key| ground.read_with(key)).collect();
    let make = |range: Range<usize>| ground.one_hots(&keys[range.clone()], &among[range]);
    logits.extend(probe.swapped_among(&among, make)?);
    let found: Option<Vec<Shift>> = logits.iter().map(|row| observed.shift(row)).collect();
    Ok(found.ok_or(Missing::NotFinite { what: "a swapped prediction" }))
}

/// Sums up the shuffles' distances; `None` where there are none.
pub(super) fn permuted(distances: &[f64]) -> Option<Permuted> {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |q| quantile(&sorted, q);
    let quantiles = [at(0.0)?, at(0.25)?, at(0.5)?, at(0.75)?, at(1.0)?];
    Some(Permuted { median_tvd: quantiles[2], quantiles, n: sorted.len(), sorted })
}

/// Sums up the one-hot distances, in the order of the keys; the first of equals is named.
pub(super) fn one_hot(ground: &Ground, distances: &[f64]) -> Option<OneHot> {
    let (mut at, mut max_tvd) = (0, f64::NEG_INFINITY);
    for (i, &tvd) in distances.iter().enumerate() {
        if tvd > max_tvd {
            (at, max_tvd) = (i, tvd);
        }
    }
    let unit = *ground.units.get(at)?;
    Some(OneHot {
        max_tvd,
        median_tvd: quantile(distances, 0.5)?,
        token: ground.keys[at],
        word: (unit < ground.subject.words.len()).then_some(unit),
        n: distances.len(),
    })
}
