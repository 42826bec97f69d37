//! What a GPU runs, run on the CPU: every pass an audit makes, through the composed forms and in a GPU's batches,
//! against the same passes through the kernels.

use std::path::{Path, PathBuf};

use candle_core::Tensor;

use super::kernels::composed_only;
use super::probe::to_f64;
use super::source::{WeightFile, Weights};
use super::tap::Untapped;
use super::{Graph, Keep, Model, Precision, Probe, Sequence, Target};
use crate::attribution::{ALL, Baseline, Compute, MethodOptions, Shared};
use crate::erasure::{Analogue, Operator};
use crate::missing::Missing;
use crate::stats::seed::Stream;
use crate::subject::Subject;
use crate::swap::{self, PlainSwap, Site, Specials, SwapOptions};

/// What was computed, and its numbers.
type Numbers = Vec<(String, Vec<f64>)>;

const T: usize = 10;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let golden = ["golden/models", "golden/decoders"].map(|kind| std::fs::read_dir(root.join(kind)).unwrap());
    let mut all: Vec<PathBuf> = golden.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    all.retain(|folder| folder.join("model.safetensors").exists());
    all.sort();
    all.push(root.join("models/sst2-tiny-s1"));
    all
}

fn load(folder: &Path, precision: Precision) -> Model {
    let bytes = std::fs::read(folder.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    // Where it asks for what is refused; it changes no logit.
    config.as_object_mut().unwrap().remove("problem_type");
    let weights = Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
    Model::load(&serde_json::to_vec(&config).unwrap(), &weights, precision).unwrap()
}

fn sequence(model: &Model) -> Sequence {
    let spec = model.spec();
    let ids: Vec<u32> = (0..T).map(|i| ((7 + 13 * i * i) % spec.vocabulary) as u32).collect();
    let types = (0..T).map(|i| u32::from(spec.types > 1 && i > T / 2)).collect();
    let decision = model.readout.at.of(&ids).unwrap_or(0);
    Sequence::new(ids, types, decision, spec.positions)
}

fn subject(model: &Model) -> Subject<'_> {
    let probe = Probe::new(model, sequence(model), |_| Target::Margin { class: 1, against: 0 }).unwrap();
    let words = vec![1..2, 2..4, 4..5, 5..6, 6..7, 7..8, 8..9];
    Subject { probe, words, mask: Some(3), pad: Some(1), stream: Stream::new(5, ["text"]) }
}

fn flat(tensors: &[Tensor]) -> Vec<f64> {
    tensors.iter().flat_map(|tensor| to_f64(tensor).unwrap()).collect()
}

/// Every pass of the engine that an audit asks for.
fn passes(model: &Model) -> Numbers {
    let subject = subject(model);
    let probe = &subject.probe;
    let spec = model.spec();
    let mut all: Numbers = Vec::new();
    let mut say = |what: String, numbers: Vec<f64>| all.push((what, numbers));
    say("patterns".into(), flat(&probe.trace.patterns));
    say("values".into(), flat(&probe.trace.values));
    say("states".into(), flat(&probe.trace.hidden));
    say("logits".into(), probe.trace.logits.clone());
    say("logits everywhere".into(), model.logits_everywhere(&probe.sequence).unwrap().concat());
    for graph in [Graph::Whole, Graph::CutAtAttention] {
        let found = probe.gradients(probe.target, graph, Keep::Every).unwrap();
        say(format!("gradient at words, {graph:?}"), found.words);
        say(format!("gradient at patterns, {graph:?}"), flat(&found.patterns));
    }
    let words = probe.words(&probe.sequence).unwrap();
    let path: Vec<Vec<f64>> =
        [0.25, 0.5, 1.0].iter().map(|a| words.iter().map(|x| a * x).collect()).collect();
    for (value, slope) in probe.gradients_at(&path).unwrap() {
        say("value on a path".into(), vec![value]);
        say("gradient on a path".into(), slope);
    }
    let s = &probe.sequence;
    let mut erased: Vec<Sequence> = (1..T).map(|t| s.with_id(&[t], 3)).collect();
    erased.extend((1..T).map(|t| s.with_blocked(&[t])));
    erased.extend((1..T).map(|t| s.with_zeroed(&[t, T - t])));
    erased.extend((1..T).map(|t| s.without(&[t], spec.positions)));
    // A row that may attend to nothing.
    erased.push(s.with_blocked(&(0..T).collect::<Vec<_>>()));
    say("logits without words".into(), probe.logits(&erased).unwrap().concat());
    let blocked = Probe::new(model, s.with_blocked(&[2, 5]), |_| probe.target).unwrap();
    say(
        "gradient with blocked keys".into(),
        blocked.gradients(probe.target, Graph::Whole, Keep::Last).unwrap().words,
    );
    for layer in 0..spec.layers {
        say(format!("without heads of {layer}"), probe.without_heads(layer).unwrap().concat());
    }
    for site in [Site::Row, Site::Layer(0), Site::Layer(spec.layers - 1), Site::All] {
        for swap in [PlainSwap::Uniform, PlainSwap::OneHot(2)] {
            let patterns = match swap::patterns(&subject, site, Specials::Keep, swap).unwrap() {
                // A window may hold fewer words.
                Err(Missing::TooFewWords { .. }) if site != Site::All => continue,
                patterns => patterns.unwrap(),
            };
            let layers: Vec<usize> = patterns.iter().map(|(layer, _)| *layer).collect();
            let one = |range: std::ops::Range<usize>, layer| {
                let (_, p) = patterns.iter().find(|(at, _)| *at == layer).unwrap();
                Tensor::cat(&vec![p; range.len()], 0)
            };
            say(format!("logits, {swap:?} at {site}"), probe.swapped(&layers, 3, one).unwrap().concat());
            let copies = layers.iter().map(|&layer| (layer, one(0..3, layer).unwrap())).collect();
            let at = |_, logits: &[f64]| probe.target.gradient(logits);
            let (logits, gradients) = probe.pattern_gradients(copies, at).unwrap();
            say(format!("logits of the tape, {swap:?} at {site}"), logits.concat());
            say(format!("gradient at swapped patterns, {swap:?} at {site}"), flat(&gradients));
        }
    }
    all
}

