//! The checks of a user's own model, from its files to the report.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::ControlsError;
use super::natural::REVIEWS;
use super::own::check;
use super::own_settings::OwnSettings;
use crate::audit::AuditError;
use crate::audit::bench::Bench;
use crate::audit::question::Question;
use crate::audit::{Observer, Plan};
use crate::chain::chain;
use crate::input;
use crate::model::Task;
use crate::model::source::HubSettings;
use crate::report::SCHEMA_VERSION;
use crate::report::own::{ModelReport, Warning};
use crate::subject::Subject;

/// Where the texts of the checks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// The plan's input.
    Given,
    /// Film reviews that are compiled in.
    BuiltIn,
}

/// Checks how far an audit of the plan's model can be trusted.
///
/// The same plan gives the same report, byte for byte, for any number of threads. When `stop` becomes true the check
/// that was begun is finished, and nothing is reported.
///
/// # Errors
///
/// As [`audit`](crate::audit::audit); [`AuditError::Interrupted`] where `stop` ended the work.
pub fn model(
    plan: &Plan,
    texts: Texts,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<ModelReport, ControlsError> {
    let mut bench = match texts {
        Texts::Given => Bench::open(plan, hub, observer)?,
        Texts::BuiltIn => {
            let options = input::Options::default();
            let reviews = input::read_from(REVIEWS.as_bytes(), BUILT_IN, &options, plan.limit);
            Bench::over(reviews.map_err(AuditError::from)?, plan, hub, observer)?
        }
    };
    if texts == Texts::BuiltIn && bench.model.readout.task == Task::MaskedLm {
        let mask = bench.tokenizer.special_ids().mask.and_then(|id| bench.tokenizer.piece(id));
        masked(&mut bench.questions, mask.as_deref());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(bench.workers().count());
    pool.build().map_err(AuditError::Threads)?.install(|| examined(&bench, observer, stop))
}

/// What reports call the texts that are compiled in.
const BUILT_IN: &str = "built-in reviews";

/// Puts the mask in the place of the middle word, which is what is guessed.
fn masked(questions: &mut [Question], mask: Option<&str>) {
    let Some(mask) = mask else { return };
    for Question { example, .. } in questions {
        let mut words: Vec<&str> = example.text.split_whitespace().collect();
        let middle = words.len() / 2;
        if let Some(word) = words.get_mut(middle) {
            *word = mask;
        }
        example.text = words.join(" ");
    }
}

fn examined(bench: &Bench, observer: &dyn Observer, stop: &AtomicBool) -> Result<ModelReport, ControlsError> {
    let (plan, protocol) = (&bench.plan, &bench.protocol);
    let budget = &protocol.budget;
    let settings = OwnSettings {
        seed: plan.seed,
        random_orders: budget.random_orders,
        permutations: budget.permutations,
        path_steps: budget.path_steps,
        coalitions: budget.coalitions,
        candidates: budget.candidates,
        steps: budget.steps,
        thresholds: protocol.thresholds.clone(),
        ..OwnSettings::default()
    };
    let (mut subjects, mut warnings): (Vec<Subject>, Vec<Warning>) = (Vec::new(), Vec::new());
    let mut failed = None;
    for question in &bench.questions {
        let line = question.example.line;
        let prepared = match bench.prepare(question) {
            Err(error) if error.is_of_an_example() => {
                warnings.push(Warning { line, text: chain(&error) });
                failed.get_or_insert(error);
                continue;
            }
            prepared => prepared?,
        };
        warnings.extend(prepared.warnings.into_iter().map(|text| Warning { line, text }));
        subjects.push(prepared.subject);
    }
    if let (true, Some(error)) = (subjects.is_empty(), failed) {
        return Err(error.into());
    }
    let begin = |what| {
        observer.step(what);
        !stop.load(Ordering::Relaxed)
    };
    let checked = check(&subjects, |_| protocol.options(), &settings, &begin);
    observer.end();
    // Without texts there was no bench, so what is missing was given up.
    let checked = checked?.map_err(|_| AuditError::Interrupted)?;
    Ok(ModelReport {
        schema_version: SCHEMA_VERSION,
        settings: bench.settings(),
        seeds: settings.seeds,
        foreign: settings.foreign,
        warnings,
        checked,
    })
}
