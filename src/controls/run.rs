//! Every trial of a grid, and what came of them.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::classifier::ShortcutModel;
use super::error::{ControlError, ControlsError};
use super::files::Files;
use super::goals;
use super::grid::{Grid, ModelKey, TUNING_SEEDS, Trial, Variation};
use super::planted::Planted;
use super::readings::ByReading;
use super::shortcut::ShortcutRecipe;
use super::standing::{Standings, standings};
use super::tally::Tally;
use super::trial::{self, Audited};
use crate::audit::run::{self, Work, Workers};
use crate::audit::{Observer, Protocol};
use crate::report::controls::{ControlsReport, ControlsSettings, PlantedMargins, VariedModels};
use crate::report::shortcut::ShortcutReport;
use crate::report::{ExampleReport, Measure, SCHEMA_VERSION};

/// The number of words that a trial takes as its unit of time.
const WORDS: f64 = 20.0;

/// What a worker does at a time: train a classifier, look at what the readings of a planted model make of the truth, or
/// examine a planted text.
enum Job<'g> {
    Train(&'g ShortcutRecipe),
    Look(Trial, u64),
    Examine(Trial),
}

/// The weight of training a classifier: the time of so many trials on twenty words.
const TRAINING: f64 = 60.0;

impl Job<'_> {
    /// How long it takes, in trials on twenty words.
    fn weight(&self) -> f64 {
        match self {
            Self::Train(_) => TRAINING,
            Self::Look(trial, texts) => LOOK * *texts as f64 * trial.words as f64 / WORDS,
            Self::Examine(trial) => trial.words as f64 / WORDS,
        }
    }
}

/// The weight of a look at one text beside its examination.
const LOOK: f64 = 0.01;

/// What came of a job; a classifier that did not learn is missing with the reason.
enum Done {
    Trained(Measure<ShortcutReport>),
    Seen(ModelKey, Standings),
    Examined(Audited, Box<ExampleReport>),
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
    let looked_at = |trial: &Trial| trial.lambda >= 1.0 || (grid.looks_at_every_dial && trial.lambda > 0.0);
    let models = grid.models().into_iter().filter(looked_at);
    let looks = models.filter(|_| grid.looks > 0).map(|model| Job::Look(model, grid.looks));
    let jobs: Vec<Job> = train.chain(looks).chain(grid.trials().into_iter().map(Job::Examine)).collect();
    let workers = Workers { threads, side_by_side: true };
    let (mut shortcuts, mut trials, mut seen) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut files = Files::new(&protocol.thresholds);
    let work = Work {
        examine: |job: &Job<'_>| match job {
            Job::Train(recipe) => trained(recipe, grid.held_out, &protocol).map(Done::Trained),
            Job::Look(model, texts) => standings(model, &trial::protocol_of(model.kind), *texts)
                .map(|found| Done::Seen(model.model(), found)),
            Job::Examine(trial) => {
                let protocol = trial::protocol_of(trial.kind);
                trial::examined(trial, &protocol).map(|(found, text)| Done::Examined(found, Box::new(text)))
            }
        },
        large: |_: &Job<'_>| false,
        weight: Job::weight,
    };
    let interrupted = run::each(&jobs, workers, observer, stop, &work, |done| {
        match done {
            Done::Trained(report) => shortcuts.push(report),
            Done::Seen(model, found) => {
                seen.insert(model, found);
            }
            Done::Examined(audited, text) => {
                files.push(&audited.trial, &text);
                trials.push(audited);
            }
        }
        Ok(())
    })?;
    trial::settle(&mut trials, protocol.thresholds.alpha);
    let tally = Tally { grid, trials: &trials };
    let by_reading = ByReading { words: &grid.words, trials: &trials, standings: &seen, files: &files.found };
    let decoder = Planted::ALL.into_iter().find(|kind| kind.is_decoder() && grid.plants(*kind));
    let of_decoders = decoder.map(trial::protocol_of);
    let (verdicts, doses) = (tally.verdicts(), tally.doses());
    let (readings, files) = (by_reading.texts(), by_reading.files());
    Ok(ControlsReport {
        schema_version: SCHEMA_VERSION,
        settings: ControlsSettings {
            attncheck: env!("CARGO_PKG_VERSION").to_owned(),
            set: grid.name.to_owned(),
            seed: grid.seed,
            tuning_seeds: TUNING_SEEDS.end,
            held_out: names(Planted::HELD_OUT.iter().filter(|kind| grid.plants(**kind))),
            kinds: names(&grid.kinds),
            words: grid.words.clone(),
            lambdas: grid.lambdas.iter().map(|(at, _)| *at).collect(),
            heads: grid.heads.clone(),
            texts: grid.lambdas.iter().map(|(_, texts)| *texts).collect(),
            variations: grid.variations.iter().map(varied).collect(),
            looks: grid.looks,
            operator: protocol.operator.name().to_owned(),
            second_operator: protocol.second_operator().name().to_owned(),
            decoder_operator: of_decoders.as_ref().map(|of| of.operator.name().to_owned()),
            decoder_second_operator: of_decoders.as_ref().map(|of| of.second_operator().name().to_owned()),
            effort: protocol.budget.name.to_owned(),
            thresholds: protocol.thresholds.clone(),
        },
        trials: trials.len(),
        goals: goals::goals(&verdicts, &doses, &readings, &files),
        confusion: tally.confusion(),
        doses,
        truth: tally.truth(),
        divergences: tally.divergences(),
        power: tally.power(&by_reading),
        verdicts,
        readings,
        files,
        shortcuts,
        interrupted,
    })
}

fn trained(
    recipe: &ShortcutRecipe,
    texts: u64,
    protocol: &Protocol,
) -> Result<Measure<ShortcutReport>, ControlsError> {
    match ShortcutModel::train(recipe.clone()) {
        Ok(model) => {
            let report = model.precisions(texts).map_err(ControlError::from)?;
            Ok(Measure::of(ShortcutReport { readings: model.judged(protocol)?, ..report }))
        }
        Err(error @ ControlError::NotLearned { .. }) => {
            Ok(Measure { value: None, reason: Some(format!("seed {}: {error}", recipe.seed)) })
        }
        Err(error) => Err(error.into()),
    }
}

fn names<'k>(kinds: impl IntoIterator<Item = &'k Planted>) -> Vec<String> {
    kinds.into_iter().map(|kind| kind.name().to_owned()).collect()
}

fn varied(variation: &Variation) -> VariedModels {
    let margins = variation.margins.iter();
    VariedModels {
        kinds: names(&variation.kinds),
        words: variation.words.clone(),
        heads: variation.heads.clone(),
        layers: variation.layers.clone(),
        margins: margins.map(|m| PlantedMargins { whole: m.whole, without: m.without }).collect(),
        texts: variation.texts,
    }
}
