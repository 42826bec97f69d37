//! How far states still are their tokens, on each example and over all.

use super::bench::Bench;
use super::error::AuditError;
use super::estimate::mean_of;
use super::prepare::Prepared;
use super::question::Question;
use crate::attribution::mixing::{Mixing, contributions, moved, rolled, zeroed};
use crate::missing::{Measured, Missing, Outcome};
use crate::model::ModelError;
use crate::report::Measure;
use crate::report::mixing::{MixedStates, MixingExample, MixingLayer, MixingSummary};
use crate::report::summary::Estimate;
use crate::subject::Subject;

/// The forms of mixing, as reports name them.
pub(super) const FORMS: [&str; 3] = ["alti", "value-zeroing", "gradient"];

/// Looks at every layer's states on one example; the gradient form with so many directions, unless there are none.
pub(super) fn examine(
    bench: &Bench,
    question: &Question,
    directions: usize,
) -> Result<MixingExample, AuditError> {
    let example = &question.example;
    let prepared = bench.prepare(question)?;
    let layers = profile(&prepared.subject, directions)
        .map_err(|source| AuditError::Example { line: example.line, source: ModelError::from(source) })?;
    let Prepared { tokens, warnings, words, .. } = &prepared;
    Ok(MixingExample {
        id: example.id.clone(),
        line: example.line,
        text: example.text.clone(),
        pair: example.pair.clone(),
        words: words.iter().map(|&word| tokens.words[word].text.clone()).collect(),
        pieces: tokens.pieces.clone(),
        warnings: warnings.clone(),
        layers,
    })
}

fn profile(subject: &Subject<'_>, directions: usize) -> candle_core::Result<Vec<MixingLayer>> {
    let probe = &subject.probe;
    let layers = probe.mixing_layers();
    let mut rows = Vec::new();
    for (form, of) in [(FORMS[0], contributions as fn(&_, usize) -> Outcome<Mixing>), (FORMS[1], zeroed)] {
        let own = (0..layers).map(|layer| of(probe, layer)).collect::<candle_core::Result<Vec<_>>>()?;
        // What lies on a layer that could not be looked at cannot be either.
        let known: Vec<Mixing> = own.iter().map_while(|layer| layer.as_ref().ok().cloned()).collect();
        let behind = rolled(&known);
        for (layer, own) in own.iter().enumerate() {
            let states = match (behind.get(layer), own) {
                (Some(behind), Ok(own)) => Ok(states(subject, behind, Some(own), None)),
                (_, Err(missing)) => Err(missing.clone()),
                (None, Ok(_)) => Err(Missing::RestsOn { what: "the mixing of the layers below" }),
            };
            rows.push(MixingLayer { form: form.to_owned(), layer, states: states.into() });
        }
    }
    if directions > 0 {
        let found = moved(probe, directions, &mut subject.rng("mixing"))?;
        for (layer, behind) in found.layers.iter().enumerate() {
            let errors = found.errors[layer].as_slice();
            let of = |behind: &Mixing| states(subject, behind, None, Some(errors).filter(|e| !e.is_empty()));
            let states: Measured<MixedStates> = behind.as_ref().map(of).map_err(Clone::clone);
            rows.push(MixingLayer { form: FORMS[2].to_owned(), layer, states: states.into() });
        }
    }
    Ok(rows)
}

/// What states are made of; `own` is the layer's mixing alone, `errors` what the sampling leaves open, token by token.
fn states(
    subject: &Subject<'_>,
    behind: &Mixing,
    own: Option<&Mixing>,
    errors: Option<&[f64]>,
) -> MixedStates {
    let content: Vec<usize> = subject.words.iter().cloned().flatten().collect();
    let mean = |of: &dyn Fn(usize) -> f64| {
        content.iter().map(|&token| of(token)).sum::<f64>() / content.len().max(1) as f64
    };
    let all = 0..behind.tokens();
    MixedStates {
        own: mean(&|token| behind.parts(token).own),
        neighbours: mean(&|token| behind.parts(token).neighbours),
        rest: mean(&|token| behind.parts(token).rest),
        alone: own.map(|own| mean(&|token| own.parts(token).own)),
        error: errors.map(|errors| mean(&|token| errors[token])),
        own_by_token: all.clone().map(|token| behind.parts(token).own).collect(),
        neighbours_by_token: all.map(|token| behind.parts(token).neighbours).collect(),
        own_by_word: subject.words.iter().map(|word| behind.still(word)).collect(),
    }
}

/// Sums up every form and layer over the examples.
pub(super) fn summarise(examples: &[MixingExample], seed: u64) -> Vec<MixingSummary> {
    let Some(first) = examples.first() else { return Vec::new() };
    let rows = first.layers.iter().enumerate();
    rows.map(|(i, MixingLayer { form, layer, .. })| {
        let mean = |what: &str, get: &dyn Fn(&MixedStates) -> Option<f64>| {
            let of = |example: &MixingExample| get(example.layers[i].states.value.as_ref()?);
            let values: Vec<f64> = examples.iter().filter_map(of).collect();
            mean_of(&values, seed, &format!("mixing {form} {layer} {what}"))
        };
        let word = |states: &MixedStates| {
            let words = &states.own_by_word;
            (!words.is_empty()).then(|| words.iter().sum::<f64>() / words.len() as f64)
        };
        MixingSummary {
            form: form.clone(),
            layer: *layer,
            own: mean("own", &|states| Some(states.own)),
            neighbours: mean("neighbours", &|states| Some(states.neighbours)),
            rest: mean("rest", &|states| Some(states.rest)),
            alone: or_not_asked(mean("alone", &|states| states.alone)),
            word: mean("word", &word),
            error: or_not_asked(mean("error", &|states| states.error)),
        }
    })
    .collect()
}

/// A figure that no example has was not to be had.
fn or_not_asked(found: Measure<Estimate>) -> Measure<Estimate> {
    if found.value.is_some() { found } else { Err(Missing::NotAsked).into() }
}
