//! Examples and malformed lines, gathered line by line until the limit.

use std::collections::BTreeMap;

use super::fault::{Fault, FaultKind, PlaceUnit, short};
use super::{Example, Examples, InputError};

/// Malformed lines that are told one by one; the rest is counted.
const TOLD: usize = 20;

/// What was read so far.
pub(super) struct Gather<'a> {
    name: &'a str,
    limit: usize,
    examples: Vec<Example>,
    /// The line of each id.
    ids: BTreeMap<String, usize>,
    empty_lines: usize,
    faults: Vec<Fault>,
    malformed: usize,
    /// What the places of faults count.
    unit: PlaceUnit,
}

impl<'a> Gather<'a> {
    pub fn new(name: &'a str, limit: Option<usize>) -> Self {
        Self {
            name,
            limit: limit.unwrap_or(usize::MAX),
            examples: Vec::new(),
            ids: BTreeMap::new(),
            empty_lines: 0,
            faults: Vec::new(),
            malformed: 0,
            unit: PlaceUnit::Line,
        }
    }

    /// The same where rows are counted, not lines.
    pub fn of_rows(name: &'a str, limit: Option<usize>) -> Self {
        Self { unit: PlaceUnit::Row, ..Self::new(name, limit) }
    }

    /// Whether nothing more is to be read. A malformed line takes the place of an example.
    pub fn full(&self) -> bool {
        self.examples.len() + self.malformed >= self.limit
    }

    /// Lines with nothing on them.
    pub fn blank(&mut self, lines: usize) {
        self.empty_lines += lines;
    }

    /// What came of a line.
    pub fn line(&mut self, line: usize, found: Result<Example, FaultKind>) {
        match found.and_then(|example| self.own(example)) {
            Ok(example) => self.examples.push(example),
            Err(what) => {
                self.malformed += 1;
                if self.faults.len() < TOLD {
                    self.faults.push(Fault { line, unit: self.unit, what });
                }
            }
        }
    }

    /// The example, where no other has its name.
    fn own(&mut self, example: Example) -> Result<Example, FaultKind> {
        if let Some(line) = self.ids.get(&example.id) {
            return Err(FaultKind::SameId { id: short(&example.id), line: *line, unit: self.unit });
        }
        self.ids.insert(example.id.clone(), example.line);
        Ok(example)
    }

    /// # Errors
    ///
    /// Where a line is malformed, or there is no example though the limit would take one.
    pub fn finish(self) -> Result<Examples, InputError> {
        let name = self.name.to_owned();
        if self.malformed > 0 {
            return Err(InputError::Malformed { name, faults: self.faults, malformed: self.malformed });
        }
        if self.examples.is_empty() && self.limit > 0 {
            return Err(InputError::Empty { name, empty_lines: self.empty_lines });
        }
        Ok(Examples { examples: self.examples, empty_lines: self.empty_lines, notes: Vec::new(), name })
    }
}
