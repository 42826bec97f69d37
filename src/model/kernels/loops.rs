//! The loops between the matrix products, each compiled for several instruction sets.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the instruction set of the function it is inlined into"
)]

use super::real::Real;
use super::simd::multiversion;
use crate::model::scoring::{Asked, Reach};

/// Partial sums kept side by side, so that a reduction vectorises in a fixed order.
const LANES: usize = 16;

/// Entries whose exponentials are taken in one loop: what the first-level cache holds with ease.
const TOGETHER: usize = 2048;

#[inline(always)]
fn fold<T: Real>(lanes: [T; LANES], rest: T) -> T {
    let mut total = rest;
    for lane in lanes {
        total += lane;
    }
    total
}

#[inline(always)]
fn sum<T: Real>(xs: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let chunks = xs.chunks_exact(LANES);
    let mut rest = T::ZERO;
    for &x in chunks.remainder() {
        rest += x;
    }
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    fold(lanes, rest)
}

#[inline(always)]
fn dot<T: Real>(xs: &[T], ys: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (cx, cy) = (xs.chunks_exact(LANES), ys.chunks_exact(LANES));
    let mut rest = T::ZERO;
    for (&x, &y) in cx.remainder().iter().zip(cy.remainder()) {
        rest = x.fma(y, rest);
    }
    for (a, b) in cx.zip(cy) {
        for i in 0..LANES {
            lanes[i] = a[i].fma(b[i], lanes[i]);
        }
    }
    fold(lanes, rest)
}

#[inline(always)]
fn largest<T: Real>(xs: &[T]) -> T {
    let mut lanes = [T::LOWEST; LANES];
    let chunks = xs.chunks_exact(LANES);
    let mut best = T::LOWEST;
    for &x in chunks.remainder() {
        best = x.larger(best);
    }
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = chunk[i].larger(lanes[i]);
        }
    }
    // By halves: the largest does not depend on the order.
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = lanes[i + half].larger(lanes[i]);
        }
    }
    lanes[0].larger(best)
}

/// `u = row + residual[from..]`, and where the residual goes on for the next row: it repeats when it is shorter. None is
/// like zeros.
#[inline(always)]
fn add_row<T: Real>(row: &[T], residual: &[T], from: usize, u: &mut [T]) -> usize {
    if residual.is_empty() {
        u.copy_from_slice(row);
        return 0;
    }
    let next = from + row.len();
    for ((u, &a), &b) in u.iter_mut().zip(row).zip(&residual[from..next]) {
        *u = a + b;
    }
    if next == residual.len() { 0 } else { next }
}

multiversion! {
    /// Layer norm of `x + residual` by rows of length `gain.len()`; `residual` repeats when it is shorter.
    ///
    /// `unit` becomes the normalised rows before gain and bias, `rate` one over the standard deviation.
    #[expect(clippy::too_many_arguments, reason = "three inputs, three outputs and the norm's own")]
    pub(super) fn add_norm<T: Real>(
        x: &[T],
        residual: &[T],
        gain: &[T],
        bias: &[T],
        eps: f64,
        unit: &mut [T],
        rate: &mut [T],
        out: &mut [T],
    ) {
        let d = gain.len();
        let count = T::of(d as f64);
        let mut from = 0;
        for (i, row) in x.chunks_exact(d).enumerate() {
            let u = &mut unit[i * d..][..d];
            from = add_row(row, residual, from, u);
            let mean = sum(u) / count;
            for u in u.iter_mut() {
                *u -= mean;
            }
            let r = T::ONE / (dot(u, u) / count + T::of(eps)).root();
            rate[i] = r;
            let o = &mut out[i * d..][..d];
            for (((u, o), &g), &b) in u.iter_mut().zip(o).zip(gain).zip(bias) {
                *u *= r;
                *o = (*u).fma(g, b);
            }
        }
    }
}

multiversion! {
    /// Gradient at the input of a layer norm, in place of the gradient at its output.
    pub(super) fn norm_reverse<T: Real>(grad: &mut [T], gain: &[T], unit: &[T], rate: &[T]) {
        let d = gain.len();
        let count = T::of(d as f64);
        for ((g, u), &r) in grad.chunks_exact_mut(d).zip(unit.chunks_exact(d)).zip(rate) {
            for (g, &w) in g.iter_mut().zip(gain) {
                *g *= w;
            }
            let mean = sum(g) / count;
            let along = dot(g, u) / count;
            for (g, &u) in g.iter_mut().zip(u) {
                *g = r * (*g - mean - u * along);
            }
        }
    }
}

multiversion! {
    /// RMS norm of `x + residual`, as [`add_norm`].
    pub(super) fn add_rms<T: Real>(
        x: &[T],
        residual: &[T],
        gain: &[T],
        eps: f64,
        unit: &mut [T],
        rate: &mut [T],
        out: &mut [T],
    ) {
        let d = gain.len();
        let count = T::of(d as f64);
        let mut from = 0;
        for (i, row) in x.chunks_exact(d).enumerate() {
            let u = &mut unit[i * d..][..d];
            from = add_row(row, residual, from, u);
            let r = T::ONE / (dot(u, u) / count + T::of(eps)).root();
            rate[i] = r;
            for ((u, o), &g) in u.iter_mut().zip(&mut out[i * d..][..d]).zip(gain) {
                *u *= r;
                *o = *u * g;
            }
        }
    }
}

