//! What each token's state is made of, layer by layer: the terms that attention adds up, states without a token's values,
//! and how states move when an embedding does. Of a text that a decoder translates, in the encoder.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::kernels::{Course, of_f64, to_f64};
use super::pass::{Pass, Rows};
use super::place::Places;
use super::probe::Probe;
use super::tap::{Replace, Untapped};
use super::terms::{Block, Terms, brought};
use super::transformer::{State, Transformer};

/// A stack of layers with what was seen of a text in them.
pub(super) struct Stack<'p> {
    pub transformer: &'p Transformer,
    /// The pattern of each layer, `[1, H, T, T]`.
    patterns: &'p [Tensor],
    /// The values of each, `[1, T, H·E]`.
    values: &'p [Tensor],
    /// What enters each, `[1, T, D]`.
    hidden: &'p [Tensor],
    blocked: Option<Tensor>,
    places: Arc<Places>,
}

impl Stack<'_> {
    /// The state that enters `layer`.
    pub fn state(&self, layer: usize) -> State {
        let (hidden, blocked) = (self.hidden[layer].clone(), self.blocked.clone());
        State { layer, hidden, blocked, places: Arc::clone(&self.places), before: None, memory: None }
    }

    /// Runs every row of every layer from `state`; the states behind each layer, without the last norm.
    fn behind(&self, state: State) -> Result<Vec<Vec<f64>>> {
        let State { mut hidden, blocked, places, .. } = state;
        let mut all = Vec::with_capacity(self.transformer.layers.len());
        for (layer, of) in self.transformer.layers.iter().enumerate() {
            let (blocked, places, tap) = (blocked.as_ref(), &places, &mut Untapped);
            let mut pass = Pass { layer, blocked, places, before: None, memory: None, tap };
            hidden = of.forward(&hidden, Rows::All, &mut pass)?.0;
            all.push(to_f64(&hidden)?);
        }
        Ok(all)
    }
}

impl Probe<'_> {
    /// The layers in which the text's tokens are mixed: the encoder's where a decoder reads it.
    pub(super) fn stack(&self) -> Result<Stack<'_>> {
        let trace = &self.trace;
        Ok(match &trace.source {
            None => {
                let State { blocked, places, .. } = self.state(0);
                let (transformer, patterns) = (&self.model.transformer, &trace.patterns);
                Stack { transformer, patterns, values: &trace.values, hidden: &trace.hidden, blocked, places }
            }
            Some(source) => Stack {
                transformer: self.model.reader(),
                patterns: &source.patterns,
                values: &source.values,
                hidden: &source.hidden,
                blocked: source.memory.blocked.clone(),
                places: Places::new(&self.model.tensor_u32(&self.sequence.places)?, 1),
            },
        })
    }

    /// How many layers mix the text's tokens: those of the encoder where a decoder reads it.
    #[must_use]
    pub fn mixing_layers(&self) -> usize {
        self.model.reader().layers.len()
    }

    /// How many of them lie under the attention of the last layer: all but the last, or all of an encoder.
    #[must_use]
    pub fn layers_below(&self) -> usize {
        self.mixing_layers() - usize::from(self.trace.source.is_none())
    }

    /// `V_h[k] · W_O,h` of the attention that is looked at, of `layer`: what each key brings under a weight of 1, `[T, H, D]`.
    ///
    /// # Errors
    ///
    /// Where there is no such layer, and where the engine fails.
    pub fn brought(&self, layer: usize) -> Result<Tensor> {
        let (Some(attend), Some(values)) = (self.model.attention(layer), self.trace.values.get(layer)) else {
            candle_core::bail!("the model has no layer {layer}")
        };
        brought(attend, self.model.spec().heads, &values.squeeze(0)?)
    }

    /// The terms of the attention of `layer` of those that mix the text's tokens, of every query and key (Ferrando et al. 2022,
    /// eq. 5–8): a key's value under every head's weight through the output map, the query's own with the residual stream.
    ///
    /// The output map's bias belongs to no key. Norms enter by their linear part at what they saw.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn terms(&self, layer: usize) -> Result<Terms> {
        let stack = self.stack()?;
        let found =
            self.block((stack.transformer, layer), stack.patterns, stack.values, &stack.hidden[layer]);
        found?.terms()
    }

    /// The same of the self-attention of a layer of the decoder, between what it has written.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn written_terms(&self, layer: usize) -> Result<Terms> {
        let Some(source) = &self.trace.source else { candle_core::bail!("the model has no encoder") };
        let of = (&self.model.transformer, layer);
        self.block(of, &source.written, &source.written_values, &self.trace.hidden[layer])?.terms()
    }

    /// The terms of the cross-attention of a layer of the decoder, of Q queries over the T tokens of the source and, as one
    /// column more, of the decoder's own stream (Ferrando et al. 2022b); `states [Q, D]` is that stream, behind the layer's
    /// self-attention.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn cross_terms(&self, layer: usize, states: &[f64]) -> Result<Terms> {
        let Some((step, attend)) = self.model.transformer.layers[layer].cross() else {
            candle_core::bail!("a layer looks at no source")
        };
        let pattern = self.trace.patterns[layer].squeeze(0)?;
        let (heads, width) = (self.model.spec().heads, attend.out.outputs());
        let ((h, q, k), shape) = (pattern.dims3()?, (1, states.len() / width.max(1), width));
        self.count((h * q * k * width) as u64);
        let stream = of_f64(states.to_vec(), shape, pattern.dtype(), pattern.device())?;
        let values = self.trace.values[layer].squeeze(0)?;
        Block { step, attend, heads, pattern, values, stream, own: false }.terms()
    }

    /// The self-attention of a layer, with what was seen of it.
    fn block<'p>(
        &self,
        (transformer, layer): (&'p Transformer, usize),
        patterns: &[Tensor],
        values: &[Tensor],
        stream: &Tensor,
    ) -> Result<Block<'p>> {
        let Some((step, attend)) = transformer.layers[layer].attention() else {
            candle_core::bail!("a layer has no attention")
        };
        let (pattern, values) = (patterns[layer].squeeze(0)?, values[layer].squeeze(0)?);
        let (h, t, _) = pattern.dims3()?;
        self.count((h * t * t * attend.out.outputs()) as u64);
        let (heads, stream) = (transformer.spec.heads, stream.clone());
        Ok(Block { step, attend, heads, pattern, values, stream, own: true })
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
        let (stack, t) = (self.stack()?, self.sequence.len());
        self.count((t as u64 + 1) * stack.transformer.spec.layer_work(t, t));
        let pattern = &stack.patterns[layer];
        let h = pattern.dim(1)?;
        let given = |pattern: Tensor| -> Result<Tensor> {
            let mut tap =
                Replace::patterns([(layer, pattern)]).with_values(layer, stack.values[layer].clone());
            let State { hidden, blocked, places, .. } = stack.state(layer);
            let mut pass = Pass {
                layer,
                blocked: blocked.as_ref(),
                places: &places,
                before: None,
                memory: None,
                tap: &mut tap,
            };
            Ok(stack.transformer.layers[layer].forward(&hidden, Rows::All, &mut pass)?.0)
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
        let (stack, t) = (self.stack()?, self.sequence.len());
        self.count(2 * moves.len() as u64 * stack.transformer.spec.forward_work(t));
        let (device, entered) = (self.model.device(), stack.hidden[0].clone());
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
            let state = State { hidden, places, ..stack.state(0) };
            // The last norm is behind what the top layer gives, so that is read before it.
            let behind = stack.behind(state)?;
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
}
