//! Affine maps.

use std::sync::OnceLock;

use candle_core::{DType, Result, Tensor, WithDType};
use half::{bf16, f16};

use super::lanes::WIDTH;
use super::panel::{self, Add};
use super::tile::Output;
use super::widen::{Narrow, widens};
use super::{Real, by_heads, composed, make, read, taken};
use crate::model::spec::Heads;

/// With so many rows or fewer, turning the weights over on the way takes longer than the product itself.
const FEW: usize = 16;

/// What a product by heads cannot do without.
const NO_PANELS: &str = "weights that are not laid out cannot be taken head by head";

/// Chooses by the type that a map computes in and the one that its panels are stored in; the composed form where its
/// weights are not laid out, or `$x` is not for a kernel.
macro_rules! on_panels {
    ($map:expr, $x:expr, ($real:ident, $narrow:ident) => $fast:expr, else $composed:expr) => {
        on_panels!(@ $map, $x, ($real, $narrow) => $fast, else $composed,
            (F32, f32, F32, f32) (F32, f32, BF16, bf16) (F32, f32, F16, f16)
            (F64, f64, F64, f64) (F64, f64, F32, f32) (F64, f64, BF16, bf16) (F64, f64, F16, f16))
    };
    (@ $map:expr, $x:expr, ($real:ident, $narrow:ident) => $fast:expr, else $composed:expr,
        $(($computed:ident, $r:ident, $stored:ident, $n:ident))*) => {
        match (taken($x), $map.stored.dtype()) {
            _ if $map.is_plain() => $composed,
            $((Some(DType::$computed), DType::$stored) => {
                type $real = $r;
                type $narrow = $n;
                $fast
            })*
            _ => $composed,
        }
    };
}

