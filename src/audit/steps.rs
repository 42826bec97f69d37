//! The maps of translations in three steps of rising claim, gathered token by token: links beside those of people, and how
//! often the linked word is the one that decides.

use super::estimate::{OfTexts, Texts, estimate, mean_over};
use crate::attribution::LEAVE_ONE_OUT;
use crate::input::{Gold, Link};
use crate::links::score::{Counts, RESAMPLES, Rate, draws};
use crate::links::{diagonal, sorted};
use crate::missing::Missing;
use crate::report::ExampleReport;
use crate::report::Measure;
use crate::report::measure::Estimate;
use crate::report::translation::{Parted, ReadingAlignment, TranslationSummary};
use crate::stats::interval::Interval;
use crate::stats::rank::argsort_descending;
use crate::stats::seed::rng;
use crate::tokens::blanks;

/// What was gathered of one translation.
#[derive(Debug, Default)]
struct Linked {
    of: String,
    /// Words by white space: of the source, of the translation.
    words: (usize, usize),
    gold: Gold,
    /// Of each reading.
    links: Vec<Vec<Link>>,
}

/// Every token of a translation that was audited so far.
#[derive(Debug, Default)]
pub(super) struct Steps {
    texts: Texts,
    source: OfTexts<f64>,
    without_source: OfTexts<f64>,
    without_written: OfTexts<f64>,
    /// The whole readings, which are every example's.
    readings: Vec<String>,
    parted: Vec<Parted>,
    linked: Vec<Linked>,
}

/// Why no error rate is told.
const NO_LINKS: Missing = Missing::RestsOn { what: "links" };

impl Steps {
    /// Takes in the next example; one that is no token of a translation is passed over.
    pub fn push(&mut self, example: &ExampleReport) {
        let (Some(origin), Some(asked)) = (&example.origin, &example.asked) else { return };
        let text = self.texts.push(example);
        let found = |measure: &Measure<f64>| measure.value.map(|value| (text, value));
        self.source.extend(found(&origin.source));
        self.without_source.extend(found(&origin.without_source));
        self.without_written.extend(found(&origin.without_written));
        let whole = || example.readings.iter().filter(|reading| !reading.sinks_removed);
        if self.readings.is_empty() {
            self.readings = whole().map(|reading| reading.method.clone()).collect();
            self.parted = vec![Parted::default(); self.readings.len()];
        }
        let Some(links) = &asked.linked else { return };
        if self.linked.last().is_none_or(|last| last.of != asked.of) {
            let words = (blanks(&example.text).len(), links.words);
            let links = vec![Vec::new(); self.readings.len()];
            self.linked.push(Linked { of: asked.of.clone(), words, gold: Gold::default(), links });
        }
        let Some(pair) = self.linked.last_mut() else { return };
        // A word of several tokens says its links with each of them.
        let of_word = |all: &[usize]| all.iter().map(|&source| (source, links.word)).collect::<Vec<Link>>();
        pair.gold.sure = sorted([pair.gold.sure.clone(), of_word(&links.sure)].concat());
        pair.gold.possible = sorted([pair.gold.possible.clone(), of_word(&links.possible)].concat());
        let loo = example.references.iter().find(|reference| reference.method == LEAVE_ONE_OUT);
        let decides = loo.and_then(|loo| first(loo.scores.value.as_ref()?));
        for (at, reading) in whole().enumerate() {
            let Some(word) = reading.scores.value.as_ref().and_then(|scores| first(scores)) else { continue };
            let Some(own) = pair.links.get_mut(at) else { continue };
            let source = example.words.get(word).map(|word| blank_word(&example.text, word.start));
            own.extend(source.map(|source| (source, links.word)));
            let (Some(decides), false) = (decides, links.possible.is_empty()) else { continue };
            let linked = source.is_some_and(|source| links.possible.contains(&source));
            let parted = &mut self.parted[at];
            let count = match (linked, word == decides) {
                (true, true) => &mut parted.both,
                (true, false) => &mut parted.linked_only,
                (false, true) => &mut parted.decides_only,
                (false, false) => &mut parted.neither,
            };
            *count += 1;
        }
    }

    /// All of it; `None` where there is no translation. The sentences are left to who knows the verdict.
    pub fn summary(&self, seed: u64) -> Option<TranslationSummary> {
        if self.readings.is_empty() {
            return None;
        }
        let mean = |values: &OfTexts<f64>, figure: &str| mean_over(values, seed, figure);
        let draws = draws(self.linked.len(), RESAMPLES, &mut rng(seed, "pairs", "alignment error rate"));
        let counts = |links: &dyn Fn(&Linked) -> Vec<Link>| -> Vec<Counts> {
            self.linked.iter().map(|pair| Counts::of(&sorted(links(pair)), &pair.gold)).collect()
        };
        let straight = Rate::of(&counts(&|pair| diagonal(pair.words.0, pair.words.1)), &draws);
        let aligned = |(at, (method, parted)): (usize, (&String, &Parted))| {
            let counts = counts(&|pair| pair.links[at].clone());
            let (all, rate) = (Counts::sum(&counts), Rate::of(&counts, &draws));
            let beyond = rate.as_ref().zip(straight.as_ref()).map(|(rate, diagonal)| rate.beyond(diagonal));
            ReadingAlignment {
                method: method.clone(),
                aer: told(rate.as_ref().map(Rate::interval)),
                precision: all.precision().ok_or(NO_LINKS).into(),
                recall: all.recall().ok_or(NO_LINKS).into(),
                beyond_diagonal: told(beyond),
                parted: *parted,
            }
        };
        let readings = self.readings.iter().zip(&self.parted).enumerate();
        let has_gold = !self.linked.is_empty();
        Some(TranslationSummary {
            sentences: Vec::new(),
            source: mean(&self.source, "source share"),
            without_source: mean(&self.without_source, "without the source"),
            without_written: mean(&self.without_written, "without what was written"),
            alignment: if has_gold { readings.map(aligned).collect() } else { Vec::new() },
            diagonal: has_gold.then(|| told(straight.as_ref().map(Rate::interval))),
        })
    }
}

/// The word with the greatest score; of equals the first.
fn first(scores: &[f64]) -> Option<usize> {
    argsort_descending(scores).first().copied()
}

/// Which word by white space stands at this byte of a text, from 0.
pub(super) fn blank_word(text: &str, start: usize) -> usize {
    blanks(text).partition_point(|word| word.end <= start)
}

fn told(found: Option<Interval>) -> Measure<Estimate> {
    found.map(estimate).ok_or(NO_LINKS).into()
}

#[cfg(test)]
mod tests {
    use super::blank_word;

    #[test]
    fn words_are_counted_by_white_space() {
        let text = "l'homme est  là.";
        let at = |part: &str| blank_word(text, text.find(part).unwrap());
        assert_eq!([at("l"), at("'"), at("homme"), at("est"), at("là"), at(".")], [0, 0, 0, 1, 2, 2]);
    }
}
