//! Pairs through a model: every reading's links of each, and the weights of the one that is chosen.

use std::sync::atomic::AtomicBool;

use super::error::AlignError;
use super::map::{Cross, Step, Words};
use super::plan::AlignPlan;
use super::reading::{Reading, check};
use super::scored::{RANDOM_DRAWS, Scored};
use crate::audit::observer::Observer;
use crate::audit::run::{Work, Workers, each};
use crate::chain::chain;
use crate::input::{GoldLinks, Link, Pair, Pairs};
use crate::links::crossings;
use crate::links::score::RESAMPLES;
use crate::model::ModelError;
use crate::report::SCHEMA_VERSION;
use crate::report::align::{
    AlignModel, AlignReport, AlignSettings, AlignedPair, GoldInfo, PairGold, StepLinks,
};
use crate::report::example::FailureReport;
use crate::tokens::{Cut, Sides, TokenError, Word};

/// A model that translates, as far as an alignment asks of it.
pub trait Attending: Sync {
    /// What a report tells of it.
    fn info(&self) -> AlignModel;

    /// Both sides of a pair; an error where one is empty or longer than the model takes.
    ///
    /// # Errors
    ///
    /// As the tokenizers have them.
    fn encode(&self, source: &str, target: &str, cut: Cut) -> Result<Sides, TokenError>;

    /// A source with the model's own translation of it, by a search with so many hypotheses.
    ///
    /// # Errors
    ///
    /// Where the tokenizers or the engine fail.
    fn translate(&self, source: &str, cut: Cut, beams: usize) -> Result<Sides, TranslateError>;

    /// The cross-attention of a pair under teacher forcing.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    fn cross(&self, sides: &Sides) -> Result<Cross, ModelError>;

    /// Whether pairs are worked on side by side: not on a GPU, which one pair fills.
    fn is_side_by_side(&self) -> bool {
        true
    }
}

/// Why a source was not translated.
#[derive(Debug, thiserror::Error)]
pub enum TranslateError {
    /// The tokenizers refuse it.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The engine failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// What was written is no text.
    #[error("what the model wrote has no words")]
    Wordless,
}

/// A pair with the links of every reading.
#[derive(Debug)]
pub(super) struct Aligned {
    /// Its place among the pairs.
    pub at: usize,
    pub sides: Sides,
    pub source: Vec<String>,
    pub target: Vec<String>,
    pub words: Words,
    /// In the order of [`Reading::all`].
    pub links: Vec<Vec<Link>>,
}

