//! Pairs and their links.

use std::io;

use super::frame;
use super::list;
use super::markup::{Page, put};
use super::notes;
use super::parts::{end_table, figures, section, table};
use crate::report::align::{AlignReport, AlignRow, AlignedPair};
use crate::report::drawn::plots::align::{of_pair, whole};
use crate::report::html::{DETAILED, Html};
use crate::report::render::{Render, RenderError};
use crate::report::say::align::{LEGEND, links, name, rate, shows, told};
use crate::report::say::count;
use crate::report::say::notes::Notes;

impl Render<AlignReport> for Html {
    /// # Errors
    ///
    /// Where `out` cannot be written.
    fn render(&self, report: &AlignReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let found = &report.settings;
        frame::head(
            page,
            &frame::Head {
                attncheck: &found.attncheck,
                title: format!("Alignment: {} on {}", found.model.name, found.pairs),
                what: format!(
                    "Links of {} of {} from the cross-attention of {}",
                    count(report.pairs.len(), "pair"),
                    found.pairs,
                    found.model.name
                ),
                answer: report.sentences.first().map_or("", String::as_str),
                sections: &[
                    ("summary", "Answer"),
                    ("examples", "Pairs"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        summary(page, report)?;
        put!(page, "<section id=examples>\n<h2>Pairs</h2>\n");
        let more = report.pairs.len().saturating_sub(DETAILED);
        if more > 0 {
            put!(page, "<p class=warning>To keep the page small the last ", (count(more, "pair")));
            put!(page, " are not drawn; the JSON document has them.</p>\n");
        }
        for pair in report.pairs.iter().take(DETAILED) {
            one(page, pair, report.pairs.len() == 1)?;
        }
        list::failures(page, &report.failures)?;
        put!(page, "</section>\n");
        settings(page, report)?;
        put!(page, "<section id=reading>\n<h2>How to read this</h2>\n<dl>\n");
        for (name, meaning) in LEGEND {
            put!(page, "<dt>", (name), "<dd>", (meaning), "\n");
        }
        put!(page, "</dl>\n</section>\n");
        Ok(frame::tail(page)?)
    }
}

fn summary(page: &mut Page<'_>, report: &AlignReport) -> io::Result<()> {
    let mut notes = Notes::of("pair");
    put!(page, "<section id=summary>\n<h2>The answer</h2>\n");
    if report.interrupted {
        put!(page, "<p class=warning>The run was interrupted: these are the pairs that were done.</p>\n");
    }
    for sentence in &report.sentences {
        put!(page, "<p>", (sentence), "</p>\n");
    }
    put!(page, "<p>The links are of layer ", (report.chosen.layer), ", ");
    match report.chosen.head {
        Some(head) => put!(page, "head ", (head)),
        None => put!(page, "the mean of its heads"),
    }
    put!(page, ": ", (report.chosen.why), ".</p>\n");
    figures(page, "", whole(report))?;
    let rows = told(&report.rows, (report.chosen.layer, report.chosen.head));
    put!(page, "<h3>All pairs</h3>\n");
    rows_table(page, &rows, &mut notes)?;
    if let Some(held) = &report.held_out.value {
        put!(page, "<h3>The second half, ", (count(held.second, "pair")), "</h3>\n");
        rows_table(page, &[&held.row, &held.diagonal, &held.random], &mut notes)?;
    } else if report.settings.gold.is_some() {
        put!(page, "<p class=note>Nothing was held out: ", (report.held_out.why()), ".</p>\n");
    }
    if report.settings.gold.is_some() {
        put!(page, "<details><summary>Every reading</summary>\n");
        rows_table(page, &report.rows.iter().collect::<Vec<_>>(), &mut notes)?;
        put!(page, "</details>\n");
    }
    notes::list(page, &notes)?;
    put!(page, "</section>\n");
    Ok(())
}

fn rows_table(page: &mut Page<'_>, rows: &[&AlignRow], notes: &mut Notes) -> io::Result<()> {
    table(
        page,
        "",
        &[
            "links of".into(),
            "AER, 95 %".into(),
            "precision".into(),
            "recall".into(),
            "reordering".into(),
            "links".into(),
            "crossing".into(),
            "beside the diagonal".into(),
        ],
    )?;
    for row in rows {
        put!(page, "<tr><th scope=row>", (name(row)), "<td>");
        page.noted(&notes.alone(&row.aer, rate))?;
        for measure in [&row.precision, &row.recall, &row.reordering] {
            put!(page, "<td>");
            page.noted(&notes.show(measure, |value| format!("{value:.3}")))?;
        }
        put!(page, "<td>", (links(row.links)), "<td>", (links(row.crossings)), "<td>", (shows(row)), "\n");
    }
    end_table(page)
}

/// One pair with its plots.
fn one(page: &mut Page<'_>, pair: &AlignedPair, open: bool) -> io::Result<()> {
    let (source, target) = (pair.source.join(" "), pair.target.join(" "));
    section(page, (pair.line, &source, Some(&target)), (open, None))?;
    for warning in &pair.warnings {
        put!(page, "<p class=warning>", (warning), "</p>\n");
    }
    let plots = of_pair(pair);
    if plots.is_empty() {
        put!(
            page,
            "<p class=note>The pair is too long to be drawn; the JSON document has its weights.</p>\n"
        );
    } else {
        figures(page, &format!("pair-{}-", pair.line), plots)?;
    }
    put!(page, "<dl>");
    for (name, step) in [("output", &pair.output), ("input", &pair.input)] {
        put!(page, "<dt>", (name), "<dd>", (pharaoh(&step.links)), "; crossing ", (step.crossings), "\n");
    }
    if let Some(links) = &pair.symmetrized {
        put!(page, "<dt>both directions<dd>", (pharaoh(links)), "\n");
    }
    put!(page, "</dl>\n</div></details>\n");
    Ok(())
}

fn pharaoh(links: &[(usize, usize)]) -> String {
    if links.is_empty() {
        return "no link".to_owned();
    }
    links.iter().map(|(i, j)| format!("{i}-{j}")).collect::<Vec<_>>().join(" ")
}

fn settings(page: &mut Page<'_>, report: &AlignReport) -> io::Result<()> {
    let found = &report.settings;
    let model = &found.model;
    put!(
        page,
        "<section id=settings>\n<h2>Settings</h2>\n<dl>\n<dt>model<dd><bdi>",
        (model.name),
        "</bdi>, "
    );
    put!(page, (model.family), ", ", (model.layers), " layers of ", (model.heads), " heads, ", (model.dtype));
    put!(
        page,
        " on ",
        (found.device),
        "; sha256 ",
        (model.sha256),
        "\n<dt>pairs<dd><bdi>",
        (found.pairs),
        "</bdi>\n"
    );
    if let Some(gold) = &found.gold {
        put!(page, "<dt>gold<dd><bdi>", (gold.name), "</bdi>, words counted from ", (gold.first), "\n");
    }
    if let Some(other) = &found.symmetrize {
        put!(page, "<dt>both directions<dd>grow-diag-final with <bdi>", (other), "</bdi>\n");
    }
    if let Some(beams) = found.beams {
        put!(page, "<dt>targets<dd>the model's own, by a search of width ", (beams), "\n");
    }
    put!(page, "<dt>pieces<dd>");
    match found.cut.as_str() {
        "whole" => put!(page, "of the sentence as a whole"),
        _ => put!(page, "of each word by itself"),
    }
    put!(page, "\n<dt>draws<dd>seed ", (found.seed), ", ", (found.random_draws), " of random links, ");
    put!(page, (found.resamples), " of pairs\n</dl>\n</section>\n");
    Ok(())
}
