//! Laws that hold for every model, whatever its weights.

mod supplied;

use std::path::Path;

use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Both, Edit, Point, Record, Replace, Spot, Tap, Untapped};
use attncheck::model::{Graph, Keep, Model, Places, Precision, Probe, Rows, Sequence, State, Target};
use candle_core::{DType, Device, Tensor};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::support::cases::load;
use crate::support::golden::Case;

/// One of each family, with and without projection, shared layers, token types and a masked-word head; and decoders of every
/// kind of step.
const MODELS: [&str; 17] = [
    "bert-gelu",
    "roberta",
    "electra-projected",
    "distilbert-relu-sinusoidal",
    "albert-two-groups",
    "bert-mlm",
    "bert-one-label",
    "gpt2",
    "gpt2-classifier",
    "llama-biases-linear-tied",
    "mistral-window",
    "gpt_neox",
    "opt-projected-post-norm",
    "gemma2",
    "gemma3-classifier",
    "phi-normed-tied",
    "phi3-long-long",
];
/// How many of them are encoders.
const ENCODERS: usize = 7;

fn each(mut law: impl FnMut(&str, &Model, &Sequence)) {
    for name in MODELS {
        let case = Case::open(name);
        let model = case.model(Precision::F32);
        let longest = case.examples.iter().max_by_key(|e| e.ids.len()).unwrap();
        law(name, &model, &longest.sequence(&model));
    }
}

fn enter(model: &Model, sequence: &Sequence) -> State {
    let row = |xs: &[u32]| Tensor::new(xs, &Device::Cpu).unwrap();
    let words = model.transformer.words(&row(&sequence.ids).unsqueeze(0).unwrap()).unwrap();
    let blocked = (!sequence.blocked.is_empty()).then(|| {
        let marks: Vec<u8> = (0..sequence.len()).map(|t| u8::from(sequence.blocked.contains(&t))).collect();
        Tensor::from_vec(marks, (1, sequence.len()), &Device::Cpu).unwrap()
    });
    model.transformer.enter(&words, &row(&sequence.places), &row(&sequence.types), blocked).unwrap()
}

/// What the head says after a full pass with every row computed.
fn logits(model: &Model, sequence: &Sequence, tap: &mut dyn Tap) -> Vec<f64> {
    read(model, sequence, &model.transformer.run(enter(model, sequence), Rows::All, tap).unwrap())
}

fn read(model: &Model, sequence: &Sequence, hidden: &Tensor) -> Vec<f64> {
    let row = if hidden.dims()[1] == 1 { 0 } else { sequence.decision };
    to_f64(&model.readout.forward(&hidden.narrow(1, row, 1).unwrap()).unwrap().logits).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| x.to_bits()).collect()
}

#[track_caller]
fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {i} is {f}, expected {e}");
    }
}

fn margin(_: &[f64]) -> Target {
    Target::Margin { class: 1, against: 0 }
}

#[test]
fn recording_changes_no_bit() {
    each(|name, model, sequence| {
        let plain = logits(model, sequence, &mut Untapped);
        let mut tap = Both(Record::of(&[Point::Pattern, Point::Value, Point::Resid]), Untapped);
        assert_eq!(bits(&logits(model, sequence, &mut tap)), bits(&plain), "{name}");
        assert_eq!(bits(&model.trace(sequence).unwrap().logits), bits(&plain), "{name}");
        assert_eq!(tap.0.all(Point::Pattern).len(), model.spec().layers);
        assert_eq!(tap.0.all(Point::Resid).len(), model.spec().layers + 1);
    });
}

#[test]
fn replacing_by_the_recorded_changes_no_bit() {
    each(|name, model, sequence| {
        let trace = model.trace(sequence).unwrap();
        let mut tap = Replace::patterns(trace.patterns.iter().cloned().enumerate());
        assert_eq!(bits(&logits(model, sequence, &mut tap)), bits(&trace.logits), "{name}");
    });
}

