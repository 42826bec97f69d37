//! The verdict on the file: what all its texts say together of every reading.
//!
//! Statistic by statistic as `attncheck guide verdicts` tells it: the effect is a ratio of sums with a `BCa` interval,
//! chance is one random order of each text, Holm's correction is over the readings, replaceability is counted. Texts that
//! are too short to be judged alone count here.

mod best;
pub mod grade;
mod row;

use std::collections::HashMap;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::estimate::{OfTexts, Texts, estimate, rate_over};
use super::shape::ReadingName;
use crate::missing::{Measured, Missing};
use crate::report::ExampleReport;
use crate::report::answer::{FileAnswer, Grade, ReadingAnswer, Replaceability, Speakers};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::answer as say;
use crate::report::settings::Thresholds;
use crate::stats::bca::ratio_of_sums;
use crate::stats::holm::holm;
use crate::stats::interval::{Interval, RESAMPLES};
use crate::stats::seed;
use crate::stats::strata::{Stratum, sum_p};
use grade::{Grounds, grade};
use row::{Cell, Replaced, Row, Voice};

pub use row::REFERENCES;

/// Sums of one random order of each text that the sum of a reading's is set against.
pub const DRAWS: usize = 10_000;

/// What the verdict on the file takes of each text, gathered text by text.
#[derive(Debug, Default)]
pub struct FileEvidence {
    /// The readings of the first text, which are every text's.
    names: Vec<ReadingName>,
    rows: Vec<Row>,
    texts: Texts,
}

impl FileEvidence {
    /// Takes in the next text.
    pub fn push(&mut self, example: &ExampleReport, thresholds: &Thresholds) {
        if self.names.is_empty() {
            self.names = example.readings.iter().map(ReadingName::of).collect();
        }
        let text = self.texts.push(example);
        self.rows.push(Row::of(example, text, &self.names, thresholds));
    }

    /// The place among [`REFERENCES`] of the first that says of most texts, four of five at least, what can be reached there;
    /// else of the last. Texts that it says nothing of are in no effect.
    fn chosen(&self) -> usize {
        let erased = || self.rows.iter().filter(|row| row.is_erased());
        let all = erased().count();
        let told = |at: usize| erased().filter(|row| row.attainable[at].is_some()).count();
        (0..REFERENCES.len())
            .find(|at| told(*at) > 0 && 5 * told(*at) >= 4 * all)
            .unwrap_or(REFERENCES.len() - 1)
    }

    /// What the texts say together; `None` where there are none. The order of the texts does not matter.
    #[must_use]
    pub fn answer(&self, thresholds: &Thresholds, seed: u64) -> Option<FileAnswer> {
        if self.rows.is_empty() {
            return None;
        }
        let reference = self.chosen();
        let rows = row::in_order(&self.rows, reference);
        let told = rows.iter().any(|row| row.attainable[reference].is_some());
        let file = File { evidence: self, rows, reference, thresholds, seed };
        let mut readings: Vec<ReadingAnswer> =
            (0..self.names.len()).into_par_iter().map(|at| file.reading(at)).collect();
        correct_for_many(&mut readings);
        for found in &mut readings {
            (found.verdict, found.more_texts) = grade(&Grounds::of(found), thresholds.alpha);
            found.sentence = say::reading(found);
        }
        let best = file.best(&readings);
        let texts = file.speakers();
        let mut answer = FileAnswer {
            sentences: Vec::new(),
            reference: told.then(|| REFERENCES[reference].to_owned()),
            texts,
            readings,
            best,
        };
        answer.sentences = sentences(&answer);
        Some(answer)
    }
}

/// The verdict on a file of these examples.
#[must_use]
pub fn answer<'e>(
    examples: impl IntoIterator<Item = &'e ExampleReport>,
    thresholds: &Thresholds,
    seed: u64,
) -> Option<FileAnswer> {
    let mut evidence = FileEvidence::default();
    examples.into_iter().for_each(|example| evidence.push(example, thresholds));
    evidence.answer(thresholds, seed)
}

/// Every whole reading's, the one that people would show first; the best; who could speak.
fn sentences(answer: &FileAnswer) -> Vec<String> {
    let speakers = say::speakers(&answer.texts);
    if let Some(none) = say::none_can_tell(&answer.readings) {
        return vec![none, speakers];
    }
    let shown = answer.shown();
    let others = answer.readings.iter().filter(|found| !found.sinks_removed && Some(*found) != shown);
    let readings = shown.into_iter().chain(others).map(|found| found.sentence.clone());
    readings.chain([say::best(answer.best.as_ref()), speakers]).collect()
}

/// Holm over the readings. Those without sinks are a family of their own: each is nearly the same map as the whole
/// reading, so that one family of both would ask twice for one claim.
fn correct_for_many(readings: &mut [ReadingAnswer]) {
    for variants in [false, true] {
        let family = |found: &&mut ReadingAnswer| found.sinks_removed == variants;
        let p: Vec<Option<f64>> =
            readings.iter_mut().filter(family).map(|found| found.beyond_chance_p.value).collect();
        for (found, adjusted) in readings.iter_mut().filter(family).zip(holm(&p)) {
            found.beyond_chance_holm = match adjusted {
                Some(p) => Measure::of(p),
                None => Measure { value: None, reason: found.beyond_chance_p.reason.clone() },
            };
        }
    }
}

