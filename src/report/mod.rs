//! The finished report: plain data, and the printers that see nothing else.

pub mod example;
pub mod heads;
pub mod measure;
pub mod settings;
pub mod summary;
pub mod render;
pub mod text;

use serde::{Deserialize, Serialize};

pub use example::ExampleReport;
pub use measure::Measure;
pub use settings::Settings;
pub use render::{Render, Style};
pub use summary::Summary;

/// The version of the JSON document; it grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// One audit, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What was run, on what, with which choices: enough to run it again.
    pub settings: Settings,
    /// In the order of the file.
    pub examples: Vec<ExampleReport>,
    /// Over all examples.
    pub summary: Summary,
    /// True where the run was interrupted: the examples are those that were done.
    pub interrupted: bool,
}
