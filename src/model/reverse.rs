//! The reverse pass: gradients of a scalar at the word embeddings and at every pattern, in one sweep and
//! without the gradient of any weight.

use candle_core::{Result, Tensor};

use super::kernels::{Standard, add};
use super::layer::LayerTape;
use super::pass::{Graph, Memory, Rows};
use super::place::Places;
use super::tap::Tap;
use super::transformer::{State, Transformer};

/// A forward pass that can be run backwards.
#[derive(Debug)]
pub struct Tape {
    first: usize,
    layers: Vec<LayerTape>,
    /// What the reverse of the last norm needs.
    last: Option<Standard>,
    embedding: Option<Entered>,
    /// What the readout reads: `[B, T, D]` with [`Rows::All`], else `[B, 1, D]`.
    pub hidden: Tensor,
}

/// A pass that began at the word embeddings, and what the reverse of the norm over them needs.
#[derive(Debug)]
struct Entered(Option<Standard>);

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
    /// At the patterns over the memory, of the same layers, `[B, H, Tq, S]`; none where no layer has one.
    pub cross: Vec<Tensor>,
    /// At the memory, `[B, S, D]` as its states are: the sum over the layers.
    pub memory: Option<Tensor>,
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
        let (hidden, standard) = self.embed(words, places, types)?;
        let places = Places::new(places, words.dim(0)?);
        let state = State { layer: 0, hidden, blocked, places, before: None, memory: None };
        let tape = self.tape_from(state, rows, tap)?;
        Ok(Tape { embedding: Some(Entered(standard)), ..tape })
    }

    /// As [`Self::tape`], with what the layers attend to besides their stream.
    pub fn tape_over(
        &self,
        words: &Tensor,
        (places, types): (&Tensor, &Tensor),
        memory: Memory,
        rows: Rows,
        tap: &mut dyn Tap,
    ) -> Result<Tape> {
        let (hidden, standard) = self.embed(words, places, types)?;
        let places = Places::new(places, words.dim(0)?);
        let state = State { layer: 0, hidden, blocked: None, places, before: None, memory: Some(memory) };
        let tape = self.tape_from(state, rows, tap)?;
        Ok(Tape { embedding: Some(Entered(standard)), ..tape })
    }

    /// As [`Self::tape`], from `state` on, which has no rows before it.
    pub fn tape_from(&self, state: State, rows: Rows, tap: &mut dyn Tap) -> Result<Tape> {
        if state.before.is_some() {
            candle_core::bail!("what stands before a pass is a constant to its gradients");
        }
        // Nothing below the other rows' patterns would be differentiated.
        let rows = if let Rows::Patterns(row) = rows { Rows::Decision(row) } else { rows };
        let (first, mut layers) = (state.layer, Vec::with_capacity(self.layers.len()));
        let (hidden, last) = self.pass(state, rows, tap, &mut |layer| layers.push(layer))?;
        Ok(Tape { first, layers, last, embedding: None, hidden })
    }

    /// Runs `tape` backwards from the gradient at its `hidden`, dropping each layer of it behind.
    ///
    /// Where one stream served many patterns (batch 1), the sweep ends at that layer's pattern: nothing below
    /// it depends on them.
    pub fn reverse(&self, tape: Tape, at_hidden: &Tensor, graph: Graph, keep: Keep) -> Result<Gradients> {
        let Tape { first, mut layers, last, embedding, .. } = tape;
        let mut grad = match (&self.last, &last) {
            (Some(norm), Some(rows)) => norm.reverse(at_hidden, rows)?,
            _ => at_hidden.clone(),
        };
        let (mut patterns, mut cross, mut at_memory) = (Vec::new(), Vec::new(), None);
        while let Some(kept) = layers.pop() {
            let bottom = layers.is_empty() && embedding.is_none();
            let layer = &self.layers[first + layers.len()];
            let found = layer.reverse(kept, grad, graph, bottom)?;
            if keep == Keep::Every || patterns.is_empty() {
                patterns.extend(found.pattern);
            }
            if keep == Keep::Every || cross.is_empty() {
                cross.extend(found.cross);
            }
            at_memory = match (at_memory, found.memory) {
                (Some(above), Some(here)) => Some(add(&above, &here)?),
                (above, here) => above.or(here),
            };
            let Some(below) = found.stream else {
                patterns.reverse();
                cross.reverse();
                return Ok(Gradients { words: None, patterns, cross, memory: at_memory });
            };
            grad = below;
        }
        patterns.reverse();
        cross.reverse();
        let words = match &embedding {
            None => None,
            Some(Entered(rows)) => {
                let grad = match &self.embedding.project {
                    Some(project) => project.reverse(&grad)?,
                    None => grad,
                };
                let grad = match (&self.embedding.norm, rows) {
                    (Some(norm), Some(rows)) => norm.reverse(&grad, rows)?,
                    _ => grad,
                };
                Some(if let Some(scale) = self.embedding.scale { (grad * scale)? } else { grad })
            }
        };
        Ok(Gradients { words, patterns, cross, memory: at_memory })
    }
}
