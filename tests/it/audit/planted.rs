//! Verdicts on models whose truth was written into their weights, through the files and the audit a user runs.
//!
//! What each model should be told is stated beside its construction; the seeds here were not looked at when the
//! verdict's rules were chosen.

use std::sync::atomic::AtomicBool;

use attncheck::audit::{self, Plan};
use attncheck::controls::{Control, Planted, Recipe};
use attncheck::model::source::HubSettings;
use attncheck::report::Report;
use attncheck::report::example::VerdictWord::{self, Contradicted, Inert, Supported};

use crate::support::planted;

const TEXTS: u64 = 10;

/// The truth of each text: its deciding words.
type Deciding = Vec<Vec<usize>>;

/// Audits texts of `words` words with a planted model, read from a folder as a user's would be.
fn audited(kind: Planted, words: usize, seed: u64) -> (Report, Deciding) {
    let control = Control::plant(Recipe::new(kind, words, seed)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    planted::save(&control, folder.path());
    let plantings: Vec<_> = (0..TEXTS).map(|i| control.text(i)).collect();
    let spell = |p: &attncheck::controls::Planting| {
        p.words.iter().map(|w| p.pieces[w.start].clone()).collect::<Vec<_>>().join(" ")
    };
    let texts = folder.path().join("texts.txt");
    std::fs::write(&texts, plantings.iter().map(spell).collect::<Vec<_>>().join("\n")).unwrap();
    let plan = Plan { model: Some(folder.path().display().to_string()), seed, ..Plan::of(texts) };
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
    (report, plantings.iter().map(|p| p.truth.deciding()).collect())
}

fn count(report: &Report, reading: &str, verdict: VerdictWord) -> usize {
    let of = |e: &attncheck::report::ExampleReport| {
        e.readings.iter().find(|r| r.method == reading && !r.sinks_removed).unwrap().verdict.verdict
    };
    report.examples.iter().filter(|e| of(e.as_ref().unwrap()) == verdict).count()
}

/// The word that a reference puts first.
fn first(report: &Report, example: usize, reference: &str) -> usize {
    let references = report.examples.get(example).unwrap().unwrap().references;
    let scores = references.iter().find(|r| r.method == reference).unwrap().scores.value.clone().unwrap();
    (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap()
}

#[test]
fn the_only_path_is_supported_and_references_rank_its_word_first() {
    let (report, truth) = audited(Planted::OnlyPath, 20, 101);
    for (i, deciding) in truth.iter().enumerate() {
        for reference in ["loo", "integrated-gradients"] {
            assert!(deciding.contains(&first(&report, i, reference)), "text {i}, {reference}");
        }
    }
    assert!(count(&report, "raw", Supported) >= 9, "{:?}", report.summary.readings[0].verdicts);
    assert_eq!(count(&report, "raw", Contradicted), 0);
}

#[test]
fn attention_on_null_values_is_contradicted() {
    let (report, truth) = audited(Planted::Decoy, 20, 102);
    for (i, deciding) in truth.iter().enumerate() {
        assert!(deciding.contains(&first(&report, i, "loo")), "text {i}");
    }
    assert!(count(&report, "raw", Contradicted) >= 9, "{:?}", report.summary.readings[0].verdicts);
    assert_eq!(count(&report, "raw", Supported), 0);
}

#[test]
fn attention_that_the_decision_goes_around_is_inert_even_where_it_looks_right() {
    for kind in [Planted::Bypass, Planted::BypassAligned] {
        let (report, _) = audited(kind, 20, 103);
        assert_eq!(count(&report, "raw", Inert), TEXTS as usize, "{}", kind.name());
    }
}

#[test]
fn evidence_that_moved_before_the_last_layer_contradicts_raw_but_not_rollout() {
    let (report, truth) = audited(Planted::Mixing, 40, 104);
    for (i, deciding) in truth.iter().enumerate() {
        assert!(deciding.contains(&first(&report, i, "integrated-gradients")), "text {i}");
    }
    assert!(count(&report, "raw", Contradicted) >= 9);
    assert!(count(&report, "rollout", Supported) >= 9);
}

#[test]
fn redundant_words_are_replaceable_and_never_supported() {
    let (report, _) = audited(Planted::Redundant, 20, 105);
    assert_eq!(count(&report, "raw", Supported), 0);
    for example in report.examples.iter() {
        let example = example.unwrap();
        let row = example.swaps.iter().find(|s| s.site == "row").unwrap();
        assert_eq!(row.outcome.value.as_deref(), Some("non-exclusive"));
    }
}

#[test]
fn a_constant_model_is_inert_in_every_reading() {
    let (report, _) = audited(Planted::Constant, 20, 106);
    for reading in ["raw", "mean", "rollout", "flow", "value-norm"] {
        assert_eq!(count(&report, reading, Inert), TEXTS as usize, "{reading}");
    }
}
