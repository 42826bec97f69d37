//! An earlier report of the same texts, which gates on changes are judged against.

use std::path::{Path, PathBuf};

use super::error::AuditError;
use super::paired::{Pairs, same_choices};
use super::refused::BaselineError;
use crate::report::compare::Presence;
use crate::report::read;
use crate::report::{Report, Settings};

/// An earlier report of the same texts.
#[derive(Debug)]
pub(super) struct EarlierReport {
    path: PathBuf,
    report: Report,
}

impl EarlierReport {
    /// Reads the report at that path, and refuses one that was interrupted.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let failed = |source| AuditError::Baseline { path: path.to_path_buf(), source };
        let report = read::read(path).map_err(|source| failed(source.into()))?;
        if report.interrupted {
            return Err(failed(BaselineError::Interrupted));
        }
        Ok(Self { path: path.to_path_buf(), report })
    }

    /// Refuses other choices; the model may be another, which is what a change is looked for in.
    pub fn check(&self, settings: &Settings) -> Result<(), AuditError> {
        same_choices(&self.report.settings, settings).map_err(|source| self.failed(source.into()))
    }

    /// The texts of both; those that fail on one side alone are in no change, and counted in `failed`.
    pub fn pairs(&self, report: &Report) -> Result<Pairs, AuditError> {
        let pairs = Pairs::of(&self.report, report)?;
        let absent = |side: &Presence| *side == Presence::Absent;
        let here = || pairs.unpaired().iter().filter(|text| absent(&text.a));
        let there = || pairs.unpaired().iter().filter(|text| absent(&text.b));
        // An interrupted run has not come to the rest of the texts.
        let wrong = here().next().or_else(|| there().next().filter(|_| !report.interrupted));
        match wrong {
            None => Ok(pairs),
            Some(first) => Err(self.failed(BaselineError::Texts {
                only_here: here().count(),
                only_there: there().count(),
                line: first.line,
            })),
        }
    }

    fn failed(&self, source: BaselineError) -> AuditError {
        AuditError::Baseline { path: self.path.clone(), source }
    }
}
