//! Hidden token attribution: how much of a state's sensitivity is to its own token.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::missing::{Measured, Missing};
use crate::model::Probe;
use crate::model::probe::to_f64;

use super::Mixing;

/// How long a move is as a share of the state that is moved: short enough for the difference of both sides to be the slope to
/// its square, long enough not to drown in the rounding of f32.
const STEP: f64 = 4e-3;

/// Hidden token attribution of every layer, with the error of its sampling.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Of the states behind each layer, from all directions.
    pub layers: Vec<Measured<Mixing>>,
    /// Of each layer and token the standard error of the own share, by the jackknife over directions.
    pub errors: Vec<Vec<f64>>,
    /// Directions that each token was moved in.
    pub directions: usize,
}

/// `c_ij = ‖∂h_i/∂x_j‖ / Σ_k ‖∂h_i/∂x_k‖`, the Frobenius norm of each block of the Jacobian (Brunner et al. 2020, eq. 7),
/// for the states behind every layer; x is what enters the first.
///
/// The square of a norm is the mean of `‖J v‖²` over random directions v of independent entries of variance 1 (Hutchinson):
/// `directions` of them, each by the difference of two passes. The standard error says what that leaves open; the square
/// root of a mean is low by about an eighth of its relative variance, in each block alike.
pub fn moved(probe: &Probe<'_>, directions: usize, rng: &mut ChaCha8Rng) -> candle_core::Result<Moved> {
    let tokens = probe.sequence.len();
    let start = to_f64(&probe.read_states()[0])?;
    let width = start.len() / tokens.max(1);
    let mut moves = Vec::with_capacity(tokens * directions);
    let mut lengths = Vec::with_capacity(tokens);
    for (token, state) in start.chunks_exact(width).enumerate() {
        // So long is a step in each entry.
        let step =
            STEP * (state.iter().map(|x| x * x).sum::<f64>() / width as f64).sqrt().max(f64::MIN_POSITIVE);
        lengths.push(step);
        for _ in 0..directions {
            let signs = (0..width).map(|_| if rng.random_bool(0.5) { step } else { -step });
            moves.push((token, signs.collect()));
        }
    }
    let squares = |states: &[f64]| -> Vec<f64> {
        states.chunks_exact(width).map(|state| state.iter().map(|x| x * x).sum()).collect()
    };
    // By move, layer and state.
    let found = probe.moved(&moves, squares)?;
    let layers = found.first().map_or(0, Vec::len);
    let square = |layer: usize, state: usize, token: usize, direction: usize| {
        found[token * directions + direction][layer][state] / lengths[token].powi(2)
    };
    let mut all = Moved { layers: Vec::new(), errors: Vec::new(), directions };
    for layer in 0..layers {
        let amounts = |without: Option<usize>| -> Vec<f64> {
            let used = |direction: &usize| Some(*direction) != without;
            let count = (0..directions).filter(used).count() as f64;
            let mean = |state, token| {
                (0..directions).filter(used).map(|at| square(layer, state, token, at)).sum::<f64>() / count
            };
            (0..tokens * tokens).map(|at| mean(at / tokens, at % tokens).sqrt()).collect()
        };
        let whole = Mixing::of(tokens, amounts(None));
        let fewer: Result<Vec<Mixing>, Missing> =
            (0..directions).map(|without| Mixing::of(tokens, amounts(Some(without)))).collect();
        let errors = match fewer {
            Ok(fewer) if directions > 1 => {
                let own = |token| fewer.iter().map(|of| of.parts(token).own).collect::<Vec<f64>>();
                (0..tokens).map(|token| jackknife(&own(token))).collect()
            }
            _ => Vec::new(),
        };
        all.layers.push(whole);
        all.errors.push(errors);
    }
    Ok(all)
}

/// The standard error from values that each leave one of n draws out: `√((n − 1)/n · Σ (v − mean)²)` (Tukey 1958).
fn jackknife(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    ((n - 1.0) / n * values.iter().map(|v| (v - mean).powi(2)).sum::<f64>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::jackknife;

    #[test]
    fn the_jackknife_of_means_is_their_standard_error() {
        let draws = [1.0f64, 4.0, 2.0, 7.0];
        let mean = draws.iter().sum::<f64>() / 4.0;
        let without: Vec<f64> = draws.iter().map(|x| (4.0 * mean - x) / 3.0).collect();
        let error = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3.0 / 4.0).sqrt();
        assert!((jackknife(&without) - error).abs() < 1e-12);
    }
}
