//! The plots of checkpoints that differ in their seed.

use std::f64::consts::LN_2;
use std::io;

use super::super::forest::{Column, forest};
use super::super::markup::Page;
use super::super::plot::Plot;
use super::super::scale::Scale;
use super::super::svg::{self, Px};
use crate::report::examples::ExamplesError;
use crate::report::say::count;
use crate::report::seeds::{SeedsReport, SpreadSummary};

/// Units of the plot of counterfactuals.
const SIZE: (f64, f64) = (420.0, 380.0);
const LEFT: f64 = 50.0;
const RIGHT: f64 = 410.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 338.0;

/// All of them.
///
/// # Errors
///
/// Where the examples cannot be read again.
pub(in crate::report) fn plots(report: &SeedsReport) -> Result<Vec<Plot<'_>>, ExamplesError> {
    Ok([Some(spreads(report)), floors(report)?].into_iter().flatten().collect())
}

/// How far apart the checkpoints are.
fn spreads(report: &SeedsReport) -> Plot<'_> {
    let found = &report.summary;
    let all: Vec<&SpreadSummary> = std::iter::once(&found.tvd).chain(&found.readings).collect();
    let name = |(i, spread): (usize, &&SpreadSummary)| {
        if i == 0 { "TVD of predictions".to_owned() } else { format!("JSD of {}", spread.method) }
    };
    let names: Vec<String> = all.iter().enumerate().map(name).collect();
    let columns = [
        Column::of("mean over pairs", all.iter().map(|spread| spread.mean.value.clone()).collect()),
        Column::of("largest of a text, mean", all.iter().map(|spread| spread.max.value.clone()).collect()),
    ];
    Plot::new("spread", "How far checkpoints are apart", move |page| {
        let title = "How far the checkpoints' predictions and maps are apart, with 95 % intervals over texts; the numbers are \
                     in the table.";
        forest(page, title, &names, &columns)
    })
}

/// Each counterfactual beside its floor; none where there is none of both.
fn floors(report: &SeedsReport) -> Result<Option<Plot<'_>>, ExamplesError> {
    let mut points = Vec::new();
    for example in report.examples.iter() {
        let example = example?;
        let Some(floor) = example.floor.value else { continue };
        let judged = example.counterfactuals.iter().filter(|found| found.within.is_some());
        points.extend(judged.map(|found| (floor, found.jsd)));
    }
    Ok((!points.is_empty()).then(|| {
        Plot::new("counterfactuals", "Counterfactuals beside what another seed gives", move |page| {
            scatter(page, &points)
        })
    }))
}

fn scatter(page: &mut Page<'_>, points: &[(f64, f64)]) -> io::Result<()> {
    let across = Scale { values: (0.0, LN_2), pixels: (LEFT, RIGHT) };
    let up = Scale { values: (0.0, LN_2), pixels: (BOTTOM, TOP) };
    let title = format!(
        "{}, each by its JSD upward and the largest JSD between seeds across; below the line it shows no more than another \
         seed gives",
        count(points.len(), "counterfactual")
    );
    svg::open(page, "square", SIZE, title)?;
    svg::path(page, "band", svg::through([(LEFT, BOTTOM), (RIGHT, TOP), (RIGHT, BOTTOM)].into_iter()) + "Z")?;
    for jsd in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] {
        let (x, y) = (across.at(jsd), up.at(jsd));
        svg::line(page, "rule", (LEFT, y), (RIGHT, y))?;
        svg::line(page, "rule", (x, TOP), (x, BOTTOM))?;
        svg::text(page, "end", (LEFT - 5.0, y + 4.0), format_args!("{jsd:.1}"))?;
        svg::text(page, "tick", (x, BOTTOM + 15.0), format_args!("{jsd:.1}"))?;
    }
    svg::line(page, "limit", (LEFT, BOTTOM), (RIGHT, TOP))?;
    let middle = f64::midpoint(LEFT, RIGHT);
    svg::text(page, "tick", (middle, BOTTOM + 32.0), "largest JSD between seeds, nats")?;
    svg::upward(page, "tick", (12.0, f64::midpoint(TOP, BOTTOM)), "JSD of the counterfactual, nats")?;
    svg::text(page, "end", (RIGHT - 6.0, BOTTOM - 8.0), "no more than another seed gives")?;
    let marks = points.iter().map(|(floor, jsd)| format!("M{} {}h0", Px(across.at(*floor)), Px(up.at(*jsd))));
    svg::path(page, "mark c1", marks.collect::<String>())?;
    svg::close(page)
}
