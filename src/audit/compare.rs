//! Two audits of the same texts: of two models, or two finished reports.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::bench::Bench;
use super::gate::Gates;
use super::observer::Observer;
use super::pair::pair;
use super::paired::Pairs;
use super::plan::Plan;
use super::versus::Versus;
use crate::error::Error;
use crate::input;
use crate::model::source::HubSettings;
use crate::report::compare::CompareReport;
use crate::report::settings::{Difference, Scope};
use crate::report::{Report, SCHEMA_VERSION, Settings, Spool};

/// Pairs of one text that are in memory at once.
const BATCH: usize = 64;

/// Why two audits cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// They were made with other choices.
    #[error("they were made with other settings: {}", told(differences))]
    Settings {
        /// Each field that differs.
        differences: Vec<Difference>,
    },
    /// No text was audited on both sides.
    #[error("no text was audited on both sides")]
    NoPairs,
    /// Checkpoints that are not of one model.
    #[error("{first} and {other} are not checkpoints of one model: {}", told(differences))]
    OtherModel {
        /// The first model.
        first: String,
        /// The other.
        other: String,
        /// Each field that differs.
        differences: Vec<Difference>,
    },
    /// The same weights twice.
    #[error("{first} and {other} have the same weights")]
    SameWeights {
        /// A model.
        first: String,
        /// Another name of it.
        other: String,
    },
    /// Fewer checkpoints than make a spread.
    #[error("{found} checkpoints are too few to tell what another seed gives; three are needed")]
    TooFew {
        /// How many there are.
        found: usize,
    },
}

impl CompareError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Settings { differences } if differences.iter().any(|d| d.field.ends_with("operator")) => {
                "audit both with one --operator that both tokenizers allow, such as attend".to_owned()
            }
            Self::Settings { .. } => "audit again with the same flags".to_owned(),
            Self::NoPairs => "texts are the same where their names and every character are".to_owned(),
            Self::OtherModel { .. } | Self::TooFew { found: 2 } => {
                "compare two models with `attncheck compare MODEL_A MODEL_B FILE`".to_owned()
            }
            Self::SameWeights { .. } => "give each checkpoint once".to_owned(),
            Self::TooFew { .. } => "name three or more folders and then the texts".to_owned(),
        })
    }
}

pub(super) fn told(differences: &[Difference]) -> String {
    let one = |d: &Difference| format!("{} is {} and {}", d.field, d.first, d.second);
    differences.iter().map(one).collect::<Vec<_>>().join(", ")
}

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
) -> Result<CompareReport, Error> {
    let texts = input::read(&plan.input, &plan.reading, plan.limit)?;
    let open = |model: &str| {
        let plan = Plan { model: Some(model.to_owned()), ..plan.clone() };
        Bench::over(texts.clone(), &plan, hub, observer)
    };
    let benches = [open(models[0])?, open(models[1])?];
    same_choices(&benches[0].settings(), &benches[1].settings())?;
    let gates = Gates::default();
    let a = super::audit_with(&benches[0], &gates, None, observer, stop, &mut ())?;
    if a.interrupted {
        return Err(Error::Interrupted);
    }
    let b = super::audit_with(&benches[1], &gates, None, observer, stop, &mut ())?;
    compare_reports(&a, &b)
}

/// Compares two finished reports; texts that are not in both are told.
///
/// # Errors
///
/// Where their settings differ in more than the model, the device, the version and the input; where no text is in
/// both; where their examples cannot be read.
pub fn compare_reports(a: &Report, b: &Report) -> Result<CompareReport, Error> {
    same_choices(&a.settings, &b.settings)?;
    let pairs = Pairs::of(a, b)?;
    if pairs.places().is_empty() {
        return Err(CompareError::NoPairs.into());
    }
    let (mut told, mut versus) = (Spool::default(), Versus::default());
    for places in pairs.places().chunks(BATCH) {
        let both = places
            .iter()
            .map(|(i, j)| Ok(a.examples.get(*i)?.zip(b.examples.get(*j)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let settings = (&a.settings, &b.settings);
        let found: Vec<_> =
            both.par_iter().flatten().map(|(one, other)| pair(one, other, settings)).collect();
        for one in &found {
            versus.push(one);
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

/// Whether two audits asked the same question in the same way, whatever the model, the machine and the texts.
pub(super) fn same_choices(a: &Settings, b: &Settings) -> Result<(), CompareError> {
    let differences = a.differences(b, Scope::Choices);
    if differences.is_empty() { Ok(()) } else { Err(CompareError::Settings { differences }) }
}
