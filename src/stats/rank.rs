//! Rank agreement of two scorings of the same words.

use std::cmp::Ordering;

/// Kendall's tau-b between two scorings of the same words.
///
/// `None` where it is undefined: fewer than two words, one side all tied, a value that is not finite, or slices
/// of different lengths. In [-1, 1]; ties corrected as in Kendall (1945). `n log n` steps (Knight 1966).
///
/// Its null spread depends on the number of words alone ([`super::length::null_sd`]), and words that do not
/// matter weigh as much as those that do: tie those first with [`tied_tail`].
#[must_use]
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    let mut both: Vec<_> = dense_ranks(x)?.into_iter().zip(dense_ranks(y)?).collect();
    both.sort_unstable();
    let second: Vec<_> = both.iter().map(|pair| pair.1).collect();
    let mut second_sorted = second.clone();
    second_sorted.sort_unstable();

    let pairs = choose_two(both.len());
    let tied_x: u64 = both.chunk_by(|a, b| a.0 == b.0).map(|run| choose_two(run.len())).sum();
    let tied_y: u64 = second_sorted.chunk_by(|a, b| a == b).map(|run| choose_two(run.len())).sum();
    let tied_both: u64 = both.chunk_by(|a, b| a == b).map(|run| choose_two(run.len())).sum();
    // Words tied in x stand in rising order of y, so only pairs untied on both sides can be inverted.
    let discordant = inversions(&second);
    let score = (pairs + tied_both) as i64 - (tied_x + tied_y + 2 * discordant) as i64;
    tau_from_score(score, pairs - tied_x, pairs - tied_y)
}

/// Spearman's rho: Pearson's correlation of the average ranks.
///
/// `None` where it is undefined: fewer than two words, one side all tied, a value that is not finite, or slices
/// of different lengths. In [-1, 1].
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    let (a, b) = (centred_ranks(x)?, centred_ranks(y)?);
    let scale = (dot(&a, &a) * dot(&b, &b)).sqrt();
    (scale > 0.0).then(|| (dot(&a, &b) / scale).clamp(-1.0, 1.0))
}

/// Ranks from 1 (least) to n (greatest); tied values share the mean of their places.
///
/// `None` where a value is not finite.
#[must_use]
pub fn average_ranks(values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(values)?;
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for run in order.chunk_by(|&a, &b| tied(values[a], values[b])) {
        let shared = start as f64 + (run.len() + 1) as f64 / 2.0;
        for &i in run {
            ranks[i] = shared;
        }
        start += run.len();
    }
    Some(ranks)
}

/// Indices from the greatest value to the least; ties keep the lower index first, NaN comes last.
#[must_use]
pub fn argsort_descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (values[a], values[b]);
        b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
    order
}

/// The reference with every value of `|v| < floor` set to exactly 0, so that those words tie.
///
/// Words whose erasure changes next to nothing have no order worth agreeing with. NaN stays NaN.
#[must_use]
pub fn tied_tail(reference: &[f64], floor: f64) -> Vec<f64> {
    reference.iter().map(|&v| if v.abs() < floor { 0.0 } else { v }).collect()
}

/// Average ranks, doubled and centred: whole numbers, so that sums of their products are exact.
pub(super) fn centred_ranks(values: &[f64]) -> Option<Vec<f64>> {
    let centre = values.len() as f64 + 1.0;
    Some(average_ranks(values)?.into_iter().map(|rank| 2.0 * rank - centre).collect())
}

/// Ranks from 0 without gaps, equal for ties; `None` where a value is not finite.
pub(super) fn dense_ranks(values: &[f64]) -> Option<Vec<u32>> {
    let order = ascending(values)?;
    let mut ranks = vec![0; values.len()];
    for (rank, run) in order.chunk_by(|&a, &b| tied(values[a], values[b])).enumerate() {
        for &i in run {
            ranks[i] = rank as u32;
        }
    }
    Some(ranks)
}

/// Tau-b from the score (concordant minus discordant pairs) and each side's untied pairs.
pub(super) fn tau_from_score(score: i64, untied_x: u64, untied_y: u64) -> Option<f64> {
    let scale = (untied_x as f64 * untied_y as f64).sqrt();
    (scale > 0.0).then(|| (score as f64 / scale).clamp(-1.0, 1.0))
}

/// Sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Whether two values tie: equal, with -0.0 = 0.0.
#[expect(clippy::float_cmp, reason = "only equal values tie; near ones keep their order")]
pub(super) fn tied(a: f64, b: f64) -> bool {
    a == b
}

fn choose_two(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

fn ascending(values: &[f64]) -> Option<Vec<usize>> {
    if !values.iter().all(|v| v.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Not `total_cmp`, which would put -0.0 below 0.0 instead of tying them.
    order.sort_by(|&a, &b| values[a].partial_cmp(&values[b]).unwrap_or(Ordering::Equal));
    Some(order)
}

/// Pairs that stand in falling order, by a Fenwick tree over the ranks seen so far.
fn inversions(ranks: &[u32]) -> u64 {
    let mut tree = vec![0_u64; ranks.len() + 1];
    let mut count = 0;
    for (seen, &rank) in ranks.iter().enumerate() {
        let mut not_above = 0;
        let mut node = rank as usize + 1;
        while node > 0 {
            not_above += tree[node];
            node &= node - 1;
        }
        count += seen as u64 - not_above;
        let mut node = rank as usize + 1;
        while node < tree.len() {
            tree[node] += 1;
            node += node & node.wrapping_neg();
        }
    }
    count
}
