//! What can fail while one text is examined.

use super::error::AuditError;
use crate::model::ModelError;
use crate::swap::{SiteError, SwapError};

/// Why a text could not be examined; it does not know where the text stands.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine failed.
    #[error("failed to run the model")]
    Engine(#[from] ModelError),
    /// A site that the model does not have.
    #[error("failed to place the swaps")]
    Site(#[from] SiteError),
}

impl From<candle_core::Error> for Failure {
    fn from(source: candle_core::Error) -> Self {
        Self::Engine(source.into())
    }
}

impl From<SwapError> for Failure {
    fn from(source: SwapError) -> Self {
        match source {
            SwapError::Site(source) => Self::Site(source),
            SwapError::Engine(source) => source.into(),
        }
    }
}

impl Failure {
    /// What would be right.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(e) => e.hint(),
            Self::Site(e) => e.hint(),
        }
    }

    /// The same, naming the line of the file.
    pub(super) fn at(self, line: usize) -> AuditError {
        match self {
            Self::Engine(source) => AuditError::Example { line, source },
            Self::Site(source) => AuditError::Site(source),
        }
    }
}
