//! Shared top words.

use attncheck::stats::overlap::{hypergeometric_tail, top_overlap, top_size};
use proptest::prelude::*;
use serde::Deserialize;

use super::rank::sides;
use super::{RankCase, close, golden};

#[derive(Deserialize)]
struct Hypergeometric {
    args: [usize; 4],
    p: f64,
}

#[test]
fn as_scipy() {
    for case in golden::<RankCase>("rank") {
        let overlap = top_overlap(&case.x, &case.y).unwrap();
        assert_eq!((overlap.k, overlap.shared), (case.k, case.shared));
        close(overlap.p, case.overlap_p, 1e-12);
    }
    for Hypergeometric { args: [population, marked, drawn, at_least], p } in golden("hypergeom") {
        let got = hypergeometric_tail(population, marked, drawn, at_least);
        // scipy itself keeps some ten digits of its far tails.
        close(got, p, 1e-9 * p + 1e-300);
    }
}

#[test]
fn sizes_and_edges() {
    let sizes: Vec<usize> = [0, 1, 5, 6, 10, 11, 35].into_iter().map(top_size).collect();
    assert_eq!(sizes, [1, 1, 1, 2, 2, 3, 7]);
    close(hypergeometric_tail(10, 2, 2, 2), 1.0 / 45.0, 1e-15);
    close(hypergeometric_tail(10, 2, 2, 0), 1.0, 0.0);
    close(hypergeometric_tail(10, 2, 2, 3), 0.0, 0.0);
    close(hypergeometric_tail(0, 0, 0, 0), 1.0, 0.0);
    close(hypergeometric_tail(3, 9, 9, 3), 1.0, 0.0);
    assert!(hypergeometric_tail(200_000, 40_000, 40_000, 8_000).is_finite());
}

#[test]
fn undefined_is_none() {
    let bad: [(&[f64], &[f64]); 5] = [
        (&[], &[]),
        (&[1.0], &[1.0]),
        (&[1.0, 1.0], &[1.0, 2.0]),
        (&[1.0, f64::NAN], &[1.0, 2.0]),
        (&[1.0, 2.0], &[1.0, 2.0, 3.0]),
    ];
    for (x, y) in bad {
        assert_eq!(top_overlap(x, y), None);
    }
}

#[test]
fn a_tie_at_the_boundary_goes_by_position_and_is_told() {
    let map = [0.0, 3.0, 3.0, 1.0, 0.5];
    let overlap = top_overlap(&map, &[0.0, 9.0, 1.0, 2.0, 3.0]).unwrap();
    assert_eq!((overlap.k, overlap.shared, overlap.boundary_tied), (1, 1, true));
    let overlap = top_overlap(&map, &[0.0, 1.0, 9.0, 2.0, 3.0]).unwrap();
    assert_eq!((overlap.shared, overlap.boundary_tied), (0, true));
    assert!(!top_overlap(&[0.0, 3.0, 2.0], &[0.0, 0.0, 1.0]).unwrap().boundary_tied);
}

proptest! {
    #[test]
    fn symmetric_and_within_range((x, y) in sides()) {
        let overlap = top_overlap(&x, &y);
        prop_assert_eq!(overlap, top_overlap(&y, &x));
        if let Some(overlap) = overlap {
            prop_assert!((0.0..=1.0).contains(&overlap.fraction) && overlap.p > 0.0 && overlap.p <= 1.0);
            prop_assert_eq!(top_overlap(&x, &x).unwrap().shared, overlap.k);
        }
    }

    #[test]
    fn tails_fall(population in 1..60_usize, marked in 0..60_usize, drawn in 0..60_usize) {
        let tails: Vec<f64> = (0..62).map(|x| hypergeometric_tail(population, marked, drawn, x)).collect();
        prop_assert!(tails.is_sorted_by(|a, b| a >= b));
        // The mean of a count is the sum of its tails.
        let mean = marked.min(population) as f64 * drawn.min(population) as f64 / population as f64;
        prop_assert!((tails[1..].iter().sum::<f64>() - mean).abs() < 1e-9);
    }
}
