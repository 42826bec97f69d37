//! A measure can be missing, which is told in the report, or the engine can fail, which ends the audit.

use crate::missing::{Measured, Missing};

use super::rollout::MixedError;

/// A measure or the reason why there is none; an error where the engine failed.
pub type Outcome<T> = candle_core::Result<Measured<T>>;

/// Both at once, so that `?` serves both.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// There is no such measure here.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The engine failed.
    #[error(transparent)]
    Failed(#[from] candle_core::Error),
}

impl From<MixedError> for Stop {
    fn from(error: MixedError) -> Self {
        Stop::Missing(match error {
            MixedError::Weight { .. } => Missing::NotFinite { what: "an attention weight" },
            _ => Missing::RestsOn { what: "the mean pattern" },
        })
    }
}

/// Tells the two apart again.
pub(crate) fn settle<T>(result: Result<T, Stop>) -> Outcome<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Missing(missing)) => Ok(Err(missing)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
