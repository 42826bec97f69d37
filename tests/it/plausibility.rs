//! Agreement with what people marked, against its definitions and its own laws.

use std::fs;
use std::ops::Range;

use attncheck::plausibility::{
    average_precision, chance, iou_f1, length, marked, runs, share, stretches, token_f1, top,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    scores: Vec<f64>,
    spans: Vec<[usize; 2]>,
    k: usize,
    marked: Vec<bool>,
    chosen: Vec<[usize; 2]>,
    token_f1: Option<f64>,
    iou_f1: Option<f64>,
    average_precision: Option<f64>,
    drawn: Option<[f64; 2]>,
}

/// One span.
fn one(start: usize, end: usize) -> Vec<Range<usize>> {
    std::iter::once(start..end).collect()
}

#[track_caller]
fn same(found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{found} {expected}"),
        (found, expected) => assert_eq!(found, expected),
    }
}

#[test]
fn figures_are_as_they_are_defined() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden/plausibility.json");
    let golden: Golden = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for case in golden.cases {
        let n = case.scores.len();
        // Words of two bytes with a space between.
        let words: Vec<_> = (0..n).map(|word| 3 * word..3 * word + 2).collect();
        let spans: Vec<_> = case.spans.iter().map(|[start, end]| 3 * start..3 * end - 1).collect();
        assert_eq!(marked(&words, &spans), case.marked);
        let right: Vec<_> = case.spans.iter().map(|[start, end]| *start..*end).collect();
        assert_eq!(stretches(&words, &spans), right);
        let chosen = top(&case.scores, case.k);
        let stretches: Vec<_> = case.chosen.iter().map(|[start, end]| *start..*end).collect();
        assert_eq!(runs(&chosen), stretches);
        same(token_f1(&chosen, &case.marked).map(|found| found.f1), case.token_f1);
        same(iou_f1(&stretches, &right).map(|found| found.f1), case.iou_f1);
        same(average_precision(&case.scores, &case.marked), case.average_precision);
        let count = case.marked.iter().filter(|marked| **marked).count();
        match (chance(n, case.k, count), case.drawn) {
            (Some(found), Some([mean, error])) => {
                assert!((found - mean).abs() <= 6.0 * error + 1e-9, "{found} {mean}");
            }
            (found, drawn) => assert!(found.is_none() && drawn.is_none()),
        }
    }
}

#[test]
fn edges() {
    assert_eq!(average_precision(&[], &[]), None);
    assert_eq!(average_precision(&[1.0], &[true]), None);
    assert_eq!(average_precision(&[1.0, 2.0], &[false, false]), None);
    assert_eq!(average_precision(&[1.0], &[true, false]), None);
    // Zeros of both signs are one score.
    assert_eq!(average_precision(&[0.0, -0.0], &[false, true]), Some(0.5));
    assert_eq!(average_precision(&[2.0, 1.0], &[true, false]), Some(1.0));
    assert_eq!(length(0.5, 0), None);
    assert_eq!([0.0, 0.04, 0.15, 0.26, 1.0].map(|share| length(share, 10)), [1, 1, 2, 3, 10].map(Some));
    assert_eq!(token_f1(&[true], &[false]), None);
    same(token_f1(&[false, true], &[true, false]).map(|found| found.f1), Some(0.0));
    same(iou_f1(&[], &[]).map(|found| found.f1), None);
    same(iou_f1(&[], &one(0, 1)).map(|found| found.f1), Some(0.0));
    assert_eq!(chance(0, 0, 0), None);
    assert_eq!(top(&[1.0, 1.0, 1.0], 2), [true, true, false]);
    assert!(runs(&[]).is_empty());
    // Half of a stretch matches, less does not.
    same(iou_f1(&one(0, 2), &one(0, 4)).map(|found| found.f1), Some(1.0));
    same(iou_f1(&one(0, 2), &one(0, 5)).map(|found| found.f1), Some(0.0));
}

#[test]
fn a_word_is_marked_where_a_span_touches_it() {
    let words = [0..3, 4..8, 8..9];
    assert_eq!(marked(&words, &one(2, 4)), [true, false, false]);
    assert_eq!(marked(&words, &one(3, 4)), [false, false, false]);
    assert_eq!(marked(&words, &one(7, 9)), [false, true, true]);
    assert!(stretches(&words, &one(3, 4)).is_empty());
    assert_eq!(stretches(&words, &[7..9, 4..9, 0..1]), [0..1, 1..3]);
}

#[test]
fn the_share_of_a_text_is_of_its_tokens() {
    assert_eq!(share(" a  bc\nd ", &one(5, 6)), Some(1.0 / 3.0));
    assert_eq!(share("a b", &one(0, 3)), Some(1.0));
    assert_eq!(share("a b", &one(1, 2)), None);
    assert_eq!((share("", &[]), share("a", &[])), (None, None));
    assert_eq!(share("é à", &one(0, 2)), Some(0.5));
}

proptest! {
    /// Only the order counts, the best order gets 1 and no order more, and a constant map gets the share.
    #[test]
    fn average_precision_is_of_the_order(pairs in prop::collection::vec((-3_i32..3, any::<bool>()), 1..16)) {
        let (scores, marked): (Vec<f64>, Vec<bool>) = pairs.into_iter().map(|(score, marked)| (f64::from(score), marked)).unzip();
        let count = marked.iter().filter(|marked| **marked).count();
        let found = average_precision(&scores, &marked);
        prop_assert_eq!(found.is_some(), count > 0 && count < marked.len());
        if let Some(found) = found {
            let share = count as f64 / marked.len() as f64;
            prop_assert!(found > 0.0 && found <= 1.0);
            let moved: Vec<f64> = scores.iter().map(|score| score.powi(3) + 7.0).collect();
            prop_assert_eq!(average_precision(&moved, &marked), Some(found));
            let best: Vec<f64> = marked.iter().map(|marked| f64::from(u8::from(*marked))).collect();
            prop_assert_eq!(average_precision(&best, &marked), Some(1.0));
            let flat = average_precision(&vec![2.5; marked.len()], &marked).unwrap();
            prop_assert!((flat - share).abs() < 1e-12);
        }
    }

    /// Precision and recall stay in range, and choosing what is marked is right.
    #[test]
    fn f1_is_between_0_and_1(marks in prop::collection::vec((any::<bool>(), any::<bool>()), 1..16)) {
        let (chosen, marked): (Vec<bool>, Vec<bool>) = marks.into_iter().unzip();
        for found in [token_f1(&chosen, &marked), iou_f1(&runs(&chosen), &runs(&marked))].into_iter().flatten() {
            for value in [found.precision, found.recall, found.f1] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
        if marked.contains(&true) {
            same(token_f1(&marked, &marked).map(|found| found.f1), Some(1.0));
            same(iou_f1(&runs(&marked), &runs(&marked)).map(|found| found.f1), Some(1.0));
        }
    }
}
