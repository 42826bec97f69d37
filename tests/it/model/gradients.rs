//! The reverse pass against central differences, in f64.

use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Replace, Tap, Untapped};
use attncheck::model::{Graph, Keep, Model, Precision, Probe, Rows, Sequence, Target};
use candle_core::{Device, Tensor};
use serde_json::{Value, json};

use crate::support::golden::{Case, decoders};

const STEP: f64 = 1e-5;
const MARGIN: Target = Target::Margin { class: 1, against: 0 };

/// The case's model with some fields of config.json set, its longest example, in f64.
fn model(name: &str, fields: &[(&str, Value)]) -> (Model, Sequence) {
    let case = Case::open(name);
    let mut config: Value = serde_json::from_slice(&case.config()).unwrap();
    for (field, value) in fields {
        config[field] = value.clone();
    }
    let config = serde_json::to_vec(&config).unwrap();
    let model = Model::load(&config, &case.weights(), Precision::F64).unwrap();
    let example = case.examples.iter().max_by_key(|e| e.ids.len()).unwrap();
    let sequence = example.sequence(&model);
    (model, sequence)
}

fn probe<'m>(model: &'m Model, sequence: &Sequence, target: Target) -> Probe<'m> {
    Probe::new(model, sequence.clone(), |_| target).unwrap()
}

/// The target's value when the word embeddings are `words [T, Demb]`.
fn value(probe: &Probe, words: &[f64], tap: &mut dyn Tap) -> f64 {
    let (model, sequence) = (probe.model, &probe.sequence);
    let (t, e) = (sequence.len(), model.spec().embedding);
    let words = Tensor::from_slice(words, (1, t, e), &Device::Cpu).unwrap();
    let row = |xs: &[u32]| Tensor::new(xs, &Device::Cpu).unwrap();
    let state = model.transformer.enter(&words, &row(&sequence.places), &row(&sequence.types), None).unwrap();
    let hidden = model.transformer.run(state, Rows::All, tap).unwrap();
    let hidden = hidden.narrow(1, sequence.decision, 1).unwrap();
    probe.target.value(&to_f64(&model.readout.forward(&hidden).unwrap().logits).unwrap())
}

fn central(at: &[f64], index: usize, mut f: impl FnMut(&[f64]) -> f64) -> f64 {
    let mut moved = at.to_vec();
    moved[index] = at[index] + STEP;
    let up = f(&moved);
    moved[index] = at[index] - STEP;
    (up - f(&moved)) / (2.0 * STEP)
}

#[track_caller]
fn agree(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-7 * expected.abs().max(1.0),
        "{what}: {found}, expected {expected}"
    );
}

/// Every activation in the feed-forward block, and the heads' own: tanh, gelu, relu, a norm; and every kind of decoder.
fn kinds() -> Vec<(String, Model, Sequence)> {
    let mut out = Vec::new();
    for act in ["gelu", "gelu_new", "relu", "silu", "tanh"] {
        let (model, sequence) = model("bert-gelu", &[("hidden_act", json!(act))]);
        out.push((act.to_owned(), model, sequence));
    }
    // Decoders: norms before, within and after, steps side by side, RMS, gates, rotation, groups, windows, caps.
    let decoders = [
        "gpt2",
        "gpt_neox",
        "opt-projected-post-norm",
        "gemma2",
        "qwen3-biases-window-tied",
        "phi3-long-long",
        "phi",
    ];
    let encoders = ["electra-projected", "distilbert-gelu", "albert-two-groups", "roberta", "bert-mlm"];
    for name in encoders.into_iter().chain(decoders) {
        let (model, sequence) = model(name, &[]);
        out.push((name.to_owned(), model, sequence));
    }
    out
}

#[test]
fn at_the_embeddings() {
    for (name, model, sequence) in kinds() {
        for target in [MARGIN, Target::Logit(1), Target::Probability(1), Target::LogProbability(1)] {
            let probe = probe(&model, &sequence, target);
            let words = probe.words(&sequence).unwrap();
            let found = probe.gradients(target, Graph::Whole, Keep::Last).unwrap().words;
            assert_eq!(found.len(), words.len());
            for index in (0..words.len()).step_by(7) {
                let expected = central(&words, index, |at| value(&probe, at, &mut Untapped));
                agree(found[index], expected, &format!("{name} {target:?} {index}"));
            }
        }
    }
}

