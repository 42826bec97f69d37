//! Shapley values: against all orders of words, their laws, planted models, and what sampling says of its own error.

use std::sync::atomic::AtomicBool;

use attncheck::attribution::{MethodOptions, Sampling, Scores, Shared, find};
use attncheck::audit::{self, Plan, TargetKind};
use attncheck::controls::{Control, Outlook, Planted, Recipe};
use attncheck::erasure::Operator;
use attncheck::missing::Missing;
use attncheck::model::source::HubSettings;
use attncheck::model::{Model, Precision, Target};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use serde::Deserialize;

use crate::support::cases::{self, close};

/// So many sets that every one of up to 12 words is run.
const EVERY_SET: usize = 1 << 14;

fn with(subject: &Subject<'_>, options: MethodOptions) -> Scores {
    find("shapley").unwrap().scores(&Shared::new(subject, options)).unwrap().unwrap().unwrap()
}

fn at_most(subject: &Subject<'_>, coalitions: usize) -> Scores {
    with(subject, MethodOptions { coalitions, ..MethodOptions::for_subject(subject) })
}

fn exact(subject: &Subject<'_>) -> Vec<f64> {
    let found = at_most(subject, EVERY_SET);
    let sampling = found.sampling.unwrap();
    assert_eq!(sampling.sets, 1 << subject.words.len());
    assert!(sampling.converged && sampling.errors.iter().all(|error| *error == 0.0));
    found.words
}

fn sampled(subject: &Subject<'_>, coalitions: usize) -> (Vec<f64>, Sampling) {
    let found = at_most(subject, coalitions);
    let sampling = found.sampling.unwrap();
    assert!(sampling.sets <= coalitions, "{} of {coalitions} sets", sampling.sets);
    assert!(sampling.sets < 1 << subject.words.len().min(40), "sampled");
    (found.words, sampling)
}

/// These words of one token each between two specials.
fn text<'m>(model: &'m Model, words: &[u32], target: impl FnOnce(&[f64]) -> Target) -> Subject<'m> {
    let ids = [&[2], words, &[3]].concat();
    let mut subject = cases::subject(model, &ids, None, 0, target);
    subject.words = (1..=words.len()).map(|t| t..t + 1).collect();
    (subject.mask, subject.pad) = (Some(4), Some(0));
    subject
}

/// Up to 10 words of the smallest models.
fn words(n: u32) -> Vec<u32> {
    (0..n).map(|i| 5 + (i * 7 + 3) % 34).collect()
}

/// Any number of words of the trained model.
fn many(n: u32) -> Vec<u32> {
    (0..n).map(|i| 40 + (i * 131) % 8000).collect()
}

fn trained(precision: Precision) -> Model {
    cases::case("sst2-tiny-s1").model(precision)
}

/// `y(x) − y(all words erased)`.
fn whole(subject: &Subject<'_>, operator: Operator) -> f64 {
    let all = (0..subject.words.len()).collect();
    let shared = Shared::new(subject, MethodOptions::for_subject(subject));
    shared.erased(operator).changes(&[all]).unwrap().unwrap()[0].target
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |top, value| f64::max(top, value.abs()))
}

/// The predicted class of a planted model against the other.
fn of_two(logits: &[f64]) -> Target {
    let class = usize::from(logits[1] > logits[0]);
    Target::Margin { class, against: 1 - class }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    model: String,
    ids: Vec<u32>,
    mask_id: u32,
    predicted: usize,
    runner_up: usize,
    total: f64,
    values: Vec<f64>,
}

#[test]
fn all_sets_give_the_mean_over_all_orders() {
    let all: Vec<Golden> =
        serde_json::from_str(include_str!("../../../fixtures/golden/shapley.json")).unwrap();
    for golden in all {
        let model = cases::case(&golden.model).model(Precision::F64);
        let target = Target::Margin { class: golden.predicted, against: golden.runner_up };
        let mut subject = text(&model, &golden.ids[1..golden.ids.len() - 1], |_| target);
        subject.mask = Some(golden.mask_id);
        close(&exact(&subject), &golden.values, 1e-8, &golden.model);
        let total = whole(&subject, Operator::Mask);
        assert!((total - golden.total).abs() < 1e-8, "{total} and {}", golden.total);
    }
}

/// Every order of `n` words.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |order: Vec<usize>| {
        (0..n).map(move |at| {
            let mut order = order.clone();
            order.insert(at, n - 1);
            order
        })
    };
    orders(n - 1).into_iter().flat_map(longer).collect()
}

