//! Erasure bin by bin, against the band of the random orders.

use std::io;

use super::markup::{Page, put};
use super::scale::{Scale, range, ticks};
use super::svg;
use crate::report::erasure::{Band, Erasure};
use crate::report::example::ExampleReport;
use crate::report::say::number::{plain, signed};
use crate::report::say::reading::{distinct, name};

/// Units of a panel, and where it begins.
const PANEL: (f64, f64) = (118.0, 84.0);
const LEFT: [f64; 2] = [30.0, 168.0];
const TOP: f64 = 16.0;
const SIZE: (f64, f64) = (292.0, 128.0);

/// A plot per reading; what they share, axes and band, is drawn once and used by each.
pub(super) fn curves(page: &mut Page<'_>, i: usize, example: &ExampleReport) -> io::Result<()> {
    let readings = distinct(example);
    let found: Vec<(String, &Erasure)> = readings
        .into_iter()
        .filter_map(|reading| {
            Some((name(&reading.method, reading.sinks_removed), reading.erasure.value.as_ref()?))
        })
        .filter(|(_, erasure)| fits(erasure))
        .collect();
    let Some((_, first)) = found.first() else { return Ok(()) };
    let first = *first;
    let bands = || first.random_comprehensiveness.iter().chain(&first.random_sufficiency);
    let values = found.iter().flat_map(|(_, e)| e.comprehensiveness.iter().chain(&e.sufficiency).copied());
    let down = Scale {
        values: range(values.chain(bands().flat_map(|band| [band.low, band.high]))),
        pixels: (TOP + PANEL.1, TOP),
    };
    put!(
        page,
        "<h4>Erasure</h4>\n<p class=note>Probability lost by erasing the top words, or by keeping only them; grey: \
         nine of ten random orders, and their mean. <a href=#plots>More</a></p>\n<div class=plots>\n"
    );
    for (number, (name, erasure)) in found.iter().enumerate() {
        put!(page, "<figure><figcaption>", (name), "</figcaption>");
        svg::open(page, "curves", SIZE, title(name, erasure))?;
        if number == 0 {
            put!(page, "<defs><g id=b", (i), ">");
            ground(page, first, down)?;
            put!(page, "</g></defs>");
        }
        put!(page, "<use href=\"#b", (i), "\"/>");
        let both = LEFT.into_iter().zip([&erasure.comprehensiveness, &erasure.sufficiency]);
        let curves = both.map(|(left, values)| {
            let places = values.iter().enumerate();
            svg::through(places.map(|(bin, value)| (across(left, values.len(), bin), down.at(*value))))
        });
        put!(page, "<path class=curve d=\"", (curves.collect::<String>()), "\"/>");
        put!(page, "</svg></figure>\n");
    }
    put!(page, "</div>\n");
    table(page, &found, first)
}

/// Whether every list has a value per bin.
fn fits(erasure: &Erasure) -> bool {
    let bins = erasure.bins.len();
    bins > 0 && erasure.comprehensiveness.len() == bins && erasure.sufficiency.len() == bins
}

fn across(left: f64, bins: usize, bin: usize) -> f64 {
    let places = Scale { values: (0.0, bins as f64 - 1.0), pixels: (left + 8.0, left + PANEL.0 - 8.0) };
    places.at(bin as f64)
}

/// What is drawn once for all plots: axes, bins and the band of the random orders.
fn ground(page: &mut Page<'_>, erasure: &Erasure, down: Scale) -> io::Result<()> {
    let sides = [
        ("comprehensiveness", &erasure.random_comprehensiveness),
        ("sufficiency", &erasure.random_sufficiency),
    ];
    for (left, (heading, bands)) in LEFT.into_iter().zip(sides) {
        svg::text(page, "", (left, 9.0), heading)?;
        for tick in ticks(down.values) {
            let y = down.at(tick);
            svg::line(page, if tick == 0.0 { "zero" } else { "rule" }, (left, y), (left + PANEL.0, y))?;
            if left < LEFT[1] {
                svg::text(page, "end", (left - 4.0, y + 3.0), plain(tick))?;
            }
        }
        let bins = erasure.bins.len();
        for (bin, words) in erasure.bins.iter().enumerate() {
            svg::text(page, "tick", (across(left, bins, bin), TOP + PANEL.1 + 12.0), words)?;
        }
        let middle = left + PANEL.0 / 2.0;
        svg::text(page, "tick", (middle, TOP + PANEL.1 + 24.0), "words")?;
        if bands.len() == bins {
            let place = |(bin, value): (usize, f64)| (across(left, bins, bin), down.at(value));
            let of = |get: fn(&Band) -> f64| bands.iter().map(get).enumerate().map(place).collect::<Vec<_>>();
            let around = of(|band| band.high).into_iter().chain(of(|band| band.low).into_iter().rev());
            put!(page, "<path class=band d=\"", (svg::through(around)), "Z\"/>");
            put!(page, "<path class=random d=\"", (svg::through(of(|band| band.mean).into_iter())), "\"/>");
        }
    }
    Ok(())
}

fn title(name: &str, erasure: &Erasure) -> String {
    let means = (erasure.aopc_comprehensiveness, erasure.aopc_sufficiency);
    format!(
        "{name}: mean comprehensiveness {}, mean sufficiency {}, excess {}; by bin in the table",
        signed(means.0),
        signed(means.1),
        signed(erasure.excess)
    )
}

fn table(page: &mut Page<'_>, found: &[(String, &Erasure)], first: &Erasure) -> io::Result<()> {
    let bins = first.bins.len();
    put!(page, "<details><summary>Erasure in numbers</summary><div class=scroll><table><thead><tr><th>");
    for heading in ["comprehensiveness", "sufficiency"] {
        put!(page, "<th scope=colgroup colspan=", (bins), ">", (heading));
    }
    put!(page, "<th><tr><th scope=col>words");
    for words in first.bins.iter().chain(&first.bins) {
        put!(page, "<th scope=col>", (words));
    }
    put!(page, "<th scope=col>bottom up<tbody>\n");
    for (name, erasure) in found {
        put!(page, "<tr><th scope=row>", (name));
        for value in erasure.comprehensiveness.iter().chain(&erasure.sufficiency) {
            put!(page, "<td>", (signed(*value)));
        }
        let bottom = erasure.aopc_bottom_up.value.map_or_else(|| "–".to_owned(), signed);
        put!(page, "<td>", (bottom), "\n");
    }
    put!(page, "<tr><th scope=row>random orders: mean, 5 % to 95 %");
    for band in first.random_comprehensiveness.iter().chain(&first.random_sufficiency) {
        put!(page, "<td>", (signed(band.mean)), "<br>", (signed(band.low)), "…", (signed(band.high)));
    }
    put!(page, "<td>\n</table></div></details>\n");
    Ok(())
}
