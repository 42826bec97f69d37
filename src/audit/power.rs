//! What an audit like this one would have seen: power as measured on planted models.
//!
//! The figures are the `power` list of `fixtures/controls/full.json`, which `attncheck controls --full --format json`
//! prints. One is given only where an audit has the settings it was measured with.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Deserialize;

use super::plan::Plan;
use super::protocol::{Effort, Protocol};
use super::verdict::Case;
use crate::missing::{Measured, Missing};
use crate::model::Target;
use crate::report::controls::PowerRow;
use crate::report::example::{Power, VerdictWord};
use crate::report::settings::Thresholds;
use crate::stats::interval::wilson;
use crate::stats::rank::argsort_descending;
use crate::subject::Subject;

/// The part of the controls' document that is needed here.
#[derive(Deserialize)]
struct Document {
    power: Vec<PowerRow>,
}

/// Power as it was measured: a row for each reading and verdict.
///
/// # Panics
///
/// Not in a build whose tests passed: they read the document.
pub fn measured() -> &'static [PowerRow] {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    let read = || serde_json::from_str(include_str!("../../fixtures/controls/full.json"));
    &DOCUMENT.get_or_init(|| read().expect("a test reads the committed document")).power
}

/// Whether an audit is done as the planted texts were: what they differ in, where they do.
pub(super) fn usual(subject: &Subject<'_>, protocol: &Protocol) -> Measured<()> {
    let usual = Plan::of(PathBuf::new()).protocol(true);
    let only = |for_what| Err(Missing::Unmeasured { for_what });
    if protocol.budget != Effort::Standard.budget() {
        return only("with --effort standard");
    }
    if protocol.thresholds != usual.thresholds {
        return only("with the default thresholds");
    }
    if protocol.operator != usual.operator || protocol.baseline != usual.baseline {
        return only("with words erased by the mask token");
    }
    if !protocol.only.is_empty() {
        return only("with every method");
    }
    let predicted = argsort_descending(&subject.probe.trace.logits).first().copied();
    match subject.probe.target {
        Target::Margin { class, .. } if Some(class) == predicted => Ok(()),
        _ => only("for the margin of the predicted class"),
    }
}

/// Whether the text could have shown what planted texts show: power of others is no power here.
pub(super) fn could_show(case: &Case<'_>, given: VerdictWord, thresholds: &Thresholds) -> Measured<()> {
    let silent = case.flat || matches!(given, VerdictWord::Inert | VerdictWord::Insufficient);
    match &case.attainable {
        Ok(most) if *most >= thresholds.margin && !silent => Ok(()),
        _ => Err(Missing::Unmeasured { for_what: "where a text can show a planted effect" }),
    }
}

/// The verdict that was not given, of which the power is told.
pub(super) fn not_found(given: VerdictWord) -> VerdictWord {
    match given {
        VerdictWord::Supported => VerdictWord::Contradicted,
        _ => VerdictWord::Supported,
    }
}

/// Texts of a planted model, which are one file: luck is excluded over them.
const FILE: &str = "eight";

/// What an audit of so many words would have found, as a reason of its verdict.
pub(super) fn sentence(power: &Power, words: usize) -> String {
    let [rate, low, high] = [power.rate, power.low, power.high].map(|share| 100.0 * share);
    let often = format!("in {rate:.0} % of cases [{low:.0}, {high:.0}]");
    match power.of {
        VerdictWord::Contradicted => format!(
            "no evidence against it; an audit of {FILE} texts of {words} words would have contradicted a map planted to mislead {often}"
        ),
        _ => format!(
            "no evidence of full support; an audit of {FILE} texts of {words} words would have seen a planted effect of full \
             strength {often}"
        ),
    }
}

/// The rate at which `of` was found on a reading of `words` words where it is right; linear in ln n between those
/// measured.
pub fn power(reading: &str, sinks_removed: bool, of: VerdictWord, words: usize) -> Measured<Power> {
    let row = measured()
        .iter()
        .find(|row| row.reading == reading && row.sinks_removed == sinks_removed && row.verdict == of)
        .ok_or(Missing::Unmeasured { for_what: "for readings of which planted models tell what is right" })?;
    let outside = Missing::Unmeasured { for_what: "for 8 to 128 words" };
    let above = row.words.iter().position(|n| *n >= words).ok_or(outside.clone())?;
    let below = if row.words[above] == words { above } else { above.checked_sub(1).ok_or(outside)? };
    let at = |i: usize| {
        let found = wilson(row.hits[i], row.trials[i]).ok_or(Missing::NoExamples)?;
        let (low, high) = found.bounds.ok_or(Missing::NoExamples)?;
        Ok([found.estimate, low, high])
    };
    let (a, b) = (at(below)?, at(above)?);
    let ln = |n: usize| (n as f64).ln();
    let span = ln(row.words[above]) - ln(row.words[below]);
    let share = if below == above { 0.0 } else { (ln(words) - ln(row.words[below])) / span };
    let [rate, low, high] = [0, 1, 2].map(|i| (1.0 - share) * a[i] + share * b[i]);
    let trials = if share > 0.5 { row.trials[above] } else { row.trials[below] };
    Ok(Power { of, rate, low, high, trials })
}
