//! What the readings take from the patterns, gathered once.

use crate::model::Probe;
use crate::model::probe::to_f64;
use crate::model::scoring::Reach;

/// The observed patterns, reduced to what readings ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// H, the number of heads in a layer.
    pub heads: usize,
    /// T, the number of tokens.
    pub tokens: usize,
    /// Q, the number of queries over them: T, or as many as a decoder was given.
    pub queries: usize,
    /// The decision token's query row of every head, `[L][H, T]`; each row of T sums to 1.
    pub rows: Vec<Vec<f64>>,
    /// The mean over heads, `[L][Q query, T key]`; empty where only some rows were swapped, which no reading of whole
    /// patterns is asked about.
    pub means: Vec<Vec<f64>>,
    /// The mean attention that each key receives, over layers, heads and the queries that see it, `[T]`; sums to 1 where each
    /// query sees every key.
    pub received: Vec<f64>,
    /// What each key brings, `[T]`: the norm of its value vector as a share of the layer's mean, the mean over layers; ≥ 0,
    /// 1 for a key like the others.
    pub brought: Vec<f64>,
    /// Whether a query of some layer does not see every key.
    pub bounded: bool,
}

impl Attention {
    /// Reads the probe's trace.
    pub fn of(probe: &Probe<'_>) -> candle_core::Result<Self> {
        let (heads, tokens, queries) =
            (probe.model.spec().heads.count, probe.sequence.len(), probe.queries());
        let (mut rows, mut means) = (Vec::new(), Vec::new());
        let (mut received, mut seen_by, mut bounded) = (vec![0.0; tokens], vec![0; tokens], false);
        for (layer, pattern) in probe.trace.patterns.iter().enumerate() {
            let pattern = to_f64(pattern)?;
            let of_heads = pattern.chunks_exact(queries * tokens);
            let row = of_heads.flat_map(|head| &head[probe.sequence.decision * tokens..][..tokens]);
            let (row, mean) = (row.copied().collect(), mean_of_heads(&pattern, heads));
            for query in mean.chunks_exact(tokens) {
                received.iter_mut().zip(query).for_each(|(sum, weight)| *sum += weight);
            }
            seen_by.iter_mut().enumerate().for_each(|(key, sum)| *sum += probe.seen_by(layer, key));
            bounded |= probe.model.reach(layer) != Reach::Every;
            rows.push(row);
            means.push(mean);
        }
        for (sum, queries) in received.iter_mut().zip(seen_by) {
            *sum /= queries as f64;
        }
        Ok(Self { heads, tokens, queries, rows, means, received, brought: brought(probe)?, bounded })
    }

    /// The decision row of one head, `[T]`; `None` where there is no such layer or head.
    #[must_use]
    pub fn head(&self, layer: usize, head: usize) -> Option<&[f64]> {
        self.rows.get(layer)?.chunks_exact(self.tokens).nth(head)
    }

    /// The decision row of a layer, the mean of its heads, `[T]`; zeros where there is no such layer.
    #[must_use]
    pub fn layer(&self, layer: usize) -> Vec<f64> {
        let mut mean = vec![0.0; self.tokens];
        for head in self.rows.get(layer).into_iter().flat_map(|rows| rows.chunks_exact(self.tokens)) {
            mean.iter_mut().zip(head).for_each(|(sum, weight)| *sum += weight / self.heads as f64);
        }
        mean
    }
}

/// The mean over heads of a pattern `[H, Q, T]`, `[Q, T]`.
pub(super) fn mean_of_heads(pattern: &[f64], heads: usize) -> Vec<f64> {
    let mut mean = vec![0.0; pattern.len() / heads.max(1)];
    for head in pattern.chunks_exact(mean.len().max(1)) {
        mean.iter_mut().zip(head).for_each(|(sum, weight)| *sum += weight / heads as f64);
    }
    mean
}

/// See [`Attention::brought`]; 1 where all values of a layer are 0.
fn brought(probe: &Probe<'_>) -> candle_core::Result<Vec<f64>> {
    let (tokens, layers) = (probe.sequence.len(), probe.trace.values.len().max(1));
    let mut brought = vec![0.0; tokens];
    for values in &probe.trace.values {
        let values = to_f64(values)?;
        let norms = values
            .chunks_exact(values.len() / tokens.max(1))
            .map(|v| v.iter().map(|x| x * x).sum::<f64>().sqrt());
        let norms: Vec<f64> = norms.collect();
        let mean = norms.iter().sum::<f64>() / tokens as f64;
        for (sum, norm) in brought.iter_mut().zip(norms) {
            *sum += if mean > 0.0 { norm / mean } else { 1.0 } / layers as f64;
        }
    }
    Ok(brought)
}
