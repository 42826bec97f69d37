//! Why a report could not be written to its place.

use std::path::PathBuf;

use super::render::RenderError;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The report could not be written.
    #[error("failed to write {}", path.display())]
    Output {
        /// The file that was to be written.
        path: PathBuf,
        /// Why it could not be written.
        #[source]
        source: std::io::Error,
    },
    /// Standard output does not take the report.
    #[error("failed to write to standard output")]
    Stdout(#[source] std::io::Error),
    /// Whoever read the report has had enough, and nothing else was wanted.
    #[error("nobody reads the report any more")]
    ReaderGone,
    /// The report could not be printed.
    #[error("failed to print the report")]
    Render(#[from] RenderError),
}

impl WriteError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Output { .. } => {
                Some("choose a path in a folder that exists, can be written and has room".to_owned())
            }
            Self::Stdout(_) => Some("write the report to a file with --output".to_owned()),
            Self::Render(e) => e.hint(),
            Self::ReaderGone => None,
        }
    }
}