#[test]
fn every_operator_is_its_own_game() {
    let model = cases::case("bert-gelu").model(Precision::F64);
    for n in 1..=5 {
        let subject = text(&model, &words(n), cases::margin);
        let n = n as usize;
        for operator in Operator::ALL {
            let options = MethodOptions { operator, ..MethodOptions::for_subject(&subject) };
            let shared = Shared::new(&subject, options);
            let erased = shared.erased(operator);
            let (all, mut expected) = (orders(n), vec![0.0; n]);
            for order in &all {
                let sets: Vec<Vec<usize>> = (0..=n).map(|k| order[..k].to_vec()).collect();
                let changes = erased.changes(&sets).unwrap().unwrap();
                for (word, step) in order.iter().zip(changes.windows(2)) {
                    expected[*word] += (step[1].target - step[0].target) / all.len() as f64;
                }
            }
            let found = with(&subject, options);
            close(&found.words, &expected, 1e-10, operator.name());
            let sum: f64 = found.words.iter().sum();
            assert!((sum - whole(&subject, operator)).abs() < 1e-10, "{n} words, {}", operator.name());
        }
    }
}

#[test]
fn values_sum_to_what_erasing_all_words_changes() {
    let model = trained(Precision::F64);
    for n in [1, 2, 3, 4, 7, 9, 16, 25] {
        let subject = text(&model, &many(n), cases::margin);
        for coalitions in [200, 512] {
            let shared =
                Shared::new(&subject, MethodOptions { coalitions, ..MethodOptions::for_subject(&subject) });
            // The least budget does not pay for the longest texts.
            let Ok(found) = find("shapley").unwrap().scores(&shared).unwrap().unwrap() else {
                assert!(coalitions == 200 && n >= 16, "{n} words in {coalitions}");
                continue;
            };
            let (sum, total) = (found.words.iter().sum::<f64>(), whole(&subject, Operator::Mask));
            assert!((sum - total).abs() < 1e-9, "{n} words in {coalitions}: {sum} of {total}");
        }
    }
}

#[test]
fn samples_agree_with_all_sets_within_the_error_they_tell() {
    let model = cases::case("bert-gelu").model(Precision::F64);
    let (mut squares, mut covered, mut count) = (0.0, 0, 0);
    for n in [8, 9, 10] {
        let mut subject = text(&model, &words(n), cases::margin);
        let expected = exact(&subject);
        let top = largest(&expected);
        for seed in 0..12 {
            subject.stream = Stream::new(seed, ["shapley"]);
            let (found, sampling) = sampled(&subject, 250);
            if sampling.converged {
                assert!(sampling.error() <= 0.1 * largest(&found));
            }
            for ((found, expected), error) in found.iter().zip(&expected).zip(&sampling.errors) {
                let off = (found - expected).abs();
                assert!(off <= 8.0 * error + 1e-9 * top, "{n} words: {off} off, error {error}");
                if *error > 1e-9 * top {
                    squares += (off / error).powi(2);
                    covered += usize::from(off <= 1.96 * error);
                    count += 1;
                }
            }
        }
    }
    // Normal errors would give 1 and 95 %; those of a text's words hang together, and a small sample tells a little
    // less than there is.
    let (spread, share) = ((squares / f64::from(count)).sqrt(), covered as f64 / f64::from(count));
    assert!((0.6..1.35).contains(&spread), "errors are {spread} times what is told");
    assert!(share > 0.85, "{share} of {count} within 1.96 errors");
}

#[test]
fn draws_follow_from_the_text_and_its_seed() {
    let model = trained(Precision::F32);
    let mut subject = text(&model, &many(12), cases::margin);
    let first = sampled(&subject, 512);
    assert_eq!(first, sampled(&subject, 512));
    // Other passes before it change nothing.
    let options = MethodOptions::for_subject(&subject);
    let shared = Shared::new(&subject, options);
    shared.leave_one_out(options.operator).unwrap().unwrap();
    let after = find("shapley").unwrap().scores(&shared).unwrap().unwrap().unwrap();
    close(&after.words, &first.0, 1e-5, "after leave-one-out");
    subject.stream = Stream::new(8, ["another"]);
    assert_ne!(first.0, sampled(&subject, 512).0);
}

#[test]
fn the_sets_of_random_orders_are_not_run_again() {
    let model = trained(Precision::F32);
    let subject = text(&model, &many(20), cases::margin);
    let spent = |before: bool| {
        let own = subject.apart();
        let shared = Shared::new(&own, MethodOptions::for_subject(&own));
        let erased = shared.erased(shared.options.operator);
        if before {
            attncheck::erasure::Curves::new(erased, shared.options.random_orders).unwrap().unwrap();
        }
        let start = own.probe.spent();
        find("shapley").unwrap().scores(&shared).unwrap().unwrap().unwrap();
        own.probe.spent() - start
    };
    let (alone, after) = (spent(false), spent(true));
    // 20 orders of 20 words: sizes 1, 2, 4 and 10, each with its complement.
    assert!(alone - after > 60.0, "{alone} alone, {after} after the random orders");
}

