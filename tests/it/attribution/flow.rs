//! Rollout and flow: against the authors' graph solved by networkx, against petgraph, and their laws.

use attncheck::attribution::flow::{flow, flow_certified};
use attncheck::attribution::rollout::{Mixed, MixedError, rollout, rollout_excess};
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

const EXACT: f64 = 1e-12;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    name: String,
    layers: usize,
    tokens: usize,
    row: usize,
    patterns: Vec<Vec<f64>>,
    rollout: Vec<f64>,
    flow: Vec<f64>,
}

fn close(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (at, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= EXACT, "{what}: token {at} is {g}, expected {e}");
    }
}

/// `A + I` with each row divided by its sum, without the code under test.
fn adjusted(patterns: &[Vec<f64>], tokens: usize) -> Vec<Vec<f64>> {
    let row = |(i, row): (usize, &[f64])| -> Vec<f64> {
        let sum = 1.0 + row.iter().sum::<f64>();
        row.iter().enumerate().map(|(j, w)| (w + f64::from(u8::from(i == j))) / sum).collect()
    };
    patterns.iter().map(|p| p.chunks(tokens).enumerate().flat_map(row).collect()).collect()
}

fn petgraph_flow(adjusted: &[Vec<f64>], tokens: usize, row: usize) -> Vec<f64> {
    let mut graph = DiGraph::<(), f64>::new();
    let nodes: Vec<NodeIndex> = (0..(adjusted.len() + 1) * tokens).map(|_| graph.add_node(())).collect();
    for (layer, pattern) in adjusted.iter().enumerate() {
        for (at, &capacity) in pattern.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            let (i, j) = (at / tokens, at % tokens);
            graph.add_edge(nodes[(layer + 1) * tokens + i], nodes[layer * tokens + j], capacity);
        }
    }
    let source = nodes[adjusted.len() * tokens + row];
    (0..tokens).map(|sink| ford_fulkerson(&graph, source, nodes[sink]).0).collect()
}

/// Capacity of the widest single path from the row to each token.
fn widest(adjusted: &[Vec<f64>], tokens: usize, row: usize) -> Vec<f64> {
    let mut width = vec![0.0; tokens];
    width[row] = f64::INFINITY;
    for pattern in adjusted.iter().rev() {
        let through =
            |j: usize| (0..tokens).map(|i| f64::min(width[i], pattern[i * tokens + j])).fold(0.0, f64::max);
        width = (0..tokens).map(through).collect();
    }
    width
}

/// Softmax patterns of a given sharpness: 0 is uniform.
fn softmax(layers: usize, tokens: usize, sharp: f64, causal: bool, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut row = |at: usize| -> Vec<f64> {
        let open = if causal { at % tokens + 1 } else { tokens };
        let mut row: Vec<f64> = (0..open).map(|_| (sharp * rng.random::<f64>()).exp()).collect();
        row.resize(tokens, 0.0);
        let sum: f64 = row.iter().sum();
        row.iter().map(|w| w / sum).collect()
    };
    (0..layers).map(|_| (0..tokens).flat_map(&mut row).collect()).collect()
}

#[test]
fn networkx_goldens() {
    let golden: Vec<Golden> =
        serde_json::from_str(include_str!("../../../fixtures/golden/flow.json")).unwrap();
    let mut loose = 0;
    for case in golden {
        let mixed = Mixed::from_patterns(&case.patterns, case.tokens).unwrap();
        assert_eq!((mixed.layers(), mixed.tokens()), (case.layers, case.tokens));
        close(&rollout(&mixed, case.row).unwrap(), &case.rollout, &format!("{} rollout", case.name));
        close(&flow(&mixed, case.row).unwrap(), &case.flow, &format!("{} flow", case.name));
        let certified = flow_certified(&mixed, case.row).unwrap();
        loose += certified.iter().filter(|c| c.bound - c.flow > 1e-6).count();
    }
    assert!(loose > 10, "the goldens must hold sinks whose bound is not their flow, found {loose}");
}

#[test]
fn one_layer_flow_is_rollout() {
    let mixed = Mixed::from_patterns(&softmax(1, 9, 3.0, false, 1), 9).unwrap();
    for row in 0..9 {
        assert_eq!(flow(&mixed, row).unwrap(), rollout(&mixed, row).unwrap());
    }
}

#[test]
fn one_token_takes_all() {
    let mixed = Mixed::from_patterns(&[[1.0], [1.0], [1.0]], 1).unwrap();
    assert_eq!(flow(&mixed, 0).unwrap(), [1.0]);
    assert_eq!(rollout(&mixed, 0).unwrap(), [1.0]);
}

