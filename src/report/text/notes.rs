//! Footnotes.

use super::flow::paragraph;
use crate::report::Measure;
use crate::report::say::number::{share, signed, span, superscript};
use crate::report::summary::Estimate;

/// Footnotes: each reason once, marked wherever a number is missing for it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    reasons: Vec<String>,
}

impl Notes {
    /// The number, or `–` with the mark of its reason.
    pub fn show<T: Copy>(&mut self, measure: &Measure<T>, print: impl Fn(T) -> String) -> String {
        match measure.value {
            Some(value) => print(value),
            None => self.missing(measure.reason.as_deref()),
        }
    }

    /// `–` with the mark of the reason.
    pub fn missing(&mut self, reason: Option<&str>) -> String {
        format!("–{}", self.mark(reason.unwrap_or("no reason was given")))
    }

    /// A mean with its interval, marked where it is over fewer than `all` examples.
    pub fn estimate(&mut self, measure: &Measure<Estimate>, all: usize) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        match (found.low, found.high) {
            (Some(low), Some(high)) => format!("{} {}{mark}", signed(found.estimate), span(low, high)),
            _ => format!("{}{mark}", signed(found.estimate)),
        }
    }

    /// A share with its interval, in per cent.
    pub fn share(&mut self, measure: &Measure<Estimate>, all: usize) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        format!("{}{mark}", share(found))
    }

    /// The estimate alone.
    pub fn short(
        &mut self,
        measure: &Measure<Estimate>,
        all: usize,
        print: impl Fn(f64) -> String,
    ) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        format!("{}{mark}", print(found.estimate))
    }

    fn over(&mut self, found: &Estimate, all: usize) -> String {
        if found.n == all {
            return String::new();
        }
        self.mark(&format!("over the {} of {all} examples that have it", found.n))
    }

    fn mark(&mut self, reason: &str) -> String {
        let known = self.reasons.iter().position(|known| known == reason);
        let number = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len() - 1
        });
        superscript(number + 1)
    }

    /// The notes, a line each.
    pub fn print(&self, columns: usize) -> String {
        let line =
            |(i, reason): (usize, &String)| paragraph(&format!("{} ", superscript(i + 1)), reason, columns);
        self.reasons.iter().enumerate().map(line).collect()
    }
}
