//! What a planted model is made from.

use rand_chacha::ChaCha8Rng;

use super::blueprint::PLACES;
use super::error::ControlError;
use super::planted::Planted;
use super::text::Lexicon;
use crate::model::{Precision, Task};
use crate::stats::seed;

/// The margin of the class "with" over "without", in logits, at λ = 1, to one part in fifty.
///
/// Probabilities saturate: at 12 and 6 a text is of its class with p above .997 whatever is erased, and the margin alone
/// tells what decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// Of the text as it stands; above 0.
    pub whole: f64,
    /// Of the text without its deciding words; below `whole`.
    pub without: f64,
}

impl Margins {
    /// p is .95 with all evidence and .05 without any.
    pub const USUAL: Self = Self { whole: 3.0, without: -3.0 };

    /// The class hangs on the deciding words, ever more surely.
    pub const STEEP: [Self; 3] = [
        Self { whole: 6.0, without: -6.0 },
        Self { whole: 9.0, without: -9.0 },
        Self { whole: 12.0, without: -12.0 },
    ];

    /// The deciding words move the margin by 6 as usual, above a bias for the class, so that p moves ever less.
    pub const SATURATED: [Self; 3] = [
        Self { whole: 6.0, without: 0.0 },
        Self { whole: 9.0, without: 3.0 },
        Self { whole: 12.0, without: 6.0 },
    ];

    /// How far the deciding words move the margin.
    #[must_use]
    pub fn moved(self) -> f64 {
        self.whole - self.without
    }
}

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
    /// How sure it is of its class, with the deciding words and without them.
    pub margins: Margins,
    /// What it decides: a decoder the next token, or a class; an encoder a class.
    pub task: Task,
    /// The precision that the model computes in.
    pub precision: Precision,
    /// The words it knows.
    pub lexicon: Lexicon,
}

impl Recipe {
    /// The whole effect in f32 over generated words, with two layers and two heads, or as many as the kind needs.
    #[must_use]
    pub fn new(kind: Planted, words: usize, seed: u64) -> Self {
        Self {
            kind,
            lambda: 1.0,
            seed,
            words,
            heads: kind.least_heads().max(2),
            layers: 2,
            margins: Margins::USUAL,
            task: if kind.is_decoder() { Task::NextToken } else { Task::Classification },
            precision: Precision::F32,
            lexicon: Lexicon::generated(256),
        }
    }

    /// Whether the dial and every count are in range for this kind, and the task one that it has.
    pub(super) fn check(&self) -> Result<(), ControlError> {
        if !(0.0..=1.0).contains(&self.lambda) {
            return Err(ControlError::Dial { found: self.lambda });
        }
        let Margins { whole, without } = self.margins;
        if !(whole.is_finite() && without.is_finite() && whole > 0.0 && whole > without) {
            return Err(ControlError::Margins { whole, without });
        }
        let fits = match self.task {
            Task::Classification => true,
            Task::NextToken => self.kind.is_decoder(),
            Task::MaskedLm | Task::Translation => false,
        };
        if !fits {
            return Err(ControlError::Task { kind: self.kind.name(), task: self.task });
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
