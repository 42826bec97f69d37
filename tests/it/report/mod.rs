//! The printers: what is shown, how wide, and that JSON keeps everything.

#[cfg(unix)]
mod browser;
mod consumer;
mod formats;
mod html;
pub mod schema;

use std::collections::BTreeMap;

use crate::support::report::{examples, missing, report, report_of};
use attncheck::report::say::width;
use attncheck::report::text::methods;
use attncheck::report::{
    ExampleReports, ExamplesError, FailureReport, Gold, Json, Measure, Render, RenderError, Report, Text,
};

fn text(color: bool) -> String {
    Text::new(80, color).rendered(&report()).unwrap()
}

/// Without the escape sequences that colour is made of.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("only colours are written");
        let inside = &rest[at + 2..at + end];
        assert!(inside.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{inside:?} is no colour");
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

#[test]
fn text_without_colour() {
    insta::assert_snapshot!("report_text", text(false));
}

#[test]
fn a_gpu_is_named() {
    let mut report = report();
    report.settings.device = "cuda:1".to_owned();
    let told =
        Text::new(100, false).rendered(&report).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(", f32 on cuda:1"), "{told}");
    assert!(!text(false).contains(" on cpu"));
}

#[test]
fn text_with_colour_says_the_same_beside_the_words() {
    insta::assert_snapshot!("report_text_color", text(true).replace('\u{1b}', "␛"));
}

#[test]
fn every_line_fits() {
    for (columns, color) in [(80, false), (80, true), (60, false), (100, false)] {
        // Numbers in tables need 80 columns; below that only sentences are narrower.
        let limit = columns.max(80);
        for line in bare(&Text::new(columns, color).rendered(&report()).unwrap()).lines() {
            assert!(width(line) <= limit, "{} columns of {limit}: {line}", width(line));
            assert!(!line.ends_with(' '), "spaces end {line:?}");
        }
    }
}

#[test]
fn texts_cannot_steer_the_terminal() {
    let plain = text(false);
    assert!(!plain.contains('\u{1b}') && !plain.contains('\u{202e}') && !plain.contains('\u{200b}'));
    assert!(plain.contains("\\u{1b}[31mred"), "the escape sequence is not shown");
    let colored = bare(&text(true));
    assert!(!colored.contains('\u{202e}') && colored.contains("<script>alert(1)</script>"));
}

#[test]
fn hostile_names_cannot_steer_it_either() {
    let mut list = examples();
    let hostile = "x\u{1b}]0;owned\u{7}\n\u{202e}y".to_owned();
    list[0].id.clone_from(&hostile);
    list[0].prediction.label.clone_from(&hostile);
    list[0].prediction.against = Some(hostile.clone());
    list[0].warnings.push(hostile.clone());
    list[0].words[3].text.clone_from(&hostile);
    list[0].pair = Some(hostile.clone());
    list[0].gold = Some(Gold { label: hostile.clone(), class: 0, correct: false });
    let mut report = report_of(&list);
    report.settings.model.name.clone_from(&hostile);
    report.settings.input.name.clone_from(&hostile);
    report.failures.push(FailureReport {
        id: hostile.clone(),
        line: 9,
        text: hostile.clone(),
        pair: Some(hostile.clone()),
        error: hostile.clone(),
        hint: Some(hostile),
    });
    let out = Text::new(80, false).rendered(&report).unwrap();
    let steering = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert_eq!(out.chars().find(|c| steering(*c)), None);
}

#[test]
fn each_missing_number_has_its_reason() {
    let out = text(false);
    assert!(out.contains("4 content words are fewer than the 5 this needs"));
    // Once for its six readings.
    assert_eq!(out.matches("4 content words are fewer").count(), 1);
    assert!(out.contains("over the 2 of 3 examples that have it"));
}

#[test]
fn an_empty_report_is_printed_too() {
    let mut list = examples();
    list[0].readings.clear();
    list[0].references.clear();
    list[0].swaps.clear();
    list[0].words.clear();
    let mut report = report_of(&list);
    report.summary.readings.clear();
    report.interrupted = true;
    let out = Text::new(80, true).rendered(&report).unwrap();
    assert!(out.contains("interrupted"));
}

#[test]
fn scores_that_do_not_fit_the_words_are_not_shown() {
    let mut list = examples();
    for reading in &mut list[0].readings {
        reading.scores = Measure::of(vec![1.0]);
    }
    list[0].references[0].scores = Measure::of(Vec::new());
    Text::new(80, false).rendered(&report_of(&list)).unwrap();
    for word in &mut list[2].words {
        // Offsets inside a character, and beyond the end.
        (word.start, word.end) = (word.start + 1, word.end + 1);
    }
    Text::new(80, true).rendered(&report_of(&list)).unwrap();
}

#[test]
fn json_gives_the_report_back() {
    let report = report();
    let json = Json.rendered(&report).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(Json.rendered(&back).unwrap(), json);
    assert_eq!(back.examples.to_vec().unwrap(), examples());
    assert!(json.ends_with("}\n"));
    insta::assert_snapshot!("report_json_head", json.lines().take(120).collect::<Vec<_>>().join("\n"));
}

#[test]
fn json_puts_lists_of_numbers_on_one_line() {
    let value =
        serde_json::json!({"a": [1, 2.5, null, "x"], "b": [], "c": {}, "d": [[1], [2, 3]], "e": [{"f": 1}]});
    let expected = "{\n  \"a\": [1, 2.5, null, \"x\"],\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    [1],\n    \
                    [2, 3]\n  ],\n  \"e\": [\n    {\n      \"f\": 1\n    }\n  ]\n}\n";
    assert_eq!(Json.rendered(&value).unwrap(), expected);
}

#[test]
fn a_number_that_is_not_finite_is_an_error_with_its_place() {
    let mut list = examples();
    list[2].readings[1].erasure.value.as_mut().unwrap().comprehensiveness[2] = f64::NAN;
    let Err(ExamplesError::NotFinite { path, value }) = ExampleReports::of(&list) else {
        panic!("NaN was kept")
    };
    assert_eq!(path, "examples[2].readings[1].erasure.value.comprehensiveness[2]");
    assert!(value.is_nan());
    let infinite = BTreeMap::from([("a", f64::INFINITY)]);
    assert!(matches!(Json.rendered(&infinite), Err(RenderError::NotFinite { .. })));
}

#[test]
fn missing_is_null_with_a_reason() {
    let json = Json.rendered(&missing::<f64>("too few words")).unwrap();
    assert_eq!(json, "{\n  \"value\": null,\n  \"reason\": \"too few words\"\n}\n");
    assert_eq!(Json.rendered(&Measure::of(0.5)).unwrap(), "{\n  \"value\": 0.5\n}\n");
}

#[test]
fn the_table_of_methods_fits() {
    let out = methods(Text::new(80, false));
    for method in attncheck::attribution::ALL {
        assert!(out.contains(method.name), "{} is missing", method.name);
    }
    assert!(out.lines().all(|line| width(line) <= 80));
}
