//! Attention knockout: against torch, against blocked keys, and its null.

use super::*;

use attncheck::audit::protocol::Budget;
use attncheck::audit::{Effort, Findings, Plan, Protocol};
use attncheck::erasure::{KnockedRows, Knockout, knockout_window};
use attncheck::model::{Probe, Sequence, Target};
use attncheck::stats::seed::Stream;
use serde::Deserialize;

use crate::support::golden::Case;

/// Words cut off in a window of layers around each layer in turn, and what torch then computes.
#[derive(Deserialize)]
struct Golden {
    case: String,
    ids: Vec<u32>,
    types: Option<Vec<u32>>,
    decision: usize,
    keys: Vec<usize>,
    window: usize,
    rows: String,
    logits: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Goldens {
    knockouts: Vec<Golden>,
}

/// A text of which every token is a word.
fn every<'m>(model: &'m Model, (ids, types): (&[u32], Option<&[u32]>), decision: usize) -> Subject<'m> {
    let types = types.map_or_else(|| vec![0; ids.len()], <[u32]>::to_vec);
    let sequence = Sequence::new(ids.to_vec(), types, decision, model.spec().positions);
    let probe = Probe::new(model, sequence, |_| Target::Margin { class: 1, against: 0 }).unwrap();
    let words = (0..ids.len()).map(|token| token..token + 1).collect();
    Subject { probe, words, mask: None, pad: None, stream: Stream::new(3, ["text"]) }
}

/// By torch: `fixtures/make/causal.py`.
#[test]
fn knockouts_are_those_of_torch() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden/causal.json");
    let goldens: Goldens = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(goldens.knockouts.len(), 16);
    for golden in goldens.knockouts {
        for (precision, bound) in [(Precision::F32, 1e-4), (Precision::F64, 1e-8)] {
            let model = Case::open(&golden.case).model(precision);
            let text = every(&model, (&golden.ids, golden.types.as_deref()), golden.decision);
            let rows = if golden.rows == "every" { KnockedRows::Every } else { KnockedRows::Decision };
            assert_eq!(rows.name(), golden.rows);
            let from = (rows == KnockedRows::Decision).then_some(golden.decision);
            let knockout = Knockout::new(&text, rows, golden.window, 20).unwrap().unwrap();
            let changes = knockout.changes(std::slice::from_ref(&golden.keys)).unwrap().unwrap().remove(0);
            assert_eq!(changes.len(), golden.logits.len());
            for (middle, (expected, change)) in golden.logits.iter().zip(&changes).enumerate() {
                let half = golden.window / 2;
                let window = middle.saturating_sub(half)..(middle + half + 1).min(golden.logits.len());
                let found = text.probe.severed(&window, std::slice::from_ref(&golden.keys), from).unwrap();
                let gaps = found[0].iter().zip(expected).map(|(f, g)| (f - g).abs() / g.abs().max(1.0));
                let gap = gaps.fold(0.0, f64::max);
                let what = format!("{} {} {window:?} in {precision:?}", golden.case, golden.rows);
                assert!(gap < bound, "{what}: {gap:e}");
                let target = text.probe.target;
                let fall = target.value(&text.probe.trace.logits) - target.value(expected);
                assert!((change.target - fall).abs() < bound * fall.abs().max(10.0), "{what}");
            }
        }
    }
}

/// Where no later query sees a word in any layer, that is the word blocked.
#[test]
fn cut_in_every_layer_a_word_is_blocked() {
    for name in ["llama", "gpt2", "mistral-window", "gemma3", "phi-normed-tied"] {
        let model = Case::open(name).model(Precision::F64);
        let ids: Vec<u32> = (0..9).map(|i| 4 + (5 * i) % 20).collect();
        let text = every(&model, (&ids, None), ids.len() - 1);
        let keys = [vec![0], vec![2, 5], vec![8]];
        let found = text.probe.severed(&(0..model.spec().layers), &keys, None).unwrap();
        let blocked: Vec<Sequence> = keys.iter().map(|keys| text.probe.sequence.with_blocked(keys)).collect();
        for (found, expected) in found.iter().zip(text.probe.logits(&blocked).unwrap()) {
            close(found, &expected, 1e-9, name);
        }
        // The last word is seen by itself alone, which no cut changes.
        close(&found[2], &text.probe.trace.logits, 1e-9, name);
    }
}

#[test]
fn windows_are_a_fifth_of_the_layers_and_odd() {
    assert_eq!([1, 2, 6, 12, 15, 24, 48].map(knockout_window), [1, 1, 1, 3, 3, 5, 9]);
}

