//! Checkpoints that differ in their seed.

use super::names;
use super::notes::{self, mean};
use super::page::Text;
use super::paint::PLAIN;
use super::summary;
use super::table::{Align, Cell, Table};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent, plain};
use crate::report::say::{clip, visible};
use crate::report::seeds::{LeftOut, SeedCounterfactual, SeedsExample, SeedsReport, SpreadSummary};

const LEGEND: [(&str, &str); 4] = [
    ("JSD", "between the maps of two checkpoints over the words of a text, in nats, at most 0.693"),
    ("TVD", "between their predictions, 0 to 1"),
    (
        "counterfactual",
        "the most different pattern at the decision row that keeps the checkpoint's prediction, and its JSD from the \
         checkpoint's own raw map",
    ),
    (
        "floor",
        "the largest JSD of the raw map between two checkpoints: what another seed gives anyway. A counterfactual \
         below it shows no more than the noise of training (Wiegreffe & Pinter 2019)",
    ),
];

/// One text under every checkpoint.
pub(super) fn example(text: Text, example: &SeedsExample) -> String {
    let mut notes = Notes::of("example");
    let mut out = text.title('─', &names::example(&example.id, example.line));
    out.push_str(&text.paragraph("", &example.text));
    if let Some(second) = &example.pair {
        out.push_str(&text.paragraph("", second));
    }
    let predicted = example.labels.iter().zip(&example.probabilities);
    let predicted: Vec<String> =
        predicted.enumerate().map(|(i, (label, p))| format!("{i} {label} {}", fine(*p))).collect();
    let told = format!(
        "{}; TVD mean {}, largest {}",
        predicted.join(", "),
        notes.show(&example.tvd.mean, fine),
        notes.show(&example.tvd.max, fine)
    );
    out.push_str(&text.paragraph("predicted  ", &told));
    let jsd = example.readings.iter().map(|reading| {
        let mean = notes.show(&reading.jsd.mean, plain);
        format!("{} {mean} (largest {})", reading.method, notes.show(&reading.jsd.max, plain))
    });
    let jsd: Vec<String> = jsd.collect();
    out.push_str(&text.paragraph("JSD        ", &jsd.join(", ")));
    let floor = format!(
        "{}; {} between checkpoints that predict the same",
        notes.show(&example.floor, plain),
        notes.show(&example.floor_same, plain)
    );
    out.push_str(&text.paragraph("floor      ", &floor));
    for found in &example.counterfactuals {
        out.push_str(&text.paragraph("  ", &judged(example, found)));
    }
    if example.counterfactuals.is_empty() {
        out.push_str(&text.paragraph("  ", "no checkpoint has a counterfactual"));
    }
    out.push_str(&notes::below(&notes, text.columns));
    out
}

fn judged(example: &SeedsExample, found: &SeedCounterfactual) -> String {
    let outcome = found.outcome.value.as_deref().unwrap_or("not judged");
    if outcome == "inert" {
        return format!("{}: inert: the prediction ignores this attention, whatever it is", found.checkpoint);
    }
    let beside = match (found.within, example.floor.value) {
        (Some(true), Some(floor)) => format!("not above the largest JSD between seeds {}", plain(floor)),
        (Some(false), Some(floor)) => format!("above the largest JSD between seeds {}", plain(floor)),
        _ => "there is no JSD between seeds to judge it by".to_owned(),
    };
    format!(
        "{}: the counterfactual's JSD {} (TVD {}) is {beside}; {outcome}",
        found.checkpoint,
        plain(found.jsd),
        fine(found.tvd)
    )
}

/// The texts that some checkpoint was not audited on.
pub(super) fn left_out(text: Text, left_out: &[LeftOut]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let mut out = text.title('─', &format!("left out: {}", count(left_out.len(), "text")));
    for one in left_out {
        let shown = visible(&one.text);
        let line = format!("{}: {}", clip(&shown, 40), one.why.join("; "));
        out.push_str(&text.paragraph(&format!("line {:<5}", one.line), &line));
    }
    out.push('\n');
    out
}

pub(super) fn whole(text: Text, report: &SeedsReport) -> String {
    let mut notes = Notes::of("example");
    let found = &report.summary;
    let title =
        format!("{} over {}", count(report.checkpoints.len(), "checkpoint"), count(found.examples, "text"));
    let mut out = text.title('═', &title);
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the texts that were done"));
    }
    if !report.left_out.is_empty() {
        let told = format!("{} left out; see above", count(report.left_out.len(), "text"));
        out.push_str(&text.paragraph("warning: ", &told));
    }
    for (i, settings) in report.checkpoints.iter().enumerate() {
        let model = &settings.model;
        let told = format!("{}: sha256 {}…", model.name, names::digest(&model.sha256));
        out.push_str(&text.paragraph(&format!("{i:<3}"), &told));
    }
    out.push('\n');
    let mut table = Table::new(&[
        (Align::Left, "between checkpoints"),
        (Align::Left, "mean, 95 %"),
        (Align::Left, "largest of a text, 95 %"),
        (Align::Right, "of all"),
    ]);
    for (i, spread) in std::iter::once(&found.tvd).chain(&found.readings).enumerate() {
        table.row(row(spread, i == 0, found.examples, &mut notes));
    }
    out.push_str(&table.print(text));
    out.push('\n');
    let same = format!("all predict the same class on {}", notes.share(&found.same_label, found.examples));
    out.push_str(&text.paragraph("predictions      ", &same));
    let non_exclusive = format!(
        "{} of maps; JSD of their counterfactuals {}, floor {}",
        notes.short(&found.non_exclusive, found.examples, percent),
        notes.estimate(&found.counterfactual, found.examples, mean).unsigned(),
        notes.estimate(&found.floor, found.examples, mean).unsigned()
    );
    out.push_str(&text.paragraph("non-exclusive    ", &non_exclusive));
    let within = format!(
        "all counterfactuals on {} of those texts; on {} by the floor between checkpoints that predict the same",
        notes.share(&found.within, found.examples),
        notes.share(&found.within_same, found.examples)
    );
    out.push_str(&text.paragraph("within the floor ", &within));
    out.push('\n');
    out.push_str(&text.paragraph("ANSWER  ", &found.sentence));
    out.push_str(&notes::below(&notes, text.columns));
    out.push('\n');
    if let Some(first) = report.checkpoints.first() {
        out.push_str(&summary::settings(text, first));
        out.push('\n');
    }
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<16}"), meaning));
    }
    out
}

fn row(spread: &SpreadSummary, tvd: bool, examples: usize, notes: &mut Notes) -> Vec<Cell> {
    let name = if tvd { "TVD of predictions".to_owned() } else { format!("JSD of {}", spread.method) };
    vec![
        Cell::styled(&name, PLAIN),
        notes.estimate(&spread.mean, examples, mean).unsigned().into(),
        notes.estimate(&spread.max, examples, mean).unsigned().into(),
        notes.show(&spread.largest, plain).into(),
    ]
}
