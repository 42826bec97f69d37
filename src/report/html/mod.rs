//! The report as one web page: no file beside it, no request to anywhere, readable with scripts off.
//!
//! Written from the top down, one example at a time: the summary, the list, a section per example, the settings. Scripts
//! only add comfort (sorting, filtering, the value under the pointer). Texts, labels and names are data: they go
//! through `markup::Page::text` alone, and the page's own policy forbids any script but the one that is in it.
//!
//! A page is bounded: of more than [`DETAILED`] examples the rest are in the list alone, and of large models only the
//! uppermost layers' patterns are drawn (`heads`); the page says what was left out, and the JSON document has it.

mod answer;
mod curves;
mod example;
mod frame;
mod heads;
mod list;
mod markup;
mod notes;
mod outcomes;
mod plausibility;
mod scale;
mod settings;
mod summary;
mod svg;
mod swaps;
mod verdicts;
mod words;

use std::io;

pub use list::DETAILED;

use super::drawn::Drawn;
use super::render::{Render, RenderError};
use super::whole::Report;

/// The printer of a web page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Html;

impl Render<Report> for Html {
    /// # Errors
    ///
    /// Where `out` cannot be written, or the examples cannot be read again.
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut markup::Page::new(out);
        frame::head(page, report)?;
        summary::summary(page, report)?;
        list::start(page, report)?;
        for (i, example) in report.examples.iter().enumerate() {
            list::row(page, report, i, &example?)?;
        }
        list::end(page, report)?;
        for (i, example) in report.examples.iter().take(DETAILED).enumerate() {
            let example = example?;
            let kept = report.drawn.get(i)?.flatten();
            let maps = example.maps.as_ref().map(|maps| Drawn::of(maps, report.settings.input.examples));
            example::example(page, report, i, &example, kept.or(maps).as_ref())?;
        }
        list::failures(page, &report.failures)?;
        settings::settings(page, &report.settings)?;
        settings::legend(page)?;
        Ok(frame::tail(page)?)
    }
}
