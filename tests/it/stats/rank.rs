//! Kendall, Spearman, ranks and orders.

use attncheck::stats::length::null_sd;
use attncheck::stats::rank::{argsort_descending, average_ranks, kendall_tau_b, spearman, tied_tail};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{RankCase, close, golden};

#[test]
fn as_scipy() {
    for case in golden::<RankCase>("rank") {
        close(kendall_tau_b(&case.x, &case.y).unwrap(), case.tau_b, 1e-14);
        close(spearman(&case.x, &case.y).unwrap(), case.spearman, 1e-13);
        assert_eq!(average_ranks(&case.x).unwrap(), case.ranks_x);
    }
}

#[test]
fn undefined_is_none() {
    let bad: [(&[f64], &[f64]); 7] = [
        (&[], &[]),
        (&[1.0], &[2.0]),
        (&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]),
        (&[1.0, 2.0, 3.0], &[0.0, -0.0, 0.0]),
        (&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 3.0]),
        (&[1.0, 2.0], &[f64::INFINITY, 2.0]),
        (&[1.0, 2.0], &[1.0, 2.0, 3.0]),
    ];
    for (x, y) in bad {
        assert_eq!(kendall_tau_b(x, y), None, "{x:?} {y:?}");
        assert_eq!(spearman(x, y), None, "{x:?} {y:?}");
    }
    assert_eq!(average_ranks(&[1.0, f64::NAN]), None);
    assert_eq!(average_ranks(&[]), Some(vec![]));
}

#[test]
fn two_words_that_matter_among_twenty() {
    // A perfect ranking of the two words with all else tied or arbitrary.
    let reference: Vec<f64> = (0..20).map(|i| if i < 2 { 5.0 - f64::from(i) } else { 0.004 }).collect();
    let map: Vec<f64> = (0..20).map(|i| 1.0 / f64::from(i + 1)).collect();
    assert!(kendall_tau_b(&map, &reference).unwrap() < 0.5);
    assert_eq!(tied_tail(&reference, 0.01)[2..], [0.0; 18]);
}

#[test]
fn tied_tail_keeps_the_floor_and_nan() {
    let tied = tied_tail(&[0.01, -0.01, 0.009, -0.009, f64::NAN, -3.0], 0.01);
    assert_eq!(tied[..4], [0.01, -0.01, 0.0, 0.0]);
    assert!(tied[4].is_nan());
    assert!(tied_tail(&[], 0.01).is_empty());
    assert_eq!(tied[5].to_bits(), (-3.0_f64).to_bits());
}

#[test]
fn descending_order_is_stable_with_nan_last() {
    assert_eq!(argsort_descending(&[1.0, f64::NAN, 3.0, 1.0, 3.0, -0.0, 0.0]), [2, 4, 0, 3, 5, 6, 1]);
    assert!(argsort_descending(&[]).is_empty());
}

#[test]
fn length_alone() {
    close(null_sd(10).unwrap(), 0.248, 1e-3);
    close(null_sd(200).unwrap(), 0.0475, 1e-3);
    assert_eq!((null_sd(0), null_sd(1)), (None, None));
}

/// Tau-b by its definition, pair by pair.
fn brute_tau(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mut score, mut free_x, mut free_y) = (0.0, 0.0, 0.0);
    for i in 0..x.len() {
        for j in 0..i {
            let sign = |v: &[f64]| f64::from(i8::from(v[i] > v[j]) - i8::from(v[i] < v[j]));
            score += sign(x) * sign(y);
            free_x += sign(x).abs();
            free_y += sign(y).abs();
        }
    }
    let scale: f64 = free_x * free_y;
    (scale > 0.0).then(|| score / scale.sqrt())
}

/// Few levels, so that ties are the rule.
pub(super) fn sides() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (0..30_usize).prop_flat_map(|n| {
        let side = || vec((-4..5_i32).prop_map(f64::from), n);
        (side(), side())
    })
}

proptest! {
    #[test]
    fn tau_is_its_definition((x, y) in sides()) {
        match (kendall_tau_b(&x, &y), brute_tau(&x, &y)) {
            (Some(fast), Some(slow)) => prop_assert!((fast - slow).abs() < 1e-14),
            (fast, slow) => prop_assert_eq!(fast, slow),
        }
    }

    #[test]
    fn symmetric_odd_and_within_range((x, y) in sides()) {
        let negated: Vec<f64> = y.iter().map(|v| -v).collect();
        for measure in [kendall_tau_b, spearman] {
            let value = measure(&x, &y);
            prop_assert_eq!(value, measure(&y, &x));
            prop_assert_eq!(value.map(|v| -v), measure(&x, &negated));
            prop_assert!(value.is_none_or(|v| (-1.0..=1.0).contains(&v)));
            prop_assert!(measure(&x, &x).is_none_or(|v| v >= 1.0));
        }
    }

    #[test]
    fn only_order_counts((x, y) in sides()) {
        let bent: Vec<f64> = x.iter().map(|v| v.powi(3) * 7.0 + v.exp() - 2.0).collect();
        prop_assert_eq!(kendall_tau_b(&x, &y), kendall_tau_b(&bent, &y));
        prop_assert_eq!(spearman(&x, &y), spearman(&bent, &y));
    }

    #[test]
    fn ranks_share_their_sum(x in vec((-4..5_i32).prop_map(f64::from), 0..40)) {
        let n = x.len() as f64;
        close(average_ranks(&x).unwrap().iter().sum(), n * (n + 1.0) / 2.0, 0.0);
    }
}
