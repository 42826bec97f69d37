//! Distances between distributions.
//!
//! A distribution is a slice of finite values ≥ 0 that sum to 1 within [`SUM_TOLERANCE`]. Anything else gives
//! `None`: a slice that lost some of its mass is a mistake to be told, not one to be normalised away.

use std::f64::consts::LN_2;

/// How far the sum of a distribution may be from 1: above the rounding of a long f32 softmax.
pub const SUM_TOLERANCE: f64 = 1e-3;

/// Jensen–Shannon divergence in nats, in [0, ln 2] (Lin 1991); 0 for equal, ln 2 for disjoint distributions.
///
/// `½ Σ p ln(p/m) + ½ Σ q ln(q/m)` with `m = (p + q)/2` and `0 · ln 0 = 0`. Not its square root. `None` where
/// the lengths differ or either side is no distribution.
#[must_use]
pub fn jensen_shannon(p: &[f64], q: &[f64]) -> Option<f64> {
    let sum: f64 = distributions(p, q)?
        .map(|(a, b)| {
            let m = f64::midpoint(a, b);
            let term = |v: f64| if v > 0.0 { v * (v / m).ln() } else { 0.0 };
            term(a) + term(b)
        })
        .sum();
    Some((0.5 * sum).clamp(0.0, LN_2))
}

/// The gradient of [`jensen_shannon`] with respect to `p`, entry by entry: `½ ln(p_i / m_i)`, in `(-∞, ½ ln 2]`.
///
/// The entries are taken as free, so add no constraint of the sum: behind a softmax the constant part drops out.
/// At `p_i = 0 < q_i` the derivative is unbounded; it is taken at the least positive normal number, so it is
/// finite and `p_i · g_i` is 0.
#[must_use]
pub fn jensen_shannon_gradient(p: &[f64], q: &[f64]) -> Option<Vec<f64>> {
    let entries = distributions(p, q)?;
    Some(
        entries
            .map(|(a, b)| {
                let a = a.max(f64::MIN_POSITIVE);
                0.5 * (a / f64::midpoint(a, b)).ln()
            })
            .collect(),
    )
}

/// Total variation distance `½ Σ |p − q|` over all entries, in [0, 1]; `None` as for [`jensen_shannon`].
#[must_use]
pub fn total_variation(p: &[f64], q: &[f64]) -> Option<f64> {
    let sum: f64 = distributions(p, q)?.map(|(a, b)| (a - b).abs()).sum();
    Some((0.5 * sum).min(1.0))
}

/// Shannon entropy in nats, in [0, ln n]; 0 for all mass on one entry.
#[must_use]
pub fn entropy(p: &[f64]) -> Option<f64> {
    if !is_distribution(p) {
        return None;
    }
    let sum: f64 = p.iter().map(|&v| if v > 0.0 { -v * v.ln() } else { 0.0 }).sum();
    Some(sum.clamp(0.0, (p.len() as f64).ln()))
}

/// Entropy over its ceiling `ln n`, in [0, 1]; 1 is uniform. `None` for fewer than two entries.
#[must_use]
pub fn normalised_entropy(p: &[f64]) -> Option<f64> {
    if p.len() < 2 {
        return None;
    }
    entropy(p).map(|h| (h / (p.len() as f64).ln()).min(1.0))
}

fn distributions<'a>(p: &'a [f64], q: &'a [f64]) -> Option<impl Iterator<Item = (f64, f64)> + 'a> {
    (p.len() == q.len() && is_distribution(p) && is_distribution(q))
        .then(|| p.iter().copied().zip(q.iter().copied()))
}

fn is_distribution(p: &[f64]) -> bool {
    p.iter().all(|v| v.is_finite() && *v >= 0.0) && (p.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE
}
