//! The finished report: plain data, and the printers that see nothing else.

pub mod compare;
pub mod controls;
pub mod csv;
pub mod erasure;
pub mod example;
pub mod examples;
pub mod failure;
mod finite;
pub mod gate;
pub mod github;
pub mod gold;
pub mod heads;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod measure;
pub mod own;
pub mod plausibility;
pub mod read;
pub mod render;
pub mod sarif;
pub mod say;
pub mod schema;
pub mod seeds;
pub mod settings;
pub mod shortcut;
pub mod summary;
pub mod text;
pub mod verdict;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use csv::Csv;
pub use example::ExampleReport;
pub use examples::{Examples, ExamplesError, Spool};
pub use failure::FailureReport;
pub use gate::GateResult;
pub use github::Github;
pub use gold::Gold;
pub use html::{Drawn, Html};
pub use json::Json;
pub use jsonl::JsonLines;
pub use junit::Junit;
pub use markdown::Markdown;
pub use measure::Measure;
pub use render::{Render, RenderError};
pub use sarif::Sarif;
pub use schema::Document;
pub use settings::Settings;
pub use summary::Summary;
pub use text::Text;

/// The version of the JSON document; it grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// One audit, whole.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA_VERSION`], which grows when a field changes its meaning or goes.
    pub schema_version: u32,
    /// What was run, on what, with which choices: enough to run it again.
    pub settings: Settings,
    /// In the order of the file.
    pub examples: Examples,
    /// What a web page shows of the examples' patterns, where a page was asked for; no part of the document, and beyond
    /// its end `None` as within.
    #[serde(skip)]
    pub drawn: Spool<Option<Drawn>>,
    /// The examples that could not be audited, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// Over all examples.
    pub summary: Summary,
    /// The gates that were asked for, each with its outcome.
    pub gates: Vec<GateResult>,
    /// True where the run was interrupted: the examples are those that were done.
    pub interrupted: bool,
}
