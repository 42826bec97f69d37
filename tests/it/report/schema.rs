//! `attncheck schema`: the committed schemas are those of the program, and what it writes is as they say.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use attncheck::report::{Document, FailureReport, Json, JsonLines, Measure, Render};
use serde_json::{Value, json};

use crate::support::report::{missing, report};
use crate::support::schema::violations;

fn committed(document: Document) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/schema/{}.json", document.name()))
}

fn schema(document: Document) -> Value {
    serde_json::from_str(&fs::read_to_string(committed(document)).unwrap()).unwrap()
}

fn attncheck(args: &[&str]) -> Vec<u8> {
    let mut command = Command::cargo_bin("attncheck").unwrap();
    let out = command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).assert().success();
    out.get_output().stdout.clone()
}

pub fn fits(document: Document, value: &Value) {
    assert_eq!(violations(&schema(document), value), Vec::<String>::new(), "{}", document.name());
}

#[test]
fn the_committed_schemas_are_the_programs() {
    for document in Document::ALL {
        let printed = String::from_utf8(attncheck(&["schema", document.name()])).unwrap();
        let stale = fs::read_to_string(committed(document)).unwrap_or_default() != printed;
        let path = committed(document);
        assert!(!stale, "stale: attncheck schema {} > {}", document.name(), path.display());
    }
    assert_eq!(attncheck(&["schema"]), attncheck(&["schema", "audit"]));
}

#[test]
fn an_audit_is_as_its_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let texts = at("texts.txt");
    fs::write(
        &texts,
        "a gripping movie , played with performances that are all understated and touching\n\nfine\n",
    )
    .unwrap();
    attncheck(&[
        "audit",
        &texts,
        "--effort",
        "quick",
        "--maps",
        "--site",
        "head:1.1",
        "--format",
        &format!("json={}", at("audit.json")),
        "--format",
        &format!("jsonl={}", at("audit.jsonl")),
    ]);
    fits(Document::Audit, &serde_json::from_slice(&fs::read(at("audit.json")).unwrap()).unwrap());
    let lines = fs::read_to_string(at("audit.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 4);
    lines.lines().for_each(|line| fits(Document::Lines, &serde_json::from_str(line).unwrap()));
}

#[test]
fn heads_and_controls_are_as_their_schemas_say() {
    let heads = attncheck(&[
        "heads",
        "fixtures/texts/reviews.txt",
        "--limit",
        "2",
        "--effort",
        "quick",
        "-f",
        "json",
    ]);
    fits(Document::Heads, &serde_json::from_slice(&heads).unwrap());
    let controls =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/controls/full.json"));
    fits(Document::Controls, &serde_json::from_str(&controls.unwrap()).unwrap());
    let model = ["controls", "--model", "fixtures/models/sst2-tiny-s1", "--limit", "2", "-f", "json"];
    fits(Document::ControlsModel, &serde_json::from_slice(&attncheck(&model)).unwrap());
}

#[test]
fn a_report_with_gaps_is_as_its_schema_says() {
    let mut report = report();
    report.failures.push(FailureReport {
        id: "3".into(),
        pair: None,
        line: 3,
        text: "x".into(),
        error: "a score is not a finite number".into(),
        hint: None,
    });
    fits(Document::Audit, &serde_json::from_str(&Json.rendered(&report).unwrap()).unwrap());
    for line in JsonLines.rendered(&report).unwrap().lines() {
        fits(Document::Lines, &serde_json::from_str(line).unwrap());
    }
}

#[test]
fn what_is_no_report_is_refused() {
    let schema = schema(Document::Audit);
    let good: Value = serde_json::from_str(&Json.rendered(&report()).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut Value), told: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        let found = violations(&schema, &bad);
        assert!(found.iter().any(|found| found.contains(told)), "{told}: {found:?}");
    };
    refused(&|v| v["more"] = json!(1), ".more: nothing is allowed");
    refused(&|v| v["examples"][0]["readings"][1]["more"] = json!(1), ".examples[0].readings[1].more");
    refused(&|v| v["interrupted"] = Value::Null, ".interrupted: null");
    refused(&|v| v["examples"][2]["line"] = json!(-1), ".examples[2].line: -1");
    refused(&|v| v["examples"][0]["words"][0] = json!("word"), ".examples[0].words[0]");
    refused(&|v| v["examples"][0]["readings"][0]["verdict"]["verdict"] = json!("good"), "verdict.verdict");
    refused(&|v| v["examples"][0]["readings"][0]["special_mass"] = json!({"value": null}), "special_mass");
    refused(&|v| v["examples"][0]["readings"][0]["special_mass"] = json!({"reason": "x"}), "special_mass");
    refused(
        &|v| v["examples"][0]["readings"][0]["special_mass"] = json!({"value": 0.5, "reason": "x"}),
        "special_mass",
    );
    for field in ["schema_version", "settings", "examples", "failures", "summary", "interrupted"] {
        let drop = |v: &mut Value| {
            v.as_object_mut().unwrap().remove(field);
        };
        refused(&drop, &format!("{field} is missing"));
    }
}

