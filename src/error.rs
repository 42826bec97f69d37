//! Everything that can keep an audit from being done, with the exit status and the mend.

mod chain;

use std::path::PathBuf;

pub use chain::chain;
use chain::{few, others};

use crate::input::InputError;
use crate::inputs::Role;
use crate::model::source::SourceError;
use crate::model::{DeviceError, ModelError};
use crate::tokens::TokenError;

/// Why the run ended without a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The texts could not be read.
    #[error("failed to read the texts")]
    Input(#[from] InputError),
    /// The model's files.
    #[error("failed to find the model")]
    Source(#[from] SourceError),
    /// The device.
    #[error("failed to take the device")]
    Device(#[from] DeviceError),
    /// The model.
    #[error("failed to load or run the model")]
    Model(#[from] ModelError),
    /// The tokenizer.
    #[error("failed to load the tokenizer")]
    Tokens(#[from] TokenError),
    /// A text that the tokenizer refuses.
    #[error("line {line} cannot be tokenized")]
    Text {
        /// 1-based line in the file.
        line: usize,
        /// Why.
        #[source]
        source: TokenError,
    },
    /// A class that the model does not have.
    #[error("the model has no label {found:?}")]
    UnknownLabel {
        /// What was asked for.
        found: String,
        /// What there is.
        labels: Vec<String>,
    },
    /// A label of the input that the model does not have.
    #[error("line {line} has the {field} {found}, which the model does not have{}", others(*more))]
    Gold {
        /// 1-based line in the file.
        line: usize,
        /// `label` or `target`.
        field: &'static str,
        /// What stands there.
        found: String,
        /// How many more such labels there are.
        more: usize,
        /// What the model has.
        labels: Vec<String>,
    },
    /// A row that holds no text.
    #[error("line {line} has no {which}")]
    NoText {
        /// 1-based line or row in the file.
        line: usize,
        /// `text` or `second text`.
        which: &'static str,
    },
    /// An example the model cannot be run on.
    #[error("line {line} cannot be audited")]
    Example {
        /// 1-based line in the file.
        line: usize,
        /// Why.
        #[source]
        source: ModelError,
    },
    /// A choice that does not fit the model.
    #[error("{choice} cannot be used with this model: {reason}")]
    Choice {
        /// The flag or method.
        choice: String,
        /// Why not.
        reason: String,
    },
    /// A planted model could not be made.
    #[error("failed to plant a model")]
    Control(#[from] crate::controls::ControlError),
    /// A planted text could not be examined.
    #[error("failed to examine a planted text")]
    Examination(#[from] crate::audit::Failure),
    /// A site that the model does not have.
    #[error("failed to place the swaps")]
    Site(#[from] crate::swap::SiteError),
    /// A masked-word model needs one masked word.
    #[error("line {line} has {found} mask tokens; a masked-word model is audited on exactly one")]
    Masked {
        /// 1-based line in the file.
        line: usize,
        /// How many there are.
        found: usize,
    },
    /// The workers could not be started.
    #[error("failed to start the worker threads")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// A report to be resumed has no file, or another format.
    #[error("there is no report to resume")]
    NothingToResume,
    /// A report would take the place of what is read.
    #[error("{} {role}; the report would overwrite it", path.display())]
    OverInput {
        /// The file that is both.
        path: PathBuf,
        /// What is read from it.
        role: Role,
    },
    /// Two reports would be written to one place.
    #[error("two reports would be written to {place}")]
    Twice {
        /// A file, or standard output.
        place: String,
    },
    /// The report could not be written.
    #[error("failed to write {}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Standard output does not take the report.
    #[error("failed to write to standard output")]
    Stdout(#[source] std::io::Error),
    /// Whoever read the report has had enough, and nothing else was wanted.
    #[error("nobody reads the report any more")]
    ReaderGone,
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
        /// Those that failed.
        failed: Vec<String>,
        /// How many there are.
        all: usize,
        /// What they are.
        what: &'static str,
    },
    /// The run was stopped; what was done was reported.
    #[error("interrupted: the report is of {done} of {all} {what}")]
    Partial {
        /// How many were done.
        done: usize,
        /// How many there are.
        all: usize,
        /// What they are.
        what: &'static str,
        /// Whether the run can be taken up.
        resumable: bool,
    },
    /// No example could be audited.
    #[error("none of the {examples} examples can be audited")]
    NoneAudited {
        /// How many there are.
        examples: usize,
        /// Why the first cannot; `None` where an earlier run's log says so.
        #[source]
        first: Option<Box<Error>>,
    },
    /// Examples that were done could not be kept.
    #[error("failed to keep what was done")]
    Examples(#[from] crate::report::ExamplesError),
    /// The configuration file.
    #[error("failed to read the configuration {path}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The report that changes are gated against.
    #[error("{path} cannot be the baseline")]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: crate::audit::BaselineError,
    },
    /// A gate that makes no sense here.
    #[error("failed to set the gates")]
    Gate(#[from] crate::audit::GateError),
    /// An earlier run could not be taken up.
    #[error("failed to resume the earlier report")]
    Resume(#[from] crate::audit::ResumeError),
    /// A finished report could not be read.
    #[error("failed to read the report {path}")]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::report::read::ReadError,
    },
    /// Two audits cannot be compared.
    #[error("failed to compare")]
    Compare(#[from] crate::compare::CompareError),
    /// The report could not be printed.
    #[error("failed to print the report")]
    Render(#[from] crate::report::RenderError),
    /// Nothing was done before the interruption.
    #[error("interrupted before there was anything to report")]
    Interrupted,
}

impl Error {
    /// Whether it is about one example, so that the others can be audited all the same.
    pub(crate) fn is_of_an_example(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::NoText { .. } | Self::Example { .. } | Self::Masked { .. })
    }

    /// How the process ends.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::ReaderGone => ExitStatus::Done,
            Self::NotReached { .. } => ExitStatus::GateFailed,
            Self::Interrupted | Self::Partial { .. } => ExitStatus::Interrupted,
            Self::Source(SourceError::Hub(error)) if error.is_stopped() => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    }

    /// What belongs on lines of its own below the error: the malformed lines of an input.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Input(e) => e.details(),
            _ => Vec::new(),
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
            Self::Input(e) => e.hint(),
            Self::Source(e) => e.hint(),
            Self::Device(e) => e.hint(),
            Self::Model(e) | Self::Example { source: e, .. } => e.hint(),
            Self::Tokens(e) | Self::Text { source: e, .. } => e.hint(),
            Self::UnknownLabel { labels, .. } | Self::Gold { labels, .. } if labels.is_empty() => Some(
                "a masked-word model decides among the pieces of its vocabulary; give one of them".to_owned(),
            ),
            Self::Gold { labels, .. } => Some(format!(
                "its labels are {}, or 0 to {} by index; --label-map OTHER={} says what another name stands for",
                few(labels),
                labels.len() - 1,
                labels[0]
            )),
            Self::UnknownLabel { labels, .. } => Some(format!("its labels are {}", few(labels))),
            Self::Control(e) => e.hint(),
            Self::Examination(e) => e.hint(),
            Self::Site(e) => e.hint(),
            Self::Masked { .. } => Some(
                "write the tokenizer's mask token, such as [MASK], where a word is to be guessed".to_owned(),
            ),
            Self::NoText { .. } => Some("write a text there, or leave the row out".to_owned()),
            Self::Threads(_) => Some("ask for fewer with --threads".to_owned()),
            Self::Render(e) => e.hint(),
            Self::Examples(e) => e.hint(),
            Self::Gate(e) => e.hint(),
            Self::Baseline { source, .. } => source.hint(),
            Self::Config { .. } => {
                Some("a configuration holds lines such as contradicted = \"<= 0.2\" under [gates]".to_owned())
            }
            Self::Resume(e) => e.hint(),
            Self::Report { source, .. } => source.hint(),
            Self::Compare(e) => e.hint(),
            Self::NoneAudited { first, .. } => first.as_ref().and_then(|first| first.hint()),
            Self::Choice { .. } | Self::Interrupted | Self::ReaderGone | Self::NotReached { .. } => None,
            Self::NothingToResume => Some(
                "write the report to a file as JSON lines: --format jsonl=report.jsonl --resume".to_owned(),
            ),
            Self::OverInput { .. } => Some("choose another path for the report".to_owned()),
            Self::Twice { .. } => Some("give each a file of its own with --format FORMAT=FILE".to_owned()),
            Self::Output { .. } => {
                Some("choose a path in a folder that exists, can be written and has room".to_owned())
            }
            Self::Stdout(_) => Some("write the report to a file with --output".to_owned()),
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
