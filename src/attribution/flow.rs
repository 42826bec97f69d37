//! Attention flow: how much attention can pass from the decision token to each input token at once.
//!
//! The patterns are a layered graph with a node for each (layer, token). The arc from token `i` above layer `l` to
//! token `j` below it can carry `Ã_l[i, j]`. The source is the decision token at the top, the sink one input token
//! at a time; the score is the maximum flow (Abnar & Zuidema 2020, section 3, and the authors' graph).
//!
//! All sinks of a row share one residual graph and one sweep of upper bounds (`bound`); each is then filled by
//! shortest augmenting paths (`residual`, Dinic 1970) until its bound is met or no path is left, so a loose bound
//! costs time and never exactness.

mod bits;
mod bound;
mod residual;

use rayon::prelude::*;

use self::residual::Residual;
use super::rollout::{Mixed, MixedError};

/// A flow at least this close to its upper bound is maximal: the two are sums of the same capacities in different
/// orders, which differ by rounding alone.
const MET: f64 = 1e-13;

/// A maximum flow together with the proof that it is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certified {
    /// Value of the flow found.
    pub flow: f64,
    /// Capacity of the cut between what the source still reaches in the residual graph and the rest. No flow
    /// exceeds any cut, so `cut - flow` bounds the error.
    pub cut: f64,
    /// The sweep bound that [`flow`] stops at; at least `flow`, up to rounding.
    pub bound: f64,
}

/// Maximum flow from query `row` of the top layer to each input token, one at a time, `[T]`; not normalised.
///
/// Each value is in [0, 1] and at least the capacity of the widest path to that token; larger means that more
/// attention can reach the token. The values are separate maxima, so they do not sum to 1; divide by their sum for the
/// authors' score. With one layer it equals rollout. Exact in f64 to 1e-12; arcs of less than 1e-15 are taken as closed.
///
/// The bounds cost `O(L T³)` for all tokens, the flow to a token in practice a part of one pass over the arcs (Dinic's
/// worst case is far above). Tokens are spread over the current rayon pool; the result does not depend on its size.
///
/// Like rollout it ignores values and MLPs, and it saturates: with wide patterns all tokens come near to the same flow.
pub fn flow(mixed: &Mixed, row: usize) -> Result<Vec<f64>, MixedError> {
    mixed.check(row)?;
    if mixed.layers() == 1 {
        return Ok(mixed.row(0, row).to_vec());
    }
    let bounds = bound::all(mixed, row);
    Ok(each_sink(mixed, row, |graph, sink| graph.fill(sink, bounds[sink] - MET)))
}

/// As [`flow`], each value with its minimum cut: the bound is not used to stop, so it costs more.
pub fn flow_certified(mixed: &Mixed, row: usize) -> Result<Vec<Certified>, MixedError> {
    mixed.check(row)?;
    if mixed.layers() == 1 {
        let arcs = mixed.row(0, row).iter();
        return Ok(arcs.map(|&c| Certified { flow: c, cut: c, bound: c }).collect());
    }
    let bounds = bound::all(mixed, row);
    Ok(each_sink(mixed, row, |graph, sink| {
        let flow = graph.fill(sink, f64::INFINITY);
        Certified { flow, cut: graph.cut(), bound: bounds[sink] }
    }))
}

/// Runs `solve` for every sink, in order; each chunk of sinks shares one residual graph.
fn each_sink<R: Send>(
    mixed: &Mixed,
    row: usize,
    solve: impl Fn(&mut Residual<'_>, usize) -> R + Sync,
) -> Vec<R> {
    let sinks: Vec<usize> = (0..mixed.tokens()).collect();
    let chunk = sinks.len().div_ceil(rayon::current_num_threads()).max(1);
    let solved: Vec<Vec<R>> = sinks
        .par_chunks(chunk)
        .map(|chunk| {
            let mut graph = Residual::new(mixed, row);
            chunk.iter().map(|&sink| solve(&mut graph, sink)).collect()
        })
        .collect();
    solved.into_iter().flatten().collect()
}
