//! The weighted regression that Shapley values are the solution of, and its standard errors.

use crate::stats::cholesky::Cholesky;

use super::strata::{Pair, Strata};

/// A pair whose own weight decides its residual to more than this tells no residual.
const MOST_LEVERAGE: f64 = 0.9;

/// Values and how sure they are.
#[derive(Debug)]
pub(super) struct Fit {
    /// `[n]`; they sum to the total.
    pub values: Vec<f64>,
    /// The standard error of each, `[n]`.
    pub errors: Vec<f64>,
}

/// Least squares of `odd ≈ Σ ±value`, + for a word in the set and − for any other, such that the values sum to `total`
/// (Lundberg & Lee 2017, theorem 2, of which a pair sees the odd part; Covert & Lee 2021).
///
/// Each stratum has the kernel's weight, shared evenly by its pairs. The errors are those of the strata that are
/// sampled: White's sandwich over draws, about each stratum's mean, residuals enlarged by their leverage (`HC3`:
/// `MacKinnon` & White 1985). `None` where a pair was not run or a number is not finite.
pub(super) fn fit(strata: &Strata, total: f64) -> Option<Fit> {
    let n = strata.words;
    // With the sum taken care of, what is left is orthogonal to the vector of ones, which this makes invertible.
    let mut matrix = vec![1.0 / n as f64; n * n];
    let mut right = vec![0.0; n];
    for stratum in &strata.all {
        let weight = stratum.mass / stratum.pairs.len().max(1) as f64;
        for pair in &stratum.pairs {
            let (x, y) = row(pair, n, total)?;
            for ((line, right), a) in matrix.chunks_exact_mut(n).zip(&mut right).zip(&x) {
                line.iter_mut().zip(&x).for_each(|(cell, b)| *cell += weight * a * b);
                *right += weight * a * y;
            }
        }
    }
    let factored = Cholesky::of(matrix, n)?;
    let slopes = factored.solve(&right);
    let mut moved = vec![vec![0.0; n]; strata.draws];
    for stratum in strata.all.iter().skip(1) {
        let m = stratum.pairs.len() as f64;
        let weight = stratum.mass / m;
        let mut scores = Vec::with_capacity(stratum.pairs.len());
        let mut mean = vec![0.0; n];
        for pair in &stratum.pairs {
            let (mut x, y) = row(pair, n, total)?;
            let residual = y - x.iter().zip(&slopes).map(|(x, slope)| x * slope).sum::<f64>();
            let leverage = (weight * factored.inverse_norm(&x)).min(MOST_LEVERAGE);
            for x in &mut x {
                *x *= residual / (1.0 - leverage);
            }
            mean.iter_mut().zip(&x).for_each(|(mean, x)| *mean += x / m);
            scores.push(x);
        }
        let scale = weight * (m / (m - 1.0)).sqrt();
        for (pair, score) in stratum.pairs.iter().zip(scores) {
            let about_mean = score.iter().zip(&mean).map(|(score, mean)| score - mean);
            moved[pair.draw].iter_mut().zip(about_mean).for_each(|(sum, score)| *sum += scale * score);
        }
    }
    let mut variance = vec![0.0; n];
    for draw in moved {
        let moves = factored.solve(&draw);
        variance.iter_mut().zip(moves).for_each(|(sum, by)| *sum += by * by);
    }
    let values: Vec<f64> = slopes.iter().map(|slope| slope + total / n as f64).collect();
    let errors: Vec<f64> = variance.into_iter().map(f64::sqrt).collect();
    values.iter().chain(&errors).all(|number| number.is_finite()).then_some(Fit { values, errors })
}

/// A pair as a row of the regression, `[n]` and its right side, less what an even share of the total explains.
fn row(pair: &Pair, n: usize, total: f64) -> Option<(Vec<f64>, f64)> {
    let share = pair.set.len() as f64 / n as f64;
    let mut x = vec![-2.0 * share; n];
    for word in &pair.set {
        x[*word] += 2.0;
    }
    Some((x, pair.odd? - (2.0 * share - 1.0) * total))
}
