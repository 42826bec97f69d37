//! Which format an input has: what its contents say, and where they do not, what its name does.

use std::path::Path;

use serde_json::Value;

use super::options::{FieldRole, Format, Options};
use super::shape::{self, Shape};
use super::source::Source;
use super::{InputError, eraser, record};

/// So many bytes are looked at, where they leave it open.
const LOOKED_AT: usize = 1 << 20;

/// The delimiters that a table may have, and what each is called.
pub(super) const DELIMITERS: [u8; 4] = *b",\t;|";

/// Whose format the options leave open. `named` is what the name says.
pub(super) fn detect(
    source: &mut Source,
    named: Option<Format>,
    options: &Options,
) -> Result<Format, InputError> {
    if options.delimiter.is_some() {
        return Ok(Format::Csv);
    }
    let table = matches!(named, Some(Format::Csv | Format::Tsv));
    match shape(source)? {
        Shape::Objects => lines_or_document(source, options),
        Shape::List => Ok(Format::Json),
        // In a table a list may be a cell.
        Shape::Strings if !table => Ok(Format::Json),
        Shape::Python if !table => Err(InputError::Python { name: source.name.clone() }),
        _ => match named {
            Some(named) => Ok(named),
            None => Ok(headed(first_line(source)?, options).unwrap_or(Format::Text)),
        },
    }
}

/// What the end of the path says, without what it says of compression.
pub(super) fn named(path: &Path) -> Option<Format> {
    let packed =
        |end: &str| ["gz", "zst", "gzip", "zstd"].iter().any(|known| end.eq_ignore_ascii_case(known));
    match path.extension().and_then(|end| end.to_str()) {
        Some(end) if packed(end) => Format::of(Path::new(path.file_stem()?)),
        _ => Format::of(path),
    }
}

fn shape(source: &mut Source) -> Result<Shape, InputError> {
    let open = |head: &[u8]| head.len() < LOOKED_AT && shape::of(head, false) == Shape::Open;
    let head = source.look(|head| !open(head))?;
    Ok(shape::of(head, shape::of(head, false) == Shape::Open))
}

/// The first line that holds anything, or as much of it as is looked at.
fn first_line<'s>(source: &'s mut Source) -> Result<&'s [u8], InputError> {
    fn line(head: &[u8]) -> (&[u8], bool) {
        let head = unblank(head);
        match head.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => (&head[..end], true),
            None => (head, false),
        }
    }
    let head = source.look(|head| head.len() >= LOOKED_AT || line(head).1)?;
    Ok(line(head).0)
}

/// What begins with the first line that holds anything, its indent with it.
fn unblank(head: &[u8]) -> &[u8] {
    let blank = head.len() - head.trim_ascii_start().len();
    let start = head[..blank].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    &head[start..]
}

/// Objects: one a line, or one over many lines, or one that holds the examples.
fn lines_or_document(source: &mut Source, options: &Options) -> Result<Format, InputError> {
    let line = first_line(source)?;
    let Ok(Value::Object(first)) = serde_json::from_slice(line) else { return Ok(Format::Json) };
    let fields = &options.fields;
    let example = record::find(&first, fields.name(FieldRole::Text)).is_some_and(Value::is_string)
        || eraser::is(&first, fields);
    let holds = first.values().any(|value| value.is_array() || value.is_object());
    if example || !holds {
        return Ok(Format::Jsonl);
    }
    // An object that may hold the examples is all there is, or one of many.
    let length = line.len();
    let rest = |head: &[u8]| unblank(head).get(length..).is_some_and(|rest| !rest.trim_ascii().is_empty());
    let more = rest(source.look(rest)?);
    Ok(if more { Format::Jsonl } else { Format::Json })
}

/// The format of a table whose first line names its columns, the text's among them; tabs between names are enough. A
/// column without a name, such as the index that pandas writes first, is one that nobody asks for.
fn headed(line: &[u8], options: &Options) -> Option<Format> {
    let line = std::str::from_utf8(line).ok()?;
    let text = options.fields.name(FieldRole::Text);
    let delimiter = DELIMITERS.into_iter().find(|delimiter| {
        let cells = cells(line, *delimiter);
        let names = cells.iter().filter(|cell| is_name(cell)).count();
        let unnamed = cells.iter().filter(|cell| cell.is_empty()).count();
        let many = names > 1 || (names == 1 && cells.len() > 1 && cells[0].is_empty());
        many && names + unnamed == cells.len() && (*delimiter == b'\t' || cells.contains(&text))
    })?;
    Some(if delimiter == b'\t' { Format::Tsv } else { Format::Csv })
}

/// The cells of a first line.
pub(super) fn cells(line: &str, delimiter: u8) -> Vec<&str> {
    line.split(char::from(delimiter)).map(|cell| cell.trim().trim_matches('"')).collect()
}

/// Whether this may be what a column is called.
fn is_name(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && cell.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}
