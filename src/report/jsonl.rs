//! JSON lines: one line when the run begins, one as each example is done, one at the end.
//!
//! ```text
//! {"kind": "settings", "schema_version": 1, "settings": {…}}
//! {"kind": "example", …}      as in the JSON document, but for q-values: they take every example
//! {"kind": "failure", …}      an example that could not be audited
//! {"kind": "summary", "summary": {…}, "gates": […], "interrupted": false}
//! ```
//!
//! The answer for the file is in the last line's `summary.answer`. Examples and failures stand in the order of the file. A run that was broken off has no summary and may end within
//! a line; [`read`] gives what is whole.

use std::io::{self, BufRead, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example::{ExampleReport, FailureReport};
use super::examples::{ExampleReports, ExamplesError};
use super::gate::GateResult;
use super::measure::Measure;
use super::render::{Render, RenderError};
use super::say::json;
use super::settings::Settings;
use super::summary::Summary;
use super::whole::Report;
use crate::missing::Missing;

/// A line, as it is written.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line<'a> {
    /// The first line.
    Settings {
        /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION).
        schema_version: u32,
        /// What is run.
        settings: &'a Settings,
    },
    /// An example is done.
    Example(&'a ExampleReport),
    /// An example could not be audited.
    Failure(&'a FailureReport),
    /// The last line.
    Summary {
        /// Over all examples.
        summary: &'a Summary,
        /// Each gate's outcome.
        gates: &'a [GateResult],
        /// Whether the run was interrupted before the last example.
        interrupted: bool,
    },
}

impl Line<'_> {
    /// Whether these bytes may be the beginning of a report's first line.
    fn begins(bytes: &[u8]) -> bool {
        const START: &[u8] = br#"{"kind":"settings","#;
        let common = bytes.len().min(START.len());
        bytes[..common] == START[..common]
    }
}

/// A line, as it is read.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum LineRead {
    Settings { schema_version: u32, settings: Box<Settings> },
    Example(Box<ExampleReport>),
    Failure(FailureReport),
    Summary { summary: Box<Summary>, gates: Vec<GateResult>, interrupted: bool },
}

/// What a file of JSON lines holds.
#[derive(Debug)]
pub struct LinesRead {
    /// The version of its fields.
    pub schema_version: u32,
    /// What was run.
    pub settings: Settings,
    /// The examples that were done.
    pub examples: ExampleReports,
    /// Those that could not be audited.
    pub failures: Vec<FailureReport>,
    /// How it ended; `None` where it was broken off.
    pub end: Option<End>,
    /// Bytes up to the end of the last example or failure.
    pub whole: u64,
}

/// The last line.
#[derive(Debug, PartialEq)]
pub struct End {
    /// Over all examples.
    pub summary: Summary,
    /// Each gate's outcome.
    pub gates: Vec<GateResult>,
    /// Whether the run was interrupted before the last example.
    pub interrupted: bool,
}

/// Why a file of JSON lines could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The file cannot be read.
    #[error("failed to read it")]
    Read(#[from] io::Error),
    /// It was broken off within its first line.
    #[error("it was broken off before its settings were written")]
    BrokenOff,
    /// It does not begin with the settings.
    #[error("it does not begin with a line of settings")]
    NoSettings,
    /// A line that is no part of a report.
    #[error("line {line} is no line of a report")]
    Damaged {
        /// 1-based.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A line where it does not belong.
    #[error("line {line} stands where it does not belong")]
    Order {
        /// 1-based.
        line: usize,
    },
    /// Examples could not be kept.
    #[error(transparent)]
    Examples(#[from] ExamplesError),
}

impl LinesError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(_) => Some("check that the report is a file that can be read and written".to_owned()),
            Self::BrokenOff | Self::NoSettings => {
                Some("only a report of `attncheck audit --format jsonl=FILE` can be read here".to_owned())
            }
            Self::Damaged { line, .. } | Self::Order { line } => Some(match line {
                0 | 1 => "nothing of it can be used: write to another file".to_owned(),
                line => format!(
                    "the {} before it are whole: keep them with `head -n {}` and resume that file, or write to another",
                    if *line == 2 { "settings".to_owned() } else { format!("{} lines", line - 1) },
                    line - 1
                ),
            }),
            Self::Examples(e) => e.hint(),
        }
    }
}

