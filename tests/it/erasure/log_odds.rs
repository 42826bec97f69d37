//! Changes in log-odds, and their span.

use super::*;

#[test]
fn log_odds_are_those_of_the_explained_class_against_all_others() {
    let model = model();
    let text = text(&model, 7);
    let erased = Erased::new(&text, Operator::Mask);
    let before = softmax(&text.probe.trace.logits)[text.probe.target.class()];
    let odds = |p: f64| (p / (1.0 - p)).ln();
    let n = text.words.len();
    for words in [vec![0], vec![1, 2], (0..n).collect()] {
        let found = change(&erased, &words);
        let expected = odds(before) - odds(before - found.probability);
        assert!((found.log_odds - expected).abs() < 1e-9, "{words:?}: {} {expected}", found.log_odds);
    }
    let all = change(&erased, &(0..n).collect::<Vec<_>>()).log_odds;
    let span = erased.span().unwrap().unwrap();
    assert!((span - all.max(4.0)).abs() < 1e-12, "{span} {all}");
}
