//! What an attention block adds up, term by term: a key's value under every head's weight, and the stream.

use candle_core::{Result, Tensor};

use super::attend::Attend;
use super::kernels::{Norm, add, to_f64};
use super::spec::Heads;
use super::step::Step;

/// f64 values that a group of keys' terms may take: 64 MiB.
const HELD: usize = 8 << 20;

/// What a query's state after attention is the sum of, `u_i = Σ_j T_i(x_j) + rest`, and how it was normed.
#[derive(Debug, Clone)]
pub struct Terms {
    /// K, the number of terms of a query: the tokens, or those of a source with one more for the decoder's own stream.
    pub tokens: usize,
    /// D, the width of a state.
    pub width: usize,
    /// The state after attention, its residual sum and its norm, `[Q, D]`.
    pub states: Vec<f64>,
    /// Of each query and term `‖y_i − L(T_i(x_j))‖₁`, `[Q, K]`: how far the state is from the key's term, which went through
    /// the linear part of the norms.
    pub distances: Vec<f64>,
}

/// A norm's linear part at the rows that it saw: `L(u) = gain ∘ (u − mean u) / σ_i`, σ of the whole sum; without the mean
/// where the norm takes none off.
struct Linear {
    gain: Vec<f64>,
    centred: bool,
    /// One over each row's deviation, `[T]`.
    rates: Vec<f64>,
}

impl Linear {
    fn of(norm: &Norm, rates: &Tensor) -> Result<Self> {
        let (gain, rates) = (to_f64(&norm.gain)?, to_f64(rates)?);
        Ok(Self { gain, centred: norm.bias.is_some(), rates })
    }

    fn apply(&self, row: usize, term: &mut [f64]) {
        let mean = if self.centred { term.iter().sum::<f64>() / term.len() as f64 } else { 0.0 };
        for (x, gain) in term.iter_mut().zip(&self.gain) {
            *x = gain * (*x - mean) * self.rates[row];
        }
    }
}

/// One attention block as it was observed: Q queries over K keys.
pub(super) struct Block<'p> {
    pub step: &'p Step,
    pub attend: &'p Attend,
    pub heads: Heads,
    /// `[H, Q, K]`.
    pub pattern: Tensor,
    /// `[K, H·E]`.
    pub values: Tensor,
    /// What enters the residual sum, `[1, Q, D]`.
    pub stream: Tensor,
    /// Whether a query is one of the keys, to whose term its stream belongs; else the stream is a term of its own, behind those
    /// of the keys.
    pub own: bool,
}

impl Block<'_> {
    /// What attention adds to the stream, `[1, Q, D]`, from weights `[K, Q, H]` and what keys bring `[K, H, D]`.
    fn out(&self, weights: &Tensor, moved: &Tensor) -> Result<Tensor> {
        let ((k, q, h), d) = (weights.dims3()?, moved.dim(2)?);
        let rows = weights.transpose(0, 1)?.contiguous()?.reshape((q, k * h))?;
        let out = rows.matmul(&moved.reshape((k * h, d))?)?.unsqueeze(0)?;
        let bias = self.attend.out.bias.as_ref();
        bias.map_or_else(|| Ok(out.clone()), |bias| out.broadcast_add(bias))
    }

    pub fn terms(&self) -> Result<Terms> {
        let ((_, q, k), d) = (self.pattern.dims3()?, self.attend.out.outputs());
        let moved = brought(self.attend, self.heads, &self.values)?;
        // Of each key the weights of every query, `[K, Q, H]`.
        let weights = self.pattern.permute((2, 1, 0))?.contiguous()?;
        let sum = self.out(&weights, &moved)?;
        let (within, body) = linear(self.step.within.as_ref(), &sum)?;
        let (after, states) = linear(self.step.after.as_ref(), &add(&body, &self.stream)?)?;
        let (states, stream) = (to_f64(&states)?, to_f64(&self.stream)?);
        let columns = if self.own { k } else { k + 1 };
        let mut distances = vec![0.0; q * columns];
        let mut found = |query: usize, column: usize, term: &mut [f64]| {
            if let Some(norm) = &after {
                norm.apply(query, term);
            }
            let state = &states[query * d..][..d];
            distances[query * columns + column] = state.iter().zip(&*term).map(|(y, x)| (y - x).abs()).sum();
        };
        let group = (HELD / (q * d).max(1)).max(1);
        for keys in (0..k).step_by(group) {
            let of = |all: &Tensor| all.narrow(0, keys, group.min(k - keys))?.contiguous();
            let mut terms = to_f64(&of(&weights)?.matmul(&of(&moved)?)?)?;
            for (at, term) in terms.chunks_exact_mut(d).enumerate() {
                let (key, query) = (keys + at / q, at % q);
                if let Some(norm) = &within {
                    norm.apply(query, term);
                }
                if self.own && key == query {
                    term.iter_mut().zip(&stream[query * d..]).for_each(|(x, own)| *x += own);
                }
                found(query, key, term);
            }
        }
        if !self.own {
            stream.chunks_exact(d).enumerate().for_each(|(query, row)| found(query, k, &mut row.to_vec()));
        }
        Ok(Terms { tokens: columns, width: d, states, distances })
    }
}

/// `V_h[k] · W_O,h`: what each key brings under a weight of 1, head by head, `[K, H, D]`, from `values [K, H·E]`.
pub(super) fn brought(attend: &Attend, heads: Heads, values: &Tensor) -> Result<Tensor> {
    let weight = attend.out.weight()?;
    let mut moved = Vec::with_capacity(heads.count);
    for head in 0..heads.count {
        let value = values.narrow(1, head / heads.shared_by * heads.width, heads.width)?.contiguous()?;
        moved.push(value.matmul(&weight.narrow(0, head * heads.width, heads.width)?.contiguous()?)?);
    }
    Tensor::stack(&moved, 1)
}

/// A norm's linear part at `x`, and what the norm makes of it; nothing and the tensor itself where there is none.
fn linear(norm: Option<&Norm>, x: &Tensor) -> Result<(Option<Linear>, Tensor)> {
    let Some(norm) = norm else { return Ok((None, x.clone())) };
    let normed = norm.forward(x, None)?;
    Ok((Some(Linear::of(norm, &normed.standard.rate)?), normed.out))
}
