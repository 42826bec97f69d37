//! What can keep pairs from being aligned.

use crate::audit::run::NothingDone;
use crate::input::InputError;
use crate::model::source::SourceError;
use crate::model::{DeviceError, ModelError};
use crate::tokens::TokenError;

/// Why pairs could not be aligned.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// The pairs, or the gold links, could not be read.
    #[error("failed to read the pairs")]
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
    /// The tokenizers could not be loaded.
    #[error("failed to load the tokenizers")]
    Tokens(#[from] TokenError),
    /// A pair that the tokenizers, or the model's length, refuse.
    #[error("line {line} cannot be aligned")]
    Pair {
        /// 1-based line in the file.
        line: usize,
        /// Why not.
        #[source]
        source: TokenError,
    },
    /// A pair on which the model cannot be run.
    #[error("line {line} cannot be aligned")]
    Run {
        /// 1-based line in the file.
        line: usize,
        /// Why not.
        #[source]
        source: ModelError,
    },
    /// A translation without words.
    #[error("line {line}: what the model wrote has no words")]
    Wordless {
        /// 1-based line in the file.
        line: usize,
    },
    /// The words of a pair are not those that its links name.
    #[error(
        "line {line} has {found} {side} words as the tokenizer cuts it, and {expected} between its spaces"
    )]
    WordCount {
        /// 1-based line in the file.
        line: usize,
        /// `source` or `target`.
        side: &'static str,
        /// Words that the tokenizer tells.
        found: usize,
        /// Words that links name.
        expected: usize,
    },
    /// A layer or a head that the model does not have.
    #[error("the model has no {what} {found}")]
    NoSuch {
        /// `layer` or `head`.
        what: &'static str,
        /// What was asked for.
        found: usize,
        /// How many there are.
        count: usize,
    },
    /// Gold links belong to the file's own targets.
    #[error("gold links do not go with a translation that is the model's own")]
    GoldTranslated,
    /// Not one pair could be aligned.
    #[error("none of the {pairs} pairs can be aligned")]
    NoneAligned {
        /// How many there are.
        pairs: usize,
        /// Why the first cannot.
        #[source]
        first: Box<AlignError>,
    },
    /// The workers could not be started.
    #[error("failed to start the worker threads")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Nothing was done before the interruption.
    #[error("interrupted before there was anything to report")]
    Interrupted,
}

impl From<NothingDone> for AlignError {
    fn from(why: NothingDone) -> Self {
        match why {
            NothingDone::Interrupted => Self::Interrupted,
            NothingDone::Threads(source) => Self::Threads(source),
        }
    }
}

impl AlignError {
    /// Whether it is about one pair, so that the others can be aligned all the same.
    pub(super) fn is_of_a_pair(&self) -> bool {
        matches!(self, Self::Pair { .. } | Self::Run { .. } | Self::WordCount { .. } | Self::Wordless { .. })
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
            Self::Model(e) | Self::Run { source: e, .. } => e.hint(),
            Self::Tokens(e) | Self::Pair { source: e, .. } => e.hint(),
            Self::WordCount { .. } => Some(
                "cut each word by itself with --cut apart, or take the mark out that joins words".to_owned(),
            ),
            Self::NoSuch { count, what, .. } => {
                Some(format!("it has {count}, counted from 0: --{what} 0 to {}", count.saturating_sub(1)))
            }
            Self::Wordless { .. } => Some("give a translation yourself, or leave the line out".to_owned()),
            Self::GoldTranslated => Some("leave out --gold, or --translate".to_owned()),
            Self::NoneAligned { first, .. } => first.hint(),
            Self::Threads(_) => Some("ask for fewer with --threads".to_owned()),
            Self::Interrupted => None,
        }
    }
}
