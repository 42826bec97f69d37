//! Orders in which words are erased.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::stats::rank::argsort_descending;
use crate::subject::Subject;

/// Fewer random orders than this make no null.
const LEAST_RANDOM: usize = 20;

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

/// The `count` random orders that every scoring of a text is compared with, at least 20: the same whoever asks.
#[must_use]
pub fn of_text(subject: &Subject<'_>, count: usize) -> Vec<Vec<usize>> {
    balanced(subject.words.len(), count.max(LEAST_RANDOM), &mut subject.rng("random orders"))
}

/// Rotations that are made of one random order.
const ROTATIONS: usize = 10;

/// `count` orders of `n` words in groups of ten: a random order and its rotations by even parts of n.
///
/// Each order is any of the n! with the same chance. Within a group a word stands once in every tenth of the order, so
/// that the mean over the orders, and how far they spread about it, hang less on where the draws happened to put the
/// few words that matter: with 20 independent orders of 20 words, one that alone decides is never among the
/// first two in 12 % of draws, and four times or more in 13 %. Intervals that take the orders for independent are
/// too wide for effects that add up, never too narrow by design.
#[must_use]
pub fn balanced(n: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut orders = Vec::with_capacity(count);
    while orders.len() < count {
        let parts = ROTATIONS.min(n.max(1)).min(count - orders.len());
        let base = random(n, 1, rng).swap_remove(0);
        orders.extend((0..parts).map(|part| {
            let mut order = base.clone();
            order.rotate_left(part * n / parts);
            order
        }));
    }
    orders
}
