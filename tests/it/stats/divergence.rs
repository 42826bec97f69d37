//! Divergences and softmax.

use std::f64::consts::LN_2;

use attncheck::model::softmax;
use attncheck::stats::divergence::{
    entropy, jensen_shannon, jensen_shannon_gradient, normalised_entropy, total_variation,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;

use super::{close, golden};

#[derive(Deserialize)]
struct Case {
    p: Vec<f64>,
    q: Vec<f64>,
    jsd: f64,
    tvd: f64,
    entropy: f64,
}

#[derive(Deserialize)]
struct Logits {
    logits: Vec<f64>,
    softmax: Vec<f64>,
}

#[test]
fn as_scipy() {
    for case in golden::<Case>("divergence") {
        close(jensen_shannon(&case.p, &case.q).unwrap(), case.jsd, 1e-14);
        close(total_variation(&case.p, &case.q).unwrap(), case.tvd, 1e-14);
        close(entropy(&case.p).unwrap(), case.entropy, 1e-13);
    }
    for case in golden::<Logits>("softmax") {
        for (got, expected) in softmax(&case.logits).into_iter().zip(case.softmax) {
            close(got, expected, 1e-15);
        }
    }
}

#[test]
fn what_is_no_distribution_is_none() {
    let bad: [(&[f64], &[f64]); 6] = [
        (&[], &[]),
        (&[1.0], &[0.5, 0.5]),
        (&[0.5, f64::NAN], &[0.5, 0.5]),
        (&[0.5, 0.5], &[1.5, -0.5]),
        (&[0.5, 0.4], &[0.5, 0.5]),
        (&[f64::INFINITY, 0.0], &[0.5, 0.5]),
    ];
    for (p, q) in bad {
        assert_eq!(jensen_shannon(p, q), None);
        assert_eq!(total_variation(p, q), None);
        assert_eq!(jensen_shannon_gradient(p, q), None);
    }
    assert_eq!((entropy(&[]), entropy(&[0.5, 0.4]), normalised_entropy(&[1.0])), (None, None, None));
    assert_eq!(entropy(&[1.0]), Some(0.0));
}

#[test]
fn extremes() {
    assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 1.0]), Some(LN_2));
    assert_eq!(total_variation(&[1.0, 0.0], &[0.0, 1.0]), Some(1.0));
    assert_eq!(jensen_shannon(&[0.3, 0.7], &[0.3, 0.7]), Some(0.0));
    assert_eq!(normalised_entropy(&[0.25; 4]), Some(1.0));
    assert_eq!(normalised_entropy(&[0.0, 1.0, 0.0]), Some(0.0));
}

#[test]
fn softmax_of_masked_and_extreme_logits() {
    let masked = softmax(&[f64::NEG_INFINITY, 1e4, 1e4]);
    assert_eq!(masked, [0.0, 0.5, 0.5]);
    assert!(softmax(&[]).is_empty());
    for bad in [[f64::NEG_INFINITY; 2], [0.0, f64::INFINITY], [0.0, f64::NAN]] {
        let p = softmax(&bad);
        assert_eq!((total_variation(&p, &[0.5, 0.5]), entropy(&p)), (None, None), "{bad:?}");
    }
}

#[test]
fn the_gradient_at_zero_is_finite() {
    let gradient = jensen_shannon_gradient(&[0.0, 1.0, 0.0], &[0.5, 0.5, 0.0]).unwrap();
    assert!(gradient.iter().all(|g| g.is_finite()) && gradient[0] < -300.0);
    close(gradient[2], 0.5 * LN_2, 1e-12);
}

fn distributions() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (1..20_usize).prop_flat_map(|n| {
        let side = || vec(-8.0..8.0, n).prop_map(|logits| softmax(&logits));
        (side(), side())
    })
}

proptest! {
    #[test]
    fn ranges_and_symmetry((p, q) in distributions()) {
        let (jsd, tvd) = (jensen_shannon(&p, &q).unwrap(), total_variation(&p, &q).unwrap());
        prop_assert!((0.0..=LN_2).contains(&jsd) && (0.0..=1.0).contains(&tvd));
        prop_assert!((jsd - jensen_shannon(&q, &p).unwrap()).abs() < 1e-15);
        // Lin (1991): JSD ≤ ln 2 · TVD; Pinsker: TVD² / 2 ≤ JSD.
        prop_assert!(jsd <= LN_2 * tvd + 1e-12 && tvd * tvd / 2.0 <= jsd + 1e-12);
        prop_assert_eq!(jensen_shannon(&p, &p), Some(0.0));
        prop_assert!(normalised_entropy(&p).is_none_or(|h| (0.0..=1.0).contains(&h)));
    }

    #[test]
    fn the_gradient_is_the_slope((p, q) in distributions(), at in any::<prop::sample::Index>()) {
        // Mass moved from one entry to another, so that both ends stay distributions.
        prop_assume!(p.len() > 1);
        let (from, to) = (at.index(p.len()), (at.index(p.len()) + 1) % p.len());
        let step = 1e-4 * p[from].min(p[to]);
        let moved = |sign: f64| {
            let mut moved = p.clone();
            moved[from] -= sign * step;
            moved[to] += sign * step;
            jensen_shannon(&moved, &q).unwrap()
        };
        let gradient = jensen_shannon_gradient(&p, &q).unwrap();
        let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
        // Cancellation in the difference is about 1e-16 / step.
        prop_assert!((slope - (gradient[to] - gradient[from])).abs() < 1e-5 + 1e-15 / step);
    }

    #[test]
    fn softmax_ignores_a_shift(logits in vec(-50.0..50.0, 1..20), shift in -700.0..700.0) {
        let shifted: Vec<f64> = logits.iter().map(|v| v + shift).collect();
        for (a, b) in softmax(&logits).iter().zip(softmax(&shifted)) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }
}
