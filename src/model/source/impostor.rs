//! Files that are something else than their name says, as a download that went wrong leaves them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that are enough to tell.
const HEAD: u64 = 512;

/// What stands in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impostor {
    /// The few lines by which git remembers a large file that was not fetched.
    LfsPointer,
    /// A page of a web server: an error, or a login.
    WebPage,
}

impl fmt::Display for Impostor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LfsPointer => "a pointer of Git LFS, not the file it stands for",
            Self::WebPage => "a web page, not the file",
        })
    }
}

impl Impostor {
    /// What the first bytes of a file give away.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"version https://git-lfs") {
            return Some(Self::LfsPointer);
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let begins =
            |start: &[u8]| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        (begins(b"<!doctype") || begins(b"<html") || begins(b"<?xml")).then_some(Self::WebPage)
    }

    /// The same of a file that is not read whole.
    pub(super) fn of_file(path: &Path) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        File::open(path)?.take(HEAD).read_to_end(&mut head)?;
        Ok(Self::of(&head))
    }
}
