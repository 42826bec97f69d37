//! What stands in a cell, and why one is empty.

use std::borrow::Cow;

use crate::missing::Missing;
use crate::report::measure::Measure;

/// Why cells are empty.
#[derive(Debug, Default)]
pub(super) struct Gaps(String);

impl Gaps {
    /// The number of a column.
    pub(super) fn of<T: Copy>(&mut self, column: &str, measure: &Measure<T>) -> Option<T> {
        self.with(&[column], measure).copied()
    }

    /// The value; where there is none, why the columns that it would fill are empty.
    pub(super) fn with<'m, T>(&mut self, columns: &[&str], measure: &'m Measure<T>) -> Option<&'m T> {
        if measure.value.is_none() {
            self.tell(columns, measure.why());
        }
        measure.value.as_ref()
    }

    /// The columns are of what the run was not asked for.
    pub(super) fn not_asked(&mut self, columns: &[&str]) {
        self.tell(columns, &Missing::NotAsked.to_string());
    }

    /// Every gap with its reason.
    pub(super) fn told(self) -> String {
        self.0
    }

    fn tell(&mut self, columns: &[&str], reason: &str) {
        if !self.0.is_empty() {
            self.0.push_str("; ");
        }
        self.0.push_str(&columns.join(", "));
        self.0.push_str(": ");
        self.0.push_str(reason);
    }
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn data(text: &str) -> Cow<'_, str> {
    const MARKS: [char; 12] = ['=', '+', '-', '@', '\'', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(MARKS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_can_be_taken_away_again() {
        for text in ["=1+1", "+1", "-x", "@x", "'=1", "''", "\t=1", "\r", "＝1", "", "x=1", " =1", "“a”"]
        {
            let cell = data(text);
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}
