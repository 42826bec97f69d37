//! The reverse pass: gradients of a scalar at the word embeddings and at every pattern, in one sweep and
//! without the gradient of any weight.

use candle_core::{Result, Tensor};

use super::kernels::{
    Linear, Standard, activate_reverse, add, add_row, mix_reverse, pattern_reverse, row_mix_reverse,
    row_pattern_reverse,
};
use super::tap::Tap;
use super::transformer::{Attended, Layer, LayerTape, Rows, State, Transformer};

/// A forward pass that can be run backwards.
#[derive(Debug)]
pub struct Tape {
    first: usize,
    layers: Vec<LayerTape>,
    embedding: Option<Standard>,
    /// What the readout reads: `[B, T, D]` with [`Rows::All`], else `[B, 1, D]`.
    pub hidden: Tensor,
}

/// Whether attention is part of what is differentiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graph {
    /// The ordinary gradient: patterns depend on the input.
    Whole,
    /// Patterns are constants, as in Jain & Wallace (2019), who cut the graph at the attention.
    CutAtAttention,
}

/// Which gradients at patterns are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those of every layer.
    Every,
    /// The last layer's: each of the others takes as much memory as its pattern.
    Last,
}

/// The gradients of one scalar per sequence.
#[derive(Debug)]
pub struct Gradients {
    /// At the word embeddings, `[B, T, Demb]`; absent when the pass started above them.
    pub words: Option<Tensor>,
    /// At the patterns that were to be kept, rising by layer, `[B, H, Tq, T]`.
    pub patterns: Vec<Tensor>,
}

impl Transformer {
    /// A forward pass from word embeddings `[B, T, Demb]` that keeps what the reverse pass needs; patterns that
    /// `tap` supplies count as constants.
    pub fn tape(
        &self,
        words: &Tensor,
        (places, types): (&Tensor, &Tensor),
        blocked: Option<Tensor>,
        rows: Rows,
        tap: &mut dyn Tap,
    ) -> Result<Tape> {
        let (hidden, normed) = self.embed(words, places, types)?;
        let tape = self.tape_from(State { layer: 0, hidden, blocked }, rows, tap)?;
        Ok(Tape { embedding: Some(normed.standard), ..tape })
    }

    /// As [`Self::tape`], from `state` on.
    pub fn tape_from(&self, state: State, rows: Rows, tap: &mut dyn Tap) -> Result<Tape> {
        // Nothing below the other rows' patterns would be differentiated.
        let rows = if let Rows::Patterns(row) = rows { Rows::Decision(row) } else { rows };
        let (first, mut layers) = (state.layer, Vec::with_capacity(self.layers.len()));
        let hidden = self.pass(state, rows, tap, &mut |layer| layers.push(layer))?;
        Ok(Tape { first, layers, embedding: None, hidden })
    }

    /// Runs `tape` backwards from the gradient at its `hidden`, dropping each layer of it behind.
    ///
    /// Where one stream served many patterns (batch 1), the sweep ends at that layer's pattern: nothing below
    /// it depends on them.
    pub fn reverse(&self, tape: Tape, at_hidden: &Tensor, graph: Graph, keep: Keep) -> Result<Gradients> {
        let Tape { first, mut layers, embedding, .. } = tape;
        let mut grad = at_hidden.clone();
        let mut patterns = Vec::new();
        while let Some(kept) = layers.pop() {
            let bottom = layers.is_empty() && embedding.is_none();
            let layer = &self.layers[first + layers.len()];
            let (below, at_pattern) = self.layer_reverse(layer, kept, &grad, graph, bottom)?;
            if keep == Keep::Every || patterns.is_empty() {
                patterns.push(at_pattern);
            }
            match below {
                Some(below) => grad = below,
                None => break,
            }
        }
        patterns.reverse();
        let words = match &embedding {
            None => None,
            Some(rows) => {
                let grad = match &self.embedding.project {
                    Some(project) => project.reverse(&grad)?,
                    None => grad,
                };
                Some(self.embedding.norm.reverse(&grad, rows)?)
            }
        };
        Ok(Gradients { words, patterns })
    }

