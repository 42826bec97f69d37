//! `attncheck heads`

use attncheck::audit::Plan;
use attncheck::model::source::HubSettings;

use super::output::Output;
use super::shared::{self, Question, Running, Source};

const EXAMPLES: &str = "\
Examples:
  attncheck heads reviews.txt
  attncheck heads reviews.txt --limit 1          every number of every head on one text
  attncheck heads reviews.txt --format json -o heads.json";

/// Look at every head: entropy, mass on special tokens and sinks, agreement with leave-one-out, ablation.
///
/// The best of many heads agrees with anything by luck, so each agreement is tested against the best that all
/// heads together reach when the words are shuffled.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct HeadsArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    pub output: Output,
}

impl HeadsArgs {
    /// What will be done.
    pub fn plan(&self) -> Plan {
        shared::plan(&self.source, &self.question, &self.running)
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.source.hub()
    }
}
