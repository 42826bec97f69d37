//! A weight matrix laid out once, so that no product with it packs or strides.
//!
//! `W [K, N]` becomes ⌈N / 32⌉ panels of 32 columns; a panel holds its K rows one after another, and the last
//! is filled up with zeros. The inner loop of `x·W` then reads one panel from front to back. `g·Wᵀ` reads the same
//! memory in blocks of 32 × 32, each turned over on the way, so that no second copy is kept.
//!
//! Numbers of a panel may be narrower than those of the product: they are widened as they are read, 128 KiB at a time.

use std::ops::Range;

use candle_core::WithDType;

use super::lanes::WIDTH;
use super::real::Real;
use super::share::{LEAST_WORK, share};
use super::tile::{Finish, Left, Output, Panel, sweep};
use super::turn::turn_panels;
use super::widen::Narrow;

/// Rows of a panel that are swept before the next ones: 128 KiB of it, which any second-level cache holds.
const DEPTH: usize = 1024;

/// Lays out `w [rows, cols]`, whose entry `(i, j)` is at `i * row + j * col`.
pub(super) fn lay_out<N: WithDType>(
    w: &[N],
    (rows, cols): (usize, usize),
    (row, col): (usize, usize),
) -> Vec<N> {
    let mut out = vec![N::from_f64(0.0); cols.div_ceil(WIDTH) * rows * WIDTH];
    for (p, panel) in out.chunks_exact_mut((rows * WIDTH).max(1)).enumerate() {
        let width = WIDTH.min(cols - p * WIDTH);
        let from = p * WIDTH * col;
        if row == 1 {
            // The other way round in memory, as weights files have it: read along the columns.
            for c in 0..width {
                for (i, x) in w[from + c * col..][..rows].iter().enumerate() {
                    panel[i * WIDTH + c] = *x;
                }
            }
        } else {
            for (i, line) in panel.chunks_exact_mut(WIDTH).enumerate() {
                for (c, x) in line[..width].iter_mut().enumerate() {
                    *x = w[from + i * row + c * col];
                }
            }
        }
    }
    out
}

/// The matrix `[rows, cols]` that was laid out.
pub(super) fn take_back<N: WithDType>(panels: &[N], rows: usize, cols: usize) -> Vec<N> {
    let mut out = vec![N::from_f64(0.0); rows * cols];
    for (p, panel) in panels.chunks_exact((rows * WIDTH).max(1)).enumerate() {
        let width = WIDTH.min(cols - p * WIDTH);
        for (i, line) in panel.chunks_exact(WIDTH).enumerate() {
            out[i * cols + p * WIDTH..][..width].copy_from_slice(&line[..width]);
        }
    }
    out
}

/// What is added to a product.
#[derive(Clone, Copy)]
pub(super) enum Add<'a, T> {
    /// Nothing: whatever stood in the output is overwritten.
    Nothing,
    /// The same row of N numbers to every row.
    Bias(&'a [T]),
    /// What stands in the output before the product.
    Output,
}

/// `out [M, N] = x [M, K] · W [K, N]`, and what is added, where `panels` is W laid out; every entry is written.
///
/// Sums over K are never split between threads, so the result does not depend on their number.
pub(super) fn product<T: Real, N: Narrow<T>>(
    x: &[T],
    panels: &[N],
    (m, k, n): (usize, usize, usize),
    add: Add<'_, T>,
    target: Output<T>,
) {
    assert!(
        x.len() == m * k && target.len() == m * n && panels.len() == n.div_ceil(WIDTH) * k * WIDTH,
        "a product's shapes do not fit its buffers"
    );
    share(n.div_ceil(WIDTH), m * k * n >= LEAST_WORK, |some| {
        let mut aside = Vec::new();
        for p in some {
            let first = p * WIDTH;
            let (panel, after) = panels[first * k..].split_at(k * WIDTH);
            columns(x, (panel, after, &mut aside), first, (m, k, n), add, target);
        }
    });
}

/// `out [M, K] = g [M, N] · Wᵀ [N, K]`, or added to what stands there, where `panels` is `W [K, N]` laid out; every entry
/// is written.
pub(super) fn product_turned<T: Real, N: Narrow<T>>(
    g: &[T],
    panels: &[N],
    (m, n, k): (usize, usize, usize),
    add: bool,
    target: Output<T>,
) {
    assert!(
        g.len() == m * n && target.len() == m * k && panels.len() == n.div_ceil(WIDTH) * k * WIDTH,
        "a product's shapes do not fit its buffers"
    );
    // A target of two classes has a gradient at two logits of a whole vocabulary: what is zero throughout is passed over.
    let zero = |run: &Range<usize>| {
        g.chunks_exact(n.max(1)).all(|row| row[run.clone()].iter().all(|x| *x == T::ZERO))
    };
    let runs: Vec<Range<usize>> = (0..n).step_by(DEPTH).map(|from| from..(from + DEPTH).min(n)).collect();
    let mut read: Vec<Range<usize>> = runs.iter().filter(|run| !zero(run)).cloned().collect();
    // Once at least, so that every entry is written.
    read.extend(runs.into_iter().take(usize::from(read.is_empty())));
    if read.is_empty() {
        read.push(0..0);
    }
    share(k.div_ceil(WIDTH), m * k * n >= LEAST_WORK, |some| {
        T::scratch(|turned| {
            turned.resize(DEPTH * WIDTH, T::ZERO);
            let mut aside = Vec::new();
            for first in some.map(|p| p * WIDTH) {
                for (i, run) in read.iter().enumerate() {
                    let of = &panels[run.start * k..run.end.div_ceil(WIDTH) * WIDTH * k];
                    let blocks = &mut turned[..run.len().div_ceil(WIDTH) * WIDTH * WIDTH];
                    turn_panels(of, k, (first, WIDTH.min(k - first)), (blocks, &mut aside));
                    let left = Left { data: g.get(run.start..).unwrap_or_default(), row: n, col: 1 };
                    let finish = Finish { scale: T::ONE, bias: &[], add: add || i > 0 };
                    let panel = Panel::of(&turned[..run.len() * WIDTH], first, WIDTH.min(k - first));
                    sweep(left, (m, run.len()), panel, finish, target);
                }
            }
        });
    });
}

/// One panel's columns of a product, from column `first`; `after` is what will be read after it, and `aside` the room in
/// which a panel is widened, as many rows of it as are swept together.
fn columns<T: Real, N: Narrow<T>>(
    x: &[T],
    (panel, after, aside): (&[N], &[N], &mut Vec<T>),
    first: usize,
    (m, k, n): (usize, usize, usize),
    add: Add<'_, T>,
    target: Output<T>,
) {
    let width = WIDTH.min(n - first);
    let bias = match add {
        Add::Bias(bias) => &bias[first..][..width],
        _ => &[],
    };
    let mut add = matches!(add, Add::Output);
    let mut from = 0;
    // Once at least: with K = 0 the product is empty, but a bias is not.
    loop {
        let depth = DEPTH.min(k - from);
        let to = from + depth;
        let left = Left { data: x.get(from..).unwrap_or_default(), row: k, col: 1 };
        let (rows, rest) = panel[from * WIDTH..].split_at(depth * WIDTH);
        let (rows, next) = (N::wide(rows, aside), N::ahead(if to == k { after } else { rest }));
        let finish = Finish { scale: T::ONE, bias: if to == k { bias } else { &[] }, add };
        sweep(left, (m, depth), Panel { next, ..Panel::of(rows, first, width) }, finish, target);
        if to == k {
            break;
        }
        (from, add) = (to, true);
    }
}
