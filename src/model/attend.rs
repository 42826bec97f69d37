//! Self-attention: its queries over the keys of one stream, the values mixed, and the reverse of both.

use candle_core::{Result, Tensor};

use super::kernels::{
    Linear, add, add_row, mix, mix_reverse, pattern, pattern_reverse, row_mix, row_mix_reverse, row_pattern,
    row_pattern_reverse,
};
use super::pass::{Graph, Pass, Rows};
use super::spec::Heads;
use super::tap::Point;

/// Patterns of so many keys or more are not kept for the reverse pass; in a model of BERT's shapes they are then at
/// least a third of what it would keep.
const LONG: usize = 256;

/// `softmax(scale · q·kᵀ)·v` by heads, then the output map.
#[derive(Debug)]
pub struct Attend {
    /// `[D, H·E]`.
    pub query: Linear,
    /// `[D, H·E]`.
    pub key: Linear,
    /// `[D, H·E]`.
    pub value: Linear,
    /// `[H·E, D]`.
    pub out: Linear,
    /// How the width of queries, keys and values splits into heads.
    pub heads: Heads,
    /// What a score is multiplied by: one over √E.
    pub scale: f64,
}

/// What attention was computed from.
#[derive(Debug)]
enum Attended {
    Heads {
        /// Absent where the pattern was supplied, and so does not depend on them.
        query_key: Option<(Tensor, Tensor)>,
        value: Tensor,
    },
    /// One row, straight from the stream that was read.
    Stream {
        stream: Tensor,
        /// As [`row_pattern`] gives it; absent where the pattern was supplied.
        query: Option<Tensor>,
    },
}

/// A pattern, until the reverse pass reads it.
#[derive(Debug)]
enum Kept {
    Whole(Tensor),
    /// Not kept: queries and keys give the same again, which takes a few per cent of the pass and spares its greatest
    /// tensors.
    Again {
        query: Tensor,
        key: Tensor,
        blocked: Option<Tensor>,
    },
}

/// What the reverse of attention needs.
#[derive(Debug)]
pub(super) struct AttendTape {
    attended: Attended,
    pattern: Kept,
    rows: Rows,
    /// The batch of the stream that was read; 1 where one stream serves many patterns.
    batch: usize,
}

impl Attend {
    /// Attention with scores over √E.
    #[must_use]
    pub fn new([query, key, value, out]: [Linear; 4], heads: Heads) -> Self {
        Self { query, key, value, out, heads, scale: 1.0 / (heads.width as f64).sqrt() }
    }

