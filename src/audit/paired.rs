//! Two audits of the same texts: which texts, and how far every figure of the summary differs over them.

use std::collections::{BTreeMap, VecDeque};

use rayon::prelude::*;

use super::estimate::{by_text, estimate};
use super::figures::{Figure, Statistic};
use super::ledger::Ledger;
use crate::missing::Missing;
use crate::report::compare::{FigureChange, Presence, Unpaired};
use crate::report::settings::{Difference, Scope};
use crate::report::{ExampleReport, ExamplesError, Measure, Report, Settings};
use crate::stats::fdr::{benjamini_hochberg, rejections};
use crate::stats::interval::RESAMPLES;
use crate::stats::order::mean;
use crate::stats::paired::paired;
use crate::stats::seed;

/// Two audits that were made with other choices, so that nothing is learnt from setting them side by side.
#[derive(Debug, thiserror::Error)]
#[error("they were made with other settings: {}", told(differences))]
pub struct OtherChoices {
    /// Each field that differs.
    pub differences: Vec<Difference>,
}

impl OtherChoices {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> String {
        if self.differences.iter().any(|d| d.field.ends_with("operator")) {
            "audit both with one --operator that both tokenizers allow, such as attend".to_owned()
        } else {
            "audit again with the same flags".to_owned()
        }
    }
}

