//! What this machine can do at most.

use std::time::Instant;

use attncheck::model::kernels::Linear;
use candle_core::{Device, Tensor};
use gemm::Parallelism;

use crate::error::Error;

/// The square product: large enough for full speed, small enough to be quick.
const SIDE: usize = 1536;
/// The best of so many.
const TRIES: usize = 7;

/// Floating-point operations a second of a large square product in f32, on `threads` of the current pool: by the gemm
/// crate or by the program's own, whichever is faster here.
pub fn peak(threads: usize) -> Result<f64, Error> {
    let fill = |seed: usize| -> Vec<f32> {
        (0..SIDE * SIDE).map(|i| ((i * 31 + seed) % 97) as f32 / 97.0 - 0.5).collect()
    };
    let (a, b, mut out) = (fill(1), fill(2), vec![0.0f32; SIDE * SIDE]);
    let mut best = (0..TRIES).map(|_| multiply(&a, &b, &mut out, threads)).fold(f64::INFINITY, f64::min);
    let square = |data| Tensor::from_vec(data, (SIDE, SIDE), &Device::Cpu);
    let (x, map) = (square(a)?, Linear::new(&square(b)?, None)?);
    for _ in 0..TRIES {
        let start = Instant::now();
        std::hint::black_box(map.forward(&x)?);
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(2.0 * (SIDE * SIDE * SIDE) as f64 / best)
}

/// Seconds of one product.
fn multiply(a: &[f32], b: &[f32], out: &mut [f32], threads: usize) -> f64 {
    assert!([a.len(), b.len(), out.len()] == [SIDE * SIDE; 3], "three square matrices");
    let parallel = if threads == 1 { Parallelism::None } else { Parallelism::Rayon(threads) };
    let stride = SIDE as isize;
    let start = Instant::now();
    // SAFETY: all three slices hold SIDE rows of SIDE contiguous numbers, as the strides say, and `out` is borrowed
    // mutably and so overlaps neither of the others.
    unsafe {
        gemm::gemm(
            SIDE,
            SIDE,
            SIDE,
            out.as_mut_ptr(),
            1,
            stride,
            false,
            a.as_ptr(),
            1,
            stride,
            b.as_ptr(),
            1,
            stride,
            0.0f32,
            1.0f32,
            false,
            false,
            false,
            parallel,
        );
    }
    std::hint::black_box(&out);
    start.elapsed().as_secs_f64()
}
