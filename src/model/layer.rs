//! A layer: a short list of steps, forwards and backwards.

#[cfg(test)]
mod tests;

use candle_core::{Result, Tensor};

use super::attend::Attend;
use super::feed::Feed;
use super::kernels::{Norm, add};
use super::pass::{Graph, Pass, Rows};
use super::step::{Body, Reads, Step, StepTape, widened};

/// The steps from one state of the residual stream to the next. BERT has two: attention, then the feed-forward block.
#[derive(Debug)]
pub struct Layer {
    /// In the order in which they run.
    pub steps: Vec<Step>,
}

/// The gradients that a layer sends down.
#[derive(Debug, Default)]
pub(super) struct LayerGradients {
    /// At its input; absent where the sweep ends at the pattern.
    pub stream: Option<Tensor>,
    /// At the pattern of its self-attention.
    pub pattern: Option<Tensor>,
    /// At its pattern over a memory.
    pub cross: Option<Tensor>,
    /// At the memory.
    pub memory: Option<Tensor>,
}

/// What the reverse of a layer needs.
#[derive(Debug)]
pub(super) struct LayerTape {
    steps: Vec<StepTape>,
    rows: Rows,
    tokens: usize,
}

impl Layer {
    /// Attention and feed-forward, each followed by residual sum and norm (Vaswani et al. 2017).
    #[must_use]
    pub fn post_norm((attend, attn_norm): (Attend, Norm), (feed, mlp_norm): (Feed, Norm)) -> Self {
        let attend = Step::post_norm(Body::Attend(attend), attn_norm);
        Self { steps: vec![attend, Step::post_norm(Body::Feed(feed), mlp_norm)] }
    }

    /// The self-attention, and the step it is the body of.
    #[must_use]
    pub fn attention(&self) -> Option<(&Step, &Attend)> {
        self.steps.iter().find_map(|step| match &step.body {
            Body::Attend(attend) => Some((step, attend)),
            Body::Cross(_) | Body::Feed(_) => None,
        })
    }

    /// The attention over a memory, and the step it is the body of.
    #[must_use]
    pub fn cross(&self) -> Option<(&Step, &Attend)> {
        self.steps.iter().find_map(|step| match &step.body {
            Body::Cross(attend) => Some((step, attend)),
            Body::Attend(_) | Body::Feed(_) => None,
        })
    }

    /// The feed-forward block, and the step it is the body of.
    #[must_use]
    pub fn feed(&self) -> Option<(&Step, &Feed)> {
        self.steps.iter().find_map(|step| match &step.body {
            Body::Feed(feed) => Some((step, feed)),
            Body::Attend(_) | Body::Cross(_) => None,
        })
    }

    /// Which step is the self-attention, beyond which one row may be left.
    fn narrows(&self) -> Result<usize> {
        match self.steps.iter().position(|step| matches!(step.body, Body::Attend(_))) {
            Some(at) => Ok(at),
            None => candle_core::bail!("a layer has no attention"),
        }
    }

    /// The stream `x [B, T, D]` after the layer: every row, or the one that `rows` leaves.
    pub(super) fn forward(&self, x: &Tensor, rows: Rows, pass: &mut Pass<'_>) -> Result<(Tensor, LayerTape)> {
        let narrows = self.narrows()?;
        let (mut stream, mut entry) = (x.clone(), x.clone());
        let mut steps = Vec::with_capacity(self.steps.len());
        for (i, step) in self.steps.iter().enumerate() {
            let here = if i == narrows { rows } else { Rows::All };
            let one_row = i > narrows && rows != Rows::All;
            let (out, tape) = step.forward((&stream, &entry), (here, one_row), pass)?;
            entry = here.of(&entry)?;
            stream = out;
            steps.push(tape);
        }
        Ok((stream, LayerTape { steps, rows, tokens: x.dim(1)? }))
    }

    /// The gradients at the layer's input (none where the sweep ends at the pattern, as it does at the `bottom`), at its
    /// patterns and at the memory.
    pub(super) fn reverse(
        &self,
        tape: LayerTape,
        grad: Tensor,
        graph: Graph,
        bottom: bool,
    ) -> Result<LayerGradients> {
        let LayerTape { mut steps, rows, tokens } = tape;
        let narrows = self.narrows()?;
        let (mut grad, mut at_entry, mut found_here) = (grad, None, LayerGradients::default());
        while let Some(tape) = steps.pop() {
            let i = steps.len();
            let step = &self.steps[i];
            let ends = bottom && (i <= narrows || step.reads == Reads::Entry);
            let found = step.reverse(tape, grad, graph, ends)?;
            found_here.pattern = found.pattern.or(found_here.pattern);
            found_here.cross = found.cross.or(found_here.cross);
            found_here.memory = found.memory.or(found_here.memory);
            let Some(stream) = found.stream else { return Ok(found_here) };
            grad = stream;
            // What steps beyond it sent to the entry is of the rows that it left.
            let above = match at_entry {
                Some(above) if i == narrows => Some(widened(above, rows, tokens)?),
                above => above,
            };
            at_entry = match (above, found.entry) {
                (Some(above), Some(here)) => Some(add(&above, &here)?),
                (above, here) => above.or(here),
            };
        }
        let below = match at_entry {
            Some(at_entry) => add(&grad, &at_entry)?,
            None => grad,
        };
        Ok(LayerGradients { stream: Some(below), ..found_here })
    }
}
