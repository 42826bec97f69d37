//! What an audit computes of one token of a translation, against transformers on `fixtures/golden/translation.json`
//! (`fixtures/make/translation.py`): random encoder–decoders of five families, and a trained one.

use std::collections::BTreeMap;
use std::path::Path;

use attncheck::attribution::{
    Baseline, LeaveOneOut, MethodOptions, Scores, Shared, find, integrated_gradients_with, mixing,
};
use attncheck::erasure::Operator;
use attncheck::model::{Model, Precision, Probe, Sequence, Target};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::model::seq2seq::{folder, load};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    trained: Trained,
}

#[derive(Deserialize)]
struct Case {
    case: String,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    source: Vec<u32>,
    given: Vec<u32>,
    words: Vec<[usize; 2]>,
    prefix_words: Vec<[usize; 2]>,
    logits: Vec<f64>,
    class: usize,
    against: usize,
    target: f64,
    cross: Vec<Vec<Vec<f64>>>,
    encoder_alti: Vec<Vec<f64>>,
    raw: Vec<f64>,
    mean: Vec<f64>,
    value_norm: Vec<f64>,
    attention_x_gradient: Vec<f64>,
    attention_x_gradient_relu: Vec<f64>,
    contextual: Vec<f64>,
    rollout_source: Vec<f64>,
    altiplus_source: Vec<f64>,
    altiplus_prefix: Vec<f64>,
    saliency: Vec<f64>,
    gradient_x_input: Vec<f64>,
    cut_gradient: Vec<f64>,
    cut_gradient_x_input: Vec<f64>,
    integrated_gradients: Vec<f64>,
    leave_one_out: BTreeMap<String, Vec<f64>>,
    prefix_zero: Vec<f64>,
    swaps: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct Trained {
    model: String,
    sentences: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    source: Vec<u32>,
    labels: Vec<u32>,
    words: Vec<[usize; 2]>,
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    id: usize,
    row: usize,
    log_probability: f64,
    against: usize,
    target: f64,
    raw: Vec<f64>,
    mean: Vec<f64>,
    attend: Vec<f64>,
    gradient_x_input: Vec<f64>,
}

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/translation.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn subject<'m>(
    model: &'m Model,
    (source, given): (&[u32], &[u32]),
    words: &[[usize; 2]],
    (class, against, pad): (usize, usize, Option<u32>),
) -> Subject<'m> {
    let positions = model.reader().spec.positions;
    let sequence = Sequence::new(source.to_vec(), vec![0; source.len()], 0, positions).with_given(given);
    Subject {
        probe: Probe::new(model, sequence, |_| Target::Margin { class, against }).unwrap(),
        words: words.iter().map(|[from, to]| *from..*to).collect(),
        mask: None,
        pad,
        stream: Stream::new(0, ["a translation"]),
    }
}

fn options(baseline: Baseline) -> MethodOptions {
    MethodOptions { operator: Operator::Attend, baseline, path_steps: 96, random_orders: 20, coalitions: 512 }
}

fn scores(shared: &Shared<'_>, method: &str) -> Scores {
    find(method).unwrap().scores(shared).unwrap().unwrap().unwrap()
}

fn near(found: &[f64], golden: &[f64], bound: f64, what: &str) {
    assert_eq!(found.len(), golden.len(), "{what}");
    for (f, g) in found.iter().zip(golden) {
        assert!((f - g).abs() <= bound * g.abs().max(1.0), "{what}: {f} for {g}");
    }
}

