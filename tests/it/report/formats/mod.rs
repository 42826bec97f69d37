//! The formats for CI and other programs: one snapshot each of the same report, each read back by a reader of its own kind,
//! and hostile texts in every place that a text can be in.

mod csv;
mod github;
mod junit;
mod markdown;
mod sarif;

use attncheck::report::example::VerdictWord;
use attncheck::report::gate::{GateOn, GateResult};
use attncheck::report::say::visible;
use attncheck::report::{
    Csv, ExampleReport, FailureReport, Github, Html, Json, JsonLines, Junit, Markdown, Measure, Render,
    Report, Sarif, Text,
};
use serde_json::Value;

use self::csv::rows;
use crate::support::report::{estimate, examples, missing, report_of};
use junit::{junit, kind};
use sarif::sarif;

/// What every format would trip over.
const HOSTILE: &str = "=cmd|'/c x'!A1,\"q\";</failure>]]>::error::x%0A\r\n##[error]y\n| `@all` #1 </code>\u{1b}[2J\u{0}\u{fffe}\u{202e}";

/// With a text that failed, a gate that holds, one that does not and one without a figure.
fn full() -> Report {
    full_of(&examples())
}

fn full_of(examples: &[ExampleReport]) -> Report {
    let mut report = report_of(examples);
    report.failures = vec![failure(3, "-2 stars")];
    let gate = |gate: &str, found, judged, passed| GateResult {
        gate: gate.to_owned(),
        figure: format!("raw.{}", gate.split(' ').next().unwrap()),
        on: GateOn::Estimate,
        found,
        judged,
        passed,
    };
    report.gates = vec![
        gate("supported >= 0.3", Measure::of(estimate(1.0 / 3.0, 3)), Some(1.0 / 3.0), true),
        gate("contradicted <= 0.2", Measure::of(estimate(1.0 / 3.0, 3)), Some(1.0 / 3.0), false),
        gate("excess >= 0.1", missing("no example has this measure"), None, false),
    ];
    report
}

fn failure(line: usize, text: &str) -> FailureReport {
    FailureReport {
        id: line.to_string(),
        pair: None,
        line,
        text: text.to_owned(),
        error: "a score is not a finite number".to_owned(),
        hint: Some("compute in f64 with --dtype f64".to_owned()),
    }
}

/// Hostile in every place.
fn hostile() -> Report {
    let mut list = examples();
    for example in &mut list {
        HOSTILE.clone_into(&mut example.id);
        HOSTILE.clone_into(&mut example.text);
        HOSTILE.clone_into(&mut example.prediction.label);
        HOSTILE.clone_into(&mut example.prediction.explained);
        example.prediction.against = Some(HOSTILE.to_owned());
        example.warnings = vec![HOSTILE.to_owned()];
        for reading in &mut example.readings {
            reading.verdict.verdict = VerdictWord::Contradicted;
            reading.verdict.reasons = vec![HOSTILE.to_owned()];
        }
    }
    let mut report = full_of(&list);
    HOSTILE.clone_into(&mut report.settings.input.name);
    HOSTILE.clone_into(&mut report.settings.model.name);
    HOSTILE.clone_into(&mut report.settings.class);
    let failure = &mut report.failures[0];
    for text in [&mut failure.id, &mut failure.text, &mut failure.error] {
        HOSTILE.clone_into(text);
    }
    failure.hint = Some(HOSTILE.to_owned());
    report
}

/// The three examples again and again, so that lists must end somewhere.
fn many() -> Report {
    let mut list = Vec::new();
    for i in 0..40 {
        for (j, mut example) in examples().into_iter().enumerate() {
            example.line = 10 * i + j + 1;
            example.id = example.line.to_string();
            list.push(example);
        }
    }
    let mut report = full_of(&list);
    report.failures = (0..60).map(|i| failure(10 * i + 9, "x")).collect();
    report
}

/// What steers a terminal.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}')
}

