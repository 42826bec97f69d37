//! Attributions: against transformers, captum and networkx on every golden case, and their laws.

mod flow;
mod massive;
mod mixing;
mod path;
mod reach;
mod shapley;
mod translated;

use std::collections::HashMap;

use attncheck::attribution::{
    ALL, Attention, Baseline, ByDefault, Compute, MethodOptions, Role, Scores, Shared, Sinks, find,
    integrated_gradients_with, without_sinks,
};
use attncheck::erasure::{Analogue, Curves, Operator};
use attncheck::missing::Missing;
use attncheck::model::{Model, Precision};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use candle_core::{Device, Tensor};

use crate::support::cases::{self, Case, Example, close};

fn scores(shared: &Shared<'_>, method: &str) -> Scores {
    find(method).unwrap().scores(shared).unwrap().unwrap().unwrap()
}

fn shared<'s>(subject: &'s Subject<'s>) -> Shared<'s> {
    Shared::new(subject, MethodOptions::for_subject(subject))
}

/// Sums of rows of `width`.
fn row_sums(values: &[f64], width: usize) -> Vec<f64> {
    values.chunks_exact(width).map(|row| row.iter().sum()).collect()
}

fn norms(values: &[f64], width: usize) -> Vec<f64> {
    values.chunks_exact(width).map(|row| row.iter().map(|x| x * x).sum::<f64>().sqrt()).collect()
}

fn check_example(case: &Case, example: &Example, model: &Model) {
    let subject = example.subject(model);
    let shared = shared(&subject);
    let what = |name: &str| format!("{}/{}: {name}", case.name, example.name);
    let golden = |name: &str| case.tensor(example, name).unwrap();
    let (t, width) = (subject.tokens(), model.spec().embedding);
    if example.content.is_empty() {
        for method in ALL {
            if let Some(found) = method.scores(&shared) {
                assert_eq!(
                    found.unwrap(),
                    Err(Missing::TooFewWords { found: 0, needed: 1 }),
                    "{}",
                    method.name
                );
            }
        }
        return;
    }
    let tokens = |method: &str| scores(&shared, method).tokens.unwrap();
    for (method, expected) in [
        ("rollout", golden("rollout")),
        ("flow", golden("flow_normalised")),
        ("value-norm", golden("value_norm")),
        ("saliency", golden("saliency")),
        ("gradient-x-input", golden("gradient_x_input")),
        ("cut-gradient", norms(&golden("grad_margin_cut"), width)),
    ] {
        close(&tokens(method), &expected, example.tolerance(), &what(method));
    }
    let (patterns, gradients) = (golden("patterns"), golden("grad_patterns_margin"));
    let (layers, heads) = (model.spec().layers, model.spec().heads.count);
    let row =
        |of: &[f64], l: usize, h: usize| of[((l * heads + h) * t + example.decision) * t..][..t].to_vec();
    let mean = |make: &dyn Fn(usize, usize) -> Vec<f64>, layers: std::ops::Range<usize>| {
        let all: Vec<Vec<f64>> = layers.flat_map(|l| (0..heads).map(move |h| make(l, h))).collect();
        (0..t).map(|k| all.iter().map(|row| row[k]).sum::<f64>() / all.len() as f64).collect::<Vec<f64>>()
    };
    let product = |l, h| -> Vec<f64> {
        row(&patterns, l, h).iter().zip(row(&gradients, l, h)).map(|(a, g)| a * g).collect()
    };
    let relu = |l, h| product(l, h).into_iter().map(|x| x.max(0.0)).collect();
    let plain = |l, h| row(&patterns, l, h);
    for (method, expected) in [
        ("raw", mean(&plain, layers - 1..layers)),
        ("mean", mean(&plain, 0..layers)),
        ("attention-x-gradient", mean(&product, layers - 1..layers)),
        ("attention-x-gradient-relu", mean(&relu, layers - 1..layers)),
    ] {
        close(&tokens(method), &expected, example.tolerance(), &what(method));
    }
    let ig = integrated_gradients_with(&shared, 20).unwrap().unwrap();
    let expected = row_sums(&golden("ig_gausslegendre"), width);
    close(&ig.tokens.unwrap(), &expected, example.tolerance(), &what("integrated gradients"));
    for operator in Operator::ALL {
        let found = shared.leave_one_out(operator).unwrap().unwrap();
        let name = format!("loo_{}", operator.name());
        close(&found.target, &golden(&name), example.tolerance(), &what(&name));
    }
}

