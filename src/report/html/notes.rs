//! Numbers, and the notes that say why one is missing: to be read on paper too, so not in a tooltip alone.

use std::io;

use super::markup::{Page, put};
use crate::report::Measure;
use crate::report::say::number::{percent, plain, share, signed, span};
use crate::report::summary::Estimate;

/// Footnotes: each reason once, marked wherever a number is missing for it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    reasons: Vec<String>,
}

impl Notes {
    /// The number, or `–` with the mark of its reason.
    pub fn show<T: Copy>(
        &mut self,
        page: &mut Page<'_>,
        measure: &Measure<T>,
        print: impl Fn(T) -> String,
    ) -> io::Result<()> {
        match measure.value {
            Some(value) => page.text(print(value)),
            None => self.missing(page, measure.reason.as_deref()),
        }
    }

    /// `–` with the mark of the reason.
    pub fn missing(&mut self, page: &mut Page<'_>, reason: Option<&str>) -> io::Result<()> {
        put!(page, "–");
        self.mark(page, reason.unwrap_or("no reason was given"))
    }

    /// A mean with its interval, marked where it is over fewer than `all` examples.
    pub fn estimate(
        &mut self,
        page: &mut Page<'_>,
        measure: &Measure<Estimate>,
        all: usize,
    ) -> io::Result<()> {
        self.print(page, measure, all, |found| match (found.low, found.high) {
            (Some(low), Some(high)) => format!("{} [{}]", signed(found.estimate), span(low, high)),
            _ => signed(found.estimate),
        })
    }

    /// A share with its interval, in per cent.
    pub fn share(&mut self, page: &mut Page<'_>, measure: &Measure<Estimate>, all: usize) -> io::Result<()> {
        self.print(page, measure, all, share)
    }

    /// A mean of what has no sign, with its interval.
    pub fn bare(&mut self, page: &mut Page<'_>, measure: &Measure<Estimate>) -> io::Result<()> {
        let all = measure.value.as_ref().map_or(0, |found| found.n);
        self.print(page, measure, all, |found| match (found.low, found.high) {
            (Some(low), Some(high)) => format!("{} [{}, {}]", plain(found.estimate), plain(low), plain(high)),
            _ => plain(found.estimate),
        })
    }

    /// A share in per cent alone.
    pub fn percent(
        &mut self,
        page: &mut Page<'_>,
        measure: &Measure<Estimate>,
        all: usize,
    ) -> io::Result<()> {
        self.print(page, measure, all, |found| percent(found.estimate))
    }

    fn print(
        &mut self,
        page: &mut Page<'_>,
        measure: &Measure<Estimate>,
        all: usize,
        print: impl Fn(&Estimate) -> String,
    ) -> io::Result<()> {
        let Some(found) = &measure.value else { return self.missing(page, measure.reason.as_deref()) };
        put!(page, (print(found)));
        if found.n == all {
            return Ok(());
        }
        self.mark(page, &format!("over the {} of {all} examples that have it", found.n))
    }

    fn mark(&mut self, page: &mut Page<'_>, reason: &str) -> io::Result<()> {
        let known = self.reasons.iter().position(|known| known == reason);
        let number = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len() - 1
        });
        put!(page, "<sup>", (number + 1), "</sup>");
        Ok(())
    }

    /// The notes, under what they are of.
    pub fn print_all(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        put!(page, "<ol class=notes>");
        for reason in &self.reasons {
            put!(page, "<li>", (reason));
        }
        put!(page, "</ol>\n");
        Ok(())
    }
}
