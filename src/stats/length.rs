//! What the number of words alone does to Kendall's tau.

use std::f64::consts::PI;

use statrs::distribution::{ContinuousCDF, Normal};

/// The share of cases in which an effect of the size told would be found.
pub const POWER: f64 = 0.8;

/// The most words for which the null is counted out; beyond, it is normal to within 0.001.
const COUNTED: usize = 60;

/// Standard deviation of tau between unrelated rankings of `n` words: `√(2(2n + 5) / (9n(n − 1)))`.
///
/// Exact without ties (Kendall 1938): .25 for 10 words, .16 for 20, .05 for 200. `None` for n < 2.
#[must_use]
pub fn null_sd(n: usize) -> Option<f64> {
    let words = n as f64;
    (n >= 2).then(|| (2.0 * (2.0 * words + 5.0) / (9.0 * words * (words - 1.0))).sqrt())
}

/// The least tau that two unrelated rankings of `n` words reach with probability `alpha` or less: what a one-sided test
/// at `alpha` calls significant, without ties. `None` where even tau = 1 is not that rare.
#[must_use]
pub fn critical_tau(n: usize, alpha: f64) -> Option<f64> {
    let pairs = (n * n.saturating_sub(1) / 2) as f64;
    let tau = if n <= COUNTED {
        // Pairs in disorder, counted over all n! orders (Kendall 1938): at most so many are rare enough.
        let mut sum = 0.0;
        let rare = disorder(n).into_iter().take_while(|share| {
            sum += share;
            sum <= alpha * (1.0 + 1e-9)
        });
        1.0 - 2.0 * (rare.count().checked_sub(1)? as f64) / pairs
    } else {
        quantile(1.0 - alpha)? * null_sd(n)? + 1.0 / pairs
    };
    (tau <= 1.0).then_some(tau)
}

/// The least tau that a one-sided test at `alpha` finds with 80 % power in `n` words.
///
/// Found by bisection where the critical tau lies 0.84 standard deviations below it; the deviation is that of tau between
/// two normal variables of such a tau (Esscher 1924), which is narrower than the null's. No ties: they make it worse.
/// `None` where even tau = 1 would not be significant: a result that is not significant then says nothing.
#[must_use]
pub fn detectable_tau(n: usize, alpha: f64) -> Option<f64> {
    let pairs = (n * n.saturating_sub(1) / 2) as f64;
    // Half a step of tau below, as a sum of steps is compared with a normal.
    let least = critical_tau(n, alpha)? - 1.0 / pairs;
    let z = quantile(POWER)?;
    let (mut below, mut above) = (least, 1.0);
    for _ in 0..50 {
        let tau = f64::midpoint(below, above);
        if tau - least < z * normal_sd(n, tau) { below = tau } else { above = tau }
    }
    Some(above)
}

/// Standard deviation of tau in samples of `n` from two normal variables whose tau is `tau` (Esscher 1924; Kendall & Gibbons
/// 1990, section 10.4).
fn normal_sd(n: usize, tau: f64) -> f64 {
    let (words, r) = (n as f64, (PI * tau / 2.0).sin());
    let arc = |x: f64| (2.0 / PI * x.asin()).powi(2);
    let variance =
        2.0 / (words * (words - 1.0)) * (1.0 - arc(r) + 2.0 * (words - 2.0) * (1.0 / 9.0 - arc(r / 2.0)));
    variance.max(0.0).sqrt()
}

/// The share of all orders of `n` words that have 0, 1, 2, … pairs in disorder.
fn disorder(n: usize) -> Vec<f64> {
    let mut shares = vec![1.0];
    for words in 2..=n {
        // The last of `words` words is before 0 to words − 1 of the others, each as likely.
        let mut next = vec![0.0; shares.len() + words - 1];
        for (found, share) in shares.iter().enumerate() {
            next[found..found + words].iter_mut().for_each(|sum| *sum += share / words as f64);
        }
        shares = next;
    }
    shares
}

/// The standard normal's; `None` outside (0, 1).
fn quantile(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| Normal::standard().inverse_cdf(p))
}