#[test]
fn every_method_agrees_with_the_reference_libraries() {
    let cases = cases::all();
    assert!(cases.len() > 20);
    for case in &cases {
        for example in &case.examples {
            check_example(case, example, &case.model(example.precision()));
        }
    }
}

#[test]
fn the_table_names_each_method_once_and_each_can_be_computed() {
    let case = cases::case("sst2-tiny-s1");
    let model = case.model(Precision::F32);
    let subject = case.examples[1].subject(&model);
    let shared = shared(&subject);
    for (i, method) in ALL.iter().enumerate() {
        assert!(ALL[..i].iter().all(|earlier| earlier.name != method.name), "{} twice", method.name);
        assert!(!method.meaning.is_empty() && !method.paper.is_empty() && !method.cost.is_empty());
        let found = match method.compute {
            Compute::Whole(_) => method.scores(&shared).unwrap(),
            Compute::PerHead(_) => {
                assert!(method.scores(&shared).is_none());
                let beyond = method.scores_of_head(&shared, 99, 0).unwrap().unwrap();
                assert!(matches!(beyond, Err(Missing::RestsOn { .. })));
                method.scores_of_head(&shared, 3, 1).unwrap()
            }
        };
        let found = found.unwrap().unwrap();
        assert_eq!(found.words.len(), subject.words.len());
        assert_eq!(found.special_mass.is_some(), method.role == Role::Reading, "{}", method.name);
        // What is told above what the mask gives may be below it.
        let bare = method.by_default == ByDefault::Everywhere;
        assert!(!bare || found.signed || found.words.iter().all(|score| *score >= 0.0), "{}", method.name);
    }
    assert!(find("no such method").is_none());
    for baseline in Baseline::ALL {
        assert_eq!(Baseline::named(baseline.name()), Some(baseline));
    }
}

#[test]
fn a_reading_is_a_distribution_and_its_masses_are_shares_of_it() {
    let case = cases::case("sst2-tiny-s1");
    let model = case.model(Precision::F64);
    for example in &case.examples {
        let subject = example.subject(&model);
        let shared = shared(&subject);
        for method in ["raw", "mean", "rollout", "flow"] {
            let found = scores(&shared, method);
            let content: f64 = found.words.iter().sum();
            let total: f64 = found.tokens.as_ref().unwrap().iter().sum();
            assert!(
                (total - 1.0).abs() < 1e-12 && (found.special_mass.unwrap() + content - 1.0).abs() < 1e-12
            );
            let removed = without_sinks(&subject, &shared.sinks().unwrap(), &found).unwrap();
            let left: f64 = removed.words.iter().sum();
            assert!((left - 1.0).abs() < 1e-12, "{method}");
            assert!(removed.special_mass.unwrap().abs() < 1e-15 && removed.sink_mass.unwrap().abs() < 1e-15);
        }
    }
}

