//! What must hold of the forward pass whatever the weights are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Both, Edit, Point, Record, Replace, Site, Tap, Untapped};
use attncheck::model::{Model, Precision, Probe, Rows, Sequence, Target};
use candle_core::{Device, Tensor};
use proptest::prelude::*;

use crate::support::golden::{Case, names};

/// One of each shape: shared layers, projected embeddings, positions that depend on ids, several labels.
const CASES: [&str; 6] =
    ["bert-seven-labels", "albert-two-groups", "electra-projected", "roberta", "distilbert-gelu", "bert-mlm"];

fn sequence(model: &Model, ids: &[u32]) -> Sequence {
    Sequence::new(ids.to_vec(), vec![0; ids.len()], 0, model.spec().positions)
}

fn probe<'m>(model: &'m Model, ids: &[u32]) -> Probe<'m> {
    Probe::new(model, sequence(model, ids), |_| Target::Margin { class: 1, against: 0 }).unwrap()
}

fn models(precision: Precision) -> Vec<Model> {
    CASES.iter().map(|name| Case::open(name).model(precision)).collect()
}

fn ids() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(5u32..40, 1..10)
}

fn near(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "entry {i}: {a} and {b}");
    }
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The logits of a whole pass under a tap.
fn under(probe: &Probe, rows: Rows, tap: &mut dyn Tap) -> Vec<f64> {
    let hidden = probe.model.transformer.run(probe.state(0), rows, tap).unwrap();
    let decision = probe.sequence.decision;
    let read = if rows == Rows::All { hidden.narrow(1, decision, 1).unwrap() } else { hidden };
    to_f64(&probe.model.head.forward(&read).unwrap().logits).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn watching_changes_nothing(ids in ids()) {
        for model in models(Precision::F32) {
            let probe = probe(&model, &ids);
            let untapped = under(&probe, Rows::All, &mut Untapped);
            prop_assert_eq!(bits(&untapped), bits(&probe.trace.logits));
            let patterns = || probe.trace.patterns.iter().cloned().enumerate();
            let replaced = under(&probe, Rows::All, &mut Replace::patterns(patterns()));
            prop_assert_eq!(bits(&replaced), bits(&untapped), "replaced by what was recorded");
            let both = &mut Both(Record::of(&[Point::Pattern]), Replace::patterns(patterns()));
            prop_assert_eq!(bits(&under(&probe, Rows::All, both)), bits(&untapped));
            prop_assert_eq!(both.0.all(Point::Pattern).len(), model.spec().layers);
        }
    }

    #[test]
    fn rows_sum_to_one_and_blocked_keys_get_nothing(ids in ids(), pick in 0usize..100) {
        for model in models(Precision::F32) {
            let blocked = pick % ids.len();
            for (blocked, open) in [(vec![], ids.len()), (vec![blocked], ids.len() - 1)] {
                let sequence = sequence(&model, &ids).with_blocked(&blocked);
                for pattern in model.trace(&sequence).unwrap().patterns {
                    for row in to_f64(&pattern).unwrap().chunks_exact(ids.len()) {
                        let sum: f64 = row.iter().sum();
                        // Where no key is left a row is all zeros.
                        prop_assert!((sum - f64::from(u8::from(open > 0))).abs() < 1e-6);
                        prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)));
                        prop_assert!(blocked.iter().all(|&k| row[k].to_bits() == 0));
                    }
                }
            }
        }
    }

    #[test]
    fn one_row_of_the_last_layer_is_enough(ids in ids(), decision in 0usize..100) {
        for (model, tolerance) in models(Precision::F32).iter().zip([1e-5; 6])
            .chain(models(Precision::F64).iter().zip([1e-13; 6])) {
            let mut probe = probe(model, &ids);
            probe.sequence.decision = decision % ids.len();
            let all = under(&probe, Rows::All, &mut Untapped);
            let rows = Rows::Decision(probe.sequence.decision);
            near(&under(&probe, rows, &mut Untapped), &all, tolerance);
            // A whole pattern in the last layer does as well as its row.
            let patterns = probe.trace.patterns.iter().cloned().enumerate();
            near(&under(&probe, rows, &mut Replace::patterns(patterns)), &all, tolerance);
        }
    }

    #[test]
    fn a_pass_taken_up_again_is_the_whole_pass(ids in ids()) {
        for model in models(Precision::F32) {
            let probe = probe(&model, &ids);
            for layer in 0..=model.spec().layers {
                let hidden = model.transformer.run(probe.state(layer), Rows::All, &mut Untapped).unwrap();
                let top = &probe.trace.hidden[model.spec().layers];
                prop_assert_eq!(bits(&to_f64(&hidden).unwrap()), bits(&to_f64(top).unwrap()), "layer {}", layer);
            }
        }
    }

    #[test]
    fn a_batch_is_its_texts_alone(texts in prop::collection::vec(ids(), 1..12)) {
        for (precision, tolerance) in [(Precision::F32, 1e-5), (Precision::F64, 1e-13)] {
            for model in models(precision) {
                let mut batch: Vec<Sequence> = texts.iter().map(|ids| sequence(&model, ids)).collect();
                // Places, types, erasures and decision tokens differ inside one length.
                for (i, s) in batch.iter_mut().enumerate() {
                    let t = s.len();
                    s.decision = i % t;
                    if model.spec().types > 1 {
                        s.types[i % t] = 1;
                    }
                    *s = match i % 3 {
                        0 => s.with_blocked(&[(i + 1) % t]),
                        1 => s.with_zeroed(&[(i + 1) % t]),
                        _ => s.clone(),
                    };
                }
                let together = model.logits(&batch).unwrap();
                for (s, found) in batch.iter().zip(&together) {
                    near(found, &model.logits(std::slice::from_ref(s)).unwrap()[0], tolerance);
                    near(found, &model.trace(s).unwrap().logits, tolerance);
                }
            }
        }
    }
}

