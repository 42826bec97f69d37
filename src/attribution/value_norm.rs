//! Weight times the norm of what is moved: attention with its values.

use crate::missing::{Outcome, settle};
use crate::model::Probe;
use crate::model::probe::to_f64;

use super::reading::reading;
use super::scores::Scores;
use super::shared::Shared;

/// `Σ_h ‖A_h[q, k] · V_h[k] · W_O,h‖` in the last layer, q the decision token (Kobayashi et al. 2020, section 3).
///
/// The value's bias is in, the output map's is not (it belongs to no key). The norm is taken per head and then
/// summed, so heads that cancel count twice; the residual and the norm after it are not seen.
pub(super) fn value_norm(shared: &Shared<'_>) -> Outcome<Scores> {
    let attention = shared.attention()?;
    let norms = shared.moved_norms()?;
    let mut tokens = vec![0.0; attention.tokens];
    if let Some(rows) = attention.rows.last() {
        for (head, norms) in rows.chunks_exact(attention.tokens).zip(norms.chunks_exact(attention.tokens)) {
            let moved = head.iter().zip(norms).map(|(weight, norm)| weight * norm);
            tokens.iter_mut().zip(moved).for_each(|(sum, norm)| *sum += norm);
        }
    }
    settle(reading(shared, tokens, false))
}

/// `‖V_h[k] · W_O,h‖` of the last layer, `[H, T]`.
pub(super) fn moved_norms(probe: &Probe<'_>) -> candle_core::Result<Vec<f64>> {
    let brought = probe.brought(probe.trace.patterns.len().saturating_sub(1))?;
    let (tokens, heads, width) = brought.dims3()?;
    let brought = to_f64(&brought)?;
    let norm = |at: usize| brought[at * width..][..width].iter().map(|x| x * x).sum::<f64>().sqrt();
    Ok((0..heads).flat_map(|h| (0..tokens).map(move |t| t * heads + h)).map(norm).collect())
}
