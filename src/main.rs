//! `attncheck`: tells how far a transformer's attention may be believed.

mod cli;
mod terminal;

use std::path::Path;
use std::process::ExitCode;

// Large short-lived buffers cost page faults in the system allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use attncheck::error::{Error, ExitStatus};
use attncheck::report::text::{figures, methods};
use attncheck::report::{Json, Render};
use attncheck::{audit, controls};
use cli::{Cli, Command, Config};
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
    let stop = terminal::interruption();
    let interrupted = match command {
        Command::Audit(args) => {
            let plan = args.plan(configured(args.gating.config.as_deref())?);
            let places = cli::placed(args.output.destinations());
            terminal.check(&places, &plan.input)?;
            let mut log = terminal.log(&places, args.resume)?;
            let report = audit::audit(&plan, &args.hub(), &terminal.progress(), stop, &mut log)?;
            terminal.print_audit(&report, &places)?;
            if args.strict && !report.failures.is_empty() {
                return Ok(ExitStatus::Failed);
            }
            if !report.interrupted && report.gates.iter().any(|gate| !gate.passed) {
                return Ok(ExitStatus::GateFailed);
            }
            report.interrupted
        }
        Command::Heads(args) => {
            let plan = args.plan();
            let places = cli::placed(args.output.destinations());
            terminal.check(&places, &plan.input)?;
            let report = audit::heads(&plan, &args.hub(), &terminal.progress(), stop)?;
            terminal.print(&report, &places)?;
            report.interrupted
        }
        Command::Controls(args) => {
            let places = cli::placed(args.output.destinations());
            if let Some((plan, texts)) = args.plan() {
                terminal.check(&places, &plan.input)?;
                let report = controls::model::model(&plan, texts, &args.hub(), &terminal.progress(), stop)?;
                terminal.print(&report, &places)?;
                return Ok(ExitStatus::Done);
            }
            terminal.check(&places, Path::new(""))?;
            let report = controls::controls(&args.grid(), args.threads, &terminal.progress(), stop)?;
            terminal.print(&report, &places)?;
            if !report.interrupted && report.goals.iter().any(|goal| !goal.holds) {
                return Ok(ExitStatus::GateFailed);
            }
            report.interrupted
        }
        Command::Figures => {
            terminal.write(figures(terminal.text(None), &audit::figures::listing()).as_bytes())?;
            false
        }
        Command::Methods => {
            terminal.write(methods(terminal.text(None)).as_bytes())?;
            false
        }
        Command::Schema(args) => {
            terminal.write(Json.rendered(&args.document().schema())?.as_bytes())?;
            false
        }
    };
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}

/// The configuration file, or an empty one.
fn configured(path: Option<&Path>) -> Result<Config, Error> {
    let Some(path) = path else { return Ok(Config::default()) };
    let failed = |source| Error::Config { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.into()))?;
    Config::parse(&text).map_err(|error| failed(error.into()))
}
