//! What two audits of the same texts come to.

use std::fmt::Write;

use super::names::{WORDS, digest};
use super::notes::{self, mean};
use super::page::Text;
use super::paint::{self, BOLD, PLAIN};
use super::summary;
use super::table::{Align, Cell, Table};
use crate::report::compare::{CompareReport, CompareSummary, FigureChange};
use crate::report::say::notes::{Noted, Notes};
use crate::report::say::number::{fine, p, percent, signed};
use crate::report::say::{change, count};
use crate::report::verdict::VerdictWord;

/// What the numbers mean.
const LEGEND: [(&str, &str); 7] = [
    (
        "tau, rho",
        "how alike A and B rank the words that both have, -1 to 1; p: that shuffled words are as alike. No two models \
         can be expected to agree better than the references of each agree with one another (ceiling)",
    ),
    ("top", "the share of the top fifth of words in common"),
    ("JSD", "between the two maps over these words, in nats, at most 0.693"),
    (
        "references",
        "by the size of their scores: which words the prediction uses, whichever class they speak for; readings: \
         which words the map shows",
    ),
    (
        "B − A",
        "the mean difference over texts that both have it for, 95 %; p: that exchanging A and B at random text \
      by text gives as much; q: the same after Benjamini–Hochberg over all figures",
    ),
    ("net", "the share of texts where the reading is supported minus the share where it is contradicted"),
    (
        "naopc",
        "erasure between the worst and the best order of the words, 0 to 1: unlike AOPC, it can be compared across \
      models",
    ),
];

pub(super) fn whole(text: Text, report: &CompareReport) -> String {
    let mut notes = Notes::of("example");
    let found = &report.summary;
    let mut out = text.title('═', &format!("A against B over {}", count(found.pairs, "text")));
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the texts that were done"));
    }
    if !report.unpaired.is_empty() {
        let told = format!("{} not audited on both sides; see above", count(report.unpaired.len(), "text"));
        out.push_str(&text.paragraph("warning: ", &told));
    }
    for (name, settings) in [("A  ", &report.a), ("B  ", &report.b)] {
        let model = &settings.model;
        let told = format!(
            "{}: {}, {} layers × {} heads, sha256 {}…",
            model.name,
            model.family,
            model.layers,
            model.heads,
            digest(&model.sha256)
        );
        out.push_str(&text.paragraph(name, &told));
    }
    out.push('\n');
    out.push_str(&text.paragraph("ANSWER  ", &found.answer.sentence));
    out.push('\n');
    out.push_str(&likeness(text, found, &mut notes));
    out.push('\n');
    out.push_str(&predictions(text, found, &mut notes));
    out.push('\n');
    out.push_str(&verdicts(text, found));
    out.push('\n');
    out.push_str(&figures(text, report, &mut notes));
    out.push_str(&notes::below(&notes, text.columns));
    out.push('\n');
    out.push_str(&summary::settings(text, &report.a));
    out.push('\n');
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<12}"), meaning));
    }
    out
}

/// Do they look at the same words, do they use the same words?
fn likeness(text: Text, found: &CompareSummary, notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, "means"),
        (Align::Left, "tau A with B, 95 %"),
        (Align::Right, "found"),
        (Align::Right, "top"),
        (Align::Left, "JSD, 95 %"),
    ]);
    for one in found.likeness.iter().filter(|one| !one.sinks_removed) {
        let jsd = match &one.jsd.value {
            Some(_) => notes.estimate(&one.jsd, found.pairs, mean).unsigned(),
            None => Noted::default(),
        };
        table.row(vec![
            one.method.clone().into(),
            notes.estimate(&one.tau, found.pairs, mean).into(),
            notes.short(&one.found, found.pairs, percent).into(),
            notes.short(&one.overlap, found.pairs, percent).into(),
            jsd.into(),
        ]);
    }
    let note =
        "found: share of texts where they are more alike than shuffled words, after Benjamini–Hochberg";
    let ceiling = found.figures.iter().find(|figure| figure.figure == "ceiling");
    let ceiling = ceiling.map(|c| {
        let told = format!(
            "A {}, B {}: how well the references of each agree with one another",
            notes.show(&c.a, signed),
            notes.show(&c.b, signed)
        );
        text.paragraph("ceiling  ", &told)
    });
    format!("{}{}{}", table.print(text), ceiling.unwrap_or_default(), text.paragraph("", note))
}

