//! Checkpoints that differ in their seed: how far training noise alone moves attention, as the floor under every
//! counterfactual (Wiegreffe & Pinter 2019).

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::error::{CompareError, ComparisonError};
use super::spread::{RunningSpread, seeds_of};
use crate::attribution::{ALL, Basis, Compute, Role};
use crate::audit::bench::Bench;
use crate::audit::observer::Observer;
use crate::audit::paired::Pairs;
use crate::audit::plan::Plan;
use crate::audit::{AuditError, audit_alone};
use crate::input;
use crate::model::source::HubSettings;
use crate::report::compare::Presence;
use crate::report::seeds::{LeftOut, SeedsReport};
use crate::report::settings::Scope;
use crate::report::{ExampleReport, Report, SCHEMA_VERSION, Settings, Spool};

/// The readings whose spread is told: shares of attention, without gradients, one per text.
#[must_use]
pub fn readings() -> Vec<String> {
    let shares = ALL.iter().filter(|method| method.role == Role::Reading && method.basis == Basis::Attention);
    let whole = shares.filter(|method| matches!(method.compute, Compute::Whole(_)));
    whole.map(|method| method.name.to_owned()).collect()
}

/// Checkpoints that make a spread.
pub const LEAST: usize = 3;

/// Audits the plan's texts with every checkpoint and sets the spread between them beside their counterfactuals.
///
/// The plan's own model is not used; only [`readings`] are run, unless the plan names others. Every checkpoint is
/// opened and checked before any is run, and one at a time is in memory.
///
/// # Errors
///
/// Fewer than three checkpoints; checkpoints of different shape or of the same weights; anything that keeps the
/// examples from being audited.
pub fn seeds(
    plan: &Plan,
    models: &[String],
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<SeedsReport, ComparisonError> {
    if models.len() < LEAST {
        return Err(CompareError::TooFew { found: models.len() }.into());
    }
    let texts = input::read(&plan.input, &plan.reading, plan.limit)?;
    let only = if plan.only.is_empty() { readings() } else { plan.only.clone() };
    let open = |model: &String| {
        let plan = Plan { model: Some(model.clone()), only: only.clone(), ..plan.clone() };
        Bench::over(texts.clone(), &plan, hub, observer)
    };
    let settings = models
        .iter()
        .map(|model| Ok(open(model)?.settings()))
        .collect::<Result<Vec<_>, ComparisonError>>()?;
    of_one_model(&settings)?;
    let mut reports: Vec<Report> = Vec::new();
    for model in models {
        if reports.iter().any(|report| report.interrupted) {
            return Err(AuditError::Interrupted.into());
        }
        reports.push(audit_alone(&open(model)?, observer, stop)?);
    }
    gather(settings, &reports)
}

/// Whether all are one model with different weights.
fn of_one_model(settings: &[Settings]) -> Result<(), CompareError> {
    let Some((first, others)) = settings.split_first() else { return Ok(()) };
    for other in others {
        let differences = first.differences(other, Scope::Checkpoints);
        if !differences.is_empty() {
            let (first, other) = (first.model.name.clone(), other.model.name.clone());
            return Err(CompareError::OtherModel { first, other, differences });
        }
    }
    for (i, one) in settings.iter().enumerate() {
        if let Some(other) = settings[..i].iter().find(|other| other.model.sha256 == one.model.sha256) {
            let (first, other) = (other.model.name.clone(), one.model.name.clone());
            return Err(CompareError::SameWeights { first, other });
        }
    }
    Ok(())
}

/// Brings the audits together, text by text.
fn gather(checkpoints: Vec<Settings>, reports: &[Report]) -> Result<SeedsReport, ComparisonError> {
    let Some((first, others)) = reports.split_first() else {
        return Err(CompareError::TooFew { found: 0 }.into());
    };
    let mut places: BTreeMap<usize, Vec<usize>> = (0..first.examples.len()).map(|i| (i, vec![i])).collect();
    let mut left_out: Vec<LeftOut> = Vec::new();
    for (k, other) in others.iter().enumerate() {
        let pairs = Pairs::of(first, other)?;
        for (i, j) in pairs.places() {
            if let Some(all) = places.get_mut(i) {
                all.push(*j);
            }
        }
        places.retain(|_, all| all.len() == k + 2);
        for one in pairs.unpaired() {
            let name = |k: usize| reports[k].settings.model.name.clone();
            let told = |k: usize, presence: &Presence| match presence {
                Presence::Audited => None,
                Presence::Failed { error } => Some(format!("{} could not audit it: {error}", name(k))),
                Presence::Absent => Some(format!("{} was not run on it", name(k))),
            };
            let why = [told(0, &one.a), told(k + 1, &one.b)].into_iter().flatten();
            match left_out
                .iter_mut()
                .find(|known| (&known.id, &known.text, &known.pair) == (&one.id, &one.text, &one.pair))
            {
                Some(known) => {
                    for why in why {
                        if !known.why.contains(&why) {
                            known.why.push(why);
                        }
                    }
                }
                None => left_out.push(LeftOut {
                    id: one.id.clone(),
                    line: one.line,
                    text: one.text.clone(),
                    pair: one.pair.clone(),
                    why: why.collect(),
                }),
            }
        }
    }
    left_out.sort_by_key(|one| one.line);
    if places.is_empty() {
        return Err(CompareError::NoPairs.into());
    }
    let (mut examples, mut gathered) = (Spool::default(), RunningSpread::default());
    for all in places.values() {
        let read =
            |(report, place): (&Report, &usize)| report.examples.get(*place).map_err(ComparisonError::from);
        let found: Option<Vec<ExampleReport>> =
            reports.iter().zip(all).map(read).collect::<Result<Option<Vec<_>>, _>>()?;
        let Some(found) = found else { continue };
        let example = seeds_of(&found, &checkpoints);
        gathered.push(&example);
        examples.push(&example)?;
    }
    let seed = checkpoints.first().map_or(0, |settings| settings.seed);
    Ok(SeedsReport {
        schema_version: SCHEMA_VERSION,
        checkpoints,
        examples,
        left_out,
        summary: gathered.summary(seed),
        interrupted: reports.iter().any(|report| report.interrupted),
    })
}
