//! `attncheck mixing`

use attncheck::audit::Plan;
use attncheck::model::source::HubSettings;

use super::output::Output;
use super::shared::{self, Question, Running, Source};

const EXAMPLES: &str = "\
Examples:
  attncheck mixing reviews.txt
  attncheck mixing reviews.txt --limit 1              the words of one text, layer by layer
  attncheck mixing reviews.txt --directions 32        the gradient form with half the error
  attncheck mixing reviews.txt --format html=mixing.html

Exit status: 0 done, 2 could not be done, 130 interrupted.";

/// How far hidden states still are their tokens: the own token's share, its neighbours' and the rest, layer by layer.
///
/// Attention above the first layer points at states, not at words. A state that is mostly other words makes a map say
/// less than it shows: this tells how much, by ALTI, value zeroing and hidden token attribution.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct MixingArgs {
    #[command(flatten)]
    source: Source,

    /// Random directions a token of the gradient form, two forward passes each; 0 leaves the form out
    #[arg(long, value_name = "N", default_value_t = 8, help_heading = "What is explained")]
    pub directions: usize,

    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    pub output: Output,
}

impl MixingArgs {
    /// What will be done.
    pub fn plan(&self) -> Plan {
        shared::plan(&self.source, &self.question, &self.running)
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.source.hub()
    }
}
