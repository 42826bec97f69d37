//! The text with sets of words erased; each distinct set is run once.

use crate::missing::{Measured, Missing, Outcome, Stop, settle};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::softmax;
use crate::shift::{log_odds, span_of};
use crate::stats::divergence::total_variation;
use crate::subject::Subject;

use super::operator::Operator;
use super::plausible::Stand;

/// What erasing changes: before − after.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Change {
    /// In the target's unit; above 0, what was erased spoke for the target.
    pub target: f64,
    /// Of the explained class's probability, in [-1, 1].
    pub probability: f64,
    /// Total variation distance of the two predictions, in [0, 1].
    pub tvd: f64,
    /// Of the explained class's log-odds, in logits.
    pub log_odds: f64,
}

impl Change {
    /// From the observed prediction, of probabilities `before`, to one of these logits.
    pub(crate) fn of(subject: &Subject<'_>, before: &[f64], logits: &[f64]) -> Measured<Self> {
        let (probe, after) = (&subject.probe, softmax(logits));
        let tvd = total_variation(before, &after).ok_or(Missing::NotFinite { what: "a logit" })?;
        let class = probe.target.class();
        let target = probe.value() - probe.target.value(logits);
        let log_odds = log_odds(&probe.trace.logits, class) - log_odds(logits, class);
        Ok(Self { target, probability: before[class] - after[class], tvd, log_odds })
    }
}

/// One text under one operator.
#[derive(Debug)]
pub struct Erased<'a> {
    subject: &'a Subject<'a>,
    operator: Operator,
    ran: Mutex<BTreeMap<Vec<usize>, (Change, Stand)>>,
}

impl<'a> Erased<'a> {
    /// The text under `operator`, before any set of words is erased.
    #[must_use]
    pub fn new(subject: &'a Subject<'a>, operator: Operator) -> Self {
        Self { subject, operator, ran: Mutex::default() }
    }

    /// The text that words are erased from.
    #[must_use]
    pub fn subject(&self) -> &'a Subject<'a> {
        self.subject
    }

    /// How words are erased.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What erasing each set of words changes, in the order given; what was not run before is run in one call.
    ///
    /// Numbers that name no word change nothing; the empty set changes nothing, exactly.
    pub fn changes(&self, sets: &[Vec<usize>]) -> Outcome<Vec<Change>> {
        settle(self.run(sets))
    }

    /// The span of the text's log-odds: what they lose with all words, in logits, or [`LEAST_SPAN`] where that is less.
    ///
    /// [`LEAST_SPAN`]: crate::shift::LEAST_SPAN
    pub fn span(&self) -> Outcome<f64> {
        settle(self.fall().map(span_of))
    }

    fn fall(&self) -> Result<f64, Stop> {
        let all = (0..self.subject.words.len()).collect();
        Ok(self.run(&[all])?.iter().map(|change| change.log_odds).sum())
    }

    pub(crate) fn run(&self, sets: &[Vec<usize>]) -> Result<Vec<Change>, Stop> {
        Ok(self.seen(sets)?.into_iter().map(|(change, _)| change).collect())
    }

    /// What each text without such a set changes, and where it stands by its logits; from the same passes.
    pub(super) fn seen(&self, sets: &[Vec<usize>]) -> Result<Vec<(Change, Stand)>, Stop> {
        let n = self.subject.words.len();
        let keys: Vec<Vec<usize>> = sets.iter().map(|set| key(set, n)).collect();
        let mut ran = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let probe = &self.subject.probe;
        ran.entry(Vec::new()).or_insert_with(|| (Change::default(), Stand::of(&probe.trace.logits)));
        let mut new: Vec<&Vec<usize>> = keys.iter().filter(|key| !ran.contains_key(*key)).collect();
        new.sort_unstable();
        new.dedup();
        let sequences: Vec<_> =
            new.iter().map(|words| self.operator.apply(self.subject, words)).collect::<Result<_, _>>()?;
        let before = softmax(&probe.trace.logits);
        for (words, logits) in new.into_iter().zip(probe.logits(&sequences)?) {
            let change = Change::of(self.subject, &before, &logits)?;
            ran.insert(words.clone(), (change, Stand::of(&logits)));
        }
        Ok(keys.iter().filter_map(|key| ran.get(key).copied()).collect())
    }
}

/// The set in its one form: rising, each word once, only words that there are.
fn key(set: &[usize], n: usize) -> Vec<usize> {
    let mut key: Vec<usize> = set.iter().copied().filter(|&word| word < n).collect();
    key.sort_unstable();
    key.dedup();
    key
}
