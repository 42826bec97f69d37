//! A number, or why there is none.

use serde::{Deserialize, Serialize};

use crate::missing::Measured;

/// `{"value": 0.31}`, or `{"value": null, "reason": "…"}`: missing is never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure<T> {
    /// The value, null where it could not be computed.
    pub value: Option<T>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<T> Measure<T> {
    /// A measure that was taken.
    pub fn of(value: T) -> Self {
        Self { value: Some(value), reason: None }
    }
}

impl<T> From<Measured<T>> for Measure<T> {
    fn from(measured: Measured<T>) -> Self {
        match measured {
            Ok(value) => Self::of(value),
            Err(missing) => Self { value: None, reason: Some(missing.to_string()) },
        }
    }
}
