//! Means with their intervals, and the marks of notes.

use crate::report::measure::{Estimate, Measure};
use crate::report::say::notes::{Noted, Notes};

/// A mean with its interval, marked where it is over fewer than `all` texts.
pub(super) fn mean(notes: &mut Notes, measure: &Measure<Estimate>, all: usize) -> String {
    marked(&notes.estimate(measure, all, interval))
}

/// A mean of what has no sign, with its interval.
pub(super) fn size(notes: &mut Notes, measure: &Measure<Estimate>, all: usize) -> String {
    marked(&notes.estimate(measure, all, interval).unsigned())
}

/// A share in per cent, with its interval.
pub(super) fn share(notes: &mut Notes, measure: &Measure<Estimate>, all: usize) -> String {
    marked(&notes.share(measure, all))
}

/// A mean as it is printed: `+0.31 [+0.12, +0.50]`.
fn interval(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{:+.2} [{low:+.2}, {high:+.2}]", found.estimate),
        _ => format!("{:+.2}", found.estimate),
    }
}

fn marked(noted: &Noted) -> String {
    let mark = noted.note.map(|note| format!(" <sup>{note}</sup>")).unwrap_or_default();
    format!("{}{mark}", noted.text)
}
