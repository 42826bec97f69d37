//! Sums and conversions on the calling thread: candle's own share large ones among threads of a pool that waits by
//! spinning, beside the threads that the passes already run on.

use candle_core::{DType, Device, Result, Shape, Tensor, WithDType};
use half::{bf16, f16};

use super::{Real, has_kernels, make, on_cpu, read};

/// `a + b`, elementwise.
///
/// # Errors
///
/// Where the shapes differ.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let mut out = read::<R, _>(a, <[R]>::to_vec)?;
        read::<R, _>(b, |b| out.iter_mut().zip(b).for_each(|(a, &b)| *a += b))?;
        make(out, a.shape())
    }
    if a.dims() != b.dims() {
        candle_core::bail!("a tensor of shape {:?} cannot be added to one of {:?}", b.dims(), a.dims());
    }
    on_cpu!(a, R => cpu::<R>(a, b), else a + b)
}

/// `all [B, T, D]` with `one [B, 1, D]` added to row `row` of each sequence.
///
/// # Errors
///
/// Where the shapes do not fit.
pub fn add_row(all: &Tensor, one: &Tensor, row: usize) -> Result<Tensor> {
    fn cpu<R: Real>(all: &Tensor, one: &Tensor, row: usize) -> Result<Tensor> {
        let (_, tokens, width) = all.dims3()?;
        let mut out = read::<R, _>(all, <[R]>::to_vec)?;
        let rows =
            out.chunks_exact_mut((tokens * width).max(1)).map(|text| &mut text[row * width..][..width]);
        read::<R, _>(one, |one| {
            for (to, from) in rows.zip(one.chunks_exact(width.max(1))) {
                to.iter_mut().zip(from).for_each(|(a, &b)| *a += b);
            }
        })?;
        make(out, all.shape())
    }
    let (batch, tokens, width) = all.dims3()?;
    if one.dims() != [batch, 1, width] || row >= tokens {
        candle_core::bail!("a row of shape {:?} cannot be added to {:?}", one.dims(), all.dims());
    }
    on_cpu!(
        all,
        R => cpu::<R>(all, one, row),
        else all + one.pad_with_zeros(1, row, tokens - row - 1)?
    )
}

/// The first `count` rows of `past [1, T, W]` and behind them those of each sequence of `rows [B, R, W]`, `[B, count + R, W]`.
///
/// # Errors
///
/// Where the shapes do not fit.
pub fn behind(past: &Tensor, count: usize, rows: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(past: &Tensor, count: usize, rows: &Tensor) -> Result<Tensor> {
        let (batch, own, width) = rows.dims3()?;
        let mut out = Vec::with_capacity(batch * (count + own) * width);
        read::<R, _>(past, |past| {
            read::<R, _>(rows, |rows| {
                for rows in rows.chunks_exact((own * width).max(1)) {
                    out.extend_from_slice(&past[..count * width]);
                    out.extend_from_slice(rows);
                }
            })
        })??;
        make(out, (batch, count + own, width))
    }
    let ((one, tokens, width), (batch, _, own)) = (past.dims3()?, rows.dims3()?);
    if one != 1 || count > tokens || width != own {
        candle_core::bail!("{count} rows of {:?} cannot stand before {:?}", past.dims(), rows.dims());
    }
    on_cpu!(rows, R => cpu::<R>(past, count, rows), else {
        let before = past.narrow(1, 0, count)?.broadcast_as((batch, count, width))?;
        Tensor::cat(&[before.contiguous()?, rows.clone()], 1)
    })
}

/// A tensor of `values` in another precision.
///
/// # Errors
///
/// Where they do not fill the shape.
pub fn of_f64(values: Vec<f64>, shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
    if dtype == DType::F32 && has_kernels(device) {
        return make(values.into_iter().map(|x| x as f32).collect::<Vec<f32>>(), shape);
    }
    Tensor::from_vec(values, shape.into(), device)?.to_dtype(dtype)
}

/// The place, row-major, and value of the first number that is not finite, in a tensor of the CPU.
///
/// # Errors
///
/// Where it is elsewhere, or no float.
pub fn not_finite(tensor: &Tensor) -> Result<Option<(usize, f64)>> {
    fn first<N: WithDType>(all: &[N]) -> Option<(usize, f64)> {
        all.iter().map(|x| x.to_f64()).enumerate().find(|(_, x)| !x.is_finite())
    }
    match tensor.dtype() {
        DType::F64 => read::<f64, _>(tensor, first),
        DType::BF16 => read::<bf16, _>(tensor, first),
        DType::F16 => read::<f16, _>(tensor, first),
        _ => read::<f32, _>(tensor, first),
    }
}

/// All elements, row-major.
pub fn to_f64(tensor: &Tensor) -> Result<Vec<f64>> {
    if tensor.dtype() == DType::F32 && has_kernels(tensor.device()) {
        return read::<f32, _>(tensor, |all| all.iter().map(|&x| f64::from(x)).collect());
    }
    tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}