#[test]
fn a_sink_receives_more_than_the_threshold_and_is_taken_out() {
    let attention = Attention {
        heads: 1,
        tokens: 4,
        queries: 4,
        rows: vec![vec![0.3, 0.5, 0.1, 0.1]],
        means: vec![vec![0.25; 16]],
        received: vec![0.3, 0.31, 0.2, 0.19],
        brought: vec![1.0, 0.2, 1.4, 1.4],
        bounded: false,
    };
    let sinks = Sinks::of(&attention, &[false, true, true, false]);
    assert_eq!(
        (sinks.positions.as_slice(), sinks.tokens.as_slice()),
        (&[1][..], &[false, true, false, false][..])
    );

    let case = cases::case("bert-relu");
    let model = case.model(Precision::F64);
    let mut subject = cases::subject(&model, &[2, 11, 12, 3], None, 0, cases::margin);
    subject.words = vec![1..2, 2..3];
    let reading = scores(&shared(&subject), "raw");
    let removed = without_sinks(&subject, &sinks, &reading).unwrap();
    assert_eq!(removed.words, [0.0, 1.0]);
    let all = Sinks { tokens: vec![true; 4], positions: (0..4).collect() };
    assert_eq!(without_sinks(&subject, &all, &reading), Err(Missing::Constant));
}

#[test]
fn pieces_of_a_word_are_summed_with_their_signs() {
    let case = cases::case("bert-gelu");
    let example = case.example("long");
    let model = case.model(Precision::F64);
    let (single, mut joined) = (example.subject(&model), example.subject(&model));
    joined.words = vec![1..3, 3..5];
    let (apart, together) = (shared(&single), shared(&joined));
    for method in ["raw", "gradient-x-input", "attention-x-gradient"] {
        let (apart, together) = (scores(&apart, method).tokens.unwrap(), scores(&together, method).words);
        close(&together, &[apart[1] + apart[2], apart[3] + apart[4]], 1e-12, method);
    }
    let gradients = case.tensor(example, "grad_margin").unwrap();
    let width = model.spec().embedding;
    let sum = |a: usize, b: usize| -> Vec<f64> {
        (0..width).map(|d| gradients[a * width + d] + gradients[b * width + d]).collect()
    };
    let expected = [norms(&sum(1, 2), width)[0], norms(&sum(3, 4), width)[0]];
    close(&scores(&together, "saliency").words, &expected, 1e-8, "saliency of words");
}

#[test]
fn the_random_control_depends_on_seed_and_text_alone() {
    let case = cases::case("bert-relu");
    let model = case.model(Precision::F32);
    let draw = |seed, text: &str| {
        let mut subject = case.example("long").subject(&model);
        subject.stream = Stream::new(seed, [text]);
        scores(&shared(&subject), "random").words
    };
    assert_eq!(draw(1, "a"), draw(1, "a"));
    assert_ne!(draw(1, "a"), draw(2, "a"));
    assert_ne!(draw(1, "a"), draw(1, "b"));
}

#[test]
fn what_cannot_be_computed_is_missing_with_its_reason() {
    let case = cases::case("bert-relu");
    let model = case.model(Precision::F32);
    let mut subject = case.example("short").subject(&model);
    (subject.mask, subject.pad) = (None, None);
    let no_mask = shared(&subject);
    assert_eq!(no_mask.options.operator, Operator::Attend);
    let ig = find("integrated-gradients").unwrap();
    assert_eq!(ig.scores(&no_mask).unwrap().unwrap(), Err(Missing::NoToken { token: "mask" }));
    let padded = Shared::new(
        &subject,
        MethodOptions { baseline: Baseline::Pad, operator: Operator::Pad, ..no_mask.options },
    );
    assert_eq!(ig.scores(&padded).unwrap().unwrap(), Err(Missing::NoToken { token: "padding" }));
    let loo = find("loo").unwrap();
    assert_eq!(loo.scores(&padded).unwrap().unwrap(), Err(Missing::NoToken { token: "padding" }));
    // A text of masks is its own baseline.
    let mut masks = cases::subject(&model, &[2, 4, 4, 3], None, 0, cases::margin);
    (masks.words, masks.mask) = (vec![1..2, 2..3], Some(4));
    assert_eq!(ig.scores(&shared(&masks)).unwrap().unwrap(), Err(Missing::Constant));
}

