//! Affine maps and activations.

use candle_core::{Result, Tensor};

use super::matmul::{Shape, matmul};
use super::{Real, composed, loops, make, on_cpu, read};
use crate::model::spec::Activation;

/// `y = x·W + b`, the weight laid out `[in, out]` once at load.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[in, out]`, contiguous.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// The width of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weight.dims()[0]
    }

    /// The width of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.weight.dims()[1]
    }

    /// `x [.., in]` to `[.., out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        on_cpu!(x, R => self.forward_cpu::<R>(x), else composed::linear(x, self))
    }

    /// The gradient at the input, `[.., in]`, from the gradient at the output, `[.., out]`.
    pub fn reverse(&self, grad: &Tensor) -> Result<Tensor> {
        on_cpu!(grad, R => self.reverse_cpu::<R>(grad, None), else composed::linear_reverse(grad, self))
    }

    /// As [`Self::reverse`], added to `onto`, which has the input's shape.
    pub fn reverse_onto(&self, grad: &Tensor, onto: &Tensor) -> Result<Tensor> {
        on_cpu!(
            grad,
            R => self.reverse_cpu::<R>(grad, Some(onto)),
            else composed::linear_reverse(grad, self)? + onto
        )
    }

    fn forward_cpu<R: Real>(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, shape) = rows_and_shape(x, self.inputs(), self.outputs())?;
        let (i, o) = (self.inputs(), self.outputs());
        let mut out = vec![R::ZERO; rows * o];
        read::<R, _>(x, |x| {
            read::<R, _>(&self.weight, |w| {
                matmul(
                    (&mut out, Shape::dense(rows, o)),
                    (x, Shape::dense(rows, i)),
                    (w, Shape::dense(i, o)),
                    R::ONE,
                    false,
                );
            })
        })??;
        if let Some(bias) = &self.bias {
            read::<R, _>(bias, |bias| loops::add_bias(&mut out, bias))?;
        }
        make(out, shape)
    }

    fn reverse_cpu<R: Real>(&self, grad: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
        let (rows, shape) = rows_and_shape(grad, self.outputs(), self.inputs())?;
        let (i, o) = (self.inputs(), self.outputs());
        let mut out = match onto {
            Some(onto) => read::<R, _>(onto, <[R]>::to_vec)?,
            None => vec![R::ZERO; rows * i],
        };
        if out.len() != rows * i {
            candle_core::bail!("a gradient of {} entries cannot be added to one of {}", rows * i, out.len());
        }
        read::<R, _>(grad, |grad| {
            read::<R, _>(&self.weight, |w| {
                let transposed = Shape::dense(i, o).t();
                matmul(
                    (&mut out, Shape::dense(rows, i)),
                    (grad, Shape::dense(rows, o)),
                    (w, transposed),
                    R::ONE,
                    onto.is_some(),
                );
            })
        })??;
        make(out, shape)
    }
}

/// How many rows of `width` a tensor has, and its shape with that width replaced.
fn rows_and_shape(x: &Tensor, width: usize, replaced: usize) -> Result<(usize, Vec<usize>)> {
    let mut shape = x.dims().to_vec();
    match shape.last_mut() {
        Some(last) if *last == width => *last = replaced,
        _ => candle_core::bail!("a linear map of width {width} was given a tensor of shape {:?}", x.dims()),
    }
    Ok((x.elem_count() / width.max(1), shape))
}

/// The activation, elementwise.
pub fn activate(kind: Activation, x: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(kind: Activation, x: &Tensor) -> Result<Tensor> {
        let mut out = vec![R::ZERO; x.elem_count()];
        read::<R, _>(x, |x| loops::activate(kind, x, &mut out))?;
        make(out, x.shape())
    }
    on_cpu!(x, R => cpu::<R>(kind, x), else composed::activate(kind, x))
}

/// The gradient before the activation: `grad ∘ activation'(x)`, where `x` is what the activation was given.
pub fn activate_reverse(kind: Activation, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(kind: Activation, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
        if grad.dims() != x.dims() {
            candle_core::bail!("a gradient of shape {:?} does not fit its activation", grad.dims());
        }
        let mut out = read::<R, _>(grad, <[R]>::to_vec)?;
        read::<R, _>(x, |x| loops::activate_reverse(kind, x, &mut out))?;
        make(out, grad.shape())
    }
    on_cpu!(x, R => cpu::<R>(kind, x, grad), else composed::activate_reverse(kind, x, grad))
}
