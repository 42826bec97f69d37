//! Every plot of a report as a file of its own.

use super::Drawn;
use super::markup::Page;
use super::names::Names;
use super::plot::Plot;
use super::plots::{align, audit, compare, controls, heads, mixing, own, seeds};
use crate::report::align::AlignReport;
use crate::report::compare::CompareReport;
use crate::report::controls::ControlsReport;
use crate::report::heads::HeadsReport;
use crate::report::mixing::MixingReport;
use crate::report::own::ModelReport;
use crate::report::render::RenderError;
use crate::report::seeds::SeedsReport;
use crate::report::whole::Report;

/// Takes the name of a file and its SVG.
pub type Each<'a, E> = &'a mut dyn FnMut(&str, &[u8]) -> Result<(), E>;

/// A report whose plots can be files.
pub trait Plots {
    /// Hands over every plot, one at a time: the name of its file, which is safe and that of no other, and its SVG.
    ///
    /// # Errors
    ///
    /// Where the report cannot be read again, or `each` fails.
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E>;
}

/// Draws plots into files.
struct Sheets<'a, E> {
    names: Names,
    each: Each<'a, E>,
}

impl<'a, E: From<RenderError>> Sheets<'a, E> {
    fn new(each: Each<'a, E>) -> Self {
        Self { names: Names::default(), each }
    }

    fn draw<'p>(&mut self, prefix: &str, plots: impl IntoIterator<Item = Plot<'p>>) -> Result<(), E> {
        for plot in plots {
            let mut svg = Vec::new();
            plot.draw(&mut Page::alone(&mut svg)).map_err(RenderError::from)?;
            (self.each)(&self.names.give(&format!("{prefix}{}", plot.name)), &svg)?;
        }
        Ok(())
    }
}

/// What the names of a text's plots begin with.
pub(in crate::report) fn prefix(line: usize) -> String {
    format!("text-{line}-")
}

impl Plots for Report {
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
        let mut sheets = Sheets::new(each);
        sheets.draw("", self.summary.answer.as_ref().and_then(audit::effects))?;
        sheets.draw("", audit::verdicts(&self.summary))?;
        sheets.draw("", audit::means(&self.summary))?;
        for (i, example) in self.examples.iter().enumerate() {
            let example = example.map_err(RenderError::from)?;
            let drawn = Drawn::at(self, i, &example).map_err(RenderError::from)?;
            let plots = audit::of_example(&self.settings.thresholds, i, &example, drawn.as_ref());
            sheets.draw(&prefix(example.line), plots)?;
        }
        Ok(())
    }
}

impl Plots for HeadsReport {
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
        let mut sheets = Sheets::new(each);
        sheets.draw("", heads::whole(self))?;
        for example in &self.examples {
            sheets.draw(&prefix(example.line), heads::of_example(example))?;
        }
        Ok(())
    }
}

impl Plots for MixingReport {
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
        let mut sheets = Sheets::new(each);
        sheets.draw("", mixing::whole(self))?;
        for example in &self.examples {
            sheets.draw(&prefix(example.line), mixing::of_example(example))?;
        }
        Ok(())
    }
}

impl Plots for AlignReport {
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
        let mut sheets = Sheets::new(each);
        sheets.draw("", align::whole(self))?;
        for pair in &self.pairs {
            sheets.draw(&format!("pair-{}-", pair.line), align::of_pair(pair))?;
        }
        Ok(())
    }
}

impl Plots for SeedsReport {
    fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
        Sheets::new(each).draw("", seeds::plots(self).map_err(RenderError::from)?)
    }
}

/// Reports whose plots are all over the whole.
macro_rules! whole {
    ($($report:ty => $plots:path),+ $(,)?) => { $(
        impl Plots for $report {
            fn plots<E: From<RenderError>>(&self, each: Each<'_, E>) -> Result<(), E> {
                Sheets::new(each).draw("", $plots(self))
            }
        }
    )+ };
}

whole! {
    CompareReport => compare::plots,
    ControlsReport => controls::plots,
    ModelReport => own::plots,
}
