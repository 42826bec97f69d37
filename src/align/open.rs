//! From what was typed to a report: the files of pairs, of links and of models.

use std::sync::atomic::AtomicBool;

use super::error::AlignError;
use super::model::Opened;
use super::plan::AlignPlan;
use super::run::align_with;
use crate::audit::observer::Observer;
use crate::input::{
    First, Gold, GoldLinks, GoldOptions, Link, Options, Pair, Pairs, read, read_gold, read_pairs,
};
use crate::model::source::HubSettings;
use crate::report::align::AlignReport;
use crate::tokens::Languages;

/// Aligns the pairs of a plan.
///
/// # Errors
///
/// Where the pairs, the links or a model cannot be read, a flag names what the model does not have, or no pair can be aligned.
pub fn align(
    plan: &AlignPlan,
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<AlignReport, AlignError> {
    let pairs =
        if plan.translate { sources(plan)? } else { read_pairs(&plan.pairs, &plan.reading, plan.limit)? };
    let gold = match &plan.gold {
        Some(path) => Some(read_gold(path, plan.possible.as_deref(), &pairs, &plan.counting)?),
        None => None,
    };
    let model = Opened::of(&plan.model, plan, hub, observer)?;
    let other = other(plan, (&pairs, gold.as_ref()), hub, observer, stop)?;
    align_with(plan, (&pairs, gold.as_ref()), &model, other.as_deref(), observer, stop)
}

/// Sources alone, which the model is to translate.
fn sources(plan: &AlignPlan) -> Result<Pairs, AlignError> {
    let examples = read(&plan.pairs, &Options::default(), plan.limit)?;
    let pair = |example: crate::input::Example| Pair {
        id: example.id,
        line: example.line,
        source: example.text.trim().to_owned(),
        target: String::new(),
    };
    let is_whole = plan.limit.is_none_or(|limit| examples.examples.len() < limit);
    Ok(Pairs { name: examples.name, pairs: examples.examples.into_iter().map(pair).collect(), is_whole })
}

/// The links of the other direction for each pair, with source and target as here; `None` for a pair without.
fn other(
    plan: &AlignPlan,
    (pairs, gold): (&Pairs, Option<&GoldLinks>),
    hub: &HubSettings,
    observer: &dyn Observer,
    stop: &AtomicBool,
) -> Result<Option<Vec<Option<Vec<Link>>>>, AlignError> {
    let Some(path) = &plan.symmetrize else { return Ok(None) };
    let turned = Pairs { pairs: pairs.pairs.iter().map(turned).collect(), ..pairs.clone() };
    if path.is_file() {
        // What attncheck writes is counted from 0.
        let links = read_gold(path, None, &turned, &GoldOptions { first: Some(First::Zero) })?;
        return Ok(Some(links.links.iter().map(|links| Some(back(&links.possible))).collect()));
    }
    let languages =
        Languages { source: plan.languages.target.clone(), target: plan.languages.source.clone() };
    let own =
        AlignPlan { model: path.to_string_lossy().into_owned(), symmetrize: None, languages, ..plan.clone() };
    let gold =
        gold.map(|gold| GoldLinks { links: gold.links.iter().map(turned_gold).collect(), ..gold.clone() });
    let model = Opened::of(&own.model, &own, hub, observer)?;
    let report = align_with(&own, (&turned, gold.as_ref()), &model, None, observer, stop)?;
    if report.interrupted {
        return Err(AlignError::Interrupted);
    }
    let of = |pair: &Pair| report.pairs.iter().find(|done| done.line == pair.line);
    Ok(Some(pairs.pairs.iter().map(|pair| Some(back(of(pair)?.written(&report.chosen)))).collect()))
}

/// The pair with its sides changed.
fn turned(pair: &Pair) -> Pair {
    Pair { source: pair.target.clone(), target: pair.source.clone(), ..pair.clone() }
}

fn turned_gold(gold: &Gold) -> Gold {
    Gold { sure: back(&gold.sure), possible: back(&gold.possible) }
}

/// Links with their sides changed, in order.
fn back(links: &[Link]) -> Vec<Link> {
    crate::links::sorted(links.iter().map(|(i, j)| (*j, *i)).collect())
}