/// As a snapshot can hold it.
fn shown(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_format_of_one_report() {
    let report = full();
    insta::assert_snapshot!("report_csv", shown(&Csv.rendered(&report).unwrap()));
    insta::assert_snapshot!("report_markdown", Markdown.rendered(&report).unwrap());
    insta::assert_snapshot!("report_junit", Junit.rendered(&report).unwrap());
    insta::assert_snapshot!("report_github", Github.rendered(&report).unwrap());
    insta::assert_snapshot!("report_sarif", shown(&Sarif.rendered(&report).unwrap()));
}

#[test]
fn each_verdict_has_its_case_and_its_level() {
    for (verdict, case, level) in [
        (VerdictWord::Supported, "passed", None),
        (VerdictWord::Mixed, "passed", Some("warning")),
        (VerdictWord::Contradicted, "failure", Some("error")),
        (VerdictWord::Inert, "skipped", Some("warning")),
        (VerdictWord::Inconclusive, "skipped", Some("note")),
        (VerdictWord::Insufficient, "skipped", Some("note")),
    ] {
        let mut example = examples().remove(0);
        example.readings[0].verdict.verdict = verdict;
        let report = report_of(&[example]);
        assert_eq!(kind(&junit(&report).test_suites[0].test_cases[0].status), case, "{verdict:?}");
        let results = sarif(&report)["runs"][0]["results"].clone();
        assert_eq!(results.get(0).map(|result| result["level"].as_str().unwrap()), level, "{verdict:?}");
        let command = level.map(|level| format!("::{} file=", level.replace("note", "notice")));
        let said = Github.rendered(&report).unwrap();
        assert_eq!(said.lines().count(), 1 + usize::from(command.is_some()));
        assert!(command.is_none_or(|command| said.starts_with(&command)), "{said}");
    }
}

#[test]
fn texts_from_standard_input_have_no_file_but_a_place() {
    let mut report = full();
    report.settings.input.name = "stdin".to_owned();
    let said = Github.rendered(&report).unwrap();
    assert!(!said.contains("file=") && said.contains("::line 4: raw is contradicted"), "{said}");
    let run = sarif(&report)["runs"][0].clone();
    assert_eq!(run["artifacts"][0]["location"]["uri"], "stdin");
    for result in run["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["artifactLocation"]["index"]),
            (&"stdin".into(), &0.into())
        );
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
    }
}

/// A path that ran out of points is named on its line whatever the verdict, with how far off it is.
#[test]
fn every_format_says_that_a_reference_did_not_converge() {
    let mut list = examples();
    let before = report_of(&list);
    for reference in list[0].references.iter_mut().filter(|reference| reference.residual.is_some()) {
        reference.converged = Some(false);
        (reference.residual, reference.gap, reference.steps) = (Some(0.598), Some(3.857), Some(96));
    }
    assert_eq!(list[0].readings[0].verdict.verdict, VerdictWord::Supported);
    let report = report_of(&list);
    for (name, said) in [("markdown", Markdown.rendered(&report)), ("sarif", Sarif.rendered(&report))] {
        let said = said.unwrap();
        // Markdown writes the colon as a character reference.
        for told in
            ["integrated-gradients did not converge in 96 steps", "residual 0.598 (16 % of their sum)"]
        {
            assert!(said.contains(told), "{name}: {said}");
        }
    }
    let told = "integrated-gradients did not converge on 1 text (line 1), and is no evidence there";
    assert!(Github.rendered(&report).unwrap().contains(told));
    assert!(
        Junit.rendered(&report).unwrap().contains("no evidence: integrated-gradients did not converge in 96")
    );
    for row in rows(&report).iter().filter(|row| row["line"] == "1") {
        let cells =
            ["path_converged", "path_steps", "path_residual", "path_gap"].map(|name| row[name].as_str());
        assert_eq!(cells, ["false", "96", "0.598", "3.857"]);
    }
    let told = ["not converged", "96 steps", "residual 0.598 (16 % of their sum)"];
    for (name, said) in [("text", Text::new(200, false).rendered(&report)), ("html", Html.rendered(&report))]
    {
        let said = said.unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.iter().all(|told| said.contains(told)), "{name}: {said}");
    }
    for (name, said) in [("json", Json.rendered(&report)), ("jsonl", JsonLines.rendered(&report))] {
        let said: String = said.unwrap().split_whitespace().collect();
        assert!(said.contains("\"residual\":0.598,\"gap\":3.857,\"converged\":false,\"steps\":96"), "{name}");
    }
    // Where all converged nothing is said.
    for said in [Markdown.rendered(&before), Github.rendered(&before), Junit.rendered(&before)] {
        assert!(!said.unwrap().contains("converge"));
    }
}

#[test]
fn an_empty_report_has_every_format() {
    let mut bare = examples().remove(0);
    bare.readings.clear();
    bare.swaps.clear();
    for list in [Vec::new(), vec![bare]] {
        let mut report = report_of(&list);
        report.summary.readings.clear();
        report.interrupted = true;
        assert!(Markdown.rendered(&report).unwrap().contains("**Interrupted"));
        assert_eq!(junit(&report).test_suites[0].test_cases.len(), list.len());
        assert!(Github.rendered(&report).unwrap().contains("; interrupted"));
        assert_eq!(sarif(&report)["runs"][0]["results"], Value::Array(Vec::new()));
        assert_eq!(rows(&report).len(), 0);
    }
}
