//! Counts of verdicts as bars, a row each.

use std::io;

use super::markup::{Page, clip, put};
use super::scale::Scale;
use super::svg;
use crate::report::verdict::VerdictWord;

/// Units of the names' column, of a row, and of the whole width.
const NAMES: f64 = 190.0;
const ROW: f64 = 24.0;
const WIDTH: f64 = 760.0;

/// A row: its name, and how many got each verdict, in any order.
pub(super) struct Row {
    pub name: String,
    pub counts: Vec<(VerdictWord, usize)>,
}

impl Row {
    fn all(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// One bar a row; all are as long as the greatest sum.
pub(super) fn bars(page: &mut Page<'_>, title: &str, rows: &[Row]) -> io::Result<()> {
    svg::open(page, "wide", (WIDTH, ROW * rows.len() as f64 + 2.0), title)?;
    let most = rows.iter().map(Row::all).max().unwrap_or(0).max(1);
    let across = Scale { values: (0.0, most as f64), pixels: (NAMES, WIDTH - 2.0) };
    for (i, row) in rows.iter().enumerate() {
        let top = ROW * i as f64 + 2.0;
        svg::text(page, "label", (NAMES - 8.0, top + 14.0), clip(&row.name, 31))?;
        let mut before = 0;
        for verdict in VerdictWord::ALL {
            let count = row.counts.iter().find(|(word, _)| *word == verdict).map_or(0, |(_, count)| *count);
            if count == 0 {
                continue;
            }
            let left = across.at(before as f64);
            before += count;
            let wide = across.at(before as f64) - left - 1.0;
            svg::rect(page, format_args!("bar {}", verdict.name()), (left, top), (wide.max(1.0), 20.0))?;
            let class = format_args!("on {}", verdict.name());
            if wide > 120.0 {
                let told = format_args!("{} {count}", verdict.name());
                svg::text(page, class, (left + 5.0, top + 14.0), told)?;
            } else if wide > 18.0 {
                svg::text(page, class, (left + 5.0, top + 14.0), count)?;
            }
        }
        put!(page, "\n");
    }
    svg::close(page)
}
