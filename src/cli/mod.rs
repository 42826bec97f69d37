//! What can be typed, and the plan it makes. Nothing else names clap, and nothing here reads a text or a model.

mod audit;
mod choices;
mod controls;
mod gating;
mod heads;
mod output;
mod reading;
mod schema;
mod shared;
mod values;

use clap::{CommandFactory, Parser};

pub use audit::Audit;
pub use controls::Controls;
pub use gating::Config;
pub use heads::Heads;
pub use output::{Destination, Format, OutputError};
pub use schema::Schema;
pub use shared::ColorWhen;

/// Tells, per example and per map, how far a transformer's attention may be believed as an explanation.
///
/// An attention map is tested on three properties: consistency (it ranks the words as independent attributions
/// do), causal relevance (erasing what it highlights moves the prediction more than erasing other words) and
/// robustness (a very different map does not give the same prediction).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    /// Print the report and errors only: no progress, no notices
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,

    /// When to use colour; auto heeds `NO_COLOR` and leaves it out in files and pipes
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub color: ColorWhen,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  attncheck audit reviews.txt                           with the model that is built in
  attncheck audit reviews.txt --model ./my-classifier   with a folder of Hugging Face files
  attncheck heads reviews.txt                           every head of every layer
  attncheck controls                                    how often the verdicts are right
  attncheck controls --model ./my-classifier            how far an audit of it can be trusted
  attncheck methods                                     what each method means
  attncheck figures                                     what gates can be put on";

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Audit the attention maps of each text, and say whether they may be shown as an explanation
    Audit(Box<Audit>),
    /// Look at every head: entropy, mass on special tokens and sinks, agreement with leave-one-out, ablation
    Heads(Box<Heads>),
    /// Audit the audit, on models of which it is known what decides
    Controls(Box<Controls>),
    /// List the figures that gates are judged by
    Figures,
    /// List the methods: what their scores mean, where they come from, what they cost
    Methods,
    /// Print the JSON Schema of a JSON document that attncheck writes
    Schema(Schema),
}

impl Cli {
    /// What was typed; where it makes no sense, clap says so and exits with 2.
    pub fn read() -> Self {
        Self::parse()
    }
}

/// Destinations that make sense; otherwise clap says why not and exits with 2.
pub fn placed(destinations: Result<Vec<Destination>, OutputError>) -> Vec<Destination> {
    destinations
        .unwrap_or_else(|error| Cli::command().error(clap::error::ErrorKind::ArgumentConflict, error).exit())
}
