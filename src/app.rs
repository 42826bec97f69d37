//! What the program does with what was asked: run, print, tell the exit status.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::audit::{self, Plan};
use crate::error::{Error, ExitStatus};
use crate::model::source::HubSettings;
use crate::output::Sink;
use crate::report::{Render, Style};
use crate::terminal::{self, Bars};

/// What was asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Audit the readings of attention.
    Audit(Job),
    /// Look at every head.
    Heads(Job),
    /// List the methods.
    Methods {
        /// When to use colour.
        colour: Colour,
    },
}

/// A run that gives a report.
#[derive(Debug, Clone)]
pub struct Job {
    /// What to do.
    pub plan: Plan,
    /// Where the report goes.
    pub output: Output,
    /// Show no progress.
    pub quiet: bool,
}

/// Where a report goes, and how.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// A file; standard output where absent.
    pub path: Option<PathBuf>,
    /// When to use colour.
    pub colour: Colour,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Does what was asked.
///
/// # Errors
///
/// What kept it from being done; nothing was printed then.
pub fn run(command: &Command) -> Result<ExitStatus, Error> {
    match command {
        Command::Methods { colour } => {
            let mut out = Vec::new();
            crate::report::text::methods(&mut out, style(*colour, true)).map_err(to_stdout)?;
            terminal::print(&out).map_err(to_stdout)?;
            Ok(ExitStatus::Done)
        }
        Command::Audit(job) => {
            let sink = Sink::open(job.output.path.as_deref())?;
            let report = audit::audit(&job.plan, &hub(job), &Bars::new(job.quiet), &on_interrupt())?;
            finish(job, sink, &report, report.interrupted)
        }
        Command::Heads(job) => {
            let sink = Sink::open(job.output.path.as_deref())?;
            let report = audit::heads(&job.plan, &hub(job), &Bars::new(job.quiet), &on_interrupt())?;
            finish(job, sink, &report, report.interrupted)
        }
    }
}

fn hub(job: &Job) -> HubSettings {
    let mut settings = HubSettings::from_env();
    settings.offline |= job.plan.offline;
    settings
}

/// Becomes true at the first Ctrl-C: what was begun is finished and reported. A second one ends at once.
fn on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    // Where no handler can be set, Ctrl-C ends the process as usual.
    let _ = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(ExitStatus::Interrupted as i32);
        }
    });
    stop
}

fn style(colour: Colour, stdout: bool) -> Style {
    Style { color: match colour {
        Colour::Auto if !stdout => false,
        asked => terminal::colour(asked),
    }, width: if stdout { terminal::width() } else { 80 } }
}

fn finish<R: Render>(job: &Job, sink: Sink, report: &R, interrupted: bool) -> Result<ExitStatus, Error> {
    let mut out = Vec::new();
    let rendered = match job.output.format {
        Format::Text => report.text(&mut out, style(job.output.colour, job.output.path.is_none())),
        Format::Json => report.json(&mut out),
    };
    rendered.map_err(to_stdout)?;
    sink.write(&out)?;
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}

fn to_stdout(source: io::Error) -> Error {
    Error::Output { path: PathBuf::from("standard output"), source }
}
