//! The one forward pass.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::kernels::{Linear, Norm, Normed, Standard, activate, add, mix, pattern, row_mix, row_pattern};
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

/// One layer: attention and feed-forward, each followed by residual sum and norm.
#[derive(Debug)]
pub struct Layer {
    /// `[D, H·E]`.
    pub query: Linear,
    /// `[D, H·E]`.
    pub key: Linear,
    /// `[D, H·E]`.
    pub value: Linear,
    /// `[H·E, D]`.
    pub out: Linear,
    /// Over the sum of the attention block's output and its input, `[D]`.
    pub attn_norm: Norm,
    /// `[D, inner]`.
    pub up: Linear,
    /// `[inner, D]`.
    pub down: Linear,
    /// Over the sum of the feed-forward block's output and its input, `[D]`.
    pub mlp_norm: Norm,
}

/// The weights of a transformer in canonical form; layers may share theirs.
#[derive(Debug)]
pub struct Transformer {
    /// Shape and choices.
    pub spec: Spec,
    /// What feeds the first layer.
    pub embedding: Embedding,
    /// The L layers, the one that reads the embedding first.
    pub layers: Vec<Arc<Layer>>,
}

/// Patterns of so many keys or more are not kept for the reverse pass; in a model of BERT's shapes they are then at
/// least a third of what it would keep.
const LONG: usize = 256;

/// Which query rows the last layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Every row: needed when its patterns or states are looked at.
    All,
    /// Only this row: exact for logits that are read there, and cheaper.
    Decision(usize),
    /// Every row up to the pattern, and only this one beyond it: for logits and every pattern.
    Patterns(usize),
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

/// What attention was computed from.
#[derive(Debug)]
pub(super) enum Attended {
    Heads {
        /// Absent where the pattern was supplied, and so does not depend on them.
        query_key: Option<(Tensor, Tensor)>,
        value: Tensor,
    },
    /// One row, straight from the stream that came in.
    Stream {
        stream: Tensor,
        /// As [`row_pattern`] gives it; absent where the pattern was supplied.
        query: Option<Tensor>,
    },
}

/// A pattern, until the reverse pass reads it.
#[derive(Debug)]
pub(super) enum Kept {
    Whole(Tensor),
    /// Not kept: queries and keys give the same again, which takes a few per cent of the pass and spares its greatest
    /// tensors.
    Again {
        query: Tensor,
        key: Tensor,
        blocked: Option<Tensor>,
    },
}

