//! Many claims, and the streams they are drawn from.

use attncheck::stats::fdr::{benjamini_hochberg, rejections};
use attncheck::stats::seed::rng;
use proptest::collection::vec;
use proptest::prelude::*;
use rand::RngCore;
use serde::Deserialize;

use super::{close, golden};

#[derive(Deserialize)]
struct Case {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[test]
fn as_scipy() {
    for case in golden::<Case>("fdr") {
        let p: Vec<_> = case.p.into_iter().map(Some).collect();
        for (got, expected) in benjamini_hochberg(&p).into_iter().zip(case.adjusted) {
            close(got.unwrap(), expected, 1e-14);
        }
    }
}

#[test]
fn missing_stays_missing_and_is_no_test() {
    let p = [None, Some(0.01), Some(f64::NAN), Some(0.04), Some(1.5), Some(-0.1)];
    let adjusted = benjamini_hochberg(&p);
    assert_eq!(adjusted, [None, Some(0.02), None, Some(0.04), None, None]);
    assert_eq!(rejections(&adjusted, 0.03), [None, Some(true), None, Some(false), None, None]);
    assert!(benjamini_hochberg(&[]).is_empty());
    assert_eq!(benjamini_hochberg(&[None]), [None]);
}

#[test]
fn streams_are_told_apart_and_stay() {
    let first = |seed, example: &str, method: &str| rng(seed, example, method).next_u64();
    let all = [
        first(0, "a", "b"),
        first(1, "a", "b"),
        first(0, "b", "a"),
        first(0, "ab", ""),
        first(0, "", "ab"),
        first(0, "a", "c"),
    ];
    for (i, stream) in all.iter().enumerate() {
        assert!(!all[..i].contains(stream));
    }
    // Reports depend on this stream: a change is a change of results. Checked by ChaCha8 written out in Python.
    assert_eq!(first(0, "a", "b"), 12_944_896_196_559_343_794);
}

proptest! {
    #[test]
    fn adjusting_keeps_the_order(p in vec(prop::option::weighted(0.8, 0.0..=1.0), 0..40)) {
        let adjusted = benjamini_hochberg(&p);
        prop_assert_eq!(adjusted.len(), p.len());
        for (i, (before, after)) in p.iter().zip(&adjusted).enumerate() {
            prop_assert_eq!(before.is_some(), after.is_some());
            prop_assert!(after >= before && after.is_none_or(|value| value <= 1.0));
            for (other, other_after) in p[..i].iter().zip(&adjusted) {
                prop_assert!(before.is_none() || other.is_none() || before > other || after <= other_after);
            }
        }
    }

    #[test]
    fn the_step_up_rule(p in vec(0.0..=0.2, 1..30), q in 0.01..0.2) {
        // By its definition: reject the k least, k the greatest rank with p(k) ≤ k q / m.
        let mut sorted = p.clone();
        sorted.sort_by(f64::total_cmp);
        let m = p.len() as f64;
        let k = (1..=p.len()).rev().find(|&k| sorted[k - 1] <= k as f64 * q / m).unwrap_or(0);
        let adjusted = benjamini_hochberg(&p.iter().copied().map(Some).collect::<Vec<_>>());
        let rejected = rejections(&adjusted, q).into_iter().filter(|&claim| claim == Some(true)).count();
        prop_assert_eq!(rejected, k);
    }
}
