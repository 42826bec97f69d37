//! How far hidden states still are their tokens.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::notes::{self, size};
use super::parts::{Heading, end_table, figures, section, table};
use super::{list, settings};
use crate::report::drawn::files::prefix;
use crate::report::drawn::plots::mixing::{of_example, whole};
use crate::report::html::Html;
use crate::report::mixing::{MixingExample, MixingReport};
use crate::report::render::{Render, RenderError};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent};
use crate::report::say::terms::Term;
use crate::report::say::{count, sentence};

impl Render<MixingReport> for Html {
    fn render(&self, report: &MixingReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let found = &report.settings;
        frame::head(
            page,
            &frame::Head {
                attncheck: &found.attncheck,
                title: format!("Mixing: {} on {}", found.model.name, found.input.name),
                what: format!(
                    "What the states of {} are made of, over {} of {}",
                    found.model.name,
                    count(report.examples.len(), "text"),
                    found.input.name
                ),
                answer: &sentence::mixing(report),
                sections: &[
                    ("summary", "Layers"),
                    ("examples", "Texts"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        summary(page, report)?;
        put!(page, "<section id=examples>\n<h2>Texts</h2>\n");
        for (i, example) in report.examples.iter().enumerate() {
            one(page, example, i == 0 && report.examples.len() == 1)?;
        }
        list::failures(page, &report.failures)?;
        put!(page, "</section>\n");
        settings::settings(page, found)?;
        settings::terms_of(page, false, &[Term::Interval])?;
        Ok(frame::tail(page)?)
    }
}

fn summary(page: &mut Page<'_>, report: &MixingReport) -> io::Result<()> {
    let (mut notes, all) = (Notes::of("example"), report.examples.len());
    put!(page, "<section id=summary>\n<h2>Layers</h2>\n");
    if report.interrupted {
        put!(page, "<p class=warning>The run was interrupted: these are the texts that were done.</p>\n");
    }
    figures(page, "", whole(report))?;
    put!(page, "<details><summary>Every number, with 95 % intervals</summary>\n");
    let columns = [
        Heading::Plain("behind layer"),
        "form".into(),
        Heading::Named(Term::Interval, "own token, 95 %"),
        Heading::Named(Term::Interval, "neighbours, 95 %"),
        "rest".into(),
        "own in this layer alone".into(),
        Heading::Named(Term::Interval, "still the word, 95 %"),
        "error of sampling".into(),
    ];
    table(page, "", &columns)?;
    for row in &report.summary {
        put!(page, "<tr><th scope=row>", (row.layer), "<td>", (row.form), "<td>");
        page.noted(&notes.estimate(&row.own, all, size))?;
        put!(page, "<td>");
        page.noted(&notes.estimate(&row.neighbours, all, size))?;
        put!(page, "<td>");
        page.noted(&notes.short(&row.rest, all, percent))?;
        put!(page, "<td>");
        page.noted(&notes.short(&row.alone, all, percent))?;
        put!(page, "<td>");
        page.noted(&notes.estimate(&row.word, all, size))?;
        put!(page, "<td>");
        page.noted(&notes.short(&row.error, all, fine))?;
        put!(page, "\n");
    }
    end_table(page)?;
    notes::list(page, &notes)?;
    put!(page, "</details>\n</section>\n");
    Ok(())
}

/// The states of one text.
fn one(page: &mut Page<'_>, example: &MixingExample, open: bool) -> io::Result<()> {
    section(page, (example.line, &example.text, example.pair.as_deref()), (open, None))?;
    for warning in &example.warnings {
        put!(page, "<p class=warning>", (warning), "</p>\n");
    }
    figures(page, &prefix(example.line), of_example(example))?;
    for row in example.layers.iter().filter(|row| row.states.value.is_none()) {
        put!(page, "<p class=said>layer ", (row.layer), ", ", (row.form), ": ", (row.states.why()), "</p>\n");
    }
    put!(page, "</div></details>\n");
    Ok(())
}
