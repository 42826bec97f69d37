//! From evidence and judgements to the plain data of a report: the only place where one becomes the other.

mod swaps;

pub(super) use swaps::swap;

use super::agreement::{RankAgreement, Tested};
use super::beyond::Knocked;
use super::evidence::{MapEvidence, RandomOrders, ReferenceEvidence, ReferenceTrust, WordErasure};
use super::heads;
use super::power;
use super::prepare::Prepared;
use super::verdict::Judgement;
use crate::attribution::Scores;
use crate::erasure::{self, Bounds, CappedEvidence, Change, Flip, LEVELS, Operator, SoftEvidence, Standing};
use crate::heads::table;
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::report::Measure;
use crate::report::example::{
    Agreement, AopcBounds, Band, CappedErasure, CutSide, Discovered, Erasure, FlipFraction, InDistribution,
    KnockedOut, Maps, Passes, Power, ReadingReport, ReferenceReport, Reliability, SoftErasure, Verdict,
    WeightErasure, WindowReport, WordReport,
};
use crate::shift::Scale;
use crate::tokens::{TruncationSide, Window};

/// Where the states that a map points at hold less than this of their words, the verdict says so.
const MIXED: f64 = 0.5;

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
        TruncationSide::Left => CutSide::Left,
        TruncationSide::Right => CutSide::Right,
    };
    WindowReport { side, kept_words: window.kept_words, all_words: window.all_words }
}

pub(super) fn reference(found: &ReferenceEvidence) -> ReferenceReport {
    let scores = &found.named.scores;
    let path = scores.as_ref().ok().and_then(|scores| scores.path);
    let sampling = scores.as_ref().ok().and_then(|scores| scores.sampling.as_ref());
    ReferenceReport {
        method: found.named.name.to_owned(),
        scores: scores.as_ref().map(|scores| scores.words.clone()).map_err(Clone::clone).into(),
        residual: path.map(|path| path.residual),
        gap: path.map(|path| path.gap),
        converged: path.map(|path| path.converged).or(sampling.map(|sampling| sampling.converged)),
        steps: path.map(|path| path.steps),
        score_error: path.and_then(|path| path.error),
        standard_error: sampling.map(|sampling| sampling.errors.clone()),
        excess: found.reached().map(|reached| reached.probability).into(),
        excess_log_odds: found.reached().map(|reached| reached.log_odds).into(),
    }
}

pub(super) fn reliability(trust: &ReferenceTrust, random: &Measured<RandomOrders>) -> Reliability {
    let pair = trust.ceiling.as_ref().ok().map(|(_, [one, other])| ((*one).to_owned(), (*other).to_owned()));
    Reliability {
        ceiling: trust.ceiling.clone().map(|(tau, _)| tau).into(),
        ceiling_pair: pair,
        operators: trust.operators.clone().into(),
        detectable_tau: trust.detectable.clone().into(),
        attainable: trust.attainable.clone().map(|most| most.probability).into(),
        borne_out: trust.borne_out.map(str::to_owned),
        random_aopc: random.as_ref().map(|random| random.aopc.clone()).unwrap_or_default(),
        span: random.as_ref().map(|random| random.span).map_err(Clone::clone).into(),
        attainable_log_odds: trust.attainable.clone().map(|most| most.log_odds).into(),
        random_log_odds: random.as_ref().map(|random| random.aopc_log_odds.clone()).unwrap_or_default(),
    }
}

/// A step and what it cost, in forward passes.
pub(super) fn passes((step, forwards): &(String, f64)) -> Passes {
    Passes { step: step.clone(), forwards: *forwards }
}

