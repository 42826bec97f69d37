//! What an example's author says of it, beside what the model says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The gold label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gold {
    /// The name that the model has for it.
    pub label: String,
    /// Its index.
    pub class: usize,
    /// Whether it is the predicted one.
    pub correct: bool,
}
