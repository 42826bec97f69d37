//! The command line program.

use std::process::ExitCode;

use attncheck::error::ExitStatus;
use attncheck::{app, cli, terminal};

// Large short-lived buffers cost page faults in the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let status = app::run(&cli::parse()).unwrap_or_else(|error| {
        terminal::complain(&error);
        match error {
            attncheck::error::Error::Interrupted => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    });
    ExitCode::from(status as u8)
}
