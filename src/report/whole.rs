//! The document of an audit.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::FlatAnswer;
use super::drawn::Drawn;
use super::example::FailureReport;
use super::examples::{ExampleReports, Spool};
use super::gate::GateResult;
use super::settings::Settings;
use super::summary::Summary;

/// The version of the JSON document; it grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// One audit, whole.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA_VERSION`], which grows when a field changes its meaning or goes.
    pub schema_version: u32,
    /// The answer first, in sentences to act on: as `summary.answer.sentences`. Empty in reports that do not know of it.
    #[serde(default)]
    pub answer: Vec<String>,
    /// Every reading's verdict on the file under its name, as `raw` or `rollout-without-sinks`; told in full in
    /// `summary.answer`.
    #[serde(default)]
    pub readings: BTreeMap<String, FlatAnswer>,
    /// What was run, on what, with which choices: enough to run it again.
    pub settings: Settings,
    /// The examples, in the order of the file.
    pub examples: ExampleReports,
    /// What a web page shows of the examples' patterns, where a page was asked for; no part of the document, and beyond
    /// its end `None` as within.
    #[serde(skip)]
    pub drawn: Spool<Option<Drawn>>,
    /// The examples that could not be audited, in the order of the file.
    pub failures: Vec<FailureReport>,
    /// The summary of all examples.
    pub summary: Summary,
    /// The gates that were asked for, each with its outcome.
    pub gates: Vec<GateResult>,
    /// True where the run was interrupted: the examples are those that were done.
    pub interrupted: bool,
}
