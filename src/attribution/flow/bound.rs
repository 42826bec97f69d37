//! An upper bound on the flow to every sink, by two sweeps over the layers.

use super::super::rollout::Mixed;

/// Upper bound of the maximum flow from query `row` at the top to each input token, `[T]`. Needs two layers.
///
/// At every level the flow is at most the sum over its nodes of the least of what can come down to the node and what
/// can go on from it to the sink; each of the two is bounded node by node from the level before. The sinks are
/// swept together, `O(L T³)` in contiguous minima and sums.
pub(super) fn all(mixed: &Mixed, row: usize) -> Vec<f64> {
    let tokens = mixed.tokens();
    // passing[node, sink] at the current level; above layer 0, straight to the sink.
    let mut passing = mixed.layer(0).to_vec();
    let mut bounds = vec![f64::INFINITY; tokens];
    for (layer, arriving) in arriving(mixed, row).iter().enumerate() {
        if layer > 0 {
            passing = rise(mixed.layer(layer), &passing, tokens);
        }
        tighten(&mut bounds, arriving, &passing);
    }
    bounds
}

/// The most that can come down to each node above layer `l` from the source, `[L - 1][T]`, lowest layer first.
fn arriving(mixed: &Mixed, row: usize) -> Vec<Vec<f64>> {
    let (layers, tokens) = (mixed.layers(), mixed.tokens());
    let mut levels = vec![mixed.row(layers - 1, row).to_vec()];
    for layer in (1..layers - 1).rev() {
        let above = &levels[levels.len() - 1];
        let mut here = vec![0.0; tokens];
        for (&limit, arcs) in above.iter().zip(mixed.layer(layer).chunks_exact(tokens)) {
            for (h, &capacity) in here.iter_mut().zip(arcs) {
                *h += least(capacity, limit);
            }
        }
        levels.push(here);
    }
    levels.reverse();
    levels
}

/// The most that each node above a layer can pass to each sink, `[T node, T sink]`, from the same below the layer.
fn rise(arcs: &[f64], below: &[f64], tokens: usize) -> Vec<f64> {
    let mut above = vec![0.0; tokens * tokens];
    for (arcs, above) in arcs.chunks_exact(tokens).zip(above.chunks_exact_mut(tokens)) {
        // Four nodes at a time: the sums stay in registers for longer.
        let (fours, rest) = arcs.as_chunks::<4>();
        let mut from = below.chunks_exact(4 * tokens);
        for (c, four) in fours.iter().zip(&mut from) {
            let (p0, tail) = four.split_at(tokens);
            let (p1, tail) = tail.split_at(tokens);
            let (p2, p3) = tail.split_at(tokens);
            for ((((a, &p0), &p1), &p2), &p3) in above.iter_mut().zip(p0).zip(p1).zip(p2).zip(p3) {
                *a += (least(c[0], p0) + least(c[1], p1)) + (least(c[2], p2) + least(c[3], p3));
            }
        }
        for (&capacity, passing) in rest.iter().zip(from.remainder().chunks_exact(tokens)) {
            for (a, &p) in above.iter_mut().zip(passing) {
                *a += least(capacity, p);
            }
        }
    }
    above
}

fn tighten(bounds: &mut [f64], arriving: &[f64], passing: &[f64]) {
    let mut sums = vec![0.0; bounds.len()];
    for (&limit, passing) in arriving.iter().zip(passing.chunks_exact(bounds.len())) {
        for (s, &p) in sums.iter_mut().zip(passing) {
            *s += least(limit, p);
        }
    }
    for (b, s) in bounds.iter_mut().zip(sums) {
        *b = least(*b, s);
    }
}

/// The lesser of two capacities, which are never NaN: one instruction, unlike `f64::min`.
fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
