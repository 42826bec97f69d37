//! The headline of a report that has no answer of its own.

use super::count;
use super::number::{percent, signed, span};
use crate::report::controls::ControlsReport;
use crate::report::heads::HeadsReport;
use crate::report::mixing::MixingReport;

/// Which head agrees best with leave-one-out, and how often that is more than luck.
pub(in crate::report) fn heads(report: &HeadsReport) -> String {
    let known = report.summary.iter().filter_map(|head| Some((head.tau.value.as_ref()?, head)));
    // Of equals the first.
    let best = known.rev().max_by(|a, b| a.0.estimate.total_cmp(&b.0.estimate));
    let all = count(report.summary.len(), "head");
    let Some((tau, head)) = best else {
        return format!("Of the {all} none could be set beside leave-one-out.");
    };
    let interval = match (tau.low, tau.high) {
        (Some(low), Some(high)) => format!(" [{}]", span(low, high)),
        _ => String::new(),
    };
    let beyond = match &head.discoveries.value {
        Some(found) => format!(
            "; that is more than the best of all reaches by luck in {} of {}",
            percent(found.estimate),
            count(found.n, "text")
        ),
        None => String::new(),
    };
    format!(
        "Of the {all}, {}.{} agrees best with leave-one-out: tau {}{interval}{beyond}.",
        head.layer,
        head.head,
        signed(tau.estimate)
    )
}

/// What the states are made of that the last layer's attention points at.
pub(in crate::report) fn mixing(report: &MixingReport) -> String {
    let Some(below) = report.below() else {
        return "The one layer's attention looks at embeddings, which are their tokens alone.".to_owned();
    };
    let row = report.summary.iter().find(|row| row.form == "alti" && row.layer == below);
    let Some(own) = row.and_then(|row| row.word.value.as_ref()) else {
        return "What the states are made of could not be told.".to_owned();
    };
    let interval = match (own.low, own.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", percent(low), percent(high)),
        _ => String::new(),
    };
    format!(
        "Where the last layer's attention points at a word, the state there is {}{interval} that word; the rest came from other \
         words and special tokens (ALTI, mean of {}).",
        percent(own.estimate),
        count(own.n, "text")
    )
}

/// Whether the verdicts reach what they must.
pub(in crate::report) fn controls(report: &ControlsReport) -> String {
    let missed: Vec<&str> =
        report.goals.iter().filter(|goal| !goal.holds).map(|goal| goal.name.as_str()).collect();
    match (missed.as_slice(), report.goals.len()) {
        (_, 0) => "No goal was set.".to_owned(),
        ([], all) => format!("All {all} goals are reached on {}.", count(report.trials, "planted text")),
        (missed, all) => format!(
            "{} of {all} goals {} missed on {}: {}.",
            missed.len(),
            if missed.len() == 1 { "is" } else { "are" },
            count(report.trials, "planted text"),
            missed.join("; ")
        ),
    }
}
