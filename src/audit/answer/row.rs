//! What the verdict on the file takes of one text.

use std::cmp::Ordering;

use crate::attribution::{LEAVE_ONE_OUT, PatternsRead, SHAPLEY, find};
use crate::audit::examine::site_of;
use crate::audit::shape::ReadingName;
use crate::report::ExampleReport;
use crate::report::example::{ReadingReport, SwapReport};
use crate::report::settings::Thresholds;
use crate::swap::Site;

/// The references whose own order may say what an order of the words can reach on a text: Shapley values, which redundant
/// and joint words do not mislead, and leave-one-out, which long texts have too.
///
/// It is one for the whole file, chosen by which texts have it and never by what was found: the best of several, picked text
/// by text, is too high.
pub const REFERENCES: [&str; 2] = [SHAPLEY, LEAVE_ONE_OUT];

/// One text.
#[derive(Debug)]
pub(super) struct Row {
    /// The text that it is of, which the questions of a continuation share.
    pub text: usize,
    /// Excess comprehensiveness of each reference's own order, in log-odds as a share of their span; above, at or below 0.
    pub attainable: [Option<f64>; REFERENCES.len()],
    /// AOPC comprehensiveness of each random order, in the same; empty in reports that did not keep them.
    pub random: Vec<f64>,
    /// Whether its gold label was predicted.
    pub correct: Option<bool>,
    /// By reference.
    pub voice: [Voice; REFERENCES.len()],
    /// One a reading.
    pub cells: Vec<Cell>,
}

/// One reading of one text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub erasure: Option<Erased>,
    pub replaced: Option<Replaced>,
    /// Whether the prediction ignores the attention at the reading's site.
    pub ignored: Option<bool>,
}

/// Erasure in a reading's order, in log-odds as a share of their span: confident texts count as others do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Erased {
    pub aopc: f64,
    pub excess: f64,
}

/// How a very different attention with the same prediction was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    Plainly,
    BySearch,
    NotFound,
}

/// Whether a text could speak on its own, or the first reason why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Spoke,
    TooFewWords,
    NoErasure,
    Unreliable,
    NothingToFind,
}

impl Row {
    pub fn of(example: &ExampleReport, text: usize, names: &[ReadingName], thresholds: &Thresholds) -> Self {
        let reaches = |reference: &str| {
            let found = example.references.iter().find(|found| found.method == reference);
            found.map(|found| (found.excess.value, found.excess_log_odds.value)).unwrap_or_default()
        };
        let reached = REFERENCES.map(reaches);
        let cell = |name: &ReadingName| {
            name.find(example).map(|reading| Cell::of(example, reading, thresholds)).unwrap_or_default()
        };
        Self {
            text,
            attainable: reached.map(|(_, log_odds)| log_odds),
            random: example.reliability.random_log_odds.clone(),
            correct: example.gold.as_ref().map(|gold| gold.correct),
            voice: reached.map(|(probability, log_odds)| {
                voice(example, probability.zip(log_odds).map(|(p, o)| p.max(o)), thresholds)
            }),
            cells: names.iter().map(cell).collect(),
        }
    }

    /// Whether words were erased from it.
    pub fn is_erased(&self) -> bool {
        self.cells.iter().any(|cell| cell.erasure.is_some())
    }

    /// All that a draw may depend on under a reference; rows with equal keys are the same to every statistic.
    fn key(&self, reference: usize) -> Vec<f64> {
        let told = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let right = self.correct.map(|correct| f64::from(u8::from(correct)));
        let mut key = vec![told(self.attainable[reference]), told(right)];
        for cell in &self.cells {
            key.extend([told(cell.erasure.map(|e| e.aopc)), told(cell.erasure.map(|e| e.excess))]);
        }
        key.extend(&self.random);
        key
    }
}

impl Cell {
    fn of(example: &ExampleReport, reading: &ReadingReport, thresholds: &Thresholds) -> Self {
        let erasure = reading.erasure.value.as_ref();
        let site = site(reading);
        let swaps = example.swaps.iter().find(|swaps| swaps.site == site);
        Self {
            erasure: erasure.and_then(|found| {
                Some(Erased { aopc: found.aopc_log_odds.value?, excess: found.excess_log_odds.value? })
            }),
            replaced: swaps.and_then(|swaps| replaced(reading, swaps, thresholds)),
            ignored: swaps.and_then(|swaps| Some(swaps.outcome.value.as_deref()? == INERT)),
        }
    }
}

/// The rows in an order that depends on nothing but what is in them.
pub(super) fn in_order(rows: &[Row], reference: usize) -> Vec<&Row> {
    let mut keyed: Vec<(Vec<f64>, &Row)> = rows.iter().map(|row| (row.key(reference), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| compare(a, b));
    keyed.into_iter().map(|(_, row)| row).collect()
}

fn compare(a: &[f64], b: &[f64]) -> Ordering {
    let differ = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
    differ.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// The site whose swaps tell of a reading: where its patterns are read.
fn site(reading: &ReadingReport) -> String {
    match find(&reading.method) {
        // A head's reading is named as its site is.
        Some(method) if method.reads == PatternsRead::Head => reading.method.clone(),
        Some(method) => site_of(method).to_string(),
        None => Site::Row.to_string(),
    }
}

/// How the reading can be replaced; `None` where that was not tested, or proves nothing since the prediction ignores this
/// attention.
fn replaced(reading: &ReadingReport, swaps: &SwapReport, thresholds: &Thresholds) -> Option<Replaced> {
    if swaps.outcome.value.as_deref()? == INERT {
        return None;
    }
    // A search may go further than a plain swap that was far enough.
    if reading.plain_share.value.is_some_and(|share| share > 0.0) {
        return Some(Replaced::Plainly);
    }
    match &reading.counterfactual.value {
        Some(found) if found.jsd >= thresholds.jsd && found.found_by == ADVERSARIAL => {
            Some(Replaced::BySearch)
        }
        Some(found) if found.jsd >= thresholds.jsd => Some(Replaced::Plainly),
        _ => Some(Replaced::NotFound),
    }
}

/// What reports call a site whose attention the prediction ignores.
const INERT: &str = "inert";

/// What reports call a counterfactual that took a search.
const ADVERSARIAL: &str = "adversarial";

fn voice(example: &ExampleReport, attainable: Option<f64>, thresholds: &Thresholds) -> Voice {
    if example.words.len() < thresholds.words {
        return Voice::TooFewWords;
    }
    let Some(attainable) = attainable else { return Voice::NoErasure };
    let trust = &example.reliability;
    let agree = [&trust.ceiling, &trust.operators].into_iter().filter_map(|measure| measure.value);
    let agree = agree.reduce(f64::max).is_some_and(|best| best >= thresholds.ceiling);
    if !agree && trust.borne_out.is_none() {
        return Voice::Unreliable;
    }
    if attainable < thresholds.margin { Voice::NothingToFind } else { Voice::Spoke }
}
