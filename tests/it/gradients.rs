//! The reverse pass against central differences in f64, for every family, activation and head.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use attncheck::model::probe::to_f64;
use attncheck::model::tap::Replace;
use attncheck::model::{Graph, Precision, Probe, Rows, Target};
use candle_core::{Device, Tensor};

use crate::support::golden::{Case, Example, names};

const STEP: f64 = 1e-5;

fn cases() -> impl Iterator<Item = Case> {
    // The trained model is large and has no shape of its own.
    names().into_iter().filter(|name| name != "sst2-tiny-s1").map(|name| Case::open(&name))
}

fn longest(case: &Case) -> &Example {
    case.examples.iter().max_by_key(|e| e.ids.len()).unwrap()
}

fn close(found: f64, difference: f64, place: &str) {
    assert!(
        (found - difference).abs() <= 2e-7 * difference.abs().max(1.0),
        "{place}: {found}, not {difference}"
    );
}

#[test]
fn at_embeddings_and_on_the_way() {
    for case in cases() {
        let (model, example) = (case.model(Precision::F64), longest(&case));
        let class = example.class();
        for target in [example.margin(), Target::Probability(class), Target::LogProbability(class)] {
            let probe = Probe::new(&model, example.sequence(&model), |_| target).unwrap();
            let words = probe.words(&probe.sequence).unwrap();
            let gradients = probe.gradients(target, Graph::Whole).unwrap();
            let places: Vec<usize> = (0..words.len()).step_by(words.len() / 11 + 1).collect();
            let shifted = places.iter().flat_map(|&i| {
                [STEP, -STEP].map(|step| {
                    let mut point = words.clone();
                    point[i] += step;
                    point
                })
            });
            let found = probe.gradients_at(&shifted.collect::<Vec<_>>()).unwrap();
            for (pair, &i) in found.chunks_exact(2).zip(&places) {
                let difference = (pair[0].0 - pair[1].0) / (2.0 * STEP);
                close(gradients.words[i], difference, &format!("{} {target:?} word entry {i}", case.name));
            }
            let here = &probe.gradients_at(&[words]).unwrap()[0];
            close(here.0, probe.value(), &case.name);
            for (a, b) in here.1.iter().zip(&gradients.words) {
                close(*a, *b, "one row and all rows");
            }
        }
    }
}

/// The target of a whole pass with one pattern entry moved.
fn moved(probe: &Probe, layer: usize, entry: usize, step: f64, cut: bool) -> f64 {
    let mut patterns: Vec<(usize, Tensor)> = Vec::new();
    for (l, pattern) in probe.trace.patterns.iter().enumerate() {
        if l == layer {
            let mut numbers = to_f64(pattern).unwrap();
            numbers[entry] += step;
            patterns.push((l, Tensor::from_vec(numbers, pattern.shape(), &Device::Cpu).unwrap()));
        } else if cut {
            patterns.push((l, pattern.clone()));
        }
    }
    let rows = Rows::Decision(probe.sequence.decision);
    let transformer = &probe.model.transformer;
    let hidden = transformer.run(probe.state(0), rows, &mut Replace::patterns(patterns)).unwrap();
    probe.target.value(&to_f64(&probe.model.head.forward(&hidden).unwrap().logits).unwrap())
}

#[test]
fn at_every_pattern() {
    for case in cases() {
        let (model, example) = (case.model(Precision::F64), longest(&case));
        let probe = Probe::new(&model, example.sequence(&model), |_| example.margin()).unwrap();
        for (graph, cut) in [(Graph::Whole, false), (Graph::CutAtAttention, true)] {
            let gradients = probe.gradients(probe.target, graph).unwrap();
            assert_eq!(gradients.patterns.len(), model.spec().layers);
            for (layer, gradient) in gradients.patterns.iter().enumerate() {
                for entry in (0..gradient.len()).step_by(gradient.len() / 9 + 1) {
                    let [up, down] = [STEP, -STEP].map(|step| moved(&probe, layer, entry, step, cut));
                    let place = format!("{} {graph:?} layer {layer} entry {entry}", case.name);
                    close(gradient[entry], (up - down) / (2.0 * STEP), &place);
                }
            }
        }
    }
}

#[test]
fn at_many_rows_of_the_last_layer() {
    for case in cases() {
        let (model, example) = (case.model(Precision::F64), longest(&case));
        let probe = Probe::new(&model, example.sequence(&model), |_| example.margin()).unwrap();
        let (t, heads, last) = (example.ids.len(), model.spec().heads.count, model.spec().layers - 1);
        for count in [1, 3] {
            let noise = Tensor::rand(0f64, 1f64, (count, heads, 1, t), &Device::Cpu).unwrap();
            let gradient = |_: usize, z: &[f64]| probe.target.gradient(z);
            let (logits, found) = probe.row_gradients(noise.clone(), gradient).unwrap();
            assert_eq!(found.dims(), noise.dims());
            let (found, numbers) = (to_f64(&found).unwrap(), to_f64(&noise).unwrap());
            let value = |pass: usize, entry: usize, step: f64| {
                let mut numbers = numbers.clone();
                numbers[entry] += step;
                let all = Tensor::from_vec(numbers, noise.shape(), &Device::Cpu).unwrap();
                let of = |r: std::ops::Range<usize>| Ok(vec![(last, all.narrow(0, r.start, r.len())?)]);
                probe.target.value(&probe.swapped(&[last], count, of).unwrap()[pass])
            };
            for entry in (0..found.len()).step_by(found.len() / 13 + 1) {
                let pass = entry / (heads * t);
                close(probe.target.value(&logits[pass]), value(pass, entry, 0.0), &case.name);
                let difference = (value(pass, entry, STEP) - value(pass, entry, -STEP)) / (2.0 * STEP);
                close(found[entry], difference, &format!("{} entry {entry}", case.name));
            }
        }
    }
}
