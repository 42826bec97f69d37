//! Sequences that do not fit the model, and erasure in everything a probe computes.

use attncheck::model::{Graph, Keep, Model, Precision, Probe, Sequence, Target};

use crate::support::golden::Case;

const CASES: [&str; 4] = ["bert-seven-labels", "albert-two-groups", "electra-projected", "roberta"];

fn of(model: &Model, ids: Vec<u32>) -> Sequence {
    let types = vec![0; ids.len()];
    Sequence::new(ids, types, 0, model.spec().positions)
}

#[test]
fn sequences_that_the_model_cannot_take() {
    for name in ["bert-relu", "roberta", "distilbert-gelu"] {
        let model = Case::open(name).model(Precision::F32);
        let longest = model.spec().longest;
        assert_eq!(longest, if name == "roberta" { 10 } else { 12 });
        model.check(&of(&model, vec![5; longest])).unwrap();
        let good = of(&model, vec![2, 9, 3]);
        let mut far = good.clone();
        far.decision = 3;
        let mut farthest = good.clone();
        farthest.decision = usize::MAX;
        let mut typed = good.clone();
        typed.types[1] = 2;
        let mut placed = good.clone();
        placed.places[2] = 12;
        let mut short = good.clone();
        short.types.pop();
        let mut bad = vec![
            (of(&model, vec![]), "no tokens"),
            (of(&model, vec![5; longest + 1]), "at most"),
            (of(&model, vec![2, 40, 3]), "token id 40"),
            (of(&model, vec![2, u32::MAX, 3]), "token id 4294967295"),
            (far, "decision token 3"),
            (farthest, "decision token"),
            (placed, "place 12"),
            (short, "2 token types"),
            (good.with_blocked(&[3]), "erased token 3"),
            (good.with_zeroed(&[7]), "erased token 7"),
        ];
        if model.spec().types > 0 {
            bad.push((typed, "token type 2"));
        }
        for (sequence, part) in bad {
            let error = model.check(&sequence).unwrap_err();
            assert!(error.to_string().contains(part), "{name}: {error}");
            let told_by = |error: String| assert!(error.contains(part), "{name}: {error:?}, not {part:?}");
            told_by(Probe::new(&model, sequence.clone(), |_| Target::Logit(0)).unwrap_err().to_string());
            told_by(model.trace(&sequence).unwrap_err().to_string());
            told_by(model.logits_everywhere(&sequence).unwrap_err().to_string());
            told_by(model.logits(&[good.clone(), sequence]).unwrap_err().to_string());
        }
        for target in [Target::Logit(9), Target::Margin { class: 0, against: 9 }] {
            let error = Probe::new(&model, good.clone(), |_| target).unwrap_err();
            assert!(error.to_string().contains("class 9"), "{error}");
        }
        assert!(model.logits(&[]).unwrap().is_empty());
    }
}

#[test]
fn erased_tokens_stay_erased_in_everything_a_probe_computes() {
    for name in CASES {
        let model = Case::open(name).model(Precision::F64);
        let base = of(&model, vec![2, 17, 39, 6, 22, 31, 3]);
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
            let gradients = probe.gradients(probe.target, Graph::Whole, Keep::Last).unwrap();
            let width = model.spec().embedding;
            assert!(gradients.words[width..2 * width].iter().all(|g| *g == 0.0));
            numbers.extend(&gradients.words);
            numbers.push(probe.gradients_at(&[probe.words(&probe.sequence).unwrap()]).unwrap()[0].0);
            numbers
        });
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12), "{name}");
    }
}
