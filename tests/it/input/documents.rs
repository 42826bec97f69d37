//! JSON by its contents, whatever it is called: documents, lines, and prose that only looks like them.

use std::fs;

use attncheck::input::{Example, Examples, Fields, Format, InputError, Options, read, read_from};
use serde_json::json;

use super::{parse, told};

fn auto(text: &str) -> Result<Examples, InputError> {
    read_from(text.as_bytes(), "test", &Options::default(), None)
}

/// The file of this name with these contents.
fn named(name: &str, text: &str) -> Result<Examples, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    read(&path, &Options::default(), None)
}

fn texts(found: &Examples) -> Vec<&str> {
    found.examples.iter().map(|example| example.text.as_str()).collect()
}

fn places(found: &[Example]) -> Vec<(usize, &str)> {
    found.iter().map(|example| (example.line, example.id.as_str())).collect()
}

#[test]
fn prose_that_begins_with_a_bracket_stays_prose() {
    for text in [
        "[MASK] is the capital of France.\nParis is [MASK].",
        "[1] says that the film is good\n[2] does not",
        "{laughs} no\n{} is empty",
        "[\"A quote,\" he said] and left",
        "[ ] to do\n[x] done",
        "[1, 2]\n[3]",
        "(a) {b} [c]",
        "\"a string\", he said",
        "{% raw %}",
        "[[link]] to a page",
    ] {
        for end in ["txt", "text", "md", ""] {
            let found = named(&format!("texts.{end}"), text).unwrap();
            assert_eq!(texts(&found), text.lines().collect::<Vec<_>>(), "{end}");
        }
        assert_eq!(texts(&auto(text).unwrap()), text.lines().collect::<Vec<_>>());
    }
}

#[test]
fn a_list_says_on_which_lines_its_examples_are() {
    let list = "\n[\n  {\"text\": \"a\"},\r\n  {\n   \"text\": \"b\"\n  }, {\"text\": \"c\"},\r\r  {\"id\": \"x\", \"text\": \"d\"}]\n";
    let found = auto(list).unwrap();
    assert_eq!(texts(&found), ["a", "b", "c", "d"]);
    assert_eq!(places(&found.examples), [(3, "1"), (4, "2"), (6, "3"), (8, "x")]);
    let (error, hint) =
        told(auto("[\n {\"text\": \"a\"},\n {\"text\": 5},\n 7,\n [1],\n null,\n {\"txt\": \"a\"}\n]"));
    let expected = "test has 5 malformed lines\n  \
        line 3: expected a string in the field \"text\", found a number\n  \
        line 4: expected a JSON object or a string, found a number\n  \
        line 5: expected a JSON object or a string, found a list\n  \
        line 6: expected a JSON object or a string, found null\n  \
        line 7: expected the field \"text\", which is missing";
    assert_eq!(error, expected);
    assert!(hint.contains("--input-format text"), "{hint}");
}

#[test]
fn strings_and_objects_that_hold_a_list_are_read() {
    for text in [
        r#"["a", "b"]"#,
        r#"{"data": ["a", "b"], "n": 2}"#,
        r#"{"version": 1, "examples": [{"text": "a"}, {"text": "b"}]}"#,
        r#"{"whatever": [{"text": "a"}, {"text": "b"}], "labels": [0, 1]}"#,
        r#"{"rows": [{"row_idx": 0, "row": {"text": "a"}}, {"row_idx": 1, "row": {"text": "b"}}], "features": [{"name": "text"}]}"#,
        r#"{"text": ["a", "b"], "label": [0, 1]}"#,
        r#"{"text": {"0": "a", "1": "b"}}"#,
        r#"{"columns": ["text"], "index": [0, 1], "data": [["a"], ["b"]]}"#,
        r#"{"schema": {"fields": []}, "data": [{"index": 0, "text": "a"}, {"index": 1, "text": "b"}]}"#,
    ] {
        for name in ["a.json", "a.jsonl", "a.txt", "a", "a.dat"] {
            assert_eq!(texts(&named(name, text).unwrap()), ["a", "b"], "{name} {text}");
        }
    }
    // Rows by their names, in the order of the file.
    let found = auto(
        "{\n\"z\": {\"text\": \"a\"},\n\"10\": {\"text\": \"b\", \"id\": \"x\"},\n\"9\": {\"text\": \"c\"}}",
    )
    .unwrap();
    assert_eq!(texts(&found), ["a", "b", "c"]);
    assert_eq!(places(&found.examples), [(2, "1"), (3, "x"), (4, "3")]);
    // Rows by number, not by the letters of it.
    let rows: serde_json::Map<_, _> = (0..12).map(|i| (i.to_string(), json!(format!("t{i}")))).collect();
    let found = auto(&json!({ "text": rows }).to_string()).unwrap();
    assert_eq!(texts(&found)[9..], ["t9", "t10", "t11"]);
    // One object with a text is one example, over how many lines it may go.
    let found = auto("{\n \"text\": \"a\",\n \"data\": [\"b\"]\n}").unwrap();
    assert_eq!((texts(&found), places(&found.examples)), (vec!["a"], vec![(1, "1")]));
    assert_eq!(texts(&auto("{\"text\": \"a\", \"data\": [\"b\"]}").unwrap()), ["a"]);
    // Lists that are no examples do not make a document of lines.
    let found = auto("{\"text\": \"a\", \"spans\": [[0, 1]]}\n{\"text\": \"b\", \"spans\": []}").unwrap();
    assert_eq!(places(&found.examples), [(1, "1"), (2, "2")]);
    assert!(matches!(auto("[]"), Err(InputError::Empty { .. })));
    assert!(matches!(named("a.json", ""), Err(InputError::Empty { .. })));
}

