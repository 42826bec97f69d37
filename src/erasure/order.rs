//! Orders in which words are erased.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::stats::rank::argsort_descending;

/// Greatest score first; ties keep the order of the text.
#[must_use]
pub fn descending(scores: &[f64]) -> Vec<usize> {
    argsort_descending(scores)
}

/// The same backwards: least score first, which is erasure from the bottom up.
#[must_use]
pub fn ascending(scores: &[f64]) -> Vec<usize> {
    let mut order = argsort_descending(scores);
    order.reverse();
    order
}

/// `count` independent orders of `n` words, each of the n! equally likely.
#[must_use]
pub fn random(n: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let draw = |_| {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        order
    };
    (0..count).map(draw).collect()
}
