//! What turns the decision token's state into a decision, and the scalar of it that is explained.

use candle_core::{Result, Tensor};

use super::kernels::{Linear, Norm, Standard, activate, activate_reverse, of_f64};
use super::probe::rows_f64;
use super::spec::Activation;

/// What the readout decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of C labels for the whole text.
    Classification,
    /// One of V words at the masked place.
    MaskedLm,
    /// One of V words after the text.
    NextToken,
    /// One of V words of a translation of the text, after what was written of it.
    Translation,
}

/// The token whose state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The first.
    First,
    /// The last that is not padding, of the id that stands for it; where every token is, the first.
    Last {
        /// The id of padding, where the model has one.
        padding: Option<u32>,
    },
    /// The one whose place is masked, which only a tokenizer can tell.
    Mask,
}

impl At {
    /// The token that is read; none where it is not for ids to say.
    #[must_use]
    pub fn of(self, ids: &[u32]) -> Option<usize> {
        match self {
            Self::First => Some(0),
            Self::Last { padding } => Some(ids.iter().rposition(|id| Some(*id) != padding).unwrap_or(0)),
            Self::Mask => None,
        }
    }
}

/// One step between the states and the logits.
#[derive(Debug)]
pub enum Link {
    /// An affine map.
    Map(Linear),
    /// A nonlinearity, elementwise.
    Activate(Activation),
    /// A norm over the width.
    Norm(Norm),
    /// A product with one number.
    Scale(f64),
}

/// From the state of the token that decides to logits: a chain of links, and a map.
#[derive(Debug)]
pub struct Readout {
    /// Whether it decides on a class or on a word.
    pub task: Task,
    /// The token that it reads.
    pub at: At,
    /// What comes before the map to the logits, the lowest first.
    pub chain: Vec<Link>,
    /// The map to the logits, `[D', C]`.
    pub out: Linear,
    /// Logits z become `cap · tanh(z / cap)` (Gemma 2).
    pub cap: Option<f64>,
}

/// What the reverse of a link needs.
#[derive(Debug)]
enum LinkTape {
    Map,
    /// What the activation was given.
    Activate(Tensor),
    Norm(Standard),
    Scale,
}

/// What the reverse of the readout needs.
#[derive(Debug)]
pub struct ReadoutTape {
    links: Vec<LinkTape>,
    /// The logits, `[.., C]`.
    pub logits: Tensor,
}

impl Link {
    fn forward(&self, x: &Tensor) -> Result<(Tensor, LinkTape)> {
        match self {
            Self::Map(map) => Ok((map.forward(x)?, LinkTape::Map)),
            Self::Scale(by) => Ok(((x * *by)?, LinkTape::Scale)),
            Self::Activate(kind) => Ok((activate(*kind, x)?, LinkTape::Activate(x.clone()))),
            Self::Norm(norm) => {
                norm.forward(x, None).map(|found| (found.out, LinkTape::Norm(found.standard)))
            }
        }
    }

    fn reverse(&self, tape: &LinkTape, grad: &Tensor) -> Result<Tensor> {
        match (self, tape) {
            (Self::Map(map), LinkTape::Map) => map.reverse(grad),
            (Self::Activate(kind), LinkTape::Activate(x)) => activate_reverse(*kind, x, grad),
            (Self::Scale(by), LinkTape::Scale) => grad * *by,
            (Self::Norm(norm), LinkTape::Norm(rows)) => norm.reverse(grad, rows),
            _ => candle_core::bail!("a tape is of another readout"),
        }
    }
}

impl Readout {
    /// The readouts of encoders: a map, an activation, perhaps a norm, and the map to the logits. A classifier reads the
    /// first token, any other the masked one.
    #[must_use]
    pub fn dense(
        task: Task,
        (dense, activation): (Linear, Activation),
        norm: Option<Norm>,
        out: Linear,
    ) -> Self {
        let at = if task == Task::Classification { At::First } else { At::Mask };
        let chain = [Link::Map(dense), Link::Activate(activation)].into_iter();
        Self { task, at, chain: chain.chain(norm.map(Link::Norm)).collect(), out, cap: None }
    }

    /// A map to the logits alone, read at the last token.
    #[must_use]
    pub fn plain(task: Task, padding: Option<u32>, out: Linear, cap: Option<f64>) -> Self {
        Self { task, at: At::Last { padding }, chain: Vec::new(), out, cap }
    }

    /// The logits of B states `[B, 1, D]`, and the gradient there of what `at_logits` gives the gradient of at the C logits of
    /// each.
    pub(super) fn differentiate(
        &self,
        states: &Tensor,
        at_logits: impl Fn(usize, &[f64]) -> Vec<f64>,
    ) -> Result<(Vec<Vec<f64>>, Tensor)> {
        let tape = self.forward(states)?;
        let logits = rows_f64(&tape.logits)?;
        let at: Vec<f64> = logits.iter().enumerate().flat_map(|(i, row)| at_logits(i, row)).collect();
        let at = of_f64(at, tape.logits.shape(), tape.logits.dtype(), states.device())?;
        let at = self.reverse(&tape, &at)?;
        Ok((logits, at))
    }

    /// Logits `[.., C]` from states `[.., D]`.
    pub fn forward(&self, state: &Tensor) -> Result<ReadoutTape> {
        let (mut x, mut links) = (state.clone(), Vec::with_capacity(self.chain.len()));
        for link in &self.chain {
            let (out, tape) = link.forward(&x)?;
            x = out;
            links.push(tape);
        }
        let logits = self.out.forward(&x)?;
        let logits = match self.cap {
            Some(cap) => ((logits / cap)?.tanh()? * cap)?,
            None => logits,
        };
        Ok(ReadoutTape { links, logits })
    }

    /// The gradient at the states from the gradient at the logits.
    pub fn reverse(&self, tape: &ReadoutTape, at_logits: &Tensor) -> Result<Tensor> {
        let mut grad = match self.cap {
            Some(cap) => {
                let slope = (1.0 - (&tape.logits / cap)?.sqr()?)?;
                self.out.reverse(&(at_logits * slope)?)?
            }
            None => self.out.reverse(at_logits)?,
        };
        for (link, tape) in self.chain.iter().zip(&tape.links).rev() {
            grad = link.reverse(tape, &grad)?;
        }
        Ok(grad)
    }

    /// How many classes there are: C, or V of a readout of words.
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
