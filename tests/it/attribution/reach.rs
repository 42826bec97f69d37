//! What is divided by the keys that a query sees: sinks, entropies, rollout above its mask; and massive activations.

use attncheck::attribution::{BRINGS, MassiveActivation, SINK, Sinks, massive};
use attncheck::heads::table;
use attncheck::model::probe::to_f64;

use super::*;
use crate::support::decoder;
use crate::support::golden;

/// The decoder's text cut to `t` tokens, with `rows` in the place of every head's pattern.
fn with_patterns<'m>(model: &'m Model, case: &golden::Case, rows: &[Vec<f64>]) -> Subject<'m> {
    let mut subject = decoder::subject(model, case);
    let t = rows.len();
    subject.probe.sequence.ids.truncate(t);
    subject.probe.sequence.types.truncate(t);
    subject.probe.sequence.places.truncate(t);
    subject.probe.sequence.decision = t - 1;
    subject.words = (0..t).map(|at| at..at + 1).collect();
    let spec = model.spec();
    let flat: Vec<f64> = rows.concat().repeat(spec.heads.count);
    let pattern = Tensor::from_vec(flat, (1, spec.heads.count, t, t), &Device::Cpu).unwrap();
    subject.probe.trace.patterns = vec![pattern; spec.layers];
    for values in &mut subject.probe.trace.values {
        *values = values.narrow(1, 0, t).unwrap();
    }
    subject
}

#[test]
fn what_a_key_receives_is_divided_by_the_queries_that_see_it() {
    let case = golden::Case::open("gpt2");
    let model = case.model(Precision::F64);
    let rows = [
        vec![1.0, 0.0, 0.0, 0.0],
        vec![0.5, 0.5, 0.0, 0.0],
        vec![0.8, 0.1, 0.1, 0.0],
        vec![0.6, 0.2, 0.1, 0.1],
    ];
    let text = with_patterns(&model, &case, &rows);
    let attention = Attention::of(&text.probe).unwrap();
    assert!(attention.bounded);
    // (1 + .5 + .8 + .6) / 4, (.5 + .1 + .2) / 3, (.1 + .1) / 2, .1
    close(&attention.received, &[0.725, 0.8 / 3.0, 0.1, 0.1], 1e-12, "received");
    // The first token is a sink whatever it brings; it draws the rows of all.
    assert_eq!(Sinks::of(&attention, &text.content()).positions, [0]);
    let two = Attention { received: vec![0.1, SINK + 0.1, 0.1, 0.1], ..attention.clone() };
    let brings = |share: f64| Attention { brought: vec![1.0, share, 1.0, 1.0], ..two.clone() };
    assert_eq!(Sinks::of(&brings(BRINGS + 0.1), &text.content()).positions, [0; 0]);
    assert_eq!(Sinks::of(&brings(BRINGS - 0.1), &text.content()).positions, [1]);

    let entropy = |row: &[f64]| row.iter().map(|p| -p * p.ln()).sum::<f64>() / (row.len() as f64).ln();
    let (third, last) = (entropy(&[0.8, 0.1, 0.1]), entropy(&[0.6, 0.2, 0.1, 0.1]));
    for head in table(&text, false).unwrap() {
        close(&head.received, &[0.725, 0.8 / 3.0, 0.1, 0.1], 1e-12, "a head's");
        assert_eq!(head.sink_tokens, [0]);
        close(&[head.decision_entropy.unwrap()], &[last], 1e-12, "decision entropy");
        // The first row sees one key, and has no entropy.
        close(&[head.mean_entropy.unwrap()], &[(1.0 + third + last) / 3.0], 1e-12, "mean entropy");
    }
}

#[test]
fn a_window_has_fewer_queries_for_every_key() {
    let case = golden::Case::open("mistral-window");
    let model = case.model(Precision::F64);
    // Even weights on the five keys of the window, fewer at the beginning.
    let row = |query: usize| -> Vec<f64> {
        let seen = query.saturating_sub(4)..query + 1;
        (0..7).map(|key| if seen.contains(&key) { 1.0 / seen.len() as f64 } else { 0.0 }).collect()
    };
    let rows: Vec<Vec<f64>> = (0..7).map(row).collect();
    let text = with_patterns(&model, &case, &rows);
    let found = Attention::of(&text.probe).unwrap().received;
    let beginning = [1.0, 0.5, 1.0 / 3.0, 0.25, 0.2];
    // Key 0 is seen by queries 0 to 4, key 1 by 1 to 5, the last by itself alone.
    let first = beginning.iter().sum::<f64>() / 5.0;
    let second = (beginning[1..].iter().sum::<f64>() + 0.2) / 5.0;
    close(&[found[0], found[1], found[5], found[6]], &[first, second, 0.2, 0.2], 1e-12, "received");
    for head in table(&text, false).unwrap() {
        close(&[head.mean_entropy.unwrap(), head.decision_entropy.unwrap()], &[1.0; 2], 1e-12, "entropy");
    }
    // Even attention is what the mask alone gives.
    let excess = scores(&shared(&text), "rollout-excess");
    close(&excess.tokens.unwrap(), &[0.0; 7], 1e-12, "rollout above even attention");
}

