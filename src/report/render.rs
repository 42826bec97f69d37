//! What every printer can do.

/// Turns a finished report into the text of one format; writing it is the terminal's business.
pub trait Render<R> {
    /// The whole report.
    fn render(&self, report: &R) -> Result<String, RenderError>;
}

/// Why a report could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// JSON has no number for it, and null would say "could not be computed".
    #[error("{path} is {value}, which is not a finite number")]
    NotFinite {
        /// Where in the document, as `examples[0].readings[3].erasure.value.excess`.
        path: String,
        /// What it is.
        value: f64,
    },
    /// The report cannot be put into JSON.
    #[error("the report cannot be put into JSON")]
    Json(#[from] serde_json::Error),
}

impl RenderError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFinite { .. } => {
                Some("a measure should be missing with its reason instead; please report this".to_owned())
            }
            Self::Json(_) => None,
        }
    }
}
