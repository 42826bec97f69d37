//! Over all examples, and what was run.

use super::continuations::continuations;
use super::names::{WORDS, digest, name};
use super::notes::{self, mean};
use super::page::Text;
use super::paint::{self, DIM};
use super::table::{Align, Table};
use super::{outcomes, plausibility};
use crate::report::gate::{GateOn, GateResult};
use crate::report::measure::Estimate;
use crate::report::say::count;
use crate::report::say::notes::{Noted, Notes};
use crate::report::say::number::{fine, percent, plain, share};
use crate::report::say::reading::distinct_of;
use crate::report::say::visible;
use crate::report::settings::Settings;
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::VerdictWord;
use crate::report::whole::Report;

/// What the numbers mean, for who has not read the manual.
const LEGEND: [(&str, &str); 7] = [
    (
        "tau",
        "agreement with leave-one-out in ranking words, -1 to 1; p: that a shuffled map agrees as well. Read it beside \
         the ceiling, which is how well the references agree with one another",
    ),
    (
        "excess",
        "probability lost by erasing the map's top words, minus that lost by as many random ones; 0 is chance",
    ),
    ("viol", "erasing the top word alone raised the prediction"),
    ("spec", "share of the map's mass on special tokens, which no word is shown for"),
    ("−sinks", "the same reading without sinks and special tokens, renormalised"),
    (
        "leverage",
        "largest change of the prediction (TVD, 0 to 1) by uniform, permuted and one-hot attention; JSD, TVD: the most \
         different pattern found that keeps the prediction, and by how much it moves it",
    ),
    (
        "map, loo",
        "a word's weight in the map; the target minus the target without the word, above 0 where it supports",
    ),
];

pub(super) fn summary(text: Text, report: &Report) -> String {
    let mut notes = Notes::of("example");
    let found = &report.summary;
    let mut out = text.title('═', &format!("summary of {}", count(found.examples, "example")));
    if !report.failures.is_empty() {
        let all = report.failures.len() + found.examples;
        let told =
            format!("{} of {} could not be audited; see above", report.failures.len(), count(all, "example"));
        out.push_str(&text.paragraph("warning: ", &told));
    }
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the examples that were done"));
    }
    out.push_str(&verdicts(text, found));
    if let Some(headline) = found.readings.iter().find(|r| !r.sinks_removed) {
        out.push_str(&shares(text, headline));
    }
    out.push('\n');
    out.push_str(&means(text, found, &mut notes));
    out.push('\n');
    let all = found.examples;
    let references = format!(
        "ceiling {}; agreement of the erasure operators {}",
        notes.estimate(&found.ceiling, all, mean),
        notes.estimate(&found.operators, all, mean)
    );
    out.push_str(&text.paragraph("references  ", &references));
    for swap in &found.swaps {
        let told = format!(
            "at {}: leverage {}; inert {}; non-exclusive {}",
            swap.site,
            notes.estimate(&swap.leverage, all, mean),
            notes.share(&swap.inert, all),
            notes.share(&swap.non_exclusive, all)
        );
        out.push_str(&text.paragraph("swaps       ", &told));
    }
    out.push_str(&continuations(text, &found.continuations));
    out.push_str(&text.paragraph("passes      ", &passes(found, &mut notes)));
    if let Some(accuracy) = &found.accuracy {
        out.push('\n');
        out.push_str(&outcomes::outcomes(text, found, accuracy, &mut notes));
    }
    if let Some(plausibility) = &found.plausibility {
        out.push('\n');
        out.push_str(&plausibility::summary(text, plausibility, all, &mut notes));
    }
    out.push_str(&gates(text, &report.gates, &mut notes));
    out.push_str(&notes::below(&notes, text.columns));
    out.push('\n');
    out.push_str(&settings(text, &report.settings));
    out.push('\n');
    out.push_str(&legend(text));
    out
}

/// How many examples got each verdict.
fn verdicts(text: Text, found: &Summary) -> String {
    let mut columns = vec![(Align::Left, "verdicts")];
    columns.extend(WORDS.map(|(_, heading)| (Align::Right, heading)));
    columns.push((Align::Right, "supported, 95 %"));
    let mut table = Table::new(&columns);
    for reading in distinct_of(found) {
        let counted = |word| reading.verdicts.iter().find(|v| v.verdict == word);
        let mut cells = vec![name(reading).into()];
        cells.extend(WORDS.map(|(word, _)| match counted(word).map_or(0, |v| v.count) {
            0 => "·".into(),
            count => count.to_string().into(),
        }));
        let supported = counted(VerdictWord::Supported).map(|v| share(&v.share)).unwrap_or_default();
        cells.push(supported.into());
        table.row(cells);
    }
    table.print(text)
}

/// Every verdict's share for the reading that people would show.
fn shares(text: Text, reading: &ReadingSummary) -> String {
    let given = reading.verdicts.iter().filter(|v| v.count > 0);
    let told: Vec<String> = given.map(|v| format!("{} {}", v.verdict.name(), share(&v.share))).collect();
    text.paragraph(&format!("{}: ", visible(&reading.method)), &told.join(", "))
}

