//! Encoder-decoders against transformers, on every golden of `fixtures/golden/seq2seq` (`fixtures/make/seq2seq.py`), and
//! a trained one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attncheck::model::probe::to_f64;
use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::translate::{Asked, Case};
use attncheck::model::{Graph, Model, ModelError, Precision, Target, Translator};
use candle_core::{Device, Tensor};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    examples: Vec<Example>,
}

#[derive(Deserialize)]
pub(super) struct Example {
    name: String,
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

fn asked(example: &Example) -> Asked<'_> {
    let target = Target::Margin { class: example.top[0], against: example.top[1] };
    let (source, decoder_input) = (example.source.as_slice(), example.given.as_slice());
    Asked { source, decoder_input, row: example.row, target, graph: Graph::Whole }
}

/// The largest distance from the golden, by ratio where its entry is above 1.
pub(super) fn gap(found: &[f64], golden: &[f64]) -> f64 {
    assert_eq!(found.len(), golden.len());
    let gaps = found.iter().zip(golden).map(|(f, g)| (f - g).abs() / g.abs().max(1.0));
    gaps.fold(0.0, |a, b| if b.is_nan() { f64::INFINITY } else { f64::max(a, b) })
}

/// What the engine computes of one example, by the goldens' names.
fn found(model: &Translator, example: &Example) -> Vec<(&'static str, Vec<f64>)> {
    let forced = model.forced(&example.source, &example.given).unwrap();
    let at = model.gradients(&asked(example)).unwrap();
    let blocked = (0..example.source.len()).filter(|i| i % 2 == 1).collect();
    let case = Case { blocked, ..Case::new(&example.source, &example.given) };
    let mut out = vec![
        ("logits", to_f64(&forced.logits).unwrap()),
        ("encoder", flat(&forced.encoder)),
        ("decoder", flat(&forced.decoder)),
        ("cross", flat(&forced.cross)),
        ("encoder_states", flat(&forced.encoder_states)),
        ("decoder_states", flat(&forced.decoder_states)),
        ("grad_source", to_f64(&at.source).unwrap()),
        ("grad_target", to_f64(&at.target).unwrap()),
        ("grad_encoder", flat(&at.encoder)),
        ("grad_decoder", flat(&at.decoder)),
        ("grad_cross", flat(&at.cross)),
        ("blocked", flat(&model.logits(&[case]).unwrap())),
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

/// A pattern put in its own place changes nothing; another does what it does to the logits by the gradient, so far as that is
/// a straight line; a batch of passes is the passes one by one.
#[test]
fn swaps_resume_the_observed_pass() {
    for case in CASES {
        let model = load(&folder(case), Precision::F64);
        let example = &examples(case)[1];
        let forced = model.forced(&example.source, &example.given).unwrap();
        let at = model.gradients(&asked(example)).unwrap();
        let (layers, row) = (model.decoder.layers.len(), example.row);
        let observed = to_f64(&forced.logits.get(row).unwrap()).unwrap();
        let margin = |logits: &[f64]| logits[example.top[0]] - logits[example.top[1]];
        for layer in 0..layers {
            let (h, t, s) = forced.cross[layer].dims3().unwrap();
            let rows = if layer + 1 == layers { 1 } else { t };
            let of = |all: &Tensor| {
                let all = if rows == 1 { all.narrow(1, row, 1).unwrap() } else { all.clone() };
                all.contiguous().unwrap().unsqueeze(0).unwrap()
            };
            let step = 1e-6;
            let nudge: Vec<f64> = (0..h * t * s).map(|i| step * (i as f64 * 0.7).sin()).collect();
            let nudge = Tensor::from_vec(nudge, (h, t, s), &Device::Cpu).unwrap();
            let moved = [(&forced.cross[layer] + &nudge).unwrap(), (&forced.cross[layer] - &nudge).unwrap()];
            let passes = [of(&forced.cross[layer]), of(&moved[0]), of(&moved[1])];
            let found = model
                .swapped(&forced, (&example.given, row), &[layer], 3, |range, _| {
                    Tensor::cat(&passes[range], 0)
                })
                .unwrap();
            assert!(gap(&found[0], &observed) < 1e-12, "{case}, layer {layer}");
            let slope = (margin(&found[1]) - margin(&found[2])) / 2.0;
            let by_gradient: f64 = to_f64(&at.cross[layer])
                .unwrap()
                .iter()
                .zip(to_f64(&nudge).unwrap())
                .map(|(g, d)| g * d)
                .sum();
            let scale = step * flat(&at.cross[layer..=layer]).iter().map(|g| g.abs()).sum::<f64>().max(1e-3);
            assert!(
                (slope - by_gradient).abs() < 1e-5 * scale,
                "{case}, layer {layer}: {slope:e}, {by_gradient:e}"
            );
        }
    }
}

/// Central differences of every tenth number of both sides' word embeddings.
#[test]
fn gradients_are_differences() {
    for case in ["marian-separate", "m2m_100", "bart", "t5"] {
        let model = load(&folder(case), Precision::F64);
        let example = &examples(case)[1];
        let asked = asked(example);
        let words = model.words(&example.source, &example.given).unwrap();
        let at = model.gradients(&asked).unwrap();
        for (side, gradient) in [&at.source, &at.target].into_iter().enumerate() {
            let numbers = to_f64(&words[side]).unwrap();
            let gradient = to_f64(gradient).unwrap();
            for i in (0..numbers.len()).step_by(10) {
                let value = |by: f64| {
                    let mut moved = numbers.clone();
                    moved[i] += by;
                    let moved = Tensor::from_vec(moved, words[side].shape(), &Device::Cpu).unwrap();
                    let [source, target] = if side == 0 { [&moved, &words[1]] } else { [&words[0], &moved] };
                    model.gradients_at(&asked, source, target).unwrap().values[0]
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                let gap = (slope - gradient[i]).abs() / gradient[i].abs().max(1.0);
                assert!(gap < 1e-7, "{case}, side {side}, {i}: {slope} and {}", gradient[i]);
            }
        }
    }
}

/// Cases in one batch are the cases one by one, whatever else stands in it.
#[test]
fn a_batch_is_its_cases() {
    let model = load(&folder("mbart"), Precision::F64);
    let [short, long] = [&examples("mbart")[0], &examples("mbart")[1]];
    let plain = Case::new(&long.source, &long.given);
    let cases = vec![
        Case { blocked: vec![2], ..plain.clone() },
        Case::new(&short.source, &short.given),
        Case { zeroed: vec![0, 3], ..plain.clone() },
        plain.clone(),
        Case::new(&long.source, &[&long.given[..3], &[7, 8][..]].concat()),
    ];
    let together = model.logits(&cases).unwrap();
    for (case, found) in cases.iter().zip(&together) {
        let alone = model.logits(std::slice::from_ref(case)).unwrap();
        assert!(gap(&to_f64(found).unwrap(), &flat(&alone)) < 1e-12, "{case:?}");
        let row = case.decoder_input.len() - 1;
        let at = model.logits_at(std::slice::from_ref(case), row).unwrap();
        assert!(gap(&at[0], &to_f64(&found.get(row).unwrap()).unwrap()) < 1e-12, "{case:?}");
    }
    let numbers = |i: usize| to_f64(&together[i]).unwrap();
    assert!(gap(&numbers(0), &numbers(3)) > 1e-3 && gap(&numbers(2), &numbers(3)) > 1e-3);
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
        assert!(model.forced(&example.source, &example.given).is_ok());
        let error = model.generate(&example.source, &model.search).unwrap_err().to_string();
        assert!(error.contains(field.split('"').nth(1).unwrap()), "{error}");
    }
}
