//! Standard output and error, colour, width and progress: one place.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::Colour;
use crate::audit::Observer;
use crate::error::Error;
use crate::model::source::Progress;

/// Columns where the terminal does not say.
const COLUMNS: usize = 80;

/// Whether standard output gets colour: as asked, else on a terminal without `NO_COLOR`.
#[must_use]
pub fn colour(asked: Colour) -> bool {
    match asked {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
            !refused && !dumb && io::stdout().is_terminal()
        }
    }
}

/// Columns of standard output: the terminal's, between 60 and 120; 80 in a pipe.
#[must_use]
pub fn width() -> usize {
    let terminal = console::Term::stdout();
    match terminal.size_checked() {
        Some((_, columns)) if io::stdout().is_terminal() => usize::from(columns).clamp(60, 120),
        _ => COLUMNS,
    }
}

/// Writes to standard output; a reader that went away is not an error.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Tells an error with its causes, and its hint last, on standard error.
pub fn complain(error: &Error) {
    let mut chain = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        let told = source.to_string();
        // Transparent wrappers repeat their cause's words.
        if !chain.ends_with(&told) {
            chain.push_str(": ");
            chain.push_str(&told);
        }
        cause = source.source();
    }
    let mut err = io::stderr().lock();
    // Nobody is left to tell where standard error is gone too.
    let _ = writeln!(err, "error: {}", visible(&chain));
    if let Some(hint) = error.hint() {
        let _ = writeln!(err, "\nhint: {}", visible(&hint));
    }
}

/// File names and labels may hold control characters; these are data, not commands.
fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// Progress on standard error: bars on a terminal, silence in a pipe or when asked.
pub struct Bars {
    hidden: bool,
    bar: Mutex<ProgressBar>,
}

impl Bars {
    /// Nothing is shown yet.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { hidden: quiet || !io::stderr().is_terminal(), bar: Mutex::new(ProgressBar::hidden()) }
    }

    fn open(&self, length: u64, template: &str, message: &str) {
        let target = if self.hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(visible(message));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        act(&self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bars {
    fn begin(&self, file: &str, bytes: u64) {
        self.open(bytes, "{msg} {bar:20} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}", file);
    }

    fn advance(&self, bytes: u64) {
        self.with(|bar| bar.inc(bytes));
    }

    fn finish(&self) {
        self.with(ProgressBar::finish_and_clear);
    }
}

impl Observer for Bars {
    fn start(&self, examples: usize) {
        self.open(examples as u64, "{msg} {bar:30} {pos}/{len} eta {eta}", "auditing");
        self.with(ProgressBar::tick);
    }

    fn done(&self) {
        self.with(|bar| bar.inc(1));
    }

    fn end(&self) {
        self.with(ProgressBar::finish_and_clear);
    }
}
