//! From what the methods give to the plain data of a report.

use super::bench::Prepared;
use super::evidence::Named;
use super::heads;
use crate::attribution::Scores;
use crate::erasure::{self, Curves, Evidence, Flip};
use crate::heads::table;
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::report::Measure;
use crate::report::example::{
    Agreement, Band, Counterfactual, CutSide, Erasure, FlipFraction, Maps, ReadingReport, ReferenceReport,
    SwapReport, TriedSwaps, Verdict, WeightErasure, WindowReport, WordReport,
};
use crate::swap::{Site, SwapEvidence, SwapKind, SwapOutcome, Tried};
use crate::tokens::{Side, Window};

pub(super) fn words(prepared: &Prepared<'_>) -> Vec<WordReport> {
    let word = |w: &usize| {
        let word = &prepared.tokens.words[*w];
        WordReport {
            text: word.text.clone(),
            sequence: word.text_index,
            start: word.start,
            end: word.end,
            pieces: word.pieces.len(),
            unknown: prepared.tokens.unknown.iter().any(|token| word.pieces.contains(token)),
        }
    };
    prepared.words.iter().map(word).collect()
}

pub(super) fn window(window: &Window) -> WindowReport {
    let side = match window.side {
        Side::Left => CutSide::Left,
        Side::Right => CutSide::Right,
    };
    WindowReport { side, kept_words: window.kept_words, all_words: window.all_words }
}

pub(super) fn reference(named: Named, excess: Measured<f64>) -> ReferenceReport {
    let path = named.scores.as_ref().ok().and_then(|scores| scores.path);
    ReferenceReport {
        method: named.name.to_owned(),
        scores: named.scores.map(|scores| scores.words).into(),
        residual: path.map(|path| path.residual),
        gap: path.map(|path| path.gap),
        converged: path.map(|path| path.converged),
        steps: path.map(|path| path.steps),
        excess: excess.into(),
    }
}

pub(super) fn reading(
    name: &str,
    sinks_removed: bool,
    scores: Measured<Scores>,
    agreement: Vec<Agreement>,
    erasure: Measured<Erasure>,
    verdict: Verdict,
) -> ReadingReport {
    let mass = |get: fn(&Scores) -> Option<f64>| {
        let scores = scores.as_ref().map_err(Clone::clone);
        Measure::from(scores.and_then(|scores| get(scores).ok_or(Missing::Constant)))
    };
    ReadingReport {
        method: name.to_owned(),
        sinks_removed,
        special_mass: mass(|scores| scores.special_mass),
        sink_mass: mass(|scores| scores.sink_mass),
        scores: scores.map(|scores| scores.words).into(),
        agreement,
        erasure: erasure.into(),
        verdict,
    }
}

pub(crate) fn erasure(
    curves: &Curves<'_>,
    evidence: &Evidence,
    violation: Measured<erasure::Violation>,
    weights: Option<&erasure::WeightErasure>,
) -> Erasure {
    let (comprehensive, sufficient) =
        (evidence.top.aopc_comprehensiveness(), evidence.top.aopc_sufficiency());
    let excess = &evidence.excess;
    let bottom = evidence.bottom_up.map(|change| change.probability);
    let (random_comprehensiveness, random_sufficiency) = curves.bands();
    let band = |band: erasure::Band| Band { mean: band.mean, low: band.low, high: band.high };
    Erasure {
        bins: curves.bins.clone(),
        comprehensiveness: evidence.top.comprehensiveness.iter().map(|c| c.probability).collect(),
        sufficiency: evidence.top.sufficiency.iter().map(|c| c.probability).collect(),
        random_comprehensiveness: random_comprehensiveness.into_iter().map(band).collect(),
        random_sufficiency: random_sufficiency.into_iter().map(band).collect(),
        aopc_comprehensiveness: comprehensive.probability,
        aopc_sufficiency: sufficient.probability,
        aopc_comprehensiveness_target: comprehensive.target,
        aopc_sufficiency_target: sufficient.target,
        aopc_bottom_up: bottom.ok_or(Missing::Effort { effort: "quick" }).into(),
        excess: excess.mean,
        excess_low: excess.low,
        excess_high: excess.high,
        excess_p: excess.p,
        excess_rank_p: excess.rank_p,
        excess_q: Err(Missing::OfAll).into(),
        excess_sufficiency: evidence.excess_sufficiency.mean,
        luck_p: evidence.excess_both.p,
        violation: violation.clone().map(|v| v.top).into(),
        violation_random: violation.map(|v| v.random).into(),
        weights: weights.map(weight_erasure),
        naopc: Err(Missing::NotAsked).into(),
        naopc_sufficiency: Err(Missing::NotAsked).into(),
        aopc_bounds: None,
        aopc_sufficiency_bounds: None,
    }
}

