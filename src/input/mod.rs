//! Where the examples come from: a file per format, each turning bytes into [`Example`]s.
//!
//! A format is a function `&[u8] → Examples`; [`read`] fetches the bytes of a file or of standard input and
//! hands them on.
//!
//! Every line of a structured file is checked, also beyond the limit, and every malformed one is told in one error
//! ([`InputError::Malformed`]): nothing is left out in silence.

mod csv;
mod eraser;
mod error;
mod fault;
mod gather;
mod jsonl;
mod near;
mod options;
mod rationale;
mod text;

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use eraser::{documents_beside, names_document};
pub use error::InputError;
pub use fault::{DocumentFault, Fault, FaultKind, RationaleFault};
pub use near::near;
pub use options::{Fields, Format, Options, Role};

/// One thing to audit: a text, or a pair of texts, with what its author says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Stable name within the input: what the input calls it, else the 1-based line number. No two are the same.
    pub id: String,
    /// 1-based line on which the example begins.
    pub line: usize,
    /// What is classified, exactly as it was written (without line end and byte-order mark).
    pub text: String,
    /// Second sequence of a sentence-pair task; `None` for plain text.
    pub pair: Option<String>,
    /// Gold label; `None` where there is none.
    pub label: Option<Label>,
    /// The class to explain, where the input names one.
    pub target: Option<Label>,
    /// What people marked: byte spans of `text` in its order, none empty, at character boundaries; they may overlap.
    /// `None` where nobody looked, without spans where somebody looked and marked nothing.
    pub rationale: Option<Vec<Range<usize>>>,
}

/// A class as an input names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// By its name; in a table also by its index, since a table holds nothing but text.
    Name(String),
    /// By its index, from 0.
    Class(usize),
    /// As false or true, of two classes.
    Flag(bool),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Class(class) => write!(f, "{class}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// What an input holds, in its own order. Without an example only under a limit of 0; else that is
/// [`InputError::Empty`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples {
    /// The examples, in the order of the input, at most as many as the limit.
    pub examples: Vec<Example>,
    /// Lines left out because they hold nothing but whitespace, up to where reading stopped.
    pub empty_lines: usize,
    /// What to call the input in a report: the path as it was given, or `stdin`.
    pub name: String,
}

/// Reads the examples of `path`, or of standard input where it is `-`; no more than `limit` of them.
///
/// The whole input must be UTF-8 and well formed, also what lies beyond the limit, so that the limit never decides
/// whether an input is good. Documents of ERASER's form are looked for in the folder `docs` beside the file.
pub fn read(path: &Path, options: &Options, limit: Option<usize>) -> Result<Examples, InputError> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock(), "stdin", options, limit);
    }
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| opening(path, source))?;
    let docs = documents_beside(path);
    parse(&bytes, &name, options.format.unwrap_or(Format::of(path)), options, &docs, limit)
}

/// Reads the examples of an open stream that a report calls `name`: text, unless the options say otherwise.
/// Documents of ERASER's form are looked for in the folder `docs` of the working folder.
pub fn read_from(
    mut stream: impl io::Read,
    name: &str,
    options: &Options,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .map_err(|source| InputError::Unreadable { path: PathBuf::from(name), source })?;
    parse(&bytes, name, options.format.unwrap_or(Format::Text), options, Path::new(DOCS), limit)
}

/// Where ERASER keeps its documents.
const DOCS: &str = "docs";

fn parse(
    bytes: &[u8],
    name: &str,
    format: Format,
    options: &Options,
    docs: &Path,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let fieldless = |flag| InputError::Fieldless { name: name.to_owned(), format: format.name(), flag };
    let named = Role::ALL.into_iter().find(|role| options.fields.named(*role).is_some());
    match (format, named) {
        (Format::Text, Some(role)) => return Err(fieldless(role.flag())),
        (Format::Text | Format::Jsonl, _) if !options.header => return Err(fieldless("--no-header")),
        _ => {}
    }
    match format {
        Format::Text => text::parse(bytes, name, limit),
        Format::Jsonl => jsonl::parse(bytes, name, &options.fields, docs, limit),
        Format::Csv => csv::parse(bytes, name, csv::Kind::Comma, options, limit),
        Format::Tsv => csv::parse(bytes, name, csv::Kind::Tab, options, limit),
    }
}

fn opening(path: &Path, source: io::Error) -> InputError {
    let path = path.to_path_buf();
    if path.is_dir() {
        return InputError::Directory { path };
    }
    match source.kind() {
        io::ErrorKind::NotFound => InputError::Missing { path },
        _ => InputError::Unreadable { path, source },
    }
}
