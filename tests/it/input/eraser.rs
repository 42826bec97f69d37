//! Annotations of the ERASER benchmark, whose texts are documents beside the file.

use std::fs;

use attncheck::input::{Fields, Format, InputError, Label, Options, read};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{marked, parse, told};

#[test]
fn evidence_is_found_in_its_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/eraser/movies.jsonl");
    let read = read(path.as_ref(), &Options::default(), None).unwrap().examples;
    assert_eq!(read[0].id, "negR_857.txt");
    assert_eq!((&read[0].label, &read[0].pair), (&Label::of("NEG"), &None));
    // What the annotators wrote down is what the spans hold.
    for (line, example) in fs::read_to_string(path).unwrap().lines().zip(&read) {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut expected: Vec<(u64, String)> = Vec::new();
        for evidence in
            line["evidences"].as_array().unwrap().iter().flat_map(|group| group.as_array().unwrap())
        {
            expected
                .push((evidence["start_token"].as_u64().unwrap(), evidence["text"].as_str().unwrap().into()));
        }
        expected.sort();
        let found: Vec<String> = marked(&example.text, example.rationale.as_ref().unwrap())
            .into_iter()
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, expected.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
        assert!(!found.is_empty() && example.text.ends_with(|c: char| !c.is_whitespace()));
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.0.path().join("docs")).unwrap();
        fs::write(folder.0.path().join("docs/one"), "a fine\nfilm\n").unwrap();
        fs::write(folder.0.path().join("docs/empty"), " \n").unwrap();
        fs::write(folder.0.path().join("docs/latin"), b"caf\xe9").unwrap();
        fs::write(folder.0.path().join("secret"), "secret").unwrap();
        folder
    }

    fn read(&self, line: &Value, fields: Fields) -> Result<attncheck::input::Examples, InputError> {
        let path = self.0.path().join("a.jsonl");
        fs::write(&path, line.to_string()).unwrap();
        read(&path, &Options { fields, ..Options::default() }, None)
    }
}

fn annotation(docid: &str, evidences: &Value) -> Value {
    let mut line =
        json!({ "annotation_id": "one", "classification": "POS", "query": "is it?", "evidences": evidences });
    if evidences_are_empty(&line) {
        line["docids"] = json!([docid]);
    }
    line
}

fn evidences_are_empty(line: &Value) -> bool {
    line["evidences"].as_array().is_some_and(Vec::is_empty)
}

#[test]
fn a_document_without_evidence_is_found_by_name() {
    let folder = Folder::new();
    let fields = Fields { pair: Some("query".into()), ..Fields::default() };
    let read = folder.read(&annotation("one", &json!([])), fields).unwrap().examples;
    assert_eq!((read[0].text.as_str(), read[0].pair.as_deref()), ("a fine\nfilm", Some("is it?")));
    assert_eq!(read[0].rationale, Some(vec![]));
    let line = json!({ "annotation_id": "one", "classification": "POS", "evidences": [], "docids": null });
    assert_eq!(folder.read(&line, Fields::default()).unwrap().examples[0].text, "a fine\nfilm");
}

#[test]
fn documents_that_cannot_be_read_are_told() {
    let folder = Folder::new();
    let of = |docid: &str, end: u64| json!([[{"docid": docid, "start_token": 0, "end_token": end}]]);
    for (docid, said) in [
        ("none", "document \"none\": expected a file in the folder docs: entity not found"),
        ("empty", "expected a text, found nothing"),
        ("latin", "expected UTF-8, found another encoding from byte 3 on"),
        ("../secret", "expected a name within the folder docs"),
        ("/etc/hostname", "expected a name within the folder docs"),
        ("", "expected a name within the folder docs"),
        ("..", "expected a name within the folder docs"),
    ] {
        let (error, _) = told(folder.read(&annotation(docid, &of(docid, 1)), Fields::default()));
        assert!(error.contains("line 1: ") && error.contains(said), "{error}");
    }
    let (error, _) = told(folder.read(&annotation("one", &of("one", 4)), Fields::default()));
    assert!(
        error.contains("line 1: rationale: expected places within the 3 tokens of the text, found 4"),
        "{error}"
    );
    let two = json!([[{"docid": "one", "start_token": 0, "end_token": 1}], [{"docid": "two", "start_token": 0, "end_token": 1}]]);
    let (error, _) = told(folder.read(&annotation("one", &two), Fields::default()));
    assert!(error.contains("line 1: expected evidence in one document, found it in 2"), "{error}");
    for wrong in [json!(5), json!([5]), json!([[5]]), json!([[{}]]), json!([["a"]])] {
        let (error, _) = told(folder.read(&annotation("one", &wrong), Fields::default()));
        assert!(error.contains("line 1: rationale: expected "), "{error}");
    }
}

#[test]
fn a_text_of_its_own_goes_before_documents() {
    let line = br#"{"text": "x", "annotation_id": "a", "evidences": [[{"docid": "none", "start_token": 0, "end_token": 1}]]}"#;
    assert_eq!(parse(Format::Jsonl, line).unwrap().examples[0].text, "x");
}
