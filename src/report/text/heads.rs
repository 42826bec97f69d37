//! Every head: over all examples, and on the one example where there is only one.

use super::notes::{self, mean};
use super::page::Text;
use super::summary;
use super::table::{Align, Table};
use crate::report::heads::{HeadsExample, HeadsReport};
use crate::report::maps::HeadReport;
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, p, percent, plain, signed};

const LEGEND: [(&str, &str); 5] = [
    ("entropy", "of the head's rows over that of a uniform row, 0 to 1"),
    ("spec, sink", "share of the decision token's attention on special tokens, and on sinks"),
    ("tau", "agreement of the decision row with leave-one-out, -1 to 1"),
    (
        "p, found",
        "p that the best of all heads agrees as well when words are shuffled; share of examples below alpha",
    ),
    ("ablation", "change of the prediction (TVD, 0 to 1) when the head's output is removed"),
];

pub(super) fn heads(text: Text, report: &HeadsReport) -> String {
    let mut out = String::new();
    for example in &report.examples {
        out.push_str(&one(text, example, report.examples.len() == 1));
        out.push('\n');
    }
    let mut notes = Notes::of("example");
    if report.examples.len() != 1 {
        out.push_str(&text.title('═', &format!("heads over {}", count(report.examples.len(), "example"))));
        if report.interrupted {
            out.push_str(&text.paragraph("warning: ", "interrupted; these are the examples that were done"));
        }
        out.push_str(&all(text, report, &mut notes));
        out.push_str(&notes::lines(&notes, text.columns));
        out.push('\n');
    }
    out.push_str(&summary::settings(text, &report.settings));
    out.push('\n');
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<12}"), meaning));
    }
    out
}

fn all(text: Text, report: &HeadsReport, notes: &mut Notes) -> String {
    let examples = report.examples.len();
    let mut table = Table::new(&[
        (Align::Left, "head"),
        (Align::Right, "entropy"),
        (Align::Right, "spec"),
        (Align::Right, "sink"),
        (Align::Left, "tau with LOO, 95 %"),
        (Align::Right, "found"),
        (Align::Right, "ablation"),
    ]);
    for head in &report.summary {
        table.row(vec![
            format!("{}.{}", head.layer, head.head).into(),
            notes.short(&head.entropy, examples, plain).into(),
            notes.short(&head.special_mass, examples, plain).into(),
            notes.short(&head.sink_mass, examples, plain).into(),
            notes.estimate(&head.tau, examples, mean).into(),
            notes.short(&head.discoveries, examples, percent).into(),
            notes.short(&head.ablation_tvd, examples, fine).into(),
        ]);
    }
    table.print(text)
}

fn one(text: Text, example: &HeadsExample, whole: bool) -> String {
    let mut notes = Notes::of("example");
    let mut out = text.title('─', &format!("line {}", example.line));
    out.push_str(&text.paragraph("", &example.text));
    if let Some(pair) = &example.pair {
        out.push_str(&text.paragraph("second: ", pair));
    }
    for warning in &example.warnings {
        out.push_str(&text.paragraph("warning: ", warning));
    }
    let best = example.heads.iter().filter_map(|head| Some((head.tau.value?, head)));
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0));
    let limit = notes.show(&example.best_of_all_p95, signed);
    let told = match best {
        Some((tau, head)) => format!(
            "best of {} heads: {}.{} with tau {}, p {} against the best under shuffled words (95 % of those are below \
             {limit}); {}",
            example.heads.len(),
            head.layer,
            head.head,
            signed(tau),
            notes.show(&head.tau_p_adjusted, p),
            count(example.words, "word")
        ),
        None => format!(
            "agreement of the {} heads with leave-one-out: {limit}; {}",
            example.heads.len(),
            count(example.words, "word")
        ),
    };
    out.push_str(&text.paragraph("", &told));
    if whole {
        out.push('\n');
        out.push_str(&table(text, &example.heads, &mut notes));
    }
    out.push_str(&notes::lines(&notes, text.columns));
    out
}

fn table(text: Text, heads: &[HeadReport], notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, "head"),
        (Align::Right, "entropy"),
        (Align::Right, "of row"),
        (Align::Right, "spec"),
        (Align::Right, "sink"),
        (Align::Right, "tau"),
        (Align::Right, "p"),
        (Align::Right, "ablation"),
        (Align::Right, "target"),
    ]);
    for head in heads {
        table.row(vec![
            format!("{}.{}", head.layer, head.head).into(),
            notes.show(&head.entropy, plain).into(),
            notes.show(&head.decision_entropy, plain).into(),
            plain(head.special_mass).into(),
            plain(head.sink_mass).into(),
            notes.show(&head.tau, signed).into(),
            notes.show(&head.tau_p_adjusted, p).into(),
            notes.show(&head.ablation_tvd, fine).into(),
            notes.show(&head.ablation_target, signed).into(),
        ]);
    }
    table.print(text)
}
