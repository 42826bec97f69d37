//! Columns that line up.

use anstyle::Style;

use super::page::Text;
use super::paint::{DIM, PLAIN, Paint};
use crate::report::say::notes::Noted;
use crate::report::say::{clip, visible, width};

/// A number or a word in its style.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub fn styled(text: &str, style: Style) -> Self {
        Self { text: visible(text).into_owned(), style }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::styled(text, PLAIN)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::styled(&text, PLAIN)
    }
}

impl From<Noted> for Cell {
    fn from(noted: Noted) -> Self {
        Self::styled(&noted.to_string(), PLAIN)
    }
}

/// The side that a column's cells keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A table: the first column gives way where the whole is too wide.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(Align, &'static str)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Columns with their headings; an empty heading is none.
    pub fn new(columns: &[(Align, &'static str)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, columns two apart, one apart where that is too wide.
    pub fn print(&self, text: Text) -> String {
        let Text { columns, paint, .. } = text;
        let cells =
            |i: usize| self.rows.iter().filter_map(move |row| row.get(i)).map(|c| width(&c.text)).max();
        let mut widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(i, c)| width(c.1).max(cells(i).unwrap_or(0))).collect();
        let wide: usize = widths.iter().sum();
        let gaps = widths.len().saturating_sub(1);
        let gap = if wide + 2 * gaps <= columns { 2 } else { 1 };
        if let Some(first) = widths.first_mut() {
            *first -= (wide + gap * gaps).saturating_sub(columns).min(first.saturating_sub(4));
        }
        let mut out = String::new();
        if self.columns.iter().any(|(_, heading)| !heading.is_empty()) {
            let headings: Vec<Cell> =
                self.columns.iter().map(|(_, heading)| Cell::styled(heading, DIM)).collect();
            out.push_str(&self.line(&headings, &widths, gap, paint));
        }
        for row in &self.rows {
            out.push_str(&self.line(row, &widths, gap, paint));
        }
        out
    }

    fn line(&self, cells: &[Cell], widths: &[usize], gap: usize, paint: Paint) -> String {
        let mut out = String::new();
        let mut owed = 0;
        for ((cell, (side, _)), wide) in cells.iter().zip(&self.columns).zip(widths) {
            let text = clip(&cell.text, *wide);
            let free = wide - width(&text);
            let (before, after) = if *side == Align::Right { (free, 0) } else { (0, free) };
            owed += before;
            // Spaces are owed until something follows, so that no line ends in them.
            if !text.is_empty() {
                out.extend(std::iter::repeat_n(' ', std::mem::take(&mut owed)));
                out.push_str(&paint.on(cell.style, &text));
            }
            owed += after + gap;
        }
        out.push('\n');
        out
    }
}

/// Lines of cells with headings made at run time.
pub(super) fn grid(text: Text, lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let sides: Vec<(Align, &'static str)> =
        (0..columns).map(|i| (if i == 0 { Align::Left } else { Align::Right }, "")).collect();
    let mut table = Table::new(&sides);
    for (i, line) in lines.iter().enumerate() {
        let style = if i == 0 { DIM } else { PLAIN };
        table.row(line.iter().map(|cell| Cell::styled(cell, style)).collect());
    }
    table.print(text)
}
