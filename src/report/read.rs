//! Reads back the report of an audit, from the JSON document or from JSON lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::examples::Spool;
use super::jsonl::{self, LinesError};
use super::whole::{Report, SCHEMA_VERSION};

/// Why a file is no report that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("failed to read it")]
    Read(#[from] io::Error),
    /// It is no JSON, or not the document of an audit.
    #[error("it is not the document of an audit")]
    Document(#[source] serde_json::Error),
    /// It is no JSON lines of an audit.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// It has no summary.
    #[error("it was broken off before its end")]
    BrokenOff,
    /// It is of another schema version, whose fields mean something else.
    #[error("its schema_version is {found}, and this program reads {SCHEMA_VERSION}")]
    Version {
        /// The version that the report says it has.
        found: u32,
    },
}

impl ReadError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(_) => Some("give the path of a report".to_owned()),
            Self::Document(_) => {
                Some("write one with `attncheck audit FILE --format json=report.json`, or jsonl".to_owned())
            }
            Self::Lines(e) => e.hint(),
            Self::BrokenOff => Some("finish it with `attncheck audit … --resume`".to_owned()),
            Self::Version { .. } => Some("audit again with this version".to_owned()),
        }
    }
}

/// Reads the report in a file; JSON lines are known by their first line.
///
/// # Errors
///
/// Where it cannot be read, is no audit's report, was broken off, or is of another schema version.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    if start.starts_with(br#"{"kind":"#) {
        let lines = jsonl::read(file)?;
        let end = lines.end.ok_or(ReadError::BrokenOff)?;
        return known(Report {
            schema_version: lines.schema_version,
            answer: end.summary.sentences(),
            readings: end.summary.verdicts(),
            settings: lines.settings,
            examples: lines.examples,
            drawn: Spool::default(),
            failures: lines.failures,
            summary: end.summary,
            gates: end.gates,
            interrupted: end.interrupted,
        });
    }
    known(Report::deserialize(&mut serde_json::Deserializer::from_reader(file)).map_err(ReadError::Document)?)
}

fn known(report: Report) -> Result<Report, ReadError> {
    match report.schema_version {
        SCHEMA_VERSION => Ok(report),
        found => Err(ReadError::Version { found }),
    }
}
