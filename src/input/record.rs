//! One example of its fields: the one reading that every format with fields ends in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::fault::FaultKind;
use super::options::{FieldRole, Fields};
use super::rationale::{self, kind};
use super::{Example, InputError, Label, eraser};

/// The fields of one example.
pub(super) type Record = Map<String, Value>;

/// What a data set calls the numbers in a field, by the field.
pub(super) type Names = BTreeMap<String, Vec<String>>;

/// Field names that are remembered to be offered where one is missing.
const KNOWN: usize = 64;

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

/// Where a record stands.
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
    /// The example of a record. Its text may be empty, which is the example's own failure and not the file's.
    pub fn example(&self, record: &Record, place: Place) -> Result<Example, FaultKind> {
        if eraser::is(record, self.fields) {
            return eraser::example(record, place, self);
        }
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
            pair: self.pair(record)?,
            label: self.label(record, self.fields.name(FieldRole::Label))?,
            target: self.label(record, self.fields.name(FieldRole::Target))?,
            rationale: rationale::spans(marked.unwrap_or(&Value::Null), text)?,
            text: text.to_owned(),
        })
    }

    /// The second text.
    pub fn pair(&self, record: &Record) -> Result<Option<String>, FaultKind> {
        let field = self.fields.name(FieldRole::Pair);
        match find(record, field) {
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

/// Which fields there are, over all records.
#[derive(Default)]
pub(super) struct Known {
    names: BTreeSet<String>,
    /// Roles whose field was seen, by their place in [`FieldRole::ALL`].
    seen: [bool; FieldRole::ALL.len()],
    records: usize,
}

impl Known {
    pub fn see(&mut self, record: &Record, fields: &Fields) {
        self.records += 1;
        for (seen, role) in self.seen.iter_mut().zip(FieldRole::ALL) {
            let eraser = role == FieldRole::Text && eraser::is(record, fields);
            *seen = *seen || eraser || find(record, fields.name(role)).is_some();
        }
        for name in record.keys() {
            if self.names.len() < KNOWN && !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
    }

    /// A field that no record has was named wrongly: that is one mistake, not one a record.
    pub fn check(&self, name: &str, fields: &Fields) -> Result<(), InputError> {
        let missing = FieldRole::ALL.into_iter().zip(self.seen).find(|(role, seen)| {
            !seen && self.records > 0 && (*role == FieldRole::Text || fields.named(*role).is_some())
        });
        match missing {
            None => Ok(()),
            Some((role, _)) => Err(InputError::NoField {
                name: name.to_owned(),
                field: fields.name(role).to_owned(),
                flag: role.flag(),
                there: self.names.iter().cloned().collect(),
            }),
        }
    }
}
