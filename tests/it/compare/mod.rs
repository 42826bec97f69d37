//! Two audits side by side: alignment and likeness by networkx and scipy (fixtures/make/compare.py), laws.

mod paired;
mod runs;
mod seeds;

use attncheck::attribution::Joined;
use attncheck::chain::chain;
use attncheck::compare::align::align;
use attncheck::compare::likeness::is_signed;
use attncheck::compare::{CompareError, ComparisonError, compare_reports};
use attncheck::report::compare::CompareReport;
use attncheck::report::example::{CutSide, ReferenceReport, VerdictWord, WindowReport, WordReport};
use attncheck::report::{ExampleReport, Json, Measure, Render, Report, Text};
use proptest::prelude::*;
use serde::Deserialize;

use crate::stats::golden_in;
use crate::support::report::{examples, missing, report, report_of};

#[derive(Deserialize)]
struct Alike {
    tau: Option<f64>,
    rho: Option<f64>,
}

#[derive(Deserialize)]
struct Alignment {
    a: Vec<(usize, usize)>,
    b: Vec<(usize, usize)>,
    components: Vec<(Vec<usize>, Vec<usize>)>,
    maps: (Vec<f64>, Vec<f64>),
    loo: (Vec<f64>, Vec<f64>),
    saliency: (Vec<f64>, Vec<f64>),
    raw_alike: Alike,
    jsd: Option<f64>,
    loo_alike: Alike,
    saliency_alike: Alike,
    outside: (f64, f64),
}

fn words(spans: &[(usize, usize)]) -> Vec<WordReport> {
    spans
        .iter()
        .map(|&(start, end)| WordReport {
            text: "x".repeat(end - start),
            sequence: 0,
            start,
            end,
            pieces: 1,
            unknown: false,
        })
        .collect()
}

/// An example with these words, of which only raw and two references have scores.
fn scored(id: usize, spans: &[(usize, usize)], raw: &[f64], loo: &[f64], saliency: &[f64]) -> ExampleReport {
    let mut example = examples().swap_remove(0);
    (example.id, example.line, example.text) = (id.to_string(), id, "x".repeat(200));
    example.words = words(spans);
    for reading in &mut example.readings {
        reading.scores = missing("not here");
    }
    example.readings[0].scores = Measure::of(raw.to_vec());
    let reference = |method: &str, scores: &[f64]| ReferenceReport {
        method: method.into(),
        scores: Measure::of(scores.to_vec()),
        residual: None,
        gap: None,
        converged: None,
        steps: None,
        score_error: None,
        standard_error: None,
        excess: missing("not here"),
        excess_log_odds: missing("not here"),
    };
    example.references = vec![reference("loo", loo), reference("saliency", saliency)];
    example
}

fn compared(a: &[ExampleReport], b: &[ExampleReport]) -> CompareReport {
    compare_reports(&report_of(a), &report_of(b)).unwrap()
}

#[track_caller]
fn same(found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{found}, not {expected}"),
        (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{found:?}, not {expected:?}"),
    }
}

#[test]
fn words_are_aligned_as_networkx_has_the_components() {
    for case in golden_in::<Alignment>("compare.json", "alignment") {
        let found: Vec<_> = align(&words(&case.a), &words(&case.b)).into_iter().map(|c| (c.a, c.b)).collect();
        assert_eq!(found, case.components);
    }
}

#[test]
fn aligned_scores_are_alike_as_scipy_has_it() {
    let cases = golden_in::<Alignment>("compare.json", "alignment");
    let side = |b: bool| -> Vec<ExampleReport> {
        let each = cases.iter().enumerate().map(|(i, case)| {
            let pick = |pair: &(Vec<f64>, Vec<f64>)| if b { pair.1.clone() } else { pair.0.clone() };
            let spans = if b { &case.b } else { &case.a };
            scored(i + 1, spans, &pick(&case.maps), &pick(&case.loo), &pick(&case.saliency))
        });
        each.collect()
    };
    let found = compared(&side(false), &side(true));
    for (pair, case) in found.pairs.iter().zip(&cases) {
        let pair = pair.unwrap();
        let shared = case.components.iter().filter(|(a, b)| !a.is_empty() && !b.is_empty());
        assert_eq!(pair.alignment.shared, shared.clone().count());
        assert_eq!(pair.alignment.merged, shared.filter(|(a, b)| a.len() > 1 || b.len() > 1).count());
        let raw = &pair.readings[0];
        same(raw.tau.value, case.raw_alike.tau);
        same(raw.spearman.value, case.raw_alike.rho);
        same(raw.jsd.value, case.jsd);
        same(raw.outside_a.value, Some(case.outside.0));
        same(raw.outside_b.value, Some(case.outside.1));
        for (likeness, expected) in pair.references.iter().zip([&case.loo_alike, &case.saliency_alike]) {
            same(likeness.tau.value, expected.tau);
            same(likeness.spearman.value, expected.rho);
            assert!(likeness.jsd.reason.is_some());
        }
        // What is missing says why.
        assert!(pair.readings[1].tau.reason.is_some() && pair.readings[1].jsd.reason.is_some());
    }
}

