//! What can be wrong with an input.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;
use thiserror::Error;

use super::fault::Fault;
use super::looks::Looks;
use super::stream::MOST;
use crate::guard::Panicked;

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
        /// It is a data set that the library datasets saved.
        saved: bool,
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
        /// 0-based place of the bad byte in the file, unpacked where it is compressed.
        offset: usize,
        /// The bad byte; for a character cut off at the end of the file, its first byte.
        byte: u8,
        /// What its line looks like.
        looks: Looks,
    },
    /// It begins as text in another encoding does.
    #[error("{name} is not UTF-8 but {encoding}{}", if encoding.starts_with("UTF-16") { ", without a byte-order mark" } else { "" })]
    Encoded {
        /// What the input is called.
        name: String,
        /// The encoding, as iconv calls it.
        encoding: &'static str,
    },
    /// Text in UTF-16 that breaks off within a character.
    #[error("{name} is not whole: half a character of UTF-16 at byte {offset} of the file")]
    NotUtf16 {
        /// What the input is called.
        name: String,
        /// 0-based place in the file, unpacked where it is compressed.
        offset: u64,
    },
    /// A NUL, which no text holds.
    #[error("{name} is not text: it holds a NUL at line {line}, byte {column}")]
    Nul {
        /// What the input is called.
        name: String,
        /// 1-based line.
        line: usize,
        /// 1-based place in its line, in bytes.
        column: usize,
    },
    /// A file of another kind, by its first bytes.
    #[error("{name} is no file of texts but {what}")]
    Foreign {
        /// What the input is called.
        name: String,
        /// What the file is.
        what: &'static str,
        /// How its texts are got out.
        mend: &'static str,
    },
    /// A compressed file that cannot be unpacked to its end.
    #[error("{name} is cut short or damaged: {packing} cannot unpack it")]
    Damaged {
        /// What the input is called.
        name: String,
        /// `gzip` or `zstd`.
        packing: &'static str,
        /// What the library says.
        source: io::Error,
    },
    /// More bytes than are read.
    #[error("{name} goes on beyond {} GiB{}", MOST >> 30, packing.map(|p| format!(" when {p} unpacks it")).unwrap_or_default())]
    TooMuch {
        /// What the input is called.
        name: String,
        /// How it is compressed.
        packing: Option<&'static str>,
    },
    /// A line without an end.
    #[error("line {line} of {name} goes on beyond 256 MiB")]
    LongLine {
        /// What the input is called.
        name: String,
        /// 1-based line.
        line: usize,
    },
    /// A document that is no JSON.
    #[error("{name} is not JSON: line {line}, column {column}: {reason}")]
    Json {
        /// What the input is called.
        name: String,
        /// 1-based line.
        line: usize,
        /// 1-based place in its line, in bytes.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// What Python prints of a list or dictionary.
    #[error("{name} is not JSON but what Python prints: its strings are in single quotes")]
    Python {
        /// What the input is called.
        name: String,
    },
    /// A JSON object without examples.
    #[error("{name} is a JSON object with neither a field {field:?} nor one list of examples")]
    NoRows {
        /// What the input is called.
        name: String,
        /// The field of the text.
        field: String,
        /// The fields there are.
        keys: Vec<String>,
        /// Those that hold a list.
        lists: Vec<String>,
    },
    /// Columns of JSON that are not equally long.
    #[error("{name} holds columns of different length: {} in {:?}, {} in {:?}", text.1, text.0, other.1, other.0)]
    Uneven {
        /// What the input is called.
        name: String,
        /// The text's column and how many values it has.
        text: (String, usize),
        /// Another column and how many values it has.
        other: (String, usize),
    },
    /// Not what its name or the flag says.
    #[error("{name} is not parquet")]
    NotParquet {
        /// What the input is called.
        name: String,
    },
    /// A parquet file that cannot be read.
    #[error("{name} cannot be read as parquet{}", row.map(|row| format!(", at row {row}")).unwrap_or_default())]
    Parquet {
        /// What the input is called.
        name: String,
        /// 1-based row, where it got so far.
        row: Option<usize>,
        /// What the library says.
        source: ParquetError,
    },
    /// A parquet file that its library broke down on.
    #[error("{name} cannot be read")]
    Broken {
        /// What the input is called.
        name: String,
        /// What the library says.
        source: Panicked,
    },
    /// A column of parquet that is compressed in a way that is not read.
    #[error("the column {column:?} of {name} is compressed by {codec}, which is not read")]
    Codec {
        /// What the input is called.
        name: String,
        /// The column that is compressed so.
        column: String,
        /// How it is compressed.
        codec: &'static str,
    },
    /// A table whose columns are parted otherwise.
    #[error("the columns of {name} are parted by {}, not by {}", parting(*found), parting(*expected))]
    Delimiter {
        /// What the input is called.
        name: String,
        /// What it was read with.
        expected: u8,
        /// What its first line has.
        found: u8,
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
        /// The field that no example has.
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
        /// The flag that asked for it.
        flag: &'static str,
        /// How many columns there are.
        columns: usize,
    },
    /// Two columns have the name that is needed.
    #[error("{name} has two columns {field:?}, the {first}. and the {second}.")]
    TwoColumns {
        /// What the input is called.
        name: String,
        /// The name that two columns have.
        field: String,
        /// 1-based number of the first.
        first: usize,
        /// 1-based number of the second.
        second: usize,
    },
    /// Nothing shows how the pairs of a file are written.
    #[error("{name} holds no pairs: its first line has neither ||| nor a tab, and is no JSON object")]
    NoPairs {
        /// What the input is called.
        name: String,
    },
    /// Two files that belong together line by line are not equally long.
    #[error("{name} has {found} lines, and {pairs_name} {pairs} pairs")]
    Lines {
        /// What the file of links is called.
        name: String,
        /// Its lines.
        found: usize,
        /// What the file of pairs is called.
        pairs_name: String,
        /// Its pairs.
        pairs: usize,
    },
    /// A file of links without any.
    #[error("{name} holds no link")]
    NoLinks {
        /// What the input is called.
        name: String,
    },
    /// Links that do not tell whether words are counted from 0 or from 1.
    #[error(
        "the links of {name} do not tell whether words are counted from 0 or from 1: none names word 0, and none the word behind the last"
    )]
    First {
        /// What the input is called.
        name: String,
    },
    /// The format has nothing that the flag could speak of.
    #[error("{flag} does not go with {name}, which is read as {format}")]
    Fieldless {
        /// What the input is called.
        name: String,
        /// The format that was asked for or found.
        format: &'static str,
        /// The flag that does not go with it.
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
}

/// A delimiter as it is called.
fn parting(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tabs".to_owned(),
        b',' => "commas".to_owned(),
        b';' => "semicolons".to_owned(),
        other => format!("{:?}", char::from(other)),
    }
}
