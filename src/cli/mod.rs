//! What can be typed, and the plan it makes. Nothing else names clap, and nothing here reads a text or a model.

mod align;
mod audit;
mod choices;
mod compare;
mod completions;
mod controls;
mod gating;
mod guide;
mod heads;
mod man;
mod mixing;
mod output;
mod reading;
mod schema;
mod seeds;
mod shared;
mod values;

use std::ffi::OsString;

use attncheck::report::say::visible;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

pub use align::AlignArgs;
pub use audit::AuditArgs;
pub use compare::{CompareArgs, Sides};
pub use completions::CompletionsArgs;
pub use controls::ControlsArgs;
pub use gating::Config;
pub use guide::GuideArgs;
pub use heads::HeadsArgs;
pub use man::page as man_page;
pub use mixing::MixingArgs;
pub use output::{Destination, Destinations, ReportFormat};
pub use schema::SchemaArgs;
pub use seeds::SeedsArgs;
pub use shared::ColorWhen;

/// Tells, per example and per map, how far a transformer's attention may be believed as an explanation.
///
/// An attention map is tested on three properties: consistency (it ranks the words as independent attributions
/// do), causal relevance (erasing what it highlights moves the prediction more than erasing other words) and
/// robustness (a very different map does not give the same prediction).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
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
  attncheck mixing reviews.txt                          how far states still are their tokens
  attncheck compare ./small ./large reviews.txt         two models, text by text
  attncheck seeds ./s1 ./s2 ./s3 reviews.txt            what another seed of the training gives
  attncheck align pairs.txt --model ./opus-mt-en-fr     words linked by cross-attention
  attncheck controls                                    how often the verdicts are right
  attncheck controls --model ./my-classifier            how far an audit of it can be trusted
  attncheck methods                                     what each method means
  attncheck figures                                     what gates can be put on
  attncheck guide verdicts                              what a verdict rests on

`attncheck guide` lists all that is explained.";

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Audit the attention maps of each text, and say whether they may be shown as an explanation
    Audit(Box<AuditArgs>),
    /// Look at every head: entropy, mass on special tokens and sinks, agreement with leave-one-out, ablation
    Heads(Box<HeadsArgs>),
    /// Look at hidden states: how far each still is its own token, layer by layer
    Mixing(Box<MixingArgs>),
    /// Compare two models on the same texts, or two finished reports
    Compare(Box<CompareArgs>),
    /// Set each counterfactual attention beside what another seed of the training gives
    Seeds(Box<SeedsArgs>),
    /// Link the words of sentences and their translations by cross-attention, and see whether the links are any good
    Align(Box<AlignArgs>),
    /// Audit the audit, on models of which it is known what decides
    Controls(Box<ControlsArgs>),
    /// List the figures that gates are judged by
    Figures,
    /// List the methods: what their scores mean, where they come from, what they cost
    Methods,
    /// Explain: what a verdict rests on, every number, formats, gates, and more
    Guide(GuideArgs),
    /// Print the JSON Schema of a JSON document that attncheck writes
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

impl Cli {
    /// What was typed; where it makes no sense, clap says so and exits with 2.
    ///
    /// clap tells arguments as they are. So where one that is wrong could steer the terminal or a log, it is read again
    /// with that written out.
    pub fn read() -> Self {
        let typed: Vec<OsString> = std::env::args_os().collect();
        Self::try_parse_from(&typed).unwrap_or_else(|error| {
            let shown: Vec<String> =
                typed.iter().map(|argument| visible(&argument.to_string_lossy()).into_owned()).collect();
            if typed.iter().zip(&shown).all(|(typed, shown)| typed == shown.as_str()) {
                error.exit()
            }
            match Self::try_parse_from(&shown) {
                Err(error) => error.exit(),
                Ok(_) => Self::command()
                    .error(
                        ErrorKind::InvalidValue,
                        format!("one of these cannot be read: {}", shown[1..].join(" ")),
                    )
                    .exit(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::builder::ValueParser;

    use super::*;

    #[test]
    fn the_flags_are_sound() {
        Cli::command().debug_assert();
    }

    /// Whoever adds a flag with a path adds it to `Inputs` too, or here where it is written.
    #[test]
    fn every_path_is_an_input_or_an_output() {
        let is_path = |arg: &clap::Arg| arg.get_value_parser().type_id() == ValueParser::path_buf().type_id();
        for command in Cli::command().get_subcommands() {
            let mut paths: Vec<&str> =
                command.get_arguments().filter(|arg| is_path(arg)).map(|arg| arg.get_id().as_str()).collect();
            paths.sort_unstable();
            let known: &[&str] = match command.get_name() {
                "audit" => &["baseline", "config", "file", "gold", "output", "plots"],
                "align" => &["file", "gold", "gold_possible", "output", "plots", "symmetrize"],
                "compare" => &["file", "output", "plots", "reports"],
                "controls" | "heads" | "mixing" | "seeds" => &["file", "output", "plots"],
                _ => &[],
            };
            assert_eq!(paths, known, "{}", command.get_name());
        }
    }
}
