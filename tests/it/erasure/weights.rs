//! Erasure of attention weights in the decision row.

use super::*;

/// The outputs with an edited decision row in the last layer, by a whole pass.
fn by_hand(subject: &Subject<'_>, edit: impl Fn(&mut [f64])) -> Vec<f64> {
    let (model, decision) = (subject.probe.model, subject.probe.sequence.decision);
    let last = model.spec().layers - 1;
    let mut tap = Edit(|spot: Spot, tensor: Tensor| {
        if spot != (Spot { layer: last, point: Point::Pattern }) {
            return Ok(tensor);
        }
        let (dims, t) = (tensor.dims().to_vec(), subject.tokens());
        let mut all = to_f64(&tensor)?;
        for head in all.chunks_exact_mut(t * t) {
            edit(&mut head[decision * t..][..t]);
        }
        Tensor::from_vec(all, dims, &Device::Cpu)
    });
    let hidden = model.transformer.run(subject.probe.state(0), Rows::All, &mut tap).unwrap();
    to_f64(&model.readout.forward(&hidden.narrow(1, decision, 1).unwrap()).unwrap().logits).unwrap()
}

#[test]
fn erasing_one_weight_gives_what_a_whole_pass_gives() {
    let model = cases::case("bert-seven-labels").model(Precision::F64);
    let subject = text(&model, 7);
    let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
    let row = shared.attention().unwrap().layer(model.spec().layers - 1);
    let top = order::descending(&row[1..8])[0] + 1;
    let before = softmax(&subject.probe.trace.logits);
    let flips = |logits: &[f64]| order::descending(logits)[0] != order::descending(&before)[0];
    let mut seen = Vec::new();
    for analogue in [Analogue::Renormalise, Analogue::Value] {
        let after = |token: usize| {
            by_hand(&subject, |row| {
                row[token] = 0.0;
                let left: f64 = row.iter().sum();
                for weight in row.iter_mut().filter(|_| analogue == Analogue::Renormalise) {
                    *weight /= left;
                }
            })
        };
        let jsd = |token: usize| jensen_shannon(&before, &softmax(&after(token))).unwrap();
        let found = shared.erase_weights(analogue).unwrap().unwrap();
        close(&[found.top_jsd], &[jsd(top)], 1e-12, "top");
        let others: Vec<f64> = (1..8).filter(|t| *t != top).map(jsd).collect();
        assert!(others.iter().any(|other| (other - found.random_jsd).abs() < 1e-12));
        let beaten = others.iter().filter(|other| **other < found.top_jsd).count() as f64;
        close(&[found.top_beats], &[beaten / 6.0], 1e-12, "beats");
        assert_eq!(found.top_flips, flips(&after(top)));
        assert_eq!(found.flips[0].1 == Flip::At(1.0 / 7.0), found.top_flips);
        assert_eq!((found.items, found.flips.len()), (7, 9));
        assert_eq!(found.flips.iter().filter(|(order, _)| *order == FlipOrder::Random).count(), 5);
        assert_eq!(found, shared.erase_weights(analogue).unwrap().unwrap());
        seen.push(found.top_jsd);
    }
    assert!((seen[0] - seen[1]).abs() > 1e-9, "the two analogues differ");
}

#[test]
fn the_decision_flips_where_passes_by_hand_say() {
    // Random models rarely agree with themselves for long, so both fates come up among these texts.
    let (mut flipped, mut never) = (0, 0);
    for name in ["bert-gelu", "bert-gelu-new", "bert-seven-labels", "electra-equal"] {
        let model = cases::case(name).model(Precision::F64);
        for n in 2..9 {
            let subject = text(&model, n);
            let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
            let row = shared.attention().unwrap().layer(model.spec().layers - 1);
            let order: Vec<usize> = order::descending(&row[1..=n]).iter().map(|i| i + 1).collect();
            let decided = order::descending(&subject.probe.trace.logits)[0];
            let by_hand = (1..=n).find(|k| {
                let logits = by_hand(&subject, |row| {
                    for token in &order[..*k] {
                        row[*token] = 0.0;
                    }
                    let left: f64 = row.iter().sum();
                    for weight in row.iter_mut() {
                        *weight /= left;
                    }
                });
                order::descending(&logits)[0] != decided
            });
            let expected = by_hand.map(|k| k as f64 / n as f64);
            let found = shared.erase_weights(Analogue::default()).unwrap().unwrap();
            assert_eq!(found.flips[0].0, FlipOrder::Attention);
            assert_eq!(found.flips[0].1.fraction(), expected, "{name}, {n} words");
            *(if expected.is_some() { &mut flipped } else { &mut never }) += 1;
        }
    }
    assert!(flipped > 0 && never > 0, "{flipped} flipped, {never} never");
    assert!(Flip::At(1.0) < Flip::Never && Flip::At(0.2) < Flip::At(0.4));
}
