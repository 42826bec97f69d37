//! Under a reach that never looks ahead, what stands before the first change of a text is computed once: the same numbers as
//! by passes that compute everything.

use attncheck::model::{Model, Precision, Probe, Sequence, Target};

use crate::support::golden::{Case, decoders, names};

fn text(model: &Model, tokens: usize) -> Sequence {
    let spec = model.spec();
    let ids: Vec<u32> = (0..tokens).map(|i| ((5 + 11 * i + 3 * i * i) % spec.vocabulary) as u32).collect();
    let decision = model.readout.at.of(&ids).unwrap_or(0);
    Sequence::new(ids, vec![0; tokens], decision, spec.positions)
}

/// Texts that differ from `text` at any of their places, in every way in which one is erased.
fn erased(model: &Model, text: &Sequence) -> Vec<Sequence> {
    let positions = model.spec().positions;
    let mut all = vec![text.clone()];
    for t in 0..text.len() {
        let sets = [vec![t], vec![t, (t + 3) % text.len()], (t..text.len()).collect()];
        for set in sets {
            all.push(text.with_blocked(&set));
            all.push(text.with_zeroed(&set));
            all.push(text.with_id(&set, 1));
            all.push(text.without(&set, positions));
            all.push(text.with_blocked(&set).with_zeroed(&[t]));
        }
    }
    // In no order.
    let middle = all.len() / 2;
    all.rotate_left(middle);
    all
}

fn probe(model: &Model, text: Sequence) -> Probe<'_> {
    Probe::new(model, text, |_| Target::Margin { class: 1, against: 0 }).unwrap()
}

#[test]
fn what_begins_alike_is_computed_once() {
    for name in decoders() {
        let case = Case::open(&name);
        let model = case.model(Precision::F64);
        let longest = model.spec().longest.min(24);
        // Beside a bound from which on a text turns by other angles, every length.
        let lengths: Vec<usize> =
            if name.starts_with("phi3-long") { (1..=longest).collect() } else { vec![1, 2, longest] };
        for tokens in lengths {
            let text = text(&model, tokens);
            let observed = [text.clone(), text.with_blocked(&[tokens / 2]), text.with_zeroed(&[tokens / 3])];
            for observed in observed {
                let texts = erased(&model, &text);
                let found = probe(&model, observed).logits(&texts).unwrap();
                let wanted = model.logits(&texts).unwrap();
                for ((found, wanted), text) in found.iter().zip(&wanted).zip(&texts) {
                    assert_eq!(found.len(), wanted.len());
                    for (a, b) in found.iter().zip(wanted) {
                        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{name}: {a}, not {b}: {text:?}");
                    }
                }
            }
        }
    }
}

/// Without the first token everything is new; without the last, nearly nothing.
#[test]
fn known_rows_cost_nothing() {
    let case = Case::open("llama");
    let model = case.model(Precision::F32);
    let tokens = model.spec().longest.min(24);
    let probe = probe(&model, text(&model, tokens));
    let cost = |texts: &[Sequence]| {
        let probe = probe.apart();
        probe.logits(texts).unwrap();
        probe.spent()
    };
    let (first, last) =
        (cost(&[probe.sequence.with_id(&[0], 1)]), cost(&[probe.sequence.with_id(&[tokens - 1], 1)]));
    let whole = model.spec().reading_work(tokens) as f64 / model.spec().forward_work(tokens) as f64;
    assert!((first - whole).abs() < 1e-12, "{first}, not {whole}");
    assert!(last < 0.2 * whole, "{last} of {whole}");
    let each: Vec<Sequence> = (0..tokens).map(|t| probe.sequence.with_blocked(&[t])).collect();
    assert!(cost(&each) < 0.7 * whole * tokens as f64, "{} of {}", cost(&each), whole * tokens as f64);
}

/// Where rows look ahead nothing is known before the end.
#[test]
fn encoders_are_computed_as_they_were() {
    for name in names() {
        let case = Case::open(&name);
        let model = case.model(Precision::F32);
        let probe = probe(&model, text(&model, 10));
        let texts = erased(&model, &probe.sequence);
        let bits = |all: Vec<Vec<f64>>| all.concat().iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        assert!(probe.trace.keys.is_empty());
        assert_eq!(bits(probe.logits(&texts).unwrap()), bits(model.logits(&texts).unwrap()), "{name}");
    }
}