#[test]
fn uniform_attention_reaches_every_token_in_full() {
    let mixed = Mixed::uniform(4, 6, |_, _| true).unwrap();
    let flow = flow(&mixed, 2).unwrap();
    close(&flow, &[1.0; 6], "uniform");
    close(&rollout_excess(&mixed, &mixed, 2).unwrap(), &[0.0; 6], "excess over itself");
}

#[test]
fn causal_mass_collapses_on_the_first_position_by_the_mask_alone() {
    let null = Mixed::uniform_causal(12, 16).unwrap();
    let mass = rollout(&null, 15).unwrap();
    assert!(mass[0] > 0.5, "{mass:?}");
    assert!(rollout(&null, 3).unwrap()[4..].iter().all(|m| *m == 0.0));
    assert!(flow(&null, 3).unwrap()[4..].iter().all(|f| *f == 0.0));
    let mixed = Mixed::from_patterns(&softmax(12, 16, 4.0, true, 5), 16).unwrap();
    let excess = rollout_excess(&mixed, &null, 15).unwrap();
    assert!(excess.iter().sum::<f64>().abs() < EXACT);
    assert!(excess.iter().any(|e| *e < 0.0) && excess.iter().any(|e| *e > 0.0));
}

#[test]
fn arcs_without_a_way_to_the_sink_carry_nothing() {
    // All attend to token 0, and the residual has been taken out: only token 0 can be reached.
    let pattern = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let mixed = Mixed::from_adjusted(&[pattern; 4], 3).unwrap();
    assert_eq!(flow(&mixed, 2).unwrap(), [1.0, 0.0, 0.0]);
    let nothing = Mixed::from_adjusted(&[[0.0; 9]; 3], 3).unwrap();
    assert_eq!(flow(&nothing, 1).unwrap(), [0.0; 3]);
}

#[test]
fn flow_equals_its_cut_beyond_one_machine_word_of_tokens() {
    let mut loose = 0;
    for (layers, tokens, sharp, causal) in [
        (2, 65, 5.0, false),
        (3, 130, 30.0, false),
        (6, 70, 8.0, true),
        (8, 64, 60.0, true),
        (12, 40, 20.0, false),
    ] {
        let mixed = Mixed::from_patterns(&softmax(layers, tokens, sharp, causal, 3), tokens).unwrap();
        let row = if causal { tokens - 1 } else { 0 };
        let flow = flow(&mixed, row).unwrap();
        for (sink, certified) in flow_certified(&mixed, row).unwrap().iter().enumerate() {
            let label = format!("{layers} layers, {tokens} tokens, sink {sink}: {certified:?}");
            assert!((certified.cut - certified.flow).abs() <= EXACT, "{label}");
            assert!((flow[sink] - certified.flow).abs() <= EXACT, "{label}, {}", flow[sink]);
            assert!(certified.flow <= certified.bound + EXACT, "{label}");
            loose += usize::from(certified.bound - certified.flow > 1e-6);
        }
    }
    assert!(loose > 0, "no case went on after a bound that is not met");
}

#[test]
fn bits_do_not_depend_on_threads() {
    let mixed = Mixed::from_patterns(&softmax(6, 24, 6.0, true, 9), 24).unwrap();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| flow(&mixed, 23).unwrap())
    };
    // One thread solves all sinks in one graph; with 24 each sink has its own.
    let alone = on(1);
    assert_eq!(alone, on(3));
    assert_eq!(alone, on(24));
}

#[test]
fn unusable_input_is_named() {
    let none: [Vec<f64>; 0] = [];
    assert_eq!(Mixed::from_patterns(&none, 3), Err(MixedError::Empty { layers: 0, tokens: 3 }));
    assert_eq!(Mixed::from_patterns(&[[0.0; 0]], 0), Err(MixedError::Empty { layers: 1, tokens: 0 }));
    assert_eq!(Mixed::uniform_causal(3, 0), Err(MixedError::Empty { layers: 3, tokens: 0 }));
    assert_eq!(
        Mixed::from_patterns(&[vec![1.0; 4], vec![1.0; 5]], 2),
        Err(MixedError::Shape { layer: 1, expected: 4, got: 5 })
    );
    for bad in [f64::NAN, f64::INFINITY, -0.25] {
        let error = Mixed::from_patterns(&[[1.0, 0.0, bad, 0.5]], 2).unwrap_err();
        assert!(matches!(error, MixedError::Weight { layer: 0, query: 1, key: 0, .. }), "{error}");
        assert_eq!(error.hint().is_some(), bad.is_nan());
    }
    let mixed = Mixed::uniform(2, 3, |_, _| true).unwrap();
    let outside = MixedError::Row { row: 3, tokens: 3 };
    assert_eq!(rollout(&mixed, 3), Err(outside.clone()));
    assert_eq!(flow(&mixed, 3), Err(outside.clone()));
    assert_eq!(flow_certified(&mixed, 3), Err(outside));
    let other = Mixed::uniform(2, 4, |_, _| true).unwrap();
    assert_eq!(
        rollout_excess(&mixed, &other, 0),
        Err(MixedError::Mismatch { expected: (2, 3), got: (2, 4) })
    );
}