#[test]
fn fields_within_fields_are_found() {
    let fields = Fields { text: Some("data.text".into()), label: Some("gold.0".into()), ..Fields::default() };
    let options = Options { fields, ..Options::default() };
    let lines = "{\"data\": {\"text\": \"a\"}, \"gold\": {\"0\": 1}}\n{\"data.text\": \"b\"}\n";
    let found = read_from(lines.as_bytes(), "test", &options, None).unwrap();
    assert_eq!(texts(&found), ["a", "b"]);
    assert_eq!(found.examples[0].label.as_ref().unwrap().name, "1");
}

#[test]
fn what_is_broken_is_told_with_line_and_column() {
    for (text, said) in [
        ("[\n {\"text\": \"a\"},\n {\"text\" \"b\"}\n]", "line 3, column 10: expected `:`"),
        ("[{\"text\": \"a\"}, {\"text\": \"b\"}", "line 1, column 29: EOF while parsing a list"),
        ("[\r {\"text\": \"a\"},\r {\"text\" \"b\"}\r]", "line 3, column 10: expected `:`"),
        ("[\"a\",\n \"b\",\n]", "line 3, column 1: expected value"),
        ("{\n \"text\": \"a\",\n \"n\": NaN\n}", "line 3, column 7: expected value"),
        (
            "[\n {\"text\": \"a\"},\n\n {\"text\": \"a\", \"n\": 1e999}\n]",
            "line 4, column 25: number out of range",
        ),
        ("[{\"text\": \"a\"}] and more", "line 1, column 17: expected value"),
    ] {
        let (error, hint) = told(auto(text));
        assert!(error.starts_with("test is not JSON: ") && error.contains(said), "{text}\n{error}");
        assert!(hint.contains("--input-format text"), "{hint}");
    }
    let (error, _) = told(named("a.json", "a good film\n"));
    assert!(error.contains("a.json is not JSON: line 1, column 1: expected value"), "{error}");
    // Damaged lines are told as lines, whatever the file is called.
    for name in ["a.jsonl", "a.json", "a.txt"] {
        let (error, _) = told(named(name, "{\"text\": \"cut\n{\"text\": \"good\"}\nnull\n"));
        assert!(error.contains("2 malformed lines\n  line 1: invalid JSON at column 13"), "{name}: {error}");
    }
    let (error, hint) = told(auto("[{'text': 'a good film'}]"));
    assert_eq!(error, "test is not JSON but what Python prints: its strings are in single quotes");
    assert!(hint.contains("json.dump"), "{hint}");
    let deep = "[".repeat(100_000);
    assert!(auto(&format!("{{\"text\": {deep}")).is_err() && auto(&format!("[\"a\", {deep}")).is_err());
}

#[test]
fn a_document_without_examples_says_what_it_has() {
    let (error, hint) = told(auto("{\n \"a\": [{}],\n \"b\": [\"x\"],\n \"c\": 1\n}"));
    assert_eq!(error, "test is a JSON object with neither a field \"text\" nor one list of examples");
    assert!(hint.starts_with("it has \"a\", \"b\", \"c\", of which \"a\", \"b\" hold lists; "), "{hint}");
    let (_, hint) = told(auto("{\n \"c\": 1\n}"));
    assert!(hint.contains("it has \"c\"; write"), "{hint}");
    let (error, _) = told(auto("{\"text\": [\"a\", \"b\"], \"label\": [1]}"));
    assert_eq!(error, "test holds columns of different length: 2 in \"text\", 1 in \"label\"");
    let cut = r#"{"rows": [{"row_idx": 0, "row": {"text": "a"}, "truncated_cells": ["text"]}]}"#;
    assert!(told(auto(cut)).0.contains("cut short"));
    let (error, hint) = told(auto("{\"data\": [{\"sentence\": \"a\"}]}"));
    assert!(error.ends_with("no field \"text\"") && hint.contains("it has \"sentence\""), "{error} {hint}");
}

#[test]
fn the_flag_decides() {
    let list = b"[{\"text\": \"a\"}]\n";
    assert_eq!(texts(&parse(Format::Text, list).unwrap()), ["[{\"text\": \"a\"}]"]);
    assert!(
        told(parse(Format::Jsonl, list))
            .0
            .contains("line 1: expected a JSON object or a string, found a list")
    );
    assert_eq!(texts(&parse(Format::Json, list).unwrap()), ["a"]);
    assert!(matches!(parse(Format::Json, b"{\"text\": \"a\"}\nx"), Err(InputError::Json { line: 2, .. })));
    assert!(matches!(parse(Format::Parquet, list), Err(InputError::NotParquet { .. })));
    assert_eq!(texts(&parse(Format::Jsonl, b"\"a\"\n{\"text\": \"b\"}").unwrap()), ["a", "b"]);
}
