//! JSON lines: one object a line, and ERASER's annotations, which are objects too.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::fault::FaultKind;
use super::gather::Gather;
use super::options::{Fields, Role};
use super::rationale::{self, kind};
use super::{Example, Examples, InputError, Label, eraser, text};

/// Field names that are remembered to be offered where one is missing.
const KNOWN: usize = 64;

/// Reads the lines of `bytes`; the documents of ERASER's form are in `docs`.
pub(super) fn parse(
    bytes: &[u8],
    name: &str,
    fields: &Fields,
    docs: &Path,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let text = text::decode(bytes, name)?;
    let mut gather = Gather::new(name, limit);
    let mut known = Known::default();
    for (index, line) in text.split_terminator('\n').enumerate() {
        if line.trim().is_empty() {
            gather.blank(1);
            continue;
        }
        let number = index + 1;
        let found = object(line).and_then(|object| {
            known.see(&object, fields);
            example(&object, number, fields, docs)
        });
        gather.line(number, found);
    }
    known.check(name, fields)?;
    gather.finish()
}

fn object(line: &str) -> Result<Map<String, Value>, FaultKind> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(FaultKind::NotObject { found: kind(&other) }),
        Err(error) => {
            let told = error.to_string();
            let reason = told.split(" at line ").next().unwrap_or_default().to_owned();
            Err(FaultKind::Json { column: error.column(), reason })
        }
    }
}

fn example(
    object: &Map<String, Value>,
    line: usize,
    fields: &Fields,
    docs: &Path,
) -> Result<Example, FaultKind> {
    if eraser::is(object, fields) {
        return eraser::example(object, line, fields, docs);
    }
    let field = fields.name(Role::Text);
    let text = match object.get(field) {
        None => return Err(FaultKind::MissingField { field: field.to_owned() }),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Err(FaultKind::EmptyField { field: field.to_owned() });
        }
        Some(Value::String(text)) => text,
        Some(other) => return Err(wrong(field, "a string", other)),
    };
    let marked = object.get(fields.name(Role::Rationale)).unwrap_or(&Value::Null);
    Ok(Example {
        id: id(object, fields.name(Role::Id))?.unwrap_or_else(|| line.to_string()),
        line,
        pair: pair(object, fields)?,
        label: label(object, fields.name(Role::Label))?,
        target: label(object, fields.name(Role::Target))?,
        rationale: rationale::spans(marked, text)?,
        text: text.clone(),
    })
}

/// The second text.
pub(super) fn pair(object: &Map<String, Value>, fields: &Fields) -> Result<Option<String>, FaultKind> {
    let field = fields.name(Role::Pair);
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(FaultKind::EmptyField { field: field.to_owned() })
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong(field, "a string", other)),
    }
}

/// A name of the example's own: a string or a number.
pub(super) fn id(object: &Map<String, Value>, field: &str) -> Result<Option<String>, FaultKind> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if id.is_empty() => Err(FaultKind::EmptyField { field: field.to_owned() }),
        Some(Value::String(id)) => Ok(Some(id.clone())),
        Some(Value::Number(id)) => Ok(Some(id.to_string())),
        Some(other) => Err(wrong(field, "a string or a number", other)),
    }
}

/// A class by its name, its index or, of two, as true or false.
pub(super) fn label(object: &Map<String, Value>, field: &str) -> Result<Option<Label>, FaultKind> {
    const EXPECTED: &str = "a label's name, a class index from 0 or a boolean";
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if name.is_empty() => {
            Err(FaultKind::EmptyField { field: field.to_owned() })
        }
        Some(Value::String(name)) => Ok(Some(Label::Name(name.clone()))),
        Some(Value::Bool(flag)) => Ok(Some(Label::Flag(*flag))),
        Some(Value::Number(class)) => match class.as_u64().and_then(|class| usize::try_from(class).ok()) {
            Some(class) => Ok(Some(Label::Class(class))),
            None => Err(FaultKind::WrongType {
                field: field.to_owned(),
                expected: EXPECTED,
                found: rationale::other_than_whole(&object[field]),
            }),
        },
        Some(other) => Err(wrong(field, EXPECTED, other)),
    }
}

fn wrong(field: &str, expected: &'static str, found: &Value) -> FaultKind {
    FaultKind::WrongType { field: field.to_owned(), expected, found: kind(found) }
}

/// Which fields there are, over all lines.
#[derive(Default)]
struct Known {
    names: BTreeSet<String>,
    /// Roles whose field was seen, by their place in [`Role::ALL`].
    seen: [bool; Role::ALL.len()],
    objects: usize,
}

impl Known {
    fn see(&mut self, object: &Map<String, Value>, fields: &Fields) {
        self.objects += 1;
        for (seen, role) in self.seen.iter_mut().zip(Role::ALL) {
            let eraser = role == Role::Text && eraser::is(object, fields);
            *seen = *seen || eraser || object.contains_key(fields.name(role));
        }
        for name in object.keys() {
            if self.names.len() < KNOWN && !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
    }

    /// A field that no line has was named wrongly: that is one mistake, not one a line.
    fn check(&self, name: &str, fields: &Fields) -> Result<(), InputError> {
        let missing = Role::ALL.into_iter().zip(self.seen).find(|(role, seen)| {
            !seen && self.objects > 0 && (*role == Role::Text || fields.named(*role).is_some())
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