fn weight_erasure(found: &erasure::WeightErasure) -> WeightErasure {
    let flip = |(order, flip): &(erasure::FlipOrder, Flip)| FlipFraction {
        order: order.name().to_owned(),
        fraction: flip.fraction(),
    };
    WeightErasure {
        top_jsd: found.top_jsd,
        random_jsd: found.random_jsd,
        top_beats: found.top_beats,
        top_flips: found.top_flips,
        random_flips: found.random_flips,
        flip_fraction: found.flips.iter().map(flip).collect(),
    }
}

pub(super) fn swap(site: Site, found: &Measured<SwapEvidence>, identifiable: bool) -> SwapReport {
    let of = |get: fn(&SwapEvidence) -> Measured<f64>| {
        Measure::from(found.as_ref().map_err(Clone::clone).and_then(get))
    };
    SwapReport {
        site: site.to_string(),
        leverage: of(|s| Ok(s.leverage)),
        uniform_tvd: of(|s| Ok(s.uniform_tvd)),
        permuted_median_tvd: of(|s| s.permute.as_ref().map(|p| p.median_tvd).map_err(Clone::clone)),
        permuted: found.as_ref().ok().and_then(|s| Some(s.permute.as_ref().ok()?.n)).unwrap_or(0),
        one_hot_max_tvd: of(|s| Ok(s.one_hot.max_tvd)),
        tried: found.as_ref().map(|s| tried(&s.tried)).unwrap_or_default(),
        counterfactual: found.as_ref().map_err(Clone::clone).and_then(counterfactual).into(),
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
        found.sort_by(|a, b| a.tvd.total_cmp(&b.tvd));
        let last = found.len().saturating_sub(1);
        let kept = found.len().min(KEPT);
        let kept = || (0..kept).map(|i| if kept > 1 { found[i * last / (kept - 1)] } else { found[i] });
        TriedSwaps {
            kind: kind_name(kind).to_owned(),
            jsd: kept().map(|tried| tried.jsd).collect(),
            tvd: kept().map(|tried| tried.tvd).collect(),
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

fn counterfactual(found: &SwapEvidence) -> Measured<Counterfactual> {
    let witness = found.witness.as_ref().ok_or(Missing::NoCounterpart)?;
    Ok(Counterfactual {
        found_by: kind_name(witness.kind).to_owned(),
        jsd: witness.counterfactual.jsd,
        tvd: witness.counterfactual.tvd,
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

/// `[L][H][T][T]` of the observed patterns, and what is to be said of each head; `loo` are leave-one-out's scores.
pub(super) fn maps(
    prepared: &Prepared<'_>,
    loo: Option<&Measure<Vec<f64>>>,
    permutations: usize,
) -> candle_core::Result<Maps> {
    let t = prepared.tokens.len();
    let subject = &prepared.subject;
    let patterns = subject.probe.trace.patterns.iter().map(|pattern| {
        let flat = to_f64(pattern)?;
        let head = |head: &[f64]| head.chunks_exact(t).map(<[f64]>::to_vec).collect();
        Ok(flat.chunks_exact(t * t).map(head).collect())
    });
    let words = loo.and_then(|loo| loo.value.clone()).ok_or(Missing::RestsOn { what: "leave-one-out" });
    let scores =
        |words| Scores { words, tokens: None, signed: true, special_mass: None, sink_mass: None, path: None };
    let rows = table(subject, false)?;
    let found = heads::agree(subject, &rows, words.map(scores), permutations);
    Ok(Maps {
        pieces: prepared.tokens.pieces.clone(),
        decision: subject.probe.sequence.decision,
        heads: heads::rows(&rows, &found),
        best_of_all_p95: found.map(|all| all.max_p95).into(),
        patterns: patterns.collect::<candle_core::Result<_>>()?,
    })
}