/// A weight that is often 0, often large: patterns with holes, ties and peaks.
fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64, (-12.0..0.0_f64).prop_map(f64::exp)]
}

/// Layers, tokens, a row and patterns whose rows sum to 1, or to 0.
fn stack() -> impl Strategy<Value = (usize, usize, Vec<Vec<f64>>)> {
    (1..6_usize, 1..7_usize).prop_flat_map(|(layers, tokens)| {
        let patterns = prop::collection::vec(prop::collection::vec(weight(), tokens * tokens), layers);
        (Just(tokens), 0..tokens, patterns).prop_map(|(tokens, row, mut patterns)| {
            for row in patterns.iter_mut().flat_map(|p| p.chunks_mut(tokens)) {
                let sum: f64 = row.iter().sum();
                row.iter_mut().filter(|_| sum > 0.0).for_each(|w| *w /= sum);
            }
            (tokens, row, patterns)
        })
    })
}

proptest! {
    #[test]
    fn flow_is_petgraphs((tokens, row, patterns) in stack()) {
        let expected = petgraph_flow(&adjusted(&patterns, tokens), tokens, row);
        let mixed = Mixed::from_patterns(&patterns, tokens).unwrap();
        close(&flow(&mixed, row).unwrap(), &expected, "flow");
        // Without the residual, where most arcs are shut and the graph falls apart.
        let bare = Mixed::from_adjusted(&patterns, tokens).unwrap();
        close(&flow(&bare, row).unwrap(), &petgraph_flow(&patterns, tokens, row), "bare flow");
    }

    #[test]
    fn flow_equals_its_cut((tokens, row, patterns) in stack()) {
        for mixed in [Mixed::from_patterns(&patterns, tokens), Mixed::from_adjusted(&patterns, tokens)] {
            let mixed = mixed.unwrap();
            let stopped = flow(&mixed, row).unwrap();
            for (certified, stopped) in flow_certified(&mixed, row).unwrap().iter().zip(stopped) {
                prop_assert!((certified.cut - certified.flow).abs() <= EXACT, "{certified:?}");
                prop_assert!((stopped - certified.flow).abs() <= EXACT, "{certified:?}, {stopped}");
                prop_assert!(certified.flow <= certified.bound + EXACT, "{certified:?}");
            }
        }
    }

    #[test]
    fn flow_lies_between_its_paths_and_the_source((tokens, row, patterns) in stack()) {
        let mixed = Mixed::from_patterns(&patterns, tokens).unwrap();
        let path = widest(&adjusted(&patterns, tokens), tokens, row);
        let mass = rollout(&mixed, row).unwrap();
        for (at, flow) in flow(&mixed, row).unwrap().into_iter().enumerate() {
            prop_assert!(flow <= 1.0 + EXACT);
            prop_assert!(flow >= path[at] - EXACT, "widest path {}, flow {flow}", path[at]);
            // The mass that rollout brings to a token is itself a flow that all arcs can carry.
            prop_assert!(flow >= mass[at] - EXACT, "rollout {}, flow {flow}", mass[at]);
        }
    }

    #[test]
    fn relabelled_tokens_keep_their_scores((tokens, row, patterns) in stack(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..tokens).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for at in (1..tokens).rev() {
            order.swap(at, rng.random_range(0..=at));
        }
        let relabel = |p: &Vec<f64>| -> Vec<f64> {
            (0..tokens * tokens).map(|at| p[order[at / tokens] * tokens + order[at % tokens]]).collect()
        };
        let relabelled: Vec<Vec<f64>> = patterns.iter().map(relabel).collect();
        let new_row = order.iter().position(|o| *o == row).unwrap();
        let before = Mixed::from_patterns(&patterns, tokens).unwrap();
        let after = Mixed::from_patterns(&relabelled, tokens).unwrap();
        for score in [flow, rollout] {
            let (was, is) = (score(&before, row).unwrap(), score(&after, new_row).unwrap());
            let expected: Vec<f64> = order.iter().map(|&o| was[o]).collect();
            close(&is, &expected, "relabelled");
        }
    }

    #[test]
    fn rollout_is_a_distribution((tokens, row, patterns) in stack()) {
        let mixed = Mixed::from_patterns(&patterns, tokens).unwrap();
        let mass = rollout(&mixed, row).unwrap();
        prop_assert!((mass.iter().sum::<f64>() - 1.0).abs() <= EXACT);
        prop_assert!(mass.iter().all(|m| (0.0..=1.0 + EXACT).contains(m)));
    }
}
