//! Swaps: their laws, the adversary's parts against references, and models whose attention is known.

mod adversary;
mod identifiable;
mod laws;
mod reach;
mod readings;

use std::ops::Range;

use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::{Model, Precision, softmax};
use attncheck::shift::{LEAST_SPAN, Scale, Shift};
use attncheck::stats::divergence::{jensen_shannon, total_variation};
use attncheck::subject::Subject;
use attncheck::swap::{
    PlainSwap, Site, Specials, Start, SwapEvidence, SwapKind, SwapOptions, SwapOutcome, patterns,
    patterns_of, search, swap,
};
use candle_core::Tensor;

use crate::support::subject::{BLAME, DOUBT, PRAISE, long, model, plain, subject};

const SITES: [Site; 5] = [
    Site::Row,
    Site::Head { layer: 1, head: 2 },
    Site::Head { layer: 3, head: 0 },
    Site::Layer(2),
    Site::All,
];

fn swapped(subject: &Subject, site: Site, specials: Specials, swap: PlainSwap) -> Vec<(usize, Tensor)> {
    patterns(subject, site, specials, swap).unwrap().unwrap()
}

/// The observed pattern that a swapped one stands for, `[H, R, T]`.
fn observed(subject: &Subject, layer: usize, rows: usize) -> Vec<f64> {
    let whole = &subject.probe.trace.patterns[layer];
    let decision = subject.probe.sequence.decision;
    to_f64(&if rows == 1 { whole.narrow(2, decision, 1).unwrap() } else { whole.clone() }).unwrap()
}

/// The prediction with these patterns.
fn predict(subject: &Subject, with: &[(usize, Tensor)]) -> Vec<f64> {
    let layers: Vec<usize> = with.iter().map(|(layer, _)| *layer).collect();
    let make = |_: Range<usize>, layer| Ok(with.iter().find(|(at, _)| *at == layer).unwrap().1.clone());
    softmax(&subject.probe.swapped(&layers, 1, make).unwrap()[0])
}

fn moved(subject: &Subject, with: &[(usize, Tensor)]) -> f64 {
    total_variation(&predict(subject, with), &softmax(&subject.probe.trace.logits)).unwrap()
}

fn evidence(subject: &Subject, site: Site, options: &SwapOptions) -> SwapEvidence {
    swap(subject, site, options).unwrap().unwrap()
}

fn shared() -> &'static Model {
    static MODEL: std::sync::OnceLock<Model> = std::sync::OnceLock::new();
    MODEL.get_or_init(plain)
}

#[test]
fn attention_without_values_is_inert() {
    // Without its output map, what the last layer attends to is never seen.
    let model = model(Precision::F32, &|name, values| {
        if name == "bert.encoder.layer.3.attention.output.dense.weight" {
            values.fill(0.0);
        }
    });
    let text = subject(&model, &PRAISE, None);
    for site in [Site::Row, Site::Head { layer: 3, head: 1 }, Site::Layer(3)] {
        let found = evidence(&text, site, &SwapOptions::default());
        assert_eq!((found.leverage, found.outcome), (Shift::default(), SwapOutcome::Inert));
        assert_eq!(found.adversarial, Err(Missing::NoLeverage));
    }
    assert!(
        evidence(&text, Site::Layer(0), &SwapOptions { adversary: false, ..SwapOptions::default() })
            .leverage
            .tvd
            > 0.0
    );
}

#[test]
fn equal_values_at_every_position_are_inert() {
    let model = model(Precision::F32, &|name, values| {
        if name == "bert.encoder.layer.3.attention.self.value.weight" {
            values.fill(0.0);
        }
    });
    let text = subject(&model, &PRAISE, None);
    let found = evidence(&text, Site::Row, &SwapOptions::default());
    assert!(found.leverage.tvd < 1e-5 && found.leverage.log_odds < 1e-5, "{:?}", found.leverage);
    assert_eq!(found.outcome, SwapOutcome::Inert);
}

