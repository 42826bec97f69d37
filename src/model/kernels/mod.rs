//! The fused operations of the two passes: on the CPU strided matrix products and SIMD loops, on any other
//! device the same operation composed of candle's own.
//!
//! Each takes and gives candle tensors. Every CPU kernel is tested against its composed twin, whose
//! derivatives candle's autograd knows.

mod attention;
mod composed;
mod heads;
mod linear;
mod loops;
mod norm;
mod panel;
mod real;
mod share;
mod simd;
#[cfg(test)]
mod tests;
mod tile;

pub use attention::{Heads, mix, mix_reverse, pattern, pattern_reverse};
pub use linear::{Linear, activate, activate_reverse};
pub use norm::{Norm, Normed};
pub use share::{batch_size, each};

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

/// Chooses the CPU kernel for the tensor's element type, or the composed form elsewhere.
macro_rules! on_cpu {
    ($tensor:expr, $real:ident => $fast:expr, else $composed:expr) => {
        match ($tensor.device(), $tensor.dtype()) {
            (candle_core::Device::Cpu, candle_core::DType::F32) => {
                type $real = f32;
                $fast
            }
            (candle_core::Device::Cpu, candle_core::DType::F64) => {
                type $real = f64;
                $fast
            }
            _ => $composed,
        }
    };
}

use on_cpu;
