//! Checkpoints of one model that differ in their seed.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::notes::{self, size};
use super::parts::{Heading, TEXT, both, end_table, figures, section, table};
use super::settings;
use crate::report::drawn::plots::seeds::plots;
use crate::report::html::Html;
use crate::report::render::{Render, RenderError};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent, plain};
use crate::report::say::terms::Term;
use crate::report::seeds::{LeftOut, SeedCounterfactual, SeedsExample, SeedsReport};

/// What its numbers are called.
const TERMS: [Term; 5] = [Term::Jsd, Term::Tvd, Term::Counterfactual, Term::Floor, Term::Interval];

impl Render<SeedsReport> for Html {
    /// # Errors
    ///
    /// Where `out` cannot be written, or the examples cannot be read again.
    fn render(&self, report: &SeedsReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let first = report.checkpoints.first();
        frame::head(
            page,
            &frame::Head {
                attncheck: first.map_or("", |first| first.attncheck.as_str()),
                title: "Attention under other seeds of the training".to_owned(),
                what: format!(
                    "{} of one model over {} of {}",
                    count(report.checkpoints.len(), "checkpoint"),
                    count(report.summary.examples, "text"),
                    first.map_or("", |first| first.input.name.as_str())
                ),
                answer: &report.summary.sentence,
                sections: &[
                    ("summary", "Answer"),
                    ("examples", "Texts"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        summary(page, report)?;
        put!(page, "<section id=examples>\n<h2>Texts</h2>\n");
        for example in report.examples.iter() {
            one(page, &example?)?;
        }
        left_out(page, &report.left_out)?;
        put!(page, "</section>\n<section id=settings>\n<h2>Settings</h2>\n");
        if let Some(first) = first {
            settings::rows(page, first)?;
        }
        put!(page, "</section>\n");
        settings::terms_of(page, false, &TERMS)?;
        Ok(frame::tail(page)?)
    }
}

fn summary(page: &mut Page<'_>, report: &SeedsReport) -> Result<(), RenderError> {
    let found = &report.summary;
    let mut notes = Notes::of("example");
    put!(page, "<section id=summary>\n<h2>The answer</h2>\n");
    if report.interrupted {
        put!(page, "<p class=warning>The run was interrupted: these are the texts that were done.</p>\n");
    }
    figures(page, "", plots(report)?)?;
    table(
        page,
        "",
        &[
            "between checkpoints".into(),
            Heading::Named(Term::Interval, "mean, 95 %"),
            Heading::Named(Term::Interval, "largest of a text, 95 %"),
            "of all".into(),
        ],
    )?;
    for (i, spread) in std::iter::once(&found.tvd).chain(&found.readings).enumerate() {
        put!(page, "<tr><th scope=row>");
        if i == 0 {
            put!(page, "TVD of predictions");
        } else {
            put!(page, "JSD of ", (spread.method));
        }
        for estimate in [&spread.mean, &spread.max] {
            put!(page, "<td>");
            page.noted(&notes.estimate(estimate, found.examples, size))?;
        }
        put!(page, "<td>");
        page.noted(&notes.show(&spread.largest, plain))?;
        put!(page, "\n");
    }
    end_table(page)?;
    put!(page, "<dl><dt>the same class<dd>all checkpoints predict it on ");
    page.noted(&notes.share(&found.same_label, found.examples))?;
    put!(page, "<dt>non-exclusive<dd>");
    page.noted(&notes.short(&found.non_exclusive, found.examples, percent))?;
    put!(page, " of maps; JSD of their counterfactuals ");
    page.noted(&notes.estimate(&found.counterfactual, found.examples, size))?;
    put!(page, ", floor ");
    page.noted(&notes.estimate(&found.floor, found.examples, size))?;
    put!(page, "<dt>within the floor<dd>all counterfactuals on ");
    page.noted(&notes.share(&found.within, found.examples))?;
    put!(page, " of those texts; on ");
    page.noted(&notes.share(&found.within_same, found.examples))?;
    put!(page, " by the floor between checkpoints that predict the same</dl>\n<h3>Checkpoints</h3>\n<dl>");
    for (i, settings) in report.checkpoints.iter().enumerate() {
        put!(
            page,
            "<dt>",
            (i),
            "<dd><bdi>",
            (settings.model.name),
            "</bdi>, sha256 ",
            (settings.model.sha256),
            "\n"
        );
    }
    put!(page, "</dl>\n");
    notes::list(page, &notes)?;
    put!(page, "</section>\n");
    Ok(())
}

/// One text under every checkpoint.
fn one(page: &mut Page<'_>, example: &SeedsExample) -> io::Result<()> {
    let mut notes = Notes::of("example");
    let fails = (!example.same_label).then_some("not one class");
    section(page, (example.line, &example.text, example.pair.as_deref()), (false, fails))?;
    put!(page, "<p class=said>floor ");
    page.noted(&notes.show(&example.floor, plain))?;
    put!(page, ", between checkpoints that predict the same ");
    page.noted(&notes.show(&example.floor_same, plain))?;
    put!(page, "; TVD of predictions mean ");
    page.noted(&notes.show(&example.tvd.mean, fine))?;
    put!(page, ", largest ");
    page.noted(&notes.show(&example.tvd.max, fine))?;
    put!(page, "</p>\n<div class=cols><div>\n");
    table(
        page,
        "",
        &[
            "checkpoint".into(),
            "predicts".into(),
            "probability".into(),
            Heading::Named(Term::Counterfactual, "counterfactual's JSD"),
            Term::Tvd.into(),
            Heading::Named(Term::Floor, "beside the floor"),
            "outcome".into(),
        ],
    )?;
    for (i, (label, probability)) in example.labels.iter().zip(&example.probabilities).enumerate() {
        put!(page, "<tr><th scope=row>", (i), "<td><bdi>", (label), "</bdi><td>", (fine(*probability)));
        match example.counterfactuals.iter().find(|found| found.checkpoint == i) {
            Some(found) => judged(page, found)?,
            None => put!(page, "<td>–<td><td><td>none was found"),
        }
        put!(page, "\n");
    }
    end_table(page)?;
    put!(page, "</div><div>\n");
    table(page, "", &["JSD of".into(), "mean".into(), "largest".into()])?;
    for reading in &example.readings {
        put!(page, "<tr><th scope=row>", (reading.method));
        for measure in [&reading.jsd.mean, &reading.jsd.max] {
            put!(page, "<td>");
            page.noted(&notes.show(measure, plain))?;
        }
        put!(page, "\n");
    }
    end_table(page)?;
    put!(page, "</div></div>\n");
    notes::list(page, &notes)?;
    put!(page, "</div></details>\n");
    Ok(())
}

fn judged(page: &mut Page<'_>, found: &SeedCounterfactual) -> io::Result<()> {
    let outcome = found.outcome.value.as_deref().unwrap_or("not judged");
    put!(page, "<td>", (plain(found.jsd)), "<td>", (fine(found.tvd)));
    match found.within {
        Some(true) => put!(page, "<td>not above it"),
        Some(false) => put!(page, "<td>above it"),
        None => put!(page, "<td>–"),
    }
    put!(page, "<td>", (outcome.replace("no-adversary-found", "no adversary found")));
    Ok(())
}

/// The texts that some checkpoint was not audited on.
fn left_out(page: &mut Page<'_>, left_out: &[LeftOut]) -> io::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    put!(page, "<h3>Left out</h3>\n");
    table(page, "failed", &["line".into(), "text".into(), "why".into()])?;
    for one in left_out {
        put!(page, "<tr><td>", (one.line), "<td>");
        both(page, &one.text, one.pair.as_deref(), TEXT)?;
        put!(page, "<td>", (one.why.join("; ")), "\n");
    }
    end_table(page)
}