/// Aligns pairs that were read, with a model that is open.
///
/// `other` are the links of the other direction for each pair, with source and target as here.
///
/// # Errors
///
/// Where a flag names what the model does not have, not one pair can be aligned, or nothing was done before `stop`.
pub fn align_with(
    plan: &AlignPlan,
    (pairs, gold): (&Pairs, Option<&GoldLinks>),
    model: &dyn Attending,
    other: Option<&[Option<Vec<Link>>]>,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<AlignReport, AlignError> {
    let info = model.info();
    check(plan, info.layers, info.heads)?;
    if plan.translate && gold.is_some() {
        return Err(AlignError::GoldTranslated);
    }
    let readings = Reading::all(info.layers, info.heads);
    let gold_of = |at: usize| gold.and_then(|gold| gold.links.get(at));
    let tasks: Vec<(usize, &Pair)> = pairs.pairs.iter().enumerate().collect();
    let workers = Workers { threads: plan.threads, side_by_side: model.is_side_by_side() };
    let (mut done, mut failures, mut first) = (Vec::new(), Vec::new(), None);
    let work = Work {
        examine: |(at, pair): &(usize, &Pair)| match links(plan, model, &readings, *at, pair) {
            Err(error) if error.is_of_a_pair() => Ok(Err((*at, error))),
            found => found.map(Ok),
        },
        large: |_: &(usize, &Pair)| false,
        weight: |(_, pair): &(usize, &Pair)| weight(pair),
    };
    let interrupted = each(&tasks, workers, observer, stop, &work, |found| {
        match found {
            Ok(aligned) => done.push(aligned),
            Err((at, error)) => {
                failures.push(failure(&pairs.pairs[at], &error));
                first.get_or_insert(error);
            }
        }
        Ok::<_, AlignError>(())
    })?;
    if let Some(first) = first.filter(|_| done.is_empty()) {
        return Err(AlignError::NoneAligned { pairs: failures.len(), first: Box::new(first) });
    }
    let scored = Scored::of(plan, &readings, gold, &done, other);
    // Which weights are told is known only now: keeping those of every head would take far more memory than running twice.
    let told = readings[scored.choice.at];
    let mut steps = Vec::new();
    let work = Work {
        examine: |one: &Aligned| weights(model, told, one, &pairs.pairs[one.at]),
        large: |_: &Aligned| false,
        weight: |one: &Aligned| weight(&pairs.pairs[one.at]),
    };
    // What is done is told whole, even where the run was stopped.
    each(&done, workers, &(), &AtomicBool::new(false), &work, |found| {
        steps.push(found);
        Ok::<_, AlignError>(())
    })?;
    let pairs_told = done.into_iter().zip(steps).map(|(one, [output, input])| {
        let pair = &pairs.pairs[one.at];
        AlignedPair {
            id: pair.id.clone(),
            line: pair.line,
            translated: plan.translate,
            warnings: one.warnings(),
            output,
            input,
            symmetrized: scored.symmetrized.as_ref().and_then(|all| all.get(&one.at).cloned()),
            gold: gold_of(one.at)
                .map(|gold| PairGold { sure: gold.sure.clone(), possible: gold.possible.clone() }),
            source: one.source,
            target: one.target,
        }
    });
    let pairs_told = pairs_told.collect();
    Ok(AlignReport {
        schema_version: SCHEMA_VERSION,
        settings: settings(plan, pairs, gold, info),
        sentences: scored.sentences(&readings),
        chosen: scored.choice.told,
        pairs: pairs_told,
        failures,
        rows: scored.rows,
        held_out: scored.held_out,
        interrupted,
    })
}

fn settings(plan: &AlignPlan, pairs: &Pairs, gold: Option<&GoldLinks>, model: AlignModel) -> AlignSettings {
    AlignSettings {
        attncheck: env!("CARGO_PKG_VERSION").to_owned(),
        model,
        device: plan.device.to_string(),
        pairs: pairs.name.clone(),
        given: pairs.pairs.len(),
        limit: plan.limit,
        translated: plan.translate,
        beams: plan.translate.then_some(plan.beams),
        gold: gold.map(|gold| GoldInfo { name: gold.name.clone(), first: gold.first.number() }),
        symmetrize: plan.symmetrize.as_ref().map(|path| path.display().to_string()),
        cut: if plan.whole { "whole" } else { "apart" }.to_owned(),
        seed: plan.seed,
        random_draws: RANDOM_DRAWS,
        resamples: RESAMPLES,
    }
}

/// How long a pair takes beside the others, by its bytes.
fn weight(pair: &Pair) -> f64 {
    (pair.source.len() + pair.target.len()) as f64
}

/// How a plan has words cut.
fn cut(plan: &AlignPlan) -> Cut {
    if plan.whole { Cut::Blanks } else { Cut::Apart }
}

/// The links of every reading of one pair.
fn links(
    plan: &AlignPlan,
    model: &dyn Attending,
    readings: &[Reading],
    at: usize,
    pair: &Pair,
) -> Result<Aligned, AlignError> {
    let line = pair.line;
    let refused = |source| AlignError::Pair { line, source };
    let sides = if plan.translate {
        model.translate(&pair.source, cut(plan), plan.beams).map_err(|error| match error {
            TranslateError::Tokens(source) => refused(source),
            TranslateError::Model(source) => AlignError::Run { line, source },
            TranslateError::Wordless => AlignError::Wordless { line },
        })?
    } else {
        model.encode(&pair.source, &pair.target, cut(plan)).map_err(refused)?
    };
    let words = Words::of(&sides);
    let own = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    let source: Vec<String> = pair.source_words().map(str::to_owned).collect();
    let target = if plan.translate {
        own(&sides.target.labels.words)
    } else {
        pair.target_words().map(str::to_owned).collect()
    };
    for (side, found, expected) in
        [("source", words.count().0, source.len()), ("target", words.count().1, target.len())]
    {
        if found != expected {
            return Err(AlignError::WordCount { line, side, found, expected });
        }
    }
    let cross = model.cross(&sides).map_err(|source| AlignError::Run { line, source })?;
    let all = readings.iter();
    let links = all.map(|one| words.links(&cross, (one.layer, one.head), one.step, one.pieces)).collect();
    Ok(Aligned { at, sides, source, target, words, links })
}

/// The weights of the chosen layer and head in one pair, with the links of both steps.
fn weights(
    model: &dyn Attending,
    told: Reading,
    one: &Aligned,
    pair: &Pair,
) -> Result<[StepLinks; 2], AlignError> {
    let cross = model.cross(&one.sides).map_err(|source| AlignError::Run { line: pair.line, source })?;
    let of = (told.layer, told.head);
    Ok(Step::ALL.map(|step| {
        let links = one.words.links(&cross, of, step, told.pieces);
        let masses = one.words.masses(&cross, of, step).into_iter();
        StepLinks {
            crossings: crossings(&links),
            links,
            mass: masses.map(|mass| mass.map(|mass| mass.words).unwrap_or_default()).collect(),
        }
    }))
}

fn failure(pair: &Pair, error: &AlignError) -> FailureReport {
    FailureReport {
        id: pair.id.clone(),
        line: pair.line,
        text: pair.source.clone(),
        pair: Some(pair.target.clone()).filter(|target| !target.is_empty()),
        error: chain(error),
        hint: error.hint(),
    }
}

impl Aligned {
    /// What a reader must know before the links.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (side, tokens) in [("source", &self.sides.source), ("target", &self.sides.target.labels)] {
            let bare = tokens.words.iter().filter(|word| word.pieces.is_empty()).count();
            if bare > 0 {
                warnings
                    .push(format!("{bare} of the {side} words have no piece of their own, and so no link"));
            }
            let unknown = tokens.unknown.len();
            if unknown > 0 {
                let pieces = tokens.special.iter().filter(|special| !**special).count();
                warnings.push(format!(
                    "{unknown} of {pieces} pieces of the {side} are unknown to the vocabulary"
                ));
            }
        }
        warnings
    }
}
