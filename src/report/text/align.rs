//! Pairs and their links.

use super::names;
use super::notes;
use super::page::Text;
use super::paint::{BOLD, DIM, PLAIN};
use super::table::{Align, Cell, Table};
use crate::report::align::{AlignReport, AlignRow, AlignedPair, StepLinks};
use crate::report::say::align::{LEGEND, by_head, links, name, rate, shows, told};
use crate::report::say::notes::Notes;
use crate::report::say::number::fine;
use crate::report::say::{count, visible};

/// One pair with its links.
pub(super) fn pair(text: Text, pair: &AlignedPair) -> String {
    let mut out = text.title('─', &names::example(&pair.id, pair.line));
    let words = |words: &[String]| visible(&numbered(words)).into_owned();
    out.push_str(&text.paragraph("source  ", &words(&pair.source)));
    let lead = if pair.translated { "written " } else { "target  " };
    out.push_str(&text.paragraph(lead, &words(&pair.target)));
    for (lead, step) in [("output  ", &pair.output), ("input   ", &pair.input)] {
        out.push_str(&text.paragraph(lead, &step_links(step)));
    }
    if let Some(links) = &pair.symmetrized {
        out.push_str(&text.paragraph("both    ", &pharaoh(links)));
    }
    if let Some(gold) = &pair.gold {
        let mark = |link: &(usize, usize)| if gold.sure.contains(link) { '-' } else { 'p' };
        let links = gold.possible.iter().map(|link| format!("{}{}{}", link.0, mark(link), link.1));
        let links = links.collect::<Vec<_>>().join(" ");
        out.push_str(&text.paragraph("gold    ", if links.is_empty() { "no link" } else { links.as_str() }));
    }
    for warning in &pair.warnings {
        out.push_str(&text.paragraph("warning: ", warning));
    }
    out
}

/// Words with their places, as links name them.
fn numbered(words: &[String]) -> String {
    words.iter().enumerate().map(|(at, word)| format!("{at}:{word}")).collect::<Vec<_>>().join(" ")
}

fn pharaoh(links: &[(usize, usize)]) -> String {
    if links.is_empty() {
        return "no link".to_owned();
    }
    links.iter().map(|(i, j)| format!("{i}-{j}")).collect::<Vec<_>>().join(" ")
}

fn step_links(step: &StepLinks) -> String {
    match step.crossings {
        0 => pharaoh(&step.links),
        some => format!("{} ({some} crossing)", pharaoh(&step.links)),
    }
}

/// What is known of all pairs.
pub(super) fn whole(text: Text, report: &AlignReport) -> String {
    let mut notes = Notes::of("pair");
    let settings = &report.settings;
    let pairs = count(report.pairs.len(), "pair");
    let mut out = text.title('═', &format!("{pairs} of {} by {}", settings.pairs, settings.model.name));
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the pairs that were done"));
    }
    if !report.failures.is_empty() {
        let told = format!("{} could not be aligned; see above", count(report.failures.len(), "pair"));
        out.push_str(&text.paragraph("warning: ", &told));
    }
    let chosen = &report.chosen;
    let own = report.rows.iter().find(|row| {
        (row.layer, row.head) == (Some(chosen.layer), chosen.head)
            && (row.step.as_deref(), row.pieces.as_deref()) == (Some(&*chosen.step), Some(&*chosen.pieces))
    });
    if let Some(own) = own {
        out.push_str(&text.paragraph("links   ", &format!("{}: {}", name(own), chosen.why)));
    }
    out.push('\n');
    if settings.gold.is_some() {
        out.push_str(&rates(text, &report.rows));
        out.push('\n');
    }
    let rows = told(&report.rows, (chosen.layer, chosen.head));
    out.push_str(&table(text, "all pairs", &rows, &mut notes));
    out.push('\n');
    if let Some(held) = &report.held_out.value {
        let title = format!("the other half, {}", count(held.second, "pair"));
        out.push_str(&text.paragraph("", &title));
        out.push_str(&table(text, "second half", &[&held.row, &held.diagonal, &held.random], &mut notes));
        out.push('\n');
    } else if settings.gold.is_some() {
        out.push_str(&text.paragraph("held out  ", &format!("nothing: {}", report.held_out.why())));
        out.push('\n');
    }
    for (i, sentence) in report.sentences.iter().enumerate() {
        out.push_str(&text.paragraph(if i == 0 { "ANSWER  " } else { "        " }, sentence));
    }
    out.push_str(&notes::below(&notes, text.columns));
    out.push('\n');
    out.push_str(&provenance(text, report));
    out.push('\n');
    for (name, meaning) in LEGEND {
        out.push_str(&text.paragraph(&format!("{name:<18}"), meaning));
    }
    out
}

