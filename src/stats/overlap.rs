//! Whether two scorings share their top words.

use super::rank::{argsort_descending, tied};

/// How many of the top words two scorings share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Size of each top: `max(1, ⌈0.2 n⌉)` words.
    pub k: usize,
    /// Words in both tops.
    pub shared: usize,
    /// `shared / k`, in [0, 1]; `k / n` is expected by chance.
    pub fraction: f64,
    /// Exact `P(overlap ≥ shared)` for two tops drawn at random (hypergeometric).
    pub p: f64,
    /// A tie at place `k` was broken by position on either side, so that the top is partly arbitrary.
    pub boundary_tied: bool,
}

/// Overlap of the top `k = max(1, ⌈0.2 n⌉)` words of two scorings, greatest values first.
///
/// Ties at the boundary are broken by position, lower index first, and flagged. `None` for fewer than two words,
/// a side all tied (its top would be its first words), a value that is not finite, or different lengths.
#[must_use]
pub fn top_overlap(x: &[f64], y: &[f64]) -> Option<Overlap> {
    let n = x.len();
    if n != y.len() || n < 2 || !usable(x) || !usable(y) {
        return None;
    }
    let k = top_size(n);
    let (top_x, tied_x) = top(x, k);
    let (top_y, tied_y) = top(y, k);
    let shared = top_x.iter().zip(&top_y).filter(|&(&a, &b)| a && b).count();
    Some(Overlap {
        k,
        shared,
        fraction: shared as f64 / k as f64,
        p: hypergeometric_tail(n, k, k, shared),
        boundary_tied: tied_x || tied_y,
    })
}

/// `max(1, ⌈0.2 n⌉)`, in whole numbers.
#[must_use]
pub fn top_size(n: usize) -> usize {
    n.div_ceil(5).max(1)
}

/// `P(X ≥ at_least)`, where X counts the marked among `drawn` items taken without replacement from `population`
/// items of which `marked` are marked.
///
/// Exact but for rounding: terms are built by ratios from the most likely one, so nothing overflows. `marked` and
/// `drawn` are taken as at most `population`.
#[must_use]
pub fn hypergeometric_tail(population: usize, marked: usize, drawn: usize, at_least: usize) -> f64 {
    let (marked, drawn) = (marked.min(population), drawn.min(population));
    let low = (marked + drawn).saturating_sub(population);
    let high = marked.min(drawn);
    if at_least <= low {
        return 1.0;
    }
    let mode = ((marked as f64 + 1.0) * (drawn as f64 + 1.0) / (population as f64 + 2.0)) as usize;
    let mode = mode.clamp(low, high);
    // P(x + 1) / P(x); population + x ≥ marked + drawn holds from `low` upwards.
    let ratio = |x: usize| {
        ((marked - x) as f64 * (drawn - x) as f64)
            / ((x + 1) as f64 * (population + x + 1 - marked - drawn) as f64)
    };
    ratio_tail(low, high, mode, at_least, ratio)
}

/// Share of the mass at or above `at_least` of a distribution on `low..=high` known by the ratios of its terms.
pub(super) fn ratio_tail(
    low: usize,
    high: usize,
    mode: usize,
    at_least: usize,
    ratio: impl Fn(usize) -> f64,
) -> f64 {
    let mut terms = vec![1.0; high - low + 1];
    for x in mode..high {
        terms[x + 1 - low] = terms[x - low] * ratio(x);
    }
    for x in (low..mode).rev() {
        terms[x - low] = terms[x + 1 - low] / ratio(x);
    }
    let total: f64 = terms.iter().sum();
    let tail: f64 = terms.iter().skip(at_least - low).sum();
    (tail / total).min(1.0)
}

fn usable(values: &[f64]) -> bool {
    values.iter().all(|v| v.is_finite()) && !values.iter().all(|&v| tied(v, values[0]))
}

/// Membership of the top, and whether its last place was tied with the first one outside.
fn top(values: &[f64], k: usize) -> (Vec<bool>, bool) {
    let order = argsort_descending(values);
    let mut inside = vec![false; values.len()];
    for &i in order.iter().take(k) {
        inside[i] = true;
    }
    let boundary_tied = order.get(k).is_some_and(|&next| tied(values[next], values[order[k - 1]]));
    (inside, boundary_tied)
}
