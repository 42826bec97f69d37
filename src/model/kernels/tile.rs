//! The innermost loop of every product with weights: a few rows times one panel, in registers.

#![expect(
    clippy::inline_always,
    reason = "a body takes on the instruction set of the function it is inlined into"
)]

use super::lanes::{Lanes, WIDTH};
use super::plain::Plain;
use super::real::Real;
use super::simd::fetch;

/// The left factor `[M, K]`: entry `(i, k)` is at `i * row + k * col`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    pub data: &'a [T],
    pub row: usize,
    pub col: usize,
}

/// K rows of up to 32 columns of the right factor, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a, T> {
    /// Every row can be read to 32 columns, whatever the width.
    pub rows: &'a [T],
    pub stride: usize,
    /// The output column that its first column goes to.
    pub first: usize,
    /// How many of its columns are written to the output.
    pub width: usize,
    /// What will be read after it: weights come from memory, and are fetched while this panel is swept.
    pub next: &'a [T],
}

impl<'a, T> Panel<'a, T> {
    /// One whose rows follow one another, and nothing that will be read after it.
    pub fn of(rows: &'a [T], first: usize, width: usize) -> Self {
        Self { rows, stride: WIDTH, first, width, next: &[] }
    }
}

/// What one tile fetches of the next panel: at every step the line of `from`, which goes on by `step` bytes.
#[derive(Clone, Copy)]
struct Ahead<T> {
    from: *const T,
    step: usize,
}

impl<T: Real> Ahead<T> {
    /// The share of tile number `tile` of `tiles`, for panels of `depth` rows.
    #[inline(always)]
    fn of(panel: Panel<'_, T>, (tile, tiles): (usize, usize), depth: usize) -> Self {
        if panel.next.is_empty() || tiles == 1 {
            // Nothing to fetch, or a sweep so short that the machine reads ahead by itself: a line that is there.
            return Self { from: panel.rows.as_ptr(), step: 0 };
        }
        let step = WIDTH * size_of::<T>() / tiles;
        Self { from: panel.next.as_ptr().wrapping_byte_add(tile * step * depth), step }
    }
}

/// What becomes of the sums: `scale · sum + bias`, put into the output or added to it.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a, T> {
    pub scale: T,
    /// One number per column of the panel, or none.
    pub bias: &'a [T],
    pub add: bool,
}

/// A row-major output that threads write disjoint columns of.
#[derive(Clone, Copy)]
pub(super) struct Output<T> {
    data: *mut T,
    len: usize,
    stride: usize,
}

// SAFETY: whoever shares a target gives each thread columns of its own (see `product`), so no entry is touched
// by two; the output it was made of stays borrowed by the caller meanwhile.
unsafe impl<T: Send> Send for Output<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Output<T> {}

impl<T: Real> Output<T> {
    /// Rows of `stride` numbers.
    pub fn new(out: &mut [T], stride: usize) -> Self {
        Self { data: out.as_mut_ptr(), len: out.len(), stride }
    }

    /// The first `len` numbers of a vector's spare room, in rows of `stride`: for outputs that are written before
    /// anything reads them.
    pub fn spare(out: &mut Vec<T>, len: usize, stride: usize) -> Self {
        let room = &mut out.spare_capacity_mut()[..len];
        Self { data: room.as_mut_ptr().cast(), len, stride }
    }

    /// How many numbers it has.
    pub fn len(self) -> usize {
        self.len
    }

    /// The rows from `row` on.
    pub fn below(self, row: usize) -> Self {
        let skipped = row * self.stride;
        assert!(skipped <= self.len, "a target has no such row");
        // SAFETY: inside the output, or one past its end.
        Self { data: unsafe { self.data.add(skipped) }, len: self.len - skipped, ..self }
    }

