//! One JSON object a line.

use attncheck::input::{Fields, Format, Label, Options, read_from};

use super::{jsonl, parse, told, with};

#[test]
fn every_field_is_read() {
    let read = jsonl(concat!(
        "\u{feff}",
        r#"{"text": " a film ", "text_pair": "b", "label": "positive", "id": "one", "target": 0, "rationale": [[1, 2]]}"#,
        "\r\n\n",
        r#"{"text": "c", "label": true, "id": 7, "other": {"x": [1]}}"#,
        "\n",
        r#"{"text": "d", "text_pair": null, "label": null, "id": null, "target": null, "rationale": null}"#
    ));
    assert_eq!(read[0].text, " a film ");
    assert_eq!(read[0].pair.as_deref(), Some("b"));
    assert_eq!(read[0].label, Label::of("positive"));
    assert_eq!((read[0].id.as_str(), read[0].line), ("one", 1));
    assert_eq!(read[0].target, Label::of("0"));
    assert_eq!(read[0].rationale.as_deref().unwrap()[0], 1..2);
    assert_eq!((read[1].id.as_str(), read[1].line, &read[1].label), ("7", 3, &Label::of("true")));
    let last = &read[2];
    assert_eq!((last.id.as_str(), last.line), ("4", 4));
    assert!(last.pair.is_none() && last.label.is_none() && last.target.is_none() && last.rationale.is_none());
}

#[test]
fn fields_can_have_other_names() {
    let fields = Fields {
        text: Some("premise".into()),
        pair: Some("hypothesis".into()),
        label: Some("gold".into()),
        id: Some("key".into()),
        ..Fields::default()
    };
    let line = br#"{"premise": "a", "hypothesis": "b", "gold": 1, "key": "k", "text": "no", "label": "no"}"#;
    let read = with(Format::Jsonl, fields, line).unwrap().examples;
    assert_eq!((read[0].text.as_str(), read[0].pair.as_deref(), read[0].id.as_str()), ("a", Some("b"), "k"));
    assert_eq!(read[0].label, Label::of("1"));
}

#[test]
fn a_named_field_that_is_nowhere_is_one_error_with_near_names() {
    let fields = Fields { label: Some("lable".into()), ..Fields::default() };
    let (error, hint) =
        told(with(Format::Jsonl, fields, b"{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"id\": 1}\n"));
    assert_eq!(error, "test has no field \"lable\"");
    assert!(hint.starts_with("did you mean \"label\"? it has \"id\", \"label\", \"text\"; "), "{hint}");
    assert!(hint.contains("--label-field"), "{hint}");
    let (error, hint) = told(parse(Format::Jsonl, b"{\"sentence\": \"a\"}\n{\"sentence\": \"b\"}\n"));
    assert_eq!(error, "test has no field \"text\"");
    assert!(hint.contains("it has \"sentence\"") && hint.contains("--text-field"), "{hint}");
}

#[test]
fn a_named_field_may_be_missing_from_some_lines() {
    let fields = Fields { label: Some("gold".into()), ..Fields::default() };
    let read = with(Format::Jsonl, fields, b"{\"text\": \"a\"}\n{\"text\": \"b\", \"gold\": 1}\n").unwrap();
    assert_eq!(read.examples[0].label, None);
    assert_eq!(read.examples[1].label, Label::of("1"));
}

#[test]
fn every_malformed_line_is_told() {
    let lines = concat!(
        "{\"text\": \"good\"}\n",
        "{\"text\": \"cut off\n",
        "\n",
        "[1, 2]\n",
        "{\"txt\": \"a\"}\n",
        "{\"text\": 5}\n",
        "true\n",
        "{\"text\": \"a\", \"label\": [1]}\n",
        "{\"text\": \"a\", \"label\": {}}\n",
        "{\"text\": \"a\", \"target\": [1]}\n",
        "{\"text\": \"a\", \"id\": [1]}\n",
        "{\"text\": \"a\", \"id\": \"1\"}\n",
        "{\"text\": \"a\", \"text_pair\": 1}\n",
        "{\"text\": \"abc\", \"rationale\": [[1, 9]]}\n",
        "{\"text\": \"a\"} x\n",
    );
    let (error, hint) = told(parse(Format::Jsonl, lines.as_bytes()));
    insta::assert_snapshot!("malformed", error);
    assert!(hint.contains("one JSON object a line"), "{hint}");
}

#[test]
fn what_is_malformed_beyond_the_first_twenty_is_counted() {
    let lines = "{\"text\": \"fine\"}\n".to_owned() + &"{\n".repeat(30);
    let (error, _) = told(parse(Format::Jsonl, lines.as_bytes()));
    assert!(
        error.starts_with("test has 30 malformed lines\n  line 2: invalid JSON at column 1: "),
        "{error}"
    );
    assert!(
        error.ends_with("\n  line 21: invalid JSON at column 1: EOF while parsing an object\n  and 10 more"),
        "{error}"
    );
}

#[test]
fn what_lies_beyond_the_limit_is_not_looked_at() {
    let options = Options { format: Some(Format::Jsonl), ..Options::default() };
    let read = |lines: &str, limit| read_from(lines.as_bytes(), "test", &options, limit);
    let good = "{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n\n{\"text\": \"c\"}\n";
    let two = read(good, Some(2)).unwrap();
    assert_eq!((two.examples.len(), two.empty_lines), (2, 1));
    let faulty = "{\"text\": \"a\", \"id\": 1}\n{\"text\": \"b\", \"id\": 1}\nnull\n";
    assert_eq!(read(faulty, Some(1)).unwrap().examples.len(), 1);
    let (error, _) = told(read(faulty, Some(2)));
    assert!(error.starts_with("test has a malformed line\n  line 2: "), "{error}");
    assert!(told(read(faulty, None)).0.starts_with("test has 2 malformed lines"));
}

#[test]
fn what_is_empty_is_left_to_the_example() {
    let read = jsonl(concat!(
        "{\"text\": \"\", \"label\": \"\", \"id\": \"\", \"rationale\": [[0, 5]]}\n",
        "{\"text\": null, \"label\": null, \"text_pair\": \" \"}\n",
    ));
    let texts: Vec<_> = read.iter().map(|e| (e.id.as_str(), e.text.as_str(), e.pair.as_deref())).collect();
    assert_eq!(texts, [("1", "", None), ("2", "", Some(" "))]);
    assert!(read.iter().all(|example| example.label.is_none() && example.rationale.is_none()));
}

#[test]
fn two_examples_of_one_name_are_told_with_both_lines() {
    let lines = "{\"text\": \"a\", \"id\": 7}\n\n{\"text\": \"b\", \"id\": \"7\"}\n{\"text\": \"c\", \"id\": \"4\"}\n{\"text\": \"d\"}\n{\"text\": \"e\", \"id\": 5}\n";
    let (error, hint) = told(parse(Format::Jsonl, lines.as_bytes()));
    let expected = "test has 2 malformed lines\n  \
        line 3: expected an id of its own, found \"7\", which is that of line 1\n  \
        line 6: expected an id of its own, found \"5\", which is that of line 5";
    assert_eq!(error, expected);
    assert!(hint.contains("ids name examples"), "{hint}");
}
