//! How far states still are their tokens: a line per form over the layers, and on one text a cell per word and layer.

use super::super::lines::{Lines, Series, lines};
use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use crate::report::measure::{Estimate, Measure};
use crate::report::mixing::{MixingExample, MixingReport, MixingSummary};
use crate::report::say::number::percent;

/// The forms, in the order of their lines.
const FORMS: [&str; 3] = ["alti", "value-zeroing", "gradient"];

/// Over all texts.
pub(in crate::report) fn whole(report: &MixingReport) -> Vec<Plot<'_>> {
    [
        profile(report, "mixing-own", "Share of a state that is its own token", |row| &row.own),
        profile(report, "mixing-neighbours", "Share of its two neighbours", |row| &row.neighbours),
        profile(report, "mixing-word", "Share of a word’s states that is still the word", |row| &row.word),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn profile<'a>(
    report: &'a MixingReport,
    name: &'static str,
    caption: &'static str,
    get: fn(&MixingSummary) -> &Measure<Estimate>,
) -> Option<Plot<'a>> {
    let layers = report.layers();
    let series = |form: &&str| {
        let of = |layer| {
            let row = report.summary.iter().find(|row| row.form == **form && row.layer == layer);
            row.and_then(|row| get(row).value.clone())
        };
        Series { name: (*form).to_owned(), found: (0..layers).map(of).collect() }
    };
    let all: Vec<Series> =
        FORMS.iter().map(series).filter(|series| series.found.iter().any(Option::is_some)).collect();
    if all.is_empty() {
        return None;
    }
    Some(Plot::new(name, caption, move |page| {
        lines(
            page,
            &Lines {
                title: format!("{caption}, behind each layer"),
                places: (0..layers).map(|layer| layer.to_string()).collect(),
                across: "behind layer",
                series: &all,
                limits: Vec::new(),
            },
        )
    }))
}

/// On one text: how far the states at each word are still that word, layer by layer.
pub(in crate::report) fn of_example(example: &MixingExample) -> Vec<Plot<'_>> {
    let of = |form: &'static str| {
        let rows: Vec<_> = example.layers.iter().filter(|row| row.form == form).collect();
        let known = rows.iter().any(|row| row.states.value.is_some());
        (known && !example.words.is_empty()).then(|| {
            let cells = |word: usize| {
                let cell = |row: &&crate::report::mixing::MixingLayer| {
                    let value = *row.states.value.as_ref()?.own_by_word.get(word)?;
                    Some(Cell { value, told: percent(value), framed: false })
                };
                rows.iter().map(cell).collect()
            };
            let found = Matrix {
                title: format!("Share of the states at each word that is still the word, by {form}"),
                rows: example.words.clone(),
                columns: rows.iter().map(|row| row.layer.to_string()).collect(),
                cells: (0..example.words.len()).map(cells).collect(),
                end: 1.0,
                scale: Some(("share", percent)),
            };
            let caption = format!("Still the word behind each layer ({form})");
            Plot::new(format!("mixing-{form}"), caption, move |page| matrix(page, &found))
        })
    };
    FORMS.into_iter().filter_map(of).collect()
}