/// The error rate of every head in four ways, with the diagonal and chance.
fn rates(text: Text, rows: &[AlignRow]) -> String {
    let mut table = Table::new(&[
        (Align::Left, "AER; (no alignment)"),
        (Align::Right, "output union"),
        (Align::Right, "output sum"),
        (Align::Right, "input union"),
        (Align::Right, "input sum"),
    ]);
    for (name, rows) in by_head(rows) {
        let cell = |row: &&AlignRow| {
            let Some(found) = &row.aer.value else { return Cell::from("–") };
            let told = fine(found.estimate);
            match row.shows_alignment {
                Some(true) => Cell::styled(&told, BOLD),
                Some(false) if row.layer.is_some() => Cell::styled(&format!("({told})"), DIM),
                _ => Cell::styled(&told, PLAIN),
            }
        };
        table.row(std::iter::once(Cell::from(name.as_str())).chain(rows.iter().map(cell)).collect());
    }
    table.print(text)
}

fn table(text: Text, title: &'static str, rows: &[&AlignRow], notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, title),
        (Align::Left, "AER, 95 %"),
        (Align::Right, "prec"),
        (Align::Right, "rec"),
        (Align::Right, "reord"),
        (Align::Right, "cross"),
        (Align::Left, "diagonal"),
    ]);
    for row in rows {
        let short = |value: f64| format!("{value:.2}");
        table.row(vec![
            Cell::from(name(row)),
            notes.alone(&row.aer, rate).into(),
            notes.show(&row.precision, short).into(),
            notes.show(&row.recall, short).into(),
            notes.show(&row.reordering, short).into(),
            Cell::from(links(row.crossings)),
            Cell::from(shows(row)),
        ]);
    }
    table.print(text)
}

/// What was run on what.
fn provenance(text: Text, report: &AlignReport) -> String {
    let settings = &report.settings;
    let model = &settings.model;
    let mut out = text.paragraph(
        "model     ",
        &format!(
            "{} ({}, {} layers of {} heads, {}), sha256 {}…",
            model.name,
            model.family,
            model.layers,
            model.heads,
            model.dtype,
            names::digest(&model.sha256)
        ),
    );
    let cut = if settings.cut == "whole" { "the sentence as a whole" } else { "each word by itself" };
    out.push_str(&text.paragraph("pieces    ", &format!("of {cut}")));
    if let Some(gold) = &settings.gold {
        let told = format!("{}, words counted from {}", gold.name, gold.first);
        out.push_str(&text.paragraph("gold      ", &told));
    }
    if let Some(other) = &settings.symmetrize {
        out.push_str(&text.paragraph("both      ", &format!("grow-diag-final with {other}")));
    }
    if let Some(beams) = settings.beams {
        out.push_str(
            &text.paragraph("targets   ", &format!("the model's own, by a search of width {beams}")),
        );
    }
    let draws = format!(
        "seed {}, {} draws of random links, {} of pairs",
        settings.seed, settings.random_draws, settings.resamples
    );
    out.push_str(&text.paragraph("draws     ", &draws));
    out
}
