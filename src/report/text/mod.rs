//! The report for reading: at 80 columns, with colour or without.
//!
//! With colour, each text is shown twice, its words shaded by the map that people would show and by
//! leave-one-out; without, a table lists the words that either ranks highest. The rest is the same.

mod align;
mod answer;
mod compare;
mod continuations;
mod controls;
mod controls_readings;
mod evidence;
mod example;
mod failures;
mod figures;
mod flow;
mod heads;
mod methods;
mod mixing;
mod names;
mod notes;
mod outcomes;
mod own;
mod page;
mod paint;
mod plausibility;
mod seeds;
mod shortcut;
mod summary;
mod table;
mod versus;
mod words;

use std::io::Write;

pub use figures::{FigureRow, figures};
pub use methods::methods;
pub use page::Text;

use super::align::AlignReport;
use super::compare::CompareReport;
use super::controls::ControlsReport;
use super::heads::HeadsReport;
use super::mixing::MixingReport;
use super::own::ModelReport;
use super::render::{Render, RenderError};
use super::seeds::SeedsReport;
use super::whole::Report;

impl Render<Report> for Text {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        if self.answer_alone {
            return Ok(out.write_all(answer::whole(*self, report).as_bytes())?);
        }
        out.write_all(answer::first(*self, report).as_bytes())?;
        for example in report.examples.iter() {
            writeln!(out, "{}", example::example(*self, &report.settings, &example?))?;
        }
        out.write_all(failures::failures(*self, &report.failures).as_bytes())?;
        out.write_all(summary::summary(*self, report).as_bytes())?;
        let answer = answer::whole(*self, report);
        Ok(if answer.is_empty() { Ok(()) } else { write!(out, "\n{answer}") }?)
    }
}

impl Render<HeadsReport> for Text {
    fn render(&self, report: &HeadsReport, out: &mut dyn Write) -> Result<(), RenderError> {
        out.write_all(failures::failures(*self, &report.failures).as_bytes())?;
        Ok(out.write_all(heads::heads(*self, report).as_bytes())?)
    }
}

impl Render<MixingReport> for Text {
    fn render(&self, report: &MixingReport, out: &mut dyn Write) -> Result<(), RenderError> {
        out.write_all(failures::failures(*self, &report.failures).as_bytes())?;
        Ok(out.write_all(mixing::mixing(*self, report).as_bytes())?)
    }
}

impl Render<AlignReport> for Text {
    fn render(&self, report: &AlignReport, out: &mut dyn Write) -> Result<(), RenderError> {
        for pair in &report.pairs {
            writeln!(out, "{}", align::pair(*self, pair))?;
        }
        out.write_all(failures::failures(*self, &report.failures).as_bytes())?;
        Ok(out.write_all(align::whole(*self, report).as_bytes())?)
    }
}

impl Render<CompareReport> for Text {
    fn render(&self, report: &CompareReport, out: &mut dyn Write) -> Result<(), RenderError> {
        for pair in report.pairs.iter() {
            writeln!(out, "{}", compare::pair(*self, &pair?))?;
        }
        out.write_all(compare::unpaired(*self, &report.unpaired).as_bytes())?;
        Ok(out.write_all(versus::whole(*self, report).as_bytes())?)
    }
}

impl Render<SeedsReport> for Text {
    fn render(&self, report: &SeedsReport, out: &mut dyn Write) -> Result<(), RenderError> {
        for example in report.examples.iter() {
            writeln!(out, "{}", seeds::example(*self, &example?))?;
        }
        out.write_all(seeds::left_out(*self, &report.left_out).as_bytes())?;
        Ok(out.write_all(seeds::whole(*self, report).as_bytes())?)
    }
}

impl Render<ControlsReport> for Text {
    fn render(&self, report: &ControlsReport, out: &mut dyn Write) -> Result<(), RenderError> {
        Ok(out.write_all(controls::controls(*self, report).as_bytes())?)
    }
}

impl Render<ModelReport> for Text {
    fn render(&self, report: &ModelReport, out: &mut dyn Write) -> Result<(), RenderError> {
        Ok(out.write_all(own::model(*self, report).as_bytes())?)
    }
}
