//! Capped removal, and where erased texts stand.

use super::*;

use attncheck::erasure::{Cap, Capped, Stand, Standing, standing};

#[test]
fn a_cap_of_one_word_is_leave_one_out_over_the_top_words() {
    let model = model();
    let subject = text(&model, 10);
    let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
    let loo = shared.leave_one_out(Operator::Mask).unwrap().unwrap().probability;
    let before = subject.probe.spent();
    let capped = Capped::new(shared.erased(Operator::Mask), Cap::Word, 20).unwrap().unwrap();
    let scores: Vec<f64> = (0..10).map(|i| f64::from((i * 3 + 2) % 10)).collect();
    let found = capped.evidence(&scores).unwrap().unwrap();
    assert!((subject.probe.spent() - before).abs() < 1e-12, "no pass");
    let order = order::descending(&scores);
    let mean = |k: usize| order[..k].iter().map(|&word| loo[word]).sum::<f64>() / k as f64;
    close(&[found.value, found.error], &[(mean(1) + mean(2) + mean(5)) / 3.0, 0.0], 1e-12, "value");
    // The mean random order loses what the mean word does.
    let chance = loo.iter().sum::<f64>() / 10.0;
    let (excess, half) = (found.excess, (found.excess.high - found.excess.low) / 2.0);
    assert!((found.value - excess.mean - chance).abs() < 2.0 * half, "{excess:?} {chance}");
    let best = capped.evidence(&loo).unwrap().unwrap();
    assert!(best.excess.rank_p <= 0.02 && best.excess.mean >= excess.mean);
    assert_eq!(capped.evidence(&[1.0; 10]).unwrap(), Err(Missing::Constant));
    let again = Capped::new(shared.erased(Operator::Mask), Cap::Tenth, 20).unwrap().unwrap();
    assert_eq!(again.evidence(&scores).unwrap().unwrap(), found, "a tenth of ten words is one");
}

#[test]
fn under_a_cap_a_few_of_the_top_words_go_at_a_time() {
    let model = cases::case("sst2-tiny-s1").model(Precision::F32);
    let ids: Vec<u32> = [2].into_iter().chain((0..24).map(|i| 40 + (i * 131) % 8000)).chain([3]).collect();
    let mut subject = cases::subject(&model, &ids, None, 0, cases::margin);
    subject.words = (1..=24).map(|t| t..t + 1).collect();
    subject.mask = Some(4);
    let erased = Erased::new(&subject, Operator::Mask);
    let capped = Capped::new(&erased, Cap::Tenth, 20).unwrap().unwrap();
    assert_eq!((capped.words, bins(24)), (2, vec![1, 2, 3, 5, 12]));
    let scores: Vec<f64> = (0..24).map(|i| f64::from((i * 5 + 7) % 24)).collect();
    let found = capped.evidence(&scores).unwrap().unwrap();
    let order = order::descending(&scores);
    let exact: f64 = bins(24)
        .iter()
        .map(|&k| {
            let pairs: Vec<Vec<usize>> = (0..k)
                .flat_map(|a| (a + 1..k).map(move |b| (a, b)))
                .map(|(a, b)| vec![order[a], order[b]])
                .collect();
            let sets = if k == 1 { vec![vec![order[0]]] } else { pairs };
            let changes = erased.changes(&sets).unwrap().unwrap();
            changes.iter().map(|change| change.probability).sum::<f64>() / sets.len() as f64
        })
        .sum::<f64>()
        / 5.0;
    // Ten of the 66 pairs of the largest bin are drawn, and all of the others run.
    assert!(found.error > 0.0, "{found:?}");
    assert!((found.value - exact).abs() <= 4.0 * found.error, "{found:?} {exact}");
    let again = Capped::new(&erased, Cap::Tenth, 20).unwrap().unwrap();
    assert_eq!(again.evidence(&scores).unwrap().unwrap(), found);
}