fn predictions(text: Text, found: &CompareSummary, notes: &mut Notes) -> String {
    let told = format!(
        "the same class on {}; TVD {}",
        notes.share(&found.same_label, found.pairs),
        notes.estimate(&found.tvd, found.pairs, mean).unsigned()
    );
    let mut out = text.paragraph("predictions  ", &told);
    for one in &found.predictions {
        let told =
            format!("A {} {}, B {} {}", one.a, fine(one.probability_a), one.b, fine(one.probability_b));
        out.push_str(&text.paragraph(&format!("  line {:<5} ", one.line), &told));
    }
    out
}

/// The headline reading's verdicts, A's in rows and B's in columns, and where they differ.
fn verdicts(text: Text, found: &CompareSummary) -> String {
    let headline = found.answer.reading.as_deref();
    let Some(one) = found.verdicts.iter().find(|v| Some(v.method.as_str()) == headline && !v.sinks_removed)
    else {
        return String::new();
    };
    let mut columns = vec![(Align::Left, "verdict of A ↓, B →")];
    columns.extend(WORDS.map(|(_, heading)| (Align::Right, heading)));
    let mut table = Table::new(&columns);
    for (a, _) in WORDS {
        let mut cells = vec![Cell::styled(a.name(), PLAIN)];
        cells.extend(WORDS.map(|(b, _)| match one.counts.iter().find(|cell| (cell.a, cell.b) == (a, b)) {
            Some(cell) => Cell::styled(&cell.texts.to_string(), if a == b { PLAIN } else { BOLD }),
            None => "·".into(),
        }));
        table.row(cells);
    }
    let mut out = text.paragraph("", &format!("{}, texts by verdict", one.method));
    out.push_str(&table.print(text));
    for changed in &found.changed {
        let name = |word: VerdictWord| text.paint.on(paint::verdict(word), word.name());
        let _ = writeln!(out, "  line {:<5} {} → {}", changed.line, name(changed.a), name(changed.b));
    }
    out
}

/// The figures that are told.
fn figures(text: Text, report: &CompareReport, notes: &mut Notes) -> String {
    let (all, alpha) = (&report.summary.figures, report.a.thresholds.alpha);
    let differs = |figure: &FigureChange| change::differs(figure, alpha);
    let mut table = Table::new(&[
        (Align::Left, "figure"),
        (Align::Right, "A"),
        (Align::Right, "B"),
        (Align::Left, "B − A, 95 %"),
        (Align::Right, "p"),
        (Align::Right, "q"),
        (Align::Left, "better"),
    ]);
    let shown = change::shown(report);
    for figure in &shown {
        let shares = figure.kind != "mean";
        let number = |value: f64| if shares { percent(value) } else { signed(value) };
        let difference = notes.alone(&figure.difference, mean);
        let style = if differs(figure) { BOLD } else { PLAIN };
        table.row(vec![
            Cell::styled(&figure.figure, style),
            notes.show(&figure.a, number).into(),
            notes.show(&figure.b, number).into(),
            difference.into(),
            notes.show(&figure.p, p).into(),
            notes.show(&figure.q, p).into(),
            change::better(figure, alpha).into(),
        ]);
    }
    let differ = all.iter().filter(|figure| differs(figure)).count();
    let note = format!(
        "{} of {} figures are shown, {differ} differ at q ≤ {alpha}; the JSON document has them all",
        shown.len(),
        all.len()
    );
    format!("{}{}", table.print(text), text.paragraph("", &note))
}