    /// `x [B, T, D]` to `[B, Tq, D]`: what the rows that are asked take from the stream.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        rows: Rows,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, AttendTape)> {
        let asked = if let Rows::Decision(_) = rows { rows.of(x)? } else { x.clone() };
        let (pattern, attended) = self.attend(x, &asked, rows, pass)?;
        let pattern = match rows {
            Rows::Patterns(row) => pattern.narrow(2, row, 1)?.contiguous()?,
            _ => pattern,
        };
        let mixed = match &attended {
            Attended::Heads { value, .. } => mix(&pattern, value, self.heads)?,
            Attended::Stream { stream, .. } => row_mix(&pattern, stream, &self.value, self.heads)?,
        };
        let mixed = pass.visit(Point::HeadOut, mixed)?;
        let out = pass.visit(Point::AttnOut, self.out.forward(&mixed)?)?;
        let pattern = match &attended {
            Attended::Heads { query_key: Some((q, k)), .. }
                if x.dims()[1] >= LONG && !pass.sees(Point::Pattern) =>
            {
                Kept::Again { query: q.clone(), key: k.clone(), blocked: pass.blocked.cloned() }
            }
            _ => Kept::Whole(pattern),
        };
        Ok((out, AttendTape { attended, pattern, rows, batch: x.dims()[0] }))
    }

    /// The pattern of the rows that were `asked` over the stream `x`, and what it and the mixture come from.
    fn attend(
        &self,
        x: &Tensor,
        asked: &Tensor,
        rows: Rows,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Attended)> {
        let heads = self.heads;
        let pattern_of = |supplied: Tensor, pass: &mut Pass<'_>| -> Result<Tensor> {
            let fit = [heads.count, asked.dims()[1], x.dims()[1]];
            if supplied.dims().get(1..) != Some(&fit[..]) {
                candle_core::bail!("a supplied pattern of shape {:?} does not fit {fit:?}", supplied.dims());
            }
            pass.visit(Point::Pattern, supplied)
        };
        let given = pass.supply(Point::Value)?;
        let unseen = [Point::Key, Point::Value].iter().all(|point| !pass.sees(*point));
        let kernels = self.key.is_laid_out() && !x.track_op();
        if let (Rows::Decision(_), None, true, true) = (rows, &given, unseen, kernels) {
            let (query, found) = if let Some(supplied) = pass.supply(Point::Pattern)? {
                (None, supplied)
            } else {
                let q = pass.visit(Point::Query, self.query.forward(asked)?)?;
                let (q, p) = row_pattern(&q, x, &self.key, heads, self.scale, pass.blocked)?;
                (Some(q), p)
            };
            return Ok((pattern_of(found, pass)?, Attended::Stream { stream: x.clone(), query }));
        }
        let made = |map: &Linear, from: &Tensor, given: Option<Tensor>| match given {
            Some(given) if given.dims() == [from.dims()[0], from.dims()[1], heads.total()] => Ok(given),
            Some(other) => candle_core::bail!("a supplied tensor of shape {:?} does not fit", other.dims()),
            None => map.forward(from),
        };
        let value = pass.visit(Point::Value, made(&self.value, x, given)?)?;
        let (query_key, found) = if let Some(supplied) = pass.supply(Point::Pattern)? {
            (None, supplied)
        } else {
            let (q, k) = (pass.supply(Point::Query)?, pass.supply(Point::Key)?);
            let q = pass.visit(Point::Query, made(&self.query, asked, q)?)?;
            let k = pass.visit(Point::Key, made(&self.key, x, k)?)?;
            let p = pattern(&q, &k, heads, self.scale, pass.blocked)?;
            (Some((q, k)), p)
        };
        Ok((pattern_of(found, pass)?, Attended::Heads { query_key, value }))
    }

    /// The gradients at the pattern, `[B, H, Tq, T]`, and at the stream, `[B, T, D]`, from the gradient at the output.
    ///
    /// `onto`, at the rows that were asked, is added to the second. It is absent where the sweep `ends` here, and where
    /// one stream served many patterns (batch 1): nothing below depends on them.
    pub(super) fn reverse(
        &self,
        tape: AttendTape,
        at_out: Tensor,
        onto: Option<Tensor>,
        graph: Graph,
        ends: bool,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let AttendTape { attended, pattern, rows, batch } = tape;
        if rows != Rows::All {
            [&self.query, &self.out].into_iter().try_for_each(Linear::turn_over)?;
        }
        let at_mixed = self.out.reverse(&at_out)?;
        drop(at_out);
        let pattern = self.pattern_of(pattern)?;
        let below = !ends && (batch > 1 || pattern.dims()[0] == 1);
        match &attended {
            Attended::Heads { query_key, value } => {
                let (at_pattern, at_value) = mix_reverse(&at_mixed, &pattern, value, self.heads, below)?;
                let Some(at_value) = at_value else { return Ok((at_pattern, None)) };
                let query_key = query_key.as_ref().filter(|_| graph == Graph::Whole);
                let at_stream =
                    self.heads_reverse(query_key, &pattern, (&at_pattern, &at_value), onto, rows)?;
                Ok((at_pattern, Some(at_stream)))
            }
            Attended::Stream { stream, query } => {
                let (at_pattern, at_stream) =
                    row_mix_reverse(&at_mixed, &pattern, stream, &self.value, self.heads, below)?;
                let Some(mut all) = at_stream else { return Ok((at_pattern, None)) };
                let mut asked = onto;
                if let (Some(q), Graph::Whole) = (query, graph) {
                    let (at_query, at_stream) = row_pattern_reverse(
                        &at_pattern,
                        &pattern,
                        q,
                        stream,
                        &self.key,
                        self.heads,
                        self.scale,
                    )?;
                    asked = Some(through(&self.query, &at_query, asked.as_ref())?);
                    all = add(&all, &at_stream)?;
                }
                Ok((at_pattern, Some(joined(all, asked, rows)?)))
            }
        }
    }

    /// The gradient at the stream from those at the pattern and the values; `query_key` are absent where the pattern is a
    /// constant.
    fn heads_reverse(
        &self,
        query_key: Option<&(Tensor, Tensor)>,
        pattern: &Tensor,
        (at_pattern, at_value): (&Tensor, &Tensor),
        onto: Option<Tensor>,
        rows: Rows,
    ) -> Result<Tensor> {
        let Some((q, k)) = query_key else {
            return match (onto, rows) {
                (Some(onto), Rows::All) => self.value.reverse_onto(at_value, &onto),
                (onto, _) => joined(self.value.reverse(at_value)?, onto, rows),
            };
        };
        let (at_query, at_key) = pattern_reverse(at_pattern, pattern, q, k, self.heads, self.scale)?;
        let asked = through(&self.query, &at_query, onto.as_ref())?;
        drop(onto);
        let all = self.key.reverse(&at_key)?;
        joined(self.value.reverse_onto(at_value, &all)?, Some(asked), rows)
    }

    /// The pattern, computed again where it was not kept.
    fn pattern_of(&self, kept: Kept) -> Result<Tensor> {
        match kept {
            Kept::Whole(pattern) => Ok(pattern),
            Kept::Again { query, key, blocked } => {
                pattern(&query, &key, self.heads, self.scale, blocked.as_ref())
            }
        }
    }
}

/// The gradient at a map's input, added to what is there already.
fn through(map: &Linear, grad: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
    match onto {
        Some(onto) => map.reverse_onto(grad, onto),
        None => map.reverse(grad),
    }
}

/// What reached every row, with what reached the rows that were asked.
pub(super) fn joined(all: Tensor, asked: Option<Tensor>, rows: Rows) -> Result<Tensor> {
    match (asked, rows.one()) {
        (None, _) => Ok(all),
        (Some(asked), None) => add(&all, &asked),
        (Some(asked), Some(row)) => add_row(&all, &asked, row),
    }
}