/// The texts of a file in an order that depends on nothing but what they are.
struct File<'f> {
    evidence: &'f FileEvidence,
    rows: Vec<&'f Row>,
    /// Its place among [`REFERENCES`].
    reference: usize,
    thresholds: &'f Thresholds,
    seed: u64,
}

impl File<'_> {
    /// The reading at this place; its verdict and sentence take all readings, and are not there yet.
    fn reading(&self, at: usize) -> ReadingAnswer {
        let name = &self.evidence.names[at];
        let all = |_: &Row| true;
        let labelled = self.rows.iter().any(|row| row.correct.is_some());
        let group = |correct: bool| {
            let effect = || self.effect(at, &format!("{name}.{correct}"), |row| row.correct == Some(correct));
            labelled.then(effect)
        };
        let p = self.beyond_chance(at, name);
        let cells = || self.rows.iter().filter_map(|row| Some((row.text, row.cells.get(at)?)));
        let ignored = by_texts(cells().filter_map(|(text, cell)| Some((text, cell.ignored?))));
        ReadingAnswer {
            method: name.method.clone(),
            sinks_removed: name.sinks_removed,
            verdict: Grade::CannotTell,
            sentence: String::new(),
            effect: self.effect(at, &name.to_string(), all),
            beyond_chance_holm: p.clone().into(),
            beyond_chance_p: p.into(),
            replaceable: replaceability(cells()),
            ignored: rate_over(&ignored),
            more_texts: None,
            correct: group(true),
            wrong: group(false),
        }
    }

    /// The share that the reading finds of what can be reached, over the texts of a group.
    fn effect(&self, at: usize, name: &str, group: impl Fn(&Row) -> bool) -> Measure<Estimate> {
        let rows = self.rows.iter().filter(|row| group(row));
        let of = |row: &&&Row| Some((row.cells.get(at)?.erasure?.excess, row.attainable[self.reference]?));
        let parts = rows.filter_map(|row| Some((row.text, of(&row)?)));
        let parts: Vec<(f64, f64)> = grouped(parts)
            .into_iter()
            .map(|parts| parts.into_iter().fold((0.0, 0.0), |(e, a), (f, b)| (e + f, a + b)))
            .collect();
        self.ratio(&parts, &format!("answer.effect.{name}")).map(estimate).into()
    }

    /// A ratio of sums over texts, withheld where even the reference's order reaches less than the margin in the mean, in log-odds as in probability.
    fn ratio(&self, parts: &[(f64, f64)], stream: &str) -> Measured<Interval> {
        if parts.is_empty() {
            return Err(Missing::NoExamples);
        }
        let attainable: f64 = parts.iter().map(|(_, attainable)| attainable).sum();
        if attainable <= 0.0 || attainable < self.thresholds.margin * parts.len() as f64 {
            return Err(Missing::NothingToFind);
        }
        let mut rng = seed::rng(self.seed, "data set", stream);
        ratio_of_sums(parts, RESAMPLES, &mut rng).ok_or(Missing::NotFinite { what: "an effect" })
    }

    /// How likely random orders do as well in sum.
    fn beyond_chance(&self, at: usize, name: &ReadingName) -> Measured<f64> {
        let strata = self.rows.iter().filter_map(|row| {
            let observed = row.cells.get(at)?.erasure?.aopc;
            (!row.random.is_empty()).then_some((row.text, Stratum { observed, null: &row.random }))
        });
        let strata = grouped(strata);
        if strata.is_empty() {
            return Err(Missing::NotKept { what: "what random orders do to each text" });
        }
        let mut rng = seed::rng(self.seed, "data set", &format!("answer.chance.{name}"));
        sum_p(&strata, DRAWS, &mut rng).ok_or(Missing::NotFinite { what: "a change under erasure" })
    }

    fn speakers(&self) -> Speakers {
        let of = |voice: Voice| self.rows.iter().filter(|row| row.voice[self.reference] == voice).count();
        Speakers {
            all: self.rows.len(),
            spoke: of(Voice::Spoke),
            too_few_words: of(Voice::TooFewWords),
            no_erasure: of(Voice::NoErasure),
            unreliable: of(Voice::Unreliable),
            nothing_to_find: of(Voice::NothingToFind),
        }
    }
}

/// Values in groups, one a text, in the order in which the texts come first.
fn grouped<T>(values: impl Iterator<Item = (usize, T)>) -> Vec<Vec<T>> {
    let (mut places, mut groups) = (HashMap::new(), Vec::new());
    for (text, value) in values {
        let place = *places.entry(text).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(value);
    }
    groups
}

/// Values with their texts, those of one text beside one another.
fn by_texts<T>(values: impl Iterator<Item = (usize, T)>) -> OfTexts<T> {
    let groups = grouped(values).into_iter().enumerate();
    groups.flat_map(|(text, group)| group.into_iter().map(move |value| (text, value))).collect()
}

fn replaceability<'c>(cells: impl Iterator<Item = (usize, &'c Cell)>) -> Replaceability {
    let found = by_texts(cells.filter_map(|(text, cell)| Some((text, cell.replaced?))));
    let of = |how: Replaced| found.iter().filter(|(_, found)| *found == how).count();
    let share = |hit: fn(Replaced) -> bool| {
        rate_over(&found.iter().map(|(text, found)| (*text, hit(*found))).collect::<Vec<_>>())
    };
    Replaceability {
        plain: of(Replaced::Plainly),
        search: of(Replaced::BySearch),
        not_found: of(Replaced::NotFound),
        by_plain: share(|found| found == Replaced::Plainly),
        by_any: share(|found| found != Replaced::NotFound),
    }
}
