//! Everything that can keep texts from being audited.

use std::path::PathBuf;

use super::continued::ContinuationError;
use super::refused::{BaselineError, ResumeError};
use super::run::NothingDone;
use super::translation::TranslationError;
use crate::input::InputError;
use crate::model::source::SourceError;
use crate::model::{DeviceError, ModelError};
use crate::report::ExamplesError;
use crate::report::write::WriteError;
use crate::swap::SiteError;
use crate::tokens::TokenError;

/// Why texts could not be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The texts could not be read.
    #[error("failed to read the texts")]
    Input(#[from] InputError),
    /// The model's files could not be found.
    #[error("failed to find the model")]
    Source(#[from] SourceError),
    /// The device could not be taken.
    #[error("failed to take the device")]
    Device(#[from] DeviceError),
    /// The model could not be loaded or run.
    #[error("failed to load or run the model")]
    Model(#[from] ModelError),
    /// The tokenizer could not be loaded.
    #[error("failed to load the tokenizer")]
    Tokens(#[from] TokenError),
    /// A text that the tokenizer refuses.
    #[error("line {line} cannot be tokenized")]
    Text {
        /// 1-based line in the file.
        line: usize,
        /// Why it could not be tokenized.
        #[source]
        source: TokenError,
    },
    /// A class that the model does not have.
    #[error("the model has no label {found:?}")]
    UnknownLabel {
        /// What was asked for.
        found: String,
        /// The labels of the model.
        labels: Vec<String>,
    },
    /// A label of the input that the model does not have.
    #[error("line {line} has the {field} {found}, which the model does not have{}", others(*more))]
    Gold {
        /// 1-based line in the file.
        line: usize,
        /// `label` or `target`.
        field: &'static str,
        /// The label that stands there.
        found: String,
        /// How many more such labels there are.
        more: usize,
        /// The labels of the model.
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
        /// Why the model could not be run.
        #[source]
        source: ModelError,
    },
    /// A choice that does not fit the model.
    #[error("{choice} cannot be used with this model: {reason}")]
    Choice {
        /// The flag or method.
        choice: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// A site that the model does not have.
    #[error("failed to place the swaps")]
    Site(#[from] SiteError),
    /// A masked-word model needs one masked word.
    #[error("line {line} has {found} mask tokens; a masked-word model is audited on exactly one")]
    Masked {
        /// 1-based line in the file.
        line: usize,
        /// How many there are.
        found: usize,
    },
    /// A text that cannot be continued as it was asked.
    #[error("line {line} cannot be continued")]
    Continuation {
        /// 1-based line in the file.
        line: usize,
        /// Why not.
        #[source]
        source: ContinuationError,
    },
    /// A source without a translation.
    #[error("line {line} has no translation")]
    Translation {
        /// 1-based line in the file.
        line: usize,
        /// Why not.
        #[source]
        source: TranslationError,
    },
    /// The workers could not be started.
    #[error("failed to start the worker threads")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// No example could be audited.
    #[error("none of the {examples} examples can be audited")]
    NoneAudited {
        /// How many there are.
        examples: usize,
        /// Why the first cannot; `None` where an earlier run's log says so.
        #[source]
        first: Option<Box<AuditError>>,
    },
    /// Examples that were done could not be kept.
    #[error("failed to keep what was done")]
    Examples(#[from] ExamplesError),
    /// The report that changes are gated against.
    #[error("{path} cannot be the baseline")]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why it cannot be the baseline.
        #[source]
        source: BaselineError,
    },
    /// A gate that makes no sense here.
    #[error("failed to set the gates")]
    Gate(#[from] super::gate::GateError),
    /// An earlier run could not be taken up.
    #[error("failed to resume the earlier report")]
    Resume(#[from] ResumeError),
    /// Nothing was done before the interruption.
    #[error("interrupted before there was anything to report")]
    Interrupted,
    /// What was done could not be written down.
    #[error(transparent)]
    Log(#[from] WriteError),
}

impl AuditError {
    /// Whether it is about one example, so that the others can be audited all the same.
    pub(crate) fn is_of_an_example(&self) -> bool {
        matches!(
            self,
            Self::Text { .. }
                | Self::NoText { .. }
                | Self::Example { .. }
                | Self::Masked { .. }
                | Self::Continuation { .. }
                | Self::Translation { .. }
        )
    }

    /// Whether the run was stopped from outside.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Source(SourceError::Hub(error)) => error.is_stopped(),
            _ => false,
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
                "a language model decides among the pieces of its vocabulary; give one of them, or its text"
                    .to_owned(),
            ),
            Self::Gold { labels, .. } => Some(format!(
                "its labels are {}, or 0 to {} by index; --label-map OTHER={} says what another name stands for",
                few(labels),
                labels.len() - 1,
                labels[0]
            )),
            Self::UnknownLabel { labels, .. } => Some(format!("its labels are {}", few(labels))),
            Self::Site(e) => e.hint(),
            Self::Masked { .. } => Some(
                "write the tokenizer's mask token, such as [MASK], where a word is to be guessed".to_owned(),
            ),
            Self::Continuation { source, .. } => Some(source.hint()),
            Self::Translation { source, .. } => Some(source.hint()),
            Self::NoText { .. } => Some("write a text there, or leave the row out".to_owned()),
            Self::Threads(_) => Some("ask for fewer with --threads".to_owned()),
            Self::Examples(e) => e.hint(),
            Self::Gate(e) => e.hint(),
            Self::Baseline { source, .. } => source.hint(),
            Self::Resume(e) => e.hint(),
            Self::NoneAudited { first, .. } => first.as_ref().and_then(|first| first.hint()),
            Self::Log(e) => e.hint(),
            Self::Choice { .. } | Self::Interrupted => None,
        }
    }
}

impl From<NothingDone> for AuditError {
    fn from(why: NothingDone) -> Self {
        match why {
            NothingDone::Interrupted => Self::Interrupted,
            NothingDone::Threads(source) => Self::Threads(source),
        }
    }
}

/// How many others there are.
fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " (and 1 more like it)".to_owned(),
        more => format!(" (and {more} more like it)"),
    }
}

/// A model may have thousands of labels; some tell what they look like.
fn few(labels: &[String]) -> String {
    const SHOWN: usize = 20;
    match labels.len() {
        n if n > SHOWN => format!("{} and {} more", labels[..SHOWN].join(", "), n - SHOWN),
        _ => labels.join(", "),
    }
}
