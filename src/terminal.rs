//! The terminal: the report on standard output, all else on standard error; colour, width, interruption.

mod filter;
mod lines;
mod pace;
mod places;
mod progress;
mod signals;
mod staged;
mod stream;
mod told;

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use attncheck::error::Error;
use attncheck::report::align::AlignReport;
use attncheck::report::drawn::files::Plots;
use attncheck::report::write::WriteError;
use attncheck::report::{
    Csv, Github, Html, Json, Junit, Markdown, Pharaoh, Render, RenderError, Report, Sarif, Text,
};

use crate::cli::{ColorWhen, ReportFormat};
use filter::Filter;
use lines::Lines;
use places::{Place, To};
use progress::Bars;
use stream::OutStream;

pub use places::Places;
pub use signals::interruption;

/// Columns where nobody says how many there are.
const COLUMNS: usize = 80;

impl From<ColorWhen> for ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// Where everything is printed.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    color: ColorChoice,
    quiet: bool,
}

impl Terminal {
    /// `quiet` leaves out progress and notices.
    pub fn new(color: ColorChoice, quiet: bool) -> Self {
        Self { color, quiet }
    }

    /// The printer of text for standard output, or for a file: there is no width but 80, and colour only when
    /// it was asked for.
    fn text(self, to: &To) -> Text {
        let stdout = matches!(to, To::Stdout);
        Text::new(if stdout { columns() } else { COLUMNS }, self.has_color(stdout))
    }

    /// The printer of listings, which go to standard output.
    pub fn listing(self) -> Text {
        self.text(&To::Stdout)
    }

    fn has_color(self, stdout: bool) -> bool {
        match self.color {
            ColorChoice::Auto => stdout && AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// Prints a report to every place it was asked for, and its plots.
    pub fn print<R: Plots>(self, report: &R, places: &Places) -> Result<(), Error>
    where
        Text: Render<R>,
        Json: Render<R>,
        Html: Render<R>,
    {
        let printed = self.each(places, |place| match place.format {
            ReportFormat::Json => self.written(place, report, &Json),
            ReportFormat::Html => self.written(place, report, &Html),
            _ => self.written(place, report, &self.text(&place.to)),
        });
        printed.and(self.draw(report, places))
    }

    /// The same for an alignment, which has links for other programs too.
    pub fn print_links(self, report: &AlignReport, places: &Places) -> Result<(), Error> {
        let printed = self.each(places, |place| match place.format {
            ReportFormat::Json => self.written(place, report, &Json),
            ReportFormat::Html => self.written(place, report, &Html),
            ReportFormat::Pharaoh => self.written(place, report, &Pharaoh),
            _ => self.written(place, report, &self.text(&place.to)),
        });
        printed.and(self.draw(report, places))
    }

    /// The same for an audit, which has more formats; its JSON lines are written while it runs. The text is the verdict on
    /// the file alone where a `summary` was asked for.
    pub fn print_audit(self, report: &Report, places: &Places, summary: bool) -> Result<(), Error> {
        let printed = self.each(places, |place| match place.format {
            ReportFormat::Text => self.written(place, report, &self.text(&place.to).answer_alone(summary)),
            ReportFormat::Json => self.written(place, report, &Json),
            ReportFormat::Html => self.written(place, report, &Html),
            // Lines are written while the audit runs, and links are no part of it.
            ReportFormat::Jsonl | ReportFormat::Pharaoh => Ok(()),
            ReportFormat::Csv => self.written(place, report, &Csv),
            ReportFormat::Markdown => self.written(place, report, &Markdown),
            ReportFormat::Junit => self.written(place, report, &Junit),
            ReportFormat::Github => self.written(place, report, &Github),
            ReportFormat::Sarif => self.written(place, report, &Sarif),
        });
        printed.and(self.draw(report, places))
    }

    /// Writes every plot to the folder of plots, where there is one; the first that cannot be written ends it.
    #[expect(clippy::unused_self, reason = "as all that prints")]
    fn draw(self, report: &impl Plots, places: &Places) -> Result<(), Error> {
        let Some(folder) = places.plots() else { return Ok(()) };
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(cannot_write(folder, error).into());
            }
            _ => {}
        }
        report.plots(&mut |name, svg| {
            let path = folder.join(name);
            let failed = |source| Error::from(cannot_write(&path, source));
            match places.plot(&path)? {
                To::File { target, .. } => staged::write(&target, |out| out.write_all(svg)).map_err(failed),
                // Nothing is called like a plot that is not a file; a link may lead there.
                To::Stdout | To::Stream(_) => Err(failed(io::ErrorKind::AlreadyExists.into())),
            }
        })
    }

