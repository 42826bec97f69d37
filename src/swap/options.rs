//! How swaps are made and judged.

use super::site::Specials;
use crate::shift::LEAST_SPAN;

/// What the adversary's search starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Random logits, at rate 0.01 (Jain & Wallace 2019): for hundreds of steps.
    Random,
    /// The best plain swap that keeps the prediction, or the one nearest to that, and the half of the way to it; further
    /// candidates at random. The rate is such that a logit can move by about 5 over all steps, 0.01 to 0.1: for few
    /// steps.
    Plain,
}

/// How swaps are made and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct SwapOptions {
    /// Whether special tokens keep their mass.
    pub specials: Specials,
    /// Random shuffles.
    pub permutations: usize,
    /// Whether the adversary is searched.
    pub adversary: bool,
    /// K, the candidates searched together.
    pub candidates: usize,
    /// The most steps of the search.
    pub steps: usize,
    /// What the search starts from.
    pub start: Start,
    /// A site with more shares than this is not searched: a search holds about ten times as many numbers.
    pub largest: usize,
    /// ε: a prediction moved by no more than this, on the scale that the site is judged on, counts as the same.
    pub epsilon: f64,
    /// The span of log-odds that their shares are taken of, above 0: see [`crate::shift`].
    pub span: f64,
    /// A map that diverges by at least so many nats counts as very different.
    pub divergence: f64,
}

impl Default for SwapOptions {
    fn default() -> Self {
        Self {
            specials: Specials::Keep,
            permutations: 100,
            adversary: true,
            candidates: 5,
            steps: 500,
            start: Start::Random,
            largest: usize::MAX,
            epsilon: 0.05,
            span: LEAST_SPAN,
            divergence: 0.4,
        }
    }
}