/// One reading with its evidence and its verdict; `power` is that of an audit like this one to find what was not found.
pub(super) fn reading(
    found: &MapEvidence,
    random: &Measured<RandomOrders>,
    judged: Judgement,
    power: Measured<Power>,
    still: Measured<f64>,
    (scale, words): (Scale, usize),
) -> ReadingReport {
    let scores = || found.map.scores.as_ref().map_err(Clone::clone);
    let mass = |get: fn(&Scores) -> Option<f64>| {
        Measure::from(scores().and_then(|scores| get(scores).ok_or(Missing::Constant)))
    };
    let erasure = random.as_ref().map_err(Clone::clone).and_then(|random| {
        found.erasure.as_ref().map(|found| erasure(random, found, scale)).map_err(Clone::clone)
    });
    ReadingReport {
        method: found.map.name.clone(),
        sinks_removed: found.map.sinks_removed,
        special_mass: mass(|scores| scores.special_mass),
        sink_mass: mass(|scores| scores.sink_mass),
        scores: scores().map(|scores| scores.words.clone()).into(),
        still_words: still.clone().into(),
        agreement: found.agreement.iter().map(agreement).collect(),
        erasure: erasure.into(),
        counterfactual: found
            .counterfactual
            .as_ref()
            .map_err(Clone::clone)
            .and_then(swaps::own_counterfactual)
            .into(),
        plain_share: found.counterfactual.clone().and_then(|own| own.plain_share).into(),
        verdict: verdict(judged, power, still, words),
    }
}

fn verdict(judged: Judgement, power: Measured<Power>, still: Measured<f64>, words: usize) -> Verdict {
    let Judgement { verdict, rung, consistency, causal_relevance, robustness, mut reasons, if_discovered } =
        judged;
    let if_discovered = if_discovered.map(|found| Discovered {
        verdict: found.verdict,
        rung: found.rung,
        reasons: found.reasons,
    });
    let mixed = still.ok().filter(|still| *still < MIXED);
    reasons.extend(mixed.map(|still| {
        format!("it points at states that are only {:.0} % the words they stand at (ALTI)", 100.0 * still)
    }));
    reasons.extend(power.as_ref().ok().map(|power| power::sentence(power, words)));
    let power = power.into();
    Verdict {
        verdict,
        rung,
        consistency,
        causal_relevance,
        robustness,
        reasons,
        power,
        if_discovered,
        alone: None,
    }
}

fn agreement(found: &RankAgreement) -> Agreement {
    let both = |tested: &Measured<Tested>| {
        let of = |get: fn(&Tested) -> f64| Measure::from(tested.as_ref().map(get).map_err(Clone::clone));
        (of(|tested| tested.value), of(|tested| tested.p))
    };
    let ((tau, tau_p), (spearman, spearman_p)) = (both(&found.tau), both(&found.spearman));
    let (overlap, overlap_p) = both(&found.overlap);
    let tau_q = Err(Missing::OfAll).into();
    let reference = found.reference.to_owned();
    Agreement { reference, tau, tau_p, tau_q, spearman, spearman_p, overlap, overlap_p }
}

fn erasure(random: &RandomOrders, found: &WordErasure, scale: Scale) -> Erasure {
    let WordErasure { curves, violation, weights, beyond } = found;
    let (comprehensive, sufficient) = (curves.top.aopc_comprehensiveness(), curves.top.aopc_sufficiency());
    let excess = &curves.excess;
    let bottom = curves.bottom_up.map(|change| change.probability);
    let band = |band: &erasure::RandomBand| Band { mean: band.mean, low: band.low, high: band.high };
    let violation = || violation.as_ref().map_err(Clone::clone);
    let place = |bounds: &Measured<Bounds>, aopc: f64| -> Measure<f64> {
        let bounds = bounds.as_ref().map_err(Clone::clone);
        bounds.and_then(|bounds| bounds.normalise(aopc).ok_or(Missing::Constant)).into()
    };
    let told = |bounds: &Measured<Bounds>| {
        let bounds = bounds.as_ref().ok()?;
        Some(AopcBounds { lower: bounds.lower, upper: bounds.upper, exact: bounds.exact })
    };
    Erasure {
        bins: random.bins.clone(),
        comprehensiveness: curves.top.comprehensiveness.iter().map(|c| c.probability).collect(),
        sufficiency: curves.top.sufficiency.iter().map(|c| c.probability).collect(),
        random_comprehensiveness: random.comprehensiveness.iter().map(band).collect(),
        random_sufficiency: random.sufficiency.iter().map(band).collect(),
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
        excess_sufficiency: curves.excess_sufficiency.mean,
        scale: scale.name().to_owned(),
        excess_log_odds: Measure::of(curves.excess_log_odds.mean),
        excess_log_odds_low: Measure::of(curves.excess_log_odds.low),
        excess_log_odds_high: Measure::of(curves.excess_log_odds.high),
        aopc_log_odds: Measure::of(comprehensive.log_odds / random.span),
        luck_p: match scale {
            Scale::Probability => curves.excess_both.rank_p,
            Scale::LogOdds => curves.excess_both_log_odds.rank_p,
        },
        luck_q: Err(Missing::OfAll).into(),
        violation: violation().map(|v| v.top).into(),
        violation_random: violation().map(|v| v.random).into(),
        weights: weights.as_ref().map(weight_erasure),
        naopc: place(&random.most_comprehensive, comprehensive.probability),
        naopc_sufficiency: place(&random.most_sufficient, sufficient.probability),
        aopc_bounds: told(&random.most_comprehensive),
        aopc_sufficiency_bounds: told(&random.most_sufficient),
        soft: beyond.soft.clone().map(|found| soft(&found)).into(),
        capped: beyond.capped.clone().map(|found| capped(&found)).into(),
        in_distribution: beyond.standing.clone().map(in_distribution).into(),
        knockout: beyond.knockout.as_ref().map(knocked_out).map_err(Clone::clone).into(),
    }
}

