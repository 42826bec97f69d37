//! Means with their intervals, and the notes of a section: to be read on paper too, so not in a tooltip alone.

use std::io;

use super::markup::{Page, put};
use crate::report::measure::Estimate;
use crate::report::say::notes::Notes;
use crate::report::say::number::{plain, signed, span};

/// A mean with its interval: `+0.31 [+0.12…+0.50]`.
pub(super) fn mean(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{} [{}]", signed(found.estimate), span(low, high)),
        _ => signed(found.estimate),
    }
}

/// A mean of what has no sign, with its interval: `0.31 [0.12, 0.50]`.
pub(super) fn size(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", plain(found.estimate), plain(low), plain(high)),
        _ => plain(found.estimate),
    }
}

/// The notes as a list, under what they are of.
pub(super) fn list(page: &mut Page<'_>, notes: &Notes) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    put!(page, "<ol class=notes>");
    for reason in notes.reasons() {
        put!(page, "<li>", (reason));
    }
    put!(page, "</ol>\n");
    Ok(())
}
