//! Products of one head of one sequence. Heads lie side by side in the width, so no product needs a copy: head h
//! of a `[T, H·E]` buffer is its columns h·E to (h+1)·E, and its rows are H·E apart.

use std::ops::Range;

use super::lanes::WIDTH;
use super::real::Real;
use super::tile::{Finish, Left, Output, Panel, sweep};
use super::turn::turn;
use crate::model::scoring::{Asked, Reach};

/// One head of one sequence in a `[T, H·E]` buffer.
#[derive(Clone, Copy)]
pub(super) struct HeadRows<'a, T> {
    /// The buffer from the head's first number on.
    pub data: &'a [T],
    /// T, the number of tokens.
    pub rows: usize,
    /// E, the width of one head.
    pub width: usize,
    /// H·E, how far apart two rows begin.
    pub stride: usize,
}

impl<T> HeadRows<'_, T> {
    /// Some of its rows.
    pub fn part(self, rows: Range<usize>) -> Self {
        let data = self.data.get(rows.start * self.stride..).unwrap_or_default();
        Self { data, rows: rows.len(), ..self }
    }
}

/// `a [Q, E] · bᵀ [E, K] · scale` into K columns of the first Q rows of `target`, which begin at `column`.
pub(super) fn scores<T: Real>(
    a: HeadRows<'_, T>,
    b: HeadRows<'_, T>,
    scale: T,
    target: Output<T>,
    column: usize,
) {
    assert!(a.width == b.width, "a head's scores do not fit");
    let left = Left { data: a.data, row: a.stride, col: 1 };
    T::scratch(|turned| {
        turned.resize(a.width.div_ceil(WIDTH) * WIDTH * WIDTH, T::ZERO);
        for first in (0..b.rows).step_by(WIDTH) {
            let keys = WIDTH.min(b.rows - first);
            for (from, block) in (0..b.width).step_by(WIDTH).zip(turned.chunks_exact_mut(WIDTH * WIDTH)) {
                let width = WIDTH.min(b.width - from);
                turn(&b.data[first * b.stride + from..], b.stride, (keys, width), block);
            }
            let panel = Panel::of(&turned[..a.width * WIDTH], column + first, keys);
            sweep(left, (a.rows, a.width), panel, Finish { scale, bias: &[], add: false }, target);
        }
    });
}

/// `weights [Q, K] · v [K, E] · scale` into the head's columns of `out [Q, H·E]`, which begin at `column`, or with `add`
/// onto them; the weights are `left`, either way round.
pub(super) fn mixture<T: Real>(
    left: Left<'_, T>,
    queries: usize,
    v: HeadRows<'_, T>,
    (scale, add): (T, bool),
    target: Output<T>,
    column: usize,
) {
    let finish = Finish { scale, bias: &[], add };
    let shape = (queries, v.rows);
    for from in (0..v.width).step_by(WIDTH) {
        let (first, width) = (column + from, WIDTH.min(v.width - from));
        if width == WIDTH {
            let panel = Panel { stride: v.stride, ..Panel::of(&v.data[from..], first, width) };
            sweep(left, shape, panel, finish, target);
        } else {
            // A row must be readable to its 32nd column, which here is another head's or nobody's.
            T::scratch(|padded| {
                padded.clear();
                padded.resize(v.rows * WIDTH, T::ZERO);
                for (row, padded) in padded.chunks_exact_mut(WIDTH).enumerate() {
                    padded[..width].copy_from_slice(&v.data[row * v.stride + from..][..width]);
                }
                let panel = Panel::of(padded.as_slice(), first, width);
                sweep(left, shape, panel, finish, target);
            });
        }
    }
}

/// So many query rows go together where they do not see every key: of the products above the diagonal half a block is
/// wasted, and rows of fewer than a few tiles would be slow.
const BLOCK: usize = 32;

/// Runs of rows with the keys that any of them sees: all at once where they see every key.
pub(super) fn runs(
    reach: Reach,
    asked: Asked,
    rows: usize,
    keys: usize,
) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let size = if reach == Reach::Every { rows.max(1) } else { BLOCK };
    (0..rows).step_by(size).map(move |from| {
        let run = from..(from + size).min(rows);
        let seen = |row| reach.seen(asked.query(row), keys);
        (run.clone(), seen(run.start).start..seen(run.end - 1).end)
    })
}

/// What [`scores`] gives, for the rows of one head, where they can see a key; nothing is written elsewhere.
pub(super) fn seen_scores<R: Real>(
    (a, b): (HeadRows<'_, R>, HeadRows<'_, R>),
    scale: R,
    (reach, asked): (Reach, Asked),
    out: &mut [R],
) {
    assert!(out.len() == a.rows * b.rows, "a head's scores do not fit");
    let target = Output::new(out, b.rows);
    for (rows, keys) in runs(reach, asked, a.rows, b.rows) {
        scores(a.part(rows.clone()), b.part(keys.clone()), scale, target.below(rows.start), keys.start);
    }
}