fn soft((operator, found): &(Operator, SoftEvidence)) -> SoftErasure {
    let (comprehensive, sufficient) = (found.map.aopc_comprehensiveness(), found.map.aopc_sufficiency());
    let gain = found.magnitudes();
    SoftErasure {
        operator: operator.name().to_owned(),
        levels: LEVELS.to_vec(),
        comprehensiveness: comprehensive.probability,
        sufficiency: sufficient.probability,
        excess: found.excess.mean,
        excess_low: found.excess.low,
        excess_high: found.excess.high,
        excess_target: found.excess_target.mean,
        excess_sufficiency: found.excess_sufficiency.mean,
        p: found.excess_both.rank_p,
        reassigned: found.reassigned,
        magnitudes: gain.probability,
        magnitudes_target: gain.target,
        passes: found.passes,
    }
}

fn capped((words, found): &(usize, CappedEvidence)) -> CappedErasure {
    CappedErasure {
        words: *words,
        comprehensiveness: found.value,
        standard_error: found.error,
        excess: found.excess.mean,
        excess_low: found.excess.low,
        excess_high: found.excess.high,
        p: found.excess.rank_p,
    }
}

fn in_distribution(found: Standing) -> InDistribution {
    InDistribution {
        measure: found.measure.name().to_owned(),
        observed: found.observed,
        erased: found.erased,
        random: found.random,
        explained: found.explained,
        stranger: found.stranger,
        stranger_p: found.p,
    }
}

fn knocked_out(Knocked { rows, window, words, found }: &Knocked) -> KnockedOut {
    let of_target = |changes: &[Change]| changes.iter().map(|change| change.target).collect();
    KnockedOut {
        rows: rows.name().to_owned(),
        window: *window,
        words: *words,
        draws: found.draws,
        effect: found.layers.iter().map(|change| change.probability).sum::<f64>() / found.layers.len() as f64,
        excess: found.excess.mean,
        excess_low: found.excess.low,
        excess_high: found.excess.high,
        excess_target: found.excess_target.mean,
        p: found.excess_target.rank_p,
        layers: of_target(&found.layers),
        random: of_target(&found.random),
        strongest: found.strongest,
    }
}

fn weight_erasure(found: &erasure::WeightEffect) -> WeightErasure {
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

/// `[L][H][Q][T]` of the observed patterns, and what is to be said of each head; `loo` are leave-one-out's scores.
pub(super) fn maps(
    prepared: &Prepared<'_>,
    loo: Measured<Scores>,
    permutations: usize,
) -> candle_core::Result<Maps> {
    let (t, q) = (prepared.tokens.len(), prepared.subject.probe.queries());
    let subject = &prepared.subject;
    let patterns = subject.probe.trace.patterns.iter().map(|pattern| {
        let flat = to_f64(pattern)?;
        let head = |head: &[f64]| head.chunks_exact(t).map(<[f64]>::to_vec).collect();
        Ok(flat.chunks_exact(q * t).map(head).collect())
    });
    let rows = table(subject, false)?;
    let found = heads::agree(subject, &rows, loo, permutations);
    Ok(Maps {
        pieces: prepared.tokens.pieces.clone(),
        decision: subject.probe.sequence.decision,
        heads: heads::rows(&rows, &found),
        best_of_all_p95: found.map(|all| all.max_p95).into(),
        patterns: patterns.collect::<candle_core::Result<_>>()?,
    })
}
