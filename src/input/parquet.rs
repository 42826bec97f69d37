//! Parquet, as the hub's data sets are kept: a column a field, the names of classes in its metadata.

use std::fs::File;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::{Field, Row};
use ::parquet::schema::types::Type;
use serde_json::{Map, Value};

use super::document::class_names;
use super::gather::Gather;
use super::options::{FieldRole, Fields};
use super::record::{Names, Place, Reading, Record};
use super::source::Source;
use super::{Examples, InputError};
use crate::guard;

/// Reads rows up to the limit, and of each only the columns that are asked for.
pub(super) fn parse(
    source: &mut Source,
    reading: Reading,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let file = source.whole_file()?;
    let name = source.name.clone();
    guard::guarded("parquet", || rows(file, &name, reading, limit))
        .map_err(|source| InputError::Broken { name: name.clone(), source })?
}

fn rows(file: File, name: &str, mut reading: Reading, limit: Option<usize>) -> Result<Examples, InputError> {
    let failed = |row: Option<usize>| {
        move |source: ParquetError| InputError::Parquet { name: name.to_owned(), row, source }
    };
    let reader = SerializedFileReader::new(file).map_err(failed(None))?;
    let about = reader.metadata();
    let columns = chosen(about.file_metadata().schema(), reading.fields, name)?;
    unpackable(about, &columns, name)?;
    reading.names = names(about);
    let root = about.file_metadata().schema().name();
    let projection = Type::group_type_builder(root).with_fields(columns).build();
    let mut rows = reader.get_row_iter(Some(projection.map_err(failed(None))?)).map_err(failed(None))?;
    let mut gather = Gather::of_rows(name, limit);
    let mut number = 0;
    while !gather.full()
        && let Some(row) = rows.next()
    {
        number += 1;
        let record = record(&row.map_err(failed(Some(number)))?);
        gather.line(number, reading.example(&record, Place::line(number)));
    }
    gather.finish()
}

/// The columns that the fields are in.
fn chosen(schema: &Type, fields: &Fields, name: &str) -> Result<Vec<Arc<Type>>, InputError> {
    let all = schema.get_fields();
    let find = |field: &str| {
        let outer = field.split('.').next().unwrap_or_default();
        let exact = all.iter().find(|column| column.name() == field);
        exact.or_else(|| all.iter().find(|column| column.name() == outer && column.is_group()))
    };
    let mut chosen: Vec<Arc<Type>> = Vec::new();
    for role in FieldRole::ALL {
        match find(fields.name(role)) {
            Some(column) if chosen.iter().any(|other| other.name() == column.name()) => {}
            Some(column) => chosen.push(Arc::clone(column)),
            None if role == FieldRole::Text || fields.named(role).is_some() => {
                return Err(InputError::NoField {
                    name: name.to_owned(),
                    field: fields.name(role).to_owned(),
                    flag: role.flag(),
                    there: all.iter().map(|column| column.name().to_owned()).collect(),
                });
            }
            None => {}
        }
    }
    Ok(chosen)
}

/// Whether the chosen columns are compressed in ways that can be read.
fn unpackable(about: &ParquetMetaData, chosen: &[Arc<Type>], name: &str) -> Result<(), InputError> {
    let columns = about.row_groups().iter().flat_map(RowGroupMetaData::columns);
    for column in columns {
        let path = column.column_path().parts();
        let wanted = chosen.iter().any(|field| path.first().is_some_and(|first| first == field.name()));
        let codec = match column.compression() {
            Compression::BROTLI(_) => "brotli",
            Compression::LZO => "LZO",
            _ => continue,
        };
        if wanted {
            return Err(InputError::Codec { name: name.to_owned(), column: path.join("."), codec });
        }
    }
    Ok(())
}

/// The names of classes, as the library datasets keeps them in a file that it writes.
fn names(about: &ParquetMetaData) -> Names {
    let values = about.file_metadata().key_value_metadata();
    let value = values.into_iter().flatten().find(|entry| entry.key == "huggingface");
    let value = value.and_then(|entry| entry.value.as_deref());
    let value: Option<Value> = value.and_then(|text| serde_json::from_str(text).ok());
    let features = value.as_ref().and_then(|value| value.get("info")?.get("features"));
    features.map(class_names).unwrap_or_default()
}

fn record(row: &Row) -> Record {
    row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect()
}

/// A cell as JSON has it; bytes are text, or a list where they are none, and what JSON lacks is written out.
fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => Value::from(*flag),
        Field::Byte(number) => Value::from(*number),
        Field::Short(number) => Value::from(*number),
        Field::Int(number) => Value::from(*number),
        Field::Long(number) => Value::from(*number),
        Field::UByte(number) => Value::from(*number),
        Field::UShort(number) => Value::from(*number),
        Field::UInt(number) => Value::from(*number),
        Field::ULong(number) => Value::from(*number),
        Field::Float16(number) => Value::from(number.to_f32()),
        // As it is written in decimals, not the nearest double of the nearest float.
        Field::Float(number) => number.to_string().parse::<f64>().map_or(Value::Null, Value::from),
        Field::Double(number) => Value::from(*number),
        Field::Str(text) => Value::from(text.as_str()),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Value::from(text),
            Err(_) => bytes.data().iter().copied().collect(),
        },
        Field::Group(row) => Value::Object(record(row)),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        Field::MapInternal(map) => {
            let entry = |(key, of): &(Field, Field)| match value(key) {
                Value::String(key) => (key, value(of)),
                other => (other.to_string(), value(of)),
            };
            Value::Object(map.entries().iter().map(entry).collect::<Map<_, _>>())
        }
        Field::Decimal(_)
        | Field::Date(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::TimestampMillis(_)
        | Field::TimestampMicros(_) => Value::from(field.to_string()),
    }
}