/// `y = x·W + b`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// On the CPU laid out in panels, `[⌈out / 32⌉, in, 32]`, of numbers that may be narrower than those that are computed
    /// with; elsewhere, and where it is a variable, `[in, out]`.
    stored: Tensor,
    /// What is computed in.
    dtype: DType,
    inputs: usize,
    outputs: usize,
    /// The weights turned over, in panels too, where [`Self::turn_over`] was asked for.
    turned: OnceLock<Tensor>,
    /// Added to every row of the product, `[out]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// The map by `weight [in, out]`, laid out once for the products with it.
    pub fn new(weight: &Tensor, bias: Option<Tensor>) -> Result<Self> {
        Self::stored(weight, bias, weight.dtype())
    }

    /// The map that computes in `dtype` by `weight [in, out]`. On the CPU the weights stay in the type they have, where
    /// `dtype` holds its numbers exactly, and are widened on the way into each product.
    pub fn stored(weight: &Tensor, bias: Option<Tensor>, dtype: DType) -> Result<Self> {
        let (inputs, outputs) = weight.dims2()?;
        let weight = if widens(weight.dtype(), dtype) { weight.clone() } else { weight.to_dtype(dtype)? };
        let stored = match taken(&weight) {
            Some(DType::F32) => panels::<f32>(&weight)?,
            Some(DType::F64) => panels::<f64>(&weight)?,
            Some(DType::BF16) => panels::<bf16>(&weight)?,
            Some(DType::F16) => panels::<f16>(&weight)?,
            _ => weight.to_dtype(dtype)?.contiguous()?,
        };
        Ok(Self { stored, dtype, inputs, outputs, turned: OnceLock::new(), bias })
    }

    /// What it computes in.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// `[in, out]`, contiguous, in the type that is computed in; on the CPU a copy.
    pub fn weight(&self) -> Result<Tensor> {
        fn cpu<N: WithDType>(map: &Linear) -> Result<Tensor> {
            let plain = read::<N, _>(&map.stored, |p| panel::take_back(p, map.inputs, map.outputs))?;
            make(plain, (map.inputs, map.outputs))?.to_dtype(map.dtype)
        }
        match (self.is_plain(), self.stored.dtype()) {
            (true, _) => Ok(self.stored.clone()),
            (false, DType::F64) => cpu::<f64>(self),
            (false, DType::BF16) => cpu::<bf16>(self),
            (false, DType::F16) => cpu::<f16>(self),
            (false, _) => cpu::<f32>(self),
        }
    }

    fn is_plain(&self) -> bool {
        self.stored.rank() == 2
    }

    /// The width of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The width of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `x [.., in]` to `[.., out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        on_panels!(self, x, (R, N) => self.forward_cpu::<R, N>(x), else self.forward_composed(x))
    }

    /// The gradient at the input, `[.., in]`, from the gradient at the output, `[.., out]`.
    pub fn reverse(&self, grad: &Tensor) -> Result<Tensor> {
        on_panels!(self, grad, (R, N) => self.reverse_cpu::<R, N>(grad, None), else self.reverse_composed(grad))
    }

    /// [`Self::forward`] of candle's own operations.
    pub(super) fn forward_composed(&self, x: &Tensor) -> Result<Tensor> {
        composed::linear(x, &self.weight()?, self.bias.as_ref())
    }

    /// [`Self::reverse`] of candle's own operations.
    pub(super) fn reverse_composed(&self, grad: &Tensor) -> Result<Tensor> {
        composed::linear_reverse(grad, &self.weight()?)
    }

    /// As [`Self::reverse`], added to `onto`, which has the input's shape.
    pub fn reverse_onto(&self, grad: &Tensor, onto: &Tensor) -> Result<Tensor> {
        on_panels!(
            self,
            grad,
            (R, N) => self.reverse_cpu::<R, N>(grad, Some(onto)),
            else self.reverse_composed(grad)? + onto
        )
    }

    /// Keeps a second copy of the weights, turned over, for few rows that run backwards again and again. Products with
    /// it sum in the same order as those that turn blocks on the way.
    pub fn turn_over(&self) -> Result<()> {
        fn cpu<N: WithDType>(map: &Linear) -> Result<Tensor> {
            let laid = read::<N, _>(&map.stored, |panels| {
                let plain = panel::take_back(panels, map.inputs, map.outputs);
                panel::lay_out(&plain, (map.outputs, map.inputs), (1, map.outputs))
            })?;
            make(laid, (map.inputs.div_ceil(WIDTH), map.outputs, WIDTH))
        }
        if self.is_plain() || self.turned.get().is_some() {
            return Ok(());
        }
        let made = match self.stored.dtype() {
            DType::F64 => cpu::<f64>(self)?,
            DType::BF16 => cpu::<bf16>(self)?,
            DType::F16 => cpu::<f16>(self)?,
            _ => cpu::<f32>(self)?,
        };
        self.turned.get_or_init(|| made);
        Ok(())
    }

    /// Whether the weights lie in panels, as products by heads need them.
    #[must_use]
    pub fn is_laid_out(&self) -> bool {
        !self.is_plain()
    }

    /// Each head's own input by its own columns of a map to keys or values, without the bias: `x [B, H, in]` to
    /// `[B, 1, H·E]`.
    ///
    /// # Errors
    ///
    /// Where the weights are not laid out or the shapes do not fit.
    pub fn heads_forward(&self, x: &Tensor, heads: Heads) -> Result<Tensor> {
        let batch = self.heads_batch(x, [heads.count, self.inputs], heads)?;
        on_panels!(
            self,
            x,
            (R, N) => self.heads_cpu::<R, N>(x, heads, batch, false),
            else candle_core::bail!("{NO_PANELS}")
        )
    }

    /// Its reverse: each head's gradient through its own columns, `[B, 1, H·E]` to `[B, H, in]`.
    ///
    /// # Errors
    ///
    /// As for [`Self::heads_forward`].
    pub fn heads_reverse(&self, grad: &Tensor, heads: Heads) -> Result<Tensor> {
        let batch = self.heads_batch(grad, [1, heads.total()], heads)?;
        on_panels!(
            self,
            grad,
            (R, N) => self.heads_cpu::<R, N>(grad, heads, batch, true),
            else candle_core::bail!("{NO_PANELS}")
        )
    }

    fn heads_batch(&self, x: &Tensor, rest: [usize; 2], heads: Heads) -> Result<usize> {
        if !self.is_laid_out() {
            candle_core::bail!("{NO_PANELS}");
        }
        if x.rank() != 3 || x.dims()[1..] != rest || self.outputs != heads.of_keys().total() {
            candle_core::bail!("a tensor of shape {:?} does not fit the columns of its heads", x.dims());
        }
        x.dim(0)
    }

    fn heads_cpu<R: Real, N: Narrow<R>>(
        &self,
        x: &Tensor,
        heads: Heads,
        batch: usize,
        turned: bool,
    ) -> Result<Tensor> {
        let shape = if turned { [batch, heads.count, self.inputs] } else { [batch, 1, heads.total()] };
        let mut out = vec![R::ZERO; shape.iter().product()];
        let product = if turned { by_heads::product_turned::<R, N> } else { by_heads::product::<R, N> };
        read::<R, _>(x, |x| {
            read::<N, _>(&self.stored, |w| product(x, w, heads, (batch, self.inputs), &mut out))
        })??;
        make(out, &shape)
    }

    fn forward_cpu<R: Real, N: Narrow<R>>(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, shape) = rows_and_shape(x, self.inputs, self.outputs)?;
        let sizes = (rows, self.inputs, self.outputs);
        let mut out = Vec::with_capacity(rows * self.outputs);
        let target = Output::spare(&mut out, rows * self.outputs, self.outputs);
        let run = |add: Add<'_, R>| {
            read::<R, _>(x, |x| read::<N, _>(&self.stored, |w| panel::product(x, w, sizes, add, target)))?
        };
        match &self.bias {
            Some(bias) => read::<R, _>(bias, |bias| run(Add::Bias(bias)))??,
            None => run(Add::Nothing)?,
        }
        // SAFETY: the product wrote every entry.
        unsafe { out.set_len(rows * self.outputs) };
        make(out, shape)
    }

    fn reverse_cpu<R: Real, N: Narrow<R>>(&self, grad: &Tensor, onto: Option<&Tensor>) -> Result<Tensor> {
        let (rows, shape) = rows_and_shape(grad, self.outputs, self.inputs)?;
        let len = rows * self.inputs;
        let mut out = match onto {
            Some(onto) => read::<R, _>(onto, <[R]>::to_vec)?,
            None => Vec::with_capacity(len),
        };
        if onto.is_some() && out.len() != len {
            candle_core::bail!("a gradient of {len} entries cannot be added to one of {}", out.len());
        }
        let target = match onto {
            Some(_) => Output::new(&mut out, self.inputs),
            None => Output::spare(&mut out, len, self.inputs),
        };
        let sizes = (rows, self.outputs, self.inputs);
        if let Some(turned) = self.turned.get().filter(|_| rows <= FEW) {
            let add = if onto.is_some() { Add::Output } else { Add::Nothing };
            read::<R, _>(grad, |grad| {
                read::<N, _>(turned, |w| panel::product(grad, w, sizes, add, target))
            })??;
        } else {
            read::<R, _>(grad, |grad| {
                read::<N, _>(&self.stored, |w| {
                    panel::product_turned(grad, w, sizes, onto.is_some(), target);
                })
            })??;
        }
        // SAFETY: they stood there before, or the product wrote every entry.
        unsafe { out.set_len(len) };
        make(out, shape)
    }
}

/// A matrix `[in, out]` in panels, whichever way round it lies in memory.
fn panels<N: WithDType>(weight: &Tensor) -> Result<Tensor> {
    let (inputs, outputs) = weight.dims2()?;
    let turned = weight.t()?;
    let laid = if turned.is_contiguous() {
        read::<N, _>(&turned, |w| panel::lay_out(w, (inputs, outputs), (1, inputs)))?
    } else {
        read::<N, _>(weight, |w| panel::lay_out(w, (inputs, outputs), (outputs, 1)))?
    };
    make(laid, (outputs.div_ceil(WIDTH), inputs, WIDTH))
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
