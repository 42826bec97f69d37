//! Files of pairs, a pair a line.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::super::fault::{Fault, FaultKind, PlaceUnit, short};
use super::super::lines::Lines;
use super::super::rationale::kind;
use super::super::record::{self, Record};
use super::super::source::{self, Source};
use super::super::{InputError, jsonl};
use super::{Pair, PairFormat, PairOptions, Pairs};

/// Malformed lines that are told one by one; the rest is counted.
const TOLD: usize = 20;
/// What parts the texts of a pair on one line.
const BARS: &str = "|||";

/// What a field or a column is called where no name is given, the likeliest first.
const SOURCES: [&str; 2] = ["text", "source"];
const TARGETS: [&str; 2] = ["translation", "target"];

/// Reads the pairs of `path`, or of standard input where it is `-`; no more than `limit`, and nothing beyond them but to see
/// whether there is more.
///
/// Files that belong together are joined by the order of their lines, so an empty line is an error unless it is at the end.
pub fn read_pairs(path: &Path, options: &PairOptions, limit: Option<usize>) -> Result<Pairs, InputError> {
    if path == Path::new("-") {
        return read_pairs_from(io::stdin().lock(), "stdin", options, limit);
    }
    let end = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let named = match end.as_deref() {
        Some("tsv") => Some(PairFormat::Tsv),
        Some("jsonl" | "ndjson") => Some(PairFormat::Jsonl),
        _ => None,
    };
    let format = options.format.or(named);
    parse(&mut source::open(path, false)?, &PairOptions { format, ..options.clone() }, limit)
}

/// Reads the pairs of an open stream that a report calls `name`.
pub fn read_pairs_from(
    stream: impl io::Read,
    name: &str,
    options: &PairOptions,
    limit: Option<usize>,
) -> Result<Pairs, InputError> {
    parse(&mut Source::of(Box::new(stream), name.to_owned(), None, false)?, options, limit)
}

fn parse(source: &mut Source, options: &PairOptions, limit: Option<usize>) -> Result<Pairs, InputError> {
    let name = source.name.clone();
    if source.parquet {
        return Err(InputError::NoPairs { name });
    }
    let limit = limit.unwrap_or(usize::MAX);
    let mut lines = Lines::of(source);
    let (mut faults, mut pairs) = (Faults::default(), Vec::new());
    let (mut form, mut ids, mut blanks): (Option<Form>, BTreeMap<String, usize>, Vec<usize>) =
        Default::default();
    let mut is_whole = true;
    while let Some(line) = lines.next()? {
        if line.text.trim().is_empty() {
            blanks.push(line.number);
            continue;
        }
        if pairs.len() + faults.count >= limit {
            is_whole = false;
            break;
        }
        // What is empty before a pair, be it the names of columns or not, is no end of the file.
        blanks.drain(..).for_each(|blank| faults.add(blank, FaultKind::EmptyLine));
        let form = match &mut form {
            Some(form) => form,
            none => {
                let (found, is_header) = Form::of(line.text, &name, options)?;
                let form = none.insert(found);
                if is_header {
                    continue;
                }
                form
            }
        };
        match form.pair(line.text, line.number) {
            Ok(pair) => {
                if let Some(&first) = ids.get(&pair.id) {
                    let (id, unit) = (short(&pair.id), PlaceUnit::Line);
                    faults.add(line.number, FaultKind::SameId { id, line: first, unit });
                } else {
                    ids.insert(pair.id.clone(), pair.line);
                    pairs.push(pair);
                }
            }
            Err(what) => faults.add(line.number, what),
        }
    }
    faults.check(&name)?;
    if pairs.is_empty() && limit > 0 {
        return Err(InputError::Empty { name, empty_lines: blanks.len() });
    }
    Ok(Pairs { pairs, name, is_whole })
}

/// Malformed lines, of which the first are told.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told: Vec<Fault>,
    count: usize,
}

impl Faults {
    pub(super) fn add(&mut self, line: usize, what: FaultKind) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(Fault { line, unit: PlaceUnit::Line, what });
        }
    }

    /// An error where there is any.
    pub(super) fn check(self, name: &str) -> Result<(), InputError> {
        match self.count {
            0 => Ok(()),
            malformed => Err(InputError::Malformed { name: name.to_owned(), faults: self.told, malformed }),
        }
    }
}

/// How the lines of a file are to be understood.
enum Form {
    Bars,
    Columns {
        /// How many there are.
        count: usize,
        source: usize,
        target: usize,
    },
    Fields {
        source: Option<String>,
        target: Option<String>,
    },
}

