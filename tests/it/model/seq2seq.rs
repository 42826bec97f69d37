//! Encoder-decoders against transformers, on every golden of `fixtures/golden/seq2seq` (`fixtures/make/seq2seq.py`), and
//! a trained one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attncheck::model::probe::to_f64;
use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Graph, Model, ModelError, Precision, Sequence, Target, Translator};
use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::halves::{Both, both, words};

#[derive(Deserialize)]
struct Golden {
    examples: Vec<Example>,
}

#[derive(Deserialize)]
pub(super) struct Example {
    pub(super) name: String,
    pub(super) source: Vec<u32>,
    pub(super) given: Vec<u32>,
    pub(super) row: usize,
    pub(super) top: [usize; 2],
    /// By the number of beams.
    texts: BTreeMap<String, Vec<u32>>,
}

pub(super) const CASES: [&str; 8] =
    ["marian", "marian-separate", "bart", "mbart", "m2m_100", "pegasus", "t5", "t5-gated"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub fn folder(case: &str) -> PathBuf {
    fixture("golden/seq2seq").join(case)
}

pub fn load(folder: &std::path::Path, precision: Precision) -> Translator {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let weights = Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
    let generation = read("generation_config.json");
    Translator::load(&read("config.json"), Some(&generation), &weights, precision).unwrap()
}

pub(super) fn examples(case: &str) -> Vec<Example> {
    let bytes = std::fs::read(folder(case).join("golden.json")).unwrap();
    serde_json::from_slice::<Golden>(&bytes).unwrap().examples
}

pub(super) fn flat(all: &[Tensor]) -> Vec<f64> {
    all.iter().flat_map(|tensor| to_f64(tensor).unwrap()).collect()
}

fn target(example: &Example) -> Target {
    Target::Margin { class: example.top[0], against: example.top[1] }
}

/// Both halves from these word embeddings, in the places of the example's texts.
fn passed(model: &Model, example: &Example, words: [&Tensor; 2]) -> Both {
    let asked = (example.row, target(example), Graph::Whole);
    both(model, (&example.source, &example.given), words, asked)
}

/// The largest distance from the golden, by ratio where its entry is above 1.
pub(super) fn gap(found: &[f64], golden: &[f64]) -> f64 {
    assert_eq!(found.len(), golden.len());
    let gaps = found.iter().zip(golden).map(|(f, g)| (f - g).abs() / g.abs().max(1.0));
    gaps.fold(0.0, |a, b| if b.is_nan() { f64::INFINITY } else { f64::max(a, b) })
}

/// What the engine computes of one example, by the goldens' names.
fn found(translator: &Translator, example: &Example) -> Vec<(&'static str, Vec<f64>)> {
    let model = &translator.model;
    let sequence = translator.sequence(&example.source, &example.given);
    let trace = model.trace(&sequence).unwrap();
    let source = trace.source.as_ref().unwrap();
    let words = words(model, &example.source, &example.given);
    let at = passed(model, example, [&words[0], &words[1]]);
    let blocked: Vec<usize> = (0..example.source.len()).filter(|i| i % 2 == 1).collect();
    let everywhere = |sequence: &Sequence| model.logits_everywhere(sequence).unwrap().concat();
    // Of the last states a trace has those of the row that decides.
    let entered = &trace.hidden[..trace.hidden.len() - 1];
    let mut out = vec![
        ("logits", everywhere(&sequence)),
        ("encoder", flat(&source.patterns)),
        ("decoder", flat(&source.written)),
        ("cross", flat(&trace.patterns)),
        ("encoder_states", flat(&source.hidden)),
        ("decoder_states", [flat(entered), to_f64(&at.hidden).unwrap()].concat()),
        ("grad_source", to_f64(&at.words[0]).unwrap()),
        ("grad_target", to_f64(&at.words[1]).unwrap()),
        ("grad_encoder", flat(&at.encoder)),
        ("grad_decoder", flat(&at.decoder)),
        ("grad_cross", flat(&at.cross)),
        ("blocked", everywhere(&sequence.with_blocked(&blocked))),
    ];
    // A pattern's gradient where no query can look is of nothing.
    let tokens = example.given.len();
    for (i, g) in out[9].1.iter_mut().enumerate() {
        if i % tokens > i / tokens % tokens {
            *g = 0.0;
        }
    }
    out
}

#[test]
fn every_family_is_transformers_own() {
    let mut worst = [BTreeMap::<&str, f64>::new(), BTreeMap::new()];
    for case in CASES {
        let goldens =
            candle_core::safetensors::load(folder(case).join("golden.safetensors"), &Device::Cpu).unwrap();
        for (precision, worst) in [Precision::F32, Precision::F64].into_iter().zip(&mut worst) {
            let model = load(&folder(case), precision);
            for example in examples(case) {
                for (name, found) in found(&model, &example) {
                    let golden = goldens[&format!("{}.{name}", example.name)].flatten_all().unwrap();
                    let mut golden = to_f64(&golden).unwrap();
                    if name == "grad_decoder" {
                        let t = example.given.len();
                        golden
                            .iter_mut()
                            .enumerate()
                            .filter(|(i, _)| i % t > i / t % t)
                            .for_each(|(_, g)| *g = 0.0);
                    }
                    let gap = gap(&found, &golden);
                    let bound = if precision == Precision::F32 { 1e-4 } else { 1e-8 };
                    assert!(gap < bound, "{case}, {}, {name}, {precision:?}: {gap:e}", example.name);
                    let worst = worst.entry(name).or_default();
                    *worst = worst.max(gap);
                }
            }
        }
    }
    println!("{worst:?}");
    for (name, single) in &worst[0] {
        assert!(worst[1][name] < single * 1e-4, "{name}: f64 does not shrink {single:e} by four orders");
    }
}

#[test]
fn texts_are_written_token_for_token() {
    for case in CASES {
        let model = load(&folder(case), Precision::F64);
        for example in examples(case) {
            for (beams, text) in &example.texts {
                let search = model.search.with_beams(beams.parse().unwrap());
                let found = model.generate(&example.source, &search).unwrap();
                assert_eq!(&found, text, "{case}, {}, {beams} beams", example.name);
            }
        }
    }
}

/// Central differences of every tenth number of both sides' word embeddings.
#[test]
fn gradients_are_differences() {
    for case in ["marian-separate", "m2m_100", "bart", "t5"] {
        let model = load(&folder(case), Precision::F64).model;
        let example = &examples(case)[1];
        let words = words(&model, &example.source, &example.given);
        let at = passed(&model, example, [&words[0], &words[1]]);
        for (side, gradient) in at.words.iter().enumerate() {
            let numbers = to_f64(&words[side]).unwrap();
            let gradient = to_f64(gradient).unwrap();
            for i in (0..numbers.len()).step_by(10) {
                let value = |by: f64| {
                    let mut moved = numbers.clone();
                    moved[i] += by;
                    let moved = Tensor::from_vec(moved, words[side].shape(), &Device::Cpu).unwrap();
                    let both = if side == 0 { [&moved, &words[1]] } else { [&words[0], &moved] };
                    passed(&model, example, both).value
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                let gap = (slope - gradient[i]).abs() / gradient[i].abs().max(1.0);
                assert!(gap < 1e-7, "{case}, side {side}, {i}: {slope} and {}", gradient[i]);
            }
        }
    }
}

/// Sequences in one batch are the sequences one by one, whatever else stands in it.
#[test]
fn a_batch_is_its_cases() {
    let translator = load(&folder("mbart"), Precision::F64);
    let [short, long] = [&examples("mbart")[0], &examples("mbart")[1]];
    let plain = translator.sequence(&long.source, &long.given);
    let cases = [
        plain.with_blocked(&[2]),
        translator.sequence(&short.source, &short.given),
        plain.with_zeroed(&[0, 3]),
        plain.clone(),
        translator.sequence(&long.source, &[&long.given[..3], &[7, 8][..]].concat()),
    ];
    let together = translator.model.logits(&cases).unwrap();
    for (case, found) in cases.iter().zip(&together) {
        let alone = translator.model.logits(std::slice::from_ref(case)).unwrap();
        assert!(gap(found, &alone.concat()) < 1e-12, "{case:?}");
        let everywhere = translator.model.logits_everywhere(case).unwrap();
        assert!(gap(found, everywhere.last().unwrap()) < 1e-12, "{case:?}");
    }
    assert!(gap(&together[0], &together[3]) > 1e-3 && gap(&together[2], &together[3]) > 1e-3);
}

#[test]
fn a_trained_model_translates() {
    let model = load(&fixture("models/enfr-tatoeba-marian"), Precision::F32);
    let folder = fixture("models/enfr-tatoeba-marian");
    let vocabulary: BTreeMap<String, u32> =
        serde_json::from_slice(&std::fs::read(folder.join("vocab.json")).unwrap()).unwrap();
    let words = ["▁the", "▁children", "▁are", "▁playing", "▁in", "▁the", "▁garden", ".", "</s>"];
    let source: Vec<u32> = words.iter().filter_map(|word| vocabulary.get(*word).copied()).collect();
    assert_eq!(source.len(), words.len());
    let text = |beams: usize| {
        let ids = model.generate(&source, &model.search.with_beams(beams)).unwrap();
        let piece = |id: &u32| vocabulary.iter().find(|(_, other)| *other == id).unwrap().0.clone();
        ids.iter().map(piece).collect::<String>().replace('▁', " ")
    };
    assert_eq!(text(1), " les enfants jouent dans le jardin.</s>");
    assert_eq!(model.search.beams, 4);
}

/// Each kind of loader names what the folder is.
#[test]
fn the_other_kind_of_model() {
    let read = |folder: &PathBuf| std::fs::read(folder.join("config.json")).unwrap();
    let weights =
        |folder: &PathBuf| Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
    let translator = folder("bart");
    match Model::load(&read(&translator), &weights(&translator), Precision::F32) {
        Err(error @ ModelError::EncoderDecoder { .. }) => {
            assert!(error.to_string().contains("bart") && error.hint().unwrap().contains("align"));
        }
        other => panic!("{other:?}"),
    }
    let decoder = fixture("golden/decoders/llama");
    match Translator::load(&read(&decoder), None, &weights(&decoder), Precision::F32) {
        Err(error @ ModelError::NoDecoder { .. }) => {
            assert!(error.to_string().contains("llama") && error.hint().unwrap().contains("marian"));
        }
        other => panic!("{other:?}"),
    }
}

/// A search that is not done is an error when it is asked for, and not before.
#[test]
fn another_search() {
    let folder = folder("bart");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let weights = Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
    let example = &examples("bart")[1];
    for field in ["\"repetition_penalty\": 1.3", "\"do_sample\": true", "\"suppress_tokens\": [3]"] {
        let settings = format!("{{{field}}}");
        let settings = Some(settings.as_bytes());
        let model = Translator::load(&read("config.json"), settings, &weights, Precision::F32).unwrap();
        assert!(model.model.trace(&model.sequence(&example.source, &example.given)).is_ok());
        let error = model.generate(&example.source, &model.search).unwrap_err().to_string();
        assert!(error.contains(field.split('"').nth(1).unwrap()), "{error}");
    }
}
