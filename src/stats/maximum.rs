//! Many maps against one reference: the null of the best of them.

use std::ops::ControlFlow;

use rand_chacha::ChaCha8Rng;

use super::order::{mean, quantile};
use super::pairs::PairBits;
use super::permutation::{EXACT_UP_TO, reaches, visit};
use super::rank::dense_ranks;

/// One map's agreement with the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapAgreement {
    /// Kendall's tau-b, in [-1, 1].
    pub tau: f64,
    /// p of this map alone, greater than by chance; right for a map that was chosen beforehand.
    pub p: f64,
    /// p of this map alone, in either direction.
    pub p_two_sided: f64,
    /// p against the null of the maximum over all maps; right for a map that was chosen as the best.
    pub p_adjusted: f64,
}

/// The agreement of many maps with one reference, under permutations shared by all maps.
#[derive(Debug, Clone, PartialEq)]
pub struct TauNull {
    /// Per map, in the order given; `None` where its tau is undefined. Such maps take no part in the maximum.
    pub maps: Vec<Option<MapAgreement>>,
    /// Mean of the greatest tau over maps under the null.
    pub max_mean: f64,
    /// 95 % point of the greatest tau over maps under the null: what the best map must exceed.
    pub max_p95: f64,
    /// Permutations used.
    pub used: usize,
    /// All n! permutations were enumerated, the identity among them.
    pub exact: bool,
}

/// Permutes the reference and takes the greatest tau-b over all maps each time (Westfall & Young 1993, max-T).
///
/// `maps` are any number of `[n]`, `reference` is `[n]`. The maps keep their own correlation, so the
/// correction is no stricter than it must be; it bounds the chance of any false claim among all maps. It is
/// one-sided: strong disagreement does not count. Small n is enumerated, larger n drawn `count` times with
/// `p = (1 + #{≥}) / (1 + count)`. Nothing is stopped early, since the distribution itself is reported.
///
/// `None` where no tau is defined: a reference all tied or not finite, fewer than two words, no usable
/// map, no draws.
/// Maps of another length than the reference are `None` in the result. Memory: `n²/8` bytes per map; time:
/// `count · maps · n²/128` word operations.
#[must_use]
pub fn tau_null(
    maps: &[impl AsRef<[f64]>],
    reference: &[f64],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Option<TauNull> {
    let n = reference.len();
    let (mut moving, ranks) = (PairBits::new(reference)?, dense_ranks(reference)?);
    let mut candidates: Vec<Option<Candidate>> = maps
        .iter()
        .map(|map| {
            let map = Some(map.as_ref()).filter(|map| map.len() == n)?;
            let pairs = PairBits::new(map)?;
            let tau = pairs.tau(&moving)?;
            Some(Candidate { pairs, tau, reached: 0, reached_two_sided: 0, reached_by_max: 0 })
        })
        .collect();
    if candidates.iter().all(Option::is_none) {
        return None;
    }

    let exact = n <= EXACT_UP_TO;
    let mut moved = ranks.clone();
    let mut maxima = Vec::with_capacity(count);
    let _ = visit(n, count, rng, |order| {
        moved.iter_mut().zip(order).for_each(|(slot, &i)| *slot = ranks[i]);
        moving.fill(&moved);
        let mut max = f64::NEG_INFINITY;
        for candidate in candidates.iter_mut().flatten() {
            max = max.max(candidate.compare(&moving));
        }
        for candidate in candidates.iter_mut().flatten() {
            candidate.reached_by_max += usize::from(reaches(max, candidate.tau));
        }
        maxima.push(max);
        ControlFlow::Continue(())
    });

    let used = maxima.len();
    let share = |reached: usize| {
        if exact { reached as f64 / used as f64 } else { (1.0 + reached as f64) / (1.0 + used as f64) }
    };
    let maps = candidates
        .iter()
        .map(|candidate| {
            candidate.as_ref().map(|c| MapAgreement {
                tau: c.tau,
                p: share(c.reached),
                p_two_sided: share(c.reached_two_sided),
                p_adjusted: share(c.reached_by_max),
            })
        })
        .collect();
    Some(TauNull { maps, max_mean: mean(&maxima)?, max_p95: quantile(&maxima, 0.95)?, used, exact })
}

struct Candidate {
    pairs: PairBits,
    tau: f64,
    reached: usize,
    reached_two_sided: usize,
    reached_by_max: usize,
}

impl Candidate {
    /// Tau under one permutation, counted against the observed one.
    fn compare(&mut self, permuted: &PairBits) -> f64 {
        // Both sides have untied pairs, which permuting keeps.
        let tau = self.pairs.tau(permuted).unwrap_or(0.0);
        self.reached += usize::from(reaches(tau, self.tau));
        self.reached_two_sided += usize::from(reaches(tau.abs(), self.tau.abs()));
        tau
    }
}
