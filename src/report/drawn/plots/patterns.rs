//! The patterns of one text's heads side by side, with their figures and a scale.

use std::io;

use super::super::markup::{Page, clip, put};
use super::super::plot::Plot;
use super::super::svg::{self, Px};
use crate::report::drawn::Drawn;
use crate::report::say::number::{percent, signed};

/// Units of a picture, between pictures, for the figures below it, and for the names of layers and heads.
const PICTURE: f64 = 84.0;
const GAP: f64 = 10.0;
const FIGURES: f64 = 15.0;
const LAYERS: f64 = 58.0;
const HEADS: f64 = 18.0;

/// The plot; none where no pattern is drawn.
pub(in crate::report) fn plot(drawn: &Drawn) -> Option<Plot<'_>> {
    let any = drawn.first < drawn.layers && drawn.pictures.iter().any(Option::is_some);
    any.then(|| Plot::new("heads", "Patterns of the heads", move |page| grid(page, drawn)))
}

/// A row a layer, a column a head. On a page the pictures stand elsewhere: an image has the head's number, and the script
/// that saves the plot brings the picture.
pub(in crate::report) fn grid(page: &mut Page<'_>, drawn: &Drawn) -> io::Result<()> {
    let (heads, layers) = (drawn.per_layer, drawn.layers - drawn.first);
    let step = (PICTURE + GAP, PICTURE + FIGURES + GAP);
    let bottom = HEADS + step.1 * layers as f64;
    let width = LAYERS + step.0 * heads as f64;
    let size = (width.max(360.0), bottom + 44.0);
    let title = format!(
        "The attention patterns of layers {} to {}: a row per query, a column per key, darker where more attention goes",
        drawn.first,
        drawn.layers.saturating_sub(1)
    );
    svg::open(page, "patterns", size, title)?;
    for head in 0..heads {
        let middle = LAYERS + step.0 * head as f64 + PICTURE / 2.0;
        svg::text(page, "tick", (middle, 12.0), format_args!("head {head}"))?;
    }
    for layer in 0..layers {
        let top = HEADS + step.1 * layer as f64;
        svg::text(
            page,
            "label",
            (LAYERS - 8.0, top + PICTURE / 2.0),
            format_args!("layer {}", drawn.first + layer),
        )?;
        for head in 0..heads {
            let (k, left) = (layer * heads + head, LAYERS + step.0 * head as f64);
            if let Some(Some(picture)) = drawn.pictures.get(k) {
                image(page, drawn.first * heads + k, (left, top), picture)?;
            }
            svg::path(page, "edge", svg::cell((left, top), (PICTURE, PICTURE)))?;
            if let Some(found) = drawn.heads.get(drawn.first * heads + k) {
                let tau = found.tau.value.map_or_else(|| "–".to_owned(), signed);
                let told = format!("{tau} · {}", percent(found.special_mass));
                svg::text(page, "tick", (left + PICTURE / 2.0, top + PICTURE + 12.0), clip(&told, 16))?;
            }
        }
        put!(page, "\n");
    }
    ramp(page, (LAYERS, bottom + 6.0))?;
    svg::close(page)
}

fn image(page: &mut Page<'_>, k: usize, at: (f64, f64), picture: &str) -> io::Result<()> {
    put!(page, "<image class=\"head\" x=\"", (Px(at.0)), "\" y=\"", (Px(at.1)), "\" width=\"", (Px(PICTURE)));
    put!(page, "\" height=\"", (Px(PICTURE)), "\" preserveAspectRatio=\"none\"");
    if page.is_alone() {
        put!(page, " href=\"data:image/png;base64,", (picture), "\"/>");
    } else {
        put!(page, " data-k=\"", (k), "\"/>");
    }
    Ok(())
}

/// The greys of the pictures, which go by the square root of the weight.
fn ramp(page: &mut Page<'_>, at: (f64, f64)) -> io::Result<()> {
    const BOX: f64 = 30.0;
    svg::text(page, "end", (at.0 - 8.0, at.1 + 9.0), "weight")?;
    for (i, weight) in [0.0f64, 0.01, 0.04, 0.1, 0.25, 0.5, 0.75, 1.0].into_iter().enumerate() {
        let grey = (255.0 * (1.0 - weight.sqrt())).round() as u8;
        let left = at.0 + BOX * i as f64;
        put!(
            page,
            "<rect class=\"edge\" x=\"",
            (Px(left)),
            "\" y=\"",
            (Px(at.1)),
            "\" width=\"30\" height=\"10\" fill=\""
        );
        put!(page, (format_args!("#{grey:02x}{grey:02x}{grey:02x}")), "\"/>");
        svg::text(page, "tick", (left + BOX / 2.0, at.1 + 22.0), weight)?;
    }
    svg::text(
        page,
        "",
        (at.0, at.1 + 36.0),
        "below each: tau with leave-one-out, share of the decision row on special tokens",
    )
}
