//! The adversary's parts: torch's Adam, and gradients against finite differences.

use attncheck::model::{Precision, softmax};
use attncheck::shift::Scale;
use attncheck::stats::divergence::jensen_shannon;
use attncheck::swap::adam::Adam;
use attncheck::swap::loss::{map_loss, prediction_penalty};
use attncheck::swap::{Site, Specials, adversary_loss};
use proptest::collection::vec;
use proptest::prelude::*;
use rand::Rng;
use serde::Deserialize;

use crate::support::subject::{DOUBT, model, subject};

#[derive(Deserialize)]
struct Trajectory {
    rate: f64,
    start: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    path: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Trajectories {
    cases: Vec<Trajectory>,
}

#[test]
fn adam_goes_where_torch_goes() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/adam.json");
    let golden: Trajectories = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!golden.cases.is_empty());
    for case in golden.cases {
        let (mut at, mut adam) = (case.start.clone(), Adam::new(case.start.len(), case.rate));
        for (gradient, expected) in case.gradients.iter().zip(case.path) {
            adam.step(&mut at, gradient);
            for (a, e) in at.iter().zip(expected) {
                assert!((a - e).abs() < 1e-13, "{a} for {e}");
            }
        }
    }
}

#[test]
fn the_whole_loss_has_its_gradient() {
    let model = model(Precision::F64, &|_, _| ());
    // The model is in doubt about this one, so attention moves its prediction.
    let text = subject(&model, &DOUBT, Some(3));
    let mut rng = text.rng("finite differences");
    for (site, rows) in [
        (Site::Row, 4),
        (Site::Head { layer: 3, head: 1 }, 1),
        (Site::Head { layer: 1, head: 2 }, 8),
        (Site::Layer(2), 32),
        (Site::All, 100),
    ] {
        for specials in [Specials::Keep, Specials::Include] {
            let n = if specials == Specials::Keep { 6 } else { 8 };
            let logits: Vec<f64> = (0..3 * rows * n).map(|_| rng.random_range(-6.0..6.0)).collect();
            for kept in [Scale::Probability, Scale::LogOdds] {
                let at =
                    |logits: &[f64]| adversary_loss(&text, site, (specials, kept), logits).unwrap().unwrap();
                let (loss, gradient) = at(&logits);
                assert_eq!(gradient.len(), logits.len());
                // The map terms are negative; the rest is the penalty.
                assert!(loss > 0.0, "{site}: the prediction is not moved, so its gradient is not tested");
                // Along the gradient, and along a random direction.
                let random: Vec<f64> = logits.iter().map(|_| rng.random_range(-1.0..1.0)).collect();
                let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
                for direction in [&gradient, &random] {
                    let step = 1e-4 / norm(direction);
                    let ahead = |sign: f64| -> Vec<f64> {
                        logits.iter().zip(direction).map(|(l, d)| l + sign * step * d).collect()
                    };
                    let slope = (at(&ahead(1.0)).0 - at(&ahead(-1.0)).0) / 2e-4;
                    let expected =
                        gradient.iter().zip(direction).map(|(g, d)| g * d).sum::<f64>() / norm(direction);
                    let scale = norm(&gradient);
                    assert!((slope - expected).abs() < 1e-6 * scale, "{site}: {slope} for {expected}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_penalty_has_its_gradient(logits in vec(-3.0..3.0, 2..6), shift in vec(-1.0..1.0, 6)) {
        let moved: Vec<f64> = logits.iter().zip(&shift).map(|(l, s)| l + s).collect();
        let observed = softmax(&moved);
        let (loss, gradient) = prediction_penalty(&logits, &observed);
        let l1: f64 = softmax(&logits).iter().zip(&observed).map(|(p, q)| (p - q).abs()).sum();
        prop_assert!((loss - (500.0 * (l1 - 0.01)).max(0.0)).abs() < 1e-9);
        // Away from the corners of |·| and ReLU.
        let smooth = softmax(&logits).iter().zip(&observed).all(|(p, q)| (p - q).abs() > 1e-4);
        prop_assume!(smooth && (l1 - 0.01).abs() > 1e-3);
        for i in 0..logits.len() {
            let at = |step: f64| {
                let mut logits = logits.clone();
                logits[i] += step;
                prediction_penalty(&logits, &observed).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            prop_assert!((slope - gradient[i]).abs() < 1e-5 * (1.0 + slope.abs()), "{slope} {}", gradient[i]);
        }
    }

    #[test]
    fn the_map_loss_has_its_gradient(logits in vec(-3.0..3.0, 20), k in 0..3usize, from in 0..5usize) {
        let rows: Vec<Vec<f64>> = logits.chunks(5).map(softmax).collect();
        let (observed, maps) = (&rows[3], &rows[..3]);
        let (loss, gradients) = map_loss(maps, observed).unwrap();
        let mut expected = 0.0;
        for a in maps {
            expected -= jensen_shannon(a, observed).unwrap();
            expected -= maps.iter().map(|b| jensen_shannon(a, b).unwrap()).sum::<f64>() / 9.0;
        }
        prop_assert!((loss - expected).abs() < 1e-12);
        let to = (from + 1) % 5;
        let step = 1e-4 * maps[k][from].min(maps[k][to]);
        let at = |sign: f64| {
            let mut maps = maps.to_vec();
            maps[k][from] -= sign * step;
            maps[k][to] += sign * step;
            map_loss(&maps, observed).unwrap().0
        };
        let slope = (at(1.0) - at(-1.0)) / (2.0 * step);
        prop_assert!((slope - (gradients[k][to] - gradients[k][from])).abs() < 1e-4, "{slope}");
    }
}
