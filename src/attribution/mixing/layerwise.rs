//! Two readings of one layer: the terms that its attention adds up, and what its states lose without a token's values.

use crate::missing::{Measured, Outcome};
use crate::model::Probe;

use super::Mixing;
use super::source::shares;

/// ALTI (Ferrando et al. 2022, eq. 8–9): `c_ij = max(0, ‖y_i‖₁ − ‖y_i − T_i(x_j)‖₁)`, each row divided by its sum, where `y_i`
/// is the state after attention, residual sum and norm, and `T_i(x_j)` what token j brings to it.
///
/// Exact for what attention does; the feed-forward block, which reads one state, is taken to mix nothing.
///
/// # Panics
///
/// If there is no such layer.
pub fn contributions(probe: &Probe<'_>, layer: usize) -> Outcome<Mixing> {
    let terms = probe.terms(layer)?;
    Ok(shares(&terms).and_then(|shares| Mixing::of(terms.tokens, shares)))
}

/// Value zeroing (Mohebbi et al. 2023, eq. 2–3): `c_ij = 1 − cos(h_i, h_i without the values of j)`, each row divided by its
/// sum; the whole layer, with its feed-forward block, from the states that it was observed to read.
///
/// # Panics
///
/// If there is no such layer.
pub fn zeroed(probe: &Probe<'_>, layer: usize) -> Outcome<Mixing> {
    let tokens = probe.sequence.len();
    let far = |observed: &[f64], without: &[f64]| -> Vec<f64> {
        let width = observed.len() / tokens.max(1);
        let rows = observed.chunks_exact(width).zip(without.chunks_exact(width));
        rows.map(|(a, b)| cosine_distance(a, b)).collect()
    };
    // By token that is taken away, then by state; a row is a state's.
    let found: Vec<Vec<f64>> = probe.without_values(layer, far)?;
    let amounts = (0..tokens).flat_map(|state| found.iter().map(move |without| without[state])).collect();
    let found: Measured<Mixing> = Mixing::of(tokens, amounts);
    Ok(found)
}

/// `1 − cos` of two vectors, at least 0.
///
/// By the distance of the two as unit vectors, `|a − b|² / 2`, which does not lose what is small: `1 − cos` of vectors that
/// differ by rounding is rounding.
fn cosine_distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |of: &[f64]| of.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (p, q) = (norm(a), norm(b));
    a.iter().zip(b).map(|(x, y)| (x / p - y / q).powi(2)).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::cosine_distance;

    #[test]
    fn the_distance_is_one_less_the_cosine() {
        assert!((cosine_distance(&[1.0, 0.0], &[3.0, 3.0]) - (1.0 - 0.5f64.sqrt())).abs() < 1e-15);
        assert!((cosine_distance(&[1.0, 2.0], &[-2.0, 1.0]) - 1.0).abs() < 1e-15);
        let near = cosine_distance(&[1.0, 0.0], &[1.0, 1e-9]);
        assert!((near / 5e-19 - 1.0).abs() < 1e-6, "{near}");
    }
}
