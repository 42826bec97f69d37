//! The terminal: the report on standard output, all else on standard error; colour, width, interruption.

mod progress;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use attncheck::error::Error;
use attncheck::report::text::visible;
use attncheck::report::{Json, Render, Text};

use crate::cli::{ColorWhen, Format};
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

    /// Prints a report in the format that was asked for.
    pub fn print<R>(self, report: &R, format: Format, file: Option<&Path>) -> Result<(), Error>
    where
        Text: Render<R>,
        Json: Render<R>,
    {
        let out = match format {
            Format::Text => self.text(file).render(report)?,
            Format::Json => Json.render(report)?,
        };
        self.write(&out, file)
    }

    /// Writes to standard output or the file. A reader that has gone is no error.
    #[expect(clippy::unused_self, reason = "standard output is the terminal's")]
    pub fn write(self, text: &str, file: Option<&Path>) -> Result<(), Error> {
        let Some(path) = file else {
            let mut out = io::stdout().lock();
            return match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(cannot_write(Path::new("-"), error))
                }
                _ => Ok(()),
            };
        };
        fs::write(path, text).map_err(|source| cannot_write(path, source))
    }

    /// Finds out before the work is done whether its report could be written.
    #[expect(clippy::unused_self, reason = "files are the terminal's too")]
    pub fn check(self, file: Option<&Path>, texts: &Path) -> Result<(), Error> {
        let Some(path) = file else { return Ok(()) };
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

/// `error: ` with the causes, then after an empty line `hint: `.
fn told(error: &dyn std::error::Error, hint: Option<String>) -> String {
    let mut chain = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some errors repeat their cause.
        if !chain.last().is_some_and(|last| last.ends_with(&said)) {
            chain.push(said);
        }
        cause = error.source();
    }
    let red: Style = AnsiColor::Red.on_default().bold();
    let bold = Style::new().bold();
    let hint = hint.map(|hint| format!("\n{bold}hint:{bold:#} {}\n", lines(&hint))).unwrap_or_default();
    format!("{red}error:{red:#} {}\n{hint}", lines(&chain.join(": ")))
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

/// Becomes true at the first Ctrl-C; the second ends the process at once.
pub fn interruption() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
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
