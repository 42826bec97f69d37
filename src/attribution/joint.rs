//! Attention of an encoder and a decoder as one stack of patterns, over the source's tokens and then what was written of its
//! translation: what rollout and flow go through.
//!
//! A layer of the encoder mixes the source and leaves what was written alone. A layer of the decoder is two: its
//! self-attention among what was written, then its cross-attention from there to the source. In each, as in a stack of one
//! text, the residual stream is taken to carry as much as attention does.

use candle_core::{Result, Tensor};

use super::attention::mean_of_heads;
use super::rollout::{Mixed, MixedError};
use crate::model::probe::to_f64;
use crate::model::{Probe, Source};

/// The head means of the three kinds of attention, each by layer.
#[derive(Debug, Clone, Copy)]
struct Means<'m> {
    /// Among the S tokens of the source, `[S, S]`.
    source: &'m [Vec<f64>],
    /// Among the Q tokens that were written, `[Q, Q]`.
    written: &'m [Vec<f64>],
    /// Of what was written over the source, `[Q, S]`.
    cross: &'m [Vec<f64>],
}

/// The node of the token whose logits are read: that of the text, or among what was written, which stands behind the source.
pub(super) fn decides(probe: &Probe<'_>) -> usize {
    let behind = if probe.trace.source.is_some() { probe.sequence.len() } else { 0 };
    behind + probe.sequence.decision
}

/// The stack over S + Q nodes, the source's first.
///
/// # Errors
///
/// Where the cross-attention of some layer is not there, or a pattern is of another shape.
fn joint(means: Means<'_>, (source, written): (usize, usize)) -> std::result::Result<Mixed, MixedError> {
    let Means { source: read, written: own, cross } = means;
    if own.len() != cross.len() {
        return Err(MixedError::Empty { layers: cross.len(), tokens: source });
    }
    let mut stack = Vec::with_capacity(read.len() + 2 * own.len());
    for pattern in read {
        stack.push(step((pattern, 0..source), (0..source).collect(), source + written)?);
    }
    let rows = || (source..source + written).collect::<Vec<_>>();
    for (own, cross) in own.iter().zip(cross) {
        stack.push(step((own, source..source + written), rows(), source + written)?);
        stack.push(step((cross, 0..source), rows(), source + written)?);
    }
    Mixed::from_adjusted(&stack, source + written)
}

/// One mixing of `rows` over the nodes `keys` among `nodes`: each row with itself, divided by its sum; other nodes keep what
/// they have.
fn step(
    (pattern, keys): (&[f64], std::ops::Range<usize>),
    rows: Vec<usize>,
    nodes: usize,
) -> std::result::Result<Vec<f64>, MixedError> {
    let expected = rows.len() * keys.len();
    if pattern.len() != expected || keys.is_empty() {
        return Err(MixedError::Shape { layer: 0, expected, got: pattern.len() });
    }
    let mut all: Vec<f64> =
        (0..nodes * nodes).map(|at| f64::from(u8::from(at / nodes == at % nodes))).collect();
    for (row, weights) in rows.into_iter().zip(pattern.chunks_exact(keys.len())) {
        let sum = 1.0 + weights.iter().sum::<f64>();
        let row = &mut all[row * nodes..][..nodes];
        row[keys.clone()].iter_mut().zip(weights).for_each(|(at, weight)| *at += weight);
        for at in row {
            *at /= sum;
        }
    }
    Ok(all)
}

/// The head mean of each pattern `[1, H, Q, T]`.
fn means(patterns: &[Tensor]) -> Result<Vec<Vec<f64>>> {
    patterns.iter().map(|pattern| Ok(mean_of_heads(&to_f64(pattern)?, pattern.dim(1)?))).collect()
}

/// The stack of a source and what was written of it, under the head means `cross` of the decoder over the source.
pub(super) fn observed(
    source: &Source,
    cross: &[Vec<f64>],
    sizes: (usize, usize),
) -> Result<std::result::Result<Mixed, MixedError>> {
    let (read, written) = (means(&source.patterns)?, means(&source.written)?);
    Ok(joint(Means { source: &read, written: &written, cross }, sizes))
}

/// The same of attention spread evenly: an encoder's over all of the source, a decoder's over what it sees.
pub(super) fn even(source: &Source, (s, q): (usize, usize)) -> std::result::Result<Mixed, MixedError> {
    let read = vec![vec![1.0 / s as f64; s * s]; source.patterns.len()];
    let row = |query: usize| (0..q).map(move |key| if key <= query { 1.0 / (query + 1) as f64 } else { 0.0 });
    let written = vec![(0..q).flat_map(row).collect(); source.written.len()];
    let cross = vec![vec![1.0 / s as f64; q * s]; source.written.len()];
    joint(Means { source: &read, written: &written, cross: &cross }, (s, q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::rollout::rollout;

    #[test]
    fn what_is_written_rests_on_the_source_and_on_what_was_written() {
        // One layer each, two source tokens, one written: it looks at the second, whose state is the first's to a half of
        // what the encoder carries.
        let means =
            Means { source: &[vec![1.0, 0.0, 1.0, 0.0]], written: &[vec![1.0]], cross: &[vec![0.0, 1.0]] };
        let mixed = joint(means, (2, 1)).unwrap();
        assert_eq!(mixed.layers(), 3);
        assert_eq!(rollout(&mixed, 2).unwrap(), [0.25, 0.25, 0.5]);
    }

    #[test]
    fn a_stack_without_cross_attention_is_none() {
        let means = Means { source: &[vec![1.0]], written: &[vec![1.0]], cross: &[] };
        assert!(matches!(joint(means, (1, 1)), Err(MixedError::Empty { .. })));
        let means = Means { source: &[vec![1.0]], written: &[vec![1.0]], cross: &[vec![0.5, 0.5]] };
        assert!(matches!(joint(means, (1, 1)), Err(MixedError::Shape { .. })));
    }
}
