//! Runs of pairs: what is chosen on which half, what fails, what is printed.

use std::sync::atomic::AtomicBool;

use attncheck::align::{AlignError, AlignPlan, Step, align_with};
use attncheck::input::{GoldLinks, Link, Pairs};
use attncheck::report::align::{AlignReport, AlignRow};
use attncheck::report::{Html, Json, Pharaoh, Render, Text};

use super::fake::{Fake, gold, pairs};

const PAIRS: [(&str, &str); 6] = [
    ("the red house stands", "HOUSE RED THE STANDS"),
    ("a b c", "C B A"),
    ("one two three four", "FOUR THREE TWO ONE"),
    ("we saw it", "WE IT SAW"),
    ("go now", "NOW GO"),
    ("you and me", "ME AND YOU"),
];

fn plan() -> AlignPlan {
    AlignPlan::of("pairs.txt".into(), "fake".to_owned())
}

fn run(plan: &AlignPlan, pairs: &Pairs, gold: Option<&GoldLinks>) -> Result<AlignReport, AlignError> {
    align_with(plan, (pairs, gold), &Fake, None, &(), &AtomicBool::new(false))
}

fn named<'r>(report: &'r AlignReport, name: &str) -> &'r AlignRow {
    report.rows.iter().find(|row| row.reading == name).unwrap()
}

#[test]
fn the_head_that_aligns_is_found_and_scored_on_the_other_half() {
    let pairs = pairs(&PAIRS);
    let report = run(&plan(), &pairs, Some(&gold(&pairs))).unwrap();
    // The mean of both heads finds every link as the head does, and of equals the first is taken.
    assert_eq!((report.chosen.layer, report.chosen.head, report.chosen.step.as_str()), (1, None, "output"));
    let held = report.held_out.value.as_ref().unwrap();
    assert_eq!((held.first, held.second, held.among), (3, 3, 24));
    // It finds every link, in whatever order; the diagonal finds none that turned.
    let rate = |row: &AlignRow| row.aer.value.as_ref().unwrap().estimate;
    assert!(rate(&held.row).abs() < 1e-12 && rate(&held.diagonal) > 0.3);
    assert_eq!(held.row.aer.value.as_ref().unwrap().n, 3);
    assert_eq!(held.row.reordering.value, Some(1.0));
    assert_eq!(report.pairs[1].output.links, [(0, 2), (1, 1), (2, 0)]);
    assert_eq!(report.pairs[1].output.crossings, 3);
    // The row that takes a word in is that of the next one: the steps are not mixed.
    assert_ne!(report.pairs[1].input.links, report.pairs[1].output.links);
    assert!(named(&report, "diagonal").crossings.abs() < f64::EPSILON);
    assert!(report.sentences[0].contains("best on the first 3 pairs"));
}

#[test]
fn what_is_best_on_the_second_half_does_not_matter() {
    // On the first half the gold links are where the row that takes a word in looks; on the second where it outputs.
    let pairs = pairs(&PAIRS);
    let told = run(&AlignPlan { layer: Some(1), head: Some(Some(1)), ..plan() }, &pairs, None).unwrap();
    let mut turned = gold(&pairs);
    for (at, pair) in told.pairs.iter().enumerate().take(3) {
        let links: Vec<Link> = pair.input.links.clone();
        turned.links[at].sure.clone_from(&links);
        turned.links[at].possible = links;
    }
    let report = run(&AlignPlan { pieces: None, ..plan() }, &pairs, Some(&turned)).unwrap();
    assert_eq!(report.chosen.step, "input");
    let held = report.held_out.value.unwrap();
    assert!(held.chosen_on < 1e-12 && held.row.aer.value.unwrap().estimate > 0.2);
}

#[test]
fn without_gold_nothing_is_called_right() {
    let pairs = pairs(&PAIRS);
    let report = run(&plan(), &pairs, None).unwrap();
    assert_eq!((report.chosen.layer, report.chosen.head, report.chosen.by.as_str()), (0, None, "default"));
    assert!(report.rows.iter().all(|row| row.aer.value.is_none() && row.shows_alignment.is_none()));
    assert_eq!(named(&report, "diagonal").aer.why(), "no gold links were given");
    assert!(report.sentences.iter().any(|told| told.contains("Nothing tells without gold links")));
    // One pair is too few for two halves.
    let one = super::fake::pairs(&PAIRS[..1]);
    let report = run(&plan(), &one, Some(&gold(&one))).unwrap();
    assert!(report.held_out.value.is_none() && report.held_out.why().contains("two pairs or more"));
    assert_eq!(report.chosen.by, "default");
}

