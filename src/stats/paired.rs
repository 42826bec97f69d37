//! The same examples measured twice: how far the two differ in the mean, and whether chance would do it.

use rand::RngCore;
use rand_chacha::ChaCha8Rng;

use super::interval::{Interval, bootstrap_clusters};
use super::order::mean;
use super::permutation::reaches;

/// Up to so many pairs that differ every choice of signs is tried: 2¹³ up to their mirror images.
pub const SIGNS_EXACT_UP_TO: usize = 14;

/// Choices of signs drawn where there are more.
pub const SIGN_DRAWS: usize = 9_999;

/// The paired difference of a measure over examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// The mean difference and its interval by bootstrap over examples; no bounds for fewer than two.
    pub difference: Interval,
    /// How often the mean is as far from 0, in either direction, when each pair is turned round by a coin; in (0, 1].
    pub p: f64,
    /// Every choice of signs was tried.
    pub exact: bool,
    /// Texts whose differences are not 0 in sum; with none there is nothing to test, and p is 1.
    pub moved: usize,
}

/// The mean difference (second minus first, a value per example) with a percentile bootstrap of `resamples`, and its
/// two-sided p by turning signs (Fisher 1935, §21).
///
/// `texts` are `[m]`, the sum and the number of the differences of each independent text: where a text has several, as the
/// questions of a continuation, it is drawn and turned as a whole. The test holds where such a sum is as likely to be `d`
/// as `−d` if the two measure the same. Its least p is `2 / 2^moved` where exact, else `1 / (1 + SIGN_DRAWS)`. For single
/// differences of 0 and ±1 it is the exact test of `McNemar` (1947).
///
/// `None` without differences or where a sum is not finite.
#[must_use]
pub fn paired(texts: &[(f64, usize)], resamples: usize, rng: &mut ChaCha8Rng) -> Option<Paired> {
    let difference = bootstrap_clusters(texts, resamples, rng)?;
    let sums: Vec<f64> = texts.iter().map(|(sum, _)| *sum).collect();
    let (p, exact, moved) = sign_flip(&sums, SIGN_DRAWS, rng)?;
    Some(Paired { difference, p, exact, moved })
}

/// The p of turning signs, whether every choice was tried, and how many differences are not 0; those that are stay 0
/// whichever way they are turned.
fn sign_flip(differences: &[f64], draws: usize, rng: &mut ChaCha8Rng) -> Option<(f64, bool, usize)> {
    mean(differences)?;
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).filter(|size| *size > 0.0).collect();
    let observed = differences.iter().sum::<f64>().abs();
    let moved = sizes.len();
    // Sums that differ by rounding alone tie: up to the rounding of the whole sum, which may all but cancel.
    let total: f64 = sizes.iter().sum();
    let bar = observed - 1e-12 * total;
    if moved <= SIGNS_EXACT_UP_TO {
        // A choice and its mirror image give the same size of the sum, so the last sign is held.
        let choices = 1_u64 << moved.saturating_sub(1);
        let hits = (0..choices).filter(|signs| reaches(signed_sum(&sizes, &[*signs]).abs(), bar)).count();
        return Some((hits as f64 / choices as f64, true, moved));
    }
    let mut signs = vec![0_u64; moved.div_ceil(64)];
    let hits = (0..draws)
        .filter(|_| {
            for word in &mut signs {
                *word = rng.next_u64();
            }
            reaches(signed_sum(&sizes, &signs).abs(), bar)
        })
        .count();
    Some(((1 + hits) as f64 / (1 + draws) as f64, false, moved))
}

/// The sum, a value taken away where its bit is set.
fn signed_sum(sizes: &[f64], signs: &[u64]) -> f64 {
    let chunks = sizes.chunks(64).zip(signs);
    chunks
        .flat_map(|(sizes, word)| {
            sizes.iter().enumerate().map(move |(i, size)| if word >> i & 1 == 1 { -size } else { *size })
        })
        .sum()
}
