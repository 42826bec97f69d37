//! Intervals and quantiles.

use attncheck::stats::interval::{RESAMPLES, bootstrap_mean, clustered, mean_interval, wilson};
use attncheck::stats::order::{mean, median, null_p, quantile};
use attncheck::stats::seed::rng;
use proptest::collection::vec;
use proptest::prelude::*;
use rand::Rng;
use serde::Deserialize;

use super::{close, golden};

#[derive(Deserialize)]
struct Wilson {
    successes: usize,
    n: usize,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Mean {
    values: Vec<f64>,
    #[serde(rename = "mean")]
    estimate: f64,
    low: f64,
    high: f64,
    quantiles: Vec<(f64, f64)>,
    boot: (f64, f64),
}

#[test]
fn wilson_as_scipy() {
    for case in golden::<Wilson>("wilson") {
        let (low, high) = wilson(case.successes, case.n).unwrap().bounds.unwrap();
        close(low, case.low, 1e-14);
        close(high, case.high, 1e-14);
    }
    assert_eq!((wilson(0, 0), wilson(3, 2)), (None, None));
}

#[test]
fn means_and_quantiles_as_scipy() {
    for case in golden::<Mean>("mean") {
        let student = mean_interval(&case.values).unwrap();
        let (low, high) = student.bounds.unwrap();
        close(student.estimate, case.estimate, 1e-14);
        close(low, case.low, 1e-9);
        close(high, case.high, 1e-9);
        for &(q, value) in &case.quantiles {
            close(quantile(&case.values, q).unwrap(), value, 1e-14);
        }
        let boot = bootstrap_mean(&case.values, RESAMPLES, &mut rng(1, "", "boot")).unwrap();
        let (low, high) = boot.bounds.unwrap();
        // Another stream than scipy's: 10 000 resamples fix an end to some 3 % of the width.
        let width = case.boot.1 - case.boot.0;
        close(low, case.boot.0, 0.03 * width);
        close(high, case.boot.1, 0.03 * width);
    }
}

#[test]
fn too_few_values_have_no_bounds() {
    let stream = &mut rng(0, "", "");
    for interval in [mean_interval(&[3.0]), bootstrap_mean(&[3.0], 100, stream)] {
        let interval = interval.unwrap();
        assert_eq!((interval.estimate, interval.bounds, interval.n), (3.0, None, 1));
    }
    for bad in [&[][..], &[1.0, f64::NAN], &[1.0, f64::INFINITY]] {
        assert_eq!(mean_interval(bad), None);
        assert_eq!(bootstrap_mean(bad, 100, stream), None);
        assert_eq!((mean(bad), median(bad), quantile(bad, 0.5)), (None, None, None));
    }
    assert_eq!(bootstrap_mean(&[1.0, 2.0], 0, stream).unwrap().bounds, None);
    assert_eq!((quantile(&[1.0], 1.1), quantile(&[1.0], f64::NAN)), (None, None));
    assert_eq!(mean_interval(&[2.0; 20]).unwrap().bounds, Some((2.0, 2.0)));
}

#[test]
fn the_place_in_a_null() {
    let null = [0.0, 0.1, 0.2, 0.3];
    assert_eq!(null_p(0.25, &null), Some(0.4));
    assert_eq!(null_p(0.1 + 0.2, &null), Some(0.4), "a tie up to rounding is a tie");
    assert_eq!(
        (null_p(9.0, &null), null_p(-9.0, &null), null_p(1.0, &[])),
        (Some(0.2), Some(1.0), Some(1.0))
    );
    assert_eq!((null_p(f64::NAN, &null), null_p(1.0, &[f64::NAN])), (None, None));
}

#[test]
fn student_covers() {
    let mut stream = rng(2, "", "");
    let covered = (0..1000)
        .filter(|_| {
            let values: Vec<f64> = (0..20).map(|_| stream.random::<f64>()).collect();
            let (low, high) = mean_interval(&values).unwrap().bounds.unwrap();
            (low..=high).contains(&0.5)
        })
        .count();
    // 95 % within four standard errors.
    assert!((922..=978).contains(&covered), "{covered}");
}

#[test]
fn student_for_many_values() {
    // scipy.stats.t.ppf(.975, n - 1)
    for (n, quantile) in [
        (200, 1.971_956_544_251_753_3),
        (202, 1.971_836_506_779_859),
        (1000, 1.962_341_461_133_449_3),
        (100_000, 1.959_987_707_771_844_2),
    ] {
        let values: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let (_, high) = mean_interval(&values).unwrap().bounds.unwrap();
        close(high * f64::from(n - 1).sqrt(), quantile, 1e-10);
    }
}

#[test]
fn clusters_that_agree_count_as_one_trial_each() {
    let all = clustered(&[(8, 8); 30]).unwrap();
    assert_eq!((all.n, all.bounds), (30, wilson(30, 30).unwrap().bounds));
    let none = clustered(&[(0, 8), (0, 8), (0, 0)]).unwrap();
    assert_eq!((none.n, none.bounds), (2, wilson(0, 2).unwrap().bounds));
    assert_eq!((clustered(&[]), clustered(&[(0, 0)]), clustered(&[(2, 1)])), (None, None, None));
    let halves: Vec<(usize, usize)> = (0..40).map(|i| (8 * (i % 2), 8)).collect();
    let (low, high) = clustered(&halves).unwrap().bounds.unwrap();
    let (least, most) = wilson(20, 40).unwrap().bounds.unwrap();
    // Clusters that are all or nothing tell no more than one trial each.
    assert!((low - least).abs() < 0.005 && (high - most).abs() < 0.005, "{low} {high}");
}

/// Files of a simulation.
const FILES: usize = 2000;

/// Models with a rate of their own, 8 texts each: intervals as if the texts were independent cover far less.
#[test]
fn clustered_covers_where_clusters_differ() {
    let mut rng = rng(7, "interval", "clusters");
    let (mut covered, mut naive) = (0, 0);
    for _ in 0..FILES {
        // Half of the models have a rate of 0, half one of 0.2: 0.1 in all.
        let clusters: Vec<(usize, usize)> = (0..60)
            .map(|_| {
                let rate = if rng.random() { 0.2 } else { 0.0 };
                ((0..8).filter(|_| rng.random::<f64>() < rate).count(), 8)
            })
            .collect();
        let holds = |bounds: Option<(f64, f64)>| bounds.is_some_and(|(low, high)| low <= 0.1 && 0.1 <= high);
        covered += usize::from(holds(clustered(&clusters).unwrap().bounds));
        let hits = clusters.iter().map(|(hits, _)| hits).sum();
        naive += usize::from(holds(wilson(hits, 480).unwrap().bounds));
    }
    let share = |count: usize| count as f64 / FILES as f64;
    assert!((0.93..=0.97).contains(&share(covered)), "{}", share(covered));
    assert!(share(naive) < share(covered), "{}", share(naive));
}

proptest! {
    #[test]
    fn wilson_contains_the_rate(n in 1..3000_usize, share in 0.0..=1.0_f64) {
        let k = (share * n as f64).round() as usize;
        let interval = wilson(k, n).unwrap();
        let (low, high) = interval.bounds.unwrap();
        prop_assert!(0.0 <= low && low <= interval.estimate && interval.estimate <= high && high <= 1.0);
        let (mirror_low, mirror_high) = wilson(n - k, n).unwrap().bounds.unwrap();
        prop_assert!((low - (1.0 - mirror_high)).abs() < 1e-12 && (high - (1.0 - mirror_low)).abs() < 1e-12);
    }

    #[test]
    fn bootstrap_stays_within_the_values(values in vec(-5.0..5.0, 2..12), seed in any::<u64>()) {
        let interval = bootstrap_mean(&values, 200, &mut rng(seed, "a", "b")).unwrap();
        prop_assert_eq!(interval, bootstrap_mean(&values, 200, &mut rng(seed, "a", "b")).unwrap());
        let (low, high) = interval.bounds.unwrap();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(least - 1e-12 <= low && low <= high && high <= most + 1e-12);
    }

    #[test]
    fn quantiles_rise(values in vec(-5.0..5.0, 1..30), a in 0.0..=1.0, b in 0.0..=1.0) {
        prop_assert!(quantile(&values, f64::min(a, b)) <= quantile(&values, f64::max(a, b)));
    }
}
