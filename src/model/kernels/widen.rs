//! Weights as files store them, widened on the way into a product. A wider number holds a narrower one exactly, so that a
//! product is, bit for bit, that of weights widened beforehand.

use candle_core::{DType, WithDType};
use half::{bf16, f16};

use super::Real;
use super::simd::multiversion;

/// Numbers that T holds exactly.
pub trait Narrow<T>: WithDType {
    /// The numbers as T: themselves where they are, else `aside`, which is filled with them.
    fn wide<'a>(from: &'a [Self], aside: &'a mut Vec<T>) -> &'a [T];

    /// What is read next, where it can be fetched ahead as it is.
    fn ahead(of: &[Self]) -> &[T];
}

/// Whether every number of `stored` is one of `computed`.
#[must_use]
pub fn widens(stored: DType, computed: DType) -> bool {
    match computed {
        DType::F32 => matches!(stored, DType::F32 | DType::BF16 | DType::F16),
        DType::F64 => matches!(stored, DType::F64 | DType::F32 | DType::BF16 | DType::F16),
        _ => false,
    }
}

macro_rules! as_it_is {
    ($real:ident) => {
        impl Narrow<$real> for $real {
            fn wide<'a>(from: &'a [Self], _: &'a mut Vec<$real>) -> &'a [$real] {
                from
            }

            fn ahead(of: &[Self]) -> &[$real] {
                of
            }
        }
    };
}

macro_rules! widened {
    ($stored:ident to $real:ident by $widen:ident) => {
        impl Narrow<$real> for $stored {
            fn wide<'a>(from: &'a [Self], aside: &'a mut Vec<$real>) -> &'a [$real] {
                if aside.len() < from.len() {
                    aside.resize(from.len(), <$real>::ZERO);
                }
                let aside = &mut aside[..from.len()];
                $widen::<$real>(from, aside);
                aside
            }

            fn ahead(_: &[Self]) -> &[$real] {
                // It is widened, and so read, from front to back: machines see that coming.
                &[]
            }
        }
    };
}

as_it_is!(f32);
as_it_is!(f64);
widened!(bf16 to f32 by from_bf16);
widened!(f16 to f32 by from_f16);
widened!(bf16 to f64 by from_bf16);
widened!(f16 to f64 by from_f16);
widened!(f32 to f64 by from_f32);

multiversion! {
    pub(super) fn from_f32<T: Real>(from: &[f32], to: &mut [T]) {
        for (to, &x) in to.iter_mut().zip(from) {
            *to = T::of(f64::from(x));
        }
    }
}

multiversion! {
    pub(super) fn from_bf16<T: Real>(from: &[bf16], to: &mut [T]) {
        for (to, x) in to.iter_mut().zip(from) {
            *to = T::of(f64::from(f32::from_bits(u32::from(x.to_bits()) << 16)));
        }
    }
}

multiversion! {
    /// Of finite numbers.
    pub(super) fn from_f16<T: Real>(from: &[f16], to: &mut [T]) {
        for (to, x) in to.iter_mut().zip(from) {
            *to = T::of(f64::from(wide_f16(x.to_bits())));
        }
    }
}

/// A finite number of 16 bits (5 of exponent, 10 of fraction) in 32, without a branch.
#[inline]
fn wide_f16(bits: u16) -> f32 {
    // The least exponent of a normal number, 2^-14, and how far the two counts of exponents are apart, as bits of an f32.
    const LEAST: u32 = 113 << 23;
    const APART: u32 = 112 << 23;
    let size = u32::from(bits & 0x7fff) << 13;
    let normal = f32::from_bits(size.wrapping_add(APART));
    // Below it the fraction counts in steps of 2^-24: as one of 1 + x at the least exponent, less that 1.
    let small = f32::from_bits(size.wrapping_add(LEAST)) - f32::from_bits(LEAST);
    let found = if size < 1 << 23 { small } else { normal };
    f32::from_bits(found.to_bits() | u32::from(bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::{Narrow, Real};
    use crate::model::kernels::simd::{Set, at_most};

    fn all<T: Real, N: Narrow<T>>(numbers: &[N], wanted: impl Fn(N) -> f64) {
        for set in Set::ALL.into_iter().filter(|set| set.is_here()) {
            let mut aside = vec![T::ONE; 3];
            let found = at_most(set, || N::wide(numbers, &mut aside).to_vec());
            assert_eq!(found.len(), numbers.len());
            for (found, &stored) in found.iter().zip(numbers) {
                assert_eq!(found.to_f64().to_bits(), wanted(stored).to_bits(), "{stored} in {set:?}");
            }
        }
    }

    /// Every finite number there is, signed zeros and the smallest among them.
    #[test]
    fn every_half_is_widened_exactly() {
        let bits = || 0..=u16::MAX;
        let brain: Vec<bf16> = bits().map(bf16::from_bits).filter(|x| x.is_finite()).collect();
        let half: Vec<f16> = bits().map(f16::from_bits).filter(|x| x.is_finite()).collect();
        assert!(brain.len() > 65_000 && half.len() > 63_000);
        all::<f32, bf16>(&brain, bf16::to_f64);
        all::<f64, bf16>(&brain, bf16::to_f64);
        all::<f32, f16>(&half, f16::to_f64);
        all::<f64, f16>(&half, f16::to_f64);
        let single: Vec<f32> = brain.iter().map(|x| x.to_f32() * 1.000_123).collect();
        all::<f64, f32>(&single, f64::from);
        all::<f32, f32>(&single, f64::from);
    }
}
