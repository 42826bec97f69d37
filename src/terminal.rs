//! The terminal: the report on standard output, all else on standard error; colour, width, interruption.

mod lines;
mod progress;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use attncheck::error::Error;
use attncheck::report::text::visible;
use attncheck::report::{Csv, Github, Html, Json, Junit, Markdown, Render, RenderError, Report, Sarif, Text};

use crate::cli::{ColorWhen, Destination, Format};
use lines::Lines;
use progress::Bars;

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
    pub fn text(self, file: Option<&Path>) -> Text {
        let color = match (self.color, file) {
            (ColorChoice::Auto, Some(_)) => false,
            (ColorChoice::Auto, None) => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            (choice, _) => choice != ColorChoice::Never,
        };
        Text::new(if file.is_some() { COLUMNS } else { columns() }, color)
    }

    /// Prints a report to every place it was asked for.
    pub fn print<R>(self, report: &R, places: &[Destination]) -> Result<(), Error>
    where
        Text: Render<R>,
        Json: Render<R>,
    {
        places.iter().try_for_each(|place| match place.format {
            Format::Json => written(place, report, &Json),
            _ => written(place, report, &self.text(place.file.as_deref())),
        })
    }

    /// The same for an audit, which has more formats; its JSON lines are written while it runs.
    pub fn print_audit(self, report: &Report, places: &[Destination]) -> Result<(), Error> {
        places.iter().try_for_each(|place| match place.format {
            Format::Text => written(place, report, &self.text(place.file.as_deref())),
            Format::Json => written(place, report, &Json),
            Format::Html => written(place, report, &Html),
            Format::Jsonl => Ok(()),
            Format::Csv => written(place, report, &Csv),
            Format::Markdown => written(place, report, &Markdown),
            Format::Junit => written(place, report, &Junit),
            Format::Github => written(place, report, &Github),
            Format::Sarif => written(place, report, &Sarif),
        })
    }

    /// Where an audit is written down while it runs.
    #[expect(clippy::unused_self, reason = "standard output is the terminal's")]
    pub fn log(self, places: &[Destination], resume: bool) -> Result<Lines, Error> {
        let lines = places.iter().find(|place| place.format == Format::Jsonl);
        if resume && lines.is_none_or(|place| place.file.is_none()) {
            return Err(Error::NothingToResume);
        }
        Ok(Lines::new(lines, resume))
    }

    /// Writes to standard output. A reader that has gone is no error.
    #[expect(clippy::unused_self, reason = "standard output is the terminal's")]
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        gone_is_fine(None, io::stdout().lock().write_all(bytes).map_err(Into::into))
    }

    /// Finds out before the work is done whether its reports could be written.
    #[expect(clippy::unused_self, reason = "files are the terminal's too")]
    pub fn check(self, places: &[Destination], texts: &Path) -> Result<(), Error> {
        places.iter().filter_map(|place| place.file.as_deref()).try_for_each(|path| writable(path, texts))
    }

    /// Progress bars on standard error; none when quiet or where it is no terminal.
    pub fn progress(self) -> Bars {
        Bars::new(self.quiet)
    }

    /// Says why there is no report, and how to mend it.
    pub fn error(self, error: &dyn std::error::Error, hint: Option<String>) {
        let mut err = AutoStream::new(io::stderr(), self.color).lock();
        // Nobody is left to tell when standard error is gone.
        let _ = err.write_all(told(error, hint).as_bytes());
    }
}

/// Writes a report to its place.
fn written<R>(place: &Destination, report: &R, printer: &impl Render<R>) -> Result<(), Error> {
    let file = place.file.as_deref();
    let print = |out: &mut dyn Write| -> Result<(), RenderError> {
        printer.render(report, out)?;
        Ok(out.flush()?)
    };
    let done = match file {
        None => print(&mut BufWriter::new(io::stdout().lock())),
        Some(path) => {
            let file = fs::File::create(path).map_err(|source| cannot_write(path, source))?;
            print(&mut BufWriter::new(file))
        }
    };
    gone_is_fine(file, done)
}

/// A reader of standard output that has gone is no error.
fn gone_is_fine(file: Option<&Path>, done: Result<(), RenderError>) -> Result<(), Error> {
    match done {
        Err(RenderError::Write(e)) if file.is_none() && e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(RenderError::Write(source)) => Err(cannot_write(file.unwrap_or(Path::new("-")), source)),
        done => Ok(done?),
    }
}

/// Whether a report could be written there.
fn writable(path: &Path, texts: &Path) -> Result<(), Error> {
    if same_file(path, texts) {
        return Err(Error::OverTexts { path: path.to_path_buf() });
    }
    // Opening a named pipe would wait for its reader, and then look to the reader like the end.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Ok(());
    }
    // A link that leads nowhere yet is there already, and stays.
    let new = fs::symlink_metadata(path).is_err();
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|source| cannot_write(path, source))?;
    if new {
        fs::remove_file(path).map_err(|source| cannot_write(path, source))?;
    }
    Ok(())
}

/// `error: ` with the causes, then after an empty line `hint: `.
fn told(error: &dyn std::error::Error, hint: Option<String>) -> String {
    let red: Style = AnsiColor::Red.on_default().bold();
    let bold = Style::new().bold();
    let hint = hint.map(|hint| format!("\n{bold}hint:{bold:#} {}\n", lines(&hint))).unwrap_or_default();
    format!("{red}error:{red:#} {}\n{hint}", lines(&attncheck::error::chain(error)))
}

/// Lines stay lines; all else that steers a terminal is written out.
fn lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// Whether two paths that exist lead to one regular file.
fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b && a.is_file(),
        _ => false,
    }
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Output { path: path.to_path_buf(), source }
}

/// Columns of the terminal: what COLUMNS says, else what the terminal says, else 80.
fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    said.filter(|columns| *columns > 0)
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(COLUMNS)
}

/// Whether Ctrl-C was pressed.
static STOP: AtomicBool = AtomicBool::new(false);

/// Becomes true at the first Ctrl-C; the second ends the process at once.
pub fn interruption() -> &'static AtomicBool {
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler Ctrl-C ends the process as it would any other.
    let _ = ctrlc::set_handler(handler);
    &STOP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to open {0}")]
    struct Outer(String, #[source] io::Error);

    #[test]
    fn an_error_is_its_chain_and_then_its_hint() {
        let error = Outer("a\u{1b}[2Jb".to_owned(), io::Error::other("the disk is gone"));
        let told = anstream::adapter::strip_str(&told(&error, Some("buy another".to_owned()))).to_string();
        assert_eq!(told, "error: failed to open a\\u{1b}[2Jb: the disk is gone\n\nhint: buy another\n");
    }
}
