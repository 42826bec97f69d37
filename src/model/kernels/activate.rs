//! Activations and gates over whole tensors.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::share::{LEAST_ELEMENTS, share_chunks, share_pieces};
use super::{Real, activations, composed, make, on_cpu, read};
use crate::model::spec::Activation;

/// Elements that a thread takes at a time.
const PIECE: usize = 1 << 12;

/// The activation, elementwise.
pub fn activate(kind: Activation, x: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(kind: Activation, x: &Tensor) -> Result<Tensor> {
        let mut out = vec![R::ZERO; x.elem_count()];
        read::<R, _>(x, |x| {
            share_chunks(&mut out, PIECE, x.len() >= LEAST_ELEMENTS, |i, out| {
                activations::activate(kind, &x[i * PIECE..][..out.len()], out);
            });
        })?;
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
        read::<R, _>(x, |x| {
            share_chunks(&mut out, PIECE, x.len() >= LEAST_ELEMENTS, |i, out| {
                activations::activate_reverse(kind, &x[i * PIECE..][..out.len()], out);
            });
        })?;
        make(out, grad.shape())
    }
    on_cpu!(x, R => cpu::<R>(kind, x, grad), else composed::activate_reverse(kind, x, grad))
}

/// `activation(gate) ∘ up`, elementwise.
pub fn gated(kind: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    fn cpu<R: Real>(kind: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
        let mut out = vec![R::ZERO; gate.elem_count()];
        read::<R, _>(gate, |gate| {
            read::<R, _>(up, |up| {
                share_chunks(&mut out, PIECE, gate.len() >= LEAST_ELEMENTS, |i, out| {
                    let at = i * PIECE..i * PIECE + out.len();
                    activations::gated(kind, &gate[at.clone()], &up[at], out);
                });
            })
        })??;
        make(out, gate.shape())
    }
    if gate.dims() != up.dims() {
        candle_core::bail!("a gate of shape {:?} does not fit {:?}", gate.dims(), up.dims());
    }
    on_cpu!(gate, R => cpu::<R>(kind, gate, up), else composed::gated(kind, gate, up))
}

/// The gradients at the gate, before its activation, and at what it lets through.
pub fn gated_reverse(
    kind: Activation,
    (gate, up): (&Tensor, &Tensor),
    grad: &Tensor,
) -> Result<(Tensor, Tensor)> {
    fn cpu<R: Real>(
        kind: Activation,
        (gate, up): (&Tensor, &Tensor),
        grad: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let mut at_gate = read::<R, _>(grad, <[R]>::to_vec)?;
        let mut at_up = vec![R::ZERO; at_gate.len()];
        read::<R, _>(gate, |gate| {
            read::<R, _>(up, |up| {
                let pieces = at_gate.par_chunks_mut(PIECE).zip(at_up.par_chunks_mut(PIECE));
                share_pieces(pieces, gate.len() >= LEAST_ELEMENTS, |i, (at_gate, at_up)| {
                    let at = i * PIECE..i * PIECE + at_gate.len();
                    activations::gated_reverse(kind, &gate[at.clone()], &up[at], at_gate, at_up);
                });
            })
        })??;
        Ok((make(at_gate, grad.shape())?, make(at_up, grad.shape())?))
    }
    if gate.dims() != up.dims() || grad.dims() != up.dims() {
        candle_core::bail!("a gradient of shape {:?} does not fit its gate", grad.dims());
    }
    on_cpu!(
        gate,
        R => cpu::<R>(kind, (gate, up), grad),
        else composed::gated_reverse(kind, (gate, up), grad)
    )
}
