//! From a plan to a report: examples × methods, in parallel, in order.

pub(crate) mod bench;
pub(crate) mod convert;
mod erasures;
pub(crate) mod evidence;
pub mod example;
mod failure;
mod heads;
mod labels;
pub mod observer;
pub mod plan;
mod plausibility;
pub mod power;
pub mod protocol;
pub(crate) mod run;
pub(crate) mod summary;
mod text;
pub mod verdict;

use std::sync::atomic::AtomicBool;

pub use example::Findings;
pub use failure::Failure;
pub use observer::Observer;
pub use plan::{Effort, Plan, TargetKind};
pub use protocol::Protocol;

use crate::error::Error;
use crate::model::source::HubSettings;
use crate::report::heads::HeadsReport;
use crate::report::{Report, SCHEMA_VERSION};
use bench::Bench;

/// Audits every example of the plan's texts.
///
/// The same plan gives the same report, byte for byte, for any number of threads. When `stop` becomes true the
/// examples that were begun are finished and the report is of those that were done.
///
/// # Errors
///
/// Anything that keeps an example from being audited, named with its line; nothing is left out in silence.
pub fn audit(
    plan: &Plan,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Report, Error> {
    let bench = Bench::open(plan, hub, observer)?;
    let (mut examples, interrupted) =
        run::each(&bench.examples.examples, bench.workers(), observer, stop, |example| {
            text::examine(&bench, example)
        })?;
    summary::adjust(&mut examples);
    let summary = summary::summarise(&examples, plan.seed, plan.thresholds.alpha);
    Ok(Report { schema_version: SCHEMA_VERSION, settings: bench.settings(), examples, summary, interrupted })
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
) -> Result<HeadsReport, Error> {
    let bench = Bench::open(plan, hub, observer)?;
    let (examples, interrupted) =
        run::each(&bench.examples.examples, bench.workers(), observer, stop, |example| {
            heads::examine(&bench, example)
        })?;
    let summary = heads::summarise(&examples, plan.seed, plan.thresholds.alpha);
    Ok(HeadsReport {
        schema_version: SCHEMA_VERSION,
        settings: bench.settings(),
        examples,
        summary,
        interrupted,
    })
}
