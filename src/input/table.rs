//! Tables: one example a row, in comma-separated or tab-separated columns.

use serde_json::Value;

use super::detect::{DELIMITERS, cells};
use super::fault::FaultKind;
use super::gather::Gather;
use super::options::{FieldRole, Fields, Options};
use super::record::{Place, Reading, Record};
use super::rows::{Kind, Row, Rows};
use super::source::Source;
use super::{Examples, InputError};

/// Reads rows up to the limit.
pub(super) fn parse(
    source: &mut Source,
    kind: Kind,
    reading: &Reading,
    options: &Options,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let name = source.name.clone();
    let mut gather = Gather::new(&name, limit);
    let mut rows = Rows::of(source, kind);
    let (mut columns, mut quotes): (Option<Columns>, Quotes) = (None, Quotes::default());
    while !gather.full()
        && let Some(row) = rows.next()?
    {
        gather.blank(row.blank);
        if row.open {
            gather.line(row.line, Err(FaultKind::OpenQuote));
            continue;
        }
        let named = columns.is_some();
        if let Some(found) = announced(&row.raw).filter(|_| !named) {
            if found != kind.delimiter() {
                return Err(InputError::Delimiter { name: name.clone(), expected: kind.delimiter(), found });
            }
            gather.blank(1);
            continue;
        }
        let columns = match columns.take() {
            Some(known) => columns.insert(known),
            None => columns.insert(Columns::of(row, &name, kind, options)?),
        };
        if named || !options.header {
            quotes.see(&row.cells);
            let record = columns.record(row, reading.fields);
            gather.line(row.line, record.and_then(|record| reading.example(&record, Place::line(row.line))));
        }
    }
    gather.blank(rows.blank_end());
    let mut found = gather.finish()?;
    if kind == Kind::Tabs && quotes.are_marks() {
        found.notes.push(QUOTED.to_owned());
    }
    Ok(found)
}

const QUOTED: &str = "the quotation marks around cells are read as text, as they are in tsv; --delimiter '\\t' reads them as in csv";

/// Whether the quotation marks of a table are those of csv.
#[derive(Debug, Default)]
struct Quotes {
    around: usize,
    otherwise: usize,
}

impl Quotes {
    fn see(&mut self, cells: &[String]) {
        for cell in cells.iter().filter(|cell| cell.contains('"')) {
            let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let doubled = inner.is_some_and(|inner| !inner.replace("\"\"", "").contains('"'));
            *(if doubled { &mut self.around } else { &mut self.otherwise }) += 1;
        }
    }

    fn are_marks(&self) -> bool {
        self.around > 0 && self.otherwise == 0
    }
}

/// The delimiter that a first line `sep=;` announces, as spreadsheets have it.
fn announced(first: &str) -> Option<u8> {
    match first.as_bytes() {
        [b's', b'e', b'p', b'=', delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// Which column is what.
struct Columns {
    count: usize,
    /// The column of each role that has one.
    of: Vec<(FieldRole, usize)>,
}

impl Columns {
    /// From the first row: its names, or with numbers for names.
    fn of(first: &Row, name: &str, kind: Kind, options: &Options) -> Result<Self, InputError> {
        let count = first.cells.len();
        let names: Vec<String> = if options.header {
            first.cells.iter().map(|name| name.trim().to_owned()).collect()
        } else {
            (1..=count).map(|number| number.to_string()).collect()
        };
        let mut of = Vec::new();
        for role in FieldRole::ALL {
            match column(&names, name, &options.fields, role, options.header) {
                Ok(Some(column)) => of.push((role, column)),
                // One column without a name can only be the text.
                Ok(None) if role == FieldRole::Text && !options.header => of.push((role, 0)),
                Ok(None) if role == FieldRole::Text => {
                    let error = missing(&names, name, &options.fields, role, true);
                    return Err(otherwise_parted(first, name, kind, options, role).unwrap_or(error));
                }
                Ok(None) => {}
                Err(error @ InputError::TwoColumns { .. }) => return Err(error),
                Err(error) => {
                    return Err(otherwise_parted(first, name, kind, options, role).unwrap_or(error));
                }
            }
        }
        Ok(Self { count, of })
    }

    /// The fields of a row by their names.
    fn record(&self, row: &Row, fields: &Fields) -> Result<Record, FaultKind> {
        if row.cells.len() != self.count {
            return Err(FaultKind::Columns { expected: self.count, found: row.cells.len() });
        }
        let field = |(role, column): &(FieldRole, usize)| {
            (fields.name(*role).to_owned(), Value::String(row.cells[*column].clone()))
        };
        Ok(self.of.iter().map(field).collect())
    }
}

/// The column of a role; `None` where it was not named and its usual name is not there.
fn column(
    names: &[String],
    name: &str,
    fields: &Fields,
    role: FieldRole,
    header: bool,
) -> Result<Option<usize>, InputError> {
    let usual = || match role.also() {
        Some(also) if !names.iter().any(|column| column == role.usual()) => also,
        _ => role.usual(),
    };
    let Some(wanted) = fields.named(role).or_else(|| header.then(usual)) else { return Ok(None) };
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

fn missing(names: &[String], name: &str, fields: &Fields, role: FieldRole, header: bool) -> InputError {
    let (name, field) = (name.to_owned(), fields.name(role).to_owned());
    if header {
        InputError::NoField { name, field, flag: role.flag(), there: names.to_vec() }
    } else {
        InputError::NoColumn { name, column: field, flag: role.flag(), columns: names.len() }
    }
}

/// The error where another delimiter gives the column that is missing: a name in the first line, or the place of one.
fn otherwise_parted(
    first: &Row,
    name: &str,
    kind: Kind,
    options: &Options,
    role: FieldRole,
) -> Option<InputError> {
    let wanted = options.fields.name(role);
    let gives = |delimiter: u8| {
        let cells = cells(&first.raw, delimiter);
        let numbered = || wanted.parse::<usize>().is_ok_and(|column| (2..=cells.len()).contains(&column));
        if options.header { cells.len() > 1 && cells.contains(&wanted) } else { numbered() }
    };
    let found = DELIMITERS.into_iter().find(|other| *other != kind.delimiter() && gives(*other))?;
    Some(InputError::Delimiter { name: name.to_owned(), expected: kind.delimiter(), found })
}
