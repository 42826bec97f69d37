//! The feed-forward block: maps with a nonlinearity between them, row by row.

use candle_core::{Result, Tensor};

use super::kernels::{Linear, activate, activate_reverse, gated, gated_reverse};
use super::pass::Pass;
use super::spec::Activation;
use super::tap::Point;

/// `down(activation(up(x)))`, or `down(activation(gate(x)) ∘ up(x))` (Shazeer 2020).
#[derive(Debug)]
pub struct Feed {
    /// `[D, inner]`; absent where the activation is of `up` itself.
    pub gate: Option<Linear>,
    /// `[D, inner]`.
    pub up: Linear,
    /// `[inner, D]`.
    pub down: Linear,
    /// Applied to the gate, or between `up` and `down`.
    pub activation: Activation,
}

/// What the reverse of the block needs.
#[derive(Debug)]
pub(super) struct FeedTape {
    /// The output of `up`.
    inner: Tensor,
    /// The output of the gate, before the activation.
    gate: Option<Tensor>,
    /// Whether it ran on one row of each text.
    one_row: bool,
}

impl FeedTape {
    /// B of the stream that was read: 1 where one stream served many patterns.
    pub fn batch(&self) -> usize {
        self.inner.dims()[0]
    }
}

impl Feed {
    /// Two maps and an activation between them.
    #[must_use]
    pub fn plain(up: Linear, down: Linear, activation: Activation) -> Self {
        Self { gate: None, up, down, activation }
    }

    /// `x [B, rows, D]` to the same shape.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        one_row: bool,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, FeedTape)> {
        let inner = self.up.forward(x)?;
        let gate = self.gate.as_ref().map(|gate| gate.forward(x)).transpose()?;
        let active = match &gate {
            Some(gate) => gated(self.activation, gate, &inner)?,
            None => activate(self.activation, &inner)?,
        };
        let out = self.down.forward(&active)?;
        Ok((pass.visit(Point::MlpOut, out)?, FeedTape { inner, gate, one_row }))
    }

    /// The gradient at the input, added to `onto`, from the gradient at the output. What the tape kept is gone before the
    /// last product.
    pub(super) fn reverse(&self, tape: FeedTape, at_out: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
        let FeedTape { inner, gate, one_row } = tape;
        if one_row {
            [Some(&self.up), Some(&self.down), self.gate.as_ref()]
                .into_iter()
                .flatten()
                .try_for_each(Linear::turn_over)?;
        }
        let at_active = self.down.reverse(at_out)?;
        let (at_inner, at_gate) = match &gate {
            None => (activate_reverse(self.activation, &inner, &at_active)?, None),
            Some(gate) => {
                let (at_gate, at_inner) = gated_reverse(self.activation, (gate, &inner), &at_active)?;
                (at_inner, Some(at_gate))
            }
        };
        drop((inner, gate));
        let below = match onto {
            Some(onto) => self.up.reverse_onto(&at_inner, onto)?,
            None => self.up.reverse(&at_inner)?,
        };
        match (&self.gate, at_gate) {
            (Some(gate), Some(at_gate)) => gate.reverse_onto(&at_gate, &below),
            _ => Ok(below),
        }
    }
}
