//! The verdict's rules, one by one: which evidence gives which word.

use attncheck::audit::verdict::{Case, Causal, Judgement, Swaps, judge};
use attncheck::missing::Missing;
use attncheck::report::example::{Finding, VerdictWord};
use attncheck::report::settings::Thresholds;
use attncheck::shift::{Scale, Shift};

/// Erasure with this mean excess, a narrow interval around it, and this chance of luck.
fn erasure(excess: f64, p: f64) -> Causal {
    Causal {
        excess,
        low: excess - 0.02,
        high: excess + 0.02,
        luck_p: p,
        violated: false,
        scale: Scale::Probability,
    }
}

/// As far by total variation as by log-odds.
fn shift(by: f64) -> Shift {
    Shift { tvd: by, log_odds: by }
}

/// Swaps that move the prediction by `leverage` at most, and the JSD and move of one that keeps it.
fn swaps(site: &str, leverage: f64, searched: bool, found: Option<(f64, f64)>) -> Swaps {
    Swaps {
        site: site.to_owned(),
        leverage: shift(leverage),
        scale: Scale::reached(leverage, leverage, Thresholds::default().epsilon),
        searched,
        non_exclusive: found.map(|(jsd, by)| (jsd, shift(by))),
    }
}

/// Evidence on which everything speaks for the map.
fn good(erasure: &Causal) -> Case<'static> {
    Case {
        words: 20,
        ceiling: Ok(0.8),
        operators: Ok(0.9),
        borne_out: false,
        loo: Ok((0.7, 0.001)),
        gradient: Ok((0.6, 0.002)),
        detectable: Ok(0.45),
        flat: false,
        least_p: Ok(0.001),
        attainable: Ok(0.5),
        erasure: Ok(*erasure),
        swap: Ok(swaps("row", 0.9, true, None)),
        left_out: &[],
    }
}

fn verdict(case: &Case<'_>) -> Judgement {
    judge(case, &Thresholds::default())
}

#[test]
fn all_three_properties_support() {
    let e = erasure(0.4, 0.001);
    let found = verdict(&good(&e));
    assert_eq!(found.verdict, VerdictWord::Supported);
    assert_eq!(found.rung, 3);
    assert_eq!(
        [found.consistency, found.causal_relevance, found.robustness],
        [Finding::Holds, Finding::Holds, Finding::Holds]
    );
    assert_eq!(found.reasons.len(), 3);
}

#[test]
fn too_few_words_conclude_nothing() {
    let e = erasure(0.4, 0.001);
    let found = verdict(&Case { words: 7, ..good(&e) });
    assert_eq!(found.verdict, VerdictWord::Insufficient);
    assert!(found.reasons[0].contains('7') && found.reasons[0].contains('8'));
    assert_eq!(verdict(&Case { words: 8, ..good(&e) }).verdict, VerdictWord::Supported);
}

#[test]
fn attention_without_leverage_is_inert_whatever_else() {
    let e = erasure(0.4, 0.001);
    let still = swaps("row", 0.049, true, Some((0.6, 0.0)));
    let found = verdict(&Case { swap: Ok(still), ..good(&e) });
    assert_eq!(found.verdict, VerdictWord::Inert);
    assert_eq!(found.robustness, Finding::Open);
    assert!(found.rung < 3);
    let moves = swaps("row", 0.05, true, None);
    assert_eq!(verdict(&Case { swap: Ok(moves), ..good(&e) }).verdict, VerdictWord::Supported);
}

#[test]
fn what_was_not_searched_for_is_not_robust() {
    let e = erasure(0.4, 0.001);
    let plain = swaps("all", 0.9, false, None);
    let found = verdict(&Case { swap: Ok(plain), ..good(&e) });
    assert_eq!((found.verdict, found.robustness), (VerdictWord::Inconclusive, Finding::Open));
    assert!(found.reasons.iter().any(|reason| reason.contains("was searched for")), "{:?}", found.reasons);
    // What a plain swap finds needs no search.
    let replaced = swaps("all", 0.9, false, Some((0.6, 0.01)));
    assert_eq!(verdict(&Case { swap: Ok(replaced), ..good(&e) }).robustness, Finding::Fails);
}

#[test]
fn references_that_disagree_conclude_nothing() {
    let e = erasure(0.4, 0.001);
    let apart = Case { ceiling: Ok(0.3), operators: Ok(0.49), ..good(&e) };
    let found = verdict(&apart);
    assert_eq!(found.verdict, VerdictWord::Inconclusive);
    assert!(found.reasons[0].contains("0.30") && found.reasons[0].contains("0.49"));
    // So is a reference that erasure bears out.
    assert_eq!(verdict(&Case { borne_out: true, ..apart.clone() }).verdict, VerdictWord::Supported);
    // One pair that agrees is enough.
    assert_eq!(verdict(&Case { operators: Ok(0.6), ..apart }).verdict, VerdictWord::Supported);
}

#[test]
fn significance_alone_never_passes() {
    let e = erasure(0.03, 1e-9);
    let found = verdict(&good(&e));
    assert_ne!(found.verdict, VerdictWord::Supported);
    let lucky = erasure(0.4, 0.08);
    assert_eq!(verdict(&good(&lucky)).verdict, VerdictWord::Mixed);
}

