//! What each token's state is made of, layer by layer: the terms that attention adds up, states without a token's values,
//! and how states move when an embedding does.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::kernels::{Course, Norm, add, of_f64, to_f64};
use super::pass::{Pass, Rows};
use super::place::Places;
use super::probe::Probe;
use super::tap::{Replace, Untapped};
use super::transformer::State;

/// f64 values that a group of keys' terms may take: 64 MiB.
const HELD: usize = 8 << 20;

/// What a query's state after attention is the sum of, `u_i = Σ_j T_i(x_j) + rest`, and how it was normed.
#[derive(Debug, Clone)]
pub struct Terms {
    /// T, the number of tokens.
    pub tokens: usize,
    /// D, the width of a state.
    pub width: usize,
    /// The state after attention, its residual sum and its norm, `[T, D]`.
    pub states: Vec<f64>,
    /// Of each query and key `‖y_i − L(T_i(x_j))‖₁`, `[T, T]`: how far the state is from the key's term, which went through
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

impl Probe<'_> {
    /// The terms of the attention of `layer`, of every query and key (Ferrando et al. 2022, eq. 5–8): a key's value under
    /// every head's weight through the output map, the query's own with the residual stream.
    ///
    /// The output map's bias belongs to no key. Norms enter by their linear part at what they saw.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn terms(&self, layer: usize) -> Result<Terms> {
        let Some((step, attend)) = self.model.transformer.layers[layer].attention() else {
            candle_core::bail!("a layer has no attention")
        };
        let (stream, values) = (&self.trace.hidden[layer], self.trace.values[layer].squeeze(0)?);
        let pattern = self.trace.patterns[layer].squeeze(0)?;
        let (h, t, _) = pattern.dims3()?;
        let (heads, weight) = (self.model.spec().heads, attend.out.weight()?);
        let d = attend.out.outputs();
        self.count((h * t * t * d) as u64);
        // What each key brings under a weight of 1, head by head, `[T, H, D]`.
        let mut moved = Vec::with_capacity(h);
        for head in 0..h {
            let value = values.narrow(1, head / heads.shared_by * heads.width, heads.width)?.contiguous()?;
            moved.push(value.matmul(&weight.narrow(0, head * heads.width, heads.width)?.contiguous()?)?);
        }
        let moved = Tensor::stack(&moved, 1)?;
        // Of each key the weights of every query, `[T key, T query, H]`.
        let weights = pattern.permute((2, 1, 0))?.contiguous()?;
        let sum = self.attention_out(layer, &weights, &moved)?;
        let (within, body) = linear(step.within.as_ref(), &sum)?;
        let (after, states) = linear(step.after.as_ref(), &add(&body, stream)?)?;
        let (states, stream) = (to_f64(&states)?, to_f64(stream)?);
        let mut distances = vec![0.0; t * t];
        for keys in (0..t).step_by((HELD / (t * d).max(1)).max(1)) {
            let many = (HELD / (t * d).max(1)).max(1).min(t - keys);
            let of = |all: &Tensor| all.narrow(0, keys, many)?.contiguous();
            let mut terms = to_f64(&of(&weights)?.matmul(&of(&moved)?)?)?;
            for (at, term) in terms.chunks_exact_mut(d).enumerate() {
                let (key, query) = (keys + at / t, at % t);
                if let Some(norm) = &within {
                    norm.apply(query, term);
                }
                if key == query {
                    term.iter_mut().zip(&stream[query * d..]).for_each(|(x, own)| *x += own);
                }
                if let Some(norm) = &after {
                    norm.apply(query, term);
                }
                let state = &states[query * d..][..d];
                distances[query * t + key] = state.iter().zip(&*term).map(|(y, x)| (y - x).abs()).sum();
            }
        }
        Ok(Terms { tokens: t, width: d, states, distances })
    }

    /// What attention adds to the stream, `[1, T, D]`, from weights `[T key, T query, H]` and what keys bring `[T, H, D]`.
    fn attention_out(&self, layer: usize, weights: &Tensor, moved: &Tensor) -> Result<Tensor> {
        let (t, _, h) = weights.dims3()?;
        let d = moved.dim(2)?;
        let rows = weights.transpose(0, 1)?.contiguous()?.reshape((t, t * h))?;
        let out = rows.matmul(&moved.reshape((t * h, d))?)?.unsqueeze(0)?;
        let bias = self.model.transformer.layers[layer].attention().and_then(|(_, at)| at.out.bias.as_ref());
        bias.map_or_else(|| Ok(out.clone()), |bias| out.broadcast_add(bias))
    }

    /// The states `[T, D]` that `layer` gives from what it was observed to read, then those that it gives when nothing is
    /// taken from a token's values, for each of the T tokens (Mohebbi et al. 2023): patterns are as they were, and what
    /// is taken from the others is not scaled up.
    ///
    /// `read(t, states)` makes of them what is kept.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn without_values<R: Send>(
        &self,
        layer: usize,
        read: impl Fn(&[f64], &[f64]) -> R + Sync,
    ) -> Result<Vec<R>> {
        let (spec, t) = (self.model.spec(), self.sequence.len());
        self.count((t as u64 + 1) * spec.layer_work(t, t));
        let pattern = &self.trace.patterns[layer];
        let h = pattern.dim(1)?;
        let given = |pattern: Tensor| -> Result<Tensor> {
            let mut tap =
                Replace::patterns([(layer, pattern)]).with_values(layer, self.trace.values[layer].clone());
            let State { hidden, blocked, places, .. } = self.state(layer);
            let mut pass = Pass {
                layer,
                blocked: blocked.as_ref(),
                places: &places,
                before: None,
                memory: None,
                tap: &mut tap,
            };
            Ok(self.model.transformer.layers[layer].forward(&hidden, Rows::All, &mut pass)?.0)
        };
        let observed = to_f64(&given(pattern.clone())?)?;
        let device = self.model.device();
        let size = Course::Forward.batch_size(device, t, t);
        let ranges: Vec<Range<usize>> = (0..t).step_by(size).map(|i| i..(i + size).min(t)).collect();
        let found: Vec<Result<Vec<R>>> = Course::Forward.each(device, (&ranges, t), |range| {
            let mut keep = vec![1.0; range.len() * t];
            range.clone().enumerate().for_each(|(i, without)| keep[i * t + without] = 0.0);
            let keep = of_f64(keep, (range.len(), 1, 1, t), pattern.dtype(), device)?;
            let patterns = pattern.broadcast_as((range.len(), h, t, t))?.broadcast_mul(&keep)?;
            let states = to_f64(&given(patterns)?)?;
            Ok(states.chunks_exact(observed.len()).map(|states| read(&observed, states)).collect())
        });
        let mut all = Vec::with_capacity(t);
        for chunk in found {
            all.extend(chunk?);
        }
        Ok(all)
    }

    /// How the states move when what enters the first layer does: for each of `moves`, a token and a direction `[D]`, the
    /// difference quotient `(h(x + v) − h(x − v)) / 2` of the states `[T, D]` behind each layer, `read` layer by layer.
    ///
    /// # Panics
    ///
    /// If a direction is not D wide or there is no such token.
    pub fn moved<R: Send>(
        &self,
        moves: &[(usize, Vec<f64>)],
        read: impl Fn(&[f64]) -> R + Sync,
    ) -> Result<Vec<Vec<R>>> {
        let (spec, t) = (self.model.spec(), self.sequence.len());
        self.count(2 * moves.len() as u64 * spec.forward_work(t));
        let (device, entered) = (self.model.device(), self.trace.hidden[0].clone());
        let (d, start) = (entered.dim(2)?, to_f64(&entered)?);
        let chunks: Vec<&[(usize, Vec<f64>)]> =
            moves.chunks(Course::Forward.batch_size(device, 2 * moves.len(), t).div_ceil(2).max(1)).collect();
        let found: Vec<Result<Vec<Vec<R>>>> = Course::Forward.each(device, (&chunks, t), |chunk| {
            let mut points = start.repeat(2 * chunk.len());
            for (pair, (token, by)) in points.chunks_exact_mut(2 * t * d).zip(*chunk) {
                for (i, by) in by.iter().enumerate() {
                    pair[token * d + i] += by;
                    pair[(t + token) * d + i] -= by;
                }
            }
            let hidden = of_f64(points, (2 * chunk.len(), t, d), entered.dtype(), device)?;
            let places = Places::new(
                &self.model.tensor_u32(&self.sequence.places.repeat(2 * chunk.len()))?,
                2 * chunk.len(),
            );
            let state = State {
                layer: 0,
                hidden,
                blocked: self.state(0).blocked,
                places,
                before: None,
                memory: None,
            };
            let mut behind: Vec<Vec<f64>> = Vec::with_capacity(spec.layers);
            // The last norm is behind what the top layer gives, so that is read before it.
            let mut failed = None;
            let top = self.run_layers(state, &mut |states| match to_f64(states) {
                Ok(states) => behind.push(states),
                Err(error) => failed = Some(error),
            });
            top?;
            failed.map_or(Ok(()), Err)?;
            let quotient = |pair: &[f64]| -> Vec<f64> {
                let (up, down) = pair.split_at(t * d);
                up.iter().zip(down).map(|(up, down)| (up - down) / 2.0).collect()
            };
            let of = |i: usize| {
                behind.iter().map(|states| read(&quotient(&states[i * 2 * t * d..][..2 * t * d]))).collect()
            };
            Ok((0..chunk.len()).map(of).collect())
        });
        let mut all = Vec::with_capacity(moves.len());
        for chunk in found {
            all.extend(chunk?);
        }
        Ok(all)
    }

    /// Runs every row of every layer, handing over the states behind each.
    fn run_layers(&self, state: State, behind: &mut dyn FnMut(&Tensor)) -> Result<()> {
        let State { mut hidden, blocked, places, .. } = state;
        for (layer, of) in self.model.transformer.layers.iter().enumerate() {
            let mut untapped = Untapped;
            let mut pass = Pass {
                layer,
                blocked: blocked.as_ref(),
                places: &places,
                before: None,
                memory: None,
                tap: &mut untapped,
            };
            hidden = of.forward(&hidden, Rows::All, &mut pass)?.0;
            behind(&hidden);
        }
        Ok(())
    }
}

/// A norm's linear part at `x`, and what the norm makes of it; nothing and the tensor itself where there is none.
fn linear(norm: Option<&Norm>, x: &Tensor) -> Result<(Option<Linear>, Tensor)> {
    let Some(norm) = norm else { return Ok((None, x.clone())) };
    let normed = norm.forward(x, None)?;
    Ok((Some(Linear::of(norm, &normed.standard.rate)?), normed.out))
}
