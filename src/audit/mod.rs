//! From a plan to a report: examples × methods, in parallel, in order.

pub(crate) mod agreement;
pub mod answer;
mod baseline;
pub(crate) mod bench;
mod beyond;
mod claims;
mod continued;
mod convert;
mod counterparts;
mod erasures;
mod error;
pub(crate) mod estimate;
pub(crate) mod evidence;
mod examination;
pub(crate) mod examine;
mod failure;
pub mod figures;
mod findings;
pub mod gate;
mod gates;
mod heads;
pub(crate) mod labels;
pub mod ledger;
pub mod log;
mod mixing;
pub mod observer;
mod opened;
pub(crate) mod origin;
mod outliers;
pub mod paired;
pub mod plan;
mod plausibility;
pub mod power;
mod prepare;
pub mod protocol;
mod provenance;
pub(crate) mod question;
mod refused;
pub(crate) mod run;
mod settings;
pub mod shape;
mod steps;
mod summary;
mod swaps;
mod text;
mod translation;
pub mod verdict;
mod warnings;
mod whole;

use std::sync::atomic::AtomicBool;

pub use continued::ContinuationError;
pub use error::AuditError;
pub use failure::Failure;
pub use figures::Figure;
pub use findings::Findings;
pub use gate::{Gate, GateError};
pub use ledger::Ledger;
pub use log::{Earlier, Log};
pub use observer::Observer;
pub use plan::{Plan, TargetKind};
pub use protocol::{Effort, Protocol};
pub use refused::{BaselineError, ResumeError};
pub use translation::TranslationError;

use crate::missing::Missing;
use crate::model::source::HubSettings;
use crate::report::heads::HeadsReport;
use crate::report::mixing::MixingReport;
use crate::report::{Drawn, ExampleReports, FailureReport, Report, SCHEMA_VERSION, Spool};
use baseline::EarlierReport;
use bench::Bench;
use claims::Claims;
use gates::Gates;
use question::Question;
use shape::Shape;
use summary::RunningSummary;
use text::Failed;

/// Audits every example of the plan's texts.
///
/// The same plan gives the same report, byte for byte, for any number of threads, and whether or not it was taken up
/// from an earlier run's log. When `stop` becomes true the examples that were begun are finished and the report is of
/// those that were done. An example that cannot be audited is among the failures, unless none can.
///
/// # Errors
///
/// Anything that keeps the examples from being audited; nothing is left out in silence.
pub fn audit(
    plan: &Plan,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
    log: &mut dyn Log,
) -> Result<Report, AuditError> {
    // What model it is shows when it is open.
    let shape = Shape::under(&Protocol { bounded: true, over_source: true, ..plan.protocol(true) });
    let gates = Gates::of(&plan.gates, plan.gate_on, &shape, plan.baseline_report.is_some())?;
    let baseline = plan.baseline_report.as_deref().map(EarlierReport::read).transpose()?;
    let bench = Bench::open(plan, hub, observer)?;
    gates.check(&Shape::under(&bench.protocol))?;
    baseline.as_ref().map_or(Ok(()), |baseline| baseline.check(&bench.settings()))?;
    audit_with(&bench, &gates, baseline.as_ref(), observer, stop, log)
}

/// Audits what was opened, without gates, baseline or log: a side of a comparison.
pub(crate) fn audit_alone(
    bench: &Bench,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Report, AuditError> {
    audit_with(bench, &Gates::default(), None, observer, stop, &mut ())
}

/// Audits what was opened.
fn audit_with(
    bench: &Bench,
    gates: &Gates,
    baseline: Option<&EarlierReport>,
    observer: &dyn Observer,
    stop: &AtomicBool,
    log: &mut dyn Log,
) -> Result<Report, AuditError> {
    let (settings, plan) = (bench.settings(), &bench.plan);
    let earlier = log.begin(&settings)?;
    let all = &bench.questions;
    let done = earlier.done(all)?;
    let mut run = Run::of(earlier)?;
    let examine = |asked: &Question| text::outcome(&asked.example, text::examine(bench, asked));
    let work = bench.work(examine);
    let rest = run::each(&all[done..], bench.workers(), observer, stop, &work, |found| match found {
        Ok((example, drawn)) => {
            log.example(&example)?;
            run.claims.push(&example);
            if plan.page {
                run.drawn.push(&drawn)?;
            }
            Ok(run.examples.push(&example)?)
        }
        Err(failed) => {
            log.failure(&failed.report)?;
            run.fail(failed);
            Ok(())
        }
    });
    let interrupted = match rest {
        Err(AuditError::Interrupted) if done > 0 => true,
        rest => rest?,
    };
    if run.examples.is_empty() && !run.failures.is_empty() {
        return Err(none_audited(run.failures.len(), run.first));
    }
    let alpha = plan.thresholds.alpha;
    let mut gathered = RunningSummary::default();
    let examples =
        run.claims.settle(&run.examples, alpha, |example| gathered.push(example, &plan.thresholds))?;
    run.failures.iter().for_each(|_| gathered.ledger.fail());
    let estimates = gathered.ledger.estimates(plan.seed, alpha);
    let mut summary = gathered.summary(&estimates, plan.seed, &plan.thresholds);
    gathered.tell_translation(&mut summary, plan.seed);
    summary.continuations = gathered.continuations(plan.seed, bench.protocol.budget.permutations);
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        answer: summary.sentences(),
        readings: summary.verdicts(),
        settings,
        examples,
        drawn: run.drawn,
        failures: run.failures,
        summary,
        gates: Vec::new(),
        interrupted,
    };
    let pairs = baseline.map(|baseline| baseline.pairs(&report)).transpose()?;
    let change = |name: &str| {
        let found = pairs.as_ref().and_then(|pairs| pairs.change(name, plan.seed, alpha));
        found.map_or_else(|| Err(Missing::NoPairs).into(), |change| change.difference)
    };
    report.gates = gates.judge(|name| estimates.get(name), change, &report.summary.failed);
    log.end(&report.summary, &report.gates, interrupted)?;
    Ok(report)
}

