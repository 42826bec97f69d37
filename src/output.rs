//! Where a report is written to: checked before the work, complete or not there after it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::terminal;

/// A place for one report.
#[derive(Debug)]
pub enum Sink {
    /// Standard output.
    Stdout,
    /// A regular file, written beside its place and moved there when complete.
    Beside {
        /// Where it will be.
        path: PathBuf,
        /// Where it grows.
        part: PathBuf,
        /// The open file.
        file: File,
    },
    /// A device or pipe, written as it is.
    Direct {
        /// Where.
        path: PathBuf,
        /// The open file.
        file: File,
    },
}

impl Sink {
    /// Opens the place for writing, without touching what is there.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] where it cannot be written.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        let fail = |source| Error::Output { path: path.to_owned(), source };
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            let file = OpenOptions::new().write(true).open(path).map_err(fail)?;
            return Ok(Self::Direct { path: path.to_owned(), file });
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&part).map_err(fail)?;
        Ok(Self::Beside { path: path.to_owned(), part, file })
    }

    /// Writes the whole report.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] where it could not be written; what was there before is still there.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), Error> {
        let told = match &self {
            Self::Stdout => PathBuf::from("standard output"),
            Self::Beside { path, .. } | Self::Direct { path, .. } => path.clone(),
        };
        let written = match &mut self {
            Self::Stdout => terminal::print(bytes),
            Self::Direct { file, .. } => file.write_all(bytes),
            Self::Beside { path, part, file } => {
                file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(part, path))
            }
        };
        written.map_err(|source| Error::Output { path: told, source })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Self::Beside { part, .. } = self {
            // Gone already where the report was completed.
            let _ = fs::remove_file(part);
        }
    }
}
