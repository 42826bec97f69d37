//! Swaps in the report's terms.

use crate::audit::evidence::Counterpart;
use crate::missing::{Measured, Missing};
use crate::report::Measure;
use crate::report::example::{Counterfactual, SwapReport, TriedSwaps};
use crate::swap::{Site, SwapEvidence, SwapKind, SwapOutcome, Tried};

/// What was found at a site.
pub(in crate::audit) fn swap(site: Site, found: &Measured<SwapEvidence>, identifiable: bool) -> SwapReport {
    let of = |get: fn(&SwapEvidence) -> Measured<f64>| {
        Measure::from(found.as_ref().map_err(Clone::clone).and_then(get))
    };
    SwapReport {
        site: site.to_string(),
        leverage: of(|s| Ok(s.leverage.tvd)),
        leverage_log_odds: of(|s| Ok(s.leverage.log_odds)),
        scale: found.as_ref().ok().and_then(|s| s.scale).map(|scale| scale.name().to_owned()),
        uniform_tvd: of(|s| Ok(s.uniform_tvd)),
        permuted_median_tvd: of(|s| s.permute.as_ref().map(|p| p.median_tvd).map_err(Clone::clone)),
        permuted: found.as_ref().ok().and_then(|s| Some(s.permute.as_ref().ok()?.n)).unwrap_or(0),
        one_hot_max_tvd: of(|s| Ok(s.one_hot.max_tvd)),
        tried: found.as_ref().map(|s| tried(&s.tried)).unwrap_or_default(),
        counterfactual: found.as_ref().map_err(Clone::clone).and_then(counterfactual).into(),
        rows: found.as_ref().ok().map(|s| s.rows),
        rows_moving: found.as_ref().ok().map(|s| s.moving),
        outcome: found.as_ref().map(|s| outcome(s.outcome).to_owned()).map_err(Clone::clone).into(),
        identifiable,
    }
}

/// Points of one kind that a report keeps, at most.
const KEPT: usize = 64;

/// Kind by kind, in the order of their TVD.
fn tried(all: &[Tried]) -> Vec<TriedSwaps> {
    let of = |kind: SwapKind| {
        let mut found: Vec<&Tried> = all.iter().filter(|tried| tried.kind == kind).collect();
        found.sort_by(|a, b| a.shift.tvd.total_cmp(&b.shift.tvd));
        let last = found.len().saturating_sub(1);
        let kept = found.len().min(KEPT);
        let kept = || (0..kept).map(|i| if kept > 1 { found[i * last / (kept - 1)] } else { found[i] });
        TriedSwaps {
            kind: kind_name(kind).to_owned(),
            jsd: kept().map(|tried| tried.jsd).collect(),
            tvd: kept().map(|tried| tried.shift.tvd).collect(),
            log_odds: kept().map(|tried| tried.shift.log_odds).collect(),
            elsewhere: kept().map(|tried| tried.elsewhere).collect(),
        }
    };
    let kinds = [SwapKind::Uniform, SwapKind::Permutation, SwapKind::OneHot];
    kinds.map(of).into_iter().filter(|swaps| !swaps.jsd.is_empty()).collect()
}

fn kind_name(kind: SwapKind) -> &'static str {
    match kind {
        SwapKind::Uniform => "uniform",
        SwapKind::Permutation => "permuted",
        SwapKind::OneHot => "one-hot",
        SwapKind::Adversary => "adversarial",
    }
}

/// A reading's own counterfactual.
pub(super) fn own_counterfactual(found: &Counterpart) -> Measured<Counterfactual> {
    let best = found.best.as_ref().ok_or(Missing::NoCounterpart)?;
    Ok(Counterfactual {
        found_by: kind_name(best.kind).to_owned(),
        jsd: best.jsd,
        tvd: best.shift.tvd,
        log_odds: Some(best.shift.log_odds),
        words: Some(best.words.clone()),
    })
}

fn counterfactual(found: &SwapEvidence) -> Measured<Counterfactual> {
    let witness = found.witness.as_ref().ok_or(Missing::NoCounterpart)?;
    Ok(Counterfactual {
        found_by: kind_name(witness.kind).to_owned(),
        jsd: witness.counterfactual.jsd,
        tvd: witness.counterfactual.shift.tvd,
        log_odds: Some(witness.counterfactual.shift.log_odds),
        words: Some(witness.counterfactual.map.clone()),
    })
}

fn outcome(outcome: SwapOutcome) -> &'static str {
    match outcome {
        SwapOutcome::Inert => "inert",
        SwapOutcome::NonExclusive => "non-exclusive",
        SwapOutcome::NoAdversaryFound => "no-adversary-found",
    }
}
