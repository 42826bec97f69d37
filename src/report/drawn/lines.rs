//! Series over one dial: lines, with a bar for each interval.

use std::io;

use super::markup::{Page, put};
use super::scale::{Scale, range, ticks};
use super::svg;
use crate::report::measure::Estimate;
use crate::report::say::number::plain;

/// Units of the plot, whose right part is room for the names of the lines.
const SIZE: (f64, f64) = (560.0, 250.0);
const LEFT: f64 = 44.0;
const RIGHT: f64 = 400.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 208.0;
/// Classes of lines, in turn: each differs in its dashes too.
const CLASSES: [&str; 4] = ["c1", "c2", "c3", "c4"];
/// The least distance between two names.
const APART: f64 = 13.0;

/// One line: where it has a value, beside the places of the dial.
pub(super) struct Series {
    pub name: String,
    pub found: Vec<Option<Estimate>>,
}

/// Lines over places of a dial, which stand evenly.
pub(super) struct Lines<'a> {
    pub title: String,
    pub places: Vec<String>,
    pub across: &'static str,
    pub series: &'a [Series],
    pub limits: Vec<(f64, &'static str)>,
}

pub(super) fn lines(page: &mut Page<'_>, found: &Lines<'_>) -> io::Result<()> {
    svg::open(page, "lines", SIZE, &found.title)?;
    let ends = |e: &Estimate| [e.low.unwrap_or(e.estimate), e.high.unwrap_or(e.estimate)];
    let all = found.series.iter().flat_map(|series| series.found.iter().flatten()).flat_map(ends);
    let values = range(all.chain(found.limits.iter().map(|(limit, _)| *limit)));
    let up = Scale { values, pixels: (BOTTOM, TOP) };
    for tick in ticks(values) {
        let y = up.at(tick);
        svg::line(page, if tick == 0.0 { "zero" } else { "rule" }, (LEFT, y), (RIGHT, y))?;
        svg::text(page, "end", (LEFT - 5.0, y + 4.0), plain(tick))?;
    }
    let last = found.places.len().max(2) as f64 - 1.0;
    let across = Scale { values: (0.0, last), pixels: (LEFT + 14.0, RIGHT - 14.0) };
    let wide = found.places.iter().map(|place| place.chars().count()).max().unwrap_or(0) > 6;
    for (i, place) in found.places.iter().enumerate() {
        // Long names that stand close would run into one another.
        if wide && found.places.len() > 6 && i % 2 == 1 {
            continue;
        }
        svg::text(page, "tick", (across.at(i as f64), BOTTOM + 14.0), place)?;
    }
    svg::text(page, "tick", (f64::midpoint(LEFT, RIGHT), BOTTOM + 32.0), found.across)?;
    for (limit, name) in &found.limits {
        let y = up.at(*limit);
        svg::line(page, "limit", (LEFT, y), (RIGHT, y))?;
        svg::text(page, "", (LEFT + 4.0, y - 4.0), name)?;
    }
    let mut names: Vec<(f64, &str, usize)> = Vec::new();
    for (i, series) in found.series.iter().enumerate() {
        let class = CLASSES[i % CLASSES.len()];
        let points: Vec<(f64, f64)> = points(series, across, up);
        for (place, estimate) in series.found.iter().enumerate() {
            let Some(e) = estimate.as_ref().filter(|e| e.low.is_some() || e.high.is_some()) else { continue };
            // Beside one another, so that bars do not hide bars.
            let x = across.at(place as f64) + 3.0 * i as f64 - 3.0;
            let [low, high] = ends(e);
            svg::line(page, format_args!("{class} faint"), (x, up.at(low)), (x, up.at(high)))?;
        }
        svg::path(page, format_args!("series {class}"), svg::through(points.iter().copied()))?;
        if let Some((_, y)) = points.last() {
            names.push((*y, series.name.as_str(), i));
        }
        put!(page, "\n");
    }
    named(page, names)?;
    svg::close(page)
}

fn points(series: &Series, across: Scale, up: Scale) -> Vec<(f64, f64)> {
    let found = series.found.iter().enumerate();
    found.filter_map(|(i, e)| Some((across.at(i as f64), up.at(e.as_ref()?.estimate)))).collect()
}

/// The names of the lines at their ends, apart from one another.
fn named(page: &mut Page<'_>, mut names: Vec<(f64, &str, usize)>) -> io::Result<()> {
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut least = f64::NEG_INFINITY;
    for (left, (y, name, i)) in (0..names.len()).rev().zip(names) {
        // Room is left for those that come after.
        let at = y.min(BOTTOM + 8.0 - APART * left as f64).max(least);
        least = at + APART;
        svg::path(
            page,
            format_args!("series {}", CLASSES[i % CLASSES.len()]),
            svg::through([(RIGHT - 14.0, y), (RIGHT + 4.0, at), (RIGHT + 22.0, at)].into_iter()),
        )?;
        svg::text(page, "start", (RIGHT + 26.0, at + 4.0), name)?;
    }
    Ok(())
}
