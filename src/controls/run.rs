//! Every trial of a grid, and what came of them.

use std::sync::atomic::AtomicBool;

use super::classifier::ShortcutModel;
use super::error::{ControlError, ControlsError};
use super::grid::{Grid, Trial};
use super::shortcut::ShortcutRecipe;
use super::tally::Tally;
use super::trial::{self, Audited};
use crate::audit::Observer;
use crate::audit::run::{self, Work, Workers};
use crate::report::controls::{ControlsReport, ControlsSettings, Goal, VerdictRates};
use crate::report::shortcut::ShortcutReport;
use crate::report::summary::Estimate;
use crate::report::{Measure, SCHEMA_VERSION};

/// The highest rate of false support and of false contradiction that is a goal, at every n.
const ALARMS: f64 = 0.05;

/// The least power that is a goal, at [`WORDS`] words and λ = 1.
const POWER: f64 = 0.9;

/// The number of words at which power is a goal.
const WORDS: usize = 20;

/// What a worker does at a time: train a classifier or examine a planted text.
enum Job<'g> {
    Train(&'g ShortcutRecipe),
    Examine(Trial),
}

/// The weight of training a classifier: the time of so many trials on twenty words.
const TRAINING: f64 = 60.0;

impl Job<'_> {
    /// How long it takes, in trials on twenty words.
    fn weight(&self) -> f64 {
        match self {
            Self::Train(_) => TRAINING,
            Self::Examine(trial) => trial.words as f64 / WORDS as f64,
        }
    }
}

/// What came of a job; a classifier that did not learn is missing with the reason.
enum Done {
    Trained(Measure<ShortcutReport>),
    Examined(Audited),
}

/// Audits the audit: every trial and classifier of the grid, in parallel, with the same numbers for any number of threads.
///
/// When `stop` becomes true the trials that were begun are finished and the report is of those that were done.
///
/// # Errors
///
/// Where a model cannot be built or the engine fails. A classifier that did not learn is missing with that reason.
pub fn controls(
    grid: &Grid,
    threads: Option<usize>,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<ControlsReport, ControlsError> {
    let protocol = trial::protocol();
    // The longest first, so that no worker begins one when the others are done.
    let train = grid.shortcuts.iter().map(Job::Train);
    let jobs: Vec<Job> = train.chain(grid.trials().into_iter().map(Job::Examine)).collect();
    let workers = Workers { threads, side_by_side: true };
    let (mut shortcuts, mut trials) = (Vec::new(), Vec::new());
    let work = Work {
        examine: |job: &Job<'_>| match job {
            Job::Train(recipe) => trained(recipe, grid.held_out).map(Done::Trained),
            Job::Examine(trial) => trial::run(trial, &protocol).map(Done::Examined),
        },
        large: |_: &Job<'_>| false,
        weight: Job::weight,
    };
    let interrupted = run::each(&jobs, workers, observer, stop, &work, |done| {
        match done {
            Done::Trained(report) => shortcuts.push(report),
            Done::Examined(audited) => trials.push(audited),
        }
        Ok(())
    })?;
    trial::settle(&mut trials, protocol.thresholds.alpha);
    let tally = Tally { grid, trials: &trials };
    let (verdicts, doses) = (tally.verdicts(), tally.doses());
    let mut goals = goals(&verdicts);
    goals.push(Goal {
        name: "dose–response never falls".to_owned(),
        limit: 0.0,
        found: None,
        at: doses.iter().filter(|d| !d.monotone).map(|d| d.kind.as_str()).collect::<Vec<_>>().join(", "),
        holds: doses.iter().all(|dose| dose.monotone),
    });
    Ok(ControlsReport {
        schema_version: SCHEMA_VERSION,
        settings: ControlsSettings {
            attncheck: env!("CARGO_PKG_VERSION").to_owned(),
            set: grid.name.to_owned(),
            seed: grid.seed,
            kinds: grid.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            words: grid.words.clone(),
            lambdas: grid.lambdas.iter().map(|(at, _)| *at).collect(),
            heads: grid.heads.clone(),
            texts: grid.lambdas.iter().map(|(_, texts)| *texts).collect(),
            operator: protocol.operator.name().to_owned(),
            second_operator: protocol.second_operator().name().to_owned(),
            effort: protocol.budget.name.to_owned(),
            thresholds: protocol.thresholds.clone(),
        },
        trials: trials.len(),
        goals,
        confusion: tally.confusion(),
        doses,
        truth: tally.truth(),
        divergences: tally.divergences(),
        power: tally.power(),
        verdicts,
        shortcuts,
        interrupted,
    })
}

fn trained(recipe: &ShortcutRecipe, texts: u64) -> Result<Measure<ShortcutReport>, ControlsError> {
    match ShortcutModel::train(recipe.clone()) {
        Ok(model) => Ok(Measure::of(model.precisions(texts).map_err(ControlError::from)?)),
        Err(error @ ControlError::NotLearned { .. }) => {
            Ok(Measure { value: None, reason: Some(format!("seed {}: {error}", recipe.seed)) })
        }
        Err(error) => Err(error.into()),
    }
}

fn goals(verdicts: &[VerdictRates]) -> Vec<Goal> {
    let wanted =
        verdicts.iter().filter(|rates| matches!(rates.verdict.as_str(), "supported" | "contradicted"));
    wanted
        .flat_map(|rates| {
            let by_words = |all: &[crate::report::controls::Level]| -> Vec<(f64, Estimate)> {
                all.iter().filter_map(|level| Some((level.at, level.rate.value.clone()?))).collect()
            };
            let worst = by_words(&rates.false_alarms.words)
                .into_iter()
                .max_by(|a, b| a.1.estimate.total_cmp(&b.1.estimate));
            let power = by_words(&rates.power.words).into_iter().find(|(at, _)| *at as usize == WORDS);
            let goal =
                |name: String, limit: f64, found: Option<(f64, Estimate)>, fits: fn(f64, f64) -> bool| Goal {
                    name,
                    limit,
                    at: found.as_ref().map(|(at, _)| format!("n = {at}")).unwrap_or_default(),
                    holds: found.as_ref().is_some_and(|(_, found)| fits(found.estimate, limit)),
                    found: found.map(|(_, found)| found),
                };
            [
                goal(format!("false {} at every n", rates.verdict), ALARMS, worst, |found, most| {
                    found <= most
                }),
                goal(format!("power of {} at n = {WORDS}", rates.verdict), POWER, power, |found, least| {
                    found >= least
                }),
            ]
        })
        .collect()
}
