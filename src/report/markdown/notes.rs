//! Numbers, and why some are missing.

use crate::report::Measure;
use crate::report::say::count;
use crate::report::say::number::share;
use crate::report::summary::Estimate;

/// Numbers with their intervals; why one is missing, or over how few examples it is, is told below.
pub(super) struct Notes {
    all: usize,
    reasons: Vec<String>,
}

impl Notes {
    /// Nothing is noted yet; over `all` examples.
    pub(super) fn over(all: usize) -> Self {
        Self { all, reasons: Vec::new() }
    }

    /// The reasons, each told once, in the order of their numbers.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(String::as_str)
    }

    /// A mean with its interval.
    pub(super) fn mean(&mut self, measure: &Measure<Estimate>) -> String {
        self.show(measure, |found| match (found.low, found.high) {
            (Some(low), Some(high)) => format!("{:+.2} [{low:+.2}, {high:+.2}]", found.estimate),
            _ => format!("{:+.2}", found.estimate),
        })
    }

    /// A mean of what has no sign.
    pub(super) fn size(&mut self, measure: &Measure<Estimate>) -> String {
        self.mean(measure).replace('+', "")
    }

    /// A share in percent, with its interval.
    pub(super) fn share(&mut self, measure: &Measure<Estimate>) -> String {
        self.show(measure, share)
    }

    fn show(&mut self, measure: &Measure<Estimate>, print: impl Fn(&Estimate) -> String) -> String {
        match &measure.value {
            Some(found) if found.n == self.all => print(found),
            Some(found) => {
                let over = format!("over the {} of {} that have it", found.n, count(self.all, "text"));
                format!("{}{}", print(found), self.mark(&over))
            }
            None => format!("–{}", self.mark(measure.why())),
        }
    }

    fn mark(&mut self, reason: &str) -> String {
        let known = self.reasons.iter().position(|known| known == reason);
        let at = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len() - 1
        });
        format!(" <sup>{}</sup>", at + 1)
    }
}
