//! The JSON of an audit as a reader takes it in, by structs written down apart from the report's own.

#![expect(dead_code, reason = "read to see that they are there")]
#![expect(clippy::struct_field_names, reason = "they are the document's")]

mod document;
mod erasure;
mod example;
mod swaps;

use std::path::Path;

use crate::support::report::{STRANGE, report};
use assert_cmd::Command;
use attncheck::report::{FailureReport, Json, JsonLines, Render};
use document::{Document, Line};
use example::Example;

/// What holds of every document.
fn holds(example: &Example) {
    for word in &example.words {
        let text = if word.sequence == 0 { Some(&example.text) } else { example.pair.as_ref() };
        assert_eq!(text.unwrap()[word.start..word.end], word.text);
        assert!(word.pieces > 0);
    }
    for reading in &example.readings {
        assert!(reading.scores.is_told() && reading.erasure.is_told() && reading.special_mass.is_told());
        let scores = reading.scores.value.as_ref();
        assert!(scores.is_none_or(|scores| scores.len() == example.words.len()));
        assert!(reading.verdict.power.is_told() && reading.verdict.rung <= 3);
        assert!(
            reading.agreement.iter().all(|agreement| agreement.tau.is_told() && agreement.tau_q.is_told())
        );
    }
    assert!(example.swaps.iter().all(|swap| swap.counterfactual.is_told() && swap.outcome.is_told()));
}

#[test]
fn a_reader_takes_the_document_in() {
    let mut report = report();
    report.failures.push(FailureReport {
        id: "five".into(),
        pair: None,
        line: 5,
        text: "x".into(),
        error: "e".into(),
        hint: None,
    });
    let document: Document = serde_json::from_str(&Json.rendered(&report).unwrap()).unwrap();
    assert_eq!((document.schema_version, document.interrupted), (1, false));
    assert_eq!((document.settings.model.layers, document.settings.thresholds.words), (4, 8));
    assert_eq!(document.summary.readings[0].excess.value.as_ref().unwrap().n, 2);
    assert_eq!(document.examples[2].text, STRANGE);
    assert_eq!((document.failures[0].id.as_str(), document.failures[0].line), ("five", 5));
    let short = &document.examples[1];
    let reason = short.readings[0].erasure.reason.as_deref();
    assert!(short.readings[0].erasure.value.is_none() && reason.is_some());
    assert_eq!(short.readings[0].verdict.verdict, "insufficient");
    assert_eq!(short.window.as_ref().unwrap().kept_words, 4);
    assert_eq!(short.window.as_ref().unwrap().side, "right");
    assert_eq!(document.examples[0].swaps[0].outcome.value.as_deref(), Some("no-adversary-found"));
    document.examples.iter().for_each(holds);
}

#[test]
fn a_reader_takes_the_lines_in() {
    let lines: Vec<Line> = JsonLines
        .rendered(&report())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(matches!(&lines[0], Line::Settings { schema_version: 1, .. }));
    assert!(matches!(&lines[3], Line::Example(example) if example.text == STRANGE));
    assert!(matches!(&lines[4], Line::Summary { interrupted: false, .. }));
}

#[test]
fn a_reader_takes_labels_and_rationales_in() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.jsonl");
    let lines = [
        r#"{"text": "a dull and lifeless film that nobody should sit through", "label": "negative", "rationale": [[2, 6]]}"#,
        r#"{"text": "a warm and funny film that everybody should see twice", "label": "negative", "rationale": [[2, 6]]}"#,
    ];
    std::fs::write(&texts, lines.join("\n")).unwrap();
    let csv = folder.path().join("out.csv");
    let markdown = folder.path().join("out.md");
    let out = Command::cargo_bin("attncheck")
        .unwrap()
        .args(["audit", texts.to_str().unwrap(), "--effort", "quick", "--format", "json"])
        .args([
            "--format",
            &format!("csv={}", csv.display()),
            "--format",
            &format!("markdown={}", markdown.display()),
        ])
        .assert()
        .success();
    let json: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    crate::report::schema::fits(attncheck::report::Document::Audit, &json);
    let document: Document = serde_json::from_value(json).unwrap();
    document.examples.iter().for_each(holds);
    let people = document.examples[0].plausibility.as_ref().unwrap();
    assert!(people.marked == 1 && people.maps.iter().all(|map| map.token_f1.is_told()));
    assert_eq!(document.examples[0].gold.as_ref().unwrap().label, "negative");
    let rows: Vec<std::collections::BTreeMap<String, String>> =
        csv::Reader::from_path(csv).unwrap().deserialize().map(|row| row.unwrap()).collect();
    for row in &rows {
        let example = document.examples.iter().find(|example| example.id == row["id"]).unwrap();
        let map = example.plausibility.as_ref().unwrap().maps.iter();
        let mut map = map.filter(|map| map.method == row["method"]);
        let map = map.find(|map| map.sinks_removed.to_string() == row["sinks_removed"]).unwrap();
        assert_eq!(row["average_precision"].parse().ok(), map.average_precision.value);
        assert_eq!(row["correct"], example.gold.as_ref().unwrap().correct.to_string());
    }
    let markdown = std::fs::read_to_string(markdown).unwrap();
    assert!(markdown.contains("\n| accuracy | ") && markdown.contains("\n### Plausibility: "), "{markdown}");
}

#[test]
fn a_reader_takes_a_real_document_in() {
    let out = Command::cargo_bin("attncheck")
        .unwrap()
        .args([
            "audit",
            "fixtures/texts/reviews.txt",
            "--limit",
            "2",
            "--effort",
            "quick",
            "--format",
            "json",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .assert()
        .success();
    let document: Document = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!((document.examples.len(), document.settings.effort.as_str()), (2, "quick"));
    document.examples.iter().for_each(holds);
    let words = document.examples[0].words.len();
    assert!(
        document.examples[0]
            .references
            .iter()
            .all(|found| found.scores.value.as_ref().unwrap().len() == words)
    );
}
