//! Means with their intervals, and the notes below a text.

use super::flow::paragraph;
use crate::report::measure::Estimate;
use crate::report::say::notes::Notes;
use crate::report::say::number::{plain, signed, span, superscript};

/// A mean with its interval: `+0.31 +0.12…+0.50`.
pub(super) fn mean(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{} {}", signed(found.estimate), span(low, high)),
        _ => signed(found.estimate),
    }
}

/// A mean of what has no sign, with its interval: `0.31 0.12…0.50`.
pub(super) fn size(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{} {}…{}", plain(found.estimate), plain(low), plain(high)),
        _ => plain(found.estimate),
    }
}

/// The notes, each from a new line on.
pub(super) fn lines(notes: &Notes, columns: usize) -> String {
    let line = |(i, reason): (usize, &str)| paragraph(&format!("{} ", superscript(i + 1)), reason, columns);
    notes.reasons().enumerate().map(line).collect()
}

/// The notes under an empty line; nothing at all where there is none.
pub(super) fn below(notes: &Notes, columns: usize) -> String {
    if notes.is_empty() { String::new() } else { format!("\n{}", lines(notes, columns)) }
}
