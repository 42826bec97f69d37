//! Where a value stands in a sample: means, quantiles, the place in a null.

use super::permutation::reaches;

/// The mean; `None` for an empty slice or a value that is not finite.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    (!values.is_empty() && values.iter().all(|v| v.is_finite())).then(|| sum / values.len() as f64)
}

/// The quantile `q` in [0, 1], interpolated linearly between order statistics (Hyndman & Fan 1996, type 7).
///
/// `None` for an empty slice, a value that is not finite, or `q` outside [0, 1].
#[must_use]
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if values.is_empty() || !(0.0..=1.0).contains(&q) || !values.iter().all(|v| v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted_quantile(&sorted, q))
}

/// The median; for an even count the mean of the two in the middle.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The place of a value in a null sample: `p = (1 + #{null ≥ value}) / (1 + N)`, never 0.
///
/// Ties count against the value and are told within a relative 1e-12. `None` where anything is not finite; 1 for
/// an empty sample, which tells nothing.
#[must_use]
pub fn null_p(value: f64, null: &[f64]) -> Option<f64> {
    if !value.is_finite() || !null.iter().all(|v| v.is_finite()) {
        return None;
    }
    let reached = null.iter().filter(|&&v| reaches(v, value)).count();
    Some((1.0 + reached as f64) / (1.0 + null.len() as f64))
}

/// The quantile of values already in rising order; there must be one at least.
pub(super) fn sorted_quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}
