//! `attncheck completions`

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Cli;

const EXAMPLES: &str = "\
Examples:
  attncheck completions bash > ~/.local/share/bash-completion/completions/attncheck
  attncheck completions fish > ~/.config/fish/completions/attncheck.fish
  attncheck completions zsh > ~/.zfunc/_attncheck       where ~/.zfunc is in $fpath

Exit status: 0 printed, 2 not.";

/// Print the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl CompletionsArgs {
    /// The script that the shell reads.
    pub fn script(&self) -> String {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "attncheck", &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}
