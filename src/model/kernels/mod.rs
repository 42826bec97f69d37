//! The fused operations of the two passes: on the CPU strided matrix products and SIMD loops, on any other
//! device, and under autograd, the same operation composed of candle's own.
//!
//! Each takes and gives candle tensors. Every CPU kernel is tested against its composed twin, whose
//! derivatives candle's autograd knows.

mod attention;
mod composed;
mod linear;
mod loops;
mod matmul;
mod norm;
mod real;
mod simd;
#[cfg(test)]
mod tests;

pub use attention::{Heads, mix, mix_reverse, pattern, pattern_reverse};
pub use linear::{Linear, activate, activate_reverse};
pub use norm::{Norm, Normed};

use candle_core::{Device, Result, Storage, Tensor};
use real::Real;

/// Runs `f` on the elements of a contiguous CPU tensor.
fn read<T: Real, R>(tensor: &Tensor, f: impl FnOnce(&[T]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(cpu) = &*storage else {
        candle_core::bail!("a CPU kernel was given a tensor of another device")
    };
    let all = cpu.as_slice::<T>()?;
    let start = layout.start_offset();
    Ok(f(&all[start..start + layout.shape().elem_count()]))
}

/// A tensor of the CPU that owns `data`.
fn make<T: Real>(data: Vec<T>, shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    Tensor::from_vec(data, shape.into(), &Device::Cpu)
}

/// Chooses the CPU kernel for the tensor's element type, or the composed form elsewhere, and where autograd
/// watches: a kernel's derivative is not known to it, so a model whose weights are variables is trained through
/// the composed forms.
macro_rules! on_cpu {
    ($tensor:expr, $real:ident => $fast:expr, else $composed:expr) => {
        match ($tensor.device(), $tensor.dtype()) {
            (candle_core::Device::Cpu, candle_core::DType::F32) if !$tensor.track_op() => {
                type $real = f32;
                $fast
            }
            (candle_core::Device::Cpu, candle_core::DType::F64) if !$tensor.track_op() => {
                type $real = f64;
                $fast
            }
            _ => $composed,
        }
    };
}

use on_cpu;