#[test]
fn random_translators_are_transformers_own() {
    for Case { case, questions } in golden().cases {
        let translator = load(&folder(&case), Precision::F64);
        let (pad, model) = (Some(translator.pad), translator.model);
        for (at, q) in questions.iter().enumerate() {
            let what = |name: &str| format!("{case}, question {at}: {name}");
            let near = |found: &[f64], golden: &[f64], name: &str| near(found, golden, 1e-8, &what(name));
            let subject = subject(&model, (&q.source, &q.given), &q.words, (q.class, q.against, pad));
            let (probe, shared) = (&subject.probe, Shared::new(&subject, options(Baseline::Zero)));
            near(&probe.trace.logits, &q.logits, "logits");
            near(&[probe.value()], &[q.target], "target");
            near(&shared.attention().unwrap().rows.concat(), &q.cross.concat().concat(), "rows");
            let tokens = |method: &str| scores(&shared, method).tokens.unwrap();
            for (method, golden) in [
                ("raw", &q.raw),
                ("mean", &q.mean),
                ("value-norm", &q.value_norm),
                ("attention-x-gradient", &q.attention_x_gradient),
                ("attention-x-gradient-relu", &q.attention_x_gradient_relu),
                ("contextual", &q.contextual),
                ("rollout", &q.rollout_source),
                ("gradient-x-input", &q.gradient_x_input),
                ("cut-gradient-x-input", &q.cut_gradient_x_input),
            ] {
                near(&tokens(method), golden, method);
            }
            near(&scores(&shared, "saliency").words, &q.saliency, "saliency");
            near(&scores(&shared, "cut-gradient").words, &q.cut_gradient, "cut-gradient");
            let path = integrated_gradients_with(&shared, 300).unwrap().unwrap();
            near(&path.tokens.unwrap(), &q.integrated_gradients, "integrated gradients");
            let below = mixing::below_last(probe).unwrap().unwrap();
            let rows: Vec<f64> = (0..q.source.len()).flat_map(|token| below.row(token).to_vec()).collect();
            near(&rows, &q.encoder_alti.concat(), "mixing of the encoder");
            let origin = mixing::origin(probe, &below).unwrap().unwrap();
            near(&origin.source, &q.altiplus_source, "ALTI+ of the source");
            near(&origin.written, &q.altiplus_prefix, "ALTI+ of what was written");
            for (name, operator) in [
                ("delete", Operator::Delete),
                ("attend", Operator::Attend),
                ("zero", Operator::Zero),
                ("pad", Operator::Pad),
            ] {
                let Some(golden) = q.leave_one_out.get(name) else { continue };
                let found: LeaveOneOut = shared.leave_one_out(operator).unwrap().unwrap();
                near(&found.scores().unwrap().words, golden, name);
            }
            let zeroed = |word: &[usize; 2]| {
                let at: Vec<usize> = (word[0]..word[1]).collect();
                probe.sequence.with_given_zeroed(&at)
            };
            let sequences: Vec<Sequence> = q.prefix_words.iter().map(zeroed).collect();
            let value = |logits: &Vec<f64>| probe.value() - probe.target.value(logits);
            let found: Vec<f64> = probe.logits(&sequences).unwrap().iter().map(value).collect();
            near(&found, &q.prefix_zero, "words that were written");
            let (layers, s) = (probe.trace.patterns.len(), q.source.len());
            let made = |rows: usize, weight: &dyn Fn(usize) -> f64| {
                let heads = model.spec().heads.count;
                let all: Vec<f64> = (0..heads * rows).flat_map(|_| (0..s).map(weight)).collect();
                Tensor::from_vec(all, (1, heads, rows, s), &Device::Cpu)?.to_dtype(DType::F64)
            };
            let uniform = probe.swapped(&[layers - 1], 1, |_, _| made(1, &|_| 1.0 / s as f64)).unwrap();
            near(&uniform.concat(), &q.swaps["uniform_last"], "uniform");
            let all: Vec<usize> = (0..layers).collect();
            let rows = |layer: usize| if layer + 1 == layers { 1 } else { q.given.len() };
            let one = |at: usize| f64::from(u8::from(at == 1));
            let lone = probe.swapped(&all, 1, |_, layer| made(rows(layer), &one)).unwrap();
            near(&lone.concat(), &q.swaps["all_on_token_1"], "all on one");
        }
    }
}

#[test]
fn a_trained_translator_is_transformers_own() {
    let Trained { model, sentences } = golden().trained;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models").join(model);
    let translator = load(&folder, Precision::F64);
    let inputs: Vec<Vec<u32>> = sentences.iter().map(|one| translator.decoder_input(&one.labels)).collect();
    let model = translator.model;
    for (sentence, input) in sentences.iter().zip(inputs) {
        for token in &sentence.tokens {
            let what = |name: &str| format!("row {}: {name}", token.row);
            let given = &input[..=token.row];
            let subject =
                subject(&model, (&sentence.source, given), &sentence.words, (token.id, token.against, None));
            let (probe, shared) = (&subject.probe, Shared::new(&subject, options(Baseline::Zero)));
            let log_probability = Target::LogProbability(token.id).value(&probe.trace.logits);
            near(
                &[log_probability, probe.value()],
                &[token.log_probability, token.target],
                1e-8,
                &what("values"),
            );
            let tokens = |method: &str| scores(&shared, method).tokens.unwrap();
            near(&tokens("raw"), &token.raw, 1e-8, &what("raw"));
            near(&tokens("mean"), &token.mean, 1e-8, &what("mean"));
            near(&tokens("gradient-x-input"), &token.gradient_x_input, 1e-8, &what("gradient x input"));
            near(&scores(&shared, "loo").words, &token.attend, 1e-8, &what("leave-one-out"));
        }
    }
}
