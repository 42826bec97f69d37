//! What a planted model is made from.

use rand_chacha::ChaCha8Rng;

use super::blueprint::PLACES;
use super::error::ControlError;
use super::planted::Planted;
use super::text::Lexicon;
use crate::model::Precision;
use crate::stats::seed;

/// How a planted model is to be made.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What is planted.
    pub kind: Planted,
    /// The dial, in [0, 1].
    pub lambda: f64,
    /// The seed of its weights and texts.
    pub seed: u64,
    /// n: content words of the texts it is made for, 6 to 254. Others can be given; masses then differ.
    pub words: usize,
    /// H, the heads of a layer: 1 to 64.
    pub heads: usize,
    /// L, the layers: 1 to 64.
    pub layers: usize,
    /// The precision that the model computes in.
    pub precision: Precision,
    /// The words it knows.
    pub lexicon: Lexicon,
}

impl Recipe {
    /// The whole effect in f32 over generated words, with two heads and two layers.
    #[must_use]
    pub fn new(kind: Planted, words: usize, seed: u64) -> Self {
        let lexicon = Lexicon::generated(256);
        Self { kind, lambda: 1.0, seed, words, heads: 2, layers: 2, precision: Precision::F32, lexicon }
    }

    /// Whether the dial and every count are in range for this kind.
    pub(super) fn check(&self) -> Result<(), ControlError> {
        if !(0.0..=1.0).contains(&self.lambda) {
            return Err(ControlError::Dial { found: self.lambda });
        }
        for (what, found, least, most) in [
            ("words", self.words, 6, PLACES - 2),
            ("heads", self.heads, self.kind.least_heads(), 64),
            ("layers", self.layers, self.kind.least_layers(), 64),
        ] {
            if !(least..=most).contains(&found) {
                return Err(ControlError::Count { kind: self.kind.name(), what, found, least, most });
            }
        }
        Ok(())
    }

    /// The stream of random numbers for a part of the model or one of its texts.
    pub(super) fn rng(&self, what: &str) -> ChaCha8Rng {
        seed::rng(self.seed, self.kind.name(), what)
    }
}