/// Against products of whole matrices, and the rollout that was written by numpy.
#[test]
fn rollout_is_told_above_that_of_its_mask() {
    for name in ["llama", "gpt2", "mistral-window", "gemma2", "gemma3", "phi3-window"] {
        let case = golden::Case::open(name);
        let model = case.model(Precision::F64);
        let text = decoder::subject(&model, &case);
        let t = text.tokens();
        let example = case.examples.iter().find(|example| example.name == "long").unwrap();
        let mut joint: Vec<f64> = (0..t * t).map(|at| if at % (t + 1) == 0 { 1.0 } else { 0.0 }).collect();
        for layer in 0..model.spec().layers {
            let reach = model.transformer.reach(layer);
            let weight = |query: usize, key: usize| {
                let seen = reach.seen(query, t);
                let own = if query == key { 0.5 } else { 0.0 };
                own + if seen.contains(&key) { 0.5 / seen.len() as f64 } else { 0.0 }
            };
            let entry = |at: usize| -> f64 {
                (0..t).map(|between| weight(at / t, between) * joint[between * t + at % t]).sum()
            };
            joint = (0..t * t).map(entry).collect();
        }
        let mask = &joint[(t - 1) * t..];
        let whole = example.get("rollout").unwrap();
        let expected: Vec<f64> = whole.iter().zip(mask).map(|(rollout, mask)| rollout - mask).collect();
        let found = scores(&shared(&text), "rollout-excess");
        assert!(!found.signed);
        let found = found.tokens.unwrap();
        close(&found, &expected, 1e-9, name);
        assert!(found.iter().sum::<f64>().abs() < 1e-9, "{name}");
        assert!(found.iter().any(|x| *x > 1e-3) && found.iter().any(|x| *x < -1e-3), "{name}");
    }
}

/// Where every query sees every key the words are ranked as by rollout: the mask gives each the same.
#[test]
fn without_a_mask_the_order_is_that_of_rollout() {
    let case = cases::case("sst2-tiny-s1");
    let model = case.model(Precision::F64);
    let subject = case.examples[1].subject(&model);
    let shared = shared(&subject);
    assert!(!shared.attention().unwrap().bounded);
    let (whole, above) = (scores(&shared, "rollout").words, scores(&shared, "rollout-excess").words);
    let shift = whole[0] - above[0];
    let each: Vec<f64> = above.iter().map(|score| score + shift).collect();
    close(&each, &whole, 1e-9, "rollout");
}

#[test]
fn a_sink_ranks_last_where_scores_may_be_below_0() {
    let case = golden::Case::open("gpt2");
    let model = case.model(Precision::F64);
    let mut text = decoder::subject(&model, &case);
    text.words = (0..text.tokens()).map(|at| at..at + 1).collect();
    let shared = shared(&text);
    let found = scores(&shared, "rollout-excess");
    let sink = (0..found.words.len()).max_by(|a, b| found.words[*a].total_cmp(&found.words[*b])).unwrap();
    let sinks =
        Sinks { tokens: (0..text.tokens()).map(|token| token == sink).collect(), positions: vec![sink] };
    let without = without_sinks(&text, &sinks, &found).unwrap().words;
    let least = without.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least < 0.0 && (without[sink] - least).abs() < 1e-15, "{without:?}");
}

#[test]
fn massive_activations_are_found_where_they_were_put() {
    let case = golden::Case::open("llama");
    let model = case.model(Precision::F64);
    let mut text = decoder::subject(&model, &case);
    assert!(massive(&text.probe).unwrap().is_empty(), "random weights have none");
    let (t, width) = (text.tokens(), model.spec().width);
    let mut put = |layer: usize, numbers: &[(usize, usize, f64)], rest: f64| {
        let mut states = vec![rest; t * width];
        for (token, dimension, value) in numbers {
            states[token * width + dimension] = *value;
        }
        text.probe.trace.hidden[layer] = Tensor::from_vec(states, (1, t, width), &Device::Cpu).unwrap();
    };
    // 99 is small; 150 is below a thousand times the median of the second layer.
    put(0, &[(0, 3, -1800.0), (4, 1, 99.0)], 0.01);
    put(1, &[(0, 3, 2500.0), (2, 5, 150.0), (6, 0, -601.0)], -0.6);
    let found = massive(&text.probe).unwrap();
    let expected = [
        MassiveActivation {
            token: 0,
            dimension: 3,
            layer: 1,
            value: 2500.0,
            median: 0.6,
            layers: 2,
            first: 0,
        },
        MassiveActivation {
            token: 6,
            dimension: 0,
            layer: 1,
            value: -601.0,
            median: 0.6,
            layers: 1,
            first: 1,
        },
    ];
    assert_eq!(found, expected);
    assert!(to_f64(&text.probe.trace.hidden[1]).unwrap().contains(&150.0));
}
