//! One example of its fields, where its text is one of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::fault::FaultKind;
use super::options::{FieldRole, Fields};
use super::rationale::{self, kind};
use super::{Example, Label};

/// The fields of one example.
pub(super) type Record = Map<String, Value>;

/// What a data set calls the numbers in a field, by the field.
pub(super) type Names = BTreeMap<String, Vec<String>>;

/// How records are to be understood.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// Which field is what.
    pub fields: &'a Fields,
    /// The folder of the documents of ERASER's form.
    pub docs: &'a Path,
    /// Names of numbers.
    pub names: Names,
}

/// Where a record stands in its input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// 1-based line on which it begins, or its row where the format has no lines.
    pub line: usize,
    /// What it is called where it has no name of its own.
    pub number: usize,
}

impl Place {
    /// On a line of its own, which gives it its name.
    pub fn line(line: usize) -> Self {
        Self { line, number: line }
    }
}

impl Reading<'_> {
    /// The example of a record that has its text within. The text may be empty, which is the example's own failure and
    /// not the file's.
    pub fn with_text(&self, record: &Record, place: Place) -> Result<Example, FaultKind> {
        let field = self.fields.name(FieldRole::Text);
        let text = match find(record, field) {
            None => return Err(FaultKind::MissingField { field: field.to_owned() }),
            Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(other) => return Err(wrong(field, "a string", other)),
        };
        let marked = find(record, self.fields.name(FieldRole::Rationale)).filter(|_| !text.trim().is_empty());
        Ok(Example {
            id: id(record, self.fields.name(FieldRole::Id))?.unwrap_or_else(|| place.number.to_string()),
            line: place.line,
            pair: self.words(record, FieldRole::Pair)?,
            label: self.label(record, self.fields.name(FieldRole::Label))?,
            target: self.label(record, self.fields.name(FieldRole::Target))?,
            foil: self.label(record, self.fields.name(FieldRole::Foil))?,
            continuation: self.words(record, FieldRole::Continuation)?.filter(|words| !words.is_empty()),
            rationale: rationale::spans(marked.unwrap_or(&Value::Null), text)?,
            text: text.to_owned(),
        })
    }

    /// A text beside the first: the second of a pair, what continues it.
    pub fn words(&self, record: &Record, role: FieldRole) -> Result<Option<String>, FaultKind> {
        let field = self.fields.name(role);
        let also = role.also().filter(|_| self.fields.named(role).is_none());
        match find(record, field).or_else(|| find(record, also?)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong(field, "a string", other)),
        }
    }

    /// A class.
    pub fn label(&self, record: &Record, field: &str) -> Result<Option<Label>, FaultKind> {
        let names = self.names.get(field).map(Vec::as_slice).unwrap_or_default();
        find(record, field).map_or(Ok(None), |value| Label::read(value, field, names))
    }
}

/// A name of the example's own, in words or a number.
pub(super) fn id(record: &Record, field: &str) -> Result<Option<String>, FaultKind> {
    match find(record, field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok((!id.is_empty()).then(|| id.clone())),
        Some(id @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(id.to_string())),
        Some(other) => Err(wrong(field, "a string or a number", other)),
    }
}

/// The value of a field: `a.b` is the field of that name, else the field `b` of the object `a`.
pub(super) fn find<'v>(record: &'v Record, field: &str) -> Option<&'v Value> {
    record.get(field).or_else(|| {
        let (outer, inner) = field.split_once('.')?;
        find(record.get(outer)?.as_object()?, inner)
    })
}

fn wrong(field: &str, expected: &'static str, found: &Value) -> FaultKind {
    FaultKind::WrongType { field: field.to_owned(), expected, found: kind(found) }
}
