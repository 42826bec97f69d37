//! The table of heads.

use attncheck::attribution::SINK;
use attncheck::heads::{agreement, table};
use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::{Precision, softmax};
use attncheck::stats::divergence::total_variation;
use attncheck::stats::rank::kendall_tau_b;
use attncheck::subject::Subject;

use crate::support::subject::{PRAISE, long, model, plain, subject};

#[test]
fn a_row_per_head_with_what_its_pattern_says() {
    let model = plain();
    // Among three tokens even attention makes sinks.
    let sinks: Vec<bool> =
        [&long()[..], &[2, 1024, 3]].map(|ids| check(&subject(&model, ids, Some(4)))).into();
    assert!(sinks.contains(&true), "no head has a sink, so sinks are not tested");
}

/// Checks every row of the table against whole patterns; whether any head has a sink.
fn check(text: &Subject) -> bool {
    let rows = table(text, true).unwrap();
    let t = text.tokens();
    assert_eq!(rows.iter().map(|row| (row.layer, row.head)).collect::<Vec<_>>(), {
        (0..4).flat_map(|l| (0..4).map(move |h| (l, h))).collect::<Vec<_>>()
    });
    for row in &rows {
        let all = to_f64(&text.probe.trace.patterns[row.layer]).unwrap();
        let pattern = &all[row.head * t * t..][..t * t];
        let entropy =
            |row: &[f64]| row.iter().map(|p| -p * p.max(1e-300).ln()).sum::<f64>() / (t as f64).ln();
        assert!((row.decision_entropy.clone().unwrap() - entropy(&pattern[..t])).abs() < 1e-9);
        let mean = pattern.chunks(t).map(entropy).sum::<f64>() / t as f64;
        assert!((row.mean_entropy.clone().unwrap() - mean).abs() < 1e-9);
        assert!((row.specials.decision - pattern[0] - pattern[t - 1]).abs() < 1e-12);
        assert!((row.received.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        let received = |key: usize| (0..t).map(|q| pattern[q * t + key]).sum::<f64>() / t as f64;
        assert!((row.specials.mean - received(0) - received(t - 1)).abs() < 1e-9);
        let sinks: Vec<usize> = (0..t).filter(|&key| received(key) > SINK).collect();
        assert_eq!(row.sink_tokens, sinks);
        let on_sinks: f64 = sinks.iter().map(|&key| pattern[key]).sum();
        assert!((row.sinks.decision - on_sinks).abs() < 1e-9);
        assert_eq!(row.words.len(), text.words.len());
        assert!((row.words.iter().sum::<f64>() + row.specials.decision - 1.0).abs() < 1e-5);
        for (weight, word) in row.words.iter().zip(&text.words) {
            assert!((weight - pattern[word.clone()].iter().sum::<f64>()).abs() < 1e-12);
        }
    }
    rows.iter().any(|row| !row.sink_tokens.is_empty())
}

#[test]
fn a_head_taken_out_is_a_head_whose_output_map_is_zero() {
    let model_with = plain();
    let text = subject(&model_with, &PRAISE, None);
    for row in table(&text, true).unwrap().into_iter().filter(|row| row.layer > 1 && row.head % 2 == 1) {
        let name = format!("bert.encoder.layer.{}.attention.output.dense.weight", row.layer);
        let without = model(Precision::F32, &|tensor, values| {
            if tensor == name {
                // [out, in]: the head reads its own 32 columns.
                values.chunks_mut(128).for_each(|out| out[row.head * 32..][..32].fill(0.0));
            }
        });
        let removed = subject(&without, &PRAISE, None).probe.trace.logits;
        let (before, after) = (softmax(&text.probe.trace.logits), softmax(&removed));
        let ablation = row.ablation.unwrap();
        assert!((ablation.tvd - total_variation(&before, &after).unwrap()).abs() < 1e-5);
        let change = text.probe.value() - text.probe.target.value(&removed);
        assert!((ablation.target_change - change).abs() < 1e-4);
    }
}

#[test]
fn ablation_is_missing_where_it_was_not_asked() {
    let model = plain();
    let rows = table(&subject(&model, &PRAISE, None), false).unwrap();
    assert!(rows.iter().all(|row| row.ablation == Err(Missing::NotAsked)));
}

#[test]
fn agreement_is_judged_by_the_best_of_all_heads() {
    let model = plain();
    let text = subject(&model, &PRAISE, None);
    let rows = table(&text, false).unwrap();
    let reference = rows[5].words.clone();
    let found = agreement(&rows, &reference, 999, &mut text.rng("heads")).unwrap();
    assert_eq!((found.heads.len(), found.used, found.exact), (16, 999, false));
    for (row, head) in rows.iter().zip(&found.heads) {
        let head = head.clone().unwrap();
        assert!((head.tau - kendall_tau_b(&row.words, &reference).unwrap()).abs() < 1e-12);
        assert!(head.p_adjusted >= head.p);
    }
    assert!((found.heads[5].clone().unwrap().tau - 1.0).abs() < 1e-12);
    assert!(found.heads[5].clone().unwrap().p_adjusted < 0.01);
    assert!(found.max_p95 > found.max_mean && found.max_mean > 0.2);

    let mut rng = text.rng("heads");
    assert_eq!(agreement(&rows, &[1.0; 10], 99, &mut rng), Err(Missing::Constant));
    assert_eq!(agreement(&rows, &[1.0], 99, &mut rng), Err(Missing::TooFewWords { found: 1, needed: 2 }));
    let mut broken = reference;
    broken[2] = f64::NAN;
    assert_eq!(
        agreement(&rows, &broken, 99, &mut rng),
        Err(Missing::NotFinite { what: "a reference score" })
    );
}
