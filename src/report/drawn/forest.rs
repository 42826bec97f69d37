//! Estimates with their intervals: a row each, in one or several columns.

use std::io;

use super::markup::{Page, clip, put};
use super::scale::{Scale, range, ticks};
use super::svg;
use crate::report::measure::Estimate;
use crate::report::say::number::plain;

/// Units of the names' column, of a row, between columns, on the right, and of the whole width.
const NAMES: f64 = 190.0;
const ROW: f64 = 24.0;
const GAP: f64 = 34.0;
const EDGE: f64 = 14.0;
const WIDTH: f64 = 760.0;

/// Characters of a name, at most.
const LONGEST: usize = 31;

/// One column of estimates.
pub(super) struct Column {
    pub heading: &'static str,
    /// Beside the rows; `None` where a row has no such estimate.
    pub found: Vec<Option<Estimate>>,
    /// A band that the estimates are read against, and what it is called.
    pub against: Option<(Estimate, &'static str)>,
    /// Values that are marked by a line, such as limits.
    pub limits: Vec<(f64, &'static str)>,
}

impl Column {
    /// Without band or limits.
    pub fn of(heading: &'static str, found: Vec<Option<Estimate>>) -> Self {
        Self { heading, found, against: None, limits: Vec::new() }
    }
}

fn ends(e: &Estimate) -> [f64; 2] {
    [e.low.unwrap_or(e.estimate), e.high.unwrap_or(e.estimate)]
}

pub(super) fn forest(
    page: &mut Page<'_>,
    title: &str,
    names: &[String],
    columns: &[Column],
) -> io::Result<()> {
    let height = ROW * names.len() as f64 + 54.0;
    svg::open(page, "wide", (WIDTH, height), title)?;
    for (i, name) in names.iter().enumerate() {
        svg::text(page, "label", (NAMES - 8.0, 36.0 + ROW * i as f64), clip(name, LONGEST))?;
    }
    let all = columns.len().max(1) as f64;
    let wide = (WIDTH - NAMES - EDGE - GAP * (all - 1.0)) / all;
    for (i, column) in columns.iter().enumerate() {
        panel(page, column, NAMES + (wide + GAP) * i as f64, wide, height)?;
    }
    svg::close(page)
}

fn panel(page: &mut Page<'_>, column: &Column, left: f64, wide: f64, height: f64) -> io::Result<()> {
    let against = column.against.as_ref();
    let all = column.found.iter().flatten().chain(against.map(|(band, _)| band));
    let limits = column.limits.iter().map(|(limit, _)| *limit);
    let values = range(all.flat_map(ends).chain(limits));
    let across = Scale { values, pixels: (left + 6.0, left + wide - 6.0) };
    let (top, bottom) = (20.0, height - 28.0);
    svg::text(page, "start", (left + 6.0, 12.0), column.heading)?;
    if let Some((band, name)) = against {
        let [low, high] = ends(band).map(|end| across.at(end));
        svg::rect(page, "band", (low, top), ((high - low).max(1.0), bottom - top))?;
        svg::text(page, "tick", (f64::midpoint(low, high), bottom + 26.0), name)?;
    }
    for tick in ticks(values) {
        let x = across.at(tick);
        svg::line(page, if tick == 0.0 { "zero" } else { "rule" }, (x, top), (x, bottom))?;
        svg::text(page, "tick", (x, bottom + 13.0), plain(tick))?;
    }
    for (limit, name) in &column.limits {
        let x = across.at(*limit);
        svg::line(page, "limit", (x, top), (x, bottom))?;
        svg::text(page, "tick", (x, bottom + 26.0), name)?;
    }
    for (i, found) in column.found.iter().enumerate() {
        let Some(found) = found else { continue };
        let y = 32.0 + ROW * i as f64;
        let [low, high] = ends(found).map(|end| across.at(end));
        svg::line(page, "whisker", (low, y), (high, y))?;
        let x = across.at(found.estimate);
        svg::line(page, "dot", (x, y), (x, y))?;
    }
    put!(page, "\n");
    Ok(())
}
