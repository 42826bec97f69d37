//! What can be typed. The only place that names clap; it turns arguments into a [`Command`] and does no I/O.

mod audit;
mod common;
mod heads;

use clap::{Parser, Subcommand, ValueEnum};

use crate::app::{Colour, Command};

/// Tells how far a transformer's attention may be believed
#[derive(Debug, Parser)]
#[command(
    name = "attncheck",
    version,
    about = "Tells, per example and per map, how far a transformer's attention may be believed",
    after_help = "Exit status: 0 audited, 2 could not audit, 130 interrupted (what was done is reported).",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    color: When,

    /// Print no progress
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Audit every example of a text file and say which maps may be believed
    Audit(audit::Args),
    /// Look at every head of every layer: entropy, sinks, agreement, ablation
    Heads(heads::Args),
    /// List the methods, what their scores mean, and where they come from
    Methods,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the process's arguments; usage errors and `--help` end the process, as clap does.
#[must_use]
pub fn parse() -> Command {
    let cli = Cli::parse();
    let colour = match cli.color {
        When::Auto => Colour::Auto,
        When::Always => Colour::Always,
        When::Never => Colour::Never,
    };
    match cli.command {
        Subcommands::Audit(args) => Command::Audit(args.job(colour, cli.quiet)),
        Subcommands::Heads(args) => Command::Heads(args.job(colour, cli.quiet)),
        Subcommands::Methods => Command::Methods { colour },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
