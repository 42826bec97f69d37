//! What can be wrong with one line.

use std::fmt;

use thiserror::Error;

use super::pairs::First;

/// A malformed line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{unit} {line}: {what}")]
pub struct Fault {
    /// 1-based line of the file on which the example begins, or its row.
    pub line: usize,
    /// Whether the place is a line or a row.
    pub unit: PlaceUnit,
    /// What is wrong with it.
    pub what: FaultKind,
}

/// What the place of an example counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceUnit {
    /// Lines of a text.
    Line,
    /// Rows of a file without lines.
    Row,
}

impl fmt::Display for PlaceUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Line => "line",
            Self::Row => "row",
        })
    }
}

/// What is wrong with a line, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// It is not JSON.
    #[error("invalid JSON at column {column}: {reason}")]
    Json {
        /// 1-based place in the line, in bytes.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// It is JSON, but no object.
    #[error("expected a JSON object or a string, found {found}")]
    NotObject {
        /// What it is.
        found: &'static str,
    },
    /// A field that must be there is not.
    #[error("expected the field {field:?}, which is missing")]
    MissingField {
        /// Its name.
        field: String,
    },
    /// A field holds something of another kind.
    #[error("expected {expected} in the field {field:?}, found {found}")]
    WrongType {
        /// Its name.
        field: String,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// What was exported holds only a part of a text.
    #[error("expected the whole field {field:?}, which the server that wrote it has cut short")]
    Truncated {
        /// Its name.
        field: String,
    },
    /// A row is shorter or longer than the first.
    #[error("expected {expected} columns as on the first line, found {found}")]
    Columns {
        /// Columns of the first line.
        expected: usize,
        /// Columns of this one.
        found: usize,
    },
    /// A quotation mark was opened, and the file ends before the next.
    #[error("expected a closing quotation mark before the end of the file")]
    OpenQuote,
    /// Another example has the same name.
    #[error("expected an id of its own, found {id:?}, which is that of {unit} {line}")]
    SameId {
        /// The name.
        id: String,
        /// The line or row that has it first.
        line: usize,
        /// Whether the place is a line or a row.
        unit: PlaceUnit,
    },
    /// The rationale is none.
    #[error("rationale: {0}")]
    Rationale(#[from] RationaleFault),
    /// A document of the ERASER form cannot be read.
    #[error("document {docid:?}: {reason}")]
    Document {
        /// The document's name.
        docid: String,
        /// Why it cannot be read.
        reason: DocumentFault,
    },
    /// A line of a file of pairs is empty, so that what belongs to it by its place would belong to another.
    #[error("expected a pair of texts, found an empty line")]
    EmptyLine,
    /// A line of a file of pairs does not hold two texts.
    #[error("expected two texts with {between} between them, found {found}")]
    Parts {
        /// What parts them.
        between: &'static str,
        /// How many texts there are.
        found: usize,
    },
    /// One of two texts says nothing.
    #[error("expected a {side}, found nothing")]
    EmptySide {
        /// `source` or `target`.
        side: &'static str,
    },
    /// What stands in a file of links is none.
    #[error("expected links such as 3-4, 3p4 or 3?4, found {link:?}")]
    NoLink {
        /// What stands there.
        link: String,
    },
    /// A link names a word that is not there.
    #[error(
        "the link {link} names a word that is not there: the source has {source_words} words and the target {target_words}, \
         counted from {first}"
    )]
    LinkPast {
        /// The link as it is written.
        link: String,
        /// Words of the source.
        source_words: usize,
        /// Words of the target.
        target_words: usize,
        /// The number of the first word.
        first: First,
    },
    /// The evidence is not in one document.
    #[error("expected evidence in one document, found it in {found}")]
    Documents {
        /// In how many documents it is.
        found: usize,
    },
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentFault {
    /// Its name leads out of the folder.
    #[error("expected a name within the folder docs")]
    Outside,
    /// The system does not give it.
    #[error("expected a file in the folder docs: {0}")]
    Unreadable(std::io::ErrorKind),
    /// It is not UTF-8.
    #[error("expected UTF-8, found another encoding from byte {0} on")]
    NotUtf8(usize),
    /// Nothing is in it.
    #[error("expected a text, found nothing")]
    Empty,
}

/// What is wrong with a rationale.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RationaleFault {
    /// A string that is no list.
    #[error("expected a list such as [[3, 9]] or [3, 4, 5], found other text")]
    NotJson,
    /// Something of another kind.
    #[error("expected {expected}, found {found}")]
    Shape {
        /// What may stand there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A span without anything in it.
    #[error("expected a span that ends after its start, found {start}–{end}")]
    Backwards {
        /// Where it starts.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// A span that leaves the text.
    #[error("expected places within the {length} {unit} of the text, found {found}")]
    Past {
        /// The place.
        found: u64,
        /// How long the text is.
        length: usize,
        /// `characters` or `tokens`.
        unit: &'static str,
    },
}

/// So much of a name as a message can bear.
pub(super) fn short(name: &str) -> String {
    const SHOWN: usize = 60;
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