/// What the reverse pass needs of one layer.
#[derive(Debug)]
pub(super) struct LayerTape {
    pub attended: Attended,
    pub pattern: Kept,
    pub attn: Standard,
    /// Before the activation.
    pub inner: Tensor,
    pub mlp: Standard,
    pub rows: Rows,
    /// The batch of the stream that came in; 1 where one stream serves many patterns.
    pub batch: usize,
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
            hidden = self.layer(l, layer, &hidden, blocked.as_ref(), rows, tap, keep)?;
        }
        tap.visit(Spot { layer: self.layers.len(), point: Point::Resid }, hidden)
    }

    #[expect(clippy::too_many_arguments, reason = "one private step of the pass, with its whole context")]
    fn layer(
        &self,
        l: usize,
        layer: &Layer,
        x: &Tensor,
        blocked: Option<&Tensor>,
        rows: Rows,
        tap: &mut dyn Tap,
        keep: &mut dyn FnMut(LayerTape),
    ) -> Result<Tensor> {
        let at = |point| Spot { layer: l, point };
        let (asked, row) = match rows {
            Rows::All => (x.clone(), None),
            Rows::Decision(row) => (x.narrow(1, row, 1)?.contiguous()?, None),
            Rows::Patterns(row) => (x.clone(), Some(row)),
        };
        let (pattern, attended) = self.attend(l, layer, (x, &asked), blocked, rows, tap)?;
        let (pattern, residual) = match row {
            None => (pattern, asked),
            Some(row) => (pattern.narrow(2, row, 1)?.contiguous()?, x.narrow(1, row, 1)?.contiguous()?),
        };
        let mixed = match &attended {
            Attended::Heads { value, .. } => mix(&pattern, value, self.spec.heads)?,
            Attended::Stream { stream, .. } => row_mix(&pattern, stream, &layer.value, self.spec.heads)?,
        };
        let mixed = tap.visit(at(Point::HeadOut), mixed)?;
        let attn_out = tap.visit(at(Point::AttnOut), layer.out.forward(&mixed)?)?;
        let attn = layer.attn_norm.forward(&attn_out, Some(&residual))?;
        let inner = layer.up.forward(&attn.out)?;
        let mlp_out = layer.down.forward(&activate(self.spec.activation, &inner)?)?;
        let mlp_out = tap.visit(at(Point::MlpOut), mlp_out)?;
        let mlp = layer.mlp_norm.forward(&mlp_out, Some(&attn.out))?;
        let pattern = match &attended {
            Attended::Heads { query_key: Some((q, k)), .. }
                if x.dims()[1] >= LONG && !tap.sees(at(Point::Pattern)) =>
            {
                Kept::Again { query: q.clone(), key: k.clone(), blocked: blocked.cloned() }
            }
            _ => Kept::Whole(pattern),
        };
        let (batch, attn, out) = (x.dims()[0], attn.standard, mlp.out);
        keep(LayerTape { attended, pattern, attn, inner, mlp: mlp.standard, rows, batch });
        Ok(out)
    }

    /// The pattern of the rows that were `asked` over the stream `x`, and what it and the mixture come from.
    fn attend(
        &self,
        l: usize,
        layer: &Layer,
        (x, asked): (&Tensor, &Tensor),
        blocked: Option<&Tensor>,
        rows: Rows,
        tap: &mut dyn Tap,
    ) -> Result<(Tensor, Attended)> {
        let at = |point| Spot { layer: l, point };
        let heads = self.spec.heads;
        let pattern_of = |supplied: Tensor, tap: &mut dyn Tap| -> Result<Tensor> {
            let fit = [heads.count, asked.dims()[1], x.dims()[1]];
            if supplied.dims().get(1..) != Some(&fit[..]) {
                candle_core::bail!("a supplied pattern of shape {:?} does not fit {fit:?}", supplied.dims());
            }
            tap.visit(at(Point::Pattern), supplied)
        };
        let given = tap.supply(at(Point::Value))?;
        let unseen = [Point::Key, Point::Value].iter().all(|point| !tap.sees(at(*point)));
        let kernels = layer.key.is_laid_out() && !x.track_op();
        if let (Rows::Decision(_), None, true, true) = (rows, &given, unseen, kernels) {
            let (query, found) = if let Some(supplied) = tap.supply(at(Point::Pattern))? {
                (None, supplied)
            } else {
                let q = tap.visit(at(Point::Query), layer.query.forward(asked)?)?;
                let (q, p) = row_pattern(&q, x, &layer.key, heads, self.scale(), blocked)?;
                (Some(q), p)
            };
            return Ok((pattern_of(found, tap)?, Attended::Stream { stream: x.clone(), query }));
        }
        let made = |map: &Linear, from: &Tensor, given: Option<Tensor>| match given {
            Some(given) if given.dims() == [from.dims()[0], from.dims()[1], heads.total()] => Ok(given),
            Some(other) => candle_core::bail!("a supplied tensor of shape {:?} does not fit", other.dims()),
            None => map.forward(from),
        };
        let value = tap.visit(at(Point::Value), made(&layer.value, x, given)?)?;
        let (query_key, found) = if let Some(supplied) = tap.supply(at(Point::Pattern))? {
            (None, supplied)
        } else {
            let (q, k) = (tap.supply(at(Point::Query))?, tap.supply(at(Point::Key))?);
            let q = tap.visit(at(Point::Query), made(&layer.query, asked, q)?)?;
            let k = tap.visit(at(Point::Key), made(&layer.key, x, k)?)?;
            let p = pattern(&q, &k, heads, self.scale(), blocked)?;
            (Some((q, k)), p)
        };
        Ok((pattern_of(found, tap)?, Attended::Heads { query_key, value }))
    }

    /// The pattern of a layer, computed again where it was not kept.
    pub(super) fn pattern_of(&self, kept: Kept) -> Result<Tensor> {
        match kept {
            Kept::Whole(pattern) => Ok(pattern),
            Kept::Again { query, key, blocked } => {
                pattern(&query, &key, self.spec.heads, self.scale(), blocked.as_ref())
            }
        }
    }

    /// What scores are multiplied by: one over √E.
    pub(super) fn scale(&self) -> f64 {
        1.0 / (self.spec.heads.width as f64).sqrt()
    }
}
