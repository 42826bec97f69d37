//! A function per subcommand: what was typed becomes a plan, the plan a report, the report what is printed.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::error::{Error, ExitStatus};
use attncheck::report::text::{figures, methods};
use attncheck::report::{Json, Render};
use attncheck::{audit, controls, report};

use crate::cli::{Audit, Command, Compare, Config, Controls, Heads, Schema, Seeds, Sides, placed};
use crate::terminal::{Terminal, interruption};

/// Does what was asked for.
pub fn run(command: &Command, terminal: Terminal) -> Result<ExitStatus, Error> {
    let at = At { terminal, stop: interruption() };
    match command {
        Command::Audit(args) => at.audit(args),
        Command::Heads(args) => at.heads(args),
        Command::Compare(args) => at.compare(args),
        Command::Seeds(args) => at.seeds(args),
        Command::Controls(args) => at.controls(args),
        Command::Figures => at.write(&figures(terminal.text(None), &audit::figures::listing())),
        Command::Methods => at.write(&methods(terminal.text(None))),
        Command::Schema(args) => at.schema(args),
    }
}

/// Where it is done: what is printed goes there, and what stops it comes from there.
struct At {
    terminal: Terminal,
    stop: &'static AtomicBool,
}

impl At {
    fn audit(&self, args: &Audit) -> Result<ExitStatus, Error> {
        let plan = args.plan(configured(args.gating.config.as_deref())?);
        let places = placed(args.output.destinations());
        self.terminal.check(&places, &plan.input)?;
        let mut log = self.terminal.log(&places, args.resume)?;
        let report = audit::audit(&plan, &args.hub(), &self.terminal.progress(), self.stop, &mut log)?;
        self.terminal.print_audit(&report, &places)?;
        if args.strict && !report.failures.is_empty() {
            return Ok(ExitStatus::Failed);
        }
        Ok(settled(report.interrupted, report.gates.iter().all(|gate| gate.passed)))
    }

    fn heads(&self, args: &Heads) -> Result<ExitStatus, Error> {
        let plan = args.plan();
        let places = placed(args.output.destinations());
        self.terminal.check(&places, &plan.input)?;
        let report = audit::heads(&plan, &args.hub(), &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        Ok(settled(report.interrupted, true))
    }

    fn compare(&self, args: &Compare) -> Result<ExitStatus, Error> {
        let places = placed(args.output.destinations());
        let report = match args.sides() {
            Sides::Models(plan, [a, b]) => {
                self.terminal.check(&places, &plan.input)?;
                audit::compare(&plan, [&a, &b], &args.hub(), &self.terminal.progress(), self.stop)?
            }
            Sides::Reports(paths) => {
                paths.iter().try_for_each(|path| self.terminal.check(&places, path))?;
                let [a, b] = paths
                    .map(|path| report::read::read(&path).map_err(|source| Error::Report { path, source }));
                audit::compare_reports(&a?, &b?)?
            }
        };
        self.terminal.print(&report, &places)?;
        Ok(settled(report.interrupted, true))
    }

    fn seeds(&self, args: &Seeds) -> Result<ExitStatus, Error> {
        let plan = args.plan();
        let places = placed(args.output.destinations());
        self.terminal.check(&places, &plan.input)?;
        let report = audit::seeds(&plan, &args.models, &args.hub(), &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        Ok(settled(report.interrupted, true))
    }

    fn controls(&self, args: &Controls) -> Result<ExitStatus, Error> {
        let places = placed(args.output.destinations());
        if let Some((plan, texts)) = args.plan() {
            self.terminal.check(&places, &plan.input)?;
            let progress = self.terminal.progress();
            let report = controls::model::model(&plan, texts, &args.hub(), &progress, self.stop)?;
            self.terminal.print(&report, &places)?;
            return Ok(ExitStatus::Done);
        }
        self.terminal.check(&places, Path::new(""))?;
        let report = controls::controls(&args.grid(), args.threads, &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        Ok(settled(report.interrupted, report.goals.iter().all(|goal| goal.holds)))
    }

    fn schema(&self, args: &Schema) -> Result<ExitStatus, Error> {
        self.write(&Json.rendered(&args.document().schema())?)
    }

    fn write(&self, text: &str) -> Result<ExitStatus, Error> {
        self.terminal.write(text.as_bytes())?;
        Ok(ExitStatus::Done)
    }
}

/// How a run that printed its report ends; what was interrupted is held to nothing.
fn settled(interrupted: bool, reached: bool) -> ExitStatus {
    match (interrupted, reached) {
        (true, _) => ExitStatus::Interrupted,
        (false, true) => ExitStatus::Done,
        (false, false) => ExitStatus::GateFailed,
    }
}

/// The configuration file, or an empty one.
fn configured(path: Option<&Path>) -> Result<Config, Error> {
    let Some(path) = path else { return Ok(Config::default()) };
    let failed = |source| Error::Config { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.into()))?;
    Config::parse(&text).map_err(|error| failed(error.into()))
}
