//! Permutation nulls: how often shuffled words agree as well as the observed ones do.

use std::ops::ControlFlow;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::pairs::PairBits;
use super::rank::{centred_ranks, dense_ranks, dot};

/// Up to this many words all permutations are enumerated: 7! = 5040.
pub const EXACT_UP_TO: usize = 7;

/// How many permutations to draw where enumeration is too long, and when to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    /// Permutations drawn at most; 999 makes .001 the least p.
    pub count: usize,
    /// Stop a tail at this many exceedances (Besag & Clifford 1991); `None` draws all.
    pub stop_after: Option<usize>,
}

impl Default for Draws {
    /// 999 draws, each tail stopped at its 20th exceedance.
    fn default() -> Self {
        Self { count: 999, stop_after: Some(20) }
    }
}

/// The p-value of one tail and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// In (0, 1]; low where shuffled words seldom reach the observed value.
    pub p: f64,
    /// Permutations that this p rests on.
    pub used: usize,
    /// Stopped before all permutations were drawn, because p was already far from small.
    pub stopped: bool,
}

/// The result of a permutation test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PermutationTest {
    /// The statistic on the words as they stand.
    pub observed: f64,
    /// Is the agreement greater than by chance?
    pub greater: Tail,
    /// Is it further from 0 than by chance, in either direction?
    pub two_sided: Tail,
    /// All n! permutations were enumerated, the identity among them.
    pub exact: bool,
}

/// Tests any statistic of a permutation of `n` words.
///
/// `statistic` gets the permutation as indices `[n]`, the identity for the observed value. `None` where it is
/// undefined or not finite for the identity.
///
/// - n ≤ [`EXACT_UP_TO`]: exact, `p = #{≥} / n!`.
/// - Otherwise `p = (1 + #{≥}) / (1 + N)` over N draws (Phipson & Smyth 2010), never 0.
/// - With `stop_after = h`, each tail ends at its own h-th exceedance with `p = h / used` (Besag & Clifford
///   1991), valid as a p-value; with h = 20 it is stopped only at p ≥ 20/999, with a relative standard error of
///   about 22 %. Where p must be compared with .05 at close range, draw all.
///
/// Ties are exceedances. They are told within a relative 1e-12, so that rounding does not understate p; a
/// permutation for which the statistic is undefined is an exceedance too.
pub fn permutation_test(
    n: usize,
    draws: Draws,
    rng: &mut ChaCha8Rng,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<PermutationTest> {
    let identity: Vec<usize> = (0..n).collect();
    let observed = statistic(&identity).filter(|value| value.is_finite())?;
    let exact = n <= EXACT_UP_TO;
    let limit = if exact { None } else { draws.stop_after };
    let (mut greater, mut two_sided) = (Count::new(limit), Count::new(limit));
    let _ = visit(n, draws.count, rng, |order| {
        let value = statistic(order);
        greater.add(value.is_none_or(|v| reaches(v, observed)));
        two_sided.add(value.is_none_or(|v| reaches(v.abs(), observed.abs())));
        if greater.ended && two_sided.ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    Some(PermutationTest { observed, greater: greater.tail(exact), two_sided: two_sided.tail(exact), exact })
}

/// Permutation test of Kendall's tau-b; see [`permutation_test`] and [`super::rank::kendall_tau_b`].
///
/// `None` where tau-b is undefined. Costs `n²/128` word operations and `n²/2` comparisons per permutation; for
/// many maps against one reference use [`super::maximum::tau_null`], which shares the permutations.
pub fn tau_test(x: &[f64], y: &[f64], draws: Draws, rng: &mut ChaCha8Rng) -> Option<PermutationTest> {
    if x.len() != y.len() {
        return None;
    }
    let (fixed, mut moving, ranks) = (PairBits::new(x)?, PairBits::new(y)?, dense_ranks(y)?);
    let mut moved = ranks.clone();
    permutation_test(x.len(), draws, rng, |order| {
        moved.iter_mut().zip(order).for_each(|(slot, &i)| *slot = ranks[i]);
        moving.fill(&moved);
        fixed.tau(&moving)
    })
}

/// Permutation test of Spearman's rho; see [`permutation_test`] and [`super::rank::spearman`].
///
/// `None` where rho is undefined.
pub fn spearman_test(x: &[f64], y: &[f64], draws: Draws, rng: &mut ChaCha8Rng) -> Option<PermutationTest> {
    if x.len() != y.len() {
        return None;
    }
    let (a, b) = (centred_ranks(x)?, centred_ranks(y)?);
    let scale = (dot(&a, &a) * dot(&b, &b)).sqrt();
    permutation_test(x.len(), draws, rng, |order| {
        let score: f64 = a.iter().zip(order).map(|(a, &i)| a * b[i]).sum();
        (scale > 0.0).then(|| (score / scale).clamp(-1.0, 1.0))
    })
}

/// `value ≥ bar`, up to rounding; NaN reaches every bar, so that it cannot make a p small.
pub(super) fn reaches(value: f64, bar: f64) -> bool {
    value.is_nan() || value >= bar - 1e-12 * bar.abs()
}

/// Visits all permutations of `n ≤ EXACT_UP_TO` in lexicographic order, else `count` random ones.
pub(super) fn visit(
    n: usize,
    count: usize,
    rng: &mut ChaCha8Rng,
    mut each: impl FnMut(&[usize]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut order: Vec<usize> = (0..n).collect();
    if n <= EXACT_UP_TO {
        each(&order)?;
        while advance(&mut order) {
            each(&order)?;
        }
    } else {
        for _ in 0..count {
            order.shuffle(rng);
            each(&order)?;
        }
    }
    ControlFlow::Continue(())
}

/// The next permutation in lexicographic order; false after the last.
fn advance(order: &mut [usize]) -> bool {
    let Some(pivot) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    let swap = order.iter().rposition(|&item| item > order[pivot]).unwrap_or(pivot);
    order.swap(pivot, swap);
    order[pivot + 1..].reverse();
    true
}

/// Exceedances of one tail, ended at the limit.
struct Count {
    exceeding: usize,
    used: usize,
    limit: Option<usize>,
    ended: bool,
}

impl Count {
    fn new(limit: Option<usize>) -> Self {
        Self { exceeding: 0, used: 0, limit: limit.map(|h| h.max(1)), ended: false }
    }

    fn add(&mut self, exceeds: bool) {
        if !self.ended {
            self.used += 1;
            self.exceeding += usize::from(exceeds);
            self.ended = self.limit.is_some_and(|h| self.exceeding >= h);
        }
    }

    fn tail(&self, exact: bool) -> Tail {
        let (exceeding, used) = (self.exceeding as f64, self.used as f64);
        let p = if exact || self.ended { exceeding / used } else { (1.0 + exceeding) / (1.0 + used) };
        Tail { p, used: self.used, stopped: self.ended }
    }
}
