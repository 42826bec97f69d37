//! A few numbers in one register.
//!
//! The sums of a tile must stay in registers. Arrays that the compiler is to turn into vectors do so with some build
//! settings and spill with others (link-time optimisation halved the speed), so the instructions are named here.

#![expect(
    clippy::inline_always,
    reason = "an operation takes on the instruction set of the function it is inlined into"
)]

use super::real::Real;

/// COUNT numbers side by side.
///
/// # Safety
///
/// Every function asks that the machine has the instruction set of the type, and that pointers are good for COUNT
/// numbers.
pub trait Lanes<T>: Copy {
    /// How many.
    const COUNT: usize;
    /// The same number everywhere.
    unsafe fn all(x: T) -> Self;
    /// COUNT numbers from memory.
    unsafe fn load(from: *const T) -> Self;
    /// Into memory.
    unsafe fn store(self, to: *mut T);
    /// `self * a + b`, rounded once where the type says so.
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    /// The sum.
    unsafe fn plus(self, other: Self) -> Self;
}

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

/// Registers of x86-64.
#[cfg(target_arch = "x86_64")]
pub mod x86 {
    use std::arch::x86_64::{
        __m256, __m256d, __m512, __m512d, _mm256_add_pd, _mm256_add_ps, _mm256_fmadd_pd, _mm256_fmadd_ps,
        _mm256_loadu_pd, _mm256_loadu_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_storeu_pd, _mm256_storeu_ps,
        _mm512_add_pd, _mm512_add_ps, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps,
        _mm512_set1_pd, _mm512_set1_ps, _mm512_storeu_pd, _mm512_storeu_ps,
    };

    use super::Lanes;

    macro_rules! register {
        ($(#[$doc:meta])* $name:ident($inner:ty) of $real:ty, $count:literal:
            $all:ident, $load:ident, $store:ident, $fma:ident, $add:ident) => {
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name($inner);

            impl Lanes<$real> for $name {
                const COUNT: usize = $count;

                #[inline(always)]
                unsafe fn all(x: $real) -> Self {
                    // SAFETY: the caller's promise, here and below.
                    Self(unsafe { $all(x) })
                }

                #[inline(always)]
                unsafe fn load(from: *const $real) -> Self {
                    // SAFETY: as above.
                    Self(unsafe { $load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut $real) {
                    // SAFETY: as above.
                    unsafe { $store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: as above.
                    Self(unsafe { $fma(self.0, a.0, b.0) })
                }

                #[inline(always)]
                unsafe fn plus(self, other: Self) -> Self {
                    // SAFETY: as above.
                    Self(unsafe { $add(self.0, other.0) })
                }
            }
        };
    }

    register!(
        /// 16 f32 of AVX-512.
        F32x16(__m512) of f32, 16:
            _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps
    );
    register!(
        /// 8 f64 of AVX-512.
        F64x8(__m512d) of f64, 8:
            _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_add_pd
    );
    register!(
        /// 8 f32 of AVX2 with fused multiply-adds.
        F32x8(__m256) of f32, 8:
            _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps
    );
    register!(
        /// 4 f64 of AVX2 with fused multiply-adds.
        F64x4(__m256d) of f64, 4:
            _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_add_pd
    );
}
