//! Blocks of 32 × 32 turned over, for products with the transpose of what lies in memory.

use super::lanes::WIDTH;
use super::real::Real;
use super::simd::fetch_all;
use super::widen::Narrow;

/// So many blocks are on their way from memory while one is turned over.
const AHEAD: usize = 2;

/// Turns a block of `rows` rows over, `stride` apart and up to 32 wide: `out [32, 32]`, of which `width` rows are
/// written, zero in the columns where there was no row.
pub(super) fn turn<T: Real>(block: &[T], stride: usize, (rows, width): (usize, usize), out: &mut [T]) {
    assert!(
        out.len() >= width * WIDTH
            && rows <= WIDTH
            && width <= WIDTH
            && (rows == 0 || block.len() >= (rows - 1) * stride + width),
        "a block reaches outside its slice"
    );
    #[cfg(target_arch = "x86_64")]
    let turned = if width == WIDTH && size_of::<T>() == 4 && super::simd::avx2() {
        let whole = rows - rows % 8;
        // SAFETY: AVX was detected, so many rows of 32 lie inside `block`, 32 of 32 inside `out`, and the T of four
        // bytes is f32.
        unsafe { turn_f32(block.as_ptr().cast(), stride, whole, out.as_mut_ptr().cast()) };
        whole
    } else {
        0
    };
    #[cfg(not(target_arch = "x86_64"))]
    let turned = 0;
    if turned == WIDTH {
        return;
    }
    for line in out.chunks_exact_mut(WIDTH).take(width) {
        line[turned..].fill(T::ZERO);
    }
    for r in turned..rows {
        for (c, &x) in block[r * stride..][..width].iter().enumerate() {
            out[c * WIDTH + r] = x;
        }
    }
}

/// The rows `first..first + rows` of some panels of K rows, each block turned over: `out [panels, 32, 32]`. Narrower ones
/// are widened in `aside`.
pub(super) fn turn_panels<T: Real, N: Narrow<T>>(
    panels: &[N],
    k: usize,
    (first, rows): (usize, usize),
    (out, aside): (&mut [T], &mut Vec<T>),
) {
    // One block's rows in each panel lie far from the next one's: what the machine cannot foresee.
    let source = |p: usize| panels.get((p * k + first) * WIDTH..)?.get(..rows * WIDTH);
    for (p, block) in out.chunks_exact_mut(WIDTH * WIDTH).enumerate() {
        fetch_all(source(p + AHEAD).unwrap_or_default());
        let wide = N::wide(source(p).unwrap_or_default(), aside);
        turn(wide, WIDTH, (rows, WIDTH), block);
    }
}

/// Rows of 32 numbers turned over, 8 × 8 at a time in registers.
///
/// # Safety
///
/// `block` has `rows` rows of 32 numbers, a multiple of 8 and `stride` apart, and `out` 1024; they do not overlap.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn turn_f32(block: *const f32, stride: usize, rows: usize, out: *mut f32) {
    use std::arch::x86_64::{
        _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_storeu_ps,
        _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };
    for (r, c) in (0..rows / 2).map(|i| (8 * (i / 4), 8 * (i % 4))) {
        // SAFETY: rows r to r + 8 and columns c to c + 8 lie inside both.
        unsafe {
            // Plain loops: a closure would not be compiled for AVX where the library's own function calls it.
            let mut v = [_mm256_setzero_ps(); 8];
            for (i, v) in v.iter_mut().enumerate() {
                *v = _mm256_loadu_ps(block.add((r + i) * stride + c));
            }
            let mut pairs = v;
            for i in 0..4 {
                (pairs[2 * i], pairs[2 * i + 1]) =
                    (_mm256_unpacklo_ps(v[2 * i], v[2 * i + 1]), _mm256_unpackhi_ps(v[2 * i], v[2 * i + 1]));
            }
            let mut quads = v;
            for (half, of) in [(0, 0), (0, 1), (4, 0), (4, 1)] {
                let (a, b) = (pairs[half + of], pairs[half + of + 2]);
                quads[half + 2 * of] = _mm256_shuffle_ps::<0b01_00_01_00>(a, b);
                quads[half + 2 * of + 1] = _mm256_shuffle_ps::<0b11_10_11_10>(a, b);
            }
            for i in 0..4 {
                let (a, b) = (quads[i], quads[i + 4]);
                _mm256_storeu_ps(out.add((c + i) * WIDTH + r), _mm256_permute2f128_ps::<0x20>(a, b));
                _mm256_storeu_ps(out.add((c + i + 4) * WIDTH + r), _mm256_permute2f128_ps::<0x31>(a, b));
            }
        }
    }
}
