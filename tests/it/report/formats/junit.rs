//! `JUnit`.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCaseStatus};

use super::*;
use crate::support::report::report;

pub(super) fn junit(report: &Report) -> quick_junit::Report {
    let text = Junit.rendered(report).unwrap();
    assert!(!text.chars().any(|c| steers(c) || c == '\u{fffe}'), "{text}");
    quick_junit::Report::deserialize_from_str(&text).unwrap()
}

#[test]
fn junit_is_read_back_with_a_case_per_text_and_gate() {
    let found = junit(&full());
    assert_eq!((found.tests, found.failures, found.errors), (7, 3, 1));
    assert_eq!(found.test_suites.len(), 2);
    let (texts, gates) = (&found.test_suites[0], &found.test_suites[1]);
    assert_eq!((texts.tests, texts.failures, texts.errors), (4, 1, 1));
    assert!(Junit.rendered(&full()).unwrap().contains(r#"errors="1" skipped="1">"#));
    let kinds: Vec<&str> = texts.test_cases.iter().map(|case| kind(&case.status)).collect();
    assert_eq!(kinds, ["passed", "skipped", "error", "failure"]);
    let name = texts.test_cases[0].name.as_str();
    assert!(name.starts_with("line 1: a gripping movie , played") && name.ends_with('…'), "{name}");
    let TestCaseStatus::NonSuccess { message, description, .. } = &texts.test_cases[3].status else {
        panic!()
    };
    assert!(message.as_ref().unwrap().starts_with("raw is contradicted: "));
    assert!(description.as_ref().unwrap().starts_with("<script>alert(1)</script> \\u{1b}[31mred"));
    let kinds: Vec<&str> = gates.test_cases.iter().map(|case| kind(&case.status)).collect();
    assert_eq!(kinds, ["passed", "failure", "failure"]);
    let properties: BTreeMap<&str, &str> =
        texts.properties.iter().map(|p| (p.name.as_str(), p.value.as_str())).collect();
    assert_eq!((properties["thresholds.margin"], properties["seed"]), ("0.05", "7"));
    assert!(junit(&report()).test_suites.len() == 1);
}

pub(super) fn kind(status: &TestCaseStatus) -> &'static str {
    match status {
        TestCaseStatus::Success { .. } => "passed",
        TestCaseStatus::Skipped { .. } => "skipped",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
    }
}

#[test]
fn junit_holds_hostile_texts() {
    let found = junit(&hostile());
    assert_eq!(found.test_suites[0].test_cases.len(), 4);
    let TestCaseStatus::NonSuccess { description, .. } = &found.test_suites[0].test_cases[0].status else {
        panic!()
    };
    assert!(description.as_ref().unwrap().contains("</failure>]]>::error::x%0A\\u{d}\\u{a}##[error]y"));
}
