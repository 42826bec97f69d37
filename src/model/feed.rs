//! The feed-forward block: two maps with a nonlinearity between them, row by row.

use candle_core::{Result, Tensor};

use super::kernels::{Linear, activate, activate_reverse};
use super::pass::Pass;
use super::spec::Activation;
use super::tap::Point;

/// `down(activation(up(x)))`.
#[derive(Debug)]
pub struct Feed {
    /// `[D, inner]`.
    pub up: Linear,
    /// `[inner, D]`.
    pub down: Linear,
    /// Applied between `up` and `down`.
    pub activation: Activation,
}

/// What the reverse of the block needs.
#[derive(Debug)]
pub(super) struct FeedTape {
    /// The output of `up`, before the activation.
    inner: Tensor,
    /// Whether it ran on one row of each text.
    one_row: bool,
}

impl Feed {
    /// `x [B, rows, D]` to the same shape.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        one_row: bool,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, FeedTape)> {
        let inner = self.up.forward(x)?;
        let out = self.down.forward(&activate(self.activation, &inner)?)?;
        Ok((pass.visit(Point::MlpOut, out)?, FeedTape { inner, one_row }))
    }

    /// The gradient at the input, added to `onto`, from the gradient at the output. What the tape kept is gone before the
    /// last product.
    pub(super) fn reverse(&self, tape: FeedTape, at_out: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
        let FeedTape { inner, one_row } = tape;
        if one_row {
            [&self.up, &self.down].into_iter().try_for_each(Linear::turn_over)?;
        }
        let at_inner = activate_reverse(self.activation, &inner, &self.down.reverse(at_out)?)?;
        drop(inner);
        match onto {
            Some(onto) => self.up.reverse_onto(&at_inner, onto),
            None => self.up.reverse(&at_inner),
        }
    }
}