proptest! {
    #[test]
    fn every_word_is_in_one_component(
        a in proptest::collection::btree_set(0..60_usize, 2..20),
        b in proptest::collection::btree_set(0..60_usize, 2..20),
    ) {
        let spans = |cuts: &std::collections::BTreeSet<usize>| {
            let cuts: Vec<usize> = cuts.iter().copied().collect();
            words(&cuts.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>())
        };
        let (a, b) = (spans(&a), spans(&b));
        let found = align(&a, &b);
        let flat = |own: fn(&attncheck::compare::align::Component) -> &Vec<usize>| -> Vec<usize> {
            found.iter().flat_map(|c| own(c).clone()).collect()
        };
        prop_assert_eq!(flat(|c| &c.a), (0..a.len()).collect::<Vec<_>>());
        prop_assert_eq!(flat(|c| &c.b), (0..b.len()).collect::<Vec<_>>());
        prop_assert!(found.windows(2).all(|two| two[0].end <= two[1].start));
        // A sum over components is a sum over words.
        let scores: Vec<f64> = (0..a.len()).map(|i| i as f64).collect();
        let sum: f64 = found.iter().filter_map(|c| Joined::Sum.over(&c.a, &scores)).sum();
        prop_assert!((sum - scores.iter().sum::<f64>()).abs() < 1e-9);
        // The same lists are aligned one to one.
        prop_assert!(align(&a, &a).iter().all(|c| c.a == c.b && c.a.len() == 1));
    }
}

#[test]
fn empty_and_odd_spans() {
    assert_eq!(align(&[], &[]), []);
    let empty = align(&words(&[(3, 3), (3, 5)]), &words(&[(3, 3), (3, 5)]));
    assert_eq!(
        empty.iter().map(|c| (c.a.clone(), c.b.clone())).collect::<Vec<_>>(),
        [(vec![0], vec![0]), (vec![1], vec![1])]
    );
    assert_eq!(align(&words(&[(0, 2)]), &words(&[(2, 4)])).len(), 2, "spans that touch do not overlap");
    let mut second = words(&[(0, 2), (0, 4)]);
    second[1].sequence = 1;
    assert_eq!(align(&words(&[(0, 2)]), &second).len(), 2, "the texts of a pair stay apart");
    let backwards = WordReport { text: "?".into(), sequence: 0, start: 5, end: 2, pieces: 1, unknown: false };
    assert_eq!(align(&[backwards], &words(&[(0, 9)])).len(), 1);
    assert_eq!(Joined::Root.over(&[0, 1], &[3.0, 4.0]), Some(5.0));
    assert_eq!(Joined::Sum.over(&[0, 7], &[3.0, 4.0]), None);
}

#[test]
fn an_audit_is_like_itself() {
    let found = compare_reports(&report(), &report()).unwrap();
    assert!(
        found.unpaired.is_empty() && found.summary.changed.is_empty() && found.summary.predictions.is_empty()
    );
    for figure in &found.summary.figures {
        assert!(figure.difference.value.as_ref().is_none_or(|d| d.estimate == 0.0), "{}", figure.figure);
        assert_eq!(figure.difference.value.is_none(), figure.difference.reason.is_some());
        assert!(figure.q.value.is_none_or(|q| (q - 1.0).abs() < 1e-15));
    }
    for pair in found.pairs.iter() {
        for likeness in &pair.unwrap().readings {
            assert_eq!(likeness.tau.value, Some(1.0));
            // A method with signs has no JSD.
            assert_eq!(likeness.jsd.value.is_none(), is_signed(&likeness.method));
            assert!(likeness.jsd.value.is_none_or(|jsd| jsd == 0.0));
        }
    }
    let answer = &found.summary.answer;
    assert_eq!((answer.favours.clone(), answer.p.value), (None, Some(1.0)));
    assert_eq!(
        answer.sentence.split(" (").next().unwrap(),
        "these texts cannot tell whose raw attention may be believed more often"
    );
    same(found.summary.same_label.value.as_ref().map(|share| share.estimate), Some(1.0));
    // It reads back as it was written.
    let written = Json.rendered(&found).unwrap();
    let again: CompareReport = serde_json::from_str(&written).unwrap();
    assert_eq!(Json.rendered(&again).unwrap(), written);
}

/// So many texts whose raw reading has this verdict.
fn judged(verdicts: &[VerdictWord]) -> Vec<ExampleReport> {
    let first = examples().swap_remove(0);
    let each = verdicts.iter().enumerate().map(|(i, verdict)| {
        let mut example = first.clone();
        (example.id, example.line) = (format!("t{i}"), i + 1);
        example.readings[0].verdict.verdict = *verdict;
        example
    });
    each.collect()
}

