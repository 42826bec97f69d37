//! What people marked in a text, from any of the forms in which it is written to byte spans.
//!
//! Characters are Unicode scalar values, as Python counts; tokens are what white space parts, as ERASER's documents are
//! written. A span ends before its `end`.

use std::ops::Range;

use serde_json::{Map, Value};

use super::fault::RationaleFault;

/// How the places of a span are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Characters,
    Tokens,
}

/// What a list may hold.
const ITEMS: &str =
    "character indices, [start, end] pairs, or objects with start and end or with start_token and end_token";

/// Byte spans in the order of the text, each kept apart as it was written, none twice; `None` for null.
///
/// An empty list is a rationale too: somebody looked and marked nothing.
///
/// # Errors
///
/// Where the value has none of the known forms, or a span is not within the text.
pub(super) fn spans(value: &Value, text: &str) -> Result<Option<Vec<Range<usize>>>, RationaleFault> {
    match value {
        Value::Null => Ok(None),
        Value::String(written) if written.trim().is_empty() => Ok(None),
        // Tables hold lists as text.
        Value::String(written) => match serde_json::from_str(written) {
            Ok(Value::Array(items)) => list(&items, text).map(Some),
            Ok(_) | Err(_) => Err(RationaleFault::NotJson),
        },
        Value::Array(items) => list(items, text).map(Some),
        other => Err(RationaleFault::Shape { expected: "a list", found: kind(other) }),
    }
}

/// What kind of JSON a value is.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn list(items: &[Value], text: &str) -> Result<Vec<Range<usize>>, RationaleFault> {
    let mut out = match items.first() {
        Some(Value::Number(_)) => indices(items, &places(text, Unit::Characters))?,
        Some(Value::Object(first)) => {
            let unit = if first.contains_key("start_token") { Unit::Tokens } else { Unit::Characters };
            let places = places(text, unit);
            let span = |item: &Value| match item {
                Value::Object(span) => object(span, unit, &places),
                other => Err(RationaleFault::Shape { expected: "objects throughout", found: kind(other) }),
            };
            items.iter().map(span).collect::<Result<_, _>>()?
        }
        Some(Value::Array(_)) => {
            let places = places(text, Unit::Characters);
            items.iter().map(|item| pair(item, &places)).collect::<Result<_, _>>()?
        }
        Some(other) => return Err(RationaleFault::Shape { expected: ITEMS, found: kind(other) }),
        None => Vec::new(),
    };
    out.sort_by_key(|span: &Range<usize>| (span.start, span.end));
    out.dedup();
    Ok(out)
}

/// The stretches of the text that can be named by number: its characters or its tokens, in bytes.
struct Places {
    unit: Unit,
    stretches: Vec<Range<usize>>,
}

fn places(text: &str, unit: Unit) -> Places {
    let stretches = match unit {
        Unit::Characters => text.char_indices().map(|(at, c)| at..at + c.len_utf8()).collect(),
        Unit::Tokens => tokens(text),
    };
    Places { unit, stretches }
}

/// What white space parts, in bytes.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut apart = true;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match out.last_mut() {
            _ if c.is_whitespace() => {}
            Some(token) if !apart => token.end = end,
            _ => out.push(at..end),
        }
        apart = c.is_whitespace();
    }
    out
}

impl Places {
    /// The bytes from the start of one to the end of the last before `end`.
    fn span(&self, start: u64, end: u64) -> Result<Range<usize>, RationaleFault> {
        if start >= end {
            return Err(RationaleFault::Backwards { start, end });
        }
        let length = self.stretches.len();
        let past = |found| RationaleFault::Past {
            found,
            length,
            unit: if self.unit == Unit::Tokens { "tokens" } else { "characters" },
        };
        let at = |place: u64| usize::try_from(place).ok().and_then(|place| self.stretches.get(place));
        let first = at(start).ok_or_else(|| past(start))?;
        let last = at(end - 1).ok_or_else(|| past(end))?;
        Ok(first.start..last.end)
    }
}

fn whole(value: &Value) -> Result<u64, RationaleFault> {
    let expected = "whole numbers from 0";
    value.as_u64().ok_or(RationaleFault::Shape { expected, found: other_than_whole(value) })
}

/// What a value is that is no whole number from 0.
fn other_than_whole(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.as_f64().is_some_and(|number| number < 0.0) => "a number below 0",
        Value::Number(_) => "a broken number",
        other => kind(other),
    }
}

/// Runs of indices that follow one another are one span each.
fn indices(items: &[Value], places: &Places) -> Result<Vec<Range<usize>>, RationaleFault> {
    let mut marked: Vec<u64> = items.iter().map(whole).collect::<Result<_, _>>()?;
    marked.sort_unstable();
    marked.dedup();
    marked
        .chunk_by(|before, after| before + 1 == *after)
        .map(|run| places.span(run[0], run[0].saturating_add(run.len() as u64)))
        .collect()
}

fn pair(item: &Value, places: &Places) -> Result<Range<usize>, RationaleFault> {
    match item {
        Value::Array(ends) => match ends.as_slice() {
            [start, end] => places.span(whole(start)?, whole(end)?),
            _ => Err(RationaleFault::Shape { expected: "[start, end]", found: "a list of another length" }),
        },
        other => Err(RationaleFault::Shape { expected: "[start, end] pairs throughout", found: kind(other) }),
    }
}

fn object(item: &Map<String, Value>, unit: Unit, places: &Places) -> Result<Range<usize>, RationaleFault> {
    let (start, end, expected) = match unit {
        Unit::Tokens => ("start_token", "end_token", "start_token and end_token"),
        Unit::Characters => ("start", "end", "start and end"),
    };
    let missing = RationaleFault::Shape { expected, found: "an object without them" };
    let (start, end) = item.get(start).zip(item.get(end)).ok_or(missing)?;
    places.span(whole(start)?, whole(end)?)
}

/// The spans of ERASER's evidence, which is counted in tokens.
pub(super) fn evidence(items: &[&Value], text: &str) -> Result<Vec<Range<usize>>, RationaleFault> {
    let places = places(text, Unit::Tokens);
    let span = |item: &&Value| match item {
        Value::Object(span) => object(span, Unit::Tokens, &places),
        other => Err(RationaleFault::Shape { expected: "objects", found: kind(other) }),
    };
    let mut out: Vec<Range<usize>> = items.iter().map(span).collect::<Result<_, _>>()?;
    out.sort_by_key(|span| (span.start, span.end));
    out.dedup();
    Ok(out)
}
