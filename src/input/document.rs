//! A JSON document: a list of objects or strings, an object that holds such a list or the objects themselves, or columns.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::columns;
use super::fault::FaultKind;
use super::form::Known;
use super::gather::Gather;
use super::jsonl;
use super::options::{FieldRole, Fields};
use super::record::{self, Names, Place, Reading, Record};
use super::source::Source;
use super::{Examples, InputError, eraser};

/// The fields that hold the examples of a document, the likeliest first.
const HOLDERS: [&str; 10] =
    ["data", "rows", "examples", "instances", "items", "records", "samples", "documents", "texts", "results"];

/// Reads the examples of a document, or of documents that stand one after another; at most `limit` of them.
///
/// Where it is broken, and some of its lines are objects by themselves, it is read as JSON lines; not where it must be
/// a document.
pub(super) fn parse(
    source: &mut Source,
    reading: Reading,
    limit: Option<usize>,
    must: bool,
) -> Result<Examples, InputError> {
    let text = source.text()?;
    let values: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
    match values {
        Ok(values) => Document { name: &source.name, text: &text }.examples(&values, reading, limit),
        Err(_) if !must && jsonl::any(&text) => {
            jsonl::parse(&mut Source::held(&source.name, &text), &reading, limit)
        }
        Err(error) => Err(broken(&source.name, &text, &text, &error)),
    }
}

/// Where the text is no JSON, as an editor counts: any line end ends a line. The error is of `part` of the text.
fn broken(name: &str, text: &str, part: &str, error: &serde_json::Error) -> InputError {
    let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
    let within = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = (offset(text, part) + within).min(text.len());
    let before = &text.as_bytes()[..at];
    let begins = before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    InputError::Json {
        name: name.to_owned(),
        line: line(before),
        column: at - begins + 1,
        reason: jsonl::reason(error),
    }
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// The line on which what follows these bytes begins.
fn line(before: &[u8]) -> usize {
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => before.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    1 + before.iter().enumerate().filter(|found| ends(*found)).count()
}

#[derive(Debug, Clone, Copy)]
struct Document<'t> {
    name: &'t str,
    text: &'t str,
}

/// The examples of a document, not yet looked at.
enum Rows<'t> {
    /// The examples in the order in which they are written.
    Written(Vec<&'t RawValue>),
    /// Put together from columns.
    Made(Vec<Record>),
}

impl<'t> Document<'t> {
    fn examples(
        self,
        values: &[&'t RawValue],
        mut reading: Reading,
        limit: Option<usize>,
    ) -> Result<Examples, InputError> {
        let rows = match values {
            [one] if one.get().starts_with('[') => Rows::Written(self.list(one)?),
            [one] if one.get().starts_with('{') => self.held(one, &mut reading)?,
            many => Rows::Written(many.to_vec()),
        };
        let mut gather = Gather::new(self.name, limit);
        let mut known = Known::default();
        let mut see = |found: Result<Record, FaultKind>, place: Place| {
            let found = found.and_then(|record| {
                known.see(&record, reading.fields);
                reading.example(&record, place)
            });
            gather.line(place.line, found);
            !gather.full()
        };
        match rows {
            _ if limit == Some(0) => {}
            Rows::Written(rows) => {
                let (mut begins, mut end) = (1, 0);
                for (index, row) in rows.into_iter().enumerate() {
                    let start = offset(self.text, row.get());
                    begins += line(&self.text.as_bytes()[end..start]) - 1;
                    end = start;
                    let place = Place { line: begins, number: index + 1 };
                    let value: Value = self.parsed(row)?;
                    if !see(
                        jsonl::object(value, &reading).and_then(|row| unwrapped(row, reading.fields)),
                        place,
                    ) {
                        break;
                    }
                }
            }
            Rows::Made(rows) => {
                for (index, row) in rows.into_iter().enumerate() {
                    if !see(Ok(row), Place { line: 1, number: index + 1 }) {
                        break;
                    }
                }
            }
        }
        known.check(self.name, reading.fields)?;
        gather.finish()
    }

    /// A part of the document, which was found to be JSON but may still hold numbers that are none or be nested too deep.
    fn parsed<T: serde::Deserialize<'t>>(self, part: &'t RawValue) -> Result<T, InputError> {
        serde_json::from_str(part.get()).map_err(|error| broken(self.name, self.text, part.get(), &error))
    }

