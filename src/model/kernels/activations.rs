//! Activations and gates, elementwise, each compiled for several instruction sets.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the instruction set of the function it is inlined into"
)]

use super::real::Real;
use super::simd::multiversion;
use crate::model::spec::Activation;

#[inline(always)]
fn gelu_tanh_inner<T: Real>(x: T) -> T {
    // √(2/π)·(x + 0.044715·x³), Hendrycks & Gimpel (2016).
    T::of(0.797_884_560_802_865_4) * T::of(0.044_715).fma(x * x * x, x)
}

#[inline(always)]
fn activation<T: Real>(kind: Activation, x: T) -> T {
    let half = T::of(0.5);
    match kind {
        Activation::Gelu => half * x * (T::ONE + (x * T::of(std::f64::consts::FRAC_1_SQRT_2)).erf()),
        Activation::GeluTanh => half * x * (T::ONE + gelu_tanh_inner(x).tanh()),
        Activation::Relu => {
            if x > T::ZERO || x.nan() {
                x
            } else {
                T::ZERO
            }
        }
        Activation::Silu => x / (T::ONE + (T::ZERO - x).e_to()),
        Activation::Tanh => x.tanh(),
    }
}

#[inline(always)]
fn slope<T: Real>(kind: Activation, x: T) -> T {
    let half = T::of(0.5);
    match kind {
        Activation::Gelu => {
            let cdf = half * (T::ONE + (x * T::of(std::f64::consts::FRAC_1_SQRT_2)).erf());
            let density = (T::of(-0.5) * x * x).e_to() * T::of(0.398_942_280_401_432_7);
            x.fma(density, cdf)
        }
        Activation::GeluTanh => {
            let t = gelu_tanh_inner(x).tanh();
            let inner = T::of(0.797_884_560_802_865_4) * T::of(0.134_145).fma(x * x, T::ONE);
            half * (T::ONE + t) + half * x * (T::ONE - t * t) * inner
        }
        Activation::Relu => {
            if x > T::ZERO {
                T::ONE
            } else {
                T::ZERO
            }
        }
        Activation::Silu => {
            let s = T::ONE / (T::ONE + (T::ZERO - x).e_to());
            s * (T::ONE + x * (T::ONE - s))
        }
        Activation::Tanh => {
            let t = x.tanh();
            T::ONE - t * t
        }
    }
}

/// Calls a loop with the activation as a constant, so that each is compiled without a branch inside.
macro_rules! by_activation {
    ($kind:expr, $each:ident => $body:block) => {
        match $kind {
            Activation::Gelu => {
                const $each: Activation = Activation::Gelu;
                $body
            }
            Activation::GeluTanh => {
                const $each: Activation = Activation::GeluTanh;
                $body
            }
            Activation::Relu => {
                const $each: Activation = Activation::Relu;
                $body
            }
            Activation::Silu => {
                const $each: Activation = Activation::Silu;
                $body
            }
            Activation::Tanh => {
                const $each: Activation = Activation::Tanh;
                $body
            }
        }
    };
}

multiversion! {
    /// `out = activation(x)`, elementwise.
    pub(super) fn activate<T: Real>(kind: Activation, x: &[T], out: &mut [T]) {
        by_activation!(kind, KIND => {
            for (o, &x) in out.iter_mut().zip(x) {
                *o = activation(KIND, x);
            }
        });
    }
}

multiversion! {
    /// `grad *= activation'(x)`, elementwise.
    pub(super) fn activate_reverse<T: Real>(kind: Activation, x: &[T], grad: &mut [T]) {
        by_activation!(kind, KIND => {
            for (g, &x) in grad.iter_mut().zip(x) {
                *g *= slope(KIND, x);
            }
        });
    }
}

multiversion! {
    /// `out = activation(gate) ∘ up`, elementwise.
    pub(super) fn gated<T: Real>(kind: Activation, gate: &[T], up: &[T], out: &mut [T]) {
        by_activation!(kind, KIND => {
            for ((o, &g), &u) in out.iter_mut().zip(gate).zip(up) {
                *o = activation(KIND, g) * u;
            }
        });
    }
}

multiversion! {
    /// The gradients at the gate, in place of that at the product, and at what it lets through.
    pub(super) fn gated_reverse<T: Real>(
        kind: Activation,
        gate: &[T],
        up: &[T],
        at_gate: &mut [T],
        at_up: &mut [T],
    ) {
        by_activation!(kind, KIND => {
            for (((g, a), &x), &u) in at_gate.iter_mut().zip(at_up).zip(gate).zip(up) {
                *a = *g * activation(KIND, x);
                *g *= u * slope(KIND, x);
            }
        });
    }
}
