//! Decoders against transformers, on every golden of `fixtures/golden/decoders`, and on a trained one where it is there.

use std::collections::BTreeMap;
use std::path::Path;

use attncheck::model::probe::to_f64;
use attncheck::model::readout::Task;
use attncheck::model::{Graph, Keep, Model, ModelError, Precision, Probe, Sequence, Target};
use candle_core::Tensor;
use serde::Deserialize;

use crate::support::cases::load;
use crate::support::golden::{Case, Example, decoders};

/// What the engine computed of one example, by the goldens' names.
type Found = BTreeMap<&'static str, Vec<f64>>;

/// Golden entries above 1 are compared by ratio: weights are random, and gradients through them large.
fn gap(found: &[f64], golden: &[f64]) -> f64 {
    assert_eq!(found.len(), golden.len());
    let gaps = found.iter().zip(golden).map(|(f, g)| (f - g).abs() / g.abs().max(1.0));
    gaps.fold(0.0, |a, b| if b.is_nan() { f64::INFINITY } else { f64::max(a, b) })
}

/// The numbers of `[.., T, width]` without the padding behind the first `n` tokens.
fn rows(all: &[f64], tokens: usize, n: usize, width: usize) -> Vec<f64> {
    all.chunks_exact(tokens * width).flat_map(|one| one[..n * width].to_vec()).collect()
}

/// Patterns without padding, `[L, H, n, n]`.
fn patterns(all: &[Tensor], n: usize) -> Vec<f64> {
    let cut = |x: &Tensor| x.narrow(2, 0, n).unwrap().narrow(3, 0, n).unwrap();
    all.iter().flat_map(|x| to_f64(&cut(x)).unwrap()).collect()
}

fn found(example: &Example, model: &Model) -> Found {
    let sequence = example.sequence(model);
    assert_eq!(sequence.places, example.positions);
    assert_eq!(model.readout.at.of(&sequence.ids), Some(last(example, model)), "{}", example.name);
    let (margin, t, n) = (example.margin(), sequence.len(), example.content.len());
    let probe = Probe::new(model, sequence.clone(), |_| margin).unwrap();
    let width = model.spec().embedding;
    let mut out = Found::new();
    out.insert("logits", probe.trace.logits.clone());
    if model.readout.task == Task::NextToken {
        out.insert("logits_everywhere", model.logits_everywhere(&sequence).unwrap().concat());
    }
    let observed = patterns(&probe.trace.patterns, n);
    let hidden = &probe.trace.hidden[..model.spec().layers];
    let hidden = hidden.iter().flat_map(|x| rows(&to_f64(x).unwrap(), t, n, model.spec().width)).collect();
    out.insert("hidden", hidden);

    let grad = |target, graph| probe.gradients(target, graph, Keep::Every).unwrap();
    let whole = grad(margin, Graph::Whole);
    let at_patterns: Vec<f64> = (0..whole.patterns.len())
        .flat_map(|layer| {
            let all = whole.pattern(layer).unwrap();
            all.chunks_exact(t * t).flat_map(|head| rows(&rows(head, t, n, t), t, n, 1)).collect::<Vec<f64>>()
        })
        .collect();
    // The goldens have none outside the reach.
    let seen = |(at, weight): (&f64, &f64)| if *weight == 0.0 { 0.0 } else { *at };
    out.insert("grad_patterns_margin", at_patterns.iter().zip(&observed).map(seen).collect());
    out.insert("patterns", observed);
    let at_words = |grad: &[f64]| grad[..n * width].to_vec();
    let words = at_words(&probe.words(&sequence).unwrap());
    let margin_at = at_words(&whole.words);
    let norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    out.insert("saliency", margin_at.chunks_exact(width).map(norm).collect());
    let products: Vec<f64> = margin_at.iter().zip(&words).map(|(g, e)| g * e).collect();
    out.insert("gradient_x_input", products.chunks_exact(width).map(|row| row.iter().sum()).collect());
    out.insert("ig_riemann_middle", integrated(&probe, example, n * width));
    out.insert("grad_margin", margin_at);
    out.insert("grad_margin_cut", at_words(&grad(margin, Graph::CutAtAttention).words));
    let class = Target::LogProbability(example.class());
    out.insert("grad_log_probability", at_words(&grad(class, Graph::Whole).words));

    let logits = |erase: &dyn Fn(&[usize]) -> Sequence| {
        let erased: Vec<Sequence> = example.content.iter().map(|&t| erase(&[t])).collect();
        model.logits(&erased).unwrap()
    };
    let effect = |all: &[Vec<f64>]| all.iter().map(|z| probe.value() - margin.value(z)).collect();
    let attend = logits(&|t| sequence.with_blocked(t));
    out.insert("loo_attend", effect(&attend));
    out.insert("attend_logits", attend.concat());
    out.insert("loo_zero", effect(&logits(&|t| sequence.with_zeroed(t))));
    out.insert("loo_delete", effect(&logits(&|t| sequence.without(t, model.spec().positions))));
    out
}