/// `case`'s model where every word but `word` has the mask's embedding, so that this word alone can decide.
fn decided_by(case: &Case, word: u32, mask: usize) -> Model {
    let folder = case.model_folder();
    let mut tensors: HashMap<String, Tensor> =
        candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
    let name = "bert.embeddings.word_embeddings.weight";
    let rows: Vec<Vec<f32>> = tensors[name].to_vec2().unwrap();
    let planted: Vec<f32> = (0..rows.len())
        .flat_map(|id| if id == word as usize { rows[id].clone() } else { rows[mask].clone() })
        .collect();
    let shape = tensors[name].shape().clone();
    tensors.insert(name.to_owned(), Tensor::from_vec(planted, shape, &Device::Cpu).unwrap());
    let made = tempfile::tempdir().unwrap();
    candle_core::safetensors::save(&tensors, made.path().join("model.safetensors")).unwrap();
    std::fs::copy(folder.join("config.json"), made.path().join("config.json")).unwrap();
    cases::load(made.path(), Precision::F64)
}

#[test]
fn the_word_that_decides_by_construction_is_the_only_one_with_a_score() {
    for name in ["bert-relu", "bert-gelu", "bert-seven-labels"] {
        let model = decided_by(&cases::case(name), 17, 4);
        for (at, ids) in [(2, [2, 9, 17, 11, 8, 3]), (4, [2, 9, 30, 11, 17, 3])] {
            let mut subject = cases::subject(&model, &ids, None, 0, cases::margin);
            subject.words = (1..5).map(|t| t..t + 1).collect();
            subject.mask = Some(4);
            let shared = shared(&subject);
            for method in ["loo", "integrated-gradients"] {
                let found = scores(&shared, method).words;
                for (word, score) in found.iter().enumerate() {
                    if word + 1 == at {
                        assert!(score.abs() > 1e-3, "{name}, {method}: {score}");
                    } else {
                        assert!(score.abs() < 1e-12, "{name}, {method}: {score}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_methods_share_is_run_once_and_the_whole_stays_in_its_budget() {
    let case = cases::case("sst2-tiny-s1");
    let model = case.model(Precision::F32);
    let ids: Vec<u32> = [2].into_iter().chain((0..25).map(|i| 500 + i * 37)).chain([3]).collect();
    let mut subject = cases::subject(&model, &ids, None, 0, cases::margin);
    subject.words = (1..26).map(|t| t..t + 1).collect();
    (subject.mask, subject.pad) = (Some(4), Some(0));
    let shared = shared(&subject);
    let spent = |method: &str| {
        let before = subject.probe.spent();
        scores(&shared, method);
        subject.probe.spent() - before
    };
    for free in ["raw", "mean", "rollout", "flow", "value-norm", "random"] {
        assert!(spent(free) <= 0.0, "{free}");
    }
    let gradient = spent("attention-x-gradient");
    assert!(gradient > 1.0 && gradient <= 2.0, "{gradient}");
    for shared in ["attention-x-gradient", "saliency", "gradient-x-input"] {
        assert!(spent(shared) <= 0.0, "{shared}");
    }
    assert!(spent("loo") <= 25.0 && spent("loo") <= 0.0 && spent("cut-gradient") <= 2.0);
    let readings: Vec<Scores> = ALL
        .iter()
        .filter(|method| method.role == Role::Reading)
        .filter_map(|method| Some(method.scores(&shared)?.unwrap().unwrap()))
        .flat_map(|found| [without_sinks(&subject, &shared.sinks().unwrap(), &found).unwrap(), found])
        .collect();
    let curves = Curves::new(shared.erased(Operator::Mask), 20).unwrap().unwrap();
    let words: Vec<&[f64]> = readings.iter().map(|found| found.words.as_slice()).collect();
    assert!(curves.evidence(&words, true).unwrap().iter().all(Result::is_ok));
    shared.erase_weights(Analogue::default()).unwrap().unwrap();
    assert!(subject.probe.spent() < 250.0, "{} passes", subject.probe.spent());
}
