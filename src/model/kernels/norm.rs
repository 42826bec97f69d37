//! Layer norm and RMS norm of a sum, and their reverse.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::share::{LEAST_ELEMENTS, share_chunks, share_pieces};
use super::{Real, composed, loops, make, on_cpu, read};

/// Rows that a thread takes at a time.
const PIECE: usize = 8;

/// Layer norm: `gain ∘ (x − mean) / √(variance + eps) + bias` over the last dimension (Ba et al. 2016); without a bias RMS
/// norm: `gain ∘ x / √(mean of x² + eps)` (Zhang & Sennrich 2019).
#[derive(Debug, Clone)]
pub struct Norm {
    /// What each unit column is multiplied by, `[D]`.
    pub gain: Tensor,
    /// What is added to each column after that, `[D]`; absent in an RMS norm, which takes no mean off either.
    pub bias: Option<Tensor>,
    /// Added to the variance, or to the mean square, under the root.
    pub eps: f64,
}

/// What a norm gave.
#[derive(Debug, Clone)]
pub struct Normed {
    /// The output, `[.., D]`.
    pub out: Tensor,
    /// What its reverse needs.
    pub standard: Standard,
}

/// Rows of variance 1 (and mean 0, in a layer norm), and how they came from others.
#[derive(Debug, Clone)]
pub struct Standard {
    /// The rows before gain and bias, `[.., D]`.
    pub unit: Tensor,
    /// One over each row's standard deviation, or root of its mean square, `[..]`.
    pub rate: Tensor,
}

impl Norm {
    /// Layer norm.
    #[must_use]
    pub fn layer(gain: Tensor, bias: Tensor, eps: f64) -> Self {
        Self { gain, bias: Some(bias), eps }
    }

    /// RMS norm.
    #[must_use]
    pub fn rms(gain: Tensor, eps: f64) -> Self {
        Self { gain, bias: None, eps }
    }

    /// The norm of `x + residual`, `x [B, .., D]`; a residual of batch 1 stands for every sequence.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Normed> {
        on_cpu!(x, R => self.forward_cpu::<R>(x, residual), else self.forward_composed(x, residual))
    }

    /// The gradient at the sum, from the gradient at the output.
    pub fn reverse(&self, grad: &Tensor, rows: &Standard) -> Result<Tensor> {
        on_cpu!(grad, R => self.reverse_cpu::<R>(grad, rows), else self.reverse_composed(grad, rows))
    }

    /// [`Self::forward`] of candle's own operations.
    pub(super) fn forward_composed(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Normed> {
        let [out, unit, rate] = composed::add_norm(x, residual, (&self.gain, self.bias.as_ref()), self.eps)?;
        Ok(Normed { out, standard: Standard { unit, rate } })
    }

    /// [`Self::reverse`] of candle's own operations.
    pub(super) fn reverse_composed(&self, grad: &Tensor, rows: &Standard) -> Result<Tensor> {
        composed::norm_reverse(grad, (&rows.unit, &rows.rate), &self.gain, self.bias.is_some())
    }

    fn forward_cpu<R: Real>(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Normed> {
        let d = self.gain.elem_count();
        let (len, lead) = (x.elem_count(), &x.dims()[..x.rank() - 1]);
        let fits = |r: &Tensor| {
            r.rank() == x.rank()
                && r.dims()[1..] == x.dims()[1..]
                && (r.dims()[0] == 1 || r.dims() == x.dims())
        };
        if x.dims().last() != Some(&d) || !residual.is_none_or(fits) {
            let residual = residual.map(Tensor::dims);
            candle_core::bail!(
                "a norm of width {d} was given a tensor of shape {:?} and a residual of {residual:?}",
                x.dims()
            );
        }
        let (mut out, mut unit, mut rate) = (vec![R::ZERO; len], vec![R::ZERO; len], vec![R::ZERO; len / d]);
        let bias = match &self.bias {
            Some(bias) => Some(read::<R, _>(bias, <[R]>::to_vec)?),
            None => None,
        };
        let mut run = |residual: &[R]| {
            let own = residual.len() == len;
            let size = if own || residual.is_empty() { PIECE * d } else { len.max(1) };
            read::<R, _>(x, |x| {
                read::<R, _>(&self.gain, |gain| {
                    let piece = |i: usize, (out, unit, rate): (&mut [R], &mut [R], &mut [R])| {
                        let at = i * size..i * size + out.len();
                        let residual = if own { &residual[at.clone()] } else { residual };
                        match &bias {
                            Some(bias) => {
                                loops::add_norm(&x[at], residual, gain, bias, self.eps, unit, rate, out);
                            }
                            None => loops::add_rms(&x[at], residual, gain, self.eps, unit, rate, out),
                        }
                    };
                    let pieces = out
                        .par_chunks_mut(size)
                        .zip(unit.par_chunks_mut(size))
                        .zip(rate.par_chunks_mut(size / d))
                        .map(|((out, unit), rate)| (out, unit, rate));
                    share_pieces(pieces, len >= LEAST_ELEMENTS, piece);
                })
            })
        };
        match residual {
            Some(residual) => read::<R, _>(residual, run)???,
            None => run(&[])??,
        }
        let standard = Standard { unit: make(unit, x.shape())?, rate: make(rate, lead)? };
        Ok(Normed { out: make(out, x.shape())?, standard })
    }

    fn reverse_cpu<R: Real>(&self, grad: &Tensor, rows: &Standard) -> Result<Tensor> {
        let mut out = read::<R, _>(grad, <[R]>::to_vec)?;
        if out.len() != rows.unit.elem_count() {
            candle_core::bail!("a gradient of shape {:?} does not fit its norm", grad.dims());
        }
        read::<R, _>(&self.gain, |gain| {
            read::<R, _>(&rows.unit, |unit| {
                read::<R, _>(&rows.rate, |rate| {
                    let d = gain.len();
                    share_chunks(&mut out, PIECE * d, unit.len() >= LEAST_ELEMENTS, |i, out| {
                        let (row, rows) = (i * PIECE, out.len() / d);
                        let (unit, rate) = (&unit[row * d..][..rows * d], &rate[row..][..rows]);
                        if self.bias.is_some() {
                            loops::norm_reverse(out, gain, unit, rate);
                        } else {
                            loops::rms_reverse(out, gain, unit, rate);
                        }
                    });
                })
            })
        })???;
        make(out, grad.shape())
    }
}