/// Values of a planted model's text, all sets run, and the words that decide.
fn planted(kind: Planted, n: usize, seed: u64) -> (Vec<f64>, Vec<f64>, Vec<usize>) {
    let control = Control::plant(Recipe::new(kind, n, seed)).unwrap();
    let text = control.text(seed);
    let subject = control.subject(&text, of_two, "shapley").unwrap();
    let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
    let alone = shared.leave_one_out(Operator::Mask).unwrap().unwrap().target;
    (exact(&subject), alone, text.truth.deciding())
}

#[test]
fn words_that_stand_in_for_one_another_share_what_leave_one_out_misses() {
    for (kind, misses) in [(Planted::Or, true), (Planted::Redundant, true), (Planted::And, false)] {
        for seed in [1, 2] {
            let (values, alone, deciding) = planted(kind, 9, seed);
            let total: f64 = values.iter().sum();
            assert!(deciding.len() >= 2 && total > 3.0, "{kind:?}: {total}");
            for (word, value) in values.iter().enumerate() {
                // Equal words have equal shares, and all others none.
                let share = if deciding.contains(&word) { total / deciding.len() as f64 } else { 0.0 };
                assert!((value - share).abs() < 0.02 * total, "{kind:?} word {word}: {value}, not {share}");
            }
            let largest = deciding.iter().map(|word| alone[*word].abs()).fold(0.0, f64::max);
            assert_eq!(largest < 0.1 * total, misses, "{kind:?}: leave-one-out {largest} of {total}");
        }
    }
}

#[test]
fn planted_words_are_told_as_expected() {
    for kind in Planted::ALL {
        let control = Control::plant(Recipe::new(kind, 9, 4)).unwrap();
        let text = control.text(4);
        let margin = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
        let subject = control.subject(&text, margin, "shapley").unwrap();
        let values = exact(&subject);
        let Some(relevance) = &text.truth.relevance else { continue };
        let most = relevance.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first = (0..9).rev().max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap();
        match control.expected().shapley {
            Outlook::Right => assert!(relevance[first] >= most, "{kind:?}: {values:?} of {relevance:?}"),
            Outlook::Wrong => assert!(relevance[first] < most, "{kind:?}: {values:?} of {relevance:?}"),
            Outlook::Blind => assert!(largest(&values) < 0.1, "{kind:?}: {values:?}"),
            Outlook::Open => {}
        }
    }
}

#[test]
fn a_model_that_ignores_its_words_gives_them_nothing_and_says_so_at_once() {
    let control = Control::plant(Recipe::new(Planted::Constant, 20, 3)).unwrap();
    let text = control.text(3);
    let subject = control.subject(&text, of_two, "shapley").unwrap();
    let (values, sampling) = sampled(&subject, 512);
    assert!(largest(&values) < 1e-4 && sampling.converged, "{values:?}");
    assert!(sampling.sets < 300, "{}", sampling.sets);
}

#[test]
fn an_audit_tells_the_errors_and_the_passes() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.txt");
    std::fs::write(&texts, "a slow film that somehow stays warm and funny to its very last scene").unwrap();
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(&Plan::of(texts), &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
    let example = report.examples.get(0).unwrap().unwrap();
    let found = example.references.iter().find(|r| r.method == "shapley").unwrap();
    let (scores, errors) = (found.scores.value.as_ref().unwrap(), found.standard_error.as_ref().unwrap());
    assert_eq!((scores.len(), errors.len()), (example.words.len(), example.words.len()));
    assert!(found.converged.is_some() && found.residual.is_none() && found.error_share().unwrap() < 0.5);
    for step in ["random orders", "shapley"] {
        let booked: Vec<f64> = example.passes.iter().filter(|p| p.step == step).map(|p| p.forwards).collect();
        assert!(booked.len() == 1 && booked[0] > 10.0, "{step}: {booked:?}");
    }
    let others = example.references.iter().filter(|r| r.method != "shapley");
    assert!(others.into_iter().all(|r| r.standard_error.is_none()));
}

#[test]
fn a_budget_that_is_too_small_is_said_before_more_is_spent() {
    let model = trained(Precision::F32);
    let subject = text(&model, &many(25), cases::margin);
    let shared =
        Shared::new(&subject, MethodOptions { coalitions: 100, ..MethodOptions::for_subject(&subject) });
    let found = find("shapley").unwrap().scores(&shared).unwrap().unwrap();
    assert_eq!(found, Err(Missing::TooManyWords { found: 25, budget: 100 }));
    assert!(subject.probe.spent() < 3.0);
    let empty = text(&model, &[], cases::margin);
    let shared = Shared::new(&empty, MethodOptions::for_subject(&empty));
    let found = find("shapley").unwrap().scores(&shared).unwrap().unwrap();
    assert_eq!(found, Err(Missing::TooFewWords { found: 0, needed: 1 }));
}
