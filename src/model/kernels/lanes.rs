//! A register of a few numbers, by the instructions of each instruction set.
//!
//! The sums of a tile must stay in registers. Arrays that the compiler is to turn into vectors do so with some build
//! settings and spill with others (link-time optimisation halved the speed), so the instructions are named here.

/// Columns of a panel: two AVX-512 registers, four of AVX2.
pub(super) const WIDTH: usize = 32;

/// COUNT numbers side by side.
///
/// # Safety
///
/// Every function asks that the machine has the instruction set of the type, and that pointers are good for COUNT
/// numbers.
pub trait Lanes<T>: Copy {
    /// How many numbers a register holds.
    const COUNT: usize;
    /// A register with the same number in every lane.
    unsafe fn all(x: T) -> Self;
    /// Reads COUNT numbers from memory.
    unsafe fn load(from: *const T) -> Self;
    /// Writes COUNT numbers to memory.
    unsafe fn store(self, to: *mut T);
    /// `self * a + b`, rounded once where the type says so.
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    /// The sum, lane by lane.
    unsafe fn plus(self, other: Self) -> Self;
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