/// The token that decides: of a language model the last there is, whatever it is.
fn last(example: &Example, model: &Model) -> usize {
    if model.readout.task == Task::NextToken { example.ids.len() - 1 } else { example.decision }
}

/// Twenty midpoints on the straight path from the baseline.
fn integrated(probe: &Probe, example: &Example, numbers: usize) -> Vec<f64> {
    let mut baseline = probe.sequence.clone();
    baseline.ids[..example.baseline_ids.len()].clone_from_slice(&example.baseline_ids);
    let (from, words) = (probe.words(&baseline).unwrap(), probe.words(&probe.sequence).unwrap());
    let points: Vec<Vec<f64>> = (0..20)
        .map(|i| {
            let part = (f64::from(i) + 0.5) / 20.0;
            from.iter().zip(&words).map(|(a, b)| a + part * (b - a)).collect()
        })
        .collect();
    let grads = probe.gradients_at(&points).unwrap();
    let mean = |i: usize| grads.iter().map(|(_, g)| g[i]).sum::<f64>() / 20.0;
    (0..numbers).map(|i| mean(i) * (words[i] - from[i])).collect()
}

/// Not compared here: readings built on patterns.
const ELSEWHERE: [&str; 3] = ["rollout", "value_norm", "value_norm_heads"];

fn compare(name: &str) -> Vec<String> {
    let case = Case::open(name);
    assert!(case.decoder);
    let (single, double) = (case.model(Precision::F32), case.model(Precision::F64));
    let mut wrong = Vec::new();
    for example in &case.examples {
        let (by_single, by_double) = (found(example, &single), found(example, &double));
        for name in example.tensors().filter(|name| !ELSEWHERE.contains(name)) {
            let mut golden = example.get(name).unwrap();
            if name == "hidden" {
                // Its last is before the last norm, which the engine keeps no state of.
                golden = &golden[..by_double[name].len()];
            }
            let (coarse, fine) = (gap(&by_single[name], golden), gap(&by_double[name], golden));
            let place = format!("{} {} {name}", case.name, example.name);
            if coarse > 1e-4 {
                wrong.push(format!("{place}: f32 gap {coarse:e}"));
            }
            // Below 1e-13 both sides are at the last bits of f64.
            if fine > 1e-8 || fine > (1e-4 * coarse).max(1e-13) {
                wrong.push(format!("{place}: f64 gap {fine:e}, f32 gap {coarse:e}"));
            }
        }
    }
    wrong
}

