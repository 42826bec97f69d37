//! Lines as they come.

use super::InputError;
use super::source::Source;

/// A line is at most so long, in bytes.
const LONGEST: usize = 1 << 28;

/// Reads lines, which end in `\n`, `\r\n` or `\r`, mixed as they may be; a last line needs no end. Other separators,
/// such as U+2028, are characters like any other.
pub(super) struct Lines<'s, 'a> {
    source: &'s mut Source<'a>,
    /// How many were read.
    read: usize,
    /// Bytes of the text up to here.
    offset: usize,
    bytes: Vec<u8>,
}

/// A line of an input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'l> {
    /// The line's number, from 1.
    pub number: usize,
    /// The line without its line end.
    pub text: &'l str,
    /// The line with its line end.
    pub whole: &'l str,
}

impl<'s, 'a> Lines<'s, 'a> {
    pub fn of(source: &'s mut Source<'a>) -> Self {
        Self { source, read: 0, offset: 0, bytes: Vec::new() }
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Line<'_>>, InputError> {
        let start = self.offset;
        self.bytes.clear();
        while self.take()? {}
        if self.bytes.is_empty() {
            return Ok(None);
        }
        self.read += 1;
        self.offset += self.bytes.len();
        if let Some(at) = self.bytes.iter().position(|byte| *byte == 0) {
            let name = self.source.name.clone();
            return Err(InputError::Nul { name, line: self.read, column: at + 1 });
        }
        let whole = std::str::from_utf8(&self.bytes)
            .map_err(|error| self.source.not_utf8(&self.bytes, error.valid_up_to(), self.read, start))?;
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Ok(Some(Line { number: self.read, text, whole }))
    }

    /// Takes what is at hand of the line; false where that ends it.
    fn take(&mut self) -> Result<bool, InputError> {
        if self.source.at_hand().is_empty() && !self.source.more()? {
            return Ok(false);
        }
        let held = self.source.at_hand();
        let end = held.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let taken = end.map_or(held.len(), |end| end + 1);
        let carriage = end.is_some_and(|end| held[end] == b'\r');
        self.bytes.extend_from_slice(&held[..taken]);
        self.source.consume(taken);
        if carriage && self.source.look(|held| !held.is_empty())?.starts_with(b"\n") {
            self.bytes.push(b'\n');
            self.source.consume(1);
        }
        if self.bytes.len() > LONGEST {
            return Err(InputError::LongLine { name: self.source.name.clone(), line: self.read + 1 });
        }
        Ok(end.is_none())
    }
}
