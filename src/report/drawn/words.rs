//! The words of a text as every method weighs them: a row a method, a column a word, one colour scale.

use std::io;

use super::markup::{Page, clip, put};
use super::plot::Plot;
use super::scale::{Shade, shades};
use super::svg;
use crate::report::example::ExampleReport;
use crate::report::say::count;
use crate::report::say::reading::{distinct, name};
use crate::report::verdict::VerdictWord;

/// Units of the names' column, of a row, of the words above the columns, and of the gap before the references.
const NAMES: f64 = 204.0;
const ROW: f64 = 20.0;
const WORDS: f64 = 92.0;
const GAP: f64 = 8.0;
/// Columns of one band, at most; longer texts have several.
const BAND: usize = 48;
/// Characters of a word above its column.
const LONGEST: usize = 14;

/// One method's scores, as many as there are words.
#[derive(Debug)]
pub(in crate::report) struct Row<'a> {
    pub name: String,
    /// As `attncheck methods` has it.
    pub method: &'a str,
    pub scores: &'a [f64],
    /// The verdict on it; none for a reference.
    pub verdict: Option<VerdictWord>,
}

/// Readings that differ, then references; without the control, and without what does not fit the words.
pub(in crate::report) fn rows(example: &ExampleReport) -> Vec<Row<'_>> {
    let fits = |scores: &&[f64]| scores.len() == example.words.len();
    let readings = distinct(example).into_iter().filter_map(|r| {
        Some(Row {
            name: name(&r.method, r.sinks_removed),
            method: &r.method,
            scores: r.scores.value.as_deref().filter(fits)?,
            verdict: Some(r.verdict.verdict),
        })
    });
    let references = example.references.iter().filter(|r| !r.is_control()).filter_map(|r| {
        Some(Row {
            name: r.method.clone(),
            method: &r.method,
            scores: r.scores.value.as_deref().filter(fits)?,
            verdict: None,
        })
    });
    readings.chain(references).collect()
}

/// The mark of a verdict, which tells it without colour.
fn mark(verdict: VerdictWord) -> char {
    match verdict {
        VerdictWord::Supported => '●',
        VerdictWord::Mixed => '◐',
        VerdictWord::Contradicted => '✕',
        VerdictWord::Inert => '○',
        VerdictWord::Inconclusive => '?',
        VerdictWord::Insufficient => '…',
    }
}

/// The plot; none where no method has scores.
pub(in crate::report) fn plot(example: &ExampleReport) -> Option<Plot<'_>> {
    let rows = rows(example);
    if rows.is_empty() || example.words.is_empty() {
        return None;
    }
    Some(Plot::new("words", "Every word by every method", move |page| grid(page, example, &rows)))
}

/// Where the columns of a plot stand.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Words of a band.
    band: usize,
    /// Units of a column.
    wide: f64,
    /// Units of a band, downward.
    high: f64,
}

impl Layout {
    fn of(words: usize, rows: &[Row<'_>]) -> Self {
        let band = words.div_ceil(words.div_ceil(BAND).max(1)).max(1);
        let wide = match band {
            0..=16 => 34.0,
            17..=24 => 28.0,
            25..=32 => 23.0,
            _ => 17.0,
        };
        let both =
            rows.iter().any(|row| row.verdict.is_some()) && rows.iter().any(|row| row.verdict.is_none());
        let gap = if both { GAP } else { 0.0 };
        Self { band, wide, high: WORDS + ROW * rows.len() as f64 + gap }
    }

    /// The left end of a word's column.
    fn x(self, word: usize) -> f64 {
        NAMES + self.wide * (word % self.band) as f64
    }

    /// Where the first row of a word's band begins.
    fn y(self, word: usize) -> f64 {
        self.high * (word / self.band) as f64 + WORDS
    }
}

fn grid(page: &mut Page<'_>, example: &ExampleReport, rows: &[Row<'_>]) -> io::Result<()> {
    let n = example.words.len();
    let layout = Layout::of(n, rows);
    let bands = n.div_ceil(layout.band);
    let width = (layout.x(layout.band - 1) + layout.wide + 6.0).max(NAMES + 340.0);
    let size = (width, layout.high * bands as f64 + 44.0);
    let title = format!(
        "{} by {}; a cell is darker the greater the word's share of the method's scores; the numbers are in the table",
        count(n, "word"),
        count(rows.len(), "method")
    );
    svg::open(page, "words", size, title)?;
    columns(page, example, layout)?;
    let shades: Vec<Vec<Shade>> = rows.iter().map(|row| shades(row.scores)).collect();
    for (r, (row, shades)) in rows.iter().zip(&shades).enumerate() {
        let down =
            ROW * r as f64 + if row.verdict.is_none() && rows[0].verdict.is_some() { GAP } else { 0.0 };
        put!(page, "<g class=\"row\"");
        if !page.is_alone() {
            put!(page, " data-s=\"", (shades.iter().map(|shade| shade.code()).collect::<String>()), "\"");
        }
        put!(page, ">");
        for band in 0..bands {
            let y = layout.y(band * layout.band) + down;
            svg::text(page, "label", (NAMES - 22.0, y + 14.0), clip(&row.name, 30))?;
            if let Some(verdict) = row.verdict {
                let class = format_args!("tick g-{}", verdict.name());
                svg::text(page, class, (NAMES - 11.0, y + 14.0), mark(verdict))?;
            }
        }
        cells(page, shades, layout, down)?;
        put!(page, "</g>\n");
    }
    scale(page, layout.high * bands as f64 + 12.0)?;
    svg::close(page)
}

