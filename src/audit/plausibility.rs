//! An example's maps against its rationale. Called when every verdict is given; no verdict knows of it.

use std::ops::Range;

use super::estimate::mean_of;
use crate::input::Example;
use crate::missing::{Measured, Missing};
use crate::plausibility::{
    average_precision, chance, iou_f1, length, marked, runs, share, stretches, token_f1, top,
};
use crate::report::Measure;
use crate::report::example::{ReadingReport, ReferenceReport, WordReport};
use crate::report::plausibility::{
    MapPlausibility, MapPlausibilitySummary, Plausibility, PlausibilitySummary,
};

/// The share of a text that people marked, the mean over the examples in which they marked anything; `None` where there
/// is none. It is of white-space tokens, so that it is the same for every model.
pub(super) fn usual_share<'e>(examples: impl IntoIterator<Item = &'e Example>) -> Option<f64> {
    let shares = examples.into_iter().filter_map(|e| share(&e.text, e.rationale.as_deref()?));
    crate::stats::order::mean(&shares.collect::<Vec<_>>())
}

/// How well each map agrees with the spans.
pub(super) fn compare(
    spans: &[Range<usize>],
    share: Option<f64>,
    words: &[WordReport],
    readings: &[ReadingReport],
    references: &[ReferenceReport],
) -> Plausibility {
    let first: Vec<usize> = (0..words.len()).filter(|word| words[*word].sequence == 0).collect();
    let places: Vec<Range<usize>> = first.iter().map(|word| words[*word].start..words[*word].end).collect();
    let right = marked(&places, spans);
    let stretches = stretches(&places, spans);
    let count = right.iter().filter(|marked| **marked).count();
    // Without a share nothing is marked anywhere, and no F1 is defined.
    let selected = length(share.unwrap_or(0.0), places.len()).unwrap_or(0);
    let map = |method: &str, sinks_removed: bool, scores: &Measure<Vec<f64>>| {
        let scores = scores.value.as_ref().filter(|scores| scores.len() == words.len());
        let scores = scores.map(|scores| first.iter().map(|word| scores[*word]).collect::<Vec<_>>());
        let of = |get: &dyn Fn(&[f64]) -> Option<f64>| -> Measure<f64> {
            let found: Measured<f64> = match &scores {
                None => Err(Missing::RestsOn { what: "the map" }),
                Some(_) if count == 0 => Err(Missing::Unmarked),
                Some(scores) => get(scores).ok_or(Missing::AllMarked),
            };
            found.into()
        };
        MapPlausibility {
            method: method.to_owned(),
            sinks_removed,
            token_f1: of(&|scores| token_f1(&top(scores, selected), &right).map(|found| found.f1)),
            iou_f1: of(&|scores| iou_f1(&runs(&top(scores, selected)), &stretches).map(|found| found.f1)),
            average_precision: of(&|scores| average_precision(scores, &right)),
        }
    };
    let readings = readings.iter().map(|r| map(&r.method, r.sinks_removed, &r.scores));
    let references = references.iter().map(|r| map(&r.method, false, &r.scores));
    Plausibility {
        words: places.len(),
        marked: count,
        selected,
        chance: chance(places.len(), selected, count).ok_or(Missing::Unmarked).into(),
        maps: readings.chain(references).collect(),
    }
}

/// Plausibility of every example that has a rationale, in columns of plain numbers.
#[derive(Debug, Default)]
pub(super) struct RunningPlausibility {
    /// Examples that have a rationale.
    examples: usize,
    chance: Vec<f64>,
    marked: Vec<f64>,
    maps: Vec<Columns>,
}

/// One map's figures: a number for each example that has it.
#[derive(Debug)]
struct Columns {
    method: String,
    sinks_removed: bool,
    token_f1: Vec<f64>,
    iou_f1: Vec<f64>,
    average_precision: Vec<f64>,
}

impl RunningPlausibility {
    /// Enters an example; every example of a report has the maps of the first.
    pub fn push(&mut self, found: Option<&Plausibility>) {
        let Some(found) = found else { return };
        self.examples += 1;
        self.chance.extend(found.chance.value);
        self.marked.extend((found.words > 0).then(|| found.marked as f64 / found.words as f64));
        if self.maps.is_empty() {
            let empty = |map: &MapPlausibility| Columns {
                method: map.method.clone(),
                sinks_removed: map.sinks_removed,
                token_f1: Vec::new(),
                iou_f1: Vec::new(),
                average_precision: Vec::new(),
            };
            self.maps.extend(found.maps.iter().map(empty));
        }
        for (columns, map) in self.maps.iter_mut().zip(&found.maps) {
            columns.token_f1.extend(map.token_f1.value);
            columns.iou_f1.extend(map.iou_f1.value);
            columns.average_precision.extend(map.average_precision.value);
        }
    }

    /// `None` where no example has a rationale.
    pub fn summary(&self, seed: u64) -> Option<PlausibilitySummary> {
        let mean = |values: &[f64], figure: &str| mean_of(values, seed, &format!("plausibility {figure}"));
        let map = |columns: &Columns| {
            let own = |values: &[f64], figure: &str| {
                let without = if columns.sinks_removed { " without sinks" } else { "" };
                mean(values, &format!("{}{without} {figure}", columns.method))
            };
            MapPlausibilitySummary {
                method: columns.method.clone(),
                sinks_removed: columns.sinks_removed,
                token_f1: own(&columns.token_f1, "token F1"),
                iou_f1: own(&columns.iou_f1, "IOU F1"),
                average_precision: own(&columns.average_precision, "average precision"),
            }
        };
        (self.examples > 0).then(|| PlausibilitySummary {
            examples: self.examples,
            chance: mean(&self.chance, "chance"),
            marked: mean(&self.marked, "marked"),
            maps: self.maps.iter().map(map).collect(),
        })
    }
}