#[test]
fn no_better_than_chance_contradicts() {
    let e = erasure(0.0, 0.5);
    let found = verdict(&good(&e));
    assert_eq!(found.verdict, VerdictWord::Contradicted);
    assert_eq!(found.causal_relevance, Finding::Fails);
}

#[test]
fn erasure_that_could_find_nothing_contradicts_nothing() {
    let e = erasure(0.0, 0.5);
    let found = verdict(&Case { attainable: Ok(0.02), ..good(&e) });
    assert_eq!(found.verdict, VerdictWord::Inconclusive);
    assert!(found.reasons[0].contains("0.020"));
}

#[test]
fn a_replaceable_map_is_never_supported() {
    let swap = swaps("row", 0.9, true, Some((0.6, 0.01)));
    let strong = erasure(0.4, 0.001);
    let found = verdict(&Case { swap: Ok(swap.clone()), ..good(&strong) });
    assert_eq!((found.verdict, found.rung), (VerdictWord::Mixed, 2));
    assert_eq!(found.robustness, Finding::Fails);
    // Replaceable, and what it highlights does not stand out: both speak against it.
    let weak = Causal { low: -0.02, high: 0.1, ..erasure(0.04, 0.2) };
    assert_eq!(verdict(&Case { swap: Ok(swap), ..good(&weak) }).verdict, VerdictWord::Contradicted);
}

#[test]
fn a_top_word_that_speaks_against_the_prediction_blocks_support() {
    let e = Causal { violated: true, ..erasure(0.4, 0.001) };
    let found = verdict(&good(&e));
    assert_eq!(found.verdict, VerdictWord::Mixed);
    assert!(found.reasons.iter().any(|reason| reason.contains("raises the prediction")));
}

#[test]
fn missing_evidence_is_named_and_never_counts_as_support() {
    let e = erasure(0.4, 0.001);
    let gap = || Missing::Effort { effort: "quick" };
    let without_swaps = verdict(&Case { swap: Err(gap()), ..good(&e) });
    assert_eq!(without_swaps.verdict, VerdictWord::Inconclusive);
    assert!(without_swaps.reasons.iter().any(|reason| reason.contains("--effort quick")));
    // Without leverage nothing is held against a map either.
    let chance = erasure(0.0, 0.5);
    assert_eq!(verdict(&Case { swap: Err(gap()), ..good(&chance) }).verdict, VerdictWord::Inconclusive);
    let without_erasure = verdict(&Case { erasure: Err(gap()), ..good(&e) });
    assert_ne!(without_erasure.verdict, VerdictWord::Supported);
    let without_references =
        verdict(&Case { ceiling: Err(gap()), operators: Err(gap()), loo: Err(gap()), ..good(&e) });
    // Nothing disagrees, so erasure and swaps may still support; but nothing may contradict.
    assert_eq!(without_references.verdict, VerdictWord::Supported);
    assert_eq!(without_references.consistency, Finding::Open);
    let blind = verdict(&Case { ceiling: Err(gap()), operators: Err(gap()), ..good(&chance) });
    assert_eq!(blind.verdict, VerdictWord::Inconclusive);
}

#[test]
fn consistency_fails_only_where_agreement_would_have_been_seen() {
    let e = erasure(0.4, 0.001);
    let unlike = Case { loo: Ok((0.0, 0.6)), gradient: Ok((0.05, 0.4)), ..good(&e) };
    assert_eq!(verdict(&unlike).consistency, Finding::Fails);
    let blind = Case { ceiling: Ok(0.55), detectable: Ok(0.6), ..unlike };
    assert_eq!(verdict(&blind).consistency, Finding::Open);
    assert_eq!(verdict(&blind).rung, 0);
}

#[test]
fn a_reference_that_is_no_evidence_is_told_beside_every_verdict() {
    let erasure = erasure(0.3, 0.001);
    let left_out = ["integrated-gradients is no evidence here".to_owned()];
    let told = verdict(&Case { left_out: &left_out, ..good(&erasure) });
    assert_eq!(told.verdict, VerdictWord::Supported);
    assert_eq!(told.reasons.last(), Some(&left_out[0]));
}

#[test]
fn a_confident_text_is_judged_by_its_log_odds() {
    let e = Causal { scale: Scale::LogOdds, ..erasure(0.4, 0.001) };
    let leverage = Shift { tvd: 0.002, log_odds: 0.6 };
    let confident = Swaps { leverage, scale: Some(Scale::LogOdds), ..swaps("row", 0.0, true, None) };
    let found = verdict(&Case { swap: Ok(confident.clone()), ..good(&e) });
    assert_eq!(found.verdict, VerdictWord::Supported);
    assert!(found.reasons.iter().any(|reason| reason.contains("of the log-odds that the words hold")));
    assert!(found.reasons.iter().any(|reason| reason.contains("leverage 0.60 of the log-odds")));
    let kept = Shift { tvd: 0.001, log_odds: 0.03 };
    let replaced = Swaps { non_exclusive: Some((0.6, kept)), ..confident };
    let found = verdict(&Case { swap: Ok(replaced), ..good(&e) });
    assert_eq!(found.verdict, VerdictWord::Mixed);
    assert!(
        found.reasons.iter().any(|reason| reason.contains("TVD 0.001, log-odds 0.030")),
        "{:?}",
        found.reasons
    );
}
