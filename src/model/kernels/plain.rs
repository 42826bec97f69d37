//! A register that names no instruction.

#![expect(
    clippy::inline_always,
    reason = "an operation takes on the instruction set of the function it is inlined into"
)]

use super::lanes::Lanes;
use super::real::Real;

/// Without named instructions: for machines that have none of those below.
#[derive(Debug, Clone, Copy)]
pub struct Plain<T, const FUSED: bool>([T; 4]);

impl<T: Real, const FUSED: bool> Lanes<T> for Plain<T, FUSED> {
    const COUNT: usize = 4;

    #[inline(always)]
    unsafe fn all(x: T) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { from.cast::<[T; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[T; 4]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn fma(self, a: Self, b: Self) -> Self {
        let one = |i: usize| if FUSED { self.0[i].fma(a.0[i], b.0[i]) } else { self.0[i] * a.0[i] + b.0[i] };
        Self([one(0), one(1), one(2), one(3)])
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        let one = |i: usize| self.0[i] + other.0[i];
        Self([one(0), one(1), one(2), one(3)])
    }
}
