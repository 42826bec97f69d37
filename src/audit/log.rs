//! Where a run is written down while it goes, and taken up again.

use super::error::AuditError;
use crate::input::Example;
use crate::report::gate::GateResult;
use crate::report::settings::Difference;
use crate::report::{ExampleReport, ExampleReports, FailureReport, Settings, Summary};

/// Told what is done as soon as it is, in the order of the file.
pub trait Log {
    /// The run begins with these settings.
    ///
    /// # Errors
    ///
    /// Where nothing can be written, or an earlier run cannot be taken up.
    fn begin(&mut self, settings: &Settings) -> Result<Earlier, AuditError>;
    /// An example is done.
    ///
    /// # Errors
    ///
    /// Where it cannot be written down; the run ends.
    fn example(&mut self, example: &ExampleReport) -> Result<(), AuditError>;
    /// An example could not be audited.
    ///
    /// # Errors
    ///
    /// As [`example`](Self::example).
    fn failure(&mut self, failure: &FailureReport) -> Result<(), AuditError>;
    /// The run has ended.
    ///
    /// # Errors
    ///
    /// As [`example`](Self::example).
    fn end(&mut self, summary: &Summary, gates: &[GateResult], interrupted: bool) -> Result<(), AuditError>;
}

/// Writes nothing down.
impl Log for () {
    fn begin(&mut self, _: &Settings) -> Result<Earlier, AuditError> {
        Ok(Earlier::default())
    }
    fn example(&mut self, _: &ExampleReport) -> Result<(), AuditError> {
        Ok(())
    }
    fn failure(&mut self, _: &FailureReport) -> Result<(), AuditError> {
        Ok(())
    }
    fn end(&mut self, _: &Summary, _: &[GateResult], _: bool) -> Result<(), AuditError> {
        Ok(())
    }
}

/// What an earlier run with the same settings has done.
#[derive(Debug, Default)]
pub struct Earlier {
    /// In the order of the file.
    pub examples: ExampleReports,
    /// In the order of the file.
    pub failures: Vec<FailureReport>,
}

/// Why an earlier run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It was run with other settings.
    #[error("it was made with other settings: {}", told(differences))]
    Settings {
        /// Each field that differs.
        differences: Vec<Difference>,
    },
    /// It is of other texts.
    #[error("its example {id:?} is not the text on line {line}")]
    Texts {
        /// The example in the earlier report.
        id: String,
        /// 1-based line in the file where it should be.
        line: usize,
    },
    /// It has more examples than the texts.
    #[error("it has more examples than there are texts")]
    TooMany,
    /// It is no such report.
    #[error(transparent)]
    Lines(#[from] crate::report::jsonl::LinesError),
}

impl ResumeError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Settings { .. } => "give the same flags again, or write to another file".to_owned(),
            Self::Texts { .. } | Self::TooMany => {
                "resume with the texts that it was begun with, or write to another file".to_owned()
            }
            Self::Lines(e) => return e.hint(),
        })
    }
}

fn told(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Earlier {
    /// How many examples of the file are done: the first so many, as each must be one of them.
    pub(super) fn done(&self, all: &[Example]) -> Result<usize, ResumeError> {
        let (mut failures, mut places) = (self.failures.iter().peekable(), all.iter().peekable());
        let check = |place: Option<&Example>, id: &str, text: &str, pair: Option<&str>| match place {
            Some(example) if example.id == id && example.text == text && example.pair.as_deref() == pair => {
                Ok(())
            }
            Some(example) => Err(ResumeError::Texts { id: id.to_owned(), line: example.line }),
            None => Err(ResumeError::TooMany),
        };
        for example in self.examples.iter() {
            let example = example.map_err(crate::report::jsonl::LinesError::from)?;
            let is_next =
                |failure: &&FailureReport, next: Option<&&Example>| next.is_some_and(|e| e.id == failure.id);
            while let Some(failure) = failures.next_if(|failure| is_next(failure, places.peek())) {
                check(places.next(), &failure.id, &failure.text, failure.pair.as_deref())?;
            }
            check(places.next(), &example.id, &example.text, example.pair.as_deref())?;
        }
        for failure in failures {
            check(places.next(), &failure.id, &failure.text, failure.pair.as_deref())?;
        }
        Ok(self.examples.len() + self.failures.len())
    }
}
