//! Massive activations taken out: against a pass that is edited by hand, and beside usual numbers.

use attncheck::attribution::{MassiveActivation, massive, without_massive};
use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Both, Edit, Point, Record, Spot};
use attncheck::model::{Number, Rows, softmax};
use attncheck::shift::log_odds;

use super::*;
use crate::support::decoder;
use crate::support::golden;

/// Grouped heads, a window shorter than the text, caps, parallel blocks; and two encoders.
const DECODERS: [&str; 5] = ["llama", "gpt2", "mistral-window", "gemma2", "phi-normed-tied"];

/// The text's pass with these numbers at 0, edited where every other tap edits: logits, and patterns from the first layer on.
fn edited(text: &Subject<'_>, numbers: &[Number]) -> (Vec<f64>, Vec<Tensor>) {
    let model = text.probe.model;
    let zero = |spot: Spot, tensor: Tensor| {
        let mut here = numbers.iter().filter(|n| spot == Spot { layer: n.layer, point: Point::Resid });
        here.try_fold(tensor, |tensor, number| {
            let at = [0..1, number.token..number.token + 1, number.dimension..number.dimension + 1];
            tensor.slice_assign(&at, &Tensor::zeros((1, 1, 1), tensor.dtype(), &Device::Cpu)?)
        })
    };
    let first = numbers.iter().map(|number| number.layer).min().unwrap();
    let mut tap = Both(Edit(zero), Record::of(&[Point::Pattern]));
    let rows = Rows::Patterns(text.probe.sequence.decision);
    let hidden = model.transformer.run(text.probe.state(first), rows, &mut tap).unwrap();
    let logits = to_f64(&model.readout.forward(&hidden).unwrap().logits).unwrap();
    (logits, tap.1.all(Point::Pattern))
}

/// The share of attention from other tokens, row by row.
fn share(text: &Subject<'_>, patterns: &[Tensor], first: usize, tokens: &[usize]) -> f64 {
    let t = text.tokens();
    let mut shares = Vec::new();
    for (i, pattern) in patterns.iter().enumerate() {
        let reach = text.probe.model.transformer.reach(first + i);
        for (at, row) in to_f64(pattern).unwrap().chunks_exact(t).enumerate() {
            let sees = tokens.iter().any(|token| reach.seen(at % t, t).contains(token));
            if sees && !tokens.contains(&(at % t)) {
                shares.push(tokens.iter().map(|token| row[*token]).sum::<f64>());
            }
        }
    }
    shares.iter().sum::<f64>() / shares.len() as f64
}

/// Two numbers of two tokens are made massive in the states that enter layers of the observed pass.
fn plant(text: &mut Subject<'_>, at: &[(Number, f64)]) {
    let (t, width) = (text.tokens(), text.probe.model.spec().width);
    for (number, value) in at {
        let states = &mut text.probe.trace.hidden[number.layer];
        let mut numbers = to_f64(states).unwrap();
        numbers[number.token * width + number.dimension] = *value;
        *states = Tensor::from_vec(numbers, (1, t, width), &Device::Cpu).unwrap();
    }
}

