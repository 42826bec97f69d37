//! Why a measurement cannot be made.

use std::io;
use std::path::PathBuf;

use attncheck::missing::Missing;
use attncheck::model::ModelError;
use attncheck::swap::SwapError;
use attncheck::tokens::TokenError;

/// Why a measurement cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Python is not there.
    #[error("could not start {}: {source}", python.display())]
    Python {
        /// What was started.
        python: PathBuf,
        /// Why it was not.
        #[source]
        source: io::Error,
    },
    /// The peer ended instead of answering; its own words stand on standard error.
    #[error("{} ended without an answer{}", python.display(), if *started { "" } else { " when it began" })]
    Ended {
        /// What runs it.
        python: PathBuf,
        /// Whether it had answered before.
        started: bool,
    },
    /// The audited program did not do what it was started for.
    #[error("attncheck ended with {status}")]
    Program {
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// An answer is not as it should be.
    #[error("the peer's answer lacks {field}")]
    Answer {
        /// What it lacks.
        field: &'static str,
    },
    /// Something attncheck could not measure.
    #[error("{0}")]
    Missing(#[from] Missing),
    /// The engine.
    #[error("{0}")]
    Engine(#[from] candle_core::Error),
    /// The audit.
    #[error("{0}")]
    Audit(#[from] attncheck::audit::AuditError),
    /// The model.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The tokenizer.
    #[error("{0}")]
    Tokens(#[from] TokenError),
    /// Swaps.
    #[error("{0}")]
    Swap(#[from] SwapError),
    /// A file or a pipe.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line that is no JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// No threads to be had.
    #[error("{0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Error {
    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Python { .. } | Error::Ended { started: false, .. } => Some(
                "give a Python with torch, transformers, captum, scipy and networkx by ATTNCHECK_PYTHON or --python \
                 (benches/peer/requirements.txt names the versions)"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
