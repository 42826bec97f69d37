//! What several parts of the page say about a reading.

use crate::report::ExampleReport;
use crate::report::example::ReadingReport;
pub(super) use crate::report::text::evidence::no_word_is_a_sink;
pub(super) use crate::report::text::shown;

/// The readings that differ from one another: variants without sinks only where some word is one.
pub(super) fn distinct(example: &ExampleReport) -> Vec<&ReadingReport> {
    let same = |r: &ReadingReport| r.sinks_removed && no_word_is_a_sink(example, &r.method);
    example.readings.iter().filter(|reading| !same(reading)).collect()
}

/// Its name, with what was taken out.
pub(super) fn name(reading: &ReadingReport) -> String {
    format!("{}{}", reading.method, if reading.sinks_removed { " −sinks" } else { "" })
}

/// Its agreement with leave-one-out.
pub(super) fn loo_tau(reading: &ReadingReport) -> Option<f64> {
    reading.agreement.iter().find(|agreement| agreement.reference == "loo")?.tau.value
}