#[test]
fn a_measure_is_a_value_or_a_reason() {
    let schema = serde_json::to_value(schemars::schema_for!(Measure<f64>)).unwrap();
    let fits = |value: &Value| violations(&schema, value).is_empty();
    assert!(fits(&serde_json::to_value(Measure::of(0.5)).unwrap()));
    assert!(fits(&serde_json::to_value(missing::<f64>("too few words")).unwrap()));
    assert!(!fits(&json!({"value": null})) && !fits(&json!({"value": "x"})) && !fits(&json!({})));
}

/// Every name of a field, with what it is a field of.
fn fields(schema: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match schema {
        Value::Object(rules) => {
            for (keyword, rule) in rules {
                match (keyword.as_str(), rule.as_object()) {
                    ("properties", Some(properties)) => {
                        found.extend(properties.keys().map(|name| (at.to_owned(), name.clone())));
                        properties.values().for_each(|inner| fields(inner, at, found));
                    }
                    ("$defs", Some(inner)) => {
                        inner.iter().for_each(|(name, inner)| fields(inner, name, found));
                    }
                    _ => fields(rule, at, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| fields(inner, at, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_in_the_documentation() {
    let docs = [
        (Document::Audit, include_str!("../../../src/report/json.rs")),
        (Document::Heads, include_str!("../../../src/report/json.rs")),
        (
            Document::Lines,
            concat!(
                include_str!("../../../src/report/json.rs"),
                include_str!("../../../src/report/jsonl.rs")
            ),
        ),
        (
            Document::Controls,
            concat!(
                include_str!("../../../src/report/json.rs"),
                include_str!("../../../src/report/controls.rs")
            ),
        ),
        (
            Document::ControlsModel,
            concat!(include_str!("../../../src/report/json.rs"), include_str!("../../../src/report/own.rs")),
        ),
        (
            Document::Compare,
            concat!(
                include_str!("../../../src/report/json.rs"),
                include_str!("../../../src/report/compare.rs")
            ),
        ),
        (
            Document::Seeds,
            concat!(
                include_str!("../../../src/report/json.rs"),
                include_str!("../../../src/report/seeds.rs")
            ),
        ),
    ];
    let align = (Document::Align, include_str!("../../../src/report/align.rs"));
    for (document, source) in docs.into_iter().chain([align]) {
        let docs: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix("//!")).collect();
        let words: std::collections::BTreeSet<&str> = docs
            .iter()
            .flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
            .collect();
        let mut found = Vec::new();
        fields(&schema(document), "", &mut found);
        found.retain(|(_, name)| !words.contains(name.as_str()));
        assert_eq!(found, Vec::new(), "{}", document.name());
    }
}

#[test]
fn every_field_is_told() {
    fn untold(schema: &Value, at: &str, found: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, field) in properties {
                // A measure's two fields and the tag of a line are told where they are used.
                let told = field.get("description").is_some()
                    || ["value", "reason", "kind"].contains(&name.as_str());
                if !told {
                    found.push(format!("{at}.{name}"));
                }
                untold(field, &format!("{at}.{name}"), found);
            }
        }
        for list in ["$defs", "oneOf"] {
            match schema.get(list) {
                Some(Value::Object(inner)) => {
                    inner.iter().for_each(|(name, inner)| untold(inner, name, found));
                }
                Some(Value::Array(inner)) => inner.iter().for_each(|inner| untold(inner, at, found)),
                _ => {}
            }
        }
    }
    for document in Document::ALL {
        let mut found = Vec::new();
        untold(&schema(document), "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{}", document.name());
    }
}