    /// The gradients at a layer's input (none when `bottom`) and at its pattern.
    fn layer_reverse(
        &self,
        layer: &Layer,
        kept: LayerTape,
        grad: &Tensor,
        graph: Graph,
        bottom: bool,
    ) -> Result<(Option<Tensor>, Tensor)> {
        let LayerTape { attended, pattern, attn, inner, mlp, rows: asked, batch } = kept;
        if asked != Rows::All {
            [&layer.query, &layer.out, &layer.up, &layer.down].into_iter().try_for_each(Linear::turn_over)?;
        }
        let at_attn = layer.attn_norm.reverse(&self.mlp_reverse(layer, inner, mlp, grad)?, &attn)?;
        let at_mixed = layer.out.reverse(&at_attn)?;
        let pattern = self.pattern_of(pattern)?;
        let shared = batch == 1 && pattern.dims()[0] > 1;
        let (ends, grads) = (bottom || shared, (&at_mixed, at_attn));
        let (at_pattern, below) =
            self.attention_reverse(layer, (&attended, asked), &pattern, grads, graph, ends)?;
        let Some((all, rows)) = below else { return Ok((None, at_pattern)) };
        let below = match (all, asked) {
            (None, _) => rows,
            (Some(all), Rows::All) => add(&all, &rows)?,
            (Some(all), Rows::Decision(row) | Rows::Patterns(row)) => add_row(&all, &rows, row)?,
        };
        Ok((Some(below), at_pattern))
    }

    /// The gradient at the sum of the attention block and its input; what the tape kept of the feed-forward block is
    /// gone then.
    fn mlp_reverse(&self, layer: &Layer, inner: Tensor, mlp: Standard, grad: &Tensor) -> Result<Tensor> {
        let at_mlp = layer.mlp_norm.reverse(grad, &mlp)?;
        let at_inner = activate_reverse(self.spec.activation, &inner, &layer.down.reverse(&at_mlp)?)?;
        drop((inner, mlp));
        layer.up.reverse_onto(&at_inner, &at_mlp)
    }

    /// The gradient at the pattern and, unless it `ends` there, at the input: what reached every row, and what reached
    /// the rows that were asked, the residual's own with it. The first is absent where it is in the second.
    #[expect(clippy::type_complexity, reason = "two gradients at most, told above")]
    fn attention_reverse(
        &self,
        layer: &Layer,
        (attended, asked): (&Attended, Rows),
        pattern: &Tensor,
        (at_mixed, at_attn): (&Tensor, Tensor),
        graph: Graph,
        ends: bool,
    ) -> Result<(Tensor, Option<(Option<Tensor>, Tensor)>)> {
        let (heads, scale, mut rows) = (self.spec.heads, self.scale(), at_attn);
        let (query_key, value) = match attended {
            Attended::Heads { query_key, value } => (query_key, value),
            Attended::Stream { stream, query } => {
                let (at_pattern, at_stream) =
                    row_mix_reverse(at_mixed, pattern, stream, &layer.value, heads, !ends)?;
                let Some(mut all) = at_stream else { return Ok((at_pattern, None)) };
                if let (Some(q), Graph::Whole) = (query, graph) {
                    let (at_query, at_stream) =
                        row_pattern_reverse(&at_pattern, pattern, q, stream, &layer.key, heads, scale)?;
                    rows = layer.query.reverse_onto(&at_query, &rows)?;
                    all = add(&all, &at_stream)?;
                }
                return Ok((at_pattern, Some((Some(all), rows))));
            }
        };
        let (at_pattern, at_value) = mix_reverse(at_mixed, pattern, value, heads, !ends)?;
        let Some(at_value) = at_value else { return Ok((at_pattern, None)) };
        let mut all = None;
        if let (Some((q, k)), Graph::Whole) = (query_key, graph) {
            let (at_query, at_key) = pattern_reverse(&at_pattern, pattern, q, k, heads, scale)?;
            rows = layer.query.reverse_onto(&at_query, &rows)?;
            all = Some(layer.key.reverse(&at_key)?);
        }
        let all = match (all, asked) {
            (Some(all), _) => layer.value.reverse_onto(&at_value, &all)?,
            (None, Rows::All) => {
                return Ok((at_pattern, Some((None, layer.value.reverse_onto(&at_value, &rows)?))));
            }
            (None, _) => layer.value.reverse(&at_value)?,
        };
        Ok((at_pattern, Some((Some(all), rows))))
    }
}
