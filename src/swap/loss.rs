//! What the adversary minimises, and its gradient.

use super::map::Map;
use crate::model::softmax;
use crate::shift::Observed;
use crate::stats::divergence::{jensen_shannon, jensen_shannon_gradient};

/// The weight of a moved prediction against a moved map.
const PENALTY: f64 = 500.0;
/// ‖Δy‖₁ that costs nothing while searching.
const SLACK: f64 = 0.01;

/// The penalty on one candidate's prediction, `500 · ReLU(‖p − observed‖₁ − 0.01)`, and its gradient at the
/// logits.
#[must_use]
pub fn prediction_penalty(logits: &[f64], observed: &[f64]) -> (f64, Vec<f64>) {
    let p = softmax(logits);
    let moved: f64 = p.iter().zip(observed).map(|(p, q)| (p - q).abs()).sum();
    if moved <= SLACK {
        return (0.0, vec![0.0; p.len()]);
    }
    let sign = |p: f64, q: f64| f64::from(i8::from(p > q) - i8::from(p < q));
    let along: f64 = p.iter().zip(observed).map(|(&p, &q)| p * sign(p, q)).sum();
    let gradient = p.iter().zip(observed).map(|(&p, &q)| PENALTY * p * (sign(p, q) - along)).collect();
    (PENALTY * (moved - SLACK), gradient)
}

/// The same on the other scale, `500 · ReLU(2 s − 0.01)`, s the share of their span that the log-odds moved by: for two
/// classes ‖p − observed‖₁ is twice the change of probability.
#[must_use]
pub fn log_odds_penalty(logits: &[f64], observed: &Observed) -> (f64, Vec<f64>) {
    let (rise, mut gradient) = observed.rise(logits);
    let moved = 2.0 * rise.abs();
    if moved <= SLACK {
        return (0.0, vec![0.0; logits.len()]);
    }
    for slope in &mut gradient {
        *slope *= 2.0 * PENALTY * rise.signum();
    }
    (PENALTY * (moved - SLACK), gradient)
}

/// The part of the loss that looks at the maps, and its gradient at each map.
///
/// `−Σ_k JSD(map_k, observed) − (1/K²) Σ_{k,k'} JSD(map_k, map_k')`: far from the observed map, and from one
/// another. `None` where a map is no distribution.
#[must_use]
pub fn map_loss(maps: &[Vec<f64>], observed: &[f64]) -> Option<(f64, Vec<Vec<f64>>)> {
    let pair = 1.0 / (maps.len() * maps.len()) as f64;
    let mut loss = 0.0;
    let mut gradients = Vec::with_capacity(maps.len());
    for (k, map) in maps.iter().enumerate() {
        loss -= jensen_shannon(map, observed)?;
        let mut gradient: Vec<f64> = jensen_shannon_gradient(map, observed)?.iter().map(|g| -g).collect();
        for (_, other) in maps.iter().enumerate().filter(|(other, _)| *other != k) {
            loss -= pair * jensen_shannon(map, other)?;
            // Each pair is counted from both sides, and the divergence is symmetric.
            let at = jensen_shannon_gradient(map, other)?;
            gradient.iter_mut().zip(at).for_each(|(sum, g)| *sum -= 2.0 * pair * g);
        }
        gradients.push(gradient);
    }
    Some((loss, gradients))
}

impl Map {
    /// The gradient at one candidate's logits, as many as shares: from the gradient at its map, and those at the entries of
    /// its patterns, through the softmax that made each row's shares.
    pub fn reverse(&self, shares: &[f64], at_map: &[f64], at_entries: &[f64]) -> Vec<f64> {
        let mut grad = at_entries.to_vec();
        for row in &self.rows {
            grad[row.at..][..row.keys.len()].iter_mut().for_each(|g| *g *= row.mass);
        }
        for &row in &self.decisions {
            let row = &self.rows[row];
            let weight = row.mass / self.total;
            let units = &self.units[row.keys.clone()];
            for (g, &unit) in grad[row.at..][..units.len()].iter_mut().zip(units) {
                *g += weight * at_map[unit];
            }
        }
        for row in &self.rows {
            let (grad, shares) = (&mut grad[row.at..][..row.keys.len()], row.of(shares));
            let along: f64 = grad.iter().zip(shares).map(|(g, s)| g * s).sum();
            grad.iter_mut().zip(shares).for_each(|(g, s)| *g = s * (*g - along));
        }
        grad
    }
}
