//! Bytes as they come, some of them looked at before they are read.

use std::io::{self, BufRead, Read};

/// At most so many bytes are taken from an input, packed or not.
pub(super) const MOST: u64 = 1 << 30;

/// What is asked of a stream at once.
const BLOCK: usize = 1 << 14;

/// The input goes on beyond [`MOST`].
#[derive(Debug, thiserror::Error)]
#[error("more than {MOST} bytes")]
pub(super) struct TooMuch;

/// A stream that holds what was looked at, and ends with [`TooMuch`] where it does not end of itself.
pub(super) struct Stream<'a> {
    inner: Box<dyn Read + 'a>,
    held: Vec<u8>,
    /// What was read of `held`.
    at: usize,
    /// Bytes that may still come.
    left: u64,
}

impl<'a> Stream<'a> {
    pub fn new(inner: Box<dyn Read + 'a>) -> Self {
        Self { inner, held: Vec::new(), at: 0, left: MOST }
    }

    /// What is at hand.
    pub fn held(&self) -> &[u8] {
        &self.held[self.at..]
    }

    /// Takes more to hand, as much as there is without waiting; false at the end.
    pub fn more(&mut self) -> io::Result<bool> {
        if self.at > 0 {
            self.held.drain(..self.at);
            self.at = 0;
        }
        let before = self.held.len();
        self.held.resize(before + BLOCK, 0);
        let read = loop {
            match self.inner.read(&mut self.held[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.held.truncate(before + *read.as_ref().unwrap_or(&0));
        let read = read? as u64;
        self.left = self.left.checked_sub(read).ok_or_else(|| io::Error::other(TooMuch))?;
        Ok(read > 0)
    }

    /// Takes more to hand until `enough` or the end.
    pub fn look(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        while !enough(self.held()) && self.more()? {}
        Ok(self.held())
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Stream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.held().is_empty() {
            self.more()?;
        }
        Ok(self.held())
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.held.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_is_read_too() {
        let mut stream = Stream::new(Box::new(&b"a good film"[..]));
        assert_eq!(stream.look(|held| held.len() >= 2).unwrap(), b"a good film");
        stream.consume(2);
        assert_eq!(stream.held(), b"good film");
        assert!(!stream.more().unwrap());
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "good film");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let error = io::copy(&mut Stream::new(Box::new(io::repeat(b'a'))), &mut io::sink()).unwrap_err();
        assert!(error.get_ref().unwrap().is::<TooMuch>());
    }
}
