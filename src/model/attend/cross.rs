//! Attention over a memory: queries of the decoder's stream, keys and values of the encoder's last states.

use candle_core::{Result, Tensor};

use super::reverse::through;
use super::{Attend, made};
use crate::model::kernels::{add, mix, mix_reverse, pattern, pattern_reverse};
use crate::model::pass::{Graph, Memory, Pass};
use crate::model::scoring::{Asked, Reach};
use crate::model::tap::Point;

/// What the reverse of attention over a memory needs.
#[derive(Debug)]
pub(in crate::model) struct CrossTape {
    /// The queries and the keys that the pattern was computed from; none where it was supplied.
    sides: Option<[Tensor; 2]>,
    /// `[B or 1, S, H·E]`.
    value: Tensor,
    /// `[B, H, Tq, S]`.
    pattern: Tensor,
    /// The batch of the stream that was read; 1 where one stream serves many patterns.
    batch: usize,
    /// The batch of the memory; 1 where one serves many streams.
    memory: usize,
}

/// The gradients of attention over a memory.
pub(in crate::model) struct CrossGradients {
    /// At the pattern, `[B, H, Tq, S]`.
    pub pattern: Tensor,
    /// At the stream that was read; absent where one stream served many patterns, or the sweep ends here.
    pub stream: Option<Tensor>,
    /// At the memory, `[B, S, D]` as it was given; absent where the stream's is.
    pub memory: Option<Tensor>,
}

impl Attend {
    /// `x [B, Tq, D]` to the same shape: what its rows take from the memory of the pass.
    ///
    /// # Errors
    ///
    /// Where the pass has no memory, or one of a batch that is neither the stream's nor 1.
    pub(in crate::model) fn forward_cross(
        &self,
        x: &Tensor,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, CrossTape)> {
        let Some(memory) = pass.memory else {
            candle_core::bail!("a layer attends to a memory, and the pass has none")
        };
        let (batch, rows, _) = x.dims3()?;
        let (of_memory, keys, _) = memory.states.dims3()?;
        if of_memory != batch && of_memory != 1 && batch != 1 {
            candle_core::bail!("a memory of batch {of_memory} does not fit a stream of batch {batch}");
        }
        let supplied = pass.supply(Point::CrossValue)?;
        let value = made(&self.value, &memory.states, supplied)?;
        let value = pass.visit(Point::CrossValue, value)?;
        let (sides, computed) = if let Some(supplied) = pass.supply(Point::CrossPattern)? {
            (None, supplied)
        } else {
            let (sides, computed) = self.pattern_over(x, memory, pass)?;
            (Some(sides), computed)
        };
        if computed.dims().get(1..) != Some(&[self.heads.count, rows, keys]) {
            candle_core::bail!(
                "a pattern of shape {:?} does not fit {rows} rows over {keys} states",
                computed.dims()
            );
        }
        let pattern = pass.visit(Point::CrossPattern, computed)?;
        let out = mix(&pattern, &value, self.heads, (Reach::Every, Asked::from(0)))?;
        let out = pass.visit(Point::CrossHeadOut, out)?;
        let out = pass.visit(Point::CrossOut, self.out.forward(&out)?)?;
        Ok((out, CrossTape { sides, value, pattern, batch, memory: of_memory }))
    }

    /// Queries and keys, of one batch, and their pattern.
    fn pattern_over(
        &self,
        x: &Tensor,
        memory: &Memory,
        pass: &mut Pass<'_>,
    ) -> Result<([Tensor; 2], Tensor)> {
        let (q, k) = (pass.supply(Point::CrossQuery)?, pass.supply(Point::CrossKey)?);
        let query = pass.visit(Point::CrossQuery, made(&self.query, x, q)?)?;
        let key = pass.visit(Point::CrossKey, made(&self.key, &memory.states, k)?)?;
        let (query, key) = alike(query, key)?;
        let asked = Asked::from(0);
        let computed = pattern(&query, &key, self.heads, self.scoring, asked, memory.blocked.as_ref())?;
        Ok(([query, key], computed))
    }

    /// The gradients below, from the gradient at the output; `onto` is added to the stream's. A pattern that was given, or
    /// that the `graph` is cut at, is a constant.
    pub(in crate::model) fn reverse_cross(
        &self,
        tape: CrossTape,
        at_out: &Tensor,
        onto: Option<Tensor>,
        graph: Graph,
        ends: bool,
    ) -> Result<CrossGradients> {
        let CrossTape { sides, value, pattern, batch, memory } = tape;
        let at_mixed = self.out.reverse(at_out)?;
        // One stream under many patterns: nothing below depends on them.
        let below = !ends && (batch > 1 || pattern.dims()[0] == 1);
        let (at_pattern, at_value) = mix_reverse(&at_mixed, &pattern, &value, self.heads, below)?;
        let Some(at_value) = at_value else {
            return Ok(CrossGradients { pattern: at_pattern, stream: None, memory: None });
        };
        let mut at_memory = self.value.reverse(&at_value)?;
        let sides = sides.filter(|_| graph == Graph::Whole);
        let stream = match sides {
            None => match onto {
                Some(onto) => onto,
                None => Tensor::zeros(
                    (at_mixed.dim(0)?, at_mixed.dim(1)?, self.query.inputs()),
                    at_mixed.dtype(),
                    at_mixed.device(),
                )?,
            },
            Some([query, key]) => {
                let (at_query, at_key) =
                    pattern_reverse(&at_pattern, &pattern, &query, &key, self.heads, self.scoring)?;
                at_memory = add(&at_memory, &self.key.reverse(&at_key)?)?;
                through(&self.query, &at_query, onto.as_ref())?
            }
        };
        if memory == 1 && at_memory.dim(0)? > 1 {
            at_memory = at_memory.sum_keepdim(0)?;
        }
        Ok(CrossGradients { pattern: at_pattern, stream: Some(stream), memory: Some(at_memory) })
    }
}

/// Two tensors of one batch: one of batch 1 stands for every sequence of the other.
fn alike(a: Tensor, b: Tensor) -> Result<(Tensor, Tensor)> {
    let spread = |x: &Tensor, batch: usize| {
        let (_, rows, width) = x.dims3()?;
        x.broadcast_as((batch, rows, width))?.contiguous()
    };
    match (a.dim(0)?, b.dim(0)?) {
        (many, 1) if many > 1 => Ok((a, spread(&b, many)?)),
        (1, many) if many > 1 => Ok((spread(&a, many)?, b)),
        _ => Ok((a, b)),
    }
}
