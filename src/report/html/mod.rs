//! A finished report as one web page: no file beside it, no request to anywhere, readable with scripts off.
//!
//! Written from the top down, one example at a time. An audit's page is the answer, the list of texts, a section per
//! text, the settings; the other reports have their own files in `pages`, in the same frame. Scripts only add comfort
//! (sorting, filtering, words linked over all methods, saving plots). Texts, labels and names are data: they go through
//! `markup::Page::text` alone, and the page's own policy forbids any script but the one that is in it.
//!
//! A page is bounded: of more than [`DETAILED`] examples the rest are in the list alone, and of large models only the
//! uppermost layers' patterns are drawn (`heads`); the page says what was left out, and the JSON document has it.

mod answer;
mod continued;
mod curves;
mod example;
mod frame;
mod heads;
mod list;
mod notes;
mod outcomes;
mod pages;
mod parts;
mod plausibility;
mod settings;
mod summary;
mod swaps;
mod verdicts;
mod words;

use std::io;

pub use list::DETAILED;

use super::drawn::swaps::shared;
use super::drawn::{Drawn, markup};
use super::render::{Render, RenderError};
use super::say::count;
use super::whole::Report;
use continued::Continued;
use markup::{Page, put};

/// The printer of a web page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Html;

impl Render<Report> for Html {
    /// # Errors
    ///
    /// Where `out` cannot be written, or the examples cannot be read again.
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        head(page, report)?;
        summary::summary(page, report)?;
        list::start(page, report)?;
        let mut continued = Continued::default();
        for (i, example) in report.examples.iter().enumerate() {
            let example = example?;
            list::row(page, report, i, &example)?;
            if i < DETAILED {
                continued.push(i, &example);
            }
        }
        list::end(page, report)?;
        list::failures(page, &report.failures)?;
        put!(page, "</section>\n<div id=texts>\n");
        for (i, example) in report.examples.iter().take(DETAILED).enumerate() {
            let example = example?;
            let drawn = Drawn::at(report, i, &example)?;
            example::example(page, report, (i, &continued), &example, drawn.as_ref())?;
        }
        put!(page, "</div>\n");
        settings::settings(page, &report.settings)?;
        settings::legend(page)?;
        Ok(frame::tail(page)?)
    }
}

/// The page of an audit up to its summary.
fn head(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let found = &report.settings;
    let question = format!("How far may the attention maps of {} be believed?", found.model.name);
    let answer = report.summary.answer.as_ref().and_then(|answer| answer.sentences.first());
    frame::head(
        page,
        &frame::Head {
            attncheck: &found.attncheck,
            title: format!("Attention audit: {} on {}", found.model.name, found.input.name),
            what: format!(
                "An audit of {} of {} with {} at effort {}",
                count(report.summary.examples, "text"),
                found.input.name,
                found.model.name,
                found.effort
            ),
            answer: answer.unwrap_or(&question),
            sections: &[
                ("summary", "Answer"),
                ("examples", "Texts"),
                ("settings", "Settings"),
                ("reading", "How to read this"),
            ],
            patterns: found.model.layers * found.model.heads,
        },
    )?;
    shared(page, &found.thresholds)?;
    if !report.failures.is_empty() {
        put!(
            page,
            "<p class=warning><a href=#failed>",
            (count(report.failures.len(), "text")),
            "</a> could not be audited and count nowhere but here.</p>\n"
        );
    }
    if report.interrupted {
        put!(
            page,
            "<p class=warning>The audit was interrupted: these are the examples that were done.</p>\n"
        );
    }
    Ok(())
}