#[test]
fn replacing_by_another_pattern_changes_the_logits() {
    each(|name, model, sequence| {
        let trace = model.trace(sequence).unwrap();
        let flat = (trace.patterns[0].zeros_like().unwrap() + 1.0 / sequence.len() as f64).unwrap();
        let swapped = logits(model, sequence, &mut Replace::patterns([(0, flat)]));
        let moved = swapped.iter().zip(&trace.logits).any(|(a, b)| (a - b).abs() > 1e-3);
        assert!(moved, "{name}: the replaced pattern was not used");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_sum_to_one_and_blocked_entries_are_zero(
        which in 0..ENCODERS,
        ids in proptest::collection::vec(5u32..20, 1..9),
        blocked in proptest::collection::vec(0usize..9, 0..4),
    ) {
        let model = Case::open(MODELS[which]).model(Precision::F32);
        let n = ids.len();
        let blocked: Vec<usize> = blocked.into_iter().filter(|&t| t > 0 && t < n).collect();
        let sequence = Sequence::new(ids, vec![0; n], 0, model.spec().positions).with_blocked(&blocked);
        let mut tap = Record::of(&[Point::Pattern]);
        logits(&model, &sequence, &mut tap);
        for pattern in tap.all(Point::Pattern) {
            for row in to_f64(&pattern).unwrap().chunks_exact(n) {
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6);
                for (k, &weight) in row.iter().enumerate() {
                    prop_assert!((0.0..=1.0 + 1e-6).contains(&weight));
                    prop_assert_eq!(weight.to_bits() == 0, blocked.contains(&k));
                }
            }
        }
    }
}

/// A decoder's tokens see what its reach lets them, and nothing that comes later changes an earlier row in any bit.
#[test]
fn no_query_sees_a_key_outside_its_reach() {
    for name in &MODELS[ENCODERS..] {
        let model = Case::open(name).model(Precision::F32);
        let vocabulary = model.spec().vocabulary as u32;
        let ids: Vec<u32> = (0..12).map(|i| 3 + (i * 5) % (vocabulary - 3)).collect();
        let t = ids.len();
        let sequence = Sequence::new(ids, vec![0; t], t - 1, model.spec().positions);
        let seen = |sequence: &Sequence| {
            let mut tap = Record::of(&[Point::Pattern, Point::Resid]);
            model.transformer.run(enter(&model, sequence), Rows::All, &mut tap).unwrap();
            tap
        };
        let whole = seen(&sequence);
        for (layer, pattern) in whole.all(Point::Pattern).iter().enumerate() {
            let reach = model.transformer.layers[layer].attention().unwrap().1.scoring.reach;
            for (row, weights) in to_f64(pattern).unwrap().chunks_exact(t).enumerate() {
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{name} layer {layer}");
                let sees = reach.seen(row % t, t);
                for (key, weight) in weights.iter().enumerate() {
                    assert_eq!(
                        weight.to_bits() != 0,
                        sees.contains(&key),
                        "{name} layer {layer} row {row} key {key}"
                    );
                }
            }
        }
        let other = seen(&sequence.with_id(&[t - 1], 4));
        for (was, found) in whole.all(Point::Resid).iter().zip(other.all(Point::Resid)) {
            let earlier = |x: &Tensor| bits(&to_f64(&x.narrow(1, 0, t - 1).unwrap()).unwrap());
            assert_eq!(earlier(was), earlier(&found), "{name}");
        }
        let logits = |text: &Sequence| model.logits(std::slice::from_ref(text)).unwrap().remove(0);
        assert_ne!(
            logits(&sequence),
            logits(&sequence.with_zeroed(&[t - 1])),
            "{name}: zeroing changed nothing"
        );
    }
}

/// A blocked token is seen by its own query alone: at the first place it would have no key else.
#[test]
fn a_decoders_blocked_token_is_seen_by_itself() {
    for name in &MODELS[ENCODERS..] {
        let model = Case::open(name).model(Precision::F32);
        let ids: Vec<u32> = (0..7).map(|i| 3 + i).collect();
        let t = ids.len();
        let sequence = Sequence::new(ids, vec![0; t], t - 1, model.spec().positions);
        for token in 0..t {
            let mut tap = Record::of(&[Point::Pattern]);
            model
                .transformer
                .run(enter(&model, &sequence.with_blocked(&[token])), Rows::All, &mut tap)
                .unwrap();
            for pattern in tap.all(Point::Pattern) {
                for (row, weights) in to_f64(&pattern).unwrap().chunks_exact(t).enumerate() {
                    assert_eq!(weights[token] > 0.0, row % t == token, "{name}: row {row}, token {token}");
                    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{name}");
                }
            }
        }
    }
}

#[test]
fn the_decision_row_alone_says_what_all_rows_say() {
    each(|name, model, sequence| {
        let rows = Rows::Decision(sequence.decision);
        let hidden = model.transformer.run(enter(model, sequence), rows, &mut Untapped).unwrap();
        assert_eq!(hidden.dims(), [1, 1, model.spec().width]);
        let all = logits(model, sequence, &mut Untapped);
        // Logits are sums whose parts are as large as the largest of them.
        let largest = all.iter().fold(1.0, |largest, logit| f64::max(largest, logit.abs()));
        close(&read(model, sequence, &hidden), &all, 1e-6 * largest, name);
    });
}

#[test]
fn a_pass_taken_up_at_any_layer_ends_the_same() {
    each(|name, model, sequence| {
        let trace = model.trace(sequence).unwrap();
        for (layer, hidden) in trace.hidden.iter().enumerate() {
            let places = Tensor::new(sequence.places.as_slice(), &Device::Cpu).unwrap();
            let (hidden, places) = (hidden.clone(), Places::new(&places, 1));
            let state = State { layer, hidden, blocked: None, places, before: None, memory: None };
            let top = model.transformer.run(state, Rows::All, &mut Untapped).unwrap();
            assert_eq!(bits(&read(model, sequence, &top)), bits(&trace.logits), "{name} layer {layer}");
        }
    });
}

#[test]
fn a_batch_says_what_each_says_alone() {
    each(|name, model, sequence| {
        let last = sequence.len() - 1;
        let texts: Vec<Sequence> = [
            sequence.clone(),
            sequence.with_id(&[last], 7),
            sequence.with_zeroed(&[last]),
            sequence.with_blocked(&[last]),
            sequence.without(&[last], model.spec().positions),
            sequence.with_id(&[0], 6).with_blocked(&[1]),
        ]
        .into();
        let together = model.logits(&texts).unwrap();
        for (i, text) in texts.iter().enumerate() {
            let alone = model.logits(std::slice::from_ref(text)).unwrap();
            close(&together[i], &alone[0], 1e-6, &format!("{name} {i}"));
        }
    });
}

/// Tokens that texts have in common are taken into the first layer once, and no text is the other for it.
#[test]
fn shared_tokens_change_no_bit() {
    each(|name, model, sequence| {
        let t = sequence.len();
        let mut texts: Vec<Sequence> = (0..t).map(|i| sequence.with_id(&[i], 7)).collect();
        texts.extend((0..t).map(|i| sequence.with_zeroed(&[i, t - 1 - i]).with_blocked(&[t - 1])));
        texts.extend((1..t).map(|i| sequence.without(&[i], model.spec().positions)));
        let together = model.logits(&texts).unwrap();
        for (i, text) in texts.iter().enumerate() {
            let alone = model.logits(std::slice::from_ref(text)).unwrap();
            assert_eq!(bits(&together[i]), bits(&alone[0]), "{name} {i}");
        }
    });
}

#[test]
fn the_observed_pass_has_every_pattern_of_a_whole_one() {
    each(|name, model, sequence| {
        let trace = model.trace(sequence).unwrap();
        let mut tap = Record::of(&[Point::Pattern, Point::Value]);
        let all = logits(model, sequence, &mut tap);
        assert_eq!(bits(&trace.logits), bits(&all), "{name}");
        let flat =
            |tensors: &[Tensor]| -> Vec<f64> { tensors.iter().flat_map(|t| to_f64(t).unwrap()).collect() };
        assert_eq!(bits(&flat(&trace.patterns)), bits(&flat(&tap.all(Point::Pattern))), "{name}");
        assert_eq!(bits(&flat(&trace.values)), bits(&flat(&tap.all(Point::Value))), "{name}");
        assert_eq!(trace.hidden.last().unwrap().dims(), [1, 1, model.spec().width]);
    });
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let on = |threads: usize, work: &(dyn Fn() -> Vec<f64> + Sync)| {
        ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    };
    each(|name, model, sequence| {
        let work = || {
            let probe = Probe::new(model, sequence.clone(), margin).unwrap();
            let gradients = probe.gradients(probe.target, Graph::Whole, Keep::Every).unwrap();
            let texts: Vec<Sequence> = (0..sequence.len()).map(|t| sequence.with_zeroed(&[t])).collect();
            let mut out = probe.logits(&texts).unwrap().concat();
            out.extend(&gradients.words);
            out.extend((0..gradients.patterns.len()).flat_map(|layer| gradients.pattern(layer).unwrap()));
            out
        };
        assert_eq!(bits(&on(1, &work)), bits(&on(4, &work)), "{name}");
    });
}

/// A long text's patterns are computed again in the reverse pass, unless somebody looked at them.
#[test]
fn patterns_computed_again_change_no_bit() {
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sst2-tiny-s1");
    for precision in [Precision::F32, Precision::F64] {
        let model = load(Path::new(tiny), precision);
        for (tokens, blocked) in [(250, &[][..]), (256, &[]), (300, &[17, 299])] {
            let ids = (0..tokens).map(|i| 5 + (i * 37) % 900).collect();
            let sequence = Sequence::new(ids, vec![0; tokens as usize], 0, model.spec().positions);
            let probe = Probe::new(&model, sequence.with_blocked(blocked), margin).unwrap();
            let kept = probe.gradients(probe.target, Graph::Whole, Keep::Last).unwrap().words;
            let point = probe.words(&probe.sequence).unwrap();
            let found = probe.gradients_at(&[point.clone(), point]).unwrap();
            for (_, words) in found {
                assert_eq!(bits(&words), bits(&kept), "{tokens} tokens");
            }
        }
    }
}
