//! The one forward pass.

use std::sync::Arc;

use candle_core::{DType, Result, Tensor};

use super::kernels::{Linear, Norm, Standard, add};
use super::layer::{Layer, LayerTape};
use super::pass::{Memory, Pass, Rows};
use super::past::Before;
use super::place::Places;
use super::scoring::Reach;
use super::spec::Spec;
use super::tap::{Point, Spot, Tap};

/// The embedding block.
#[derive(Debug)]
pub struct Embedding {
    /// One row per id, `[V, Demb]`; they may be stored in a narrower type than the one that is computed in.
    pub words: Tensor,
    /// One row per place in the text, `[places, Demb]`, or D where words are projected before; absent where places enter
    /// elsewhere.
    pub positions: Option<Tensor>,
    /// One row per token type, `[types, Demb]`; absent where the family has none.
    pub types: Option<Tensor>,
    /// What word embeddings are multiplied by, where they are.
    pub scale: Option<f64>,
    /// Over the sum of a token's word, place and type rows; absent where the layers begin with one.
    pub norm: Option<Norm>,
    /// From the embedding's width to D, where they differ: after the norm, or where there is none before places are added.
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
    /// Over what the last layer gives, where its own norms are before its sums.
    pub last: Option<Norm>,
}

/// The residual stream about to enter a layer: where a pass starts, or is taken up again.
#[derive(Debug, Clone)]
pub struct State {
    /// The layer it enters, from 0 to L; at L the last norm is behind it.
    pub layer: usize,
    /// `[B, T, D]`.
    pub hidden: Tensor,
    /// Keys that nobody may attend to, `[B, T]` of u8, or `[1, T]` for all sequences.
    pub blocked: Option<Tensor>,
    /// The places of its tokens.
    pub places: Arc<Places>,
    /// The rows that stand before these T, where they are known; `blocked` marks them too, T does not count them.
    pub before: Option<Before>,
    /// What its layers attend to besides the stream, where some do.
    pub memory: Option<Memory>,
}

impl Transformer {
    /// Which keys a query of a layer sees.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    #[must_use]
    pub fn reach(&self, layer: usize) -> Reach {
        self.layers[layer].attention().map_or(Reach::Every, |(_, attend)| attend.scoring.reach)
    }

    /// The type that is computed in: that of its maps.
    #[must_use]
    pub fn dtype(&self) -> DType {
        let first = self.layers.first().and_then(|layer| layer.attention());
        first.map_or(self.embedding.words.dtype(), |(_, attend)| attend.query.dtype())
    }

    /// Whether no row of any layer sees what stands behind it.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        (0..self.layers.len()).all(|layer| self.reach(layer).looks_back())
    }

    /// The word embeddings of `ids [B, T]`, `[B, T, Demb]`, before places and types are added.
    pub fn words(&self, ids: &Tensor) -> Result<Tensor> {
        let (b, t) = ids.dims2()?;
        let rows = self.embedding.words.index_select(&ids.flatten_all()?, 0)?;
        rows.to_dtype(self.dtype())?.reshape((b, t, self.spec.embedding))
    }

    /// The state that enters layer 0, from word embeddings `[B, T, Demb]`, places and types `[B·T]`.
    pub fn enter(
        &self,
        words: &Tensor,
        places: &Tensor,
        types: &Tensor,
        blocked: Option<Tensor>,
    ) -> Result<State> {
        let hidden = self.embed(words, places, types)?.0;
        let places = Places::new(places, words.dim(0)?);
        Ok(State { layer: 0, hidden, blocked, places, before: None, memory: None })
    }

    /// As [`Self::enter`], keeping the norm for the reverse pass.
    pub(super) fn embed(
        &self,
        words: &Tensor,
        places: &Tensor,
        types: &Tensor,
    ) -> Result<(Tensor, Option<Standard>)> {
        let Embedding { positions, types: table, scale, norm, project, .. } = &self.embedding;
        let scaled = scale.map(|scale| words * scale).transpose()?;
        let words = scaled.as_ref().unwrap_or(words);
        let through = |x: &Tensor| project.as_ref().map_or_else(|| Ok(x.clone()), |map| map.forward(x));
        let rows = |table: &Option<Tensor>, at| table.as_ref().map(|t| t.index_select(at, 0)).transpose();
        let context = match (rows(positions, places)?, rows(table, types)?) {
            (Some(place), Some(kind)) => Some(add(&place, &kind)?),
            (place, kind) => place.or(kind),
        };
        let Some(norm) = norm else {
            let words = through(words)?;
            let Some(context) = context else { return Ok((words, None)) };
            return Ok((add(&words, &context.reshape(words.shape())?)?, None));
        };
        let context = context.map(|context| context.reshape(words.shape())).transpose()?;
        let normed = norm.forward(words, context.as_ref())?;
        Ok((through(&normed.out)?, Some(normed.standard)))
    }

    /// Runs the layers from `state` to the top and gives what the readout reads: `[B, T, D]` with [`Rows::All`], else
    /// `[B, 1, D]`.
    pub fn run(&self, state: State, rows: Rows, tap: &mut dyn Tap) -> Result<Tensor> {
        Ok(self.pass(state, rows, tap, &mut |_| ())?.0)
    }

    /// As [`Self::run`], handing over each layer's tape, and what the reverse of the last norm needs.
    pub(super) fn pass(
        &self,
        state: State,
        rows: Rows,
        tap: &mut dyn Tap,
        keep: &mut dyn FnMut(LayerTape),
    ) -> Result<(Tensor, Option<Standard>)> {
        let State { layer: first, mut hidden, blocked, places, before, memory } = state;
        let (last, mut standard) = (self.layers.len() - 1, None);
        for (l, layer) in self.layers.iter().enumerate().skip(first) {
            let rows = if l == last { rows } else { Rows::All };
            hidden = tap.visit(Spot { layer: l, point: Point::Resid }, hidden)?;
            let (blocked, before, memory) = (blocked.as_ref(), before.as_ref(), memory.as_ref());
            let mut pass = Pass { layer: l, blocked, places: &places, before, memory, tap };
            let (out, tape) = layer.forward(&hidden, rows, &mut pass)?;
            keep(tape);
            hidden = out;
            if let (true, Some(norm)) = (l == last, &self.last) {
                let normed = norm.forward(&hidden, None)?;
                (hidden, standard) = (normed.out, Some(normed.standard));
            }
        }
        Ok((tap.visit(Spot { layer: self.layers.len(), point: Point::Resid }, hidden)?, standard))
    }
}