#[test]
fn of_two_opposite_logits_the_probabilities_settle_the_energy() {
    for margin in [0.0, 0.3, 7.0, 400.0] {
        let stand = Stand::of(&[margin, -margin]);
        close(&[stand.energy], &[stand.settled], 1e-12, "opposite");
        let moved = Stand::of(&[margin + 2.0, 2.0 - margin]);
        close(&[moved.energy, moved.settled], &[stand.energy - 2.0, stand.settled], 1e-12, "moved");
    }
    // One label is the second of two classes.
    assert_eq!(Stand::of(&[1.5]), Stand::of(&[0.0, 1.5]));
}

/// By least squares written out: energies of 21 texts a bin on what their probabilities settle.
#[test]
fn texts_are_compared_at_equal_size_and_probabilities() {
    let model = cases::case("bert-seven-labels").model(Precision::F64);
    let subject = text(&model, 10);
    let erased = Erased::new(&subject, Operator::Mask);
    let curves = Curves::new(&erased, 20).unwrap().unwrap();
    let orders = order::of_text(&subject, 20);
    let scores_of = |order: &Vec<usize>| {
        let mut scores = vec![0.0; 10];
        order.iter().enumerate().for_each(|(place, &word)| scores[word] = -(place as f64));
        scores
    };
    let spent = subject.probe.spent();
    let scorings: Vec<Vec<f64>> = orders.iter().map(scores_of).collect();
    let scorings: Vec<&[f64]> = scorings.iter().map(Vec::as_slice).collect();
    let all: Vec<Standing> =
        standing(&curves, &scorings).unwrap().unwrap().into_iter().map(Result::unwrap).collect();
    assert!((subject.probe.spent() - spent).abs() < 1e-12, "every text was run for its curve");
    let stand = |order: &Vec<usize>, k: usize| {
        let gone = Operator::Mask.apply(&subject, &order[..k]).unwrap();
        Stand::of(&subject.probe.logits(&[gone]).unwrap()[0])
    };
    let (map, mut residuals, mut energy) = (3, vec![0.0; 21], 0.0);
    for k in curves.bins.clone() {
        let mut here: Vec<Stand> = orders.iter().map(|order| stand(order, k)).collect();
        here.push(here[map]);
        let m = here.len() as f64;
        let (x, y) =
            (here.iter().map(|s| s.settled).sum::<f64>() / m, here.iter().map(|s| s.energy).sum::<f64>() / m);
        let xx: f64 = here.iter().map(|s| (s.settled - x).powi(2)).sum();
        let xy: f64 = here.iter().map(|s| (s.settled - x) * (s.energy - y)).sum();
        for (residual, s) in residuals.iter_mut().zip(&here) {
            *residual += (s.energy - y - xy / xx * (s.settled - x)) / curves.bins.len() as f64;
        }
        energy += here[map].energy / curves.bins.len() as f64;
    }
    let usual = residuals[..20].iter().sum::<f64>() / 20.0;
    let reached = residuals[..20].iter().filter(|r| **r >= residuals[20] - 1e-12).count() as f64;
    let found = all[map];
    close(
        &[found.erased, found.stranger, found.p],
        &[energy, residuals[20] - usual, (1.0 + reached) / 21.0],
        1e-9,
        "standing",
    );
    assert!(all.iter().all(|s| (0.0..=1.0).contains(&s.explained)));
    // Its own twin among the random orders counts against each, so that none is below 2 of 21.
    let (least, most) = all.iter().fold((1.0f64, 0.0f64), |(l, m), s| (l.min(s.p), m.max(s.p)));
    assert!((2.0 / 21.0 - 1e-12..=4.0 / 21.0).contains(&least) && most >= 18.0 / 21.0, "{least} {most}");
    let found = standing(&curves, &[&[0.5; 10]]).unwrap().unwrap().remove(0);
    assert_eq!(found, Err(Missing::Constant));
}