/// What has been done so far of a run.
#[derive(Default)]
struct Run {
    claims: Claims,
    examples: ExampleReports,
    drawn: Spool<Option<Drawn>>,
    failures: Vec<FailureReport>,
    /// Why the first example that failed did, as an error.
    first: Option<AuditError>,
}

impl Run {
    fn of(earlier: Earlier) -> Result<Self, AuditError> {
        let mut run = Self::default();
        for example in earlier.examples.iter() {
            run.claims.push(&example?);
            run.drawn.push(&None)?;
        }
        Ok(Self { examples: earlier.examples, failures: earlier.failures, ..run })
    }

    fn fail(&mut self, failed: Failed) {
        self.failures.push(failed.report);
        self.first.get_or_insert(failed.error);
    }
}

/// Why there is no report: no example could be audited, and the first of them says why.
fn none_audited(examples: usize, first: Option<AuditError>) -> AuditError {
    match first {
        Some(first) if examples == 1 => first,
        first => AuditError::NoneAudited { examples, first: first.map(Box::new) },
    }
}

/// What was made of the examples, without a verdict.
struct Looked<T> {
    examples: Vec<T>,
    failures: Vec<FailureReport>,
    interrupted: bool,
}

/// Looks at every example of the bench, in their order.
fn looked_at<T: Send>(
    bench: &Bench,
    observer: &dyn Observer,
    stop: &AtomicBool,
    look: impl Fn(&Question) -> Result<T, AuditError> + Sync,
) -> Result<Looked<T>, AuditError> {
    let (mut examples, mut run) = (Vec::new(), Run::default());
    let take = |found| {
        match found {
            Ok(example) => examples.push(example),
            Err(failed) => run.fail(failed),
        }
        Ok(())
    };
    let work = bench.work(|asked: &Question| text::outcome(&asked.example, look(asked)));
    let interrupted = run::each(&bench.questions, bench.workers(), observer, stop, &work, take)?;
    if examples.is_empty() && !run.failures.is_empty() {
        return Err(none_audited(run.failures.len(), run.first));
    }
    Ok(Looked { examples, failures: run.failures, interrupted })
}

/// Looks at every head of every layer, on every example of the plan's texts.
///
/// # Errors
///
/// As [`audit`].
pub fn heads(
    plan: &Plan,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<HeadsReport, AuditError> {
    let bench = Bench::open(plan, hub, observer)?;
    let looked = looked_at(&bench, observer, stop, |asked| heads::examine(&bench, asked))?;
    let Looked { examples, failures, interrupted } = looked;
    let summary = heads::summarise(&examples, plan.seed, plan.thresholds.alpha);
    Ok(HeadsReport {
        schema_version: SCHEMA_VERSION,
        settings: bench.settings(),
        examples,
        failures,
        summary,
        interrupted,
    })
}

/// Looks at what the states behind every layer are made of, on every example of the plan's texts; the gradient form with so
/// many random directions, unless there are none.
///
/// # Errors
///
/// As [`audit`].
pub fn mixing(
    plan: &Plan,
    directions: usize,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<MixingReport, AuditError> {
    let mut bench = Bench::open(plan, hub, observer)?;
    bench.ask_sources();
    let looked = looked_at(&bench, observer, stop, |asked| mixing::examine(&bench, asked, directions))?;
    let Looked { examples, failures, interrupted } = looked;
    let summary = mixing::summarise(&examples, plan.seed);
    Ok(MixingReport {
        schema_version: SCHEMA_VERSION,
        settings: bench.settings(),
        directions,
        examples,
        failures,
        summary,
        interrupted,
    })
}
