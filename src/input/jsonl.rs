//! JSON lines: one object a line, and ERASER's annotations, which are objects too. A line may also be a string.

use serde_json::Value;

use super::fault::FaultKind;
use super::form::Known;
use super::gather::Gather;
use super::lines::Lines;
use super::options::FieldRole;
use super::rationale::kind;
use super::record::{Place, Reading, Record};
use super::source::Source;
use super::{Examples, InputError};

/// Reads lines up to the limit.
pub(super) fn parse(
    source: &mut Source,
    reading: &Reading,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let name = source.name.clone();
    let mut gather = Gather::new(&name, limit);
    let mut lines = Lines::of(source);
    let mut known = Known::default();
    while !gather.full()
        && let Some(line) = lines.next()?
    {
        if line.text.trim().is_empty() {
            gather.blank(1);
            continue;
        }
        let found = value(line.text).and_then(|value| object(value, reading)).and_then(|record| {
            known.see(&record, reading.fields);
            reading.example(&record, Place::line(line.number))
        });
        gather.line(line.number, found);
    }
    known.check(&name, reading.fields)?;
    gather.finish()
}

/// Whether one of these lines is an object by itself.
pub(super) fn any(text: &str) -> bool {
    text.lines().any(|line| matches!(serde_json::from_str(line), Ok(Value::Object(_))))
}

fn value(line: &str) -> Result<Value, FaultKind> {
    serde_json::from_str(line)
        .map_err(|error| FaultKind::Json { column: error.column(), reason: reason(&error) })
}

/// The fields of a value; a string is the text.
pub(super) fn object(value: Value, reading: &Reading) -> Result<Record, FaultKind> {
    match value {
        Value::Object(object) => Ok(object),
        Value::String(_) => Ok(Record::from_iter([(reading.fields.name(FieldRole::Text).to_owned(), value)])),
        other => Err(FaultKind::NotObject { found: kind(&other) }),
    }
}

/// What the parser says, without the place.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.split(" at line ").next().unwrap_or_default().to_owned()
}