#[test]
fn what_is_left_without_them_is_an_edited_pass() {
    for name in DECODERS {
        let case = golden::Case::open(name);
        let model = case.model(Precision::F64);
        let mut text = decoder::subject(&model, &case);
        let last = model.spec().layers - 1;
        let number = |layer, token, dimension| Number { layer, token, dimension };
        let at = [(number(0, 2, 1), 9e5), (number(last, 1, 3), -8e5)];
        plant(&mut text, &at);
        let found = massive(&text.probe).unwrap();
        assert_eq!(found.len(), 2, "{name}: {found:?}");
        let without = without_massive(&text, &found).unwrap().unwrap();
        assert_eq!((without.layer, without.numbers), (0, 2));
        // The upper one stands in the observed pass alone: the pass that begins below makes that state anew.
        let (logits, patterns) = edited(&text, &at.map(|(number, _)| number));
        let class = text.probe.target.class();
        let before = &text.probe.trace.logits;
        let change = without.massive.change;
        close(&[change.log_odds], &[log_odds(before, class) - log_odds(&logits, class)], 1e-9, name);
        close(&[change.target], &[text.probe.value() - text.probe.target.value(&logits)], 1e-9, name);
        let probability = softmax(before)[class] - softmax(&logits)[class];
        close(&[change.probability], &[probability], 1e-9, name);
        let observed = share(&text, &text.probe.trace.patterns, 0, &[1, 2]);
        close(&[without.share.unwrap()], &[observed], 1e-12, name);
        close(&[without.massive.share.unwrap()], &[share(&text, &patterns, 0, &[1, 2])], 1e-9, name);
        // As many usual numbers of the same states, none of them massive.
        assert_ne!(without.usual.change, change, "{name}");
        assert!(without.usual.share.is_some_and(|share| (0.0..=1.0).contains(&share)), "{name}");
    }
}

#[test]
fn each_goes_where_it_first_appears_and_nothing_below_changes() {
    let case = golden::Case::open("llama");
    let model = case.model(Precision::F64);
    let mut text = decoder::subject(&model, &case);
    let last = model.spec().layers - 1;
    assert!(last >= 1);
    let at = Number { layer: last, token: 0, dimension: 5 };
    plant(&mut text, &[(at, 7e5)]);
    let found = massive(&text.probe).unwrap();
    assert_eq!(found.iter().map(|one| (one.first, one.layer)).collect::<Vec<_>>(), [(last, last)]);
    let ran = text.probe.zeroed(&[at]).unwrap();
    assert_eq!((ran.layer, ran.patterns.len()), (last, 1));
    close(&ran.logits, &edited(&text, &[at]).0, 1e-9, "llama");
    // It costs what lies above, twice.
    let before = text.probe.spent();
    let without = without_massive(&text, &found).unwrap().unwrap();
    let spent = text.probe.spent() - before;
    assert!(spent > 0.0 && spent < 2.0, "{spent}");
    assert_eq!(without.layer, last);
    // Of a number that is 0 nothing comes.
    plant(&mut text, &[(at, 0.0)]);
    let logits = text.probe.zeroed(&[at]).unwrap().logits;
    close(&logits, &edited(&text, &[at]).0, 1e-9, "llama");
}

#[test]
fn what_is_not_there_is_an_error_and_none_is_missing() {
    let case = golden::Case::open("gpt2");
    let model = case.model(Precision::F64);
    let text = decoder::subject(&model, &case);
    let (layers, width) = (model.spec().layers, model.spec().width);
    for at in [
        Number { layer: layers, token: 0, dimension: 0 },
        Number { layer: 0, token: text.tokens(), dimension: 0 },
        Number { layer: 0, token: 0, dimension: width },
    ] {
        assert!(text.probe.zeroed(&[at]).is_err(), "{at:?}");
    }
    assert!(text.probe.zeroed(&[]).is_err());
    let none: [MassiveActivation; 0] = [];
    let missing = Missing::RestsOn { what: "a massive activation" };
    assert_eq!(without_massive(&text, &none).unwrap(), Err(missing));
}

/// Where every token has one, none is left to give attention to them.
#[test]
fn with_one_at_every_token_no_share_is_left() {
    let case = golden::Case::open("gpt2");
    let model = case.model(Precision::F64);
    let mut text = decoder::subject(&model, &case);
    let all: Vec<(Number, f64)> =
        (0..text.tokens()).map(|token| (Number { layer: 0, token, dimension: 2 }, 6e5)).collect();
    plant(&mut text, &all);
    let found = massive(&text.probe).unwrap();
    assert_eq!(found.len(), text.tokens());
    let without = without_massive(&text, &found).unwrap().unwrap();
    assert_eq!((without.share, without.massive.share, without.usual.share), (None, None, None));
}
