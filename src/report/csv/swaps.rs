//! The cells of a site's swaps.

use super::cell::Gaps;
use crate::report::example::{Counterfactual, SwapReport};

/// The leverage, in probability and in log-odds.
pub(super) fn leverages(found: Option<&SwapReport>, columns: [&str; 2], gaps: &mut Gaps) -> [Option<f64>; 2] {
    let Some(found) = found else {
        gaps.not_asked(&columns);
        return [None; 2];
    };
    [gaps.of(columns[0], &found.leverage), gaps.of(columns[1], &found.leverage_log_odds)]
}

/// The outcome, and of the counterfactual its distance and what it moves.
type Swaps<'a> = (Option<&'a str>, Option<f64>, Option<f64>);

/// What swaps at a site came to.
pub(super) fn swaps<'a>(found: Option<&'a SwapReport>, columns: [&str; 3], gaps: &mut Gaps) -> Swaps<'a> {
    let Some(found) = found else {
        gaps.not_asked(&columns);
        return (None, None, None);
    };
    let other = |of: fn(&Counterfactual) -> f64| found.counterfactual.value.as_ref().map(of);
    gaps.with(&columns[1..], &found.counterfactual);
    (
        gaps.with(&columns[..1], &found.outcome).map(String::as_str),
        other(|other| other.jsd),
        other(|other| other.tvd),
    )
}
