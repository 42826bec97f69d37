//! What the number of words alone does to Kendall's tau.

/// Normal quantiles at .975 and .8, for a two-sided test at .05 with 80 % power.
const Z_ALPHA: f64 = 1.959_963_984_540_054;
const Z_POWER: f64 = 0.841_621_233_572_914_2;

/// Standard deviation of tau between unrelated rankings of `n` words: `√(2(2n + 5) / (9n(n − 1)))`.
///
/// Exact without ties (Kendall 1938): .25 for 10 words, .16 for 20, .05 for 200. `None` for n < 2.
#[must_use]
pub fn null_sd(n: usize) -> Option<f64> {
    let words = n as f64;
    (n >= 2).then(|| (2.0 * (2.0 * words + 5.0) / (9.0 * words * (words - 1.0))).sqrt())
}

/// The least tau that a two-sided test at .05 finds with 80 % power in `n` words: `(1.960 + 0.842) · null_sd(n)`.
///
/// A normal approximation that takes the spread under the null for the one under the alternative, without ties;
/// ties make it worse. `None` where even tau = 1 would not be found so often (fewer than 6 words): a result that
/// is not significant then says nothing.
#[must_use]
pub fn detectable_tau(n: usize) -> Option<f64> {
    null_sd(n).map(|sd| (Z_ALPHA + Z_POWER) * sd).filter(|tau| *tau <= 1.0)
}