    /// Writes `values` into row `row` from column `first`; the columns must be the caller's own, as in [`sweep`].
    pub fn put(self, row: usize, first: usize, values: &[T]) {
        let to = self.entries(row, first, values.len());
        // SAFETY: whoever made the target still borrows the output, and these columns are the caller's alone.
        unsafe { to.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
    }

    /// Where `width` entries of row `row` from column `first` are. They may not be written yet, so there is no slice.
    #[inline(always)]
    fn entries(self, row: usize, first: usize, width: usize) -> *mut T {
        let start = row * self.stride + first;
        assert!(first + width <= self.stride && start + width <= self.len, "a tile reaches outside");
        // SAFETY: inside the output by the assertion.
        unsafe { self.data.add(start) }
    }
}

/// A block for each of M rows, its number a constant: an index that varies would put the sums in memory.
macro_rules! each_row {
    ($m:expr, $i:ident => $body:block) => {
        each_row!(@ $m, $i => $body, 0 1 2 3 4 5 6 7)
    };
    (@ $m:expr, $i:ident => $body:block, $($n:literal)*) => {
        $(if $n < $m {
            const $i: usize = $n;
            $body
        })*
    };
}

/// Rows `row..row + M` of the left factor times two registers' columns of the panel from `col`.
///
/// # Safety
///
/// The machine has the instruction set of S, and the left factor has these rows.
#[inline(always)]
unsafe fn tile<T: Real, S: Lanes<T>, const M: usize>(
    left: Left<'_, T>,
    depth: usize,
    panel: Panel<'_, T>,
    finish: Finish<'_, T>,
    target: Output<T>,
    (row, col): (usize, usize),
    ahead: Ahead<T>,
) {
    let columns = 2 * S::COUNT;
    // SAFETY: the instruction set is the caller's promise, here and below; `bias` and `aside` hold two
    // registers, and so does `out` where it is that wide; every entry of the left factor and of the panel lies
    // inside, as `sweep` checked; its caller holds the output, and these columns are its own.
    unsafe {
        let (mut low, mut high) = ([S::all(T::ZERO); M], [S::all(T::ZERO); M]);
        // A pointer for each row and one index for all of them, so that the loop does little else than multiply.
        let starts: [*const T; M] =
            std::array::from_fn(|i| left.data.as_ptr().wrapping_add((row + i) * left.row));
        let (mut entries, mut at) = (panel.rows.as_ptr().wrapping_add(col), 0);
        let mut fetched = ahead.from;
        for _ in 0..depth {
            fetch(fetched);
            fetched = fetched.wrapping_byte_add(ahead.step);
            let (a, b) = (S::load(entries), S::load(entries.add(S::COUNT)));
            each_row!(M, I => {
                let x = S::all(*starts[I].add(at));
                low[I] = x.fma(a, low[I]);
                high[I] = x.fma(b, high[I]);
            });
            entries = entries.wrapping_add(panel.stride);
            at += left.col;
        }
        let width = columns.min(panel.width - col);
        let mut bias = [T::ZERO; WIDTH];
        for (b, &given) in bias.iter_mut().zip(finish.bias.iter().skip(col)) {
            *b = given;
        }
        let (scale, a, b) =
            (S::all(finish.scale), S::load(bias.as_ptr()), S::load(bias.as_ptr().add(S::COUNT)));
        each_row!(M, I => {
            let out = target.entries(row + I, panel.first + col, width);
            let (mut x, mut y) = (low[I].fma(scale, a), high[I].fma(scale, b));
            let mut aside = [T::ZERO; WIDTH];
            let to = if width == columns { out } else { aside.as_mut_ptr() };
            if width < columns && finish.add {
                to.copy_from_nonoverlapping(out, width);
            }
            if finish.add {
                (x, y) = (x.plus(S::load(to)), y.plus(S::load(to.add(S::COUNT))));
            }
            x.store(to);
            y.store(to.add(S::COUNT));
            if width < columns {
                out.copy_from_nonoverlapping(to, width);
            }
        });
    }
}

/// All rows of the left factor, at most M at a time.
///
/// # Safety
///
/// The machine has the instruction set of S.
#[inline(always)]
unsafe fn rows<T: Real, S: Lanes<T>, const M: usize>(
    left: Left<'_, T>,
    (m, depth): (usize, usize),
    panel: Panel<'_, T>,
    finish: Finish<'_, T>,
    target: Output<T>,
) {
    let down = m.div_ceil(M);
    let tiles = down * panel.width.div_ceil(2 * S::COUNT);
    for (across, col) in (0..panel.width).step_by(2 * S::COUNT).enumerate() {
        for i in 0..down {
            // Of about equal height: a tile of few rows waits for its own sums.
            let (row, end) = (i * m / down, (i + 1) * m / down);
            let ahead = Ahead::of(panel, (across * down + i, tiles), depth);
            macro_rules! tile {
                ($rows:expr) => {
                    // SAFETY: the instruction set is the caller's promise, and these are rows of the left factor.
                    unsafe { tile::<T, S, { $rows }>(left, depth, panel, finish, target, (row, col), ahead) }
                };
            }
            match end - row {
                1 => tile!(1),
                2 => tile!(2),
                3 => tile!(3),
                4 => tile!(4),
                5 => tile!(5),
                6 => tile!(6),
                7 => tile!(7),
                _ => tile!(M),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512<T: Real>(
    left: Left<'_, T>,
    shape: (usize, usize),
    panel: Panel<'_, T>,
    finish: Finish<'_, T>,
    target: Output<T>,
) {
    // SAFETY: this function asks for it.
    unsafe { rows::<T, T::Avx512, 8>(left, shape, panel, finish, target) };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<T: Real>(
    left: Left<'_, T>,
    shape: (usize, usize),
    panel: Panel<'_, T>,
    finish: Finish<'_, T>,
    target: Output<T>,
) {
    // SAFETY: this function asks for it.
    unsafe { rows::<T, T::Avx2, 6>(left, shape, panel, finish, target) };
}

/// The left factor `[M, K]` times the panel, into the panel's columns of the target.
pub(super) fn sweep<T: Real>(
    left: Left<'_, T>,
    (m, depth): (usize, usize),
    panel: Panel<'_, T>,
    finish: Finish<'_, T>,
    target: Output<T>,
) {
    let reach = |rows: usize, row: usize, cols: usize, col: usize| (rows - 1) * row + (cols - 1) * col;
    assert!(
        m == 0 || depth == 0 || reach(m, left.row, depth, left.col) < left.data.len(),
        "a product's left factor reaches outside its slice"
    );
    assert!(
        panel.width <= WIDTH && (depth == 0 || (depth - 1) * panel.stride + WIDTH <= panel.rows.len()),
        "a product's panel reaches outside its slice"
    );
    #[cfg(target_arch = "x86_64")]
    {
        if super::simd::avx512() {
            // SAFETY: every feature the function enables was just detected.
            return unsafe { avx512(left, (m, depth), panel, finish, target) };
        }
        if super::simd::avx2() {
            // SAFETY: every feature the function enables was just detected.
            return unsafe { avx2(left, (m, depth), panel, finish, target) };
        }
        // SAFETY: it asks for no instruction set; without the instruction a fused multiply-add is a slow call.
        unsafe { rows::<T, Plain<T, false>, 4>(left, (m, depth), panel, finish, target) };
    }
    // SAFETY: it asks for no instruction set.
    #[cfg(not(target_arch = "x86_64"))]
    unsafe {
        rows::<T, Plain<T, true>, 6>(left, (m, depth), panel, finish, target)
    };
}
