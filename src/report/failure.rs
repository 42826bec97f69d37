//! An example that could not be audited.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which example, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureReport {
    /// Its name; the line number unless the file names it.
    pub id: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The text as it was read.
    pub text: String,
    /// The second text of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// What went wrong, from the outside in.
    pub error: String,
    /// How to mend it, where that is known.
    pub hint: Option<String>,
}