    /// All of them, whatever becomes of one; the first failure is the whole's.
    #[expect(clippy::unused_self, reason = "as all that prints")]
    fn each(self, places: &Places, print: impl Fn(&Place) -> Result<(), Error>) -> Result<(), Error> {
        places.iter().map(print).fold(Ok(()), Result::and)
    }

    /// Where an audit is written down while it runs; `alone` where nothing else is wanted of it.
    #[expect(clippy::unused_self, reason = "standard output is the terminal's")]
    pub fn log(self, places: &Places, resume: bool, wanted: bool) -> Result<Lines, Error> {
        let lines = places.iter().find(|place| place.format == ReportFormat::Jsonl).map(|place| &place.to);
        if resume && !matches!(lines, Some(To::File { .. })) {
            return Err(Error::NothingToResume);
        }
        Ok(Lines::new(lines, resume, !wanted && places.iter().count() == 1))
    }

    /// Writes a listing to standard output. A reader that has gone is no error.
    pub fn write(self, text: &str) -> Result<(), Error> {
        self.to_stdout(ReportFormat::Text, |out| Ok(out.write_all(text.as_bytes())?))
    }

    /// Progress on standard error, in lines where it is no terminal; none when quiet.
    pub fn progress(self) -> Bars {
        Bars::new(self.quiet)
    }

    /// Says why there is no report, or not the whole, and how to mend it.
    pub fn error(self, error: &Error) {
        if error.is_reader_gone() {
            return;
        }
        let mut err = AutoStream::new(io::stderr(), self.color).lock();
        // Nobody is left to tell when standard error is gone.
        let _ = err.write_all(told::told(error).as_bytes());
    }

    /// Writes a report to its place.
    fn written<R>(self, place: &Place, report: &R, printer: &impl Render<R>) -> Result<(), Error> {
        let print = |out: &mut dyn Write| printer.render(report, out);
        let (path, done) = match &place.to {
            To::Stdout => return self.to_stdout(place.format, print),
            To::Stream(path) => (path, self.streamed(place.format, path, print)),
            To::File { typed, target } => (typed, staged::write(target, print)),
        };
        done.map_err(|error| match error {
            RenderError::Write(source) => cannot_write(path, source).into(),
            other => other.into(),
        })
    }

    fn to_stdout(
        self,
        format: ReportFormat,
        print: impl FnOnce(&mut dyn Write) -> Result<(), RenderError>,
    ) -> Result<(), Error> {
        let file = stream::stdout().map_err(WriteError::Stdout)?;
        let filter = self.filter(format, &file, true);
        match sent(OutStream::to(file, filter), print) {
            Err(RenderError::Write(source)) => Err(WriteError::Stdout(source).into()),
            done => Ok(done?),
        }
    }

    fn streamed(
        self,
        format: ReportFormat,
        path: &Path,
        print: impl FnOnce(&mut dyn Write) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        let file = OpenOptions::new().append(true).open(path)?;
        let filter = self.filter(format, &file, false);
        sent(OutStream::to(file, filter), print)
    }

    /// What stands between a report and a terminal, or the log of a CI service. A pipe may lead to either or to a
    /// program, so what is written for programs passes it as it is.
    fn filter(self, format: ReportFormat, file: &File, stdout: bool) -> Option<Filter> {
        let color = format == ReportFormat::Text && self.has_color(stdout);
        let log = filter::is_logged() && format != ReportFormat::Github;
        let read = matches!(
            format,
            ReportFormat::Text | ReportFormat::Markdown | ReportFormat::Junit | ReportFormat::Html
        );
        let piped = || file.metadata().is_ok_and(|found| !found.is_file());
        (file.is_terminal() || (stdout && log && read && piped())).then(|| Filter::new(color, log))
    }
}

/// Prints to a stream. A reader that has gone is no error.
fn sent(
    mut out: OutStream,
    print: impl FnOnce(&mut dyn Write) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let done = print(&mut out).and_then(|()| Ok(out.flush()?));
    if out.is_gone() { Ok(()) } else { done }
}

fn cannot_write(path: &Path, source: io::Error) -> WriteError {
    WriteError::Output { path: path.to_path_buf(), source }
}

/// Columns of the terminal: what COLUMNS says, else what the terminal says, else 80.
pub fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    said.filter(|columns| *columns > 0)
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(COLUMNS)
}
