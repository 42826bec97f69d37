//! Attention rollout, and the residual-adjusted patterns that rollout and flow share.
//!
//! Abnar & Zuidema (2020), "Quantifying Attention Flow in Transformers". Both readings are class-agnostic and
//! see neither the values, the MLPs nor the norms: they tell where attention *could* carry information.

use crate::missing::{Missing, Stop};

/// What makes a stack of patterns unusable for rollout and flow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MixedError {
    /// There is no layer or no token.
    #[error("attention of {layers} layers over {tokens} tokens is empty")]
    Empty {
        /// Layers given.
        layers: usize,
        /// Tokens given.
        tokens: usize,
    },
    /// A pattern is not `[T, T]`.
    #[error("pattern of layer {layer} holds {got} weights, expected {expected}")]
    Shape {
        /// Layer, counted from the input at 0.
        layer: usize,
        /// `T * T`.
        expected: usize,
        /// Weights found.
        got: usize,
    },
    /// A weight is negative, infinite or not a number.
    #[error("pattern of layer {layer} holds {value} at query {query}, key {key}")]
    Weight {
        /// Layer, counted from the input at 0.
        layer: usize,
        /// Query token.
        query: usize,
        /// Key token.
        key: usize,
        /// The weight found.
        value: f64,
    },
    /// The decision row does not exist.
    #[error("row {row} is outside the {tokens} tokens")]
    Row {
        /// Row asked for.
        row: usize,
        /// Tokens there are.
        tokens: usize,
    },
    /// Two stacks that are to be compared differ in shape.
    #[error("patterns of shape {got:?} cannot be compared with shape {expected:?} (layers, tokens)")]
    Mismatch {
        /// Layers and tokens of the first.
        expected: (usize, usize),
        /// Layers and tokens of the second.
        got: (usize, usize),
    },
}

impl From<MixedError> for Stop {
    fn from(error: MixedError) -> Self {
        Stop::Missing(match error {
            MixedError::Weight { .. } => Missing::NotFinite { what: "an attention weight" },
            _ => Missing::RestsOn { what: "the mean pattern" },
        })
    }
}

impl MixedError {
    /// What the caller can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Weight { value, .. } if value.is_nan() => Some(
                "a query that may attend to nothing gives NaN after softmax: drop its row or the padding"
                    .into(),
            ),
            Self::Shape { .. } => Some("give the mean over heads, one [T, T] matrix per layer".into()),
            _ => None,
        }
    }
}

/// Residual-adjusted patterns `Ã`, `[L, T query, T key]`, in f64; layer 0 reads the input tokens.
///
/// `Ã_l = 0.5 A_l + 0.5 I`, where `A_l` is the mean over heads: the skip connection is taken to carry as much
/// as the attention does. Rows sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    layers: usize,
    tokens: usize,
    weights: Vec<f64>,
}

impl Mixed {
    /// Adjusts head-mean patterns, one row-major `[T, T]` slice per layer, input side first.
    ///
    /// As in the authors' code each row of `A + I` is divided by its sum, which is the 0.5/0.5 mix for rows
    /// that sum to 1 and takes out the rounding of rows from an f32 softmax. A row of zeros becomes a row of `I`.
    pub fn from_patterns<P: AsRef<[f64]>>(patterns: &[P], tokens: usize) -> Result<Self, MixedError> {
        let mut mixed = Self::from_adjusted(patterns, tokens)?;
        for (at, row) in mixed.weights.chunks_exact_mut(tokens).enumerate() {
            row[at % tokens] += 1.0;
            let sum: f64 = row.iter().sum();
            for weight in row {
                *weight /= sum;
            }
        }
        Ok(mixed)
    }

    /// Takes patterns that hold their residual already, one row-major `[T, T]` slice per layer, as they are.
    ///
    /// Rows are not renormalised: rollout is a distribution, and flow at most 1, only if they sum to 1.
    pub fn from_adjusted<P: AsRef<[f64]>>(patterns: &[P], tokens: usize) -> Result<Self, MixedError> {
        let layers = patterns.len();
        if layers == 0 || tokens == 0 {
            return Err(MixedError::Empty { layers, tokens });
        }
        let expected = tokens.saturating_mul(tokens);
        let mut weights = Vec::new();
        for (layer, pattern) in patterns.iter().map(AsRef::as_ref).enumerate() {
            if pattern.len() != expected {
                return Err(MixedError::Shape { layer, expected, got: pattern.len() });
            }
            if let Some(at) = pattern.iter().position(|w| !w.is_finite() || *w < 0.0) {
                let (query, key) = (at / tokens, at % tokens);
                return Err(MixedError::Weight { layer, query, key, value: pattern[at] });
            }
            weights.extend_from_slice(pattern);
        }
        Ok(Self { layers, tokens, weights })
    }

