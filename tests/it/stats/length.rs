//! What the number of words alone does to tau: against all orders, and against what is then found.

use attncheck::stats::length::{POWER, critical_tau, detectable_tau, null_sd};
use attncheck::stats::rank::kendall_tau_b;
use attncheck::stats::seed::{normal, rng};

use super::close;

/// tau of every order of `n` words with the first.
fn all_taus(n: usize) -> Vec<f64> {
    let (mut taus, mut order): (Vec<f64>, Vec<usize>) = (Vec::new(), (0..n).collect());
    loop {
        let rank: Vec<f64> = order.iter().map(|i| *i as f64).collect();
        let first: Vec<f64> = (0..n).map(|i| i as f64).collect();
        taus.push(kendall_tau_b(&first, &rank).unwrap());
        let Some(falls) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else { return taus };
        let next = order.iter().rposition(|i| *i > order[falls]).unwrap();
        order.swap(falls, next);
        order[falls + 1..].reverse();
    }
}

#[test]
fn the_critical_tau_is_the_least_that_is_rare_among_all_orders() {
    for n in 3..=7 {
        let taus = all_taus(n);
        let share =
            |least: f64| taus.iter().filter(|tau| **tau >= least - 1e-9).count() as f64 / taus.len() as f64;
        for alpha in [0.01, 0.05, 0.2] {
            let step = 2.0 / (n * (n - 1) / 2) as f64;
            match critical_tau(n, alpha) {
                Some(tau) => assert!(share(tau) <= alpha && share(tau - step) > alpha, "{n} {alpha} {tau}"),
                None => assert!(share(1.0) > alpha, "{n} {alpha}"),
            }
        }
    }
}

#[test]
fn counted_and_normal_nulls_meet() {
    let per_sd = |n: usize| critical_tau(n, 0.05).unwrap() / null_sd(n).unwrap();
    for n in [58, 59, 60, 61, 62, 200] {
        close(per_sd(n), 1.645, 0.02);
    }
}

#[test]
fn too_few_words_show_nothing() {
    assert_eq!([0, 1, 2, 3].map(|n| detectable_tau(n, 0.05)), [None; 4]);
    assert!(detectable_tau(4, 0.05).is_some() && detectable_tau(4, 0.01).is_none());
    assert!(detectable_tau(20, 0.01).unwrap() > detectable_tau(20, 0.05).unwrap());
    assert_eq!((detectable_tau(20, 0.0), detectable_tau(20, 1.0).map(f64::is_nan)), (None, Some(false)));
}

/// Samples of two normal variables whose tau is the one that is told: a test finds it as often as is said.
#[test]
fn what_is_told_is_found() {
    const SAMPLES: usize = 2000;
    for n in [8, 12, 20, 40, 80] {
        let (tau, critical) = (detectable_tau(n, 0.05).unwrap(), critical_tau(n, 0.05).unwrap());
        let r = (std::f64::consts::PI * tau / 2.0).sin();
        let mut stream = rng(1, "power", &n.to_string());
        let found = (0..SAMPLES).filter(|_| {
            let x: Vec<f64> = (0..n).map(|_| normal(&mut stream)).collect();
            let y: Vec<f64> = x.iter().map(|x| r * x + (1.0 - r * r).sqrt() * normal(&mut stream)).collect();
            kendall_tau_b(&x, &y).unwrap() >= critical - 1e-9
        });
        // Four standard errors of 2000 draws at .8 are .036.
        close(found.count() as f64 / SAMPLES as f64, POWER, 0.036);
    }
}
