//! A function per subcommand: what was typed becomes a plan, the plan a report, the report what is printed.

mod guide;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::audit::Plan;
use attncheck::error::{Error, ExitStatus};
use attncheck::inputs::{InputRole, Inputs};
use attncheck::report::text::{figures, methods};
use attncheck::report::write::WriteError;
use attncheck::report::{GateResult, Json, Render, Report};
use attncheck::{align, audit, compare, controls, report};

use crate::cli::{
    AlignArgs, AuditArgs, Command, CompareArgs, Config, ControlsArgs, HeadsArgs, MixingArgs, SchemaArgs,
    SeedsArgs, Sides, man_page,
};
use crate::terminal::{Places, Terminal, columns, interruption};

/// Does what was asked for. What ends with another status than 0 has been told, by a report on standard output or by
/// the error.
pub fn run(command: &Command, terminal: Terminal) -> Result<ExitStatus, Error> {
    let at = At { terminal, stop: interruption(terminal) };
    match command {
        Command::Audit(args) => at.audit(args),
        Command::Heads(args) => at.heads(args),
        Command::Mixing(args) => at.mixing(args),
        Command::Compare(args) => at.compare(args),
        Command::Seeds(args) => at.seeds(args),
        Command::Align(args) => at.align(args),
        Command::Controls(args) => at.controls(args),
        Command::Figures => at.write(&figures(terminal.listing(), &audit::figures::listing())),
        Command::Methods => at.write(&methods(terminal.listing())),
        Command::Guide(args) => at.write(&guide::printed(args.topic(), columns())),
        Command::Schema(args) => at.schema(args),
        Command::Completions(args) => at.write(&args.script()),
        Command::Man => at.write(&man_page().map_err(WriteError::Stdout)?),
    }
}

/// Where it is done: what is printed goes there, and what stops it comes from there.
struct At {
    terminal: Terminal,
    stop: &'static AtomicBool,
}

impl At {
    fn audit(&self, args: &AuditArgs) -> Result<ExitStatus, Error> {
        let (plan, hub) = (args.plan(configured(args.gating.config.as_deref())?), args.hub());
        let inputs = Inputs::of(&plan, &hub).file(InputRole::Config, args.gating.config.as_ref());
        let places = Places::of(&args.output.destinations(), inputs)?;
        // The exit status is wanted too where something decides it.
        let wanted = args.strict || !plan.gates.is_empty();
        let mut log = self.terminal.log(&places, args.resume, wanted)?;
        let report = audit::audit(&plan, &hub, &self.terminal.progress(), self.stop, &mut log)?;
        self.terminal.print_audit(&report, &places, args.output.summary)?;
        log.check()?;
        let done = report.examples.len() + report.failures.len();
        whole(report.interrupted, (done, report.settings.input.examples, "texts"), log.is_file())?;
        if args.strict {
            none_failed(&report)?;
        }
        gated(&report.gates, &places)
    }

