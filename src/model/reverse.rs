//! The reverse pass: gradients of a scalar at the word embeddings and at every pattern, in one sweep and
//! without the gradient of any weight.

use candle_core::{Result, Tensor};

use super::kernels::{Normed, activate_reverse, mix_reverse, pattern_reverse};
use super::tap::{Replace, Untapped};
use super::transformer::{LayerTape, Rows, State, Transformer};

/// A forward pass that can be run backwards.
#[derive(Debug)]
pub struct Tape {
    first: usize,
    layers: Vec<LayerTape>,
    embedding: Option<Normed>,
    /// What the head reads: `[B, T, D]`, or `[B, 1, D]` with [`Rows::Decision`].
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

/// The gradients of one scalar per sequence.
#[derive(Debug)]
pub struct Gradients {
    /// At the word embeddings, `[B, T, Demb]`; absent when the pass started above them.
    pub words: Option<Tensor>,
    /// At the pattern of each layer from the first one run, `[B, H, Tq, T]`.
    pub patterns: Vec<Tensor>,
}

impl Transformer {
    /// A forward pass from word embeddings `[B, T, Demb]` that keeps what the reverse pass needs.
    pub fn tape(
        &self,
        words: &Tensor,
        places: &Tensor,
        types: &Tensor,
        blocked: Option<Tensor>,
        rows: Rows,
    ) -> Result<Tape> {
        let (hidden, normed) = self.embed(words, places, types)?;
        let state = State { layer: 0, hidden, blocked };
        let mut layers = Vec::with_capacity(self.layers.len());
        let hidden = self.pass(state, rows, &mut Untapped, &mut |layer| layers.push(layer))?;
        Ok(Tape { first: 0, layers, embedding: Some(normed), hidden })
    }

    /// A forward pass from `state` with some patterns replaced; these count as constants.
    pub fn tape_from(&self, state: State, rows: Rows, patterns: &mut Replace) -> Result<Tape> {
        let (first, mut layers) = (state.layer, Vec::new());
        let hidden = self.pass(state, rows, patterns, &mut |layer| layers.push(layer))?;
        Ok(Tape { first, layers, embedding: None, hidden })
    }

    /// Runs `tape` backwards from the gradient at its `hidden`.
    ///
    /// Where one stream served many patterns (batch 1), the sweep ends at that layer's pattern: nothing below
    /// it depends on them.
    pub fn reverse(&self, tape: &Tape, at_hidden: &Tensor, graph: Graph) -> Result<Gradients> {
        let mut grad = at_hidden.clone();
        let mut patterns = Vec::with_capacity(tape.layers.len());
        for (i, kept) in tape.layers.iter().enumerate().rev() {
            let bottom = i == 0 && tape.embedding.is_none();
            let (below, at_pattern) = self.layer_reverse(tape.first + i, kept, &grad, graph, bottom)?;
            patterns.push(at_pattern);
            match below {
                Some(below) => grad = below,
                None => break,
            }
        }
        patterns.reverse();
        let words = match &tape.embedding {
            None => None,
            Some(normed) => {
                let grad = match &self.embedding.project {
                    Some(project) => project.reverse(&grad)?,
                    None => grad,
                };
                Some(self.embedding.norm.reverse(&grad, normed)?)
            }
        };
        Ok(Gradients { words, patterns })
    }

    /// The gradients at a layer's input (none when `bottom`) and at its pattern.
    fn layer_reverse(
        &self,
        l: usize,
        kept: &LayerTape,
        grad: &Tensor,
        graph: Graph,
        bottom: bool,
    ) -> Result<(Option<Tensor>, Tensor)> {
        let layer = &self.layers[l];
        let heads = self.spec.heads;
        let at_mlp = layer.mlp_norm.reverse(grad, &kept.mlp)?;
        let at_inner = activate_reverse(self.spec.activation, &kept.inner, &layer.down.reverse(&at_mlp)?)?;
        let at_attn = layer.attn_norm.reverse(&layer.up.reverse_onto(&at_inner, &at_mlp)?, &kept.attn)?;
        let at_mixed = layer.out.reverse(&at_attn)?;
        let shared = kept.batch == 1 && kept.pattern.dims()[0] > 1;
        let ends = bottom || shared;
        let (at_pattern, at_value) = mix_reverse(&at_mixed, &kept.pattern, &kept.value, heads, !ends)?;
        let (false, Some(at_value)) = (ends, at_value) else {
            return Ok((None, at_pattern));
        };
        let at_query_key = match (&kept.query_key, graph) {
            (Some((q, k)), Graph::Whole) => {
                Some(pattern_reverse(&at_pattern, &kept.pattern, q, k, heads, self.scale())?)
            }
            _ => None,
        };
        // The residual's own gradient, and what reached the queries, stand on the rows that were asked.
        let mut rows = at_attn;
        let mut all = None;
        if let Some((at_query, at_key)) = at_query_key {
            rows = layer.query.reverse_onto(&at_query, &rows)?;
            all = Some(layer.key.reverse(&at_key)?);
        }
        let all = match (all, kept.rows) {
            (Some(all), _) => layer.value.reverse_onto(&at_value, &all)?,
            (None, Rows::All) => return Ok((Some(layer.value.reverse_onto(&at_value, &rows)?), at_pattern)),
            (None, Rows::Decision(_)) => layer.value.reverse(&at_value)?,
        };
        let below = match kept.rows {
            Rows::All => (all + rows)?,
            Rows::Decision(row) => {
                let (_, tokens, _) = all.dims3()?;
                let padded = rows.pad_with_zeros(1, row, tokens - row - 1)?;
                (all + padded)?
            }
        };
        Ok((Some(below), at_pattern))
    }
}
