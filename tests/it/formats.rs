//! The formats for CI and other programs: one snapshot each of the same report, each read back by a reader of its own kind,
//! and hostile texts in every place that a text can be in.

use std::collections::{BTreeMap, BTreeSet};

use attncheck::report::example::VerdictWord;
use attncheck::report::gate::{GateOn, GateResult};
use attncheck::report::text::visible;
use attncheck::report::{
    Csv, ExampleReport, FailureReport, Github, Junit, Markdown, Measure, Render, Report, Sarif,
};
use quick_junit::{NonSuccessKind, TestCaseStatus};
use serde_json::Value;

use crate::support::report::{STRANGE, estimate, examples, missing, report, report_of};

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

/// Rows by column name.
fn rows(report: &Report) -> Vec<BTreeMap<String, String>> {
    let text = Csv.rendered(report).unwrap();
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The text that a cell stands for.
fn cell(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

#[test]
fn csv_has_a_row_per_example_and_reading() {
    let rows = rows(&full());
    let list = examples();
    assert_eq!(rows.len(), 3 * 6 + 1);
    for (example, rows) in [&list[0], &list[1]].into_iter().zip(rows.chunks(6)) {
        for (reading, row) in example.readings.iter().zip(rows) {
            assert_eq!(
                (row["id"].as_str(), row["text"].as_str()),
                (example.id.as_str(), example.text.as_str())
            );
            assert_eq!(row["method"], reading.method);
            assert_eq!(row["sinks_removed"], reading.sinks_removed.to_string());
            assert_eq!(row["verdict"], reading.verdict.verdict.name());
            let number = |name: &str| row[name].parse::<f64>().ok();
            assert_eq!(number("excess"), reading.erasure.value.as_ref().map(|erasure| erasure.excess));
            assert_eq!(number("tau_loo"), reading.agreement[0].tau.value);
            assert_eq!(number("tau_loo_p"), reading.agreement[0].tau_p.value);
            assert_eq!(number("tau_gradient_q"), reading.agreement[1].tau_q.value);
            assert_eq!(number("power"), Some(0.98));
            assert_eq!(number("row_jsd"), example.swaps[0].counterfactual.value.as_ref().map(|c| c.jsd));
            assert_eq!(row["gradient"], "integrated-gradients");
        }
    }
    let failed = &rows[12];
    assert_eq!((failed["status"].as_str(), failed["line"].as_str()), ("failed", "3"));
    assert_eq!((failed["text"].as_str(), failed["verdict"].as_str()), ("'-2 stars", ""));
    assert!(failed["error"].contains("--dtype f64"));
}

#[test]
fn an_empty_cell_of_csv_has_its_reason() {
    // Columns that a failed example does not have, and texts of which there may be none.
    let optional = [
        ["against", "error", "missing", "reasons", "gradient", "gold"],
        ["correct", "pair", "token_f1", "iou_f1", "average_precision", ""],
    ]
    .concat();
    for row in rows(&full()).iter().filter(|row| row["status"] == "audited") {
        for (column, cell) in row.iter().filter(|(column, _)| !optional.contains(&column.as_str())) {
            let columns = row["missing"].split("; ").map(|gap| gap.split(": ").next().unwrap());
            let told = columns.flat_map(|columns| columns.split(", ")).any(|told| told == column);
            assert_eq!(cell.is_empty(), told, "{column} is {cell:?}, missing: {}", row["missing"]);
        }
    }
}

#[test]
fn csv_gives_hostile_texts_back() {
    let text = Csv.rendered(&hostile()).unwrap();
    for row in rows(&hostile()) {
        assert_eq!(cell(&row["text"]), HOSTILE);
        assert_eq!(cell(&row["id"]), HOSTILE);
        for cell in row.values().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
        if row["status"] == "audited" {
            assert_eq!(cell(&row["label"]), HOSTILE);
            assert_eq!(cell(&row["reasons"]), HOSTILE);
        }
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn the_header_of_csv_is_always_there_and_documented() {
    let mut none = report_of(&[]);
    let header = Csv.rendered(&none).unwrap();
    none.failures.push(failure(1, "x"));
    assert_eq!(Csv.rendered(&none).unwrap().lines().next(), header.lines().next());
    assert_eq!(Csv.rendered(&report()).unwrap().lines().next(), header.lines().next());
    assert_eq!(header.lines().count(), 1);
    let source = include_str!("../../src/report/csv.rs");
    let docs: Vec<&str> = source
        .split("```")
        .nth(1)
        .unwrap()
        .lines()
        .skip(1)
        .flat_map(|line| line.trim_start_matches("//!").trim().split("  ").next().unwrap().split(", "))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(header.trim().split(',').collect::<Vec<_>>(), docs);
}

fn junit(report: &Report) -> quick_junit::Report {
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

fn kind(status: &TestCaseStatus) -> &'static str {
    match status {
        TestCaseStatus::Success { .. } => "passed",
        TestCaseStatus::Skipped { .. } => "skipped",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
    }
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
fn junit_holds_hostile_texts() {
    let found = junit(&hostile());
    assert_eq!(found.test_suites[0].test_cases.len(), 4);
    let TestCaseStatus::NonSuccess { description, .. } = &found.test_suites[0].test_cases[0].status else {
        panic!()
    };
    assert!(description.as_ref().unwrap().contains("</failure>]]>::error::x%0A\\u{d}\\u{a}##[error]y"));
}

/// What GitHub's runner makes of a line: command, properties, message.
fn commanded(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let back = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    };
    let properties = properties
        .split(',')
        .filter_map(|property| property.split_once('='))
        .map(|(key, value)| (key.to_owned(), back(value)))
        .collect();
    let message = message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    Some((name.to_owned(), properties, message))
}

#[test]
fn github_annotates_the_lines_of_the_texts() {
    let said = Github.rendered(&full()).unwrap();
    let commands: Vec<_> =
        said.lines().map(|line| commanded(line).expect("every line is a command")).collect();
    let places: Vec<(&str, Option<&str>)> = commands
        .iter()
        .map(|(name, properties, _)| (name.as_str(), properties.get("line").map(String::as_str)))
        .collect();
    assert_eq!(
        places,
        [
            ("error", None),
            ("error", None),
            ("error", Some("3")),
            ("error", Some("4")),
            ("notice", Some("2")),
            ("notice", None)
        ]
    );
    assert!(
        commands.iter().all(|(_, properties, _)| properties.get("file").is_none_or(|f| f == "reviews.txt"))
    );
    assert_eq!(
        commands.last().unwrap().2,
        "3 texts audited: 1 supported, 1 contradicted, 1 insufficient; 1 could not be audited"
    );
}

#[test]
fn github_takes_no_command_from_a_text() {
    let said = Github.rendered(&hostile()).unwrap();
    let known = ["error", "notice", "title", "file", "line"];
    for line in said.lines() {
        assert!(!line.chars().any(steers), "{line:?}");
        let (name, properties, _) = commanded(line).expect("every line is a command");
        assert!(known.contains(&name.as_str()));
        assert!(properties.keys().all(|key| known.contains(&key.as_str())), "{properties:?}");
    }
    let (_, properties, _) = commanded(said.lines().nth(2).unwrap()).unwrap();
    // The file is found by its own name, so far as a terminal can be shown it.
    assert!(
        properties["file"].starts_with("=cmd|'/c x'!A1,\"q\";</failure>]]>::error::x%0A\r\n##[error]y\n")
    );
    assert_eq!(said.lines().count(), 2 + 4 + 1);
}

#[test]
fn github_says_how_many_it_leaves_out() {
    let said = Github.rendered(&many()).unwrap();
    let of =
        |kind: &str| said.lines().filter(|line| line.starts_with(&format!("::{kind} "))).collect::<Vec<_>>();
    assert_eq!((of("error").len(), of("notice").len()), (10, 10));
    // Two gates, 60 failures, 40 contradicted; nine are shown.
    assert!(of("error")[9].contains("::93 more are left out"), "{}", of("error")[9]);
    // 40 insufficient; eight, what is left out, and the count.
    assert!(of("notice")[8].contains("::32 more are left out"), "{}", of("notice")[8]);
}

#[test]
fn texts_from_standard_input_have_no_file() {
    let mut report = full();
    report.settings.input.name = "stdin".to_owned();
    let said = Github.rendered(&report).unwrap();
    assert!(!said.contains("file=") && said.contains("::line 4: raw is contradicted"), "{said}");
    assert!(sarif(&report)["runs"][0].get("artifacts").is_none());
    assert_eq!(sarif(&report)["runs"][0]["results"][3]["locations"], Value::Array(Vec::new()));
}

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&Sarif.rendered(report).unwrap()).unwrap()
}

#[test]
fn sarif_results_have_a_rule_a_line_and_a_fingerprint_of_their_own() {
    let log = sarif(&many());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2 + 60 + 40 + 40);
    let mut prints = BTreeSet::new();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() >= Some(1));
        let print = result["partialFingerprints"]["attncheckText/v1"].as_str().unwrap();
        assert!(prints.insert(print.to_owned()), "{print} twice");
    }
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 60);
    assert_eq!(run["properties"]["settings"]["seed"], 7);
}

