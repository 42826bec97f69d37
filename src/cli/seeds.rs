//! `attncheck seeds`

use std::path::PathBuf;

use attncheck::audit::Plan;
use attncheck::model::source::HubSettings;

use super::output::Output;
use super::shared::Audits;

const EXAMPLES: &str = "\
Examples:
  attncheck seeds ./seed-1 ./seed-2 ./seed-3 reviews.txt
  attncheck seeds ./seed-* reviews.txt --limit 100 --format json=seeds.json

Exit status: 0 done, 2 could not be done, 130 interrupted.";

/// Set each counterfactual attention beside what another seed of the training gives.
///
/// Three or more checkpoints of one model are audited on the same texts. How far their attention and their predictions
/// are apart is the noise of training: a counterfactual that is no further from the model's own map shows no more.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SeedsArgs {
    /// Three or more checkpoints of one model: folders, or org/name[@revision] from the hub
    #[arg(value_name = "MODEL", required = true, num_args = 1..)]
    pub models: Vec<String>,

    /// The texts, UTF-8: one a line, or JSON lines or a table with labels and more; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    file: PathBuf,

    #[command(flatten)]
    audits: Audits,
    #[command(flatten)]
    pub output: Output,
}

impl SeedsArgs {
    /// What will be done with each.
    pub fn plan(&self) -> Plan {
        self.audits.plan(self.file.clone())
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.audits.hub()
    }
}
