//! The report as JSON lines, written while the audit runs.

use std::fs::{self, File};
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use attncheck::audit::{Earlier, Log, ResumeError};
use attncheck::error::Error;
use attncheck::report::gate::GateResult;
use attncheck::report::jsonl::{self, Line, LinesError};
use attncheck::report::settings::Scope;
use attncheck::report::{ExampleReport, FailureReport, SCHEMA_VERSION, Settings, Summary};

use super::{cannot_write, gone_is_fine};
use crate::cli::Destination;

/// Where the lines go, if anywhere.
#[derive(Debug)]
pub struct Lines {
    wanted: bool,
    /// `None` is standard output.
    file: Option<PathBuf>,
    resume: bool,
    open: Option<File>,
    /// Where the first line is written: what an earlier run left after its last whole example goes only then.
    cut: Option<u64>,
}

impl Lines {
    pub fn new(place: Option<&Destination>, resume: bool) -> Self {
        Self {
            wanted: place.is_some(),
            file: place.and_then(|place| place.file.clone()),
            resume,
            open: None,
            cut: None,
        }
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if !self.wanted {
            return Ok(());
        }
        let path = self.file.as_deref();
        if let (Some(file), Some(cut), Some(path)) = (&mut self.open, self.cut.take(), path) {
            let cannot = |source| cannot_write(path, source);
            file.set_len(cut).map_err(cannot)?;
            file.seek(SeekFrom::Start(cut)).map_err(cannot)?;
        }
        let done = match &mut self.open {
            Some(file) => jsonl::write(line, file),
            None => jsonl::write(line, &mut io::stdout().lock()),
        };
        gone_is_fine(path, done)
    }

    /// What an earlier run left in the file, cut after its last whole example; `None` where there is nothing.
    fn earlier(&mut self, path: &Path, settings: &Settings) -> Result<Option<Earlier>, Error> {
        let read = |source: io::Error| Error::from(ResumeError::from(LinesError::Read(source)));
        let file = match fs::OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(read(source)),
        };
        if file.metadata().map_err(read)?.len() == 0 {
            return Ok(None);
        }
        let lines = match jsonl::read(BufReader::new(&file)) {
            Err(LinesError::BrokenOff) => return Ok(None),
            lines => lines.map_err(ResumeError::from)?,
        };
        let differences = lines.settings.differences(settings, Scope::Run);
        if !differences.is_empty() {
            return Err(ResumeError::Settings { differences }.into());
        }
        (self.open, self.cut) = (Some(file), Some(lines.whole));
        Ok(Some(Earlier { examples: lines.examples, failures: lines.failures }))
    }
}

impl Log for Lines {
    fn begin(&mut self, settings: &Settings) -> Result<Earlier, Error> {
        if let Some(path) = self.file.clone() {
            if self.resume
                && let Some(earlier) = self.earlier(&path, settings)?
            {
                return Ok(earlier);
            }
            self.open = Some(File::create(&path).map_err(|source| cannot_write(&path, source))?);
        }
        self.line(&Line::Settings { schema_version: SCHEMA_VERSION, settings })?;
        Ok(Earlier::default())
    }

    fn example(&mut self, example: &ExampleReport) -> Result<(), Error> {
        self.line(&Line::Example(example))
    }

    fn failure(&mut self, failure: &FailureReport) -> Result<(), Error> {
        self.line(&Line::Failure(failure))
    }

    fn end(&mut self, summary: &Summary, gates: &[GateResult], interrupted: bool) -> Result<(), Error> {
        self.line(&Line::Summary { summary, gates, interrupted })
    }
}
