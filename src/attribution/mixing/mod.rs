//! Mixing: how far a hidden state still is its token. Attention in a layer above the first points at states, and a state is
//! made of its own token, its neighbours and the rest of the text.

mod gradient;
mod layerwise;
mod source;

pub use gradient::{Moved, moved};
pub use layerwise::{contributions, zeroed};
pub use source::{Origin, origin};

use std::ops::Range;

use crate::missing::{Missing, Outcome};
use crate::model::Probe;

/// Of each token's state what every token contributed, `[T, T]`, row-major; rows are at least 0 and sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixing {
    tokens: usize,
    shares: Vec<f64>,
}

/// What one state is made of; the three sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// Its own token's share.
    pub own: f64,
    /// That of the tokens right before and behind it.
    pub neighbours: f64,
    /// That of all others.
    pub rest: f64,
}

impl Mixing {
    /// From amounts `[T, T]`, none below 0, each row divided by its sum.
    ///
    /// # Errors
    ///
    /// Where an amount is not finite, or a row is of zeros: then nothing says what its state is made of.
    ///
    /// # Panics
    ///
    /// If there are not T · T of them.
    pub fn of(tokens: usize, mut amounts: Vec<f64>) -> Result<Self, Missing> {
        assert_eq!(amounts.len(), tokens * tokens, "a square of amounts");
        for row in amounts.chunks_exact_mut(tokens.max(1)) {
            let sum: f64 = row.iter().sum();
            if !sum.is_finite() {
                return Err(Missing::NotFinite { what: "what a state is made of" });
            }
            if sum <= 0.0 {
                return Err(Missing::Constant);
            }
            for amount in row {
                *amount /= sum;
            }
        }
        Ok(Self { tokens, shares: amounts })
    }

    /// Every state is its own token: what enters the first layer.
    #[must_use]
    pub fn none(tokens: usize) -> Self {
        let shares = (0..tokens * tokens).map(|at| f64::from(u8::from(at / tokens == at % tokens)));
        Self { tokens, shares: shares.collect() }
    }

    /// T, the number of tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// What one token's state is made of, `[T]`.
    ///
    /// # Panics
    ///
    /// If there is no such token.
    #[must_use]
    pub fn row(&self, token: usize) -> &[f64] {
        &self.shares[token * self.tokens..][..self.tokens]
    }

    /// The same with the two neighbours summed.
    ///
    /// # Panics
    ///
    /// If there is no such token.
    #[must_use]
    pub fn parts(&self, token: usize) -> Parts {
        let row = self.row(token);
        let before = token.checked_sub(1).map_or(0.0, |at| row[at]);
        let neighbours = before + row.get(token + 1).copied().unwrap_or(0.0);
        Parts { own: row[token], neighbours, rest: (1.0 - row[token] - neighbours).max(0.0) }
    }

    /// How far the states at a word's pieces are still that word: the mean over its pieces of the share of all of them.
    ///
    /// # Panics
    ///
    /// If a piece is outside the text.
    #[must_use]
    pub fn still(&self, word: &Range<usize>) -> f64 {
        let share = |piece: usize| self.row(piece)[word.clone()].iter().sum::<f64>();
        word.clone().map(share).sum::<f64>() / word.len().max(1) as f64
    }

    /// A layer on top of what is below it: `self · below`, without an identity of its own, for a layer's shares hold what the
    /// residual stream carries (Ferrando et al. 2022, section 3.3).
    ///
    /// # Panics
    ///
    /// If the two are of texts of other lengths.
    #[must_use]
    pub fn above(&self, below: &Self) -> Self {
        assert_eq!(self.tokens, below.tokens, "mixing of one text");
        let rows = (0..self.tokens).flat_map(|token| below.through(self.row(token)));
        Self { tokens: self.tokens, shares: rows.collect() }
    }

    /// Weights on states `[T]` as weights on tokens: each state's weight goes to what it is made of. The sum stays.
    ///
    /// # Panics
    ///
    /// If there are not T weights.
    #[must_use]
    pub fn through(&self, weights: &[f64]) -> Vec<f64> {
        assert_eq!(self.tokens, weights.len(), "a weight per state");
        let mut tokens = vec![0.0; self.tokens];
        for (weight, row) in weights.iter().zip(self.shares.chunks_exact(self.tokens.max(1))) {
            tokens.iter_mut().zip(row).for_each(|(sum, share)| *sum += weight * share);
        }
        tokens
    }
}

/// What the states are made of that the last layer reads, by ALTI; nothing is mixed below the only layer. Where a decoder reads
/// them they are an encoder's, behind all of its layers.
pub fn below_last(probe: &Probe<'_>) -> Outcome<Mixing> {
    let last = probe.layers_below();
    let mut layers = Vec::with_capacity(last);
    for layer in 0..last {
        match contributions(probe, layer)? {
            Ok(layer) => layers.push(layer),
            Err(missing) => return Ok(Err(missing)),
        }
    }
    Ok(Ok(rolled(&layers).pop().unwrap_or_else(|| Mixing::none(probe.sequence.len()))))
}

/// From each layer's own mixing that of the states behind it: the first layer's, the second's on top of it, and so on.
#[must_use]
pub fn rolled(layers: &[Mixing]) -> Vec<Mixing> {
    let mut all: Vec<Mixing> = Vec::with_capacity(layers.len());
    for layer in layers {
        let behind = all.last().map_or_else(|| layer.clone(), |below| layer.above(below));
        all.push(behind);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_on_a_shift_is_two_places() {
        let shift = Mixing::of(3, vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0]).unwrap();
        let twice = rolled(&[shift.clone(), shift]).pop().unwrap();
        assert_eq!(twice.row(0), [0.0, 0.0, 1.0]);
        assert_eq!(twice.through(&[0.75, 0.25, 0.0]), [0.0, 0.0, 1.0]);
        assert_eq!(twice.parts(0), Parts { own: 0.0, neighbours: 0.0, rest: 1.0 });
        assert_eq!(twice.parts(1), Parts { own: 0.0, neighbours: 1.0, rest: 0.0 });
    }

    #[test]
    fn nothing_mixed_is_the_token_itself() {
        let none = Mixing::none(2);
        let other = Mixing::of(2, vec![1.0, 3.0, 1.0, 1.0]).unwrap();
        assert_eq!(other.above(&none), other);
        assert_eq!(none.above(&other), other);
        assert_eq!(none.parts(1), Parts { own: 1.0, neighbours: 0.0, rest: 0.0 });
    }

    #[test]
    fn a_row_of_zeros_is_missing() {
        assert_eq!(Mixing::of(2, vec![0.0, 0.0, 1.0, 1.0]), Err(Missing::Constant));
        assert!(matches!(Mixing::of(1, vec![f64::NAN]), Err(Missing::NotFinite { .. })));
    }
}
