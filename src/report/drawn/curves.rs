//! Erasure bin by bin, against the band of the random orders.

use std::io;

use super::markup::{Page, put};
use super::plot::Plot;
use super::scale::{Scale, range, ticks};
use super::svg;
use crate::report::erasure::{Band, Erasure};
use crate::report::example::ExampleReport;
use crate::report::say::number::{plain, signed};
use crate::report::say::reading::{distinct, name};

/// Units of a panel, and where it begins.
const PANEL: (f64, f64) = (178.0, 130.0);
const LEFT: [f64; 2] = [38.0, 244.0];
const TOP: f64 = 20.0;
const SIZE: (f64, f64) = (426.0, 186.0);

/// The readings of an example whose erasure can be drawn, with their names.
pub(in crate::report) fn drawable(example: &ExampleReport) -> Vec<(String, &Erasure)> {
    let readings = distinct(example).into_iter();
    let named = readings.filter_map(|reading| {
        Some((name(&reading.method, reading.sinks_removed), reading.erasure.value.as_ref()?))
    });
    named.filter(|(_, erasure)| fits(erasure)).collect()
}

/// Whether every list has a value per bin.
fn fits(erasure: &Erasure) -> bool {
    let bins = erasure.bins.len();
    bins > 0 && erasure.comprehensiveness.len() == bins && erasure.sufficiency.len() == bins
}

/// A plot per reading. On a page what they share, axes and band, is drawn once, in the first, and used by each.
pub(in crate::report) fn plots(i: usize, example: &ExampleReport) -> Vec<Plot<'_>> {
    let found = drawable(example);
    let Some(first) = found.first().map(|(_, first)| *first) else { return Vec::new() };
    let bands = || first.random_comprehensiveness.iter().chain(&first.random_sufficiency);
    let values = found.iter().flat_map(|(_, e)| e.comprehensiveness.iter().chain(&e.sufficiency).copied());
    let down = Scale {
        values: range(values.chain(bands().flat_map(|band| [band.low, band.high]))),
        pixels: (TOP + PANEL.1, TOP),
    };
    let plot = |(number, (name, erasure)): (usize, (String, &'_ Erasure))| {
        let title = title(&name, erasure);
        let (comprehensiveness, sufficiency) =
            (erasure.comprehensiveness.clone(), erasure.sufficiency.clone());
        Plot::new(format!("erasure-{name}"), name, move |page| {
            svg::open(page, "curves", SIZE, &title)?;
            if page.is_alone() {
                ground(page, first, down)?;
            } else {
                if number == 0 {
                    put!(page, "<defs><g id=\"b", (i), "\">");
                    ground(page, first, down)?;
                    put!(page, "</g></defs>");
                }
                put!(page, "<use href=\"#b", (i), "\"/>");
            }
            let both = LEFT.into_iter().zip([&comprehensiveness, &sufficiency]);
            let curves = both.map(|(left, values)| {
                let places = values.iter().enumerate();
                svg::through(places.map(|(bin, value)| (across(left, values.len(), bin), down.at(*value))))
            });
            svg::path(page, "curve", curves.collect::<String>())?;
            svg::close(page)
        })
    };
    found.into_iter().enumerate().map(plot).collect()
}

fn across(left: f64, bins: usize, bin: usize) -> f64 {
    let places = Scale { values: (0.0, bins as f64 - 1.0), pixels: (left + 10.0, left + PANEL.0 - 10.0) };
    places.at(bin as f64)
}

/// What is the same in all plots of a text: axes, bins and the band of the random orders.
fn ground(page: &mut Page<'_>, erasure: &Erasure, down: Scale) -> io::Result<()> {
    let sides = [
        ("comprehensiveness", &erasure.random_comprehensiveness),
        ("sufficiency", &erasure.random_sufficiency),
    ];
    for (left, (heading, bands)) in LEFT.into_iter().zip(sides) {
        svg::text(page, "start", (left, 11.0), heading)?;
        for tick in ticks(down.values) {
            let y = down.at(tick);
            svg::line(page, if tick == 0.0 { "zero" } else { "rule" }, (left, y), (left + PANEL.0, y))?;
            if left < LEFT[1] {
                svg::text(page, "end", (left - 5.0, y + 4.0), plain(tick))?;
            }
        }
        let bins = erasure.bins.len();
        for (bin, words) in erasure.bins.iter().enumerate() {
            svg::text(page, "tick", (across(left, bins, bin), TOP + PANEL.1 + 14.0), words)?;
        }
        let middle = left + PANEL.0 / 2.0;
        svg::text(page, "tick", (middle, TOP + PANEL.1 + 29.0), "words")?;
        if bands.len() == bins {
            let place = |(bin, value): (usize, f64)| (across(left, bins, bin), down.at(value));
            let of = |get: fn(&Band) -> f64| bands.iter().map(get).enumerate().map(place).collect::<Vec<_>>();
            let around = of(|band| band.high).into_iter().chain(of(|band| band.low).into_iter().rev());
            svg::path(page, "band", svg::through(around) + "Z")?;
            svg::path(page, "random", svg::through(of(|band| band.mean).into_iter()))?;
        }
    }
    Ok(())
}

fn title(name: &str, erasure: &Erasure) -> String {
    let means = (erasure.aopc_comprehensiveness, erasure.aopc_sufficiency);
    format!(
        "Erasure by {name}: mean comprehensiveness {}, mean sufficiency {}, excess {}; by bin in the table",
        signed(means.0),
        signed(means.1),
        signed(erasure.excess)
    )
}
