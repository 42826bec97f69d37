//! What is written as it comes: standard output, named pipes, devices, open descriptors.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::filter::Filter;

/// Whether standard output was closed when the process began; `std` then puts the null device in its place.
static CLOSED: AtomicBool = AtomicBool::new(false);

#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look() {
    CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// A reader who may go, and may be a terminal.
#[derive(Debug)]
pub struct OutStream {
    out: BufWriter<File>,
    filter: Option<Filter>,
    gone: bool,
}

impl OutStream {
    /// With a filter where the reader must not be steered.
    pub fn to(file: File, filter: Option<Filter>) -> Self {
        Self { out: BufWriter::new(file), filter, gone: false }
    }

    /// Whether its reader has gone, however the printer has told that.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.gone |= done.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe);
        done
    }
}

impl Write for OutStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = match &mut self.filter {
            Some(filter) => filter.push(bytes, &mut self.out).map(|()| bytes.len()),
            None => self.out.write(bytes),
        };
        self.noted(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let ended = self.filter.as_mut().map_or(Ok(()), |filter| filter.end(&mut self.out));
        let done = ended.and_then(|()| self.out.flush());
        self.noted(done)
    }
}

/// Standard output as a file, which says when it cannot be written; that of `std` keeps it to itself.
pub fn stdout() -> io::Result<File> {
    if CLOSED.load(Ordering::Relaxed) {
        return Err(io::Error::new(ErrorKind::NotConnected, "it is closed"));
    }
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(own.into())
}

/// Whether standard output can be written, as far as can be told without writing.
pub fn check_stdout() -> io::Result<()> {
    stdout()?.write(&[]).map(|_| ())
}