impl Form {
    /// By the first line, and whether that only names the columns.
    fn of(first: &str, name: &str, options: &PairOptions) -> Result<(Self, bool), InputError> {
        let format = match options.format {
            Some(format) => format,
            None if first.trim_start().starts_with('{') => PairFormat::Jsonl,
            None if first.contains(BARS) => PairFormat::Bars,
            None if first.contains('\t') => PairFormat::Tsv,
            None => return Err(InputError::NoPairs { name: name.to_owned() }),
        };
        let flag = match (&options.source, &options.target, options.header) {
            (Some(_), ..) => Some("--source-field"),
            (_, Some(_), _) => Some("--target-field"),
            (.., Some(true)) => Some("--header"),
            (.., Some(false)) => Some("--no-header"),
            _ => None,
        };
        match (format, flag) {
            (PairFormat::Bars, Some(flag)) => {
                Err(InputError::Fieldless { name: name.to_owned(), format: "source ||| target", flag })
            }
            (PairFormat::Jsonl, Some(flag)) if flag.ends_with("header") => {
                Err(InputError::Fieldless { name: name.to_owned(), format: "jsonl", flag })
            }
            (PairFormat::Bars, None) => Ok((Self::Bars, false)),
            (PairFormat::Tsv, _) => Self::columns(first, name, options),
            (PairFormat::Jsonl, _) => {
                let fields = Self::Fields { source: options.source.clone(), target: options.target.clone() };
                Ok((fields, false))
            }
        }
    }

    fn columns(first: &str, name: &str, options: &PairOptions) -> Result<(Self, bool), InputError> {
        let cells: Vec<&str> = first.split('\t').map(str::trim).collect();
        let count = cells.len();
        let named = |own: &Option<String>, usual: [&str; 2]| -> Option<usize> {
            let find = |wanted: &str| cells.iter().position(|cell| *cell == wanted);
            match own {
                Some(own) => find(own),
                None => usual.into_iter().find_map(find),
            }
        };
        let found = (named(&options.source, SOURCES), named(&options.target, TARGETS));
        let header = options.header.unwrap_or(matches!(found, (Some(_), Some(_))));
        if header {
            let lacking = |field: &Option<String>, usual: &str, flag| InputError::NoField {
                name: name.to_owned(),
                field: field.as_deref().unwrap_or(usual).to_owned(),
                flag,
                there: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            };
            let source = found.0.ok_or_else(|| lacking(&options.source, SOURCES[0], "--source-field"))?;
            let target = found.1.ok_or_else(|| lacking(&options.target, TARGETS[0], "--target-field"))?;
            return Ok((Self::Columns { count, source, target }, true));
        }
        let numbered = |own: &Option<String>, usual: usize, flag| match own {
            None => Ok(usual),
            Some(own) => match own.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => Ok(number - 1),
                _ => Err(InputError::NoColumn {
                    name: name.to_owned(),
                    column: own.clone(),
                    flag,
                    columns: count,
                }),
            },
        };
        let source = numbered(&options.source, 0, "--source-field")?;
        let target = numbered(&options.target, 1, "--target-field")?;
        // Without a word on them, there are two.
        let count = if options.source.is_some() || options.target.is_some() { count } else { 2 };
        Ok((Self::Columns { count, source, target }, false))
    }

    fn pair(&self, text: &str, line: usize) -> Result<Pair, FaultKind> {
        let (source, target, id) = match self {
            Self::Bars => match text.split(BARS).collect::<Vec<_>>().as_slice() {
                [source, target] => ((*source).to_owned(), (*target).to_owned(), None),
                parts => return Err(FaultKind::Parts { between: BARS, found: parts.len() }),
            },
            Self::Columns { count, source, target } => {
                let cells: Vec<&str> = text.split('\t').collect();
                match (cells.get(*source), cells.get(*target)) {
                    (Some(source), Some(target)) if cells.len() == *count => {
                        ((*source).to_owned(), (*target).to_owned(), None)
                    }
                    _ if *count == 2 => {
                        return Err(FaultKind::Parts { between: "a tab", found: cells.len() });
                    }
                    _ => return Err(FaultKind::Columns { expected: *count, found: cells.len() }),
                }
            }
            Self::Fields { source, target } => {
                let record = object(text)?;
                let id = record::id(&record, "id")?;
                let field = |own: &Option<String>, usual| field(&record, own.as_deref(), usual);
                (field(source, SOURCES)?, field(target, TARGETS)?, id)
            }
        };
        let side = |text: String, side: &'static str| match text.trim() {
            "" => Err(FaultKind::EmptySide { side }),
            text => Ok(text.to_owned()),
        };
        let id = id.unwrap_or_else(|| line.to_string());
        Ok(Pair { id, line, source: side(source, "source")?, target: side(target, "target")? })
    }
}

fn object(line: &str) -> Result<Record, FaultKind> {
    let value: Value = serde_json::from_str(line)
        .map_err(|error| FaultKind::Json { column: error.column(), reason: jsonl::reason(&error) })?;
    match value {
        Value::Object(object) => Ok(object),
        other => Err(FaultKind::NotObject { found: kind(&other) }),
    }
}

/// The text in a field: the one that is named, else the first of the usual ones that is there.
fn field(record: &Record, own: Option<&str>, usual: [&str; 2]) -> Result<String, FaultKind> {
    let there = usual.into_iter().find(|name| record.contains_key(*name));
    let name = own.or(there).unwrap_or(usual[0]);
    match record::find(record, name) {
        None => Err(FaultKind::MissingField { field: name.to_owned() }),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null) => Ok(String::new()),
        Some(other) => {
            Err(FaultKind::WrongType { field: name.to_owned(), expected: "a string", found: kind(other) })
        }
    }
}
