//! Intervals at 95 % confidence: for rates, for means over examples, for means over random draws.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::order::{mean, sorted_quantile};

/// The confidence of every interval here.
pub const CONFIDENCE: f64 = 0.95;

/// Resamples of a bootstrap unless told otherwise.
pub const RESAMPLES: usize = 10_000;

/// The normal quantile at .975.
const Z: f64 = 1.959_963_984_540_054;

/// An estimate and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate itself, a rate or a mean.
    pub estimate: f64,
    /// Lower and upper end; `None` where the sample is too small to have any.
    pub bounds: Option<(f64, f64)>,
    /// How many values the estimate rests on.
    pub n: usize,
}

/// Wilson's score interval for a rate (Wilson 1927), without continuity correction.
///
/// Lies in [0, 1] and contains the rate; right for small n and rates near 0 or 1. `None` for n = 0 or more
/// successes than trials.
#[must_use]
pub fn wilson(successes: usize, n: usize) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let rate = successes as f64 / n as f64;
    Some(Interval { estimate: rate, bounds: Some(score(rate, n as f64)), n })
}

/// The ends of Wilson's interval for a rate over so many independent trials, a number that need not be whole.
fn score(rate: f64, trials: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let centre = (rate + z2 / (2.0 * trials)) / (1.0 + z2 / trials);
    let spread = rate * (1.0 - rate) / trials + z2 / (4.0 * trials * trials);
    let half = Z * spread.sqrt() / (1.0 + z2 / trials);
    // Rounding must not push an end past the rate where they are equal in exact arithmetic.
    ((centre - half).clamp(0.0, rate), (centre + half).clamp(rate, 1.0))
}

/// The rate over trials that come in clusters, as several texts of one model do, with an interval over clusters.
///
/// `clusters` are `[m]`, the (hits, trials) of each. Wilson's interval at the effective number of trials (Korn & Graubard
/// 1998): so many independent ones as would have the variance that the rate has between clusters, at most all of them.
/// Where every cluster has the same rate, as at 0 and 1, the variance tells nothing and each cluster counts as one trial:
/// wide, and never too sure. `n` is the number of clusters that have trials; `None` where none has, or one has more hits than
/// trials.
#[must_use]
pub fn clustered(clusters: &[(usize, usize)]) -> Option<Interval> {
    let tried: Vec<(f64, f64)> =
        clusters.iter().filter(|(_, of)| *of > 0).map(|&(hits, of)| (hits as f64, of as f64)).collect();
    let n = tried.len();
    if n == 0 || clusters.iter().any(|(hits, of)| hits > of) {
        return None;
    }
    let (hits, trials) = tried.iter().fold((0.0, 0.0), |(h, t), (hits, of)| (h + hits, t + of));
    let rate = hits / trials;
    let m = n as f64;
    let squares: f64 = tried.iter().map(|(hits, of)| (hits - rate * of).powi(2)).sum();
    let variance = if n > 1 { m / (m - 1.0) * squares / (trials * trials) } else { 0.0 };
    // Rounding leaves clusters of one rate a little apart.
    let alike = squares <= 1e-9 * trials;
    let effective = if alike { m } else { (rate * (1.0 - rate) / variance).clamp(1.0, trials) };
    Some(Interval { estimate: rate, bounds: Some(score(rate, effective)), n })
}

/// Percentile bootstrap of the mean over examples (Efron 1979).
///
/// `values` are `[n]`, one per example, with missing ones already taken out. No bounds for n < 2 or no resamples;
/// `None` for an empty slice or a value that is not finite. It assumes nothing of the shape of the values but that
/// they are independent. It is too narrow for few of them: the percentiles cover about 90 % at n = 10. For some 20
/// random draws use [`mean_interval`].
#[must_use]
pub fn bootstrap_mean(values: &[f64], resamples: usize, rng: &mut ChaCha8Rng) -> Option<Interval> {
    let estimate = mean(values)?;
    let n = values.len();
    if n < 2 || resamples == 0 {
        return Some(Interval { estimate, bounds: None, n });
    }
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| (0..n).map(|_| values[rng.random_range(0..n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let bounds = (sorted_quantile(&means, tail), sorted_quantile(&means, 1.0 - tail));
    Some(Interval { estimate, bounds: Some(bounds), n })
}

/// Percentile bootstrap of the mean over values that come in clusters, as several questions of one text do: whole clusters
/// are drawn (Field & Welsh 2007).
///
/// `clusters` are `[m]`, the sum and the number of the values of each. The estimate is the mean of all values, `n` their
/// number. No bounds for fewer than 2 clusters or no resamples; `None` without values, or where a sum is not finite.
#[must_use]
pub fn bootstrap_clusters(
    clusters: &[(f64, usize)],
    resamples: usize,
    rng: &mut ChaCha8Rng,
) -> Option<Interval> {
    let over = |of: &mut dyn Iterator<Item = (f64, usize)>| {
        let (sum, count) = of.fold((0.0, 0), |(sum, count), (s, c)| (sum + s, count + c));
        (sum / count as f64, count)
    };
    let (estimate, n) = over(&mut clusters.iter().copied());
    if n == 0 || !estimate.is_finite() {
        return None;
    }
    let (m, filled) = (clusters.len(), clusters.iter().all(|(_, count)| *count > 0));
    if m < 2 || resamples == 0 || !filled {
        return Some(Interval { estimate, bounds: None, n });
    }
    let mut means: Vec<f64> =
        (0..resamples).map(|_| over(&mut (0..m).map(|_| clusters[rng.random_range(0..m)])).0).collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let bounds = (sorted_quantile(&means, tail), sorted_quantile(&means, 1.0 - tail));
    Some(Interval { estimate, bounds: Some(bounds), n })
}

/// Student's t interval for a mean: `mean ± t(.975, n − 1) · s / √n`.
///
/// Right where the values are independent draws from one distribution that is not strongly skewed, as scores of
/// some 20 random orders of the same words are; with so few it covers better than the bootstrap. Not for a rate
/// (use [`wilson`]). No bounds for n < 2; `None` for an empty slice or a value that is not finite.
#[must_use]
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let estimate = mean(values)?;
    let n = values.len();
    let bounds = student_quantile(n).map(|t| {
        let squares: f64 = values.iter().map(|v| (v - estimate).powi(2)).sum();
        let half = t * (squares / (n as f64 - 1.0) / n as f64).sqrt();
        (estimate - half, estimate + half)
    });
    Some(Interval { estimate, bounds, n })
}

/// t(.975) with n − 1 degrees of freedom; `None` for n < 2.
pub(super) fn student_quantile(n: usize) -> Option<f64> {
    let freedom = n.checked_sub(1)? as f64;
    if freedom < 200.0 {
        let t = StudentsT::new(0.0, 1.0, freedom).ok()?;
        return Some(t.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)));
    }
    // The inversion above loses digits as the degrees of freedom grow (5 left at 1e5); the expansion about the
    // normal quantile (Abramowitz & Stegun 26.7.5) is good to 1e-11 from here on.
    let (z, z2) = (Z, Z * Z);
    let terms = [
        z * (z2 + 1.0) / 4.0,
        z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
        z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
        z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0,
    ];
    Some(z + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom))
}
