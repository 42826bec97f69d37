//! The plots of a comparison.

use super::super::forest::{Column, forest};
use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use crate::report::compare::{CompareReport, CompareSummary, LikenessSummary};
use crate::report::say::change;
use crate::report::verdict::VerdictWord;

/// All of them.
pub(in crate::report) fn plots(report: &CompareReport) -> Vec<Plot<'_>> {
    [likeness(&report.summary), differences(report), verdicts(&report.summary)]
        .into_iter()
        .flatten()
        .collect()
}

/// How alike the two models' maps are.
fn likeness(found: &CompareSummary) -> Option<Plot<'_>> {
    let shown: Vec<&LikenessSummary> = found.likeness.iter().filter(|one| !one.sinks_removed).collect();
    if shown.is_empty() {
        return None;
    }
    let names: Vec<String> = shown.iter().map(|one| one.method.clone()).collect();
    let columns = [
        Column::of("tau of A with B", shown.iter().map(|one| one.tau.value.clone()).collect()),
        Column::of("JSD of A from B, nats", shown.iter().map(|one| one.jsd.value.clone()).collect()),
    ];
    Some(Plot::new("likeness", "How alike the two are, by method", move |page| {
        let title = "Mean tau and mean JSD of the two models' maps, with 95 % intervals; the numbers are in the table.";
        forest(page, title, &names, &columns)
    }))
}

/// Second minus first, for the figures that are shown.
fn differences(report: &CompareReport) -> Option<Plot<'_>> {
    let shown = change::shown(report);
    if shown.is_empty() {
        return None;
    }
    let names: Vec<String> = shown.iter().map(|figure| figure.figure.clone()).collect();
    let found = shown.iter().map(|figure| figure.difference.value.clone()).collect();
    let column = Column::of("B − A, 95 %", found);
    Some(Plot::new("differences", "What differs: B minus A", move |page| {
        let title = "The mean difference of each figure, B minus A, with 95 % intervals; the numbers are in the table.";
        forest(page, title, &names, std::slice::from_ref(&column))
    }))
}

/// The headline reading's verdicts, A's downward and B's across.
fn verdicts(found: &CompareSummary) -> Option<Plot<'_>> {
    let headline = found.answer.reading.as_deref();
    let table = found.verdicts.iter().find(|v| Some(v.method.as_str()) == headline && !v.sinks_removed)?;
    let most = table.counts.iter().map(|cell| cell.texts).max()?;
    let cell = |a: VerdictWord, b: VerdictWord| {
        let texts = table.counts.iter().find(|cell| (cell.a, cell.b) == (a, b)).map_or(0, |cell| cell.texts);
        let told = if texts > 0 { texts.to_string() } else { "·".to_owned() };
        Some(Cell { value: texts as f64, told, framed: a == b })
    };
    let words = VerdictWord::ALL;
    let found = Matrix {
        title: format!(
            "How many texts have which verdict on {} in A (rows) and in B (columns)",
            table.method
        ),
        rows: words.map(|word| word.name().to_owned()).to_vec(),
        columns: words.map(|word| word.name().to_owned()).to_vec(),
        cells: words.map(|a| words.map(|b| cell(a, b)).to_vec()).to_vec(),
        end: most as f64,
        scale: None,
    };
    let caption = format!("Verdicts on {}: A downward, B across", table.method);
    Some(Plot::new("verdicts", caption, move |page| matrix(page, &found)))
}
