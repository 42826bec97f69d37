//! Swaps at two sites.

use super::*;

/// Those that go with a verdict.
pub fn swaps(verdict: VerdictWord) -> Vec<SwapReport> {
    let found = Counterfactual {
        found_by: "adversarial".into(),
        jsd: 0.52,
        tvd: 0.041,
        log_odds: Some(0.05),
        words: None,
    };
    let row = SwapReport {
        site: "row".into(),
        leverage: Measure::of(0.214),
        leverage_log_odds: Measure::of(0.35),
        scale: Some("probability".into()),
        uniform_tvd: Measure::of(0.011),
        permuted_median_tvd: Measure::of(0.009),
        permuted: 100,
        one_hot_max_tvd: Measure::of(0.214),
        tried: vec![
            TriedSwaps {
                kind: "uniform".into(),
                jsd: vec![0.08],
                tvd: vec![0.011],
                log_odds: vec![0.02],
                elsewhere: vec![true],
            },
            TriedSwaps {
                kind: "one-hot".into(),
                jsd: vec![0.31, 0.5, 0.62],
                tvd: vec![0.004, 0.03, 0.214],
                log_odds: vec![0.01, 0.04, 0.35],
                elsewhere: vec![false, true, true],
            },
        ],
        counterfactual: if verdict == VerdictWord::Supported {
            missing("every pattern that was tried changes the prediction")
        } else {
            Measure::of(found)
        },
        outcome: Measure::of(
            if verdict == VerdictWord::Supported { "no-adversary-found" } else { "non-exclusive" }.into(),
        ),
        rows: Some(12),
        rows_moving: Some(12),
        identifiable: false,
    };
    let head = SwapReport { site: "head:11.10".into(), identifiable: true, ..row.clone() };
    vec![row, head]
}