#[test]
fn a_pair_that_cannot_be_aligned_is_told_and_the_others_are_done() {
    let long = "w ".repeat(13);
    let pairs = pairs(&[("a b", "B A"), ("short", long.trim()), ("c d", "D C"), (long.trim(), "short")]);
    let gold = gold(&pairs);
    let report = run(&plan(), &pairs, Some(&gold)).unwrap();
    assert_eq!(report.pairs.iter().map(|pair| pair.line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(report.failures.iter().map(|failed| failed.line).collect::<Vec<_>>(), [2, 4]);
    assert!(report.failures[0].error.contains("13") && report.failures[0].error.contains("12"));
    assert!(report.failures[0].hint.is_some());
    // The gold links of each are its own.
    assert_eq!(report.pairs[1].gold.as_ref().unwrap().sure, gold.links[2].sure);
    // A line a pair, empty where there are no links.
    let lines = Pharaoh.rendered(&report).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), ["0-1 1-0", "", "0-1 1-0", ""]);
    let none = super::fake::pairs(&[("a", long.trim())]);
    assert!(matches!(run(&plan(), &none, None), Err(AlignError::NoneAligned { pairs: 1, .. })));
}

#[test]
fn a_model_s_own_translation_is_aligned() {
    let pairs = pairs(&[("x y z", "")]);
    let plan = AlignPlan { translate: true, layer: Some(1), head: Some(Some(1)), ..plan() };
    let report = run(&plan, &pairs, None).unwrap();
    assert_eq!(report.pairs[0].target, ["Z", "Y", "X"]);
    assert!(report.pairs[0].translated);
    assert_eq!(report.pairs[0].output.links, [(0, 2), (1, 1), (2, 0)]);
    let gold = gold(&pairs);
    assert!(matches!(run(&plan, &pairs, Some(&gold)), Err(AlignError::GoldTranslated)));
}

#[test]
fn no_number_depends_on_threads() {
    let pairs = pairs(&PAIRS);
    let gold = gold(&pairs);
    let of = |threads| {
        Json.rendered(&run(&AlignPlan { threads: Some(threads), ..plan() }, &pairs, Some(&gold)).unwrap())
    };
    let one = of(1).unwrap();
    assert!(one == of(3).unwrap());
    let other = run(&AlignPlan { seed: 1, ..plan() }, &pairs, Some(&gold)).unwrap();
    assert!(one != Json.rendered(&other).unwrap(), "the seed draws nothing");
}

#[test]
fn both_directions_make_one() {
    let pairs = pairs(&PAIRS[..2]);
    let plan = AlignPlan { layer: Some(1), head: Some(Some(1)), step: Some(Step::Output), ..plan() };
    let other = [Some(vec![(0, 2), (1, 1), (2, 0), (3, 3)]), None];
    let stop = AtomicBool::new(false);
    let report = align_with(&plan, (&pairs, None), &Fake, Some(&other), &(), &stop).unwrap();
    assert_eq!(report.pairs[0].symmetrized.as_deref(), Some(&[(0, 2), (1, 1), (2, 0), (3, 3)][..]));
    assert_eq!(report.pairs[1].symmetrized, None);
    // It is no row while some pair lacks it.
    assert!(report.rows.iter().all(|row| row.reading != "symmetrized"));
    let other = [other[0].clone(), Some(vec![(1, 1)])];
    let report = align_with(&plan, (&pairs, None), &Fake, Some(&other), &(), &stop).unwrap();
    assert!((named(&report, "symmetrized").links - 7.0).abs() < 1e-12);
}

#[test]
fn every_printer_tells_it() {
    let pairs = pairs(&PAIRS);
    let report = run(&plan(), &pairs, Some(&gold(&pairs))).unwrap();
    let text = Text::new(80, false).rendered(&report).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for told in ["output  0-2 1-1 2-0 3-3", "no alignment", "diagonal", "random links", "ANSWER"] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    insta::assert_snapshot!("align_text", text);
    let page = Html.rendered(&report).unwrap();
    for told in
        ["<!doctype html>", "output-weights", "input-curves", "class=\"found\"", "class=\"w", "error-rates"]
    {
        assert!(page.contains(told), "{told}");
    }
    crate::report::schema::fits(
        attncheck::report::Document::Align,
        &serde_json::from_str(&Json.rendered(&report).unwrap()).unwrap(),
    );
}
