//! The plots of an audit: over the file, and of each text.

use super::super::bars::{Row, bars};
use super::super::forest::{Column, forest};
use super::super::plot::Plot;
use super::super::{curves, swaps, words};
use super::patterns;
use crate::report::answer::FileAnswer;
use crate::report::drawn::Drawn;
use crate::report::example::ExampleReport;
use crate::report::say::answer as say;
use crate::report::say::count;
use crate::report::say::reading::{distinct_of, name};
use crate::report::settings::Thresholds;
use crate::report::summary::{ReadingSummary, Summary};

/// The verdict on the file: the share that each map finds of what erasure finds.
pub(in crate::report) fn effects(answer: &FileAnswer) -> Option<Plot<'_>> {
    let told = say::told(answer);
    let names: Vec<String> = told.iter().map(|found| name(&found.method, found.sinks_removed)).collect();
    let found: Vec<_> = told.iter().map(|found| found.effect.value.clone()).collect();
    if found.iter().all(Option::is_none) {
        return None;
    }
    let column = Column {
        limits: vec![(0.1, "a part"), (0.5, "what decides"), (1.0, "all")],
        ..Column::of("share of what erasure finds, 95 %", found)
    };
    Some(Plot::new("file-effects", "What each map finds of what erasure finds", move |page| {
        let title = "The share that each map finds of what erasure finds, with 95 % intervals over texts; the numbers \
                     are in the table below.";
        forest(page, title, &names, std::slice::from_ref(&column))
    }))
}

/// How many texts got each verdict, by reading.
pub(in crate::report) fn verdicts(found: &Summary) -> Option<Plot<'_>> {
    let row = |reading: &ReadingSummary| Row {
        name: name(&reading.method, reading.sinks_removed),
        counts: reading.verdicts.iter().map(|verdict| (verdict.verdict, verdict.count)).collect(),
    };
    let rows: Vec<Row> = distinct_of(found).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let title = format!(
        "How many of {} got each verdict, by reading; the numbers are in the table below.",
        count(found.examples, "example")
    );
    Some(Plot::new("file-verdicts", "Verdicts on the texts", move |page| bars(page, &title, &rows)))
}

/// Mean agreement and mean excess of every reading.
pub(in crate::report) fn means(found: &Summary) -> Option<Plot<'_>> {
    let shown: Vec<&ReadingSummary> = distinct_of(found).collect();
    if shown.is_empty() {
        return None;
    }
    let names: Vec<String> = shown.iter().map(|r| name(&r.method, r.sinks_removed)).collect();
    let tau = |r: &&ReadingSummary| r.with_leave_one_out().and_then(|loo| loo.tau.value.clone());
    let columns = [
        Column {
            against: found.ceiling.value.clone().map(|ceiling| (ceiling, "ceiling")),
            ..Column::of("tau with leave-one-out", shown.iter().map(tau).collect())
        },
        Column::of("excess comprehensiveness", shown.iter().map(|r| r.excess.value.clone()).collect()),
    ];
    Some(Plot::new("file-means", "Means over the texts, with 95 % intervals", move |page| {
        let title = "Mean agreement with leave-one-out and mean excess of each reading with 95 % intervals; the grey \
                     band is the ceiling, how well references agree with one another. The numbers are in the table below.";
        forest(page, title, &names, &columns)
    }))
}

/// All plots of one text, in the order of the page.
pub(in crate::report) fn of_example<'a>(
    thresholds: &'a Thresholds,
    i: usize,
    example: &'a ExampleReport,
    drawn: Option<&'a Drawn>,
) -> Vec<Plot<'a>> {
    let mut plots: Vec<Plot<'a>> = words::plot(example).into_iter().collect();
    plots.extend(curves::plots(i, example));
    plots.extend(swaps::plots(thresholds, example));
    plots.extend(drawn.and_then(patterns::plot));
    plots
}
