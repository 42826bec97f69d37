//! What can be wrong with an input.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::fault::{Fault, FaultKind};
use super::near::near;

/// Why no examples could be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// There is no such file.
    #[error("no such file: {}", path.display())]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The path is a folder.
    #[error("{} is a folder, not a file of examples", path.display())]
    Directory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The file is there and the system refuses to read it.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path as it was given, or `stdin`.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Some bytes are not UTF-8.
    #[error(
        "{name} is not UTF-8: byte 0x{byte:02x} at line {line}, byte {column} (byte {offset} of the file)"
    )]
    NotUtf8 {
        /// What the input is called.
        name: String,
        /// 1-based line of the first bad byte.
        line: usize,
        /// 1-based place of the bad byte in its line, in bytes.
        column: usize,
        /// 0-based place of the bad byte in the file.
        offset: usize,
        /// The bad byte; for a character cut off at the end of the file, its first byte.
        byte: u8,
    },
    /// Nothing but empty lines, or nothing at all.
    #[error("{name} holds no example ({empty_lines} empty lines)")]
    Empty {
        /// What the input is called.
        name: String,
        /// How many lines held nothing but whitespace.
        empty_lines: usize,
    },
    /// Lines that cannot be read as what they should be.
    #[error("{name} has {}", told(faults, *malformed))]
    Malformed {
        /// What the input is called.
        name: String,
        /// The first of them, in the order of the file.
        faults: Vec<Fault>,
        /// How many there are in all.
        malformed: usize,
    },
    /// No line has a field that is needed or was asked for.
    #[error("{name} has no field {field:?}")]
    NoField {
        /// What the input is called.
        name: String,
        /// The field.
        field: String,
        /// The flag that names another.
        flag: &'static str,
        /// The fields there are.
        there: Vec<String>,
    },
    /// A table without names was asked for a column it does not have.
    #[error("{name} has no column {column:?}, only 1 to {columns}")]
    NoColumn {
        /// What the input is called.
        name: String,
        /// What was asked for.
        column: String,
        /// By which flag.
        flag: &'static str,
        /// How many columns there are.
        columns: usize,
    },
    /// Two columns have the name that is needed.
    #[error("{name} has two columns {field:?}, the {first}. and the {second}.")]
    TwoColumns {
        /// What the input is called.
        name: String,
        /// The name.
        field: String,
        /// 1-based number of the first.
        first: usize,
        /// 1-based number of the second.
        second: usize,
    },
    /// The format has nothing that the flag could speak of.
    #[error("{flag} does not go with {name}, which is read as {format}")]
    Fieldless {
        /// What the input is called.
        name: String,
        /// The format.
        format: &'static str,
        /// The flag.
        flag: &'static str,
    },
}

/// The malformed lines, a line each.
fn told(faults: &[Fault], malformed: usize) -> String {
    let listed = listed(faults, malformed).map(|line| format!("\n  {line}"));
    std::iter::once(counted(malformed)).chain(listed).collect()
}

fn counted(malformed: usize) -> String {
    if malformed == 1 { "a malformed line".to_owned() } else { format!("{malformed} malformed lines") }
}

fn listed(faults: &[Fault], malformed: usize) -> impl Iterator<Item = String> {
    let more = match malformed.saturating_sub(faults.len()) {
        0 => None,
        more => Some(format!("and {more} more")),
    };
    faults.iter().map(ToString::to_string).chain(more)
}

impl InputError {
    /// The error on one line, without its details.
    #[must_use]
    pub fn headline(&self) -> String {
        match self {
            Self::Malformed { name, malformed, .. } => format!("{name} has {}", counted(*malformed)),
            other => other.to_string(),
        }
    }

    /// The malformed lines, of which each has a line of its own.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Malformed { faults, malformed, .. } => listed(faults, *malformed).collect(),
            _ => Vec::new(),
        }
    }

    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some("give the path of a text file, or `-` for standard input".into()),
            Self::Directory { .. } => Some("give one text file, with one example a line".into()),
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the file".into())
            }
            Self::Unreadable { .. } => None,
            Self::NotUtf8 { name, .. } => Some(format!(
                "convert the file first, for example `iconv -f latin1 -t utf-8 {name} > utf8.txt`; \
                 a file of another kind (a spreadsheet, a compressed file) cannot be read as text"
            )),
            Self::Empty { .. } => Some("write one example a line".into()),
            Self::Malformed { faults, .. } => faults.iter().find_map(|fault| match &fault.what {
                FaultKind::Json { .. } | FaultKind::NotObject { .. } => Some(
                    "jsonl is one JSON object a line; `jq -c '.[]' list.json > lines.jsonl` makes it from a list".into(),
                ),
                FaultKind::Columns { .. } | FaultKind::OpenQuote => Some(
                    "in csv, a field that holds a comma, a line end or a quotation mark stands in quotation marks, \
                     and those within it are doubled; in tsv none is special"
                        .into(),
                ),
                FaultKind::SameId { .. } => Some("ids name examples in the report, so each has its own".into()),
                _ => None,
            }),
            Self::NoField { field, flag, there, .. } => Some(no_field(field, flag, there)),
            Self::NoColumn { flag, .. } => {
                Some(format!("with --no-header, {flag} is the number of a column, from 1"))
            }
            Self::TwoColumns { .. } => Some("rename one of them".into()),
            Self::Fieldless { format, .. } => Some(format!(
                "the format is told by the end of the path (.jsonl, .csv, .tsv), or by --input-format; {format} has no {}",
                if *format == "text" { "fields" } else { "header" }
            )),
        }
    }
}

/// What there is, and what may have been meant.
fn no_field(field: &str, flag: &str, there: &[String]) -> String {
    const SHOWN: usize = 20;
    let quoted = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        quoted.join(", ")
    };
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    let near = near(field, names.iter().copied());
    let meant = if near.is_empty() { String::new() } else { format!("did you mean {}? ", quoted(&near)) };
    let more = match names.len() {
        n if n > SHOWN => format!(" and {} more", n - SHOWN),
        _ => String::new(),
    };
    let shown = quoted(&names[..names.len().min(SHOWN)]);
    format!(
        "{meant}it has {shown}{more}; name one with {flag}. Where the first line of a table is an example already, give \
         --no-header and the numbers of the columns, such as --text-field 1"
    )
}
