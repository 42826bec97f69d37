//! Permutation nulls, alone and of the maximum.

use attncheck::stats::maximum::tau_null;
use attncheck::stats::permutation::{Draws, permutation_test, spearman_test, tau_test};
use attncheck::stats::rank::kendall_tau_b;
use attncheck::stats::seed::rng;
use proptest::prelude::*;
use rand::Rng;
use serde::Deserialize;

use super::rank::sides;
use super::{close, golden};

const ALL: Draws = Draws { count: 999, stop_after: None };

#[derive(Deserialize)]
struct ExactCase {
    x: Vec<f64>,
    y: Vec<f64>,
    greater: f64,
    two_sided: Option<f64>,
}

fn random(n: usize, rng: &mut impl Rng) -> Vec<f64> {
    (0..n).map(|_| rng.random()).collect()
}

#[test]
fn exact_as_scipy() {
    for case in golden::<ExactCase>("exact").into_iter().chain(golden("exact_tied")) {
        let test = tau_test(&case.x, &case.y, Draws::default(), &mut rng(0, "", "")).unwrap();
        assert!(test.exact && !test.greater.stopped);
        close(test.greater.p, case.greater, 1e-12);
        if let Some(p) = case.two_sided {
            close(test.two_sided.p, p, 1e-12);
        }
        assert_eq!(Some(test.observed), kendall_tau_b(&case.x, &case.y));
    }
}

#[test]
fn undefined_is_none() {
    let rng = &mut rng(0, "", "");
    assert_eq!(tau_test(&[1.0, 2.0], &[1.0, 1.0], ALL, rng), None);
    assert_eq!(tau_test(&[1.0, 2.0], &[1.0], ALL, rng), None);
    assert_eq!(tau_test(&[], &[], ALL, rng), None);
    assert_eq!(spearman_test(&[1.0, f64::NAN], &[1.0, 2.0], ALL, rng), None);
    assert_eq!(spearman_test(&[1.0, 1.0], &[1.0, 2.0], ALL, rng), None);
    assert_eq!(permutation_test(3, ALL, rng, |_| None), None);
    assert_eq!(permutation_test(3, ALL, rng, |_| Some(f64::NAN)), None);
    let many: Vec<f64> = (0..9).map(f64::from).collect();
    assert_eq!(tau_null(&[&many], &many, 0, rng), None, "no draws, no distribution");
    close(tau_test(&many, &many, Draws { count: 0, stop_after: None }, rng).unwrap().greater.p, 1.0, 0.0);
    assert_eq!(tau_null(&[[1.0, 1.0]], &[1.0, 2.0], 99, rng), None);
    assert_eq!(tau_null(&[[1.0, 2.0]], &[1.0, 1.0], 99, rng), None);
    assert_eq!(tau_null(&[] as &[Vec<f64>], &[1.0, 2.0], 99, rng), None);
}

#[test]
fn a_constant_statistic_is_never_significant() {
    for n in [0, 1, 5, 20] {
        let test = permutation_test(n, ALL, &mut rng(1, "", ""), |_| Some(0.1 + 0.2)).unwrap();
        close(test.greater.p, 1.0, 0.0);
        close(test.two_sided.p, 1.0, 0.0);
    }
    // Undefined under permutation counts as reached.
    let test =
        permutation_test(9, ALL, &mut rng(1, "", ""), |order| order.is_sorted().then_some(1.0)).unwrap();
    close(test.greater.p, 1.0, 0.0);
}

#[test]
fn rounding_does_not_understate_p() {
    // Sums in another order differ in the last digit though they are the same number.
    let parts = [0.1, 0.2, 0.3, 0.7, 1e-3, 13.0, 0.9, 2.1, 5.3];
    let sum = |order: &[usize]| Some(order.iter().map(|&i| parts[i]).sum());
    close(permutation_test(9, ALL, &mut rng(2, "", ""), sum).unwrap().greater.p, 1.0, 0.0);
}

#[test]
fn perfect_agreement_has_the_least_p() {
    let x: Vec<f64> = (0..30).map(f64::from).collect();
    let test = tau_test(&x, &x, Draws::default(), &mut rng(3, "", "")).unwrap();
    close(test.greater.p, 0.001, 1e-15);
    assert_eq!((test.greater.used, test.greater.stopped, test.exact), (999, false, false));
    let falling: Vec<f64> = x.iter().map(|v| -v).collect();
    let test = tau_test(&x, &falling, Draws::default(), &mut rng(3, "", "")).unwrap();
    close(test.two_sided.p, 0.001, 1e-15);
    // Every draw reaches -1, so this tail is decided at once.
    assert_eq!((test.greater.p, test.greater.used, test.greater.stopped), (1.0, 20, true));
}

#[test]
fn stopping_keeps_the_draws_it_used() {
    let mut stream = rng(4, "", "");
    for _ in 0..20 {
        let (x, y) = (random(15, &mut stream), random(15, &mut stream));
        let stopped = tau_test(&x, &y, Draws::default(), &mut rng(5, "", "")).unwrap();
        let full = tau_test(&x, &y, ALL, &mut rng(5, "", "")).unwrap();
        for (short, long) in [(stopped.greater, full.greater), (stopped.two_sided, full.two_sided)] {
            if short.stopped {
                close(short.p, 20.0 / short.used as f64, 0.0);
                assert!((short.p - long.p).abs() < 5.0 * long.p * (1.0 / 20.0_f64).sqrt());
            } else {
                assert_eq!(short, long);
            }
        }
    }
}

