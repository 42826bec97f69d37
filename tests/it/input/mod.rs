//! Formats, encodings and packings of texts, rationales, and what can be wrong with them.

mod documents;
mod eraser;
mod faults;
mod jsonl;
mod pairs;
mod parquet;
mod rationale;
mod same;
mod sources;
mod table;
mod text;

use std::ops::Range;

use attncheck::input::{Example, Examples, Fields, Format, InputError, Options, read_from};

/// What a format makes of some bytes.
fn parse(format: Format, bytes: &[u8]) -> Result<Examples, InputError> {
    read_from(bytes, "test", &Options { format: Some(format), ..Options::default() }, None)
}

fn with(format: Format, fields: Fields, bytes: &[u8]) -> Result<Examples, InputError> {
    read_from(bytes, "test", &Options { format: Some(format), fields, ..Options::default() }, None)
}

fn jsonl(lines: &str) -> Vec<Example> {
    parse(Format::Jsonl, lines.as_bytes()).unwrap().examples
}

/// The error as it is printed, and its hint.
fn told(result: Result<Examples, InputError>) -> (String, String) {
    let error = result.unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default())
}

/// What a text's spans hold.
fn marked<'a>(text: &'a str, spans: &[Range<usize>]) -> Vec<&'a str> {
    spans.iter().map(|span| &text[span.clone()]).collect()
}
