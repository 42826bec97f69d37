//! The reverse of self-attention.

use candle_core::{Result, Tensor};

use super::{Attend, AttendTape, Kept, Mixed, Scored, Side, first};
use crate::model::kernels::{
    Linear, add, add_row, mix_reverse, pattern_reverse, pattern_with, rotate, row_mix_reverse,
    row_pattern_reverse,
};
use crate::model::pass::{Graph, Rows};
use crate::model::place::Turns;
use crate::model::scoring::Asked;

impl Attend {
    /// The gradients at the pattern, `[B, H, Tq, T]`, and at the stream, `[B, T, D]`, from the gradient at the output.
    ///
    /// `onto`, at the rows that were asked, is added to the second. It is absent where the sweep `ends` here, and where
    /// one stream served many patterns (batch 1): nothing below depends on them.
    pub(in crate::model) fn reverse(
        &self,
        tape: AttendTape,
        at_out: Tensor,
        onto: Option<Tensor>,
        graph: Graph,
        ends: bool,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let AttendTape { scored, mixed, pattern, turns, rows, batch } = tape;
        if rows != Rows::All {
            [&self.query, &self.out].into_iter().try_for_each(Linear::turn_over)?;
        }
        let at_mixed = self.out.reverse(&at_out)?;
        drop(at_out);
        let pattern = self.pattern_of(pattern, rows)?;
        let below = !ends && (batch > 1 || pattern.dims()[0] == 1);
        let scored = if graph == Graph::Whole { scored } else { Scored::Given };
        match &mixed {
            Mixed::Values(value) => {
                let (at_pattern, at_value) = mix_reverse(&at_mixed, &pattern, value, self.heads, below)?;
                let Some(at_value) = at_value else { return Ok((at_pattern, None)) };
                let at_stream = self.values_reverse(
                    (&scored, turns.as_ref()),
                    &pattern,
                    (&at_pattern, &at_value),
                    onto,
                    rows,
                )?;
                Ok((at_pattern, Some(at_stream)))
            }
            Mixed::Stream(stream) => {
                let (at_pattern, at_stream) =
                    row_mix_reverse(&at_mixed, &pattern, stream, &self.value, self.heads, below)?;
                let Some(all) = at_stream else { return Ok((at_pattern, None)) };
                let (asked, at_keys) = match &scored {
                    Scored::Given => (onto, None),
                    Scored::Stream { query } => {
                        let (at_query, at_keys) = row_pattern_reverse(
                            &at_pattern,
                            &pattern,
                            query,
                            stream,
                            &self.key,
                            self.heads,
                            self.scoring,
                        )?;
                        (Some(through(&self.query, &at_query, onto.as_ref())?), Some(at_keys))
                    }
                    Scored::Keys { query, key } => {
                        let sides = (query, key, turns.as_ref());
                        let (asked, at_keys) =
                            self.keys_reverse(sides, &pattern, &at_pattern, onto.as_ref(), rows)?;
                        (Some(asked), Some(at_keys))
                    }
                };
                let all = if let Some(at_keys) = at_keys { add(&all, &at_keys)? } else { all };
                Ok((at_pattern, Some(joined(all, asked, rows)?)))
            }
        }
    }

    /// The gradient at the stream from those at the pattern and the values; a pattern that was given is a constant.
    fn values_reverse(
        &self,
        (scored, turns): (&Scored, Option<&Turns>),
        pattern: &Tensor,
        (at_pattern, at_value): (&Tensor, &Tensor),
        onto: Option<Tensor>,
        rows: Rows,
    ) -> Result<Tensor> {
        let Scored::Keys { query, key } = scored else {
            return match (onto, rows) {
                (Some(onto), Rows::All) => self.value.reverse_onto(at_value, &onto),
                (onto, _) => joined(self.value.reverse(at_value)?, onto, rows),
            };
        };
        let (asked, all) =
            self.keys_reverse((query, key, turns), pattern, at_pattern, onto.as_ref(), rows)?;
        drop(onto);
        joined(self.value.reverse_onto(at_value, &all)?, Some(asked), rows)
    }

    /// The gradients at the rows that were asked, with `onto`, and at the stream, through queries and keys.
    fn keys_reverse(
        &self,
        (query, key, turns): (&Side, &Side, Option<&Turns>),
        pattern: &Tensor,
        at_pattern: &Tensor,
        onto: Option<&Tensor>,
        rows: Rows,
    ) -> Result<(Tensor, Tensor)> {
        let (at_query, at_key) =
            pattern_reverse(at_pattern, pattern, &query.out, &key.out, self.heads, self.scoring)?;
        let of_row = match (turns, rows.one()) {
            (Some(turns), Some(row)) => Some(turns.row(row)?),
            (turns, _) => turns.cloned(),
        };
        let at_query = self.side_reverse(0, query, at_query, of_row.as_ref())?;
        let at_key = self.side_reverse(1, key, at_key, turns)?;
        Ok((through(&self.query, &at_query, onto)?, self.key.reverse(&at_key)?))
    }

    /// The pattern, computed again where it was not kept.
    fn pattern_of(&self, kept: Kept, rows: Rows) -> Result<Tensor> {
        match kept {
            Kept::Whole(pattern) => Ok(pattern),
            Kept::Again { query, key, blocked } => {
                let first = first(rows);
                let added = self.added((first, query.dim(1)?, key.dim(1)?), &query)?;
                let scoring = (self.scoring, added.as_ref());
                pattern_with(&query, &key, self.heads, scoring, Asked::from(first), blocked.as_ref())
            }
        }
    }

    /// From the gradient at [`Self::side`] that at the output of its map.
    fn side_reverse(&self, which: usize, side: &Side, grad: Tensor, turns: Option<&Turns>) -> Result<Tensor> {
        let mut grad = grad;
        if let Some(turns) = turns {
            grad = rotate(&grad, turns, self.heads.width, true)?;
        }
        match (&self.norms, &side.norm) {
            (None, _) => Ok(grad),
            (Some(norms), Some(rows)) => {
                let (b, t, total) = grad.dims3()?;
                let each = grad.reshape((b, t, total / self.heads.width, self.heads.width))?;
                norms[which].reverse(&each, rows)?.reshape((b, t, total))
            }
            (Some(_), None) => candle_core::bail!("queries and keys that were supplied have no reverse"),
        }
    }
}

/// The gradient at a map's input, added to what is there already.
pub(super) fn through(map: &Linear, grad: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
    match onto {
        Some(onto) => map.reverse_onto(grad, onto),
        None => map.reverse(grad),
    }
}

/// What reached every row, with what reached the rows that were asked.
pub(in crate::model) fn joined(all: Tensor, asked: Option<Tensor>, rows: Rows) -> Result<Tensor> {
    match (asked, rows.one()) {
        (None, _) => Ok(all),
        (Some(asked), None) => add(&all, &asked),
        (Some(asked), Some(row)) => add_row(&all, &asked, row),
    }
}
