//! The report as JSON lines, written while the audit runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use attncheck::audit::{AuditError, Earlier, Log, ResumeError};
use attncheck::report::gate::GateResult;
use attncheck::report::jsonl::{self, Line, LinesError};
use attncheck::report::settings::Scope;
use attncheck::report::write::WriteError;
use attncheck::report::{ExampleReport, FailureReport, RenderError, SCHEMA_VERSION, Settings, Summary};

use super::cannot_write;
use super::places::To;
use super::stream::{self, OutStream};

/// Where the lines go, if anywhere.
#[derive(Debug)]
pub struct Lines {
    to: Option<To>,
    resume: bool,
    /// Nothing else is wanted of the run, so that it ends where nobody reads the lines any more.
    alone: bool,
    open: Option<Open>,
    /// Where the first line is written: what an earlier run left after its last whole example goes only then.
    cut: Option<u64>,
}

/// What the lines are written to.
#[derive(Debug)]
enum Open {
    Stream(OutStream),
    File(File),
}

impl Lines {
    pub fn new(to: Option<&To>, resume: bool, alone: bool) -> Self {
        Self { to: to.cloned(), resume, alone, open: None, cut: None }
    }

    /// Whether the run can be taken up from what was written.
    pub fn is_file(&self) -> bool {
        matches!(self.to, Some(To::File { .. }))
    }

    /// Refuses to end well where the file that was written is not in its place any more.
    ///
    /// # Errors
    ///
    /// Where it was deleted or replaced.
    pub fn check(&self) -> Result<(), WriteError> {
        let (Some(To::File { typed, target }), Some(Open::File(open))) = (&self.to, &self.open) else {
            return Ok(());
        };
        if is_at(open, target) {
            return Ok(());
        }
        let gone = io::Error::new(io::ErrorKind::NotFound, "it was deleted or replaced while it was written");
        Err(cannot_write(typed, gone))
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), WriteError> {
        let (Some(to), Some(open)) = (&self.to, &mut self.open) else { return Ok(()) };
        let failed = |source| match to {
            To::Stdout => WriteError::Stdout(source),
            To::Stream(path) | To::File { typed: path, .. } => cannot_write(path, source),
        };
        if let (Open::File(file), Some(cut)) = (&mut *open, self.cut.take()) {
            file.set_len(cut).and_then(|()| file.seek(SeekFrom::Start(cut))).map_err(failed)?;
        }
        let out: &mut dyn Write = match open {
            Open::Stream(out) => out,
            Open::File(file) => file,
        };
        match jsonl::write(line, out) {
            Err(RenderError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.open = None;
                if self.alone { Err(WriteError::ReaderGone) } else { Ok(()) }
            }
            Err(RenderError::Write(source)) => Err(failed(source)),
            done => Ok(done?),
        }
    }

    /// What an earlier run left in the file, cut after its last whole example; `None` where there is nothing.
    fn earlier(&mut self, path: &Path, settings: &Settings) -> Result<Option<Earlier>, AuditError> {
        let read = |source: io::Error| AuditError::from(ResumeError::from(LinesError::Read(source)));
        let file = match OpenOptions::new().read(true).write(true).open(path) {
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
        (self.open, self.cut) = (Some(Open::File(file)), Some(lines.whole));
        Ok(Some(Earlier { examples: lines.examples, failures: lines.failures }))
    }
}

impl Log for Lines {
    fn begin(&mut self, settings: &Settings) -> Result<Earlier, AuditError> {
        self.open = match self.to.clone() {
            None => None,
            // Of JSON nothing steers a terminal.
            Some(To::Stdout) => {
                Some(Open::Stream(OutStream::to(stream::stdout().map_err(WriteError::Stdout)?, None)))
            }
            Some(To::Stream(path)) => {
                let opened = OpenOptions::new().append(true).open(&path);
                Some(Open::Stream(OutStream::to(opened.map_err(|source| cannot_write(&path, source))?, None)))
            }
            Some(To::File { typed, target }) => {
                if self.resume
                    && let Some(earlier) = self.earlier(&target, settings)?
                {
                    return Ok(earlier);
                }
                Some(Open::File(File::create(&target).map_err(|source| cannot_write(&typed, source))?))
            }
        };
        self.line(&Line::Settings { schema_version: SCHEMA_VERSION, settings })?;
        Ok(Earlier::default())
    }

    fn example(&mut self, example: &ExampleReport) -> Result<(), AuditError> {
        Ok(self.line(&Line::Example(example))?)
    }

    fn failure(&mut self, failure: &FailureReport) -> Result<(), AuditError> {
        Ok(self.line(&Line::Failure(failure))?)
    }

    fn end(&mut self, summary: &Summary, gates: &[GateResult], interrupted: bool) -> Result<(), AuditError> {
        Ok(self.line(&Line::Summary { summary, gates, interrupted })?)
    }
}

/// Whether an open file is what stands at `path`.
#[cfg(unix)]
fn is_at(open: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = |found: &fs::Metadata| (found.dev(), found.ino());
    matches!((open.metadata(), fs::metadata(path)), (Ok(open), Ok(there)) if inode(&open) == inode(&there))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    fs::metadata(path).is_ok()
}
