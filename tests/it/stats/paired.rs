//! Paired differences: goldens by scipy and numpy (fixtures/make/compare.py), laws, edge cases.

use attncheck::stats::interval::RESAMPLES;
use attncheck::stats::paired::{self, Paired, SIGN_DRAWS};
use attncheck::stats::seed::rng;
use proptest::collection::vec;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::{close, golden_in};

#[derive(Deserialize)]
struct Exact {
    x: Vec<f64>,
    y: Vec<f64>,
    difference: f64,
    p: f64,
}

#[derive(Deserialize)]
struct Drawn {
    x: Vec<f64>,
    y: Vec<f64>,
    difference: f64,
    p: f64,
    low: f64,
    high: f64,
    sd: f64,
}

/// Each difference is of a text of its own.
fn paired(differences: &[f64], resamples: usize, rng: &mut ChaCha8Rng) -> Option<Paired> {
    paired::paired(&differences.iter().map(|d| (*d, 1)).collect::<Vec<_>>(), resamples, rng)
}

fn of(x: &[f64], y: &[f64]) -> Paired {
    let differences: Vec<f64> = x.iter().zip(y).map(|(x, y)| y - x).collect();
    paired(&differences, RESAMPLES, &mut rng(1, "paired", "golden")).unwrap()
}

#[test]
fn every_choice_of_signs_as_scipy() {
    for case in golden_in::<Exact>("compare.json", "exact") {
        let found = of(&case.x, &case.y);
        assert!(found.exact);
        close(found.p, case.p, 1e-12);
        close(found.difference.estimate, case.difference, 1e-12);
        assert_eq!(found.difference.n, case.x.len());
    }
}

#[test]
fn drawn_signs_and_bootstrap_as_scipy_and_numpy() {
    for case in golden_in::<Drawn>("compare.json", "drawn") {
        let found = of(&case.x, &case.y);
        close(found.difference.estimate, case.difference, 1e-12);
        // Five standard errors of our draws; scipy's are ten times as many.
        let error = (case.p * (1.0 - case.p) / SIGN_DRAWS as f64).sqrt();
        close(found.p, case.p, 5.0 * 1.05 * error + 2.0 / SIGN_DRAWS as f64);
        // The standard error of a bootstrap's 2.5 % quantile, √(q(1 − q)/B) over the density there, is about 0.027
        // standard errors of the mean for 10 000 resamples, and half that for 40 000; shares move in steps.
        let mean_error = case.sd / (case.x.len() as f64).sqrt();
        let (low, high) = found.difference.bounds.unwrap();
        let step = 1.0 / case.x.len() as f64;
        let tolerance =
            5.0 * 0.031 * mean_error + if case.x.iter().all(|x| x.fract() == 0.0) { step } else { 0.0 };
        close(low, case.low, tolerance);
        close(high, case.high, tolerance);
    }
}

#[test]
fn edges() {
    let test = |values: &[f64]| paired(values, 100, &mut rng(0, "", ""));
    assert_eq!(test(&[]), None);
    assert_eq!((test(&[f64::NAN]), test(&[1.0, f64::INFINITY])), (None, None));
    let one = test(&[0.3]).unwrap();
    assert_eq!((one.p, one.exact, one.difference.bounds), (1.0, true, None));
    let same = test(&[0.0; 30]).unwrap();
    assert_eq!((same.p, same.moved, same.difference.bounds), (1.0, 0, Some((0.0, 0.0))));
    // All of one sign: only that choice and its mirror image reach it.
    let up = test(&[0.1, 0.2, 0.3, 0.1, 0.4, 0.0]).unwrap();
    close(up.p, 2.0 / 32.0, 1e-15);
    // 0.1 + 0.2 − 0.3 is not quite 0 in binary, but it is a tie with every other choice.
    close(test(&[0.1, 0.2, -0.3]).unwrap().p, 1.0, 0.0);
}

#[test]
fn many_pairs_of_one_sign_have_the_least_p() {
    let found = paired(&[0.25; 40], 200, &mut rng(0, "", "")).unwrap();
    assert!(!found.exact);
    close(found.p, 1.0 / (1.0 + SIGN_DRAWS as f64), 1e-15);
}

#[test]
fn level_is_kept_where_nothing_differs() {
    // 400 tests of differences that are symmetric about 0; p ≤ .05 in 5 % of them within four standard errors.
    let mut stream = rng(5, "level", "");
    let rejected = (0..400)
        .filter(|_| {
            let values: Vec<f64> = (0..18).map(|_| attncheck::stats::seed::normal(&mut stream)).collect();
            paired(&values, 1, &mut stream).unwrap().p <= 0.05
        })
        .count();
    assert!((3..=37).contains(&rejected), "{rejected} of 400");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn turning_all_signs_turns_the_difference(values in vec(-1.0..1.0_f64, 1..20), seed in any::<u64>()) {
        let turned: Vec<f64> = values.iter().map(|v| -v).collect();
        let (a, b) = (paired(&values, 50, &mut rng(seed, "", "")).unwrap(), paired(&turned, 50, &mut rng(seed, "", "")).unwrap());
        prop_assert!((a.difference.estimate + b.difference.estimate).abs() < 1e-15);
        prop_assert_eq!(Some(a.p), Some(b.p));
    }

    #[test]
    fn p_lies_above_0_and_knows_no_unit(values in vec(-1.0..1.0_f64, 1..20), zeros in 0..5_usize, seed in any::<u64>()) {
        let p = |values: &[f64]| paired(values, 2, &mut rng(seed, "", "")).unwrap();
        let plain = p(&values);
        prop_assert!(plain.p > 0.0 && plain.p <= 1.0);
        let doubled: Vec<f64> = values.iter().map(|v| v * 4.0).collect();
        prop_assert_eq!(Some(p(&doubled).p), Some(plain.p));
        if plain.exact {
            // Pairs without a difference say nothing.
            let mut more = values.clone();
            more.resize(values.len() + zeros, 0.0);
            prop_assert_eq!(Some(p(&more).p), Some(plain.p));
        }
    }
}

/// A text with several differences is turned and drawn as a whole: copies of one are no more evidence than it is.
#[test]
fn questions_of_one_text_are_turned_together() {
    let sums = [(3.0, 3), (6.0, 3), (-1.5, 3)];
    let found = paired::paired(&sums, RESAMPLES, &mut rng(1, "paired", "texts")).unwrap();
    let single = paired(&[1.0, 2.0, -0.5], RESAMPLES, &mut rng(1, "paired", "texts")).unwrap();
    assert_eq!((found.p, found.exact, found.moved), (single.p, true, 3));
    close(found.difference.estimate, single.difference.estimate, 1e-12);
    assert_eq!((found.difference.n, single.difference.n), (9, 3));
    let (found, single) = (found.difference.bounds.unwrap(), single.difference.bounds.unwrap());
    close(found.0, single.0, 1e-12);
    close(found.1, single.1, 1e-12);
}
