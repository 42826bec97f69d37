//! The plots of an alignment: every head's error rate, and for each pair its weights with the gold links marked, and its two
//! sentences with curves between them.

use std::io;

use super::super::markup::{Page, clip, put};
use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use super::super::scale::Shade;
use super::super::svg::{self, Px};
use crate::report::align::{AlignReport, AlignRow, AlignedPair, StepLinks};
use crate::report::say::align::by_head;
use crate::report::say::number::fine;

/// Units of a side of a cell, and of a row of words.
const CELL: f64 = 18.0;
/// Units of a character, about.
const CHARACTER: f64 = 6.2;
/// Characters of a word that are shown.
const WORD: usize = 20;
/// Units between the two sentences.
const BETWEEN: f64 = 220.0;
/// Cells of a pair that is still drawn: beyond, nothing can be told apart.
const CELLS: usize = 10_000;

/// Those over all pairs.
pub(in crate::report) fn whole(report: &AlignReport) -> Vec<Plot<'_>> {
    if report.settings.gold.is_none() {
        return Vec::new();
    }
    let rows = by_head(&report.rows);
    let cell = |row: &&AlignRow| {
        let found = row.aer.value.as_ref()?;
        let framed = row.shows_alignment == Some(true);
        // Less is better: what is right is dark.
        Some(Cell { value: 1.0 - found.estimate, told: fine(found.estimate), framed })
    };
    let told = Matrix {
        title: "The alignment error rate of every head, by the row that outputs a word and the one that takes it in, and by both \
                conventions for pieces; dark is less, framed what beats the diagonal"
            .to_owned(),
        rows: rows.iter().map(|(name, _)| name.clone()).collect(),
        columns: ["out, union", "out, sum", "in, union", "in, sum"].map(str::to_owned).to_vec(),
        cells: rows.iter().map(|(_, rows)| rows.iter().map(cell).collect()).collect(),
        end: 1.0,
        scale: None,
    };
    vec![Plot::new("error-rates", "Error rate of every head; framed: beats the diagonal", move |page| {
        matrix(page, &told)
    })]
}

/// Those of one pair: for each step the weights, and the curves. None of a pair that is too long to be told apart.
pub(in crate::report) fn of_pair(pair: &AlignedPair) -> Vec<Plot<'_>> {
    if pair.source.len() * pair.target.len() > CELLS {
        return Vec::new();
    }
    let steps = [
        ("output", "The row that outputs each word", &pair.output),
        ("input", "The row that takes each word in", &pair.input),
    ];
    steps
        .into_iter()
        .flat_map(|(name, caption, step)| {
            let told = caption.to_lowercase();
            let other = told.clone();
            [
                Plot::new(format!("{name}-weights"), caption, move |page| weights(page, &told, pair, step)),
                Plot::new(
                    format!("{name}-curves"),
                    format!("{caption}: darker is more weight"),
                    move |page| curves(page, &other, pair, step),
                ),
            ]
        })
        .collect()
}

fn longest(words: &[String]) -> f64 {
    let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    CHARACTER * longest.min(WORD + 1) as f64 + 12.0
}

/// A row per target word, a column per source word: shaded by weight, a square for a link, a frame for a sure gold link and a
/// dotted one for a possible one.
fn weights(page: &mut Page<'_>, told: &str, pair: &AlignedPair, step: &StepLinks) -> io::Result<()> {
    let (left, top) = (longest(&pair.target), longest(&pair.source));
    let (columns, rows) = (pair.source.len() as f64, pair.target.len() as f64);
    let title = format!(
        "Weights of {told}: a row per target word, a column per source word, the darkest is 1; squares are links, frames gold \
         links, dotted where only possible"
    );
    svg::open(page, "matrix", (left + CELL * columns + 4.0, top + CELL * rows + 4.0), title)?;
    let at = |i: usize, j: usize| (left + CELL * i as f64, top + CELL * j as f64);
    for (i, word) in pair.source.iter().enumerate() {
        svg::upward(page, "start", (at(i, 0).0 + 13.0, top - 5.0), clip(word, WORD))?;
    }
    for (j, word) in pair.target.iter().enumerate() {
        svg::text(page, "label", (left - 6.0, at(0, j).1 + 13.0), clip(word, WORD))?;
        for (i, weight) in step.mass.get(j).into_iter().flatten().enumerate() {
            let shade = Shade::linear(*weight, 1.0);
            if shade.step > 0 {
                svg::rect(page, shade.class(), at(i, j), (CELL - 1.0, CELL - 1.0))?;
            }
        }
    }
    let gold =
        pair.gold.iter().flat_map(|gold| gold.possible.iter().map(|link| (link, gold.sure.contains(link))));
    for ((i, j), is_sure) in gold {
        let (x, y) = at(*i, *j);
        let class = if is_sure { "right" } else { "cross" };
        svg::path(page, class, svg::cell((x + 1.0, y + 1.0), (CELL - 3.0, CELL - 3.0)))?;
    }
    for (i, j) in &step.links {
        let (x, y) = at(*i, *j);
        svg::rect(page, "found", (x + 5.0, y + 5.0), (7.0, 7.0))?;
    }
    put!(page, "\n");
    svg::close(page)
}

/// The source at the left, the target at the right, and a curve for each weight that can be seen.
fn curves(page: &mut Page<'_>, told: &str, pair: &AlignedPair, step: &StepLinks) -> io::Result<()> {
    let (left, right) = (longest(&pair.source), longest(&pair.target));
    let rows = pair.source.len().max(pair.target.len()) as f64;
    let title =
        format!("Weights of {told}, as curves from each target word to the source words: darker is more");
    svg::open(page, "matrix", (left + BETWEEN + right, CELL * rows + 4.0), title)?;
    let y = |at: usize| CELL * at as f64 + 13.0;
    // From pale to dark, so that what matters lies on top.
    let mut all: Vec<(Shade, usize, usize)> = Vec::new();
    for (j, row) in step.mass.iter().enumerate() {
        all.extend(row.iter().enumerate().map(|(i, weight)| (Shade::linear(*weight, 1.0), i, j)));
    }
    all.retain(|(shade, ..)| shade.step > 0);
    all.sort_unstable();
    let (from, to, middle) = (left + 4.0, left + BETWEEN - 4.0, left + BETWEEN / 2.0);
    for (shade, i, j) in all {
        let (a, b) = (y(i) - 4.0, y(j) - 4.0);
        let data = format!(
            "M{} {}C{} {} {} {} {} {}",
            Px(from),
            Px(a),
            Px(middle),
            Px(a),
            Px(middle),
            Px(b),
            Px(to),
            Px(b)
        );
        svg::path(page, format_args!("w{}", shade.step), data)?;
    }
    for (i, word) in pair.source.iter().enumerate() {
        svg::text(page, "label", (left, y(i)), clip(word, WORD))?;
    }
    for (j, word) in pair.target.iter().enumerate() {
        svg::text(page, "start", (left + BETWEEN, y(j)), clip(word, WORD))?;
    }
    put!(page, "\n");
    svg::close(page)
}