#[test]
fn a_text_that_moves_keeps_its_fingerprint() {
    let mut list = examples();
    let prints = |list: &[ExampleReport]| -> Vec<Value> {
        let log = sarif(&report_of(list));
        log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["partialFingerprints"].clone())
            .collect()
    };
    let before = prints(&list);
    for example in &mut list {
        example.line += 7;
    }
    assert_eq!(before, prints(&list));
    list[2].text.push('!');
    assert_ne!(before, prints(&list));
}

#[test]
fn sarif_holds_hostile_texts() {
    let log = sarif(&hostile());
    let result = &log["runs"][0]["results"][2];
    assert_eq!(result["properties"]["id"], HOSTILE);
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["snippet"]["text"], HOSTILE);
    assert!(!result["message"]["text"].as_str().unwrap().chars().any(steers));
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"|`\\^[]{}#?".contains(&byte)), "{uri}");
}

#[test]
fn markdown_has_no_markup_of_a_text() {
    for report in [hostile(), full()] {
        let said = Markdown.rendered(&report).unwrap();
        assert!(!said.chars().any(steers));
        for hostile in ["<script", "@all", "`@", "##[error]", "::error", "]]>", "</failure"] {
            assert!(!said.contains(hostile), "{hostile}: {said}");
        }
        // Each row has as many cells as its table's head.
        let mut cells = 0;
        for line in said.lines() {
            let bars = line.matches('|').count();
            cells = if bars == 0 || cells == 0 { bars } else { cells };
            assert_eq!(bars, cells, "{line}");
        }
        let tags = |tag: &str| said.matches(tag).count();
        assert_eq!(tags("<code>"), tags("</code>"));
        assert_eq!(tags("<"), 2 * tags("<code>") + 2 * tags("<sup>"));
    }
    assert!(Markdown.rendered(&full()).unwrap().contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
}

#[test]
fn markdown_ends_its_lists() {
    let mut list = Vec::new();
    for i in 0..70 {
        let mut example = examples().remove(2);
        (example.line, example.id) = (i + 1, (i + 1).to_string());
        assert_eq!(example.text, STRANGE);
        list.push(example);
    }
    let mut report = report_of(&list);
    report.failures = (0..51).map(|i| failure(100 + i, "x")).collect();
    let said = Markdown.rendered(&report).unwrap();
    assert!(
        said.contains("\n20 more are not listed.\n") && said.contains("\n1 more are not listed.\n"),
        "{said}"
    );
    assert!(said.contains("**51 of 121 texts could not be audited.**"));
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
