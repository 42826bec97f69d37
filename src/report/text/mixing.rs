//! How far states still are their tokens: layer by layer over all examples, and the words that are least themselves.

use super::notes::{self, size};
use super::page::Text;
use super::summary;
use super::table::{Align, Table};
use crate::report::mixing::{MixingExample, MixingReport, MixingSummary};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent};
use crate::report::say::{count, sentence};

/// So many words of a text are named.
const NAMED: usize = 3;

const LEGEND: [(&str, &str); 7] = [
    ("own", "share of a state that is its own token: 1 behind no layer, less with each that mixes"),
    ("near, rest", "share of the tokens right before and behind it, and of all others"),
    ("alone", "own share in this layer alone, given the states that it reads"),
    ("word", "share of the states at a word's pieces that is still the word"),
    ("alti", "what each token's term takes off the distance to the state (Ferrando et al. 2022)"),
    ("value-zeroing", "how far the state turns without a token's values (Mohebbi et al. 2023)"),
    ("gradient", "its sensitivity to each token, sampled, with the standard error (Brunner et al. 2020)"),
];

pub(super) fn mixing(text: Text, report: &MixingReport) -> String {
    let mut out = String::new();
    for example in &report.examples {
        out.push_str(&one(text, report, example));
        out.push('\n');
    }
    let mut notes = Notes::of("example");
    out.push_str(&text.title('═', &format!("mixing over {}", count(report.examples.len(), "example"))));
    out.push_str(&text.paragraph("", &sentence::mixing(report)));
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the examples that were done"));
    }
    out.push('\n');
    out.push_str(&table(text, report, &mut notes));
    out.push_str(&notes::lines(&notes, text.columns));
    out.push('\n');
    out.push_str(&summary::settings(text, &report.settings));
    if report.directions > 0 {
        out.push_str(
            &text.paragraph(
                "gradient    ",
                &format!("{} a token", count(report.directions, "random direction")),
            ),
        );
    }
    out.push('\n');
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<14}"), meaning));
    }
    out
}

fn table(text: Text, report: &MixingReport, notes: &mut Notes) -> String {
    let examples = report.examples.len();
    let mut table = Table::new(&[
        (Align::Left, "behind"),
        (Align::Left, "form"),
        (Align::Left, "own, 95 %"),
        (Align::Right, "near"),
        (Align::Right, "rest"),
        (Align::Right, "alone"),
        (Align::Right, "word"),
        (Align::Right, "error"),
    ]);
    let mut before: Option<usize> = None;
    for row in by_layer(report) {
        let sampled = row.form == "gradient";
        table.row(vec![
            if before == Some(row.layer) { String::new() } else { format!("layer {}", row.layer) }.into(),
            row.form.clone().into(),
            notes.estimate(&row.own, examples, size).into(),
            notes.short(&row.neighbours, examples, percent).into(),
            notes.short(&row.rest, examples, percent).into(),
            if sampled { "·".to_owned().into() } else { notes.short(&row.alone, examples, percent).into() },
            notes.short(&row.word, examples, percent).into(),
            if sampled { notes.short(&row.error, examples, fine).into() } else { "·".to_owned().into() },
        ]);
        before = Some(row.layer);
    }
    table.print(text)
}

/// The rows, the forms of one layer side by side.
fn by_layer(report: &MixingReport) -> Vec<&MixingSummary> {
    let mut rows: Vec<&MixingSummary> = report.summary.iter().collect();
    rows.sort_by_key(|row| row.layer);
    rows
}

/// The words of one text whose states under the last layer are least themselves.
fn one(text: Text, report: &MixingReport, example: &MixingExample) -> String {
    let mut out = text.title('─', &format!("line {}", example.line));
    out.push_str(&text.paragraph("", &example.text));
    if let Some(pair) = &example.pair {
        out.push_str(&text.paragraph("second: ", pair));
    }
    for warning in &example.warnings {
        out.push_str(&text.paragraph("warning: ", warning));
    }
    let Some(below) = report.below() else { return out };
    let row = example.layers.iter().find(|row| row.form == "alti" && row.layer == below);
    let Some(row) = row else { return out };
    let Some(states) = &row.states.value else {
        out.push_str(&text.paragraph("", &format!("not told: {}", row.states.why())));
        return out;
    };
    let mut words: Vec<(f64, &str)> =
        states.own_by_word.iter().copied().zip(example.words.iter().map(String::as_str)).collect();
    words.sort_by(|a, b| a.0.total_cmp(&b.0));
    let named = words.iter().take(NAMED).map(|(own, word)| format!("{} of it at “{word}”", percent(*own)));
    let named = named.collect::<Vec<_>>().join(", ");
    out.push_str(&text.paragraph("least a word’s own under the last layer: ", &named));
    out
}