#[test]
fn a_knockout_is_told_above_random_words() {
    let model = model();
    let text = text(&model, 10);
    let knockout = Knockout::new(&text, KnockedRows::Decision, 3, 20).unwrap().unwrap();
    assert_eq!((knockout.words, knockout.window), (2, 3));
    let scores: Vec<f64> = (0..10).map(|word| f64::from((word * 7) % 10)).collect();
    let found = knockout.evidence(&scores).unwrap().unwrap();
    // The greatest are words 7 and 4.
    let own = knockout.changes(&[vec![7, 4]]).unwrap().unwrap().remove(0);
    assert_eq!(found.layers, own);
    let sets: Vec<Vec<usize>> = order::of_text(&text, 20).iter().map(|order| order[..2].to_vec()).collect();
    let random = knockout.changes(&sets).unwrap().unwrap();
    let over = |changes: &[Change]| changes.iter().map(|c| c.target).sum::<f64>() / changes.len() as f64;
    let all: Vec<f64> = random.iter().map(|changes| over(changes)).collect();
    let excess = over(&own) - all.iter().sum::<f64>() / 20.0;
    assert!((found.excess_target.mean - excess).abs() < 1e-9);
    let as_good = all.iter().filter(|other| **other >= over(&own)).count();
    assert!((found.excess_target.rank_p - (1 + as_good) as f64 / 21.0).abs() < 1e-12);
    for (layer, mean) in found.random.iter().enumerate() {
        let expected = random.iter().map(|changes| changes[layer].target).sum::<f64>() / 20.0;
        assert!((mean.target - expected).abs() < 1e-12);
    }
    let above = |layer: usize| found.layers[layer].target - found.random[layer].target;
    assert!((0..own.len()).all(|layer| above(layer) <= above(found.strongest)));
    assert!(own.iter().any(|change| change.target.abs() > 1e-3), "nothing was cut");
    assert_eq!(knockout.evidence(&[1.0; 10]).unwrap(), Err(Missing::Constant));
    assert_eq!(knockout.evidence(&[1.0; 3]).unwrap(), Err(Missing::TooFewWords { found: 3, needed: 10 }));
}

#[test]
fn a_knockout_does_not_depend_on_threads() {
    let model = cases::case("bert-gelu").model(Precision::F32);
    let text = text(&model, 9);
    let scores: Vec<f64> = (0..9).map(|word| f64::from((word * 5) % 9)).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let knockout = Knockout::new(&text, KnockedRows::Every, 1, 20).unwrap().unwrap();
            knockout.evidence(&scores).unwrap().unwrap()
        })
    };
    assert_eq!(run(1), run(3));
}

/// The choice goes from the plan to the report; where it is made, every effort runs it.
#[test]
fn whose_edges_are_cut_is_a_choice() {
    let model = cases::case("bert-seven-labels").model(Precision::F32);
    let subject = text(&model, 9);
    for (from, effort, runs, rows) in [
        (None, Effort::Quick, false, KnockedRows::Decision),
        (None, Effort::Thorough, true, KnockedRows::Decision),
        (Some(KnockedRows::Decision), Effort::Quick, true, KnockedRows::Decision),
        (Some(KnockedRows::Every), Effort::Quick, true, KnockedRows::Every),
        (Some(KnockedRows::Every), Effort::Thorough, true, KnockedRows::Every),
    ] {
        let plan = Plan { knockout_from: from, effort, ..Plan::of("texts".into()) };
        let planned = plan.protocol(true);
        assert_eq!((planned.budget.knockouts, planned.knockout_from), (if runs { 20 } else { 0 }, rows));
        let budget = Budget { knockouts: planned.budget.knockouts, ..Effort::Quick.budget() };
        let protocol = Protocol { budget, only: vec!["raw".to_owned(), "loo".to_owned()], ..planned };
        let found = Findings::of(&subject, &protocol, &|class| class.to_string()).unwrap();
        let raw = &found.readings[0];
        let told = &raw.erasure.value.as_ref().unwrap().knockout;
        assert_eq!(told.value.is_some(), runs, "{told:?}");
        let Some(told) = &told.value else { continue };
        assert_eq!(told.rows, rows.name());
        let own = Knockout::new(&subject, rows, told.window, 20).unwrap().unwrap();
        let own = own.evidence(&raw.scores.value.clone().unwrap()).unwrap().unwrap();
        let layers: Vec<f64> = own.layers.iter().map(|change| change.target).collect();
        let random: Vec<f64> = own.random.iter().map(|change| change.target).collect();
        assert_eq!((&told.layers, &told.random, told.p), (&layers, &random, own.excess_target.rank_p));
    }
}