/// The words above their columns; on a page each is a column that the script can light.
fn columns(page: &mut Page<'_>, example: &ExampleReport, layout: Layout) -> io::Result<()> {
    for (i, word) in example.words.iter().enumerate() {
        let (x, y) = (layout.x(i), layout.y(i));
        put!(page, "<g class=\"column\">");
        if !page.is_alone() {
            svg::rect(page, "hit", (x, y - WORDS + 2.0), (layout.wide, layout.high - 2.0))?;
        }
        svg::upward(page, "start", (x + layout.wide / 2.0 + 4.0, y - 5.0), clip(&word.text, LONGEST))?;
        put!(page, "</g>");
    }
    put!(page, "\n");
    Ok(())
}

/// One path for all cells of a shade; those below 0 have a dash too, which is seen without colour.
fn cells(page: &mut Page<'_>, shades: &[Shade], layout: Layout, down: f64) -> io::Result<()> {
    let mut order: Vec<Shade> = shades.iter().copied().filter(|shade| shade.step > 0).collect();
    order.sort_unstable();
    order.dedup();
    let places = |which: Shade| {
        let of = move |(i, shade): (usize, &Shade)| (*shade == which).then_some(i);
        shades.iter().enumerate().filter_map(of)
    };
    for shade in order {
        let size = (layout.wide - 2.0, ROW - 2.0);
        let data: String =
            places(shade).map(|i| svg::cell((layout.x(i) + 1.0, layout.y(i) + down + 1.0), size)).collect();
        svg::path(page, shade.class(), data)?;
    }
    let dash = |i: usize| {
        let (x, y) = (layout.x(i) + layout.wide / 2.0, layout.y(i) + down + ROW / 2.0);
        format!("M{} {}h6", svg::Px(x - 3.0), svg::Px(y))
    };
    let below = shades.iter().enumerate().filter(|(_, shade)| shade.below);
    let dashes: String = below.map(|(i, _)| dash(i)).collect();
    if dashes.is_empty() { Ok(()) } else { svg::path(page, "minus", dashes) }
}

/// What the shades stand for.
fn scale(page: &mut Page<'_>, top: f64) -> io::Result<()> {
    let mark = |(times, told): (f64, &str)| (Shade::times(times), told.to_owned());
    let marks = [
        (-4.0, "−4×"),
        (-1.0, "−1×"),
        (0.0, "0"),
        (0.5, "½×"),
        (1.0, "1×"),
        (2.0, "2×"),
        (4.0, "4×"),
        (8.0, "8×"),
        (16.0, "16×"),
    ];
    svg::scale(page, (NAMES, top), "times an even share", &marks.map(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_have_bands_of_about_the_same_length() {
        for (words, band) in [(1, 1), (30, 30), (48, 48), (49, 25), (100, 34), (500, 46)] {
            assert_eq!(Layout::of(words, &[]).band, band, "{words}");
        }
        let layout = Layout::of(49, &[]);
        assert!(layout.y(25) > layout.y(24) && (layout.x(25) - layout.x(0)).abs() < 1e-12);
    }
}
