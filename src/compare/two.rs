//! Two audits of the same texts: of two models, or two finished reports.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::error::{CompareError, ComparisonError};
use super::pair::pair;
use super::versus::Versus;
use crate::audit::bench::Bench;
use crate::audit::observer::Observer;
use crate::audit::paired::{Pairs, same_choices};
use crate::audit::plan::Plan;
use crate::audit::{AuditError, audit_alone};
use crate::input;
use crate::model::source::HubSettings;
use crate::report::compare::CompareReport;
use crate::report::{Report, SCHEMA_VERSION, Spool};

/// Pairs of one text that are in memory at once.
const BATCH: usize = 64;

/// Audits the plan's texts with both models and compares the two.
///
/// The plan's own model is not used. Both models are opened, and their settings compared, before anything is run.
///
/// # Errors
///
/// Anything that keeps the examples from being audited or compared.
pub fn compare(
    plan: &Plan,
    models: [&str; 2],
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<CompareReport, ComparisonError> {
    let texts = input::read(&plan.input, &plan.reading, plan.limit)?;
    let open = |model: &str| {
        let plan = Plan { model: Some(model.to_owned()), ..plan.clone() };
        Bench::over(texts.clone(), &plan, hub, observer)
    };
    let benches = [open(models[0])?, open(models[1])?];
    same_choices(&benches[0].settings(), &benches[1].settings()).map_err(CompareError::from)?;
    let a = audit_alone(&benches[0], observer, stop)?;
    if a.interrupted {
        return Err(AuditError::Interrupted.into());
    }
    let b = audit_alone(&benches[1], observer, stop)?;
    compare_reports(&a, &b)
}

/// Compares two finished reports; texts that are not in both are told.
///
/// # Errors
///
/// Where their settings differ in more than the model, the device, the version and the input; where no text is in
/// both; where their examples cannot be read.
pub fn compare_reports(a: &Report, b: &Report) -> Result<CompareReport, ComparisonError> {
    same_choices(&a.settings, &b.settings).map_err(CompareError::from)?;
    let pairs = Pairs::of(a, b)?;
    if pairs.places().is_empty() {
        return Err(CompareError::NoPairs.into());
    }
    let (mut told, mut versus) = (Spool::default(), Versus::default());
    let mut at = 0;
    for places in pairs.places().chunks(BATCH) {
        let both = places
            .iter()
            .map(|(i, j)| Ok(a.examples.get(*i)?.zip(b.examples.get(*j)?)))
            .collect::<Result<Vec<_>, ComparisonError>>()?;
        let settings = (&a.settings, &b.settings);
        let found: Vec<_> =
            both.par_iter().flatten().map(|(one, other)| pair(one, other, settings)).collect();
        for one in &found {
            versus.push(pairs.text(at), one);
            at += 1;
            told.push(one)?;
        }
    }
    let summary = versus.summary(&pairs, &a.settings);
    Ok(CompareReport {
        schema_version: SCHEMA_VERSION,
        a: a.settings.clone(),
        b: b.settings.clone(),
        pairs: told,
        unpaired: pairs.unpaired().to_vec(),
        summary,
        interrupted: a.interrupted || b.interrupted,
    })
}
