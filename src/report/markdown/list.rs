//! A table that has an end.

use std::io::Write;

use crate::report::render::RenderError;

/// The most rows of a list.
const LISTED: usize = 50;

/// A table that ends after some rows and says how many are left out; nothing at all where there is no row.
pub(super) struct List {
    title: &'static str,
    header: &'static str,
    rows: usize,
}

impl List {
    /// An empty list under this title and header.
    pub(super) fn new(title: &'static str, header: &'static str) -> Self {
        Self { title, header, rows: 0 }
    }

    /// One more row, title and header before the first.
    pub(super) fn row(&mut self, out: &mut dyn Write, row: &str) -> Result<(), RenderError> {
        if self.rows == 0 {
            writeln!(out, "### {}\n\n{}", self.title, self.header)?;
        }
        if self.rows < LISTED {
            writeln!(out, "{row}")?;
        }
        self.rows += 1;
        Ok(())
    }

    /// What is left out, and the empty line below.
    pub(super) fn end(&self, out: &mut dyn Write) -> Result<(), RenderError> {
        if self.rows > LISTED {
            writeln!(out, "\n{} more are not listed.", self.rows - LISTED)?;
        }
        if self.rows > 0 {
            writeln!(out)?;
        }
        Ok(())
    }
}