#[test]
fn every_decoder_is_transformers_own() {
    let names = decoders();
    assert!(names.len() >= 30, "{names:?}");
    let wrong: Vec<String> = names.iter().flat_map(|name| compare(name)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What changes the computation and is not supported is named.
#[test]
fn what_is_not_computed_is_refused() {
    let case = Case::open("llama");
    let config: serde_json::Value = serde_json::from_slice(&case.config()).unwrap();
    let refused = |field: &str, value: serde_json::Value| {
        let mut config = config.clone();
        config[field] = value;
        let config = serde_json::to_vec(&config).unwrap();
        match Model::load(&config, &case.weights(), Precision::F32) {
            Err(ModelError::UnsupportedFeature { field, .. }) => field,
            other => panic!("{field}: {other:?}"),
        }
    };
    let rope = |kind: &str| serde_json::json!({ "rope_type": kind, "rope_theta": 1e4, "factor": 2.0 });
    assert_eq!(refused("rope_parameters", rope("proportional")), "rope_parameters.rope_type");
    let sections = serde_json::json!({ "rope_type": "default", "mrope_section": [1, 2] });
    assert_eq!(refused("rope_parameters", sections), "rope_parameters.mrope_section");
    assert_eq!(refused("partial_rotary_factor", 0.5.into()), "partial_rotary_factor");
    assert_eq!(refused("num_key_value_heads", 4.into()), "num_key_value_heads");
    assert_eq!(refused("sliding_window", 8.into()), "sliding_window");
    assert_eq!(refused("hidden_act", "softplus".into()), "hidden_act");
    assert_eq!(refused("quantization_config", serde_json::json!({ "bits": 4 })), "quantization_config");
}

/// A prompt of the trained decoder, and what transformers makes of it.
#[derive(Deserialize)]
struct Prompt {
    ids: Vec<u32>,
    decision: usize,
    predicted: usize,
    runner_up: usize,
    margin: f64,
    top_ids: Vec<usize>,
    top_logits: Vec<f64>,
    pattern_first: Vec<f64>,
    pattern_last: Vec<f64>,
    saliency: Vec<f64>,
    gradient_x_input: Vec<f64>,
    loo_attend: Vec<f64>,
}

#[derive(Deserialize)]
struct Trained {
    sha256: String,
    head: usize,
    examples: Vec<Prompt>,
}

/// A trained decoder, beside the repository where that is developed; any other run passes over it.
fn stories(precision: Precision) -> Option<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models/stories260k-llama");
    folder.join("model.safetensors").exists().then(|| load(&folder, precision))
}

fn sequence(model: &Model, ids: &[u32]) -> Sequence {
    Sequence::new(ids.to_vec(), vec![0; ids.len()], ids.len() - 1, model.spec().positions)
}

#[test]
fn a_trained_decoder_is_transformers_own() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/stories260k.json");
    let golden: Trained = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    for (precision, bound) in [(Precision::F32, 1e-4), (Precision::F64, 1e-8)] {
        let Some(model) = stories(precision) else { return };
        assert_eq!(model.sha256, golden.sha256);
        for prompt in &golden.examples {
            let text = sequence(&model, &prompt.ids);
            assert_eq!(text.decision, prompt.decision);
            let margin = Target::Margin { class: prompt.predicted, against: prompt.runner_up };
            let probe = Probe::new(&model, text.clone(), |_| margin).unwrap();
            let near = |what: &str, found: &[f64], golden: &[f64]| {
                let gap = gap(found, golden);
                assert!(gap < bound, "{what} of {:?} in {precision:?}: {gap:e}", prompt.ids);
            };
            near("margin", &[probe.value()], &[prompt.margin]);
            let top: Vec<f64> = prompt.top_ids.iter().map(|&id| probe.trace.logits[id]).collect();
            near("logits", &top, &prompt.top_logits);
            let size = text.len() * text.len();
            let head = |x: &Tensor| to_f64(x).unwrap()[golden.head * size..][..size].to_vec();
            near("pattern", &head(&probe.trace.patterns[0]), &prompt.pattern_first);
            near("pattern", &head(probe.trace.patterns.last().unwrap()), &prompt.pattern_last);
            let grad = probe.gradients(margin, Graph::Whole, Keep::Last).unwrap().words;
            let (words, width) = (probe.words(&text).unwrap(), model.spec().embedding);
            let norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
            near("saliency", &grad.chunks_exact(width).map(norm).collect::<Vec<_>>(), &prompt.saliency);
            let products: Vec<f64> = grad.iter().zip(&words).map(|(g, e)| g * e).collect();
            let products: Vec<f64> = products.chunks_exact(width).map(|row| row.iter().sum()).collect();
            near("gradient x input", &products, &prompt.gradient_x_input);
            let erased: Vec<Sequence> = (0..text.len()).map(|t| text.with_blocked(&[t])).collect();
            let effect = |z: &Vec<f64>| probe.value() - margin.value(z);
            let effects: Vec<f64> = probe.logits(&erased).unwrap().iter().map(effect).collect();
            near("leave-one-out", &effects, &prompt.loo_attend);
        }
    }
}

/// "Once upon a time, there was a little girl named" goes on "Lily. She loved to play outside".
#[test]
fn a_trained_decoder_tells_its_story() {
    let Some(model) = stories(Precision::F32) else { return };
    let mut ids: Vec<u32> = vec![1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395];
    let from = ids.len();
    for _ in 0..12 {
        let logits = model.logits(&[sequence(&model, &ids)]).unwrap().remove(0);
        ids.push((0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32);
    }
    assert_eq!(ids[from..], [317, 426, 338, 401, 396, 267, 337, 410, 408, 419, 292, 411]);
}
