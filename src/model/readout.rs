//! What turns the decision token's state into a decision, and the scalar of it that is explained.

use candle_core::{Result, Tensor};

use super::kernels::{Linear, Norm, Standard, activate, activate_reverse};
use super::spec::Activation;

/// What the readout decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of C labels for the whole text, read at the first token.
    Classification,
    /// One of V words at the masked place.
    MaskedLm,
}

/// Dense, activation, perhaps a norm, and a linear map to logits.
#[derive(Debug)]
pub struct Readout {
    /// Whether it decides on a class or on a word.
    pub task: Task,
    /// The map from the states to the width before the logits, `[D, D']`.
    pub dense: Linear,
    /// Applied to the output of `dense`.
    pub activation: Activation,
    /// The norm after the activation, in masked-word readouts.
    pub norm: Option<Norm>,
    /// The map from there to the logits, `[D', C]`.
    pub out: Linear,
}

/// What the reverse of the readout needs.
#[derive(Debug)]
pub struct ReadoutTape {
    inner: Tensor,
    norm: Option<Standard>,
    /// The logits, `[.., C]`.
    pub logits: Tensor,
}

impl Readout {
    /// Logits `[.., C]` from states `[.., D]`.
    pub fn forward(&self, state: &Tensor) -> Result<ReadoutTape> {
        let inner = self.dense.forward(state)?;
        let active = activate(self.activation, &inner)?;
        let normed = self.norm.as_ref().map(|norm| norm.forward(&active, None)).transpose()?;
        let logits = self.out.forward(normed.as_ref().map_or(&active, |normed| &normed.out))?;
        Ok(ReadoutTape { inner, norm: normed.map(|normed| normed.standard), logits })
    }

    /// The gradient at the states from the gradient at the logits.
    pub fn reverse(&self, tape: &ReadoutTape, at_logits: &Tensor) -> Result<Tensor> {
        let mut grad = self.out.reverse(at_logits)?;
        if let (Some(norm), Some(rows)) = (&self.norm, &tape.norm) {
            grad = norm.reverse(&grad, rows)?;
        }
        self.dense.reverse(&activate_reverse(self.activation, &tape.inner, &grad)?)
    }

    /// How many classes there are: C, or V of a masked-word readout.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.out.outputs()
    }
}

/// The scalar of the logits that is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// logit of `class` − logit of `against`; does not saturate.
    Margin {
        /// The class that is explained.
        class: usize,
        /// The class it is set against: the runner-up, unless one was named.
        against: usize,
    },
    /// The logit of a class.
    Logit(usize),
    /// The probability of a class, in [0, 1].
    Probability(usize),
    /// The logarithm of a class's probability.
    LogProbability(usize),
}

impl Target {
    /// The class that is explained.
    #[must_use]
    pub fn class(self) -> usize {
        match self {
            Target::Margin { class, .. }
            | Target::Logit(class)
            | Target::Probability(class)
            | Target::LogProbability(class) => class,
        }
    }

    /// Every class it reads by name.
    pub(super) fn classes(self) -> impl Iterator<Item = usize> {
        let against = if let Target::Margin { against, .. } = self { Some(against) } else { None };
        std::iter::once(self.class()).chain(against)
    }

    /// The target's value, from the logits.
    ///
    /// # Panics
    ///
    /// If the logits lack a class it names.
    #[must_use]
    pub fn value(self, logits: &[f64]) -> f64 {
        match self {
            Target::Margin { class, against } => logits[class] - logits[against],
            Target::Logit(class) => logits[class],
            Target::Probability(class) => softmax(logits)[class],
            Target::LogProbability(class) => log_softmax(logits, class),
        }
    }

    /// The target's gradient at the logits.
    ///
    /// # Panics
    ///
    /// If the logits lack a class it names.
    #[must_use]
    pub fn gradient(self, logits: &[f64]) -> Vec<f64> {
        let mut grad = vec![0.0; logits.len()];
        match self {
            Target::Margin { class, against } => {
                grad[class] += 1.0;
                grad[against] -= 1.0;
            }
            Target::Logit(class) => grad[class] = 1.0,
            Target::Probability(class) | Target::LogProbability(class) => {
                let p = softmax(logits);
                let factor = if matches!(self, Target::Probability(_)) { p[class] } else { 1.0 };
                for (i, g) in grad.iter_mut().enumerate() {
                    *g = factor * (f64::from(u8::from(i == class)) - p[i]);
                }
            }
        }
        grad
    }
}

/// Softmax, `exp(logit) / Σ exp(logit)`, without overflow: the distribution over classes, or a row's shares.
///
/// A logit of −∞ gets exactly 0. Every number is NaN where one is NaN or +∞, or all are −∞.
#[must_use]
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|x| (x - top).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}

fn log_softmax(logits: &[f64], class: usize) -> f64 {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits[class] - top - logits.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
}
