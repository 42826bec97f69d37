//! Why a planted model or a classifier could not be made.

use crate::audit::run::NothingDone;
use crate::audit::{AuditError, Failure};
use crate::model::{ModelError, Task};

/// Why a planted model, its text or a classifier could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The dial is outside its range.
    #[error("the dial is {found}, not between 0 and 1")]
    Dial {
        /// What was asked for.
        found: f64,
    },
    /// A mass of attention on one token that leaves others none, or more than it.
    #[error("a mass of {found} on one token of {tokens} cannot be planted")]
    Mass {
        /// What was asked for.
        found: f64,
        /// Tokens that share a row.
        tokens: usize,
    },
    /// Margins that are no numbers, or a text that its deciding words do not speak for.
    #[error("margins of {whole} with the deciding words and {without} without them cannot be planted")]
    Margins {
        /// The margin of the whole text.
        whole: f64,
        /// The margin without the deciding words.
        without: f64,
    },
    /// Too few or too many of something for this kind.
    #[error("a {kind} model with {found} {what} cannot be built: from {least} to {most} are possible")]
    Count {
        /// The kind's name.
        kind: &'static str,
        /// What there are too few or too many of: words, heads, layers.
        what: &'static str,
        /// What was asked for.
        found: usize,
        /// The fewest that are possible.
        least: usize,
        /// The most that are possible.
        most: usize,
    },
    /// A task that models of this kind do not have.
    #[error("a {kind} model with the task {task:?} cannot be built")]
    Task {
        /// The kind's name.
        kind: &'static str,
        /// What was asked for.
        task: Task,
    },
    /// A cue word that is also a neutral one, or named twice, or not named.
    #[error("the cue words {cues:?} are not {needed} different words")]
    Cues {
        /// The words as given.
        cues: Vec<String>,
        /// How many the kinds use.
        needed: usize,
    },
    /// Training ended before the shortcut was learned.
    #[error(
        "after {steps} steps the {kind} classifier decides {accuracy:.3} of held-out texts by its shortcut and is \
         undecided on {undecided:.3} of those without"
    )]
    NotLearned {
        /// The kind's name.
        kind: &'static str,
        /// Steps that were taken.
        steps: usize,
        /// Held-out texts with the shortcut that are decided rightly and surely, as a share.
        accuracy: f64,
        /// Held-out texts without it that are left undecided, as a share.
        undecided: f64,
    },
    /// A tensor operation failed; a bug unless memory ran out.
    #[error("the weights could not be written")]
    Model(#[from] ModelError),
}

impl From<candle_core::Error> for ControlError {
    fn from(source: candle_core::Error) -> Self {
        Self::Model(ModelError::Tensor(source))
    }
}

impl ControlError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Dial { .. } => Some("0 plants nothing, 1 plants the whole effect".to_owned()),
            Self::Mass { tokens, .. } => Some(format!("choose a mass above 1/{tokens} and below 1")),
            Self::Margins { .. } => {
                Some("the margin of the whole text must be above 0 and above the other".to_owned())
            }
            Self::Count { what, least, most, .. } => {
                Some(format!("choose a number of {what} from {least} to {most}"))
            }
            Self::Task { .. } => Some("ask for classes, or of a decoder for the next token".to_owned()),
            Self::Cues { needed, .. } => Some(format!("name {needed} different words")),
            Self::NotLearned { .. } => Some(
                "train with another seed or more steps: nothing is known of a model that has not learned"
                    .to_owned(),
            ),
            Self::Model(e) => e.hint(),
        }
    }
}

/// Why planted models, or a user's own, could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum ControlsError {
    /// A planted model could not be made.
    #[error("failed to plant a model")]
    Plant(#[from] ControlError),
    /// A planted text could not be examined.
    #[error("failed to examine a planted text")]
    Examination(#[from] Failure),
    /// The user's texts could not be examined.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

impl From<NothingDone> for ControlsError {
    fn from(why: NothingDone) -> Self {
        Self::Audit(why.into())
    }
}

impl ControlsError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Plant(e) => e.hint(),
            Self::Examination(e) => e.hint(),
            Self::Audit(e) => e.hint(),
        }
    }
}