pub(crate) fn told(differences: &[Difference]) -> String {
    let one = |d: &Difference| format!("{} is {} and {}", d.field, d.first, d.second);
    differences.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Whether two audits asked the same question in the same way, whatever the model, the machine and the texts.
pub(crate) fn same_choices(a: &Settings, b: &Settings) -> Result<(), OtherChoices> {
    let differences = a.differences(b, Scope::Choices);
    if differences.is_empty() { Ok(()) } else { Err(OtherChoices { differences }) }
}

/// The texts that two reports have in common, and what each has of them in columns of plain numbers.
#[derive(Debug)]
pub struct Pairs {
    a: Ledger,
    b: Ledger,
    /// Places in the two reports' lists of examples, in the order of the first.
    places: Vec<(usize, usize)>,
    unpaired: Vec<Unpaired>,
}

/// What one report has of a text.
struct Entry {
    id: String,
    line: usize,
    text: String,
    pair: Option<String>,
    /// Its place among the examples, or why it failed.
    place: Result<usize, String>,
}

impl Pairs {
    /// Matches the examples of two reports by id and text (both texts of a pair); where one stands twice, the first
    /// with the first.
    ///
    /// Examples are read one at a time; of each, its figures and its text are kept.
    ///
    /// # Errors
    ///
    /// Where the examples of a report cannot be read again.
    pub fn of(a: &Report, b: &Report) -> Result<Self, ExamplesError> {
        let (mut ledger_a, mut ledger_b) = (Ledger::default(), Ledger::default());
        let first = entries(a, &mut ledger_a)?;
        let mut waiting: BTreeMap<Key, VecDeque<Entry>> = BTreeMap::new();
        let second = entries(b, &mut ledger_b)?;
        let order: Vec<Key> = second.iter().map(Entry::key).collect();
        for entry in second {
            waiting.entry(entry.key()).or_default().push_back(entry);
        }
        let mut pairs = Self { a: ledger_a, b: ledger_b, places: Vec::new(), unpaired: Vec::new() };
        for entry in first {
            let key = entry.key();
            match (entry, waiting.get_mut(&key).and_then(VecDeque::pop_front)) {
                (Entry { place: Ok(a), .. }, Some(Entry { place: Ok(b), .. })) => pairs.places.push((a, b)),
                (a, b) => {
                    let in_b = b.map_or(Presence::Absent, |b| b.presence());
                    pairs.unpaired.push(Unpaired { a: a.presence(), b: in_b, ..a.told() });
                }
            }
        }
        for key in order {
            if let Some(b) = waiting.get_mut(&key).and_then(VecDeque::pop_front) {
                pairs.unpaired.push(Unpaired { b: b.presence(), ..b.told() });
            }
        }
        Ok(pairs)
    }

    /// Where each pair stands in the two lists of examples, in the order of the first report.
    #[must_use]
    pub fn places(&self) -> &[(usize, usize)] {
        &self.places
    }

    /// The text of a pair, which the questions of one text share; counted in the first report.
    pub(crate) fn text(&self, pair: usize) -> usize {
        self.places.get(pair).map_or(pair, |(first, _)| self.a.texts().of(*first))
    }

    /// The texts that were not audited on both sides: in the order of the first report, then those of the second.
    #[must_use]
    pub fn unpaired(&self) -> &[Unpaired] {
        &self.unpaired
    }

    /// The first report's figures.
    #[must_use]
    pub fn first(&self) -> &Ledger {
        &self.a
    }

    /// The second report's figures.
    #[must_use]
    pub fn second(&self) -> &Ledger {
        &self.b
    }

    /// Every figure that either has: those of the first in the order of its summary, then what only the second has.
    ///
    /// Random draws come from each figure's own stream of `seed`; `alpha` is the false discovery rate. q-values are
    /// Benjamini & Hochberg's (1995) over the figures that differ on some text: one that differs on none can never
    /// be found (Tarone 1990), so it is no test, and its q is 1. Figures depend on one another positively for the
    /// most part, which the method allows.
    #[must_use]
    pub fn changes(&self, seed: u64, alpha: f64) -> Vec<FigureChange> {
        let only_b = self.b.figures().iter().filter(|b| !has(&self.a, b));
        let figures: Vec<&Figure> = self.a.figures().iter().chain(only_b).collect();
        let found: Vec<(FigureChange, usize)> =
            figures.par_iter().map(|figure| self.of_figure(figure, seed, alpha)).collect();
        let p = found.iter().map(|(change, moved)| change.p.value.filter(|_| *moved > 0));
        let q = benjamini_hochberg(&p.collect::<Vec<_>>());
        let told = |((change, _), q): ((FigureChange, usize), Option<f64>)| match change.p.value {
            Some(_) => FigureChange { q: Measure::of(q.unwrap_or(1.0)), ..change },
            None => change,
        };
        found.into_iter().zip(q).map(told).collect()
    }

    /// One figure by any name it goes by in the first report; its q is missing, as it takes every figure.
    #[must_use]
    pub fn change(&self, name: &str, seed: u64, alpha: f64) -> Option<FigureChange> {
        let figure = self.a.find(name).or_else(|| self.b.find(name))?;
        Some(self.of_figure(figure, seed, alpha).0)
    }

    /// The change, its q still missing, and on how many texts it is not 0.
    fn of_figure(&self, figure: &Figure, seed: u64, alpha: f64) -> (FigureChange, usize) {
        let (a, b) = (self.column(&self.a, figure, alpha, true), self.column(&self.b, figure, alpha, false));
        let (texts, both): (Vec<usize>, Vec<(f64, f64)>) =
            a.into_iter().zip(b).enumerate().filter_map(|(i, (a, b))| Some((self.text(i), (a?, b?)))).unzip();
        let differences = by_text(texts.into_iter().zip(both.iter().map(|(a, b)| b - a)));
        let stream = format!("difference of {}", figure.name);
        let found = paired(&differences, RESAMPLES, &mut seed::rng(seed, "data set", &stream));
        let found = found.ok_or(Missing::NoPairs);
        let moved = found.as_ref().map_or(0, |found| found.moved);
        let of = |side: fn(&(f64, f64)) -> f64| {
            Measure::from(mean(&both.iter().map(side).collect::<Vec<_>>()).ok_or(Missing::NoPairs))
        };
        let change = FigureChange {
            figure: figure.name.clone(),
            better: figure.better.name().to_owned(),
            kind: figure.statistic.name().to_owned(),
            a: of(|pair| pair.0),
            b: of(|pair| pair.1),
            p: found.clone().map(|found| found.p).into(),
            q: found.as_ref().map_err(Clone::clone).and(Err(Missing::OfFigures)).into(),
            n: both.len(),
            difference: found.map(|found| estimate(found.difference)).into(),
        };
        (change, moved)
    }

    /// A figure's value in every pair. Of discoveries, 1 where the p stands after Benjamini–Hochberg over the pairs
    /// and 0 where it does not, so that both sides are adjusted for the same number of texts.
    fn column(&self, ledger: &Ledger, figure: &Figure, alpha: f64, first: bool) -> Vec<Option<f64>> {
        let all = ledger.values(&figure.name);
        let place = |pair: &(usize, usize)| if first { pair.0 } else { pair.1 };
        let values: Vec<Option<f64>> =
            self.places.iter().map(|pair| all.get(place(pair)).copied().flatten()).collect();
        if figure.statistic != Statistic::Discoveries {
            return values;
        }
        let found = rejections(&benjamini_hochberg(&values), alpha);
        found.into_iter().map(|stands| stands.map(|stands| if stands { 1.0 } else { 0.0 })).collect()
    }
}

/// What a text is known by.
type Key = (String, String, Option<String>);

impl Entry {
    fn key(&self) -> Key {
        (self.id.clone(), self.text.clone(), self.pair.clone())
    }

    fn told(self) -> Unpaired {
        let Self { id, line, text, pair, .. } = self;
        Unpaired { id, line, text, pair, a: Presence::Absent, b: Presence::Absent }
    }

    fn presence(&self) -> Presence {
        match &self.place {
            Ok(_) => Presence::Audited,
            Err(error) => Presence::Failed { error: error.clone() },
        }
    }
}

/// What a report has, audited and failed, and its figures.
fn entries(report: &Report, ledger: &mut Ledger) -> Result<Vec<Entry>, ExamplesError> {
    let mut entries = Vec::with_capacity(report.examples.len() + report.failures.len());
    for (place, example) in report.examples.iter().enumerate() {
        let example = example?;
        ledger.push(&example);
        let ExampleReport { id, line, text, pair, .. } = example;
        entries.push(Entry { id, line, text, pair, place: Ok(place) });
    }
    entries.extend(report.failures.iter().map(|failure| {
        ledger.fail();
        Entry {
            id: failure.id.clone(),
            line: failure.line,
            text: failure.text.clone(),
            pair: failure.pair.clone(),
            place: Err(failure.error.clone()),
        }
    }));
    Ok(entries)
}

fn has(ledger: &Ledger, figure: &Figure) -> bool {
    ledger.figures().iter().any(|other| other.name == figure.name)
}
