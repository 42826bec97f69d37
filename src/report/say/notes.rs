//! Numbers that may be missing, and the notes that say why.

use std::fmt;

use super::count;
use super::number::{share, superscript};
use crate::report::measure::{Estimate, Measure};

/// Notes below a text: each reason once, marked wherever a number is missing for it.
#[derive(Debug)]
pub(in crate::report) struct Notes {
    unit: &'static str,
    reasons: Vec<String>,
}

/// What stands where a number does, and the note that belongs to it; a printer writes the mark in its own way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::report) struct Noted {
    /// The number, or `–`.
    pub text: String,
    /// The note's number, from 1.
    pub note: Option<usize>,
}

impl Notes {
    /// No notes yet; estimates are over so many of this unit: `example`, `text`.
    pub fn of(unit: &'static str) -> Self {
        Self { unit, reasons: Vec::new() }
    }

    /// The number, or `–` with its reason.
    pub fn show<T: Copy>(&mut self, measure: &Measure<T>, print: impl Fn(T) -> String) -> Noted {
        match measure.value {
            Some(value) => print(value).into(),
            None => self.missing(measure.why()),
        }
    }

    /// `–` with the reason.
    pub fn missing(&mut self, reason: &str) -> Noted {
        Noted { text: "–".to_owned(), note: Some(self.note(reason)) }
    }

    /// An estimate, with a note where it is over fewer than `all` units.
    pub fn estimate(
        &mut self,
        measure: &Measure<Estimate>,
        all: usize,
        print: impl Fn(&Estimate) -> String,
    ) -> Noted {
        let Some(found) = &measure.value else { return self.missing(measure.why()) };
        let over = || format!("over the {} of {} that have it", found.n, count(all, self.unit));
        let note = (found.n != all).then(over).map(|over| self.note(&over));
        Noted { text: print(found), note }
    }

    /// A share with its interval, in per cent.
    pub fn share(&mut self, measure: &Measure<Estimate>, all: usize) -> Noted {
        self.estimate(measure, all, share)
    }

    /// The estimate without its interval.
    pub fn short(&mut self, measure: &Measure<Estimate>, all: usize, print: impl Fn(f64) -> String) -> Noted {
        self.estimate(measure, all, |found| print(found.estimate))
    }

    /// An estimate where over how many units it is stands elsewhere.
    pub fn alone(&mut self, measure: &Measure<Estimate>, print: impl Fn(&Estimate) -> String) -> Noted {
        match &measure.value {
            Some(found) => print(found).into(),
            None => self.missing(measure.why()),
        }
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The reasons in the order of their numbers.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(String::as_str)
    }

    /// The number of the note that gives this reason.
    fn note(&mut self, reason: &str) -> usize {
        let known = self.reasons.iter().position(|known| known == reason);
        known.map_or_else(
            || {
                self.reasons.push(reason.to_owned());
                self.reasons.len()
            },
            |place| place + 1,
        )
    }
}

impl Noted {
    /// Without the sign that sizes and distances do not need.
    pub fn unsigned(mut self) -> Self {
        self.text = self.text.replace('+', "");
        self
    }
}

impl From<String> for Noted {
    fn from(text: String) -> Self {
        Self { text, note: None }
    }
}

/// As it stands where there is no markup: the mark is a raised number.
impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, self.note.map(superscript).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(n: usize) -> Measure<Estimate> {
        Measure::of(Estimate { estimate: 0.5, low: None, high: None, n })
    }

    #[test]
    fn a_reason_is_noted_once() {
        let mut notes = Notes::of("text");
        let gone = |reason: &str| Measure::<f64> { value: None, reason: Some(reason.to_owned()) };
        let mut show = |reason| notes.show(&gone(reason), |value| value.to_string()).to_string();
        assert_eq!([show("no words"), show("not run"), show("no words")], ["–¹", "–²", "–¹"]);
        assert_eq!(notes.reasons().collect::<Vec<_>>(), ["no words", "not run"]);
    }

    #[test]
    fn an_estimate_over_fewer_says_so() {
        let mut notes = Notes::of("text");
        assert_eq!(notes.share(&estimate(3), 3).to_string(), "50 %");
        assert_eq!(notes.share(&estimate(2), 3).to_string(), "50 %¹");
        assert_eq!(notes.alone(&estimate(2), share).to_string(), "50 %");
        assert_eq!(notes.reasons().collect::<Vec<_>>(), ["over the 2 of 3 texts that have it"]);
    }
}
