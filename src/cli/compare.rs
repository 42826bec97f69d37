//! `attncheck compare`

use std::path::PathBuf;

use attncheck::audit::Plan;
use attncheck::model::source::HubSettings;

use super::output::Output;
use super::shared::Audits;

const EXAMPLES: &str = "\
Examples:
  attncheck compare ./small ./large reviews.txt
  attncheck compare ./small ./large reviews.txt --limit 50 --format text --format json=compare.json
  attncheck compare --reports small.json large.jsonl

Exit status: 0 compared, 2 could not compare, 130 interrupted.";

/// Compare two models on the same texts: do they look at the same words, do they use the same words, and whose
/// attention may better be believed?
///
/// Both are audited on the same texts with the same choices; their words are aligned where their tokenizers differ.
/// Every figure's difference is paired, text by text. Two finished reports can be compared without models.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The first model, A: a folder, or org/name[@revision] from the hub
    #[arg(value_name = "MODEL_A", required_unless_present = "reports", requires = "second")]
    first: Option<String>,

    /// The second model, B
    #[arg(value_name = "MODEL_B", requires = "file")]
    second: Option<String>,

    /// The texts, UTF-8: one a line, or JSON lines or a table with labels and more; `-` for standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Compare two finished reports, json or jsonl, in place of models
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"], conflicts_with_all = ["first", "second", "file"],
          help_heading = "Input")]
    reports: Vec<PathBuf>,

    /// Leave out NAOPC, which takes most of the passes: erasure is then not compared but by its excess
    #[arg(long, help_heading = "Running")]
    no_naopc: bool,

    #[command(flatten)]
    audits: Audits,
    #[command(flatten)]
    pub output: Output,
}

/// What is compared.
pub enum Sides {
    /// Two models, on the plan's texts.
    Models(Box<Plan>, [String; 2]),
    /// Two finished reports.
    Reports([PathBuf; 2]),
}

impl CompareArgs {
    /// What will be compared.
    pub fn sides(&self) -> Sides {
        match (self.reports.as_slice(), &self.first, &self.second, &self.file) {
            ([a, b], ..) => Sides::Reports([a.clone(), b.clone()]),
            (_, first, second, file) => {
                let name = |model: &Option<String>| model.clone().unwrap_or_default();
                let plan =
                    Plan { naopc: !self.no_naopc, ..self.audits.plan(file.clone().unwrap_or_default()) };
                Sides::Models(Box::new(plan), [name(first), name(second)])
            }
        }
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.audits.hub()
    }
}
