//! Tables: one example a row, in comma-separated or tab-separated columns.

use super::fault::FaultKind;
use super::gather::Gather;
use super::options::{Fields, Options, Role};
use super::{Example, Examples, InputError, Label, rationale, text};

/// How the columns are parted, and whether quotation marks hold them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comma,
    Tab,
}

/// Reads the rows of `bytes`.
pub(super) fn parse(
    bytes: &[u8],
    name: &str,
    table: Kind,
    options: &Options,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let text = text::decode(bytes, name)?;
    let mut gather = Gather::new(name, limit);
    let mut rows = Rows::new(text, table);
    let mut columns: Option<Columns> = None;
    while let Some(row) =
        rows.next().map_err(|source| InputError::Unreadable { path: name.into(), source })?
    {
        gather.blank(row.blank);
        if row.open {
            gather.line(row.line, Err(FaultKind::OpenQuote));
            continue;
        }
        let named = columns.is_some();
        let columns = match columns.take() {
            Some(known) => columns.insert(known),
            None => columns.insert(Columns::of(&rows.record, name, options)?),
        };
        if named || !options.header {
            gather.line(row.line, columns.example(&rows.record, row.line));
        }
    }
    gather.blank(rows.blank_end());
    gather.finish()
}

/// The rows of a table with their places in the file.
struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    table: Kind,
    /// Where the last row ended, its line end not counted.
    end: usize,
    /// The line on which that is, from 1.
    line: usize,
}

/// Where a row is.
struct Row {
    /// Its first line.
    line: usize,
    /// Empty lines between it and the row before.
    blank: usize,
    /// A quotation mark in it is not closed.
    open: bool,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, table: Kind) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(if table == Kind::Comma { b',' } else { b'\t' })
            .quoting(table == Kind::Comma)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Self { text, reader, record: csv::StringRecord::new(), table, end: 0, line: 1 }
    }

    fn next(&mut self) -> Result<Option<Row>, std::io::Error> {
        let mut blank = 0;
        loop {
            if !self.reader.read_record(&mut self.record)? {
                return Ok(None);
            }
            let until = (self.reader.position().byte() as usize).min(self.text.len());
            let before = &self.text[self.end..until];
            let start = self.end + (before.len() - before.trim_start_matches(['\r', '\n']).len());
            let lines = newlines(&self.text[self.end..start]);
            let raw = self.text[start..until].trim_end_matches(['\r', '\n']);
            let line = self.line + lines;
            // The first line has no line end before it.
            blank += if self.end == 0 { lines } else { lines.saturating_sub(1) };
            self.end = start + raw.len();
            self.line = line + newlines(raw);
            if raw.trim().is_empty() {
                blank += 1;
                continue;
            }
            return Ok(Some(Row { line, blank, open: self.table == Kind::Comma && open(raw) }));
        }
    }

    /// Empty lines after the last row.
    fn blank_end(&self) -> usize {
        let rest = newlines(&self.text[self.end..]);
        if self.end == 0 { rest } else { rest.saturating_sub(1) }
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// Whether a field begins with a quotation mark that nothing closes.
fn open(raw: &str) -> bool {
    let marks = raw.bytes().filter(|byte| *byte == b'"').count();
    marks % 2 == 1 && (raw.starts_with('"') || raw.contains(",\""))
}

/// Which column is what.
struct Columns {
    count: usize,
    text: usize,
    pair: Option<usize>,
    label: Option<usize>,
    id: Option<usize>,
    target: Option<usize>,
    rationale: Option<usize>,
    /// What the columns are called, for a message.
    names: Vec<String>,
}

impl Columns {
    /// From the first row: its names, or with numbers for names.
    fn of(first: &csv::StringRecord, name: &str, options: &Options) -> Result<Self, InputError> {
        let names: Vec<String> = if options.header {
            first.iter().map(|name| name.trim().to_owned()).collect()
        } else {
            (1..=first.len()).map(|number| number.to_string()).collect()
        };
        let find = |role| column(&names, name, &options.fields, role, options.header);
        let text = match find(Role::Text)? {
            Some(text) => text,
            // One column without a name can only be the text.
            None if !options.header => 0,
            None => return Err(missing(&names, name, &options.fields, Role::Text, true)),
        };
        Ok(Self {
            count: first.len(),
            text,
            pair: find(Role::Pair)?,
            label: find(Role::Label)?,
            id: find(Role::Id)?,
            target: find(Role::Target)?,
            rationale: find(Role::Rationale)?,
            names,
        })
    }

    fn example(&self, row: &csv::StringRecord, line: usize) -> Result<Example, FaultKind> {
        if row.len() != self.count {
            return Err(FaultKind::Columns { expected: self.count, found: row.len() });
        }
        let cell =
            |column: Option<usize>| column.and_then(|column| row.get(column)).filter(|c| !c.is_empty());
        let label = |column| cell(column).map(|name| Label::Name(name.trim().to_owned()));
        let empty = |column: usize| FaultKind::EmptyField { field: self.names[column].clone() };
        let text = row.get(self.text).filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| empty(self.text))?;
        let pair = match self.pair {
            Some(column) => {
                let pair = row.get(column).filter(|pair| !pair.trim().is_empty());
                Some(pair.ok_or_else(|| empty(column))?.to_owned())
            }
            None => None,
        };
        let marked = cell(self.rationale).map(|marked| serde_json::Value::String(marked.to_owned()));
        Ok(Example {
            id: cell(self.id).map_or_else(|| line.to_string(), str::to_owned),
            line,
            text: text.to_owned(),
            pair,
            label: label(self.label),
            target: label(self.target),
            rationale: rationale::spans(&marked.unwrap_or_default(), text)?,
        })
    }
}

/// The column of a role; `None` where it was not named and its usual name is not there.
fn column(
    names: &[String],
    name: &str,
    fields: &Fields,
    role: Role,
    header: bool,
) -> Result<Option<usize>, InputError> {
    let Some(wanted) = fields.named(role).or(header.then_some(role.usual())) else { return Ok(None) };
    let mut found = (0..names.len()).filter(|column| names[*column] == wanted);
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => Err(InputError::TwoColumns {
            name: name.to_owned(),
            field: wanted.to_owned(),
            first: first + 1,
            second: second + 1,
        }),
        (Some(column), None) => Ok(Some(column)),
        (None, _) if fields.named(role).is_none() => Ok(None),
        (None, _) => Err(missing(names, name, fields, role, header)),
    }
}

fn missing(names: &[String], name: &str, fields: &Fields, role: Role, header: bool) -> InputError {
    let (name, field) = (name.to_owned(), fields.name(role).to_owned());
    if header {
        InputError::NoField { name, field, flag: role.flag(), there: names.to_vec() }
    } else {
        InputError::NoColumn { name, column: field, flag: role.flag(), columns: names.len() }
    }
}
