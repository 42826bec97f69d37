//! What people marked.

use attncheck::input::{Fields, Format, Options, read};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{jsonl, marked, parse, told};

fn spans(text: &str, rationale: &Value) -> Vec<String> {
    let line = json!({ "text": text, "rationale": rationale }).to_string();
    let read = jsonl(&line);
    marked(text, read[0].rationale.as_ref().unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_form_gives_bytes_of_the_text() {
    let text = "naïve 👍🏽 café film";
    for (form, expected) in [
        (json!([[0, 5], [9, 13]]), vec!["naïve", "café"]),
        (json!([9, 10, 11, 12, 0, 1, 1]), vec!["na", "café"]),
        (json!([{"start": 14, "end": 18}, {"start": 6, "end": 8, "label": "x"}]), vec!["👍🏽", "film"]),
        (json!([{"start_token": 1, "end_token": 3}]), vec!["👍🏽 café"]),
        (json!("[[0, 5]]"), vec!["naïve"]),
        (json!("[9, 10]"), vec!["ca"]),
        (json!([[0, 5], [0, 5], [2, 7]]), vec!["naïve", "ïve 👍"]),
        (json!([]), vec![]),
        (json!("[]"), vec![]),
        (json!([[0, 18]]), vec![text]),
    ] {
        assert_eq!(spans(text, &form), expected, "{form}");
    }
    assert!(jsonl(r#"{"text": "a", "rationale": ""}"#)[0].rationale.is_none());
}

#[test]
fn what_is_no_rationale_is_told() {
    for (form, said) in [
        (json!([[1, 4]]), "expected places within the 3 characters of the text, found 4"),
        (json!([[5, 6]]), "expected places within the 3 characters of the text, found 5"),
        (json!([3]), "expected places within the 3 characters of the text, found 3"),
        (json!([[2, 2]]), "expected a span that ends after its start, found 2–2"),
        (json!([[2, 1]]), "expected a span that ends after its start, found 2–1"),
        (json!([[0, u64::MAX]]), "found 18446744073709551615"),
        (json!([u64::MAX]), "found 18446744073709551615"),
        (json!([-1]), "expected whole numbers from 0, found a number below 0"),
        (json!([0.5]), "expected whole numbers from 0, found a broken number"),
        (json!([[0, "1"]]), "expected whole numbers from 0, found a string"),
        (json!([[0, 1, 2]]), "expected [start, end], found a list of another length"),
        (json!([[0, 1], 2]), "expected [start, end] pairs throughout, found a number"),
        (json!([0, [1, 2]]), "expected whole numbers from 0, found a list"),
        (json!([{"start": 0}]), "expected start and end, found an object without them"),
        (json!([{"start": 0, "end": 1}, {"start_token": 0, "end_token": 1}]), "expected start and end"),
        (json!([{"start_token": 0, "end_token": 2}]), "within the 1 tokens of the text, found 2"),
        (json!(["abc"]), "found a string"),
        (json!({"start": 0, "end": 1}), "expected a list, found an object"),
        (json!("abc"), "expected a list such as [[3, 9]] or [3, 4, 5]"),
        (json!("{}"), "expected a list such as"),
        (json!(true), "expected a list, found a boolean"),
    ] {
        let line = json!({ "text": "a\u{301}c", "rationale": form }).to_string();
        let (error, _) = told(parse(Format::Jsonl, line.as_bytes()));
        assert!(error.starts_with("test has a malformed line\n  line 1: rationale: "), "{error}");
        assert!(error.contains(said), "{form}: {error}");
    }
}

#[test]
fn toxic_spans_are_read_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/toxic.csv");
    let fields = Fields { rationale: Some("spans".into()), ..Fields::default() };
    let read = read(path.as_ref(), &Options { fields, ..Options::default() }, None).unwrap().examples;
    let told: Vec<_> =
        read.iter().map(|e| (e.line, marked(&e.text, e.rationale.as_ref().unwrap()))).collect();
    assert_eq!(
        told,
        [
            (2, vec!["moron", "bigot"]),
            (3, vec!["idiots"]),
            (4, vec!["stupid"]),
            (5, vec!["stupid"]),
            (7, vec!["ridiculous"]),
            (8, vec![]),
        ]
    );
    assert!(read[3].text.contains('\n') && read[2].text.contains('"'));
}

proptest! {
    /// Python's slices of the text, whatever characters it holds.
    #[test]
    fn spans_are_pythons_slices(text in "[a-zäß👍\u{301}\u{200d}日 ]{1,12}", ends in prop::collection::vec((0_usize..12, 0_usize..12), 0..4)) {
        let chars: Vec<char> = text.chars().collect();
        prop_assume!(!text.trim().is_empty());
        let ends: Vec<(usize, usize)> = ends.into_iter().filter(|(a, b)| a < b && *b <= chars.len()).collect();
        let mut expected: Vec<String> = Vec::new();
        let mut sorted = ends.clone();
        sorted.sort_unstable();
        sorted.dedup();
        expected.extend(sorted.iter().map(|(a, b)| chars[*a..*b].iter().collect::<String>()));
        let pairs: Vec<[usize; 2]> = ends.iter().map(|(a, b)| [*a, *b]).collect();
        prop_assert_eq!(spans(&text, &json!(pairs)), expected);
        // The same characters by index.
        let indices: Vec<usize> = ends.iter().flat_map(|(a, b)| *a..*b).collect();
        let all: String = (0..chars.len()).filter(|i| indices.contains(i)).map(|i| chars[i]).collect();
        prop_assert_eq!(spans(&text, &json!(indices)).concat(), all);
    }
}
