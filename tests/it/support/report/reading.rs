//! One reading.

use super::*;

fn soft() -> SoftErasure {
    SoftErasure {
        operator: "mask".into(),
        levels: vec![0.2, 0.5],
        comprehensiveness: 0.25,
        sufficiency: 0.2,
        excess: 0.11,
        excess_low: 0.07,
        excess_high: 0.15,
        excess_target: 1.2,
        excess_sufficiency: 0.06,
        p: 0.048,
        reassigned: 20,
        magnitudes: 0.03,
        magnitudes_target: 0.3,
        passes: 88,
    }
}

fn erasure(method: &str, sinks_removed: bool, i: usize) -> Erasure {
    Erasure {
        bins: vec![1, 2, 6],
        comprehensiveness: vec![0.1, 0.2, 0.6],
        sufficiency: vec![0.5, 0.4, 0.1],
        random_comprehensiveness: [0.03, 0.1, 0.4].map(band).to_vec(),
        random_sufficiency: [0.6, 0.5, 0.2].map(band).to_vec(),
        aopc_comprehensiveness: 0.3,
        aopc_sufficiency: 0.33,
        aopc_comprehensiveness_target: 2.1,
        aopc_sufficiency_target: 1.9,
        aopc_bottom_up: Measure::of(0.02),
        excess: 0.21 - 0.2 * i as f64,
        excess_low: 0.12 - 0.2 * i as f64,
        excess_high: 0.3 - 0.2 * i as f64,
        excess_p: 0.003,
        excess_rank_p: 0.048,
        excess_q: Measure::of(0.009),
        excess_sufficiency: 0.1,
        scale: "probability".into(),
        excess_log_odds: Measure::of(0.25 - 0.2 * i as f64),
        excess_log_odds_low: Measure::of(0.15 - 0.2 * i as f64),
        excess_log_odds_high: Measure::of(0.35 - 0.2 * i as f64),
        aopc_log_odds: Measure::of(0.34),
        luck_p: 0.004,
        luck_q: Measure::of(0.004),
        violation: Measure::of(i == 1),
        violation_random: Measure::of(0.31),
        weights: (method == "raw" && !sinks_removed).then(|| WeightErasure {
            top_jsd: 0.012,
            random_jsd: 0.001,
            top_beats: 0.9,
            top_flips: false,
            random_flips: false,
            flip_fraction: [("attention", None), ("random", Some(0.5)), ("random", Some(0.75))]
                .map(|(order, fraction)| FlipFraction { order: order.into(), fraction })
                .to_vec(),
        }),
        naopc: Measure::of(0.7),
        naopc_sufficiency: missing("not computed at --effort standard"),
        aopc_bounds: Some(AopcBounds { lower: -0.1, upper: 0.47, exact: false }),
        aopc_sufficiency_bounds: None,
        soft: if i == 0 {
            Measure::of(soft())
        } else {
            missing("every score is the same, so nothing is ranked")
        },
        capped: Measure::of(CappedErasure {
            words: 1,
            comprehensiveness: 0.08,
            standard_error: 0.0,
            excess: 0.05,
            excess_low: 0.04,
            excess_high: 0.06,
            p: 0.01,
        }),
        in_distribution: Measure::of(InDistribution {
            measure: "energy".into(),
            observed: -2.4,
            erased: -1.9,
            random: -2.2,
            explained: 0.97,
            stranger: 0.01,
            stranger_p: 0.33,
        }),
        knockout: Measure::of(KnockedOut {
            rows: "decision".into(),
            window: 3,
            words: 2,
            draws: 20,
            effect: 0.06,
            excess: 0.04,
            excess_low: 0.02,
            excess_high: 0.06,
            excess_target: 0.5,
            p: 0.095,
            layers: vec![0.1, 0.9, 0.4],
            random: vec![0.1, 0.2, 0.1],
            strongest: 1,
        }),
    }
}

pub(super) fn reading(method: &str, sinks_removed: bool, i: usize, verdict: VerdictWord) -> ReadingReport {
    let agree = |reference: &str| Agreement {
        reference: reference.into(),
        tau: Measure::of(0.41 - 0.3 * i as f64),
        tau_p: Measure::of(if i == 0 { 0.0004 } else { 0.21 }),
        tau_q: Measure::of(0.3),
        spearman: Measure::of(0.5),
        spearman_p: Measure::of(0.02),
        overlap: Measure::of(0.333),
        overlap_p: Measure::of(0.3),
    };
    ReadingReport {
        method: method.into(),
        sinks_removed,
        scores: missing("later"),
        special_mass: if sinks_removed { Measure::of(0.0) } else { Measure::of(0.37) },
        sink_mass: Measure::of(0.0),
        still_words: Measure::of(0.62),
        agreement: vec![agree("loo"), agree("integrated-gradients")],
        erasure: Measure::of(erasure(method, sinks_removed, i)),
        counterfactual: Measure::of(Counterfactual {
            found_by: "permuted".into(),
            jsd: 0.47,
            tvd: 0.012,
            log_odds: Some(0.02),
            words: None,
        }),
        plain_share: Measure::of(0.25),
        verdict: Verdict {
            verdict: if i == 0 { verdict } else { VerdictWord::Inconclusive },
            rung: if verdict == VerdictWord::Supported { 3 } else { 1 },
            consistency: Finding::Holds,
            causal_relevance: if verdict == VerdictWord::Supported { Finding::Holds } else { Finding::Fails },
            robustness: Finding::Open,
            reasons: vec![
                "erasing its top words costs +0.210 probability more than random ones [+0.120, +0.300]"
                    .into(),
                "it ranks words as the references do: tau 0.41 with leave-one-out (p 0.001)".into(),
            ],
            if_discovered: None,
            alone: None,
            power: Measure::of(Power {
                of: VerdictWord::Contradicted,
                rate: 0.98,
                low: 0.94,
                high: 1.0,
                trials: 72,
            }),
        },
    }
}

fn band(mean: f64) -> Band {
    Band { mean, low: mean - 0.08, high: mean + 0.11 }
}
