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
    let heads = probe.model.spec().heads;
    let last = probe.model.transformer.layers.last().and_then(|layer| layer.attention());
    let (Some((_, attend)), Some(values)) = (last, probe.trace.values.last()) else {
        candle_core::bail!("the model has no layer")
    };
    let width = attend.out.outputs();
    let values = values.squeeze(0)?;
    let weight = attend.out.weight()?;
    let mut norms = Vec::with_capacity(heads.count * probe.sequence.len());
    for h in 0..heads.count {
        let value = values.narrow(1, h / heads.shared_by * heads.width, heads.width)?.contiguous()?;
        let moved = value.matmul(&weight.narrow(0, h * heads.width, heads.width)?.contiguous()?)?;
        let moved = to_f64(&moved)?;
        norms.extend(moved.chunks_exact(width).map(|v| v.iter().map(|x| x * x).sum::<f64>().sqrt()));
    }
    Ok(norms)
}
