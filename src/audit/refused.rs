//! Why an earlier report is not taken: as the baseline of gates, or to be resumed.

use super::paired::OtherChoices;
use crate::report::jsonl::LinesError;
use crate::report::read::ReadError;
use crate::report::settings::Difference;

/// Why a report cannot be the baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It was made with other choices.
    #[error(transparent)]
    Choices(#[from] OtherChoices),
    /// It was interrupted.
    #[error("it was interrupted, so its figures are of a part of the texts")]
    Interrupted,
    /// It is of other texts.
    #[error(
        "{only_here} of the texts are not in it, and {only_there} of its texts are not here; the first is on line {line}"
    )]
    Texts {
        /// How many texts it lacks.
        only_here: usize,
        /// How many it has beyond.
        only_there: usize,
        /// 1-based line of the first such text.
        line: usize,
    },
}

impl BaselineError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(e) => e.hint(),
            Self::Choices(e) => Some(e.hint()),
            Self::Interrupted => Some("finish it with --resume, or audit again".to_owned()),
            Self::Texts { .. } => Some("a baseline is of the same texts under the same names".to_owned()),
        }
    }
}

/// Why an earlier run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It was run with other settings.
    #[error("it was made with other settings: {}", told(differences))]
    Settings {
        /// Each field that differs.
        differences: Vec<Difference>,
    },
    /// It is of other texts.
    #[error("its example {id:?} is not the text on line {line}")]
    Texts {
        /// The example in the earlier report.
        id: String,
        /// 1-based line in the file where it should be.
        line: usize,
    },
    /// It has more examples than the texts.
    #[error("it has more examples than there are texts")]
    TooMany,
    /// It is no such report.
    #[error(transparent)]
    Lines(#[from] LinesError),
}

impl ResumeError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Settings { .. } => "give the same flags again, or write to another file".to_owned(),
            Self::Texts { .. } | Self::TooMany => {
                "resume with the texts that it was begun with, or write to another file".to_owned()
            }
            Self::Lines(e) => return e.hint(),
        })
    }
}

fn told(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