    /// Attention spread evenly over the keys each query may attend to, `allowed(query, key)`, then adjusted.
    ///
    /// Its rollout is what the mask alone yields: under a causal mask mass collapses on position 0 whatever the
    /// model has learnt.
    pub fn uniform(
        layers: usize,
        tokens: usize,
        allowed: impl Fn(usize, usize) -> bool,
    ) -> Result<Self, MixedError> {
        let mut pattern = Vec::new();
        for query in 0..tokens {
            let open = (0..tokens).filter(|&key| allowed(query, key)).count().max(1) as f64;
            pattern.extend((0..tokens).map(|key| if allowed(query, key) { 1.0 / open } else { 0.0 }));
        }
        Self::from_patterns(&vec![pattern; layers], tokens)
    }

    /// The same where each layer has a reach of its own, which `seen(layer, query, key)` tells.
    pub fn even(
        layers: usize,
        tokens: usize,
        seen: impl Fn(usize, usize, usize) -> bool,
    ) -> Result<Self, MixedError> {
        let mut weights = Vec::new();
        for layer in 0..layers {
            weights.extend(Self::uniform(1, tokens, |query, key| seen(layer, query, key))?.weights);
        }
        if layers == 0 {
            Err(MixedError::Empty { layers, tokens })
        } else {
            Ok(Self { layers, tokens, weights })
        }
    }

    /// [`Mixed::uniform`] where a query sees itself and what precedes it.
    pub fn uniform_causal(layers: usize, tokens: usize) -> Result<Self, MixedError> {
        Self::uniform(layers, tokens, |query, key| key <= query)
    }

    /// L, the number of layers.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// T, the number of tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// `Ã` of one layer, `[T, T]` row-major; layer 0 reads the input tokens.
    pub(crate) fn layer(&self, layer: usize) -> &[f64] {
        let size = self.tokens * self.tokens;
        &self.weights[layer * size..(layer + 1) * size]
    }

    /// Row of one query in one layer, `[T]`.
    pub(crate) fn row(&self, layer: usize, query: usize) -> &[f64] {
        &self.layer(layer)[query * self.tokens..(query + 1) * self.tokens]
    }

    pub(crate) fn check(&self, row: usize) -> Result<(), MixedError> {
        if row < self.tokens { Ok(()) } else { Err(MixedError::Row { row, tokens: self.tokens }) }
    }
}

/// Attention rollout of one query of the top layer: a distribution over the input tokens, `[T]`.
///
/// `R_l = Ã_l R_{l-1}`, `R_0 = I`; row `row` of `R_L` (Abnar & Zuidema 2020, eq. 1). Each weight is in [0, 1] and they
/// sum to 1; larger means that more paths, weighted by the product of their attention, lead to the token.
/// Only this row is carried down, in `O(L T²)`. Under a causal mask see [`rollout_excess`].
pub fn rollout(mixed: &Mixed, row: usize) -> Result<Vec<f64>, MixedError> {
    mixed.check(row)?;
    let mut mass = mixed.row(mixed.layers - 1, row).to_vec();
    for layer in (0..mixed.layers - 1).rev() {
        mass = carry(&mass, mixed.layer(layer));
    }
    Ok(mass)
}

/// Rollout minus the rollout of a null of the same shape, `[T]`, in [-1, 1]; sums to 0.
///
/// With [`Mixed::uniform_causal`] as the null it tells what the model adds to what its mask imposes:
/// above 0, more of the token arrives than under even attention.
pub fn rollout_excess(mixed: &Mixed, null: &Mixed, row: usize) -> Result<Vec<f64>, MixedError> {
    let (expected, got) = ((mixed.layers, mixed.tokens), (null.layers, null.tokens));
    if expected != got {
        return Err(MixedError::Mismatch { expected, got });
    }
    let mut excess = rollout(mixed, row)?;
    for (e, n) in excess.iter_mut().zip(rollout(null, row)?) {
        *e -= n;
    }
    Ok(excess)
}

/// `mass · pattern`: one row vector `[T]` through one layer `[T, T]`.
fn carry(mass: &[f64], pattern: &[f64]) -> Vec<f64> {
    let mut below = vec![0.0; mass.len()];
    for (&m, row) in mass.iter().zip(pattern.chunks_exact(mass.len())) {
        if m > 0.0 {
            for (b, &w) in below.iter_mut().zip(row) {
                *b += m * w;
            }
        }
    }
    below
}
