//! The rows of a table with their places in the file.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::InputError;
use super::lines::Lines;
use super::source::Source;

/// How the columns are parted, and whether quotation marks hold them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Columns are parted by this character, and may stand in quotation marks.
    Quoted(u8),
    /// Columns are parted by tabs; quotation marks mean nothing.
    Tabs,
}

impl Kind {
    pub fn delimiter(self) -> u8 {
        match self {
            Self::Quoted(delimiter) => delimiter,
            Self::Tabs => b'\t',
        }
    }
}

/// Reads rows, each of a line or of several that a quotation holds together.
pub(super) struct Rows<'s, 'a> {
    lines: Lines<'s, 'a>,
    delimiter: char,
    cells: Cells,
    row: Row,
}

/// A row of a table.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The line on which the row begins, from 1.
    pub line: usize,
    /// Lines between it and the row before that are empty, or hold nothing but delimiters.
    pub blank: usize,
    /// A quotation mark in it is not closed.
    pub open: bool,
    /// Its first line as it stands.
    pub raw: String,
    pub cells: Vec<String>,
}

impl<'s, 'a> Rows<'s, 'a> {
    pub fn of(source: &'s mut Source<'a>, kind: Kind) -> Self {
        let reader =
            ReaderBuilder::new().delimiter(kind.delimiter()).quoting(matches!(kind, Kind::Quoted(_))).build();
        Self {
            lines: Lines::of(source),
            delimiter: char::from(kind.delimiter()),
            cells: Cells { reader, bytes: vec![0; 1 << 12], filled: 0, ends: vec![0; 1 << 6], ended: 0 },
            row: Row::default(),
        }
    }

    /// The next row; `None` at the end, where [`Self::blank_end`] are left.
    pub fn next(&mut self) -> Result<Option<&Row>, InputError> {
        self.row = Row::default();
        let mut begun = false;
        while let Some(line) = self.lines.next()? {
            let nothing = |c: char| c.is_whitespace() || c == self.delimiter;
            if !begun && line.text.trim_matches(nothing).is_empty() {
                self.row.blank += 1;
                continue;
            }
            if !begun {
                (self.row.line, self.row.raw, begun) = (line.number, line.text.to_owned(), true);
            }
            // The end that the last line of a file may lack; within a quotation it is taken out again.
            let bare = line.whole.len() == line.text.len();
            let feed: [&[u8]; 2] = [line.whole.as_bytes(), if bare { b"\n" } else { b"" }];
            for part in feed {
                if self.cells.feed(part) {
                    self.row.cells = self.cells.take();
                    return Ok(Some(&self.row));
                }
            }
        }
        if !begun {
            return Ok(None);
        }
        self.row.open = true;
        Ok(Some(&self.row))
    }

    /// Empty lines after the last row.
    pub fn blank_end(&self) -> usize {
        self.row.blank
    }
}

/// The cells of a row, as far as they were parsed.
struct Cells {
    reader: Reader,
    bytes: Vec<u8>,
    filled: usize,
    /// Where each ends in `bytes`.
    ends: Vec<usize>,
    ended: usize,
}

impl Cells {
    /// Parses a part of a row; true where the row ends in it.
    fn feed(&mut self, mut part: &[u8]) -> bool {
        while !part.is_empty() {
            let (found, read, written, ends) =
                self.reader.read_record(part, &mut self.bytes[self.filled..], &mut self.ends[self.ended..]);
            part = &part[read..];
            self.filled += written;
            self.ended += ends;
            match found {
                ReadRecordResult::Record => return true,
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return false,
            }
        }
        false
    }

    /// The cells of a whole row; what comes next is another.
    fn take(&mut self) -> Vec<String> {
        let ends = &self.ends[..self.ended];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let cell =
            |(start, end): (usize, &usize)| String::from_utf8_lossy(&self.bytes[start..*end]).into_owned();
        let cells = starts.zip(ends).map(cell).collect();
        (self.filled, self.ended) = (0, 0);
        cells
    }
}
