//! The two element types the engine computes in, with exponentials that vectorise.

#![expect(
    clippy::inline_always,
    reason = "the loops over these functions vectorise only where they are inlined"
)]

use std::cell::RefCell;

use candle_core::WithDType;

/// `f32` or `f64`, with the few functions the kernels need.
///
/// `exp` and `erf` of `f32` are branch-free, so loops over them become SIMD; their absolute errors are
/// below 4e-7. Those of `f64` are correct to a few units in the last place.
pub trait Real:
    WithDType
    + Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::ops::AddAssign
    + std::ops::SubAssign
    + std::ops::MulAssign
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The most negative finite number's neighbour: −∞.
    const LOWEST: Self;
    /// The nearest value of this type.
    fn of(x: f64) -> Self;
    /// `self * a + b` with one rounding.
    fn fma(self, a: Self, b: Self) -> Self;
    /// The larger of two numbers, `other` where `self` is NaN.
    fn larger(self, other: Self) -> Self;
    /// e to this power.
    fn e_to(self) -> Self;
    /// The Gauss error function.
    fn erf(self) -> Self;
    /// The square root.
    fn root(self) -> Self;
    /// Whether this is not a number.
    fn nan(self) -> bool;
    /// A buffer of this thread that keeps its memory from call to call.
    fn scratch<R>(f: impl FnOnce(&mut Vec<Self>) -> R) -> R;

    /// The hyperbolic tangent, from `e_to`.
    #[inline(always)]
    fn tanh(self) -> Self {
        let two = Self::of(2.0);
        // Beyond ±20 the result is ±1 in both types; the bound keeps the exponential finite.
        let bounded = if self > Self::of(20.0) { Self::of(20.0) } else { self };
        let bounded = if bounded < Self::of(-20.0) { Self::of(-20.0) } else { bounded };
        Self::ONE - two / ((two * bounded).e_to() + Self::ONE)
    }
}

/// P in erfc(x) = t·exp(P(2t − 1) − x²), t = 2 / (2 + x): a Chebyshev fit on x ≥ 0, to 1e-7.
const ERFC: [f32; 11] = [
    -0.671_794_1,
    0.672_642_23,
    0.047_343_887,
    -0.046_874_89,
    -0.009_880_019,
    0.008_703_812,
    0.001_794_066_2,
    -0.002_048_734_7,
    -0.000_227_910_97,
    0.000_333_735_9,
    8.000_738e-6,
];

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = f32::NEG_INFINITY;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }

    #[inline(always)]
    fn fma(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    #[inline(always)]
    fn e_to(self) -> Self {
        // Range reduction to |r| ≤ ln 2 / 2, the Taylor series there, then the exponent bits.
        let x = if self < -87.0 { -87.0 } else { self };
        let x = if x > 88.0 { 88.0 } else { x };
        let n = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
        let r = n.mul_add(-0.693_145_75, x);
        let r = n.mul_add(-1.428_606_8e-6, r);
        let mut p = 1.0f32 / 5040.0;
        for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = p.mul_add(r, c);
        }
        let scale = f32::from_bits(((n as i32 + 127) << 23) as u32);
        let y = p * scale;
        // Below the smallest normal exponent, and for −∞ (a masked score), exactly 0.
        let y = if self < -87.0 { 0.0 } else { y };
        let y = if self > 88.7 { f32::INFINITY } else { y };
        if self.is_nan() { self } else { y }
    }

    #[inline(always)]
    fn erf(self) -> Self {
        let x = self.abs();
        let x = if x > 6.0 { 6.0 } else { x };
        let t = 2.0 / (2.0 + x);
        let s = 2.0f32.mul_add(t, -1.0);
        let mut p = ERFC[10];
        for c in ERFC[..10].iter().rev() {
            p = p.mul_add(s, *c);
        }
        let y = 1.0 - t * Real::e_to(p - x * x);
        let y = y.copysign(self);
        if self.is_nan() { self } else { y }
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn nan(self) -> bool {
        self.is_nan()
    }

    fn scratch<R>(f: impl FnOnce(&mut Vec<Self>) -> R) -> R {
        thread_local!(static KEPT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) });
        KEPT.with_borrow_mut(f)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = f64::NEG_INFINITY;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn fma(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    #[inline(always)]
    fn e_to(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn erf(self) -> Self {
        libm::erf(self)
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn nan(self) -> bool {
        self.is_nan()
    }

    fn scratch<R>(f: impl FnOnce(&mut Vec<Self>) -> R) -> R {
        thread_local!(static KEPT: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) });
        KEPT.with_borrow_mut(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn exponentials_match_libm() {
        for i in -20_000..20_000 {
            let x = i as f32 * 0.004;
            let e = f64::from(x).exp();
            assert!((f64::from(Real::e_to(x)) - e).abs() <= 3e-7 * e, "exp({x})");
            let erf = libm::erf(f64::from(x));
            assert!((f64::from(Real::erf(x)) - erf).abs() <= 4e-7, "erf({x})");
            assert!((f64::from(Real::tanh(x)) - f64::from(x).tanh()).abs() <= 3e-7, "tanh({x})");
        }
        assert_eq!(Real::e_to(f32::NEG_INFINITY).to_bits(), 0);
        assert!(Real::e_to(f32::NAN).is_nan() && Real::erf(f32::NAN).is_nan());
        assert!(Real::e_to(100f32).is_infinite());
    }
}
