//! Readings and their verdicts in words, and which of them are told.

use super::count;
use crate::report::example::{ExampleReport, ReadingReport};
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::Finding;

/// What each rung of the reader's ladder says.
const LADDER: [&str; 4] = [
    "the map marks words",
    "gradients mark the same words",
    "erasing them matters",
    "changing the attention changes the prediction",
];

/// What a verdict's rung says; nothing beyond the ladder.
pub(in crate::report) fn rung(verdict: u8) -> &'static str {
    LADDER.get(usize::from(verdict)).copied().unwrap_or_default()
}

/// What follows the name of a property.
pub(in crate::report) fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Holds => "holds",
        Finding::Fails => "fails",
        Finding::Open => "open",
    }
}

/// A reading's name, with what was taken out.
pub(in crate::report) fn name(method: &str, sinks_removed: bool) -> String {
    format!("{method}{}", taken_out(sinks_removed))
}

/// What stands behind a method's name for the reading without sinks.
pub(in crate::report) fn taken_out(sinks_removed: bool) -> &'static str {
    if sinks_removed { " −sinks" } else { "" }
}

/// Whether a reading without sinks ranks words as the reading itself does.
pub(in crate::report) fn no_word_is_a_sink(example: &ExampleReport, method: &str) -> bool {
    let whole = example.readings.iter().find(|r| r.method == method && !r.sinks_removed);
    whole.is_some_and(|r| r.sink_mass.value == Some(0.0))
}

/// The readings that differ from one another: variants without sinks only where some word is one.
pub(in crate::report) fn distinct(example: &ExampleReport) -> Vec<&ReadingReport> {
    let same = |r: &ReadingReport| r.sinks_removed && no_word_is_a_sink(example, &r.method);
    example.readings.iter().filter(|reading| !same(reading)).collect()
}

/// The same over all examples: variants without sinks only where some word of some example is one.
pub(in crate::report) fn distinct_of(found: &Summary) -> impl Iterator<Item = &ReadingSummary> {
    let none = |method: &str| {
        let whole = found.readings.iter().find(|r| r.method == method && !r.sinks_removed);
        whole.and_then(|r| r.sink_mass.value.as_ref()).is_some_and(|mass| mass.estimate == 0.0)
    };
    found.readings.iter().filter(move |r| !(r.sinks_removed && none(&r.method)))
}

/// Where rows of attention see more tokens than a head has dimensions, without a full stop; nothing where none does.
pub(in crate::report) fn not_identifiable(example: &ExampleReport, head_width: usize) -> Option<String> {
    let sites: Vec<&str> =
        example.swaps.iter().filter(|swap| !swap.identifiable).map(|swap| swap.site.as_str()).collect();
    let which = match sites.len() {
        0 => return None,
        all if all == example.swaps.len() => {
            format!("with {}, more than a head's {head_width} dimensions,", count(example.tokens, "token"))
        }
        _ => format!(
            "at {} a row sees more tokens than a head's {head_width} dimensions, so that",
            sites.join(", ")
        ),
    };
    Some(format!(
        "{which} attention is not identifiable: other patterns give the same output whatever the weights"
    ))
}

/// Whose edges a knockout cut.
pub(in crate::report) fn cut_from(rows: &str) -> &'static str {
    if rows == "every" { "from every token" } else { "from the decision token" }
}

/// A reading's agreement with leave-one-out.
pub(in crate::report) fn loo_tau(reading: &ReadingReport) -> Option<f64> {
    reading.with_leave_one_out()?.tau.value
}
