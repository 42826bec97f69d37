//! Products of each head's own input with its own columns of a weight matrix in panels: head h has columns h·E to
//! (h+1)·E, and where several share keys and values each of them those of its group.

use super::lanes::WIDTH;
use super::real::Real;
use super::share::{LEAST_WORK, share};
use super::tile::{Finish, Left, Output, Panel, sweep};
use super::turn::turn_panels;
use super::widen::Narrow;
use crate::model::spec::Heads;

/// `out [B, H·E]`, of which head h's columns are `x[b, h] · W[:, h]`, for `x [B, H, K]`, where W has the columns of keys or
/// values.
pub(super) fn product<T: Real, N: Narrow<T>>(
    x: &[T],
    panels: &[N],
    heads: Heads,
    (batch, k): (usize, usize),
    out: &mut [T],
) {
    let (count, width, total) = (heads.count, heads.width, heads.total());
    check(panels, heads.of_keys().total(), k, x.len() == batch * count * k && out.len() == batch * total);
    let target = Output::new(out, total);
    let finish = Finish { scale: T::ONE, bias: &[], add: false };
    each_head(heads, batch * k * total, |h| {
        let left = Left { data: x.get(h * k..).unwrap_or_default(), row: count * k, col: 1 };
        let group = h / heads.shared_by;
        let (mut first, end) = (group * width, (group + 1) * width);
        // How far the head's own columns lie behind its group's.
        let behind = (h - group) * width;
        let mut widened = Vec::new();
        while first < end {
            let (panel, inside) = (first / WIDTH, first % WIDTH);
            let rows = N::wide(&panels[panel * k * WIDTH..][..k * WIDTH], &mut widened);
            let columns = (WIDTH - inside).min(end - first);
            if inside == 0 {
                sweep(left, (batch, k), Panel::of(rows, first + behind, columns), finish, target);
            } else {
                // The head begins inside a panel: all of it is computed aside, and the head's columns kept.
                T::scratch(|aside| {
                    aside.clear();
                    aside.resize(batch * WIDTH, T::ZERO);
                    let all = Panel::of(rows, 0, WIDTH);
                    sweep(left, (batch, k), all, finish, Output::new(aside, WIDTH));
                    for (b, row) in aside.chunks_exact(WIDTH).enumerate() {
                        target.put(b, first + behind, &row[inside..inside + columns]);
                    }
                });
            }
            first += columns;
        }
    });
}

/// `out [B, H, K]`: `g[b, h] · W[:, h]ᵀ` for `g [B, H·E]`.
pub(super) fn product_turned<T: Real, N: Narrow<T>>(
    g: &[T],
    panels: &[N],
    heads: Heads,
    (batch, k): (usize, usize),
    out: &mut [T],
) {
    let (count, width, total) = (heads.count, heads.width, heads.total());
    check(panels, heads.of_keys().total(), k, g.len() == batch * total && out.len() == batch * count * k);
    let target = Output::new(out, count * k);
    each_head(heads, batch * k * total, |h| {
        let left = Left { data: g.get(h * width..).unwrap_or_default(), row: total, col: 1 };
        // The panels that hold the head's columns.
        let group = h / heads.shared_by;
        let (from, to) = (group * width / WIDTH, ((group + 1) * width).div_ceil(WIDTH));
        T::scratch(|turned| {
            turned.resize((to - from) * WIDTH * WIDTH, T::ZERO);
            let mut aside = Vec::new();
            for first in (0..k).step_by(WIDTH) {
                let rows = WIDTH.min(k - first);
                turn_panels(
                    &panels[from * k * WIDTH..to * k * WIDTH],
                    k,
                    (first, rows),
                    (turned, &mut aside),
                );
                let mine = &turned[(group * width - from * WIDTH) * WIDTH..][..width * WIDTH];
                let panel = Panel::of(mine, h * k + first, rows);
                let finish = Finish { scale: T::ONE, bias: &[], add: false };
                sweep(left, (batch, width), panel, finish, target);
            }
        });
    });
}

fn check<T>(panels: &[T], total: usize, k: usize, fit: bool) {
    assert!(
        fit && panels.len() == total.div_ceil(WIDTH) * k * WIDTH,
        "a product by heads does not fit its buffers"
    );
}

/// Calls `f` on every head, spread over threads: heads write columns of their own.
fn each_head(heads: Heads, work: usize, f: impl Fn(usize) + Sync) {
    share(heads.count, work >= LEAST_WORK, |some| some.for_each(&f));
}
