//! What states are made of: against transformers and the exact Jacobian, and what mixing of other models cannot be.

use attncheck::attribution::mixing::{Mixing, contributions, moved, rolled, zeroed};
use attncheck::audit::TargetKind;
use attncheck::controls::{Control, Planted, Recipe};
use attncheck::model::{Probe, Sequence};
use serde::Deserialize;

use super::*;
use crate::support::golden;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Found>,
}

/// By layer a matrix `[T, T]`, a row per state.
#[derive(Deserialize)]
struct Found {
    case: String,
    ids: Vec<u32>,
    alti: Vec<Vec<f64>>,
    value_zeroing: Vec<Vec<f64>>,
    jacobian: Vec<Vec<f64>>,
}

fn goldens() -> Vec<Found> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden/mixing.json");
    let found: Goldens = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(found.cases.len(), 8);
    found.cases
}

fn open(found: &Found, precision: Precision) -> Model {
    golden::Case::open(&found.case).model(precision)
}

fn probe<'m>(model: &'m Model, found: &Found) -> Probe<'m> {
    let t = found.ids.len();
    let decision = if model.transformer.looks_back() { t - 1 } else { 0 };
    let sequence = Sequence::new(found.ids.clone(), vec![0; t], decision, model.spec().positions);
    Probe::new(model, sequence, |_| attncheck::model::Target::Logit(0)).unwrap()
}

fn rows(mixing: &Mixing) -> Vec<f64> {
    (0..mixing.tokens()).flat_map(|token| mixing.row(token).to_vec()).collect()
}

#[test]
fn each_layer_is_as_transformers_has_it() {
    for found in goldens() {
        for (precision, near) in [(Precision::F64, 1e-8), (Precision::F32, 1e-4)] {
            let model = open(&found, precision);
            let probe = probe(&model, &found);
            for layer in 0..model.spec().layers {
                let what = |form: &str| format!("{} layer {layer}: {form}", found.case);
                let alti = contributions(&probe, layer).unwrap().unwrap();
                close(&rows(&alti), &found.alti[layer], near, &what("alti"));
                // Of vectors that differ by little, f32 keeps the difference to fewer places.
                let near = if precision == Precision::F32 { 2e-3 } else { near };
                let zeroed = zeroed(&probe, layer).unwrap().unwrap();
                close(&rows(&zeroed), &found.value_zeroing[layer], near, &what("value zeroing"));
            }
        }
    }
}

#[test]
fn hidden_token_attribution_is_the_jacobians_within_its_error() {
    for found in goldens() {
        let model = open(&found, Precision::F64);
        let probe = probe(&model, &found);
        let t = found.ids.len();
        let sampled = moved(&probe, 64, &mut Stream::new(3, ["mixing"]).rng("mixing")).unwrap();
        let mut all = Vec::new();
        for (layer, exact) in found.jacobian.iter().enumerate() {
            let mixing = sampled.layers[layer].as_ref().unwrap();
            for token in 0..t {
                let (own, error) = (mixing.parts(token).own, sampled.errors[layer][token]);
                let far = own - exact[token * t + token];
                // One direction of 64 tells the norm to an eighth, and shares better than that.
                assert!(error < 0.06, "{} {layer} {token}: {error}", found.case);
                assert!(far.abs() <= 6.0 * error + 1e-5, "{} {layer} {token}: {far} ± {error}", found.case);
                if error > 1e-6 {
                    all.push(far / error);
                }
            }
        }
        let spread = (all.iter().map(|z| z * z).sum::<f64>() / all.len() as f64).sqrt();
        assert!((0.3..2.0).contains(&spread), "{}: errors are off by {spread}", found.case);
    }
}

#[test]
fn no_state_is_made_of_what_it_cannot_see() {
    for found in goldens() {
        let model = open(&found, Precision::F64);
        if !model.transformer.looks_back() {
            continue;
        }
        let probe = probe(&model, &found);
        let t = found.ids.len();
        let layers: Vec<Mixing> =
            (0..model.spec().layers).map(|layer| contributions(&probe, layer).unwrap().unwrap()).collect();
        for (layer, mixing) in rolled(&layers).iter().enumerate() {
            for token in 0..t {
                let row = mixing.row(token);
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                assert!(row[token + 1..].iter().all(|share| *share == 0.0), "{} {layer}", found.case);
            }
            assert!((mixing.parts(0).own - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn a_model_whose_attention_adds_nothing_does_not_mix() {
    // Each pattern's rows on the query itself: every form but the residual's share is the token's own.
    let found = goldens().swap_remove(0);
    let model = open(&found, Precision::F64);
    let mut probe = probe(&model, &found);
    let t = found.ids.len();
    for pattern in &mut probe.trace.patterns {
        let own = Tensor::eye(t, pattern.dtype(), &Device::Cpu).unwrap();
        *pattern = own.broadcast_as(pattern.shape()).unwrap().contiguous().unwrap();
    }
    for layer in 0..model.spec().layers {
        for mixing in [contributions(&probe, layer), zeroed(&probe, layer)] {
            assert_eq!(rows(&mixing.unwrap().unwrap()), rows(&Mixing::none(t)), "layer {layer}");
        }
    }
}

#[test]
fn what_was_copied_before_the_last_layer_is_traced_to_where_it_stood() {
    for seed in 0..6 {
        let control = Control::plant(Recipe::new(Planted::Mixing, 20, seed)).unwrap();
        let text = control.text(0);
        let margin = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
        let subject = control.subject(&text, margin, "control").unwrap();
        let shared = shared(&subject);
        let of = |method: &str| scores(&shared, method).words;
        let deciding = text.truth.deciding()[0];
        let (raw, contextual) = (of("raw"), of("contextual"));
        assert!(raw[deciding] < 1e-4, "{raw:?}");
        let others = (0..raw.len()).filter(|word| *word != deciding && !text.truth.attended.contains(word));
        let next = others.map(|word| contextual[word]).fold(0.0, f64::max);
        assert!(contextual[deciding] > 4.0 * next, "seed {seed}: {contextual:?}");
    }
}