#[test]
fn what_is_reported_is_what_a_rerun_gives() {
    let model = shared();
    for (ids, joined) in [(PRAISE.to_vec(), None), (BLAME.to_vec(), Some(3)), (long(), Some(4))] {
        let text = subject(model, &ids, joined);
        let options = SwapOptions { epsilon: 0.02, steps: 120, ..SwapOptions::default() };
        let found = evidence(&text, Site::Row, &options);
        let of = |how| moved(&text, &swapped(&text, Site::Row, Specials::Keep, how));
        assert!((found.uniform_tvd - of(PlainSwap::Uniform)).abs() < 1e-6);
        let mut tvds: Vec<f64> = (0..100).map(|i| of(PlainSwap::Permutation(i))).collect();
        tvds.sort_by(f64::total_cmp);
        let permuted = found.permute.as_ref().unwrap();
        assert_eq!(permuted.n, 100);
        assert!(permuted.sorted.iter().zip(&tvds).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((permuted.median_tvd - f64::midpoint(tvds[49], tvds[50])).abs() < 1e-6);
        let one_hot: Vec<f64> = (0..ids.len() - 2).map(|i| of(PlainSwap::OneHot(i))).collect();
        let greatest = one_hot.iter().copied().fold(0.0, f64::max);
        assert!((found.one_hot.max_tvd - greatest).abs() < 1e-6);
        assert!((one_hot[found.one_hot.token - 1] - greatest).abs() < 1e-6);
        assert!(text.words[found.one_hot.word.unwrap()].contains(&found.one_hot.token));
        let leverage = greatest.max(tvds[99]).max(found.uniform_tvd);
        assert!((found.leverage.tvd - leverage).abs() < 1e-6);
        assert!(found.identifiable == (ids.len() <= 32));

        let witness = found.witness.unwrap();
        let best = witness.counterfactual;
        let with = patterns_of(&text, Site::Row, Specials::Keep, &best).unwrap().unwrap();
        assert!(best.shift.tvd <= 0.02 && (moved(&text, &with) - best.shift.tvd).abs() < 1e-6);
        // The map of the words, from whole patterns.
        let words = |pattern: &[f64]| {
            let tokens: Vec<f64> =
                (0..ids.len()).map(|k| pattern.iter().skip(k).step_by(ids.len()).sum()).collect();
            let words = text.sum_words(&tokens);
            let total: f64 = words.iter().sum();
            words.into_iter().map(|w| w / total).collect::<Vec<f64>>()
        };
        let (after, before) = (words(&to_f64(&with[0].1).unwrap()), words(&observed(&text, 3, 1)));
        assert!(best.map.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(found.map.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((best.jsd - jensen_shannon(&after, &before).unwrap()).abs() < 1e-6);
        let expected = match (found.scale.is_none(), best.jsd >= 0.4) {
            (true, _) => SwapOutcome::Inert,
            (_, true) => SwapOutcome::NonExclusive,
            _ => SwapOutcome::NoAdversaryFound,
        };
        assert_eq!(found.outcome, expected);
    }
}

#[test]
fn what_moves_no_probability_is_judged_by_its_log_odds() {
    let text = subject(shared(), &PRAISE, None);
    let all = SwapOptions { adversary: false, ..SwapOptions::default() };
    let leverage = evidence(&text, Site::All, &all).leverage;
    // Sure of itself: the log-odds move by more of their span than the probability does.
    assert!(leverage.log_odds > 1.1 * leverage.tvd, "{leverage:?}");
    let epsilon = f64::midpoint(leverage.tvd, leverage.log_odds);
    let options = SwapOptions { epsilon, steps: 60, ..SwapOptions::default() };
    let found = evidence(&text, Site::All, &options);
    assert_eq!((found.leverage, found.scale), (leverage, Some(Scale::LogOdds)));
    assert!(found.outcome != SwapOutcome::Inert && found.adversarial.is_ok());
    let best = found.witness.unwrap().counterfactual;
    let with = patterns_of(&text, Site::All, Specials::Keep, &best).unwrap().unwrap();
    let odds = |p: &[f64]| (p[text.probe.target.class()] / (1.0 - p[text.probe.target.class()])).ln();
    let fall = odds(&softmax(&text.probe.trace.logits)) - odds(&predict(&text, &with));
    assert!((best.shift.log_odds - fall.abs() / LEAST_SPAN).abs() < 1e-4, "{:?} {fall}", best.shift);
    assert!(best.shift.log_odds <= epsilon && best.shift.tvd <= epsilon);
    // Where probability moves, probability is what counts.
    let wide = SwapOptions { epsilon: 0.5 * leverage.tvd, ..all };
    assert_eq!(evidence(&text, Site::All, &wide).scale, Some(Scale::Probability));
}

#[test]
fn a_search_after_the_plain_swaps_is_the_search_with_them() {
    let text = subject(shared(), &DOUBT, Some(3));
    for (site, start) in [(Site::Row, Start::Random), (Site::All, Start::Plain)] {
        let at_once = SwapOptions { steps: 20, start, ..SwapOptions::default() };
        let plain = evidence(&text, site, &SwapOptions { adversary: false, ..at_once.clone() });
        assert_eq!(plain.adversarial, Err(Missing::NotAsked));
        let after = search(&text, plain, &at_once).unwrap().unwrap();
        assert_eq!(after, evidence(&text, site, &at_once), "{site}");
    }
}

#[test]
fn every_site_and_both_treatments_of_specials_run() {
    let model = shared();
    let text = subject(model, &PRAISE, None);
    for site in SITES {
        for specials in [Specials::Keep, Specials::Include] {
            let options =
                SwapOptions { specials, permutations: 5, steps: 3, epsilon: 1e-9, ..SwapOptions::default() };
            let found = evidence(&text, site, &options);
            assert!(found.leverage.tvd > 0.0 && found.leverage.tvd <= 1.0, "{site}");
            let search = found.adversarial.unwrap();
            assert_eq!((search.candidates, search.steps), (5, 3));
            let units = if specials == Specials::Keep { 10 } else { 12 };
            assert_eq!(found.map.len(), units);
            assert!((found.map.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            assert!(found.mass > 0.0 && found.mass < 1.0 + 1e-6);
        }
    }
}

#[test]
fn a_free_prediction_is_non_exclusive_and_says_who_found_it() {
    // ε so wide that every attention keeps the prediction, and a leverage that still counts.
    let text = subject(shared(), &PRAISE, None);
    let found = evidence(&text, Site::All, &SwapOptions { adversary: false, ..SwapOptions::default() });
    let options = SwapOptions {
        adversary: false,
        epsilon: found.leverage.tvd,
        permutations: 100,
        ..SwapOptions::default()
    };
    let found = evidence(&text, Site::All, &options);
    assert_eq!(found.outcome, SwapOutcome::NonExclusive);
    let witness = found.witness.unwrap();
    assert_eq!(witness.kind, SwapKind::OneHot);
    assert!(witness.counterfactual.jsd >= 0.4);
}
