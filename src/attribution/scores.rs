//! What a method gives: a score for each content word.

use crate::missing::Missing;
use crate::subject::Subject;

/// One score per content word.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// One per content word, in the order of the text; the greatest is the most important.
    pub words: Vec<f64>,
    /// One per token, specials included, `[T]`; absent where a method knows only words.
    pub tokens: Option<Vec<f64>>,
    /// Whether a score below 0 speaks against the target; else scores are ≥ 0 and have no direction.
    pub signed: bool,
    /// The share of a reading's mass `Σ|weight|` on tokens that belong to no content word, in [0, 1].
    pub special_mass: Option<f64>,
    /// The share of a reading's mass on content tokens that are sinks, in [0, 1].
    pub sink_mass: Option<f64>,
    /// How well a path method was integrated.
    pub path: Option<Path>,
    /// How well a mean over sets of words was sampled.
    pub sampling: Option<Sampling>,
}

/// How well a mean over sets of words was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// The standard error of each word's score, `[n]`, in the target's unit; 0 where every set was run.
    pub errors: Vec<f64>,
    /// Sets of words that were run for it, those that others had run among them.
    pub sets: usize,
    /// Whether the largest error came to a small share of the largest score before the sets ran out.
    pub converged: bool,
}

impl Sampling {
    /// The largest error.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.errors.iter().copied().fold(0.0, f64::max)
    }
}

/// How well a path integral came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Points on the path: all that were ever taken, since finer rules reuse those of coarser ones.
    pub steps: usize,
    /// `|Σ scores − (y(x) − y(x'))|` over all tokens, in the target's unit; 0 is complete.
    pub residual: f64,
    /// `y(x) − y(x')`: what the scores must sum to.
    pub gap: f64,
    /// How far a score may be off, as estimated from the points, in the target's unit; `None` of a single rule, which
    /// estimates nothing.
    pub error: Option<f64>,
    /// Whether the residual and the error came under their tolerances before the steps ran out.
    pub converged: bool,
}

impl Path {
    /// The residual as a share of what the scores must sum to; `None` where that is nothing.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.gap != 0.0).then(|| self.residual / self.gap.abs())
    }
}

impl Scores {
    /// Whether nothing that they approximate is told to be far: where it is, they are no evidence.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.path.is_none_or(|path| path.converged)
            && self.sampling.as_ref().is_none_or(|sampling| sampling.converged)
    }

    /// Scores of words alone.
    pub(super) fn of_words(words: Vec<f64>, signed: bool) -> Result<Self, Missing> {
        Self { words, tokens: None, signed, special_mass: None, sink_mass: None, path: None, sampling: None }
            .checked()
    }

    /// Scores of tokens, summed over each word's pieces.
    pub(super) fn of_tokens(subject: &Subject<'_>, tokens: Vec<f64>, signed: bool) -> Result<Self, Missing> {
        let mut scores = Self::of_words(subject.sum_words(&tokens), signed)?;
        scores.tokens = Some(tokens);
        scores.checked()
    }

    fn checked(self) -> Result<Self, Missing> {
        if self.words.is_empty() {
            return Err(Missing::TooFewWords { found: 0, needed: 1 });
        }
        let tokens = self.tokens.iter().flatten();
        if self.words.iter().chain(tokens).any(|score| !score.is_finite()) {
            return Err(Missing::NotFinite { what: "a score" });
        }
        Ok(self)
    }
}
