//! From what the methods give to the plain data of a report.

use super::bench::Prepared;
use super::evidence::Named;
use crate::attribution::Scores;
use crate::erasure::{self, Evidence, Flip};
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::report::Measure;
use crate::report::example::{
    Agreement, Counterfactual, Erasure, FlipFraction, Maps, ReadingReport, ReferenceReport, SwapReport,
    Verdict, WeightErasure, WindowReport, WordReport,
};
use crate::swap::{Kind, Outcome, Site, SwapEvidence};
use crate::tokens::Window;

pub(super) fn words(prepared: &Prepared<'_>) -> Vec<WordReport> {
    let word = |w: &usize| {
        let word = &prepared.tokens.words[*w];
        WordReport {
            text: word.text.clone(),
            sequence: word.sequence,
            start: word.start,
            end: word.end,
            pieces: word.pieces.len(),
        }
    };
    prepared.words.iter().map(word).collect()
}

pub(super) fn window(window: &Window) -> WindowReport {
    WindowReport { kept_words: window.kept_words, all_words: window.all_words }
}

pub(super) fn reference(named: Named, excess: Measured<f64>) -> ReferenceReport {
    let path = named.scores.as_ref().ok().and_then(|scores| scores.path);
    ReferenceReport {
        method: named.name.to_owned(),
        scores: named.scores.map(|scores| scores.words).into(),
        residual: path.map(|path| path.residual),
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
    bins: &[usize],
    evidence: &Evidence,
    violation: Measured<erasure::Violation>,
    weights: Option<&erasure::WeightErasure>,
) -> Erasure {
    let (comprehensive, sufficient) =
        (evidence.top.aopc_comprehensiveness(), evidence.top.aopc_sufficiency());
    let excess = &evidence.excess;
    let bottom = evidence.bottom_up.map(|change| change.probability);
    Erasure {
        bins: bins.to_vec(),
        comprehensiveness: evidence.top.comprehensiveness.iter().map(|c| c.probability).collect(),
        sufficiency: evidence.top.sufficiency.iter().map(|c| c.probability).collect(),
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
        counterfactual: found.as_ref().map_err(Clone::clone).and_then(counterfactual).into(),
        outcome: found.as_ref().map(|s| outcome(s.outcome).to_owned()).map_err(Clone::clone).into(),
        identifiable,
    }
}

fn counterfactual(found: &SwapEvidence) -> Measured<Counterfactual> {
    let witness = found.witness.as_ref().ok_or(Missing::NoCounterpart)?;
    let found_by = match witness.kind {
        Kind::Uniform => "uniform",
        Kind::Permutation => "permuted",
        Kind::OneHot => "one-hot",
        Kind::Adversary => "adversarial",
    };
    Ok(Counterfactual {
        found_by: found_by.to_owned(),
        jsd: witness.counterfactual.jsd,
        tvd: witness.counterfactual.tvd,
        words: Some(witness.counterfactual.map.clone()),
    })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Inert => "inert",
        Outcome::NonExclusive => "non-exclusive",
        Outcome::NoAdversaryFound => "no-adversary-found",
    }
}

/// `[L][H][T][T]` of the observed patterns.
pub(super) fn maps(prepared: &Prepared<'_>) -> candle_core::Result<Maps> {
    let t = prepared.tokens.len();
    let patterns = prepared.subject.probe.trace.patterns.iter().map(|pattern| {
        let flat = to_f64(pattern)?;
        let head = |head: &[f64]| head.chunks_exact(t).map(<[f64]>::to_vec).collect();
        Ok(flat.chunks_exact(t * t).map(head).collect())
    });
    Ok(Maps {
        pieces: prepared.tokens.pieces.clone(),
        patterns: patterns.collect::<candle_core::Result<_>>()?,
    })
}
