//! `attncheck`: tells how far a transformer's attention may be believed.

mod cli;
mod commands;
mod terminal;

use std::process::ExitCode;

use cli::Cli;
use terminal::Terminal;

// Large short-lived buffers cost page faults in the system allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::read();
    let terminal = Terminal::new(cli.color.into(), cli.quiet);
    let status = commands::run(&cli.command, terminal).unwrap_or_else(|error| {
        terminal.error(&error);
        error.status()
    });
    ExitCode::from(status as u8)
}
