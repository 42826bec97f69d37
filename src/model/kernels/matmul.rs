//! Strided matrix products over slices, bounds checked.

use gemm::Parallelism;

use super::real::Real;

/// A strided view of a matrix in a slice: entry `(i, j)` is at `start + i * row + j * col`.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub start: usize,
    pub rows: usize,
    pub cols: usize,
    pub row: usize,
    pub col: usize,
}

impl Shape {
    /// A dense row-major matrix at the start of its slice.
    pub fn dense(rows: usize, cols: usize) -> Self {
        Self { start: 0, rows, cols, row: cols, col: 1 }
    }

    /// The same matrix read as its transpose.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }

    fn fits(&self, len: usize) -> bool {
        self.rows == 0
            || self.cols == 0
            || self.start + (self.rows - 1) * self.row + (self.cols - 1) * self.col < len
    }
}

/// `dst = scale · a · b`, or `dst += …` with `add`.
///
/// Threads are used only outside a rayon worker: inside one, the caller has already split the work.
/// The sums over the inner dimension are never split, so the result does not depend on the number of threads.
pub(super) fn matmul<T: Real>(
    (dst, d): (&mut [T], Shape),
    (a, x): (&[T], Shape),
    (b, y): (&[T], Shape),
    scale: T,
    add: bool,
) {
    assert!(d.rows == x.rows && d.cols == y.cols && x.cols == y.rows, "matrix shapes do not fit");
    assert!(d.fits(dst.len()) && x.fits(a.len()) && y.fits(b.len()), "a matrix reaches outside its slice");
    if d.rows == 0 || d.cols == 0 {
        return;
    }
    let work = d.rows * d.cols * x.cols;
    let threads = rayon::current_num_threads();
    let parallel = if rayon::current_thread_index().is_some() || threads == 1 || work < 1 << 18 {
        Parallelism::None
    } else {
        Parallelism::Rayon(threads)
    };
    // SAFETY: the three shapes were checked to lie inside their slices, `dst` is borrowed mutably and so
    // overlaps neither `a` nor `b`, and T is f32 or f64, which gemm supports.
    unsafe {
        gemm::gemm(
            d.rows,
            d.cols,
            x.cols,
            dst.as_mut_ptr().add(d.start),
            d.col as isize,
            d.row as isize,
            add,
            a.as_ptr().add(x.start),
            x.col as isize,
            x.row as isize,
            b.as_ptr().add(y.start),
            y.col as isize,
            y.row as isize,
            T::ONE,
            scale,
            false,
            false,
            false,
            parallel,
        );
    }
}