/// A random pattern for each of `count` passes, rows summing to 1.
fn random_patterns(count: usize, heads: usize, rows: usize, keys: usize) -> Tensor {
    let noise = Tensor::rand(0f32, 1f32, (count, heads, rows, keys), &Device::Cpu).unwrap();
    noise.broadcast_div(&noise.sum_keepdim(3).unwrap()).unwrap()
}

#[test]
fn swaps_are_whole_passes_with_patterns_replaced() {
    let ids = [2, 17, 39, 6, 22, 31, 3];
    for model in models(Precision::F32) {
        let probe = probe(&model, &ids);
        let (t, heads, last) = (ids.len(), model.spec().heads.count, model.spec().layers - 1);
        let mut sites: Vec<(Vec<usize>, usize)> = (0..=last).map(|layer| (vec![layer], t)).collect();
        sites.extend([(vec![last], 1), ((0..=last).collect(), t)]);
        for (layers, rows) in sites {
            // More passes than one chunk has where a pass is a row.
            let count = if rows == 1 { 600 } else { 5 };
            let made: Vec<(usize, Tensor)> =
                layers.iter().map(|&layer| (layer, random_patterns(count, heads, rows, t))).collect();
            let found = probe
                .swapped(&layers, count, |range| {
                    let part = |(layer, all): &(usize, Tensor)| {
                        Ok((*layer, all.narrow(0, range.start, range.len())?))
                    };
                    made.iter().map(part).collect()
                })
                .unwrap();
            for pass in [0, count / 2, count - 1] {
                let one = made.iter().map(|(layer, all)| (*layer, all.narrow(0, pass, 1).unwrap()));
                let rows = if rows == 1 { Rows::Decision(0) } else { Rows::All };
                near(&found[pass], &under(&probe, rows, &mut Replace::patterns(one)), 1e-5);
            }
        }
    }
}

#[test]
fn a_head_left_out_is_a_head_zeroed() {
    let ids = [2, 17, 39, 6, 22, 31, 3];
    for model in models(Precision::F32) {
        let probe = probe(&model, &ids);
        let heads = model.spec().heads;
        for layer in 0..model.spec().layers {
            let found = probe.without_heads(layer).unwrap();
            assert_eq!(found.len(), heads.count);
            for (head, found) in found.iter().enumerate() {
                // A head whose pattern is zero adds nothing either.
                let mut zeroed = Edit(|site: Site, tensor: Tensor| {
                    if site != (Site { layer, point: Point::Pattern }) {
                        return Ok(tensor);
                    }
                    let mut keep = vec![1f32; heads.count];
                    keep[head] = 0.0;
                    tensor.broadcast_mul(&Tensor::from_vec(keep, (1, heads.count, 1, 1), &Device::Cpu)?)
                });
                near(found, &under(&probe, Rows::All, &mut zeroed), 1e-5);
            }
        }
    }
}

#[test]
fn erased_tokens_stay_erased_in_everything_a_probe_computes() {
    for model in models(Precision::F64) {
        let base = sequence(&model, &[2, 17, 39, 6, 22, 31, 3]);
        // Of a blocked token nothing is seen, so its id may be any.
        let probes = [17, 30].map(|id| {
            let sequence = base.with_id(&[1], id).with_blocked(&[1]);
            Probe::new(&model, sequence, |_| Target::Margin { class: 1, against: 0 }).unwrap()
        });
        let [a, b] = probes.each_ref().map(|probe| {
            let mut numbers = probe.trace.logits.clone();
            for layer in 0..model.spec().layers {
                numbers.extend(probe.without_heads(layer).unwrap().concat());
            }
            let gradients = probe.gradients(probe.target, attncheck::model::Graph::Whole).unwrap();
            let width = model.spec().embedding;
            assert!(gradients.words[width..2 * width].iter().all(|g| *g == 0.0));
            numbers.extend(&gradients.words);
            numbers.push(probe.gradients_at(&[probe.words(&probe.sequence).unwrap()]).unwrap()[0].0);
            numbers
        });
        near(&a, &b, 1e-12);
    }
}

/// On texts long enough that products are split between threads.
#[test]
fn one_thread_and_eight_give_the_same_bits() {
    let model = crate::support::subject::plain();
    let ids: Vec<u32> = (0..96).map(|i| 100 + i * 7).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let compute = || {
            let probe = probe(&model, &ids);
            let mut numbers = probe.trace.logits.clone();
            let gradients = probe.gradients(probe.target, attncheck::model::Graph::Whole).unwrap();
            numbers.extend(gradients.words.iter().chain(&gradients.patterns.concat()));
            let erased: Vec<Sequence> = (1..95).map(|t| probe.sequence.with_id(&[t], 4)).collect();
            numbers.extend(probe.logits(&erased).unwrap().concat());
            numbers.extend(probe.without_heads(1).unwrap().concat());
            bits(&numbers)
        };
        // Inside a worker, and outside of any with the pool in charge.
        (pool.install(compute), compute())
    };
    let ((one, outside), (eight, _)) = (on(1), on(8));
    assert!(one == eight, "inside workers");
    assert!(one == outside, "inside and outside a worker");
}

#[test]
fn every_case_is_named() {
    assert!(CASES.iter().all(|case| names().iter().any(|name| name == case)));
}
