//! The same rows are the same examples, in whatever format they are written and however they are packed.

use std::fs;
use std::io::Write;

use attncheck::input::{Example, Examples, Options, read, read_from};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A row, and its label as JSON and as a table write it.
#[derive(Debug, Clone)]
struct Row {
    text: String,
    label: (Value, String),
}

fn labels() -> impl Strategy<Value = (Value, String)> {
    let labels = [
        (json!(1), "1"),
        (json!(0), "0"),
        (json!(1.0), "1.0"),
        (json!(-1), "-1"),
        (json!(0.5), "0.5"),
        (json!(true), "true"),
        (json!(false), "false"),
        (json!("True"), "True"),
        (json!("positive"), "positive"),
        (json!(" NEG "), " NEG "),
        (json!("1"), "1"),
        (json!(""), ""),
        (json!(null), ""),
    ];
    prop::sample::select(labels.map(|(json, cell)| (json, cell.to_owned())).to_vec())
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = ("[a-zé \",;|\\[\\]{}\u{2028}]{0,10}", labels()).prop_map(|(text, label)| Row { text, label });
    prop::collection::vec(row, 1..6)
}

/// The rows in every format: the end of a file's name and what it holds.
fn written(rows: &[Row]) -> Vec<(&'static str, String)> {
    let objects: Vec<Value> =
        rows.iter().map(|row| json!({"text": row.text, "label": row.label.0})).collect();
    let list = Value::Array(objects.clone());
    let joined = |lines: Vec<String>| lines.join("\n") + "\n";
    let lines = joined(objects.iter().map(|object| format!("{object}")).collect());
    let pretty = joined(objects.iter().map(|object| format!("{object:#}")).collect());
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let labels: Vec<&Value> = rows.iter().map(|row| &row.label.0).collect();
    let split: Vec<Value> = rows.iter().map(|row| json!([row.text, row.label.0])).collect();
    let indexed = |values: Vec<Value>| -> Value {
        values.into_iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect()
    };
    let by_index = json!({
        "text": indexed(texts.iter().map(|text| json!(text)).collect()),
        "label": indexed(labels.iter().map(|label| (*label).clone()).collect()),
    });
    let hub: Vec<Value> = objects
        .iter()
        .enumerate()
        .map(|(i, row)| json!({"row_idx": i, "row": row, "truncated_cells": []}))
        .collect();
    let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let table = |by: &str| -> String {
        let row = |row: &Row| format!("{}{by}{}\r\n", quote(&row.text), quote(&row.label.1));
        format!("text{by}label\r\n{}", rows.iter().map(row).collect::<String>())
    };
    let tabs = joined(rows.iter().map(|row| format!("{}\t{}\tx", row.text, row.label.1)).collect());
    vec![
        ("jsonl", lines.clone()),
        ("txt", lines.clone()),
        ("json", lines),
        ("json", pretty.clone()),
        ("jsonl", pretty),
        ("json", list.to_string()),
        ("jsonl", format!("{list:#}")),
        ("txt", format!("\n{list:#}")),
        ("csv", list.to_string()),
        ("json", json!({"version": "1", "data": list}).to_string()),
        ("json", format!("{:#}", json!({"features": [{"name": "text"}], "rows": hub}))),
        ("json", json!({"anything": list, "tags": [1, 2]}).to_string()),
        ("json", json!({"text": texts, "label": labels}).to_string()),
        ("", by_index.to_string()),
        ("json", json!({"columns": ["text", "label"], "index": [1], "data": split}).to_string()),
        ("csv", table(",")),
        ("txt", table(",")),
        ("csv", table(",").replace("\r\n", "\r")),
        ("tsv", format!("text\tlabel\tother\n{tabs}")),
        ("", format!("text\tlabel\tother\n{tabs}")),
    ]
}

/// What must be the same of all: what the example is, not where it stands.
fn essence(found: &Examples) -> Vec<(String, Option<String>)> {
    let essence =
        |example: &Example| (example.text.clone(), example.label.as_ref().map(|label| label.name.clone()));
    found.examples.iter().map(essence).collect()
}

fn packed(text: &[u8], zstd: bool) -> Vec<u8> {
    if zstd {
        return zstd::encode_all(text, 1).unwrap();
    }
    // Two members, as `cat a.gz b.gz` makes them.
    let (one, two) = text.split_at(text.len() / 2);
    let member = |part: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(part).unwrap();
        packer.finish().unwrap()
    };
    [member(one), member(two)].concat()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    if big { units.flat_map(u16::to_be_bytes).collect() } else { units.flat_map(u16::to_le_bytes).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn rows_are_the_same_in_every_format(rows in rows()) {
        let folder = tempfile::tempdir().unwrap();
        let expected: Vec<_> = rows
            .iter()
            .map(|row| (row.text.clone(), attncheck::input::Label::of(&row.label.1).map(|label| label.name)))
            .collect();
        for (end, text) in written(&rows) {
            let path = folder.path().join(format!("texts.{end}"));
            let path = if end.is_empty() { folder.path().join("texts") } else { path };
            let bytes: [Vec<u8>; 4] = [
                text.clone().into_bytes(),
                format!("\u{feff}{text}").into_bytes(),
                utf16(&text, false),
                utf16(&text, true),
            ];
            for bytes in bytes {
                fs::write(&path, &bytes).unwrap();
                let plain = read(&path, &Options::default(), None);
                prop_assert!(plain.is_ok(), "{} {:?}\n{}", end, plain, text);
                let plain = plain.unwrap();
                prop_assert_eq!(&essence(&plain), &expected, "{}\n{}", end, text);
                for (zstd, packing) in [(true, "zst"), (false, "gz")] {
                    let path = folder.path().join(format!("{}.{packing}", path.file_name().unwrap().to_str().unwrap()));
                    fs::write(&path, packed(&bytes, zstd)).unwrap();
                    let found = read(&path, &Options::default(), None).unwrap();
                    prop_assert_eq!(&found.examples, &plain.examples);
                }
                // What standard input gives has no name; a tab or the names of columns still say that it is a table.
                let stream = read_from(bytes.as_slice(), "stdin", &Options::default(), None).unwrap();
                prop_assert_eq!(&stream.examples, &plain.examples);
                let one = read(&path, &Options::default(), Some(1)).unwrap();
                prop_assert_eq!(one.examples.as_slice(), &plain.examples[..1]);
            }
        }
    }
}
