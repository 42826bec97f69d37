//! What every printer can do.

use std::io;

use serde::ser::Error as _;

use super::examples::ExamplesError;
use super::finite::{self, Refusal};

/// Writes a finished report in one format, piece by piece, so that no report is ever whole in memory; where to is
/// the terminal's business.
pub trait Render<R> {
    /// Writes the whole report.
    ///
    /// # Errors
    ///
    /// Where `out` refuses, or the report holds what the format has no form for.
    fn render(&self, report: &R, out: &mut dyn io::Write) -> Result<(), RenderError>;

    /// The same as one text.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    fn rendered(&self, report: &R) -> Result<String, RenderError> {
        let mut out = Vec::new();
        self.render(report, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

/// Why a report could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// JSON has no number for it, and null would say "could not be computed".
    #[error("{path} is {value}, which is not a finite number")]
    NotFinite {
        /// Where in the document, as `summary.readings[3].excess`.
        path: String,
        /// What it is.
        value: f64,
    },
    /// The report cannot be put into JSON.
    #[error("the report cannot be put into JSON")]
    Json(#[source] serde_json::Error),
    /// The examples cannot be read again.
    #[error("the report cannot be read again")]
    Examples(#[from] ExamplesError),
    /// Nothing more can be written.
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

impl From<serde_json::Error> for RenderError {
    fn from(source: serde_json::Error) -> Self {
        if source.is_io() { Self::Write(source.into()) } else { Self::Json(source) }
    }
}

impl RenderError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFinite { .. } => {
                Some("a measure should be missing with its reason instead; please report this".to_owned())
            }
            Self::Examples(e) => e.hint(),
            Self::Json(_) | Self::Write(_) => None,
        }
    }
}

/// Refuses a value that holds a number which JSON has no form for.
pub(super) fn refuse_not_finite(value: &impl serde::Serialize) -> Result<(), RenderError> {
    finite::check(value).map_err(|found| match found {
        Refusal::Number(path, value) => RenderError::NotFinite { path, value },
        Refusal::Other(message) => RenderError::Json(serde_json::Error::custom(message)),
    })
}