/// Writes one line.
///
/// # Errors
///
/// Where `out` refuses, or a number is not finite.
pub fn write(line: &Line<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    json::line(line, out)
}

/// Reads the lines of a run that may have been broken off: a last line without its end is left out.
///
/// # Errors
///
/// Where the file is no such report, or damaged elsewhere than at its end.
pub fn read(mut from: impl BufRead) -> Result<LinesRead, LinesError> {
    let mut bytes = Vec::new();
    let (mut number, mut at) = (0, 0);
    let mut lines: Option<LinesRead> = None;
    loop {
        bytes.clear();
        from.read_until(b'\n', &mut bytes)?;
        if bytes.last() != Some(&b'\n') {
            if lines.is_none() && Line::begins(&bytes) {
                return Err(LinesError::BrokenOff);
            }
            break;
        }
        number += 1;
        at += bytes.len() as u64;
        let damaged = |source| LinesError::Damaged { line: number, source };
        let found = match serde_json::from_slice(&bytes) {
            Ok(found) => found,
            Err(_) if lines.is_none() && !Line::begins(&bytes) => return Err(LinesError::NoSettings),
            Err(source) => return Err(damaged(source)),
        };
        match (found, &mut lines) {
            (LineRead::Settings { schema_version, settings }, None) => {
                lines = Some(LinesRead {
                    schema_version,
                    settings: *settings,
                    examples: ExampleReports::default(),
                    failures: Vec::new(),
                    end: None,
                    whole: at,
                });
            }
            (_, None) => return Err(LinesError::NoSettings),
            (LineRead::Example(example), Some(lines)) if lines.end.is_none() => {
                lines.examples.push(&example)?;
                lines.whole = at;
            }
            (LineRead::Failure(failure), Some(lines)) if lines.end.is_none() => {
                lines.failures.push(failure);
                lines.whole = at;
            }
            (LineRead::Summary { summary, gates, interrupted }, Some(lines)) if lines.end.is_none() => {
                lines.end = Some(End { summary: *summary, gates, interrupted });
            }
            _ => return Err(LinesError::Order { line: number }),
        }
    }
    lines.ok_or(LinesError::NoSettings)
}

/// An example without its q-values and what follows from them, which a line that is written before the last example is done cannot have.
pub fn alone(example: &mut ExampleReport) {
    let later = || -> Measure<f64> { Err(Missing::OfAll).into() };
    for reading in &mut example.readings {
        if let Some(erasure) = &mut reading.erasure.value {
            (erasure.excess_q, erasure.luck_q) = (later(), later());
        }
        reading.verdict.undiscover();
        reading.agreement.iter_mut().for_each(|agreement| agreement.tau_q = later());
    }
}

/// The printer of JSON lines: for a finished report it gives what a run would have written.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonLines;

impl Render<Report> for JsonLines {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        let Report { schema_version, settings, failures, summary, gates, interrupted, .. } = report;
        write(&Line::Settings { schema_version: *schema_version, settings }, out)?;
        let mut failures = failures.iter().peekable();
        for example in report.examples.iter() {
            let mut example = example?;
            while let Some(failure) = failures.next_if(|failure| failure.line < example.line) {
                write(&Line::Failure(failure), out)?;
            }
            alone(&mut example);
            write(&Line::Example(&example), out)?;
        }
        failures.try_for_each(|failure| write(&Line::Failure(failure), out))?;
        write(&Line::Summary { summary, gates, interrupted: *interrupted }, out)
    }
}
