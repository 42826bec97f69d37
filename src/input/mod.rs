//! Where the examples come from: a file per format, each turning bytes into [`Example`]s.
//!
//! A format is a function `&[u8] → Examples`; [`read`] fetches the bytes of a file or of standard input and
//! hands them on.

mod error;
mod text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use error::InputError;

/// One thing to audit: a text, or a pair of texts, with what its author says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Stable name within the input: the 1-based line number, as text.
    pub id: String,
    /// 1-based line on which the example begins.
    pub line: usize,
    /// What is classified, exactly as it was written (without line end and byte-order mark).
    pub text: String,
    /// Second sequence of a sentence-pair task; `None` for plain text.
    pub pair: Option<String>,
    /// Label its author gives; `None` for plain text.
    pub label: Option<String>,
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
/// The whole input must be UTF-8, also what lies beyond the limit, so that the limit never decides whether an
/// input is good.
pub fn read(path: &Path, limit: Option<usize>) -> Result<Examples, InputError> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock(), "stdin", limit);
    }
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| opening(path, source))?;
    text::parse(&bytes, &name, limit)
}

/// Reads the examples of an open stream that a report calls `name`.
pub fn read_from(
    mut stream: impl io::Read,
    name: &str,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .map_err(|source| InputError::Unreadable { path: PathBuf::from(name), source })?;
    text::parse(&bytes, name, limit)
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