fn means(text: Text, found: &Summary, notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, "means"),
        (Align::Left, "tau with LOO, 95 %"),
        (Align::Left, "excess, 95 %"),
        (Align::Right, "sig"),
        (Align::Right, "viol"),
        (Align::Right, "(rand)"),
        (Align::Right, "spec"),
    ]);
    let all = found.examples;
    for reading in distinct_of(found) {
        let loo = reading.with_leave_one_out();
        let tau = match loo {
            Some(loo) => notes.estimate(&loo.tau, all, mean),
            None => notes.missing("leave-one-out was not run"),
        };
        let special = if reading.sinks_removed {
            Noted::default()
        } else {
            notes.short(&reading.special_mass, all, plain)
        };
        table.row(vec![
            name(reading).into(),
            tau.into(),
            notes.estimate(&reading.excess, all, mean).into(),
            notes.short(&reading.excess_discoveries, all, percent).into(),
            notes.short(&reading.violation, all, percent).into(),
            notes.short(&reading.violation_random, all, percent).into(),
            special.into(),
        ]);
    }
    let note = "sig: share of examples whose excess is significant after Benjamini–Hochberg; (rand): how often \
                erasing a random word raises the prediction; without sinks: the same where not shown";
    format!("{}{}", table.print(text), text.paragraph("", note))
}

/// What was asked of the figures, and whether they keep it.
fn gates(text: Text, gates: &[GateResult], notes: &mut Notes) -> String {
    if gates.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        (Align::Left, "gate"),
        (Align::Left, ""),
        (Align::Left, "found, 95 %"),
        (Align::Right, "n"),
    ]);
    for gate in gates {
        let outcome = if gate.passed { "passed" } else { "FAILED" };
        let n = gate.found.value.as_ref().map(|found| found.n.to_string()).unwrap_or_default();
        let found = match &gate.found.value {
            Some(Estimate { estimate, low: Some(low), high: Some(high), .. }) => {
                format!("{} [{}, {}]", fine(*estimate), fine(*low), fine(*high))
            }
            Some(found) => fine(found.estimate),
            None => notes.missing(gate.found.why()).to_string(),
        };
        let row = [visible(&gate.gate).into_owned(), outcome.to_owned(), found, n];
        table.row(row.into_iter().map(Into::into).collect());
    }
    let interval = gates.iter().any(|gate| gate.on == GateOn::Interval);
    let on = if interval {
        "judged on the end of the interval that is against the gate"
    } else {
        "judged on the estimate"
    };
    format!("\n{}{}", table.print(text), text.paragraph("", on))
}

fn passes(found: &Summary, notes: &mut Notes) -> String {
    let total = notes.show(&found.total_passes, |total| format!("{total:.0}"));
    let steps: Vec<String> = found
        .passes
        .iter()
        .filter(|pass| pass.forwards >= 0.5)
        .map(|pass| format!("{} {:.0}", pass.step, pass.forwards))
        .collect();
    format!("{total} forward passes an example: {}", steps.join(", "))
}

/// What was run, in lines short enough to copy from.
pub(super) fn settings(text: Text, found: &Settings) -> String {
    let model = &found.model;
    let revision =
        model.revision.as_ref().map(|r| format!(" at {}", r.get(..12).unwrap_or(r))).unwrap_or_default();
    let device = if found.device == "cpu" { String::new() } else { format!(" on {}", found.device) };
    let mut out = text.paragraph(
        "model       ",
        &format!(
            "{}{revision}: {}, {} layers × {} heads, sha256 {}…, {}{device}",
            model.name,
            model.family,
            model.layers,
            model.heads,
            digest(&model.sha256),
            model.dtype
        ),
    );
    for note in &model.notes {
        out.push_str(&text.paragraph("note        ", note));
    }
    let limit = found.input.limit.map(|limit| format!(", limit {limit}")).unwrap_or_default();
    let input = format!(
        "{}: {}{limit}, {} left out",
        found.input.name,
        count(found.input.examples, "example"),
        count(found.input.empty_lines, "empty line")
    );
    out.push_str(&text.paragraph("input       ", &input));
    for note in &found.input.notes {
        out.push_str(&text.paragraph("            ", &format!("note: {note}")));
    }
    let only =
        if found.only.is_empty() { String::new() } else { format!(", only {}", found.only.join(", ")) };
    let run = format!(
        "target {} of {}, operator {}, baseline {}, effort {}, seed {}{only}; attncheck {}",
        found.target, found.class, found.operator, found.baseline, found.effort, found.seed, found.attncheck
    );
    out.push_str(&text.paragraph("settings    ", &run));
    let limits = &found.thresholds;
    let thresholds = format!(
        "margin {}, epsilon {}, jsd {}, ceiling {}, min-words {}, alpha {}: conventions, each set by its flag",
        limits.margin, limits.epsilon, limits.jsd, limits.ceiling, limits.words, limits.alpha
    );
    out.push_str(&text.paragraph("thresholds  ", &thresholds));
    out
}

fn legend(text: Text) -> String {
    let mut out = format!("{}\n", text.paint.on(DIM, "how to read the numbers"));
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<10}"), meaning));
    }
    if text.paint.color {
        out.push_str(&shades(text));
    }
    out
}

/// The shades of words, each named in its own colour.
fn shades(text: Text) -> String {
    let line = |lead: &str, sign: f64| {
        let shade = |step: &f64| text.paint.on(paint::shade(sign * step), &format!("≥{}", percent(*step)));
        format!("{lead}{}\n", paint::STEPS.iter().map(shade).collect::<Vec<_>>().join(" "))
    };
    let of = text.paragraph("          ", "of the largest score in the text");
    format!("{}{}{of}", line("shades    for the class ", 1.0), line("          against it    ", -1.0))
}