    fn heads(&self, args: &HeadsArgs) -> Result<ExitStatus, Error> {
        let (plan, hub) = (args.plan(), args.hub());
        let places = Places::of(&args.output.destinations(), Inputs::of(&plan, &hub))?;
        let report = audit::heads(&plan, &hub, &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        let done = report.examples.len() + report.failures.len();
        whole(report.interrupted, (done, report.settings.input.examples, "texts"), false)?;
        Ok(ExitStatus::Done)
    }

    fn mixing(&self, args: &MixingArgs) -> Result<ExitStatus, Error> {
        let (plan, hub) = (args.plan(), args.hub());
        let places = Places::of(&args.output.destinations(), Inputs::of(&plan, &hub))?;
        let report = audit::mixing(&plan, args.directions, &hub, &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        let done = report.examples.len() + report.failures.len();
        whole(report.interrupted, (done, report.settings.input.examples, "texts"), false)?;
        Ok(ExitStatus::Done)
    }

    fn compare(&self, args: &CompareArgs) -> Result<ExitStatus, Error> {
        let (destinations, hub) = (args.output.destinations(), args.hub());
        match args.sides() {
            Sides::Models(plan, [a, b]) => {
                let inputs = Inputs::of(&plan, &hub).models([&a, &b], &hub);
                let places = Places::of(&destinations, inputs)?;
                let report = compare::compare(&plan, [&a, &b], &hub, &self.terminal.progress(), self.stop)?;
                self.terminal.print(&report, &places)?;
                let done = report.pairs.len() + report.unpaired.len();
                whole(report.interrupted, (done, report.a.input.examples, "texts"), false)?;
            }
            Sides::Reports(paths) => {
                let inputs =
                    paths.iter().fold(Inputs::none(), |all, path| all.file(InputRole::Report, Some(path)));
                let places = Places::of(&destinations, inputs)?;
                let [a, b] = paths
                    .map(|path| report::read::read(&path).map_err(|source| Error::Report { path, source }));
                self.terminal.print(&compare::compare_reports(&a?, &b?)?, &places)?;
            }
        }
        Ok(ExitStatus::Done)
    }

    fn seeds(&self, args: &SeedsArgs) -> Result<ExitStatus, Error> {
        let (plan, hub): (Plan, _) = (args.plan(), args.hub());
        let inputs = Inputs::of(&plan, &hub).models(&args.models, &hub);
        let places = Places::of(&args.output.destinations(), inputs)?;
        let report = compare::seeds(&plan, &args.models, &hub, &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        let all = report.checkpoints.first().map_or(0, |settings| settings.input.examples);
        whole(report.interrupted, (report.examples.len(), all, "texts"), false)?;
        Ok(ExitStatus::Done)
    }

    fn align(&self, args: &AlignArgs) -> Result<ExitStatus, Error> {
        let (plan, hub) = (args.plan(), args.hub());
        let places = Places::of(&args.output.destinations(), Inputs::of_links(&plan, &hub))?;
        let report = align::align(&plan, &hub, &self.terminal.progress(), self.stop)?;
        self.terminal.print_links(&report, &places)?;
        let done = report.pairs.len() + report.failures.len();
        whole(report.interrupted, (done, report.settings.given, "pairs"), false)?;
        Ok(ExitStatus::Done)
    }

    fn controls(&self, args: &ControlsArgs) -> Result<ExitStatus, Error> {
        let destinations = args.output.destinations();
        if let Some((plan, texts)) = args.plan() {
            let hub = args.hub();
            let places = Places::of(&destinations, Inputs::of(&plan, &hub))?;
            let progress = self.terminal.progress();
            let report = controls::model::model(&plan, texts, &hub, &progress, self.stop)?;
            self.terminal.print(&report, &places)?;
            return Ok(ExitStatus::Done);
        }
        let places = Places::of(&destinations, Inputs::none())?;
        let grid = args.grid();
        let report = controls::controls(&grid, args.threads, &self.terminal.progress(), self.stop)?;
        self.terminal.print(&report, &places)?;
        let done =
            (report.trials + report.shortcuts.len(), grid.trials().len() + grid.shortcuts.len(), "trials");
        whole(report.interrupted, done, false)?;
        let missed = report.goals.iter().filter(|goal| !goal.holds).map(|goal| goal.name.clone());
        reached(missed.collect(), report.goals.len(), "goals", &places)
    }

    fn schema(&self, args: &SchemaArgs) -> Result<ExitStatus, Error> {
        self.write(&Json.rendered(&args.document().schema())?)
    }

    fn write(&self, text: &str) -> Result<ExitStatus, Error> {
        self.terminal.write(text)?;
        Ok(ExitStatus::Done)
    }
}

/// A run that was stopped says how much of it the report is of, and is held to nothing.
fn whole(
    interrupted: bool,
    (done, all, what): (usize, usize, &'static str),
    resumable: bool,
) -> Result<(), Error> {
    if interrupted { Err(Error::Partial { done, all, what, resumable }) } else { Ok(()) }
}

fn none_failed(report: &Report) -> Result<(), Error> {
    let Some(first) = report.failures.first() else { return Ok(()) };
    let failed = report.failures.len();
    let examples = failed + report.examples.len();
    Err(Error::NotAll { failed, examples, line: first.line, why: first.error.clone() })
}

fn gated(gates: &[GateResult], places: &Places) -> Result<ExitStatus, Error> {
    let failed = gates.iter().filter(|gate| !gate.passed).map(|gate| gate.gate.clone());
    reached(failed.collect(), gates.len(), "gates", places)
}

/// What was not reached is told here where no report on standard output says it.
fn reached(
    failed: Vec<String>,
    all: usize,
    what: &'static str,
    places: &Places,
) -> Result<ExitStatus, Error> {
    match (failed.is_empty(), places.has_stdout()) {
        (true, _) => Ok(ExitStatus::Done),
        (false, true) => Ok(ExitStatus::GateFailed),
        (false, false) => Err(Error::NotReached { failed, all, what }),
    }
}

/// The configuration file, or an empty one.
fn configured(path: Option<&Path>) -> Result<Config, Error> {
    let Some(path) = path else { return Ok(Config::default()) };
    let failed = |source| Error::Config { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.into()))?;
    Config::parse(&text).map_err(|error| failed(error.into()))
}