#[test]
fn the_other_way_round_everything_is_turned() {
    use VerdictWord::{Contradicted, Inert, Mixed, Supported};
    let a = judged(&[Supported, Mixed, Inert, Supported, Contradicted, Mixed, Mixed, Mixed]);
    let b = judged(&[Contradicted; 8]);
    let (there, back) = (compared(&a, &b), compared(&b, &a));
    for (x, y) in there.summary.figures.iter().zip(&back.summary.figures) {
        assert_eq!(
            (&x.figure, &x.a.value, &x.b.value, &x.p.value),
            (&y.figure, &y.b.value, &y.a.value, &y.p.value)
        );
        let turned = y.difference.value.as_ref().map(|d| -d.estimate);
        same(x.difference.value.as_ref().map(|d| d.estimate), turned);
    }
    // One text is contradicted in both; the seven others all move one way: 2 of 2⁷.
    assert_eq!(there.summary.answer.p.value, Some(2.0 / 128.0));
    assert_eq!(there.summary.answer.favours.as_deref(), Some("a"));
    assert_eq!(back.summary.answer.favours.as_deref(), Some("b"));
    let net = there.summary.answer.difference.value.as_ref().map(|net| net.estimate);
    same(net, Some(-(2.0 * 2.0 + 5.0) / 8.0));
    assert_eq!(there.summary.changed.len(), 7);
    let table = there.summary.verdicts.iter().find(|v| v.method == "raw" && !v.sinks_removed).unwrap();
    let count = |a, b| table.counts.iter().find(|c| (c.a, c.b) == (a, b)).map_or(0, |c| c.texts);
    assert_eq!(
        (count(Mixed, Contradicted), count(Contradicted, Contradicted), count(Mixed, Mixed)),
        (4, 1, 0)
    );
}

#[test]
fn predictions_are_compared_by_the_names_of_classes() {
    let a = report_of(&examples()[..1]);
    let mut other = examples().swap_remove(0);
    other.prediction.probabilities = Some(vec![0.9, 0.1]);
    (other.prediction.label, other.prediction.class, other.prediction.probability) =
        ("positive".into(), 0, 0.9);
    let mut b = report_of(&[other]);
    b.settings.model.labels.reverse();
    let tvd = |b: &Report| compare_reports(&a, b).unwrap().pairs.get(0).unwrap().unwrap().tvd;
    same(tvd(&b).value, Some(0.098));
    for labels in
        [vec!["negative", "fine"], vec!["positive", "positive"], vec!["negative", "positive", "x"], vec![]]
    {
        b.settings.model.labels = labels.into_iter().map(str::to_owned).collect();
        assert_eq!(tvd(&b).reason.unwrap(), "the two models' classes have other names");
    }
}

#[test]
fn other_settings_are_refused_and_named() {
    let a = report();
    let mut b = report();
    b.settings.model.name = "another".into();
    b.settings.model.labels.reverse();
    b.settings.input.name = "elsewhere.txt".into();
    (b.settings.device, b.settings.attncheck) = ("cuda:0".into(), "9.9.9".into());
    assert!(compare_reports(&a, &b).is_ok());
    b.settings.thresholds.margin = 0.2;
    b.settings.effort = "quick".into();
    let error = compare_reports(&a, &b).unwrap_err();
    assert!(
        matches!(&error, ComparisonError::Compare(CompareError::Settings(other)) if other.differences.len() == 2)
    );
    assert_eq!(
        chain(&error),
        "failed to compare: they were made with other settings: effort is \"standard\" and \"quick\", \
         thresholds.margin is 0.05 and 0.2"
    );
    assert!(error.hint().is_some());
    let nothing = compare_reports(&a, &report_of(&[])).unwrap_err();
    assert!(matches!(nothing, ComparisonError::Compare(CompareError::NoPairs)) && nothing.hint().is_some());
}

#[test]
fn strange_texts_stay_text() {
    let mut b = examples();
    b[1].words.truncate(2);
    for (example, kept) in b.iter_mut().zip([9, 2, 9]) {
        let n = example.words.len();
        for reading in &mut example.readings {
            reading.scores.value.as_mut().unwrap().truncate(n);
        }
        for reference in &mut example.references {
            reference.scores.value.as_mut().unwrap().truncate(n);
        }
        example.window = Some(WindowReport { side: CutSide::Right, kept_words: kept, all_words: 10 });
    }
    b[2].prediction.label = "\u{1b}[31mred".into();
    b[0].text.push('?');
    let found = compared(&examples(), &b);
    for (columns, color) in [(60, false), (100, true), (80, false)] {
        let printed = Text::new(columns, color).rendered(&found).unwrap();
        let plain = anstream::adapter::strip_str(&printed).to_string();
        assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
        assert!(plain.lines().all(|line| attncheck::report::say::width(line) <= columns), "{plain}");
        let flowed = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        for told in
            ["not compared: 2 texts", "B does not have it", "only A has that it", "B takes 2 of 10 words"]
        {
            assert!(flowed.contains(told), "{told} is not in\n{plain}");
        }
    }
    insta::assert_snapshot!("compare", Text::new(80, false).rendered(&found).unwrap());
}
