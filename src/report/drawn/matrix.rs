//! A table of numbers as shaded cells, each with its number, on one scale.

use std::io;

use super::markup::{Page, put};
use super::scale::Shade;
use super::svg;

/// Units of a column, of a row, and of the room for names of columns that read upward.
const CELL: (f64, f64) = (46.0, 22.0);
const UPWARD: f64 = 104.0;
/// Units of a character of a name, about.
const CHARACTER: f64 = 6.2;
/// Characters of the names of columns that still stand level.
const LEVEL: usize = 7;

/// A cell: its number for the shade, and as it is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    pub value: f64,
    pub told: String,
    /// Whether it is framed, as what is right.
    pub framed: bool,
}

/// How a number is told.
pub(super) type Told = fn(f64) -> String;

/// Rows and columns with their names; `None` where there is nothing.
pub(super) struct Matrix {
    pub title: String,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    pub cells: Vec<Vec<Option<Cell>>>,
    /// Where the darkest shade is.
    pub end: f64,
    /// What the scale is of, and how its end is told; none where the cells say enough.
    pub scale: Option<(&'static str, Told)>,
}

pub(super) fn matrix(page: &mut Page<'_>, found: &Matrix) -> io::Result<()> {
    let longest = |names: &[String]| names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let left = (CHARACTER * longest(&found.rows) as f64 + 14.0).max(96.0);
    let level = longest(&found.columns) <= LEVEL;
    let top = if level { 18.0 } else { UPWARD.min(CHARACTER * longest(&found.columns) as f64 + 10.0) };
    let foot = if found.scale.is_some() { 40.0 } else { 6.0 };
    let (rows, columns) = (found.rows.len() as f64, found.columns.len() as f64);
    let least = if found.scale.is_some() { left + 194.0 } else { 0.0 };
    let size = ((left + CELL.0 * columns + 4.0).max(least), top + CELL.1 * rows + foot);
    svg::open(page, "matrix", size, &found.title)?;
    for (j, name) in found.columns.iter().enumerate() {
        let x = left + CELL.0 * (j as f64 + 0.5);
        if level {
            svg::text(page, "tick", (x, top - 6.0), name)?;
        } else {
            svg::upward(page, "start", (x + 4.0, top - 6.0), name)?;
        }
    }
    for (i, (name, cells)) in found.rows.iter().zip(&found.cells).enumerate() {
        let y = top + CELL.1 * i as f64;
        svg::text(page, "label", (left - 8.0, y + 15.0), name)?;
        for (j, cell) in cells.iter().enumerate() {
            let Some(cell) = cell else { continue };
            let x = left + CELL.0 * j as f64;
            let shade = Shade::linear(cell.value, found.end).class();
            svg::rect(page, shade, (x + 1.0, y + 1.0), (CELL.0 - 2.0, CELL.1 - 2.0))?;
            if cell.framed {
                svg::path(page, "right", svg::cell((x + 2.0, y + 2.0), (CELL.0 - 4.0, CELL.1 - 4.0)))?;
            }
            svg::text(page, "number", (x + CELL.0 / 2.0, y + 15.0), &cell.told)?;
        }
        put!(page, "\n");
    }
    if let Some((name, told)) = found.scale {
        let below = found.cells.iter().flatten().flatten().any(|cell| cell.value < 0.0);
        let marks: &[f64] = if below { &[-1.0, -0.5, 0.0, 0.5, 1.0] } else { &[0.0, 0.25, 0.5, 0.75, 1.0] };
        let steps: Vec<(Shade, String)> =
            marks.iter().map(|mark| (Shade::linear(*mark, 1.0), told(mark * found.end))).collect();
        svg::scale(page, (left, top + CELL.1 * rows + 8.0), name, &steps)?;
    }
    svg::close(page)
}
