//! Everything that can end a run, with the exit status and the mend.

use std::path::PathBuf;

use crate::align::AlignError;
use crate::audit::AuditError;
use crate::chain::chain;
use crate::compare::ComparisonError;
use crate::controls::ControlsError;
use crate::inputs::InputRole;
use crate::report::RenderError;
use crate::report::read::ReadError;
use crate::report::write::WriteError;

/// Why the run ended without a report, or with one that is not all that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The texts could not be audited.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Audits could not be set side by side.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// Pairs could not be aligned.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// Planted models, or a user's own, could not be examined.
    #[error(transparent)]
    Controls(#[from] ControlsError),
    /// The report could not be written to its place.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A report to be resumed has no file, or another format.
    #[error("there is no report to resume")]
    NothingToResume,
    /// A report would take the place of what is read.
    #[error("{} {role}; the report would overwrite it", path.display())]
    OverInput {
        /// The file that is both.
        path: PathBuf,
        /// What is read from it.
        role: InputRole,
    },
    /// Two reports would be written to one place.
    #[error("two reports would be written to {place}")]
    Twice {
        /// A file, or standard output.
        place: String,
    },
    /// Some examples could not be audited, and that was to be a failure.
    #[error(
        "{failed} of {examples} examples could not be audited, and --strict was given; the first is on line {line}: {why}"
    )]
    NotAll {
        /// How many could not.
        failed: usize,
        /// How many there are.
        examples: usize,
        /// 1-based line of the first.
        line: usize,
        /// Why it could not.
        why: String,
    },
    /// Gates or goals did not hold, and no report on standard output says so.
    #[error("{} of {all} {what} failed: {}", failed.len(), failed.join(", "))]
    NotReached {
        /// The gates or texts that failed.
        failed: Vec<String>,
        /// How many there are.
        all: usize,
        /// What is counted, in words.
        what: &'static str,
    },
    /// The run was stopped; what was done was reported.
    #[error("interrupted: the report is of {done} of {all} {what}")]
    Partial {
        /// How many were done.
        done: usize,
        /// How many there are.
        all: usize,
        /// What is counted, in words.
        what: &'static str,
        /// Whether the run can be taken up.
        resumable: bool,
    },
    /// The configuration file.
    #[error("failed to read the configuration {path}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Why it could not be read.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A finished report could not be read.
    #[error("failed to read the report {path}")]
    Report {
        /// The file.
        path: PathBuf,
        /// Why it could not be read.
        #[source]
        source: ReadError,
    },
}

impl From<RenderError> for Error {
    fn from(source: RenderError) -> Self {
        Self::Write(source.into())
    }
}

impl Error {
    /// The audit's own error, however it came here.
    #[must_use]
    pub fn of_audit(&self) -> Option<&AuditError> {
        match self {
            Self::Audit(error)
            | Self::Comparison(ComparisonError::Audit(error))
            | Self::Controls(ControlsError::Audit(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether whoever read the report has had enough, and nothing else was wanted.
    #[must_use]
    pub fn is_reader_gone(&self) -> bool {
        matches!(
            self,
            Self::Write(WriteError::ReaderGone) | Self::Audit(AuditError::Log(WriteError::ReaderGone))
        )
    }

    /// How the process ends.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        match self {
            _ if self.is_reader_gone() => ExitStatus::Done,
            Self::NotReached { .. } => ExitStatus::GateFailed,
            Self::Partial { .. } => ExitStatus::Interrupted,
            Self::Align(error) if error.is_interrupted() => ExitStatus::Interrupted,
            _ if self.of_audit().is_some_and(AuditError::is_interrupted) => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    }

    /// What belongs on lines of its own below the error: the malformed lines of an input.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Align(error) => error.details(),
            _ => self.of_audit().map(AuditError::details).unwrap_or_default(),
        }
    }

    /// Itself and its causes, from the outside in, joined by colons; without its details.
    #[must_use]
    pub fn chain(&self) -> String {
        chain(self)
    }

    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Audit(e) => e.hint(),
            Self::Comparison(e) => e.hint(),
            Self::Align(e) => e.hint(),
            Self::Controls(e) => e.hint(),
            Self::Write(e) => e.hint(),
            Self::Config { .. } => {
                Some("a configuration holds lines such as contradicted = \"<= 0.2\" under [gates]".to_owned())
            }
            Self::Report { source, .. } => source.hint(),
            Self::NotReached { .. } => None,
            Self::NothingToResume => Some(
                "write the report to a file as JSON lines: --format jsonl=report.jsonl --resume".to_owned(),
            ),
            Self::OverInput { .. } => Some("choose another path for the report".to_owned()),
            Self::Twice { .. } => Some("give each a file of its own with --format FORMAT=FILE".to_owned()),
            Self::NotAll { .. } => {
                Some("the report says why of each; without --strict the others are enough".to_owned())
            }
            Self::Partial { resumable, .. } => {
                resumable.then(|| "the same command with --resume does the rest".to_owned())
            }
        }
    }
}

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Audited.
    Done = 0,
    /// A gate failed.
    GateFailed = 1,
    /// Could not audit.
    Failed = 2,
    /// Stopped by a signal; what was done was reported.
    Interrupted = 130,
}
