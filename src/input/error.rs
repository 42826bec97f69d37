//! What can be wrong with an input.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

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
}

impl InputError {
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
        }
    }
}
