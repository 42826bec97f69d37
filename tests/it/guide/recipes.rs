//! The recipes of the guide: their commands run, and a report answers what jq would.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::documents::{blocks, console, document};

/// What each question to a report asks for, in their order.
const ANSWERS: [fn(&Value) -> Vec<String>; 4] = [verdicts, contradicted, mixed, first_words];

pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap()
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

/// The map that people would plot.
pub(super) fn raw(example: &Value) -> &Value {
    let is_raw = |reading: &&Value| reading["method"] == "raw" && reading["sinks_removed"] == false;
    list(example, "readings").iter().find(is_raw).unwrap()
}

fn verdict(example: &Value) -> &str {
    text(&raw(example)["verdict"], "verdict")
}

fn verdicts(report: &Value) -> Vec<String> {
    let told = |example: &Value| format!("{}\t{}", text(example, "id"), verdict(example));
    list(report, "examples").iter().map(told).collect()
}

fn contradicted(report: &Value) -> Vec<String> {
    let examples = list(report, "examples").iter();
    examples
        .filter(|example| verdict(example) == "contradicted")
        .map(|example| text(example, "text").to_owned())
        .collect()
}

fn mixed(report: &Value) -> Vec<String> {
    let readings = list(&report["summary"], "readings").iter();
    let told = |reading: &Value| {
        let mixed = list(reading, "verdicts").iter().find(|count| count["verdict"] == "mixed").unwrap();
        format!("{}\t{}", text(reading, "method"), mixed["count"])
    };
    readings.filter(|reading| reading["sinks_removed"] == false).map(told).collect()
}

fn first_words(report: &Value) -> Vec<String> {
    let first = |example: &Value| {
        let scores = list(&raw(example)["scores"], "value").iter().map(|score| score.as_f64().unwrap());
        let (place, _) = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        text(&example["words"][place], "text").to_owned()
    };
    list(report, "examples").iter().map(first).collect()
}

/// Runs it in the folder, with the program at hand.
fn run(folder: &Path, program: &str, args: &[&str]) -> Output {
    let built = assert_cmd::cargo::cargo_bin("attncheck");
    let path = format!("{}:{}", built.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env("PATH", path).env("COLUMNS", "80").output().unwrap()
}

pub(super) fn shell(folder: &Path, script: &str) -> String {
    let out = run(folder, "bash", &["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    assert!(out.status.success(), "{script}\n{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

pub(super) fn is_there(tool: &str) -> bool {
    let out = Command::new("bash").args(["-c", tool]).output();
    out.is_ok_and(|out| out.status.success())
}

#[test]
fn every_recipe_runs_in_turn() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::os::unix::fs::symlink(fixtures, folder.join("fixtures")).unwrap();
    let (has_jq, has_pandas) = (is_there("jq --version"), is_there("python3 -c 'import pandas'"));
    let guide = document("src/guide/recipes.md");
    let mut answers = ANSWERS.iter();
    for (language, code) in blocks(&guide) {
        match language {
            "sh" => {
                assert!(code.lines().all(|line| line.contains("attncheck ")), "{code}");
                shell(folder, code);
            }
            "console" => {
                let (command, lines) = console(code);
                assert!(command.starts_with("jq -r '") && command.ends_with("' report.json"), "{command}");
                let report = std::fs::read(folder.join("report.json")).unwrap();
                let report: Value = serde_json::from_slice(&report).unwrap();
                let answer = answers.next().unwrap_or_else(|| panic!("nothing to hold it to: {command}"));
                assert_eq!(answer(&report), lines, "{command}");
                if has_jq {
                    assert_eq!(shell(folder, command).lines().collect::<Vec<_>>(), lines, "{command}");
                }
            }
            "python" if has_pandas => {
                let out = run(folder, "python3", &["-c", code]);
                assert!(out.status.success() && !out.stdout.is_empty(), "{out:?}");
            }
            "python" => assert!(folder.join("report.csv").exists()),
            other => panic!("nobody runs {other}"),
        }
    }
    assert_eq!(answers.len(), 0, "a question is no longer asked");
}