#[test]
fn at_the_embeddings_with_patterns_held() {
    for (name, model, sequence) in kinds() {
        let probe = probe(&model, &sequence, MARGIN);
        let words = probe.words(&sequence).unwrap();
        let found = probe.gradients(MARGIN, Graph::CutAtAttention, Keep::Last).unwrap().words;
        let mut held = Replace::patterns(probe.trace.patterns.iter().cloned().enumerate());
        for index in (0..words.len()).step_by(7) {
            let expected = central(&words, index, |at| value(&probe, at, &mut held));
            agree(found[index], expected, &format!("{name} {index}"));
        }
    }
}

#[test]
fn at_every_pattern() {
    for (name, model, sequence) in kinds() {
        let probe = probe(&model, &sequence, MARGIN);
        let words = probe.words(&sequence).unwrap();
        let gradients = probe.gradients(MARGIN, Graph::Whole, Keep::Every).unwrap();
        assert_eq!(gradients.patterns.len(), model.spec().layers);
        for layer in 0..model.spec().layers {
            let found = gradients.pattern(layer).unwrap();
            let observed = &probe.trace.patterns[layer];
            let flat = to_f64(observed).unwrap();
            for index in (0..flat.len()).step_by(11) {
                let expected = central(&flat, index, |at| {
                    let moved = Tensor::from_slice(at, observed.dims(), &Device::Cpu).unwrap();
                    value(&probe, &words, &mut Replace::patterns([(layer, moved)]))
                });
                agree(found[index], expected, &format!("{name} layer {layer} entry {index}"));
            }
        }
    }
}

#[test]
fn at_points_of_a_path() {
    for (name, model, sequence) in kinds() {
        let probe = probe(&model, &sequence, MARGIN);
        let words = probe.words(&sequence).unwrap();
        // More points than one chunk holds, so that their order is tested too.
        let points: Vec<Vec<f64>> =
            (0..70).map(|i| words.iter().map(|w| w * f64::from(i) / 69.0).collect()).collect();
        let found = probe.gradients_at(&points).unwrap();
        assert_eq!(found.len(), points.len());
        // Near zero the slope of a norm over the words alone goes as one over their size, up to 1 / √ε: no difference sees it.
        let decoder = decoders().contains(&name);
        for i in [0, 1, 33, 69].into_iter().skip(2 * usize::from(decoder)) {
            agree(found[i].0, value(&probe, &points[i], &mut Untapped), &format!("{name} value {i}"));
            for index in (0..words.len()).step_by(29) {
                let expected = central(&points[i], index, |at| value(&probe, at, &mut Untapped));
                // A word embedding near zero is normalised by a small deviation: curvature is large there.
                let scale = expected.abs().max(1.0);
                let bound = if i == 0 { 1e-4 } else { 1e-6 };
                let gap = (found[i].1[index] - expected).abs();
                assert!(gap <= bound * scale, "{name} point {i} entry {index}: gap {gap:e}");
            }
        }
    }
}

#[test]
fn at_the_decision_row() {
    for (name, model, sequence) in kinds() {
        let probe = probe(&model, &sequence, MARGIN);
        let (heads, t) = (model.spec().heads.count, sequence.len());
        let last = model.spec().layers - 1;
        let classes = probe.trace.logits.len();
        let weights: Vec<f64> = (0..classes).map(|c| 0.3 + 0.1 * c as f64).collect();
        let count = 3;
        let rows: Vec<f64> = (0..count * heads * t).map(|i| ((i * 5) % 7) as f64 / 7.0).collect();
        let shape = (count, heads, 1, t);
        let tensor = |at: &[f64]| Tensor::from_slice(at, shape, &Device::Cpu).unwrap();
        let (logits, found) =
            probe.pattern_gradients(vec![(last, tensor(&rows))], |_, _| weights.clone()).unwrap();
        let found = to_f64(&found[0]).unwrap();
        let total = |logits: &[Vec<f64>]| -> f64 {
            logits.iter().flat_map(|row| row.iter().zip(&weights).map(|(z, w)| z * w)).sum()
        };
        let swapped = |at: &[f64]| {
            let all = tensor(at);
            probe.swapped(&[last], count, |r, _| all.narrow(0, r.start, r.len())).unwrap()
        };
        agree(total(&logits), total(&swapped(&rows)), &name);
        for (index, &slope) in found.iter().enumerate() {
            let expected = central(&rows, index, |at| total(&swapped(at)));
            agree(slope, expected, &format!("{name} entry {index}"));
        }
    }
}
