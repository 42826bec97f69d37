//! The file of the texts, and how it was read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The texts that were audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputInfo {
    /// The file, or `-`.
    pub name: String,
    /// Examples read, --limit applied; of texts that are continued, the tokens that are asked.
    pub examples: usize,
    /// Lines left out because they were empty, up to where reading stopped.
    pub empty_lines: usize,
    /// The most examples that were to be read (--limit).
    pub limit: Option<usize>,
    /// What a reader should know of how the texts and their labels were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The share of a text that people marked, the mean over the examples in which they marked anything: what a map is
    /// cut to for its plausibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale_share: Option<f64>,
    /// How the file was understood.
    #[serde(default)]
    pub reading: Reading,
}

/// How an input was understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// --input-format; `None` where the file itself says.
    pub format: Option<String>,
    /// The field of the text, where another than the usual one was named; and so on.
    pub text_field: Option<String>,
    /// The field of the second text.
    pub pair_field: Option<String>,
    /// The field of the gold label.
    pub label_field: Option<String>,
    /// The field of the example's name.
    pub id_field: Option<String>,
    /// The field of the class to explain.
    pub target_field: Option<String>,
    /// The field of what people marked.
    pub rationale_field: Option<String>,
    /// The field of what continues the text.
    #[serde(default)]
    pub continuation_field: Option<String>,
    /// The field of the class that the explained one is set against.
    #[serde(default)]
    pub foil_field: Option<String>,
    /// Names of classes in the input with the model's own names for them (--label-map).
    pub label_map: Vec<(String, String)>,
    /// Whether the first line of a table names its columns.
    pub header: bool,
    /// What parts the columns of a table (--delimiter).
    #[serde(default)]
    pub delimiter: Option<String>,
}