    fn list(self, list: &'t RawValue) -> Result<Vec<&'t RawValue>, InputError> {
        self.parsed(list)
    }

    /// The examples that an object holds, or itself.
    fn held(self, object: &'t RawValue, reading: &mut Reading) -> Result<Rows<'t>, InputError> {
        let whole: Record = self.parsed(object)?;
        let fields = reading.fields;
        let text = record::find(&whole, fields.name(FieldRole::Text));
        if text.is_some_and(|text| text.is_string() || text.is_null()) || eraser::is(&whole, fields) {
            return Ok(Rows::Written(vec![object]));
        }
        if text.is_some() {
            return columns::transposed(&whole, fields, self.name).map(Rows::Made);
        }
        if let (Some(Value::Array(names)), Some(Value::Array(rows))) =
            (whole.get("columns"), whole.get("data"))
        {
            return Ok(Rows::Made(columns::split(names, rows)));
        }
        let parts: BTreeMap<String, &'t RawValue> = self.parsed(object)?;
        let is_row = |value: &Value| {
            value.as_object().is_some_and(|row| record::find(row, fields.name(FieldRole::Text)).is_some())
        };
        if !whole.is_empty() && whole.values().all(is_row) {
            let mut rows: Vec<&RawValue> = parts.into_values().collect();
            rows.sort_by_key(|row| offset(self.text, row.get()));
            return Ok(Rows::Written(rows));
        }
        let lists: Vec<&str> =
            whole.iter().filter(|(_, v)| is_list(v)).map(|(key, _)| key.as_str()).collect();
        let holder = HOLDERS.into_iter().find(|holder| lists.contains(holder));
        let holder = holder.or(if let [one] = lists.as_slice() { Some(*one) } else { None });
        match holder.and_then(|holder| parts.get(holder)) {
            Some(list) => {
                reading.names = whole.get("features").map(class_names).unwrap_or_default();
                Ok(Rows::Written(self.list(list)?))
            }
            None => Err(InputError::NoRows {
                name: self.name.to_owned(),
                field: fields.name(FieldRole::Text).to_owned(),
                keys: whole.keys().cloned().collect(),
                lists: lists.into_iter().map(str::to_owned).collect(),
            }),
        }
    }
}

/// Whether a value is a list that may be of examples.
fn is_list(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.first().is_none_or(|item| item.is_object() || item.is_string()))
}

/// The row in what the hub's data set server writes around it.
fn unwrapped(mut record: Record, fields: &Fields) -> Result<Record, FaultKind> {
    if !record.contains_key("row_idx") || !record.get("row").is_some_and(Value::is_object) {
        return Ok(record);
    }
    for role in [FieldRole::Text, FieldRole::Pair] {
        let field = fields.name(role);
        let cut = record.get("truncated_cells").and_then(Value::as_array);
        if cut.is_some_and(|cells| cells.iter().any(|cell| cell.as_str() == Some(field))) {
            return Err(FaultKind::Truncated { field: field.to_owned() });
        }
    }
    match record.remove("row") {
        Some(Value::Object(row)) => Ok(row),
        _ => Ok(record),
    }
}

/// The names of classes in the features of a data set, as its server and its parquet files have them.
pub(super) fn class_names(features: &Value) -> Names {
    let names = |about: &Value| -> Option<Vec<String>> {
        let names = about.get("names")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    match features {
        Value::Object(features) => {
            features.iter().filter_map(|(field, about)| Some((field.clone(), names(about)?))).collect()
        }
        Value::Array(features) => features
            .iter()
            .filter_map(|feature| {
                Some((feature.get("name")?.as_str()?.to_owned(), names(feature.get("type")?)?))
            })
            .collect(),
        _ => Names::new(),
    }
}
