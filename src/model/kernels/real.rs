//! The two element types the engine computes in, with exponentials that vectorise.

#![expect(
    clippy::inline_always,
    reason = "the loops over these functions vectorise only where they are inlined"
)]

use std::cell::RefCell;

use candle_core::WithDType;

use super::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use super::lanes::x86;
use super::widen::Narrow;

/// `f32` or `f64`, with the few functions the kernels need.
///
/// `exp` and `erf` of `f32` are branch-free, so loops over them become SIMD; their errors are below 3e-7 of the
/// result and 5e-7. Those of `f64` are correct to a few units in the last place.
pub trait Real:
    WithDType
    + Narrow<Self>
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
    /// A register of AVX-512.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Lanes<Self>;
    /// A register of AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Lanes<Self>;
    /// The number 0.
    const ZERO: Self;
    /// The number 1.
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

/// P and Q in erf(x) = x·P(x²) / Q(x²) on |x| ≤ 4, lowest power first: a minimax fit to 2e-8. Beyond 4, where
/// erf is 1 to 2e-8, its value at 4 is taken.
#[expect(clippy::approx_constant, reason = "fitted: the first is near its limit 2/√π and not it")]
const ERF: [[f32; 6]; 2] = [
    [1.128_379, 0.196_246_77, 0.053_467_177, 0.004_003_545_6, 2.880_381_7e-4, 1.974_835_8e-6],
    [1.0, 0.507_250_3, 0.116_475_5, 0.015_444_225, 1.216_333_4e-3, 3.748_075e-5],
];

impl Real for f32 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::F32x16;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::F32x8;
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
        let x = if self > 4.0 { 4.0 } else { self };
        let x = if x < -4.0 { -4.0 } else { x };
        let z = x * x;
        let [mut p, mut q] = [ERF[0][5], ERF[1][5]];
        for i in (0..5).rev() {
            p = p.mul_add(z, ERF[0][i]);
            q = q.mul_add(z, ERF[1][i]);
        }
        x * p / q
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
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::F64x8;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::F64x4;
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
            assert!((f64::from(Real::erf(x)) - erf).abs() <= 5e-7, "erf({x})");
            assert!((f64::from(Real::tanh(x)) - f64::from(x).tanh()).abs() <= 3e-7, "tanh({x})");
        }
        assert_eq!(Real::e_to(f32::NEG_INFINITY).to_bits(), 0);
        assert!(Real::e_to(f32::NAN).is_nan() && Real::erf(f32::NAN).is_nan());
        assert!(Real::e_to(100f32).is_infinite());
    }
}