#[test]
fn p_is_uniform_under_the_null() {
    for draws in [ALL, Draws::default()] {
        let mut stream = rng(6, "", "");
        let p: Vec<f64> = (0..400)
            .map(|_| {
                let (x, y) = (random(12, &mut stream), random(12, &mut stream));
                tau_test(&x, &y, Draws { count: 199, ..draws }, &mut stream).unwrap().greater.p
            })
            .collect();
        for level in [0.05, 0.2, 0.5, 0.8] {
            let share = p.iter().filter(|&&p| p <= level).count() as f64 / 400.0;
            // Four standard errors.
            close(share, level, 4.0 * (level * (1.0 - level) / 400.0_f64).sqrt());
        }
    }
}

#[test]
fn the_best_of_many_heads() {
    // Known by simulation: E[max tau] over 144 null heads is .61 (n = 10), .43 (n = 20), .26 (n = 50).
    for (n, expected) in [(10, 0.61), (20, 0.43), (50, 0.26)] {
        let mut stream = rng(7, "", "");
        let heads: Vec<Vec<f64>> = (0..144).map(|_| random(n, &mut stream)).collect();
        let null = tau_null(&heads, &random(n, &mut stream), 499, &mut stream).unwrap();
        close(null.max_mean, expected, 0.02);
        assert!(null.max_p95 > null.max_mean && null.used == 499 && !null.exact);
        let best = null.maps.iter().flatten().max_by(|a, b| a.tau.total_cmp(&b.tau)).unwrap();
        assert!(best.p < 0.05 && best.p_adjusted > best.p);
    }
}

#[test]
fn a_planted_head_survives_the_correction() {
    let mut stream = rng(8, "", "");
    let reference = random(20, &mut stream);
    let mut heads: Vec<Vec<f64>> = (0..48).map(|_| random(20, &mut stream)).collect();
    heads[17] = reference.iter().map(|v| v.exp()).collect();
    heads[3] = vec![0.5; 20];
    heads[4] = vec![1.0; 3];
    let null = tau_null(&heads, &reference, 999, &mut stream).unwrap();
    assert_eq!((null.maps[3], null.maps[4]), (None, None));
    let planted = null.maps[17].unwrap();
    close(planted.tau, 1.0, 0.0);
    close(planted.p_adjusted, 0.001, 1e-15);
}

/// All orders by recursion, apart from the crate's own enumeration.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    orders(n - 1)
        .iter()
        .flat_map(|order| {
            (0..n).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, n - 1);
                longer
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn exact_is_brute_force((x, y) in sides().prop_map(|(x, y)| {
        let n = x.len().min(6);
        (x[..n].to_vec(), y[..n].to_vec())
    })) {
        let test = tau_test(&x, &y, Draws::default(), &mut rng(0, "", ""));
        prop_assert_eq!(test.map(|test| test.observed), kendall_tau_b(&x, &y));
        if let Some(test) = test {
            let taus: Vec<f64> = orders(x.len())
                .iter()
                .map(|order| kendall_tau_b(&x, &order.iter().map(|&i| y[i]).collect::<Vec<_>>()).unwrap())
                .collect();
            let share = |reached: &dyn Fn(f64) -> bool| {
                taus.iter().filter(|&&tau| reached(tau)).count() as f64 / taus.len() as f64
            };
            close(test.greater.p, share(&|tau| tau >= test.observed - 1e-9), 0.0);
            close(test.two_sided.p, share(&|tau| tau.abs() >= test.observed.abs() - 1e-9), 0.0);
            prop_assert_eq!(test.greater.used, taus.len());
        }
    }

    #[test]
    fn one_map_is_its_own_maximum((x, y) in sides()) {
        let alone = tau_test(&x, &y, ALL, &mut rng(9, "", ""));
        let null = tau_null(&[x], &y, 999, &mut rng(9, "", ""));
        prop_assert_eq!(alone.is_some(), null.is_some());
        if let (Some(alone), Some(null)) = (alone, null) {
            let map = null.maps[0].unwrap();
            let expected = (alone.observed, alone.greater.p, alone.two_sided.p);
            prop_assert_eq!((map.tau, map.p, map.p_two_sided), expected);
            close(map.p, map.p_adjusted, 0.0);
        }
    }

    #[test]
    fn adjusting_never_lowers_p(seed in any::<u64>(), n in 4..14_usize) {
        let mut stream = rng(seed, "", "");
        let heads: Vec<Vec<f64>> = (0..9).map(|_| random(n, &mut stream)).collect();
        let null = tau_null(&heads, &random(n, &mut stream), 99, &mut stream).unwrap();
        for map in null.maps.iter().flatten() {
            prop_assert!(map.p > 0.0 && map.p <= map.p_adjusted && map.p_adjusted <= 1.0);
        }
    }

    #[test]
    fn rho_agrees_with_its_measure((x, y) in sides()) {
        let test = spearman_test(&x, &y, Draws::default(), &mut rng(0, "", ""));
        prop_assert_eq!(test.map(|t| t.observed), attncheck::stats::rank::spearman(&x, &y));
    }
}
