//! The audit of the audit: a part of it is run again, with bounds that can fail.

use std::sync::atomic::{AtomicBool, Ordering};

use attncheck::audit::AuditError;
use attncheck::audit::{self, Plan, power};
use attncheck::controls::ControlsError;
use attncheck::controls::grid::{REPORT_SEED, TUNING_SEEDS};
use attncheck::controls::trial::{protocol, run};
use attncheck::controls::{
    Control, Grid, Margins, Planted, Recipe, Shortcut, ShortcutRecipe, Trial, controls,
};
use attncheck::model::source::HubSettings;
use attncheck::report::controls::{ControlsReport, PowerRow};
use attncheck::report::example::VerdictWord::{Contradicted, Supported};
use attncheck::report::{Json, Render, Text};

use crate::support::planted;

/// The committed document of the full set.
pub fn document() -> ControlsReport {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/controls/full.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Some kinds at some n with the whole effect, as in the full set.
fn part(kinds: &[Planted], words: &[usize]) -> Grid {
    Grid {
        kinds: kinds.to_vec(),
        words: words.to_vec(),
        lambdas: vec![(1.0, 8)],
        variations: Vec::new(),
        looks: 16,
        shortcuts: Vec::new(),
        ..Grid::full(REPORT_SEED)
    }
}

fn tried(grid: &Grid) -> ControlsReport {
    controls(grid, None, &(), &AtomicBool::new(false)).unwrap()
}

fn rate(report: &ControlsReport, verdict: &str, power: bool) -> f64 {
    let rates = report.verdicts.iter().find(|v| v.verdict == verdict).unwrap();
    let rates = if power { &rates.power } else { &rates.false_alarms };
    rates.all.value.as_ref().unwrap().estimate
}

/// Hits and trials of a row at n words.
fn at(rows: &[PowerRow], like: &PowerRow, words: usize) -> Option<(usize, usize)> {
    let row = rows.iter().find(|row| {
        (&row.reading, row.sinks_removed, row.verdict) == (&like.reading, like.sinks_removed, like.verdict)
    })?;
    let i = row.words.iter().position(|n| *n == words)?;
    Some((row.hits[i], row.trials[i]))
}

#[test]
fn verdicts_are_right_at_20_words() {
    let kinds = [
        Planted::OnlyPath,
        Planted::Sink,
        Planted::And,
        Planted::Decoy,
        Planted::Mixing,
        Planted::Redundant,
        Planted::Negative,
    ];
    let grid = Grid { lambdas: vec![(1.0, 4)], ..part(&kinds, &[20]) };
    let report = tried(&grid);
    assert_eq!(report.trials, kinds.len() * 6 * 4);
    for verdict in ["supported", "contradicted"] {
        assert!(rate(&report, verdict, true) >= 0.9, "{verdict}: {:?}", report.verdicts);
        assert!(rate(&report, verdict, false) <= 0.05, "{verdict}: {:?}", report.verdicts);
    }
    assert!(rate(&report, "non-exclusive", true) >= 0.9 && rate(&report, "non-exclusive", false) <= 0.05);
    for reference in ["loo", "integrated-gradients"] {
        let found = report.truth.iter().find(|m| m.method == reference).unwrap();
        // Erasing one of several that bring the same shows nothing.
        for kind in found.kinds.iter().filter(|k| k.kind != "redundant") {
            assert!(kind.first.value.as_ref().unwrap().estimate >= 0.9, "{reference}: {kind:?}");
        }
    }
}

#[test]
fn committed_power_is_what_is_measured() {
    let committed = document();
    assert_eq!(committed.settings.seed, REPORT_SEED);
    assert_eq!(committed.settings.attncheck, env!("CARGO_PKG_VERSION"));
    assert_eq!(power::measured(), committed.power);
    // Every kind of the document that says what raw attention alone should get.
    let planted = |kind: &Planted| committed.settings.kinds.iter().any(|name| name == kind.name());
    let kinds = [
        Planted::OnlyPath,
        Planted::Sink,
        Planted::And,
        Planted::OneWord,
        Planted::SeveralWords,
        Planted::Decoy,
        Planted::Mixing,
    ];
    let kinds: Vec<Planted> = kinds.into_iter().filter(planted).collect();
    let found = tried(&part(&kinds, &[8])).power;
    let mut compared = 0;
    for row in committed.power.iter().filter(|row| matches!(row.verdict, Supported | Contradicted)) {
        let Some(((was, of), (is, all))) = at(&committed.power, row, 8).zip(at(&found, row, 8)) else {
            assert_ne!(row.reading, "raw", "{row:?}");
            continue;
        };
        assert!(of == all || row.reading != "raw", "{row:?}");
        // Of other readings some rows rest on other kinds too.
        if of == all {
            // The last bit of a kernel may turn a verdict at its threshold.
            assert!(was.abs_diff(is) <= 2, "{} {:?}: {was} of {of}, now {is}", row.reading, row.verdict);
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared} rows");
}

#[test]
fn committed_goals_are_reached() {
    let committed = document();
    assert!(
        committed.goals.len() >= 5 && committed.goals.iter().all(|goal| goal.holds),
        "{:?}",
        committed.goals
    );
    assert_eq!(committed.settings.set, "full");
    assert!(!TUNING_SEEDS.contains(&committed.settings.seed));
}

#[test]
fn power_lies_between_the_numbers_it_was_measured_at() {
    let rate = |words| power::power("raw", false, Supported, words).map(|p| p.rate);
    let (low, high) = (rate(20).unwrap(), rate(40).unwrap());
    let between = rate(30).unwrap();
    assert!(low.min(high) <= between && between <= low.max(high));
    for outside in [7, 129] {
        assert!(rate(outside).unwrap_err().to_string().contains("8 to 128"));
    }
    assert!(power::power("random", false, Supported, 20).is_err());
}

#[test]
fn a_planted_text_is_examined_as_a_text_of_a_file_is() {
    let seed = 31;
    let trial = Trial {
        kind: Planted::OnlyPath,
        words: 12,
        lambda: 1.0,
        heads: 2,
        layers: 2,
        margins: Margins::USUAL,
        natural: false,
        seed,
        texts: 8,
        text: 1,
    };
    let outcome = run(&trial, &protocol()).unwrap();
    let control = Control::plant(Recipe { heads: 2, ..Recipe::new(Planted::OnlyPath, 12, seed) }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    planted::save(&control, folder.path());
    let text = control.text(1);
    let line = text.pieces[1..text.pieces.len() - 1].join(" ");
    let texts = folder.path().join("texts.txt");
    std::fs::write(&texts, line).unwrap();
    let plan = Plan { model: Some(folder.path().display().to_string()), seed, ..Plan::of(texts) };
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
    let example = report.examples.get(0).unwrap().unwrap();
    let readings = &example.readings;
    let verdicts: Vec<_> =
        readings.iter().map(|r| (r.method.clone(), r.sinks_removed, r.verdict.verdict)).collect();
    let planted: Vec<_> =
        outcome.verdicts.iter().map(|of| (of.reading.clone(), of.sinks_removed, of.verdict)).collect();
    assert_eq!(planted, verdicts);
    let jsd = example.swaps[0].counterfactual.value.as_ref().map(|c| c.jsd);
    assert_eq!(outcome.divergence, jsd);
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let grid = Grid {
        lambdas: vec![(0.0, 1), (1.0, 1)],
        heads: vec![2],
        ..part(&[Planted::Constant, Planted::Decoy, Planted::Random], &[8])
    };
    let bytes = |threads| {
        Json.rendered(&controls(&grid, Some(threads), &(), &AtomicBool::new(false)).unwrap()).unwrap()
    };
    assert_eq!(bytes(1), bytes(3));
}

#[test]
fn an_interruption_before_the_first_trial_leaves_nothing() {
    let stop = AtomicBool::new(false);
    stop.store(true, Ordering::Relaxed);
    let found = controls(&part(&[Planted::Constant], &[8]), Some(1), &(), &stop);
    assert!(matches!(found, Err(ControlsError::Audit(AuditError::Interrupted))));
}

#[test]
fn trials_are_all_different_and_no_tuning_seed_is_reported() {
    for grid in [Grid::quick(REPORT_SEED), Grid::full(REPORT_SEED)] {
        let trials = grid.trials();
        for (i, trial) in trials.iter().enumerate() {
            assert!(!TUNING_SEEDS.contains(&trial.seed));
            let next = trials.get(i + 1);
            assert!(next.is_none_or(|next| next != trial));
        }
    }
}

#[test]
fn trained_classifiers_are_asked_who_finds_their_word() {
    let recipe = ShortcutRecipe::new(Shortcut::SingleToken, 7);
    let small = ShortcutRecipe { heads: 2, batch: 16, ..recipe };
    let never = ShortcutRecipe { steps: 1, seed: 8, ..small.clone() };
    let none = Grid { kinds: Vec::new(), ..part(&[], &[]) };
    let report = tried(&Grid { shortcuts: vec![small, never], held_out: 20, ..none });
    assert_eq!(report.trials, 0);
    // No decoder is planted, so that none is erased.
    assert_eq!((report.settings.operator.as_str(), &report.settings.decoder_operator), ("mask", &None));
    let [learned, missing] = report.shortcuts.as_slice() else { panic!("two were trained") };
    let found = learned.value.as_ref().unwrap();
    assert!(found.seed == 7 && found.texts >= 19);
    let of = |method: &str| found.methods.iter().find(|row| row.method == method).unwrap();
    assert!(of("loo").precision.unwrap() >= 0.9 && of("random").precision.unwrap() < 0.5);
    assert!(missing.value.is_none() && missing.reason.as_ref().unwrap().starts_with("seed 8: after 1 steps"));
    let printed = Text::new(80, false).rendered(&report).unwrap();
    assert!(printed.contains("single-token        seed 7  1/rank"), "{printed}");
    assert!(printed.contains("missing: seed 8: after 1 steps"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    let json = Json.rendered(&report).unwrap();
    assert_eq!(serde_json::from_str::<ControlsReport>(&json).unwrap(), report);
}

#[test]
fn committed_classifiers_learned_and_references_find_their_words() {
    let committed = document();
    assert!(committed.shortcuts.len() >= 6);
    for model in &committed.shortcuts {
        let model = model.value.as_ref().unwrap();
        assert!(model.learned.accuracy >= 0.99 && model.learned.undecided >= 0.95);
        for method in ["loo", "integrated-gradients"] {
            let row = model.methods.iter().find(|row| row.method == method).unwrap();
            assert!(row.low.unwrap() >= 0.9, "{} {}: {row:?}", model.kind, model.seed);
        }
    }
}
