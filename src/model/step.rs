//! One step of a layer, forwards and backwards: `after(x + within(body(before(x))))`, where every norm may be missing.

use candle_core::{Result, Tensor};

use super::attend::{Attend, AttendTape, CrossTape, joined};
use super::feed::{Feed, FeedTape};
use super::kernels::{Norm, Standard, add};
use super::pass::{Graph, Pass, Rows};

/// What a step adds to the residual stream.
#[derive(Debug)]
pub enum Body {
    /// Self-attention.
    Attend(Attend),
    /// Attention over a memory: the last states of an encoder (Vaswani et al. 2017).
    Cross(Attend),
    /// The feed-forward block.
    Feed(Feed),
}

/// What a step's body is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The residual stream as the step before left it.
    Stream,
    /// The stream that entered the layer: steps side by side.
    Entry,
}

/// One addition to the residual stream, with the norms around it.
#[derive(Debug)]
pub struct Step {
    /// The norm over what the body reads.
    pub before: Option<Norm>,
    /// The block whose output is added to the stream.
    pub body: Body,
    /// The norm over what the body gives.
    pub within: Option<Norm>,
    /// The norm over the sum.
    pub after: Option<Norm>,
    /// What the body reads.
    pub reads: Reads,
}

#[derive(Debug)]
enum BodyTape {
    Attend(AttendTape),
    Cross(CrossTape),
    Feed(FeedTape),
}

/// What the reverse of a step needs.
#[derive(Debug)]
pub(super) struct StepTape {
    before: Option<Standard>,
    body: BodyTape,
    within: Option<Standard>,
    after: Option<Standard>,
    rows: Rows,
}

/// The gradients that a step sends down.
pub(super) struct StepGradients {
    /// The gradient at the stream that came in; absent where the sweep ends here.
    pub stream: Option<Tensor>,
    /// The gradient at the layer's entry, where the body read that.
    pub entry: Option<Tensor>,
    /// The gradient at the pattern of self-attention.
    pub pattern: Option<Tensor>,
    /// The gradient at the pattern over a memory.
    pub cross: Option<Tensor>,
    /// The gradient at the memory.
    pub memory: Option<Tensor>,
}

impl StepGradients {
    /// Those of a step without attention.
    fn of(stream: Option<Tensor>) -> Self {
        Self { stream, entry: None, pattern: None, cross: None, memory: None }
    }
}

/// The norm over one tensor, and what its reverse needs; the tensor itself where there is no norm.
fn normed(norm: Option<&Norm>, x: Tensor) -> Result<(Tensor, Option<Standard>)> {
    match norm {
        Some(norm) => norm.forward(&x, None).map(|normed| (normed.out, Some(normed.standard))),
        None => Ok((x, None)),
    }
}

/// The reverse of [`normed`].
fn normed_reverse(norm: Option<&Norm>, rows: Option<Standard>, grad: Tensor) -> Result<Tensor> {
    match (norm, rows) {
        (Some(norm), Some(rows)) => norm.reverse(&grad, &rows),
        _ => Ok(grad),
    }
}

impl Step {
    /// A body whose sum with the stream is normed, as in the first transformers.
    #[must_use]
    pub fn post_norm(body: Body, after: Norm) -> Self {
        Self { before: None, body, within: None, after: Some(after), reads: Reads::Stream }
    }

    /// The stream `[B, T, D]` after the step: every row, or the one that `rows` leaves. `one_row` says that the stream
    /// came in with one row.
    pub(super) fn forward(
        &self,
        (stream, entry): (&Tensor, &Tensor),
        (rows, one_row): (Rows, bool),
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, StepTape)> {
        let read = if self.reads == Reads::Stream { stream } else { entry };
        let (read, before) = normed(self.before.as_ref(), read.clone())?;
        let (out, body) = match &self.body {
            Body::Attend(attend) => {
                let (out, tape) = attend.forward(&read, rows, pass)?;
                (out, BodyTape::Attend(tape))
            }
            Body::Cross(attend) => {
                let (out, tape) = attend.forward_cross(&read, pass)?;
                (out, BodyTape::Cross(tape))
            }
            Body::Feed(feed) => {
                let (out, tape) = feed.forward(&read, one_row, pass)?;
                (out, BodyTape::Feed(tape))
            }
        };
        let (out, within) = normed(self.within.as_ref(), out)?;
        let residual = rows.of(stream)?;
        let (out, after) = match &self.after {
            Some(norm) => {
                let normed = norm.forward(&out, Some(&residual))?;
                (normed.out, Some(normed.standard))
            }
            None if out.dims() == residual.dims() => (add(&out, &residual)?, None),
            // One stream under many patterns.
            None => (out.broadcast_add(&residual)?, None),
        };
        Ok((out, StepTape { before, body, within, after, rows }))
    }

    /// The gradients below the step from the gradient at its output. The sweep may be told to end at its pattern, or above
    /// the entry where that is all the body reads.
    pub(super) fn reverse(
        &self,
        tape: StepTape,
        grad: Tensor,
        graph: Graph,
        ends: bool,
    ) -> Result<StepGradients> {
        let StepTape { before, body, within, after, rows } = tape;
        let at_sum = normed_reverse(self.after.as_ref(), after, grad)?;
        if let (BodyTape::Feed(feed), Reads::Entry) = (&body, self.reads)
            && (ends || feed.batch() != at_sum.dims()[0])
        {
            // Nobody asks for the gradient at the entry, or one entry served many patterns, which it does not depend on.
            return Ok(StepGradients::of(Some(at_sum)));
        }
        let at_out = normed_reverse(self.within.as_ref(), within, at_sum.clone())?;
        // With nothing between the stream and the body, what reached the sum is added where the body's maps end.
        let fused = self.before.is_none() && self.reads == Reads::Stream;
        let (onto, rest) = if fused { (Some(at_sum), None) } else { (None, Some(at_sum)) };
        let mut found = StepGradients::of(None);
        let at_read = match (&self.body, body) {
            (Body::Attend(attend), BodyTape::Attend(tape)) => {
                let (pattern, at_read) = attend.reverse(tape, at_out, onto, graph, ends)?;
                found.pattern = Some(pattern);
                at_read
            }
            (Body::Cross(attend), BodyTape::Cross(tape)) => {
                let at = attend.reverse_cross(tape, &at_out, onto, graph, ends)?;
                (found.cross, found.memory) = (Some(at.pattern), at.memory);
                at.stream
            }
            (Body::Feed(feed), BodyTape::Feed(tape)) => Some(feed.reverse(tape, &at_out, onto.as_ref())?),
            _ => candle_core::bail!("a tape is of another step"),
        };
        let Some(at_read) = at_read else { return Ok(found) };
        let at_read = normed_reverse(self.before.as_ref(), before, at_read)?;
        let Some(at_sum) = rest else {
            return Ok(StepGradients { stream: Some(at_read), ..found });
        };
        let (stream, entry) = match self.reads {
            Reads::Stream => (joined(at_read, Some(at_sum), rows)?, None),
            Reads::Entry => (widened(at_sum, rows, at_read.dim(1)?)?, Some(at_read)),
        };
        Ok(StepGradients { stream: Some(stream), entry, ..found })
    }
}

/// A gradient at the rows that are left, as one at every row: zero at the others.
pub(super) fn widened(grad: Tensor, rows: Rows, tokens: usize) -> Result<Tensor> {
    match rows.one() {
        None => Ok(grad),
        Some(row) => grad.pad_with_zeros(1, row, tokens - row - 1),
    }
}