multiversion! {
    /// Gradient at the input of an RMS norm, in place of the gradient at its output.
    pub(super) fn rms_reverse<T: Real>(grad: &mut [T], gain: &[T], unit: &[T], rate: &[T]) {
        let d = gain.len();
        let count = T::of(d as f64);
        for ((g, u), &r) in grad.chunks_exact_mut(d).zip(unit.chunks_exact(d)).zip(rate) {
            for (g, &w) in g.iter_mut().zip(gain) {
                *g *= w;
            }
            let along = dot(g, u) / count;
            for (g, &u) in g.iter_mut().zip(u) {
                *g = r * (*g - u * along);
            }
        }
    }
}

multiversion! {
    /// Softmax over rows of length `width`, in place; keys with `blocked[k] != 0` get exactly 0.
    ///
    /// A row whose every key is blocked becomes all zeros: it attends to nothing.
    pub(super) fn softmax_rows<T: Real>(rows: &mut [T], width: usize, blocked: &[u8]) {
        // Exponentials of several rows in one loop: in a short row most would be left over from the registers.
        for some in rows.chunks_mut((TOGETHER / width).max(1) * width) {
            for row in some.chunks_exact_mut(width) {
                if !blocked.is_empty() {
                    for (x, &b) in row.iter_mut().zip(blocked) {
                        *x = if b == 0 { *x } else { T::LOWEST };
                    }
                }
                let top = largest(row);
                if top == T::LOWEST && !row.iter().any(|x| x.nan()) {
                    continue;
                }
                for x in row.iter_mut() {
                    *x -= top;
                }
            }
            for x in some.iter_mut() {
                *x = x.e_to();
            }
            for row in some.chunks_exact_mut(width) {
                let total = sum(row);
                // A row that attends to nothing is zeros already; the largest entry of any other gave 1.
                if total == T::ZERO {
                    continue;
                }
                let r = T::ONE / total;
                for x in row.iter_mut() {
                    *x *= r;
                }
            }
        }
    }
}

multiversion! {
    /// [`softmax_rows`] over the keys that each row sees; the others get exactly 0. A key that is blocked is still seen by
    /// its own query where the reach keeps it.
    ///
    /// No number of a row depends on what stands outside its reach, nor on how much does.
    pub(super) fn softmax_seen<T: Real>(
        rows: &mut [T],
        width: usize,
        sight: (Reach, Asked),
        blocked: &[u8],
    ) {
        let (reach, asked) = sight;
        for (i, row) in rows.chunks_exact_mut(width).enumerate() {
            let query = asked.query(i);
            let seen = reach.seen(query, width);
            row[..seen.start].fill(T::ZERO);
            row[seen.end..].fill(T::ZERO);
            let row = &mut row[seen.clone()];
            if !blocked.is_empty() {
                for ((x, &b), key) in row.iter_mut().zip(&blocked[seen.clone()]).zip(seen) {
                    *x = if b == 0 || (reach.keeps_own() && key == query) { *x } else { T::LOWEST };
                }
            }
            let top = largest(row);
            if top == T::LOWEST && !row.iter().any(|x| x.nan()) {
                row.fill(T::ZERO);
                continue;
            }
            for x in row.iter_mut() {
                *x = (*x - top).e_to();
            }
            let r = T::ONE / sum(row);
            for x in row.iter_mut() {
                *x *= r;
            }
        }
    }
}

multiversion! {
    /// Turns the first pairs of columns of every head of one row, `width` wide: column i with the one `cos.len()` further, or
    /// else neighbours.
    pub(super) fn turn_pairs<T: Real>(row: &mut [T], width: usize, cos: &[T], sin: &[T], halves: bool) {
        for head in row.chunks_exact_mut(width) {
            if halves {
                let (low, high) = head.split_at_mut(cos.len());
                for (((a, b), &c), &s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
                    (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
                }
            } else {
                for ((pair, &c), &s) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                    (pair[0], pair[1]) = (pair[0] * c - pair[1] * s, pair[1] * c + pair[0] * s);
                }
            }
        }
    }
}

multiversion! {
    /// `x = cap · tanh(x / cap)`, elementwise.
    pub(super) fn cap<T: Real>(xs: &mut [T], cap: f64) {
        let (bound, rate) = (T::of(cap), T::of(1.0 / cap));
        for x in xs.iter_mut() {
            *x = bound * (*x * rate).tanh();
        }
    }
}

multiversion! {
    /// `grad *= 1 − tanh²(x / cap)`, elementwise, where `x` is what was capped.
    pub(super) fn cap_reverse<T: Real>(grad: &mut [T], x: &[T], cap: f64) {
        let rate = T::of(1.0 / cap);
        for (g, &x) in grad.iter_mut().zip(x) {
            let t = (x * rate).tanh();
            *g *= T::ONE - t * t;
        }
    }
}

multiversion! {
    /// Gradient at the scores, in place of the gradient at the pattern: dS = P ∘ (dP − ⟨dP, P⟩).
    pub(super) fn softmax_reverse<T: Real>(grad: &mut [T], pattern: &[T], width: usize) {
        for (g, p) in grad.chunks_exact_mut(width).zip(pattern.chunks_exact(width)) {
            let along = dot(g, p);
            for (g, &p) in g.iter_mut().zip(p) {
                *g = p * (*g - along);
            }
        }
    }
}
