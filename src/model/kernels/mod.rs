//! The fused operations of the two passes: on the CPU strided matrix products and SIMD loops, on any other
//! device, and under autograd, the same operation composed of candle's own.
//!
//! Each takes and gives candle tensors. Every CPU kernel is tested against its composed twin, whose
//! derivatives candle's autograd knows.

mod activate;
mod activations;
mod attention;
mod by_heads;
mod composed;
mod heads;
mod lanes;
mod linear;
mod loops;
mod norm;
mod panel;
mod plain;
mod real;
mod rotate;
mod row;
mod share;
mod simd;
mod sums;
#[cfg(test)]
pub(super) mod tests;
mod tile;
mod turn;
mod widen;

pub use activate::{activate, activate_reverse, gated, gated_reverse};
pub use attention::{mix, mix_reverse, pattern, pattern_reverse, pattern_with};
pub use linear::Linear;
pub use norm::{Norm, Normed, Standard};
pub use rotate::rotate;
pub use row::{row_mix, row_mix_reverse, row_pattern, row_pattern_reverse};
pub use share::{Course, beside};
pub use sums::{add, add_row, behind, not_finite, of_f64, to_f64};
pub use widen::widens;

use candle_core::{DType, Device, Result, Storage, Tensor, WithDType};
use real::Real;

/// Runs `f` on the elements of a contiguous CPU tensor.
fn read<T: WithDType, R>(tensor: &Tensor, f: impl FnOnce(&[T]) -> R) -> Result<R> {
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
fn make<T: WithDType>(data: Vec<T>, shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    Tensor::from_vec(data, shape.into(), &Device::Cpu)
}

/// Whether the kernels of this crate run on `device`; elsewhere their composed forms do.
fn has_kernels(device: &Device) -> bool {
    #[cfg(test)]
    if COMPOSED_ONLY.get() {
        return false;
    }
    device.is_cpu()
}

#[cfg(test)]
thread_local! {
    static COMPOSED_ONLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs `f` as on a GPU, though on the CPU: by composed forms, in a GPU's batches, one after another.
#[cfg(test)]
pub(crate) fn composed_only<R>(f: impl FnOnce() -> R) -> R {
    let before = COMPOSED_ONLY.replace(true);
    let done = f();
    COMPOSED_ONLY.set(before);
    done
}

/// The element type for which a kernel of this crate takes `tensor`, if it does.
fn taken(tensor: &Tensor) -> Option<DType> {
    (has_kernels(tensor.device()) && !tensor.track_op()).then(|| tensor.dtype())
}

/// Chooses the CPU kernel for the tensor's element type, or the composed form elsewhere, and where autograd
/// watches: a kernel's derivative is not known to it, so a model whose weights are variables is trained through
/// the composed forms.
macro_rules! on_cpu {
    ($tensor:expr, $real:ident => $fast:expr, else $composed:expr) => {
        match super::taken($tensor) {
            Some(candle_core::DType::F32) => {
                type $real = f32;
                $fast
            }
            Some(candle_core::DType::F64) => {
                type $real = f64;
                $fast
            }
            _ => $composed,
        }
    };
}

use on_cpu;
