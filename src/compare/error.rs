//! Why audits cannot be set side by side.

use crate::audit::AuditError;
use crate::audit::paired::{OtherChoices, told};
use crate::input::InputError;
use crate::report::ExamplesError;
use crate::report::settings::Difference;

/// Why two audits cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// They were made with other choices.
    #[error(transparent)]
    Settings(#[from] OtherChoices),
    /// No text was audited on both sides.
    #[error("no text was audited on both sides")]
    NoPairs,
    /// Checkpoints that are not of one model.
    #[error("{first} and {other} are not checkpoints of one model: {}", told(differences))]
    OtherModel {
        /// The first model.
        first: String,
        /// The other model.
        other: String,
        /// Each field that differs.
        differences: Vec<Difference>,
    },
    /// The same weights twice.
    #[error("{first} and {other} have the same weights")]
    SameWeights {
        /// One of the models.
        first: String,
        /// Another name of it.
        other: String,
    },
    /// Fewer checkpoints than make a spread.
    #[error("{found} checkpoints are too few to tell what another seed gives; three are needed")]
    TooFew {
        /// How many there are.
        found: usize,
    },
}

impl CompareError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Settings(other) => other.hint(),
            Self::NoPairs => "texts are the same where their names and every character are".to_owned(),
            Self::OtherModel { .. } | Self::TooFew { found: 2 } => {
                "compare two models with `attncheck compare MODEL_A MODEL_B FILE`".to_owned()
            }
            Self::SameWeights { .. } => "give each checkpoint once".to_owned(),
            Self::TooFew { .. } => "name three or more folders and then the texts".to_owned(),
        })
    }
}

/// Why a comparison has no report: a side could not be audited, or the two cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// A side could not be audited.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Two audits cannot be compared.
    #[error("failed to compare")]
    Compare(#[from] CompareError),
}

impl From<InputError> for ComparisonError {
    fn from(source: InputError) -> Self {
        Self::Audit(source.into())
    }
}

impl From<ExamplesError> for ComparisonError {
    fn from(source: ExamplesError) -> Self {
        Self::Audit(source.into())
    }
}

impl ComparisonError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Audit(e) => e.hint(),
            Self::Compare(e) => e.hint(),
        }
    }
}
