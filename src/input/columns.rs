//! Rows from columns, as pandas and data set libraries write them.

use serde_json::Value;

use super::InputError;
use super::options::{FieldRole, Fields};
use super::record::Record;

/// The rows of an object that holds a list a field, or an object of values by the index of their row.
pub(super) fn transposed(whole: &Record, fields: &Fields, name: &str) -> Result<Vec<Record>, InputError> {
    let text = fields.name(FieldRole::Text);
    let rows = whole.get(text).and_then(column).map_or(0, |column| column.len());
    let mut out = vec![Record::new(); rows];
    for (field, value) in whole {
        let Some(values) = column(value) else { continue };
        if values.len() != rows {
            return Err(InputError::Uneven {
                name: name.to_owned(),
                text: (text.to_owned(), rows),
                other: (field.clone(), values.len()),
            });
        }
        for (row, value) in out.iter_mut().zip(values) {
            row.insert(field.clone(), value.clone());
        }
    }
    Ok(out)
}

/// The values of a column in the order of its rows: indices are whole numbers, or any keys in their order.
fn column(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(values) => Some(values.iter().collect()),
        Value::Object(values) => {
            let mut values: Vec<(&String, &Value)> = values.iter().collect();
            values.sort_by_key(|(index, _)| index.parse::<i64>().unwrap_or(i64::MAX));
            Some(values.into_iter().map(|(_, value)| value).collect())
        }
        _ => None,
    }
}

/// The rows of a list of lists beside the names of their columns.
pub(super) fn split(names: &[Value], rows: &[Value]) -> Vec<Record> {
    let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap_or_default()).collect();
    let row = |row: &Value| {
        let values = row.as_array().map(Vec::as_slice).unwrap_or_default();
        names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    rows.iter().map(row).collect()
}
