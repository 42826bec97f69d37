//! Two audits of the same texts: which texts, and how far each figure differs.

use attncheck::audit::figures::Figure;
use attncheck::audit::paired::Pairs;
use attncheck::audit::shape::Shape;
use attncheck::report::compare::{FigureChange, Presence};
use attncheck::report::example::VerdictWord;
use attncheck::report::{ExampleReport, FailureReport, Report};

use crate::support::report::{examples, missing, report_of};

/// `n` texts whose excess is `excess(i)`.
fn texts(n: usize, excess: impl Fn(usize) -> f64) -> Vec<ExampleReport> {
    let first = examples().swap_remove(0);
    (0..n)
        .map(|i| {
            let mut example = first.clone();
            (example.id, example.line) = (format!("t{i}"), i + 1);
            example.readings[0].erasure.value.as_mut().unwrap().excess = excess(i);
            example
        })
        .collect()
}

fn find(changes: &[FigureChange], name: &str) -> FigureChange {
    changes.iter().find(|change| change.figure == name).unwrap().clone()
}

fn failure(id: &str, text: &str) -> FailureReport {
    FailureReport {
        id: id.into(),
        line: 9,
        text: text.into(),
        pair: None,
        error: "too long".into(),
        hint: None,
    }
}

#[test]
fn differences_are_second_minus_first_over_the_pairs() {
    let (a, b) = (report_of(&texts(8, |i| 0.1 * i as f64)), report_of(&texts(8, |i| 0.1 * i as f64 + 0.25)));
    let pairs = Pairs::of(&a, &b).unwrap();
    assert_eq!(pairs.places(), (0..8).map(|i| (i, i)).collect::<Vec<_>>());
    let changes = pairs.changes(3, 0.05);
    assert_eq!(
        changes.iter().map(|c| c.figure.clone()).collect::<Vec<_>>(),
        Figure::all(&Shape::of(&examples()[0])).iter().map(|f| f.name.clone()).collect::<Vec<_>>()
    );
    let excess = find(&changes, "raw.excess");
    let difference = excess.difference.value.unwrap();
    assert!((difference.estimate - 0.25).abs() < 1e-12 && (difference.low.unwrap() - 0.25).abs() < 1e-12);
    assert!((excess.b.value.unwrap() - excess.a.value.unwrap() - 0.25).abs() < 1e-12);
    assert_eq!(
        (excess.n, difference.n, excess.better.as_str(), excess.kind.as_str()),
        (8, 8, "higher", "mean")
    );
    // All eight move one way: 2 of 256 choices of signs. It is the only figure that differs, so q is p.
    assert_eq!((excess.p.value, excess.q.value), (Some(2.0 / 256.0), Some(2.0 / 256.0)));
    let tau = find(&changes, "raw.tau.loo");
    assert_eq!((tau.p.value, tau.q.value), (Some(1.0), Some(1.0)));
    let one = pairs.change("excess", 3, 0.05).unwrap();
    assert!(one.q.value.is_none() && one.q.reason.is_some());
    assert_eq!(FigureChange { q: excess.q.clone(), ..one }, find(&changes, "raw.excess"));
    assert!(pairs.change("no.such.figure", 3, 0.05).is_none());
}

#[test]
fn texts_are_matched_by_name_and_text_in_any_order() {
    let a = texts(5, |i| i as f64 / 10.0);
    let mut b = a.clone();
    b.reverse();
    b[0].text.push('!'); // t4 is another text now
    b.remove(1); // t3 is gone
    let mut second = report_of(&b);
    second.failures.push(failure("t3", &a[3].text));
    let mut first = report_of(&a[..4]);
    first.failures.push(failure("x", "neither takes this"));
    second.failures.push(failure("x", "neither takes this"));
    let pairs = Pairs::of(&first, &second).unwrap();
    assert_eq!(pairs.places(), [(0, 3), (1, 2), (2, 1)]);
    let failed = || Presence::Failed { error: "too long".into() };
    let left: Vec<_> = pairs.unpaired().iter().map(|u| (u.id.as_str(), u.a.clone(), u.b.clone())).collect();
    assert_eq!(
        left,
        [
            ("t3", Presence::Audited, failed()),
            ("x", failed(), failed()),
            ("t4", Presence::Absent, Presence::Audited),
        ]
    );
    let excess = find(&pairs.changes(0, 0.05), "raw.excess");
    assert_eq!((excess.n, excess.difference.value.unwrap().estimate), (3, 0.0));
}

#[test]
fn the_same_text_twice_is_matched_twice() {
    let mut a = texts(3, |_| 0.0);
    for example in &mut a {
        example.id = "same".into();
    }
    let pairs = Pairs::of(&report_of(&a), &report_of(&a[..2])).unwrap();
    assert_eq!(pairs.places(), [(0, 0), (1, 1)]);
    assert_eq!(pairs.unpaired().len(), 1);
}

#[test]
fn discoveries_are_adjusted_over_the_pairs() {
    let with = |p: &[f64]| -> Report {
        let mut examples = texts(p.len(), |_| 0.0);
        for (example, p) in examples.iter_mut().zip(p) {
            example.readings[0].erasure.value.as_mut().unwrap().excess_rank_p = *p;
        }
        report_of(&examples)
    };
    // 0.04 stands alone, but not as the least of four (0.04 · 4 = 0.16).
    let pairs = Pairs::of(&with(&[0.04, 0.9, 0.9, 0.9]), &with(&[0.01, 0.9, 0.9, 0.9])).unwrap();
    let found = find(&pairs.changes(0, 0.05), "raw.excess-discoveries");
    assert_eq!((found.a.value, found.b.value, found.kind.as_str()), (Some(0.0), Some(0.25), "discoveries"));
    let alone = Pairs::of(&with(&[0.04]), &with(&[0.01, 0.9])).unwrap();
    assert_eq!(find(&alone.changes(0, 0.05), "raw.excess-discoveries").a.value, Some(1.0));
}

#[test]
fn what_only_one_has_is_told_and_not_compared() {
    let a = texts(4, |_| 0.1);
    let mut b = a.clone();
    for example in &mut b {
        example.readings.truncate(1);
        example.readings[0].verdict.verdict = VerdictWord::Contradicted;
        example.reliability.ceiling = missing("no");
    }
    b[0].readings[0].erasure = missing("no");
    let pairs = Pairs::of(&report_of(&a), &report_of(&b)).unwrap();
    let changes = pairs.changes(0, 0.05);
    for (name, n) in [("raw.excess", 3), ("ceiling", 0), ("rollout.excess", 0), ("raw.contradicted", 4)] {
        let change = find(&changes, name);
        assert_eq!(change.n, n, "{name}");
        for (value, reason) in [(change.a.value, change.a.reason), (change.p.value, change.p.reason)] {
            assert_eq!((value.is_none(), reason.is_some()), (n == 0, n == 0), "{name}");
        }
    }
    assert_eq!(find(&changes, "raw.contradicted").difference.value.map(|d| d.estimate), Some(1.0));
    // From the other side the same figures are told.
    let back = Pairs::of(&report_of(&b), &report_of(&a)).unwrap().changes(0, 0.05);
    assert_eq!(back.len(), changes.len());
    let nobody = Pairs::of(&report_of(&a), &report_of(&[])).unwrap();
    assert!(
        nobody.places().is_empty() && nobody.changes(0, 0.05).iter().all(|c| c.difference.value.is_none())
    );
    assert_eq!(nobody.unpaired().len(), 4);
}
