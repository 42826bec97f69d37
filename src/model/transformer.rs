//! The one forward pass.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::kernels::{Linear, Norm, Normed, add};
use super::layer::{Layer, LayerTape};
use super::pass::{Pass, Rows};
use super::spec::Spec;
use super::tap::{Point, Spot, Tap};

/// The embedding block.
#[derive(Debug)]
pub struct Embedding {
    /// One row per id, `[V, Demb]`.
    pub words: Tensor,
    /// One row per place in the text, `[places, Demb]`.
    pub positions: Tensor,
    /// One row per token type, `[types, Demb]`; absent where the family has none.
    pub types: Option<Tensor>,
    /// Over the sum of a token's word, place and type rows.
    pub norm: Norm,
    /// From the embedding's width to D, where they differ.
    pub project: Option<Linear>,
}

/// The weights of a transformer in canonical form; layers may share theirs.
#[derive(Debug)]
pub struct Transformer {
    /// The transformer's sizes and choices.
    pub spec: Spec,
    /// What feeds the first layer.
    pub embedding: Embedding,
    /// The L layers, the one that reads the embedding first.
    pub layers: Vec<Arc<Layer>>,
}

/// The residual stream about to enter a layer: where a pass starts, or is taken up again.
#[derive(Debug, Clone)]
pub struct State {
    /// The layer it enters, from 0 to L.
    pub layer: usize,
    /// `[B, T, D]`.
    pub hidden: Tensor,
    /// Keys that nobody may attend to, `[B, T]` of u8, or `[1, T]` for all sequences.
    pub blocked: Option<Tensor>,
}

impl Transformer {
    /// The word embeddings of `ids [B, T]`, `[B, T, Demb]`, before places and types are added.
    pub fn words(&self, ids: &Tensor) -> Result<Tensor> {
        let (b, t) = ids.dims2()?;
        self.embedding.words.index_select(&ids.flatten_all()?, 0)?.reshape((b, t, self.spec.embedding))
    }

    /// The state that enters layer 0, from word embeddings `[B, T, Demb]`, places and types `[B·T]`.
    pub fn enter(
        &self,
        words: &Tensor,
        places: &Tensor,
        types: &Tensor,
        blocked: Option<Tensor>,
    ) -> Result<State> {
        Ok(State { layer: 0, hidden: self.embed(words, places, types)?.0, blocked })
    }

    /// As [`Self::enter`], keeping the norm for the reverse pass.
    pub(super) fn embed(&self, words: &Tensor, places: &Tensor, types: &Tensor) -> Result<(Tensor, Normed)> {
        let mut context = self.embedding.positions.index_select(places, 0)?;
        if let Some(table) = &self.embedding.types {
            context = add(&context, &table.index_select(types, 0)?)?;
        }
        let normed = self.embedding.norm.forward(words, Some(&context.reshape(words.shape())?))?;
        let hidden = match &self.embedding.project {
            Some(project) => project.forward(&normed.out)?,
            None => normed.out.clone(),
        };
        Ok((hidden, normed))
    }

    /// Runs the layers from `state` to the top and gives what the readout reads: `[B, T, D]` with [`Rows::All`], else
    /// `[B, 1, D]`.
    pub fn run(&self, state: State, rows: Rows, tap: &mut dyn Tap) -> Result<Tensor> {
        self.pass(state, rows, tap, &mut |_| ())
    }

    pub(super) fn pass(
        &self,
        state: State,
        rows: Rows,
        tap: &mut dyn Tap,
        keep: &mut dyn FnMut(LayerTape),
    ) -> Result<Tensor> {
        let State { layer: first, mut hidden, blocked } = state;
        let last = self.layers.len() - 1;
        for (l, layer) in self.layers.iter().enumerate().skip(first) {
            let rows = if l == last { rows } else { Rows::All };
            hidden = tap.visit(Spot { layer: l, point: Point::Resid }, hidden)?;
            let mut pass = Pass { layer: l, blocked: blocked.as_ref(), tap };
            let (out, tape) = layer.forward(&hidden, rows, &mut pass)?;
            keep(tape);
            hidden = out;
        }
        tap.visit(Spot { layer: self.layers.len(), point: Point::Resid }, hidden)
    }
}