/// What methods, swaps and erasure make of them.
fn methods(model: &Model) -> Numbers {
    let subject = subject(model);
    let options = MethodOptions {
        operator: Operator::Mask,
        baseline: Baseline::Zero,
        path_steps: 8,
        random_orders: 20,
        coalitions: 64,
    };
    let shared = Shared::new(&subject, options);
    let mut all: Numbers = Vec::new();
    for method in ALL {
        let found = match method.compute {
            Compute::Whole(compute) => compute(&shared),
            Compute::PerHead(compute) => compute(&shared, 0, 1),
        };
        let numbers = found.unwrap().map_or_else(|_| Vec::new(), |scores| scores.words);
        all.push((method.name.to_owned(), numbers));
    }
    let erased = shared.erase_weights(Analogue::Renormalise).unwrap().unwrap();
    all.push(("erased weights".to_owned(), vec![erased.top_jsd, erased.random_jsd]));
    let options = SwapOptions { permutations: 5, steps: 5, epsilon: 0.0, ..SwapOptions::default() };
    for site in [Site::Row, Site::All] {
        let found = swap::swap(&subject, site, &options).unwrap().unwrap();
        all.push((
            format!("swaps at {site}"),
            [vec![found.leverage.tvd, found.uniform_tvd], found.map].concat(),
        ));
    }
    all
}

fn compare(precision: Precision, tolerance: f64, numbers: fn(&Model) -> Numbers) {
    // Norms before and within, and caps, grow what f32 rounds: of decoders f64 tells, four orders closer.
    let is_told = |folder: &PathBuf| {
        precision == Precision::F64 || !folder.parent().is_some_and(|kind| kind.ends_with("decoders"))
    };
    for folder in folders().into_iter().filter(is_told) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let fused = numbers(&load(&folder, precision));
        let composed = composed_only(|| numbers(&load(&folder, precision)));
        assert_eq!(fused.len(), composed.len());
        for ((what, a), (_, b)) in fused.iter().zip(&composed) {
            assert_eq!(a.len(), b.len(), "{name}: {what}");
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                let far = (a - b).abs() / a.abs().max(1.0);
                assert!(far <= tolerance, "{name}: {what}, entry {i}: {b}, not {a}");
            }
        }
    }
}

#[test]
fn composed_passes_agree_in_f32() {
    compare(Precision::F32, 1e-5, passes);
}

#[test]
fn composed_passes_agree_in_f64() {
    compare(Precision::F64, 1e-10, passes);
}

#[test]
fn methods_do_not_depend_on_where_the_model_runs() {
    compare(Precision::F64, 1e-10, methods);
}

/// What the observed pass knew changes no bit of its gradients.
#[test]
fn gradients_are_those_of_a_pass_that_knows_nothing() {
    for folder in folders() {
        let model = load(&folder, Precision::F32);
        let probe = Probe::new(&model, sequence(&model).with_blocked(&[3]), |_| Target::Logit(1)).unwrap();
        let words = model.words(std::slice::from_ref(&probe.sequence)).unwrap();
        for graph in [Graph::Whole, Graph::CutAtAttention] {
            let what = (graph, Keep::Every);
            let plain =
                model.differentiate(&words, &probe.sequence, probe.target, what, &mut Untapped).unwrap();
            let found = probe.gradients(probe.target, graph, Keep::Every).unwrap();
            let last = probe.gradients(probe.target, graph, Keep::Last).unwrap();
            assert_eq!(found.words, to_f64(&plain.words).unwrap(), "{}", folder.display());
            assert_eq!(flat(&found.patterns), flat(&plain.patterns), "{}", folder.display());
            assert_eq!(
                (last.words, flat(&last.patterns)),
                (found.words, flat(&found.patterns[model.spec().layers - 1..]))
            );
        }
    }
}

#[test]
fn the_two_are_not_the_same_code() {
    let folder = folders().pop().unwrap();
    let states = || {
        let model = load(&folder, Precision::F32);
        flat(&model.trace(&sequence(&model)).unwrap().hidden)
    };
    let fused = states();
    assert_eq!(fused, states());
    // Sums in another order; equal bits would mean that the comparisons above compare nothing.
    assert_ne!(fused, composed_only(states));
}
