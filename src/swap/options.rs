//! How swaps are made and judged.

use super::site::Specials;

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
    /// ε: a prediction moved by no more total variation than this counts as the same.
    pub epsilon: f64,
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
            epsilon: 0.05,
            divergence: 0.4,
        }
    }
}
