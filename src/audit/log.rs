//! Where a run is written down while it goes, and taken up again.

use super::error::AuditError;
use super::question::Question;
use super::refused::ResumeError;
use crate::input::Example;
use crate::report::gate::GateResult;
use crate::report::jsonl::LinesError;
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
    /// Finished examples, in the order of the file.
    pub examples: ExampleReports,
    /// Examples that failed, in the order of the file.
    pub failures: Vec<FailureReport>,
}

impl Earlier {
    /// How many examples of the file are done: the first so many, as each must be one of them.
    pub(super) fn done(&self, all: &[Question]) -> Result<usize, ResumeError> {
        let (mut failures, mut places) =
            (self.failures.iter().peekable(), all.iter().map(|question| &question.example).peekable());
        let check = |place: Option<&Example>, id: &str, text: &str, pair: Option<&str>| match place {
            Some(example) if example.id == id && example.text == text && example.pair.as_deref() == pair => {
                Ok(())
            }
            Some(example) => Err(ResumeError::Texts { id: id.to_owned(), line: example.line }),
            None => Err(ResumeError::TooMany),
        };
        for example in self.examples.iter() {
            let example = example.map_err(LinesError::from)?;
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
