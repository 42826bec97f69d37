//! `attncheck`: tells how far a transformer's attention may be believed.

mod cli;
mod terminal;

use std::path::Path;
use std::process::ExitCode;

// Large short-lived buffers cost page faults in the system allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use attncheck::error::{Error, ExitStatus};
use attncheck::report::text::methods;
use attncheck::{audit, controls};
use cli::{Cli, Command};
use terminal::Terminal;

fn main() -> ExitCode {
    let cli = Cli::read();
    let terminal = Terminal::new(cli.color.into(), cli.quiet);
    let status = run(&cli.command, terminal).unwrap_or_else(|error| {
        terminal.error(&error, error.hint());
        if matches!(error, Error::Interrupted) { ExitStatus::Interrupted } else { ExitStatus::Failed }
    });
    ExitCode::from(status as u8)
}

fn run(command: &Command, terminal: Terminal) -> Result<ExitStatus, Error> {
    let interrupted = match command {
        Command::Audit(args) => {
            let plan = args.plan();
            terminal.check(args.output.file(), &plan.input)?;
            let report = audit::audit(&plan, &args.hub(), &terminal.progress(), terminal::interruption())?;
            terminal.print(&report, args.output.format(), args.output.file())?;
            report.interrupted
        }
        Command::Heads(args) => {
            let plan = args.plan();
            terminal.check(args.output.file(), &plan.input)?;
            let report = audit::heads(&plan, &args.hub(), &terminal.progress(), terminal::interruption())?;
            terminal.print(&report, args.output.format(), args.output.file())?;
            report.interrupted
        }
        Command::Controls(args) => {
            let stop = terminal::interruption();
            if let Some((plan, texts)) = args.plan() {
                terminal.check(args.output.file(), &plan.input)?;
                let report = controls::model::model(&plan, texts, &args.hub(), &terminal.progress(), stop)?;
                terminal.print(&report, args.output.format(), args.output.file())?;
                return Ok(ExitStatus::Done);
            }
            terminal.check(args.output.file(), Path::new(""))?;
            let report = controls::controls(&args.grid(), args.threads, &terminal.progress(), stop)?;
            terminal.print(&report, args.output.format(), args.output.file())?;
            if !report.interrupted && report.goals.iter().any(|goal| !goal.holds) {
                return Ok(ExitStatus::GateFailed);
            }
            report.interrupted
        }
        Command::Methods => {
            terminal.write(&methods(terminal.text(None)), None)?;
            false
        }
    };
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}
