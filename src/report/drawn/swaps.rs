//! Other attention at a site: how far each swap moved the map, and how far the prediction.

use std::f64::consts::LN_2;
use std::fmt::Write as _;
use std::io;

use super::markup::{Page, put};
use super::plot::Plot;
use super::scale::Scale;
use super::svg::{self, Px};
use crate::report::example::{ExampleReport, SwapReport, TriedSwaps};
use crate::report::say::number::{fine, plain};
use crate::report::settings::Thresholds;

/// Units of the plot.
const SIZE: (f64, f64) = (520.0, 320.0);
const LEFT: f64 = 50.0;
const RIGHT: f64 = 510.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 278.0;

/// JSD across, the square root of TVD upward.
#[derive(Debug, Clone, Copy)]
struct Plane {
    across: Scale,
    up: Scale,
}

impl Plane {
    fn at(self, jsd: f64, tvd: f64) -> (f64, f64) {
        (self.across.at(jsd), self.y(tvd))
    }

    fn y(self, tvd: f64) -> f64 {
        self.up.at(tvd.max(0.0).sqrt())
    }
}

/// The plane of every plot, so that they can be compared with one another.
const PLANE: Plane = Plane {
    across: Scale { values: (0.0, LN_2), pixels: (LEFT, RIGHT) },
    up: Scale { values: (0.0, 1.0), pixels: (BOTTOM, TOP) },
};

/// A plot per site at which something was tried.
pub(in crate::report) fn plots<'a>(thresholds: &'a Thresholds, example: &'a ExampleReport) -> Vec<Plot<'a>> {
    let tried = |swap: &&SwapReport| swap.tried.iter().any(|tried| !tried.tvd.is_empty());
    let plot = |swap: &'a SwapReport| {
        Plot::new(format!("swaps-{}", swap.site), format!("at {}", swap.site), move |page| {
            scatter(page, swap, thresholds)
        })
    };
    example.swaps.iter().filter(tried).map(plot).collect()
}

/// Axes and limits as a page has them: drawn once, out of sight, for the plots to use.
pub(in crate::report) fn shared(page: &mut Page<'_>, thresholds: &Thresholds) -> io::Result<()> {
    put!(page, "<svg width=0 height=0 class=defs aria-hidden=true><defs><g id=plane>");
    ground(page, thresholds)?;
    put!(page, "</g></defs></svg>\n");
    Ok(())
}

fn ground(page: &mut Page<'_>, thresholds: &Thresholds) -> io::Result<()> {
    for tvd in [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0] {
        let y = PLANE.y(tvd);
        svg::line(page, "rule", (LEFT, y), (RIGHT, y))?;
        svg::text(page, "end", (LEFT - 5.0, y + 4.0), plain(tvd))?;
    }
    for jsd in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] {
        let x = PLANE.across.at(jsd);
        svg::line(page, "rule", (x, TOP), (x, BOTTOM))?;
        svg::text(page, "tick", (x, BOTTOM + 15.0), format_args!("{jsd:.1}"))?;
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    svg::text(page, "tick", (middle, BOTTOM + 34.0), "JSD of the map, nats (at most 0.69)")?;
    svg::upward(page, "tick", (12.0, f64::midpoint(TOP, BOTTOM)), "TVD of the prediction")?;
    let (x, y) = PLANE.at(thresholds.jsd, thresholds.epsilon);
    svg::rect(page, "corner", (x, y), (RIGHT - x, BOTTOM - y))?;
    svg::line(page, "limit", (x, TOP), (x, BOTTOM))?;
    svg::text(page, "", (x + 4.0, TOP + 12.0), format_args!("JSD {}", thresholds.jsd))?;
    svg::line(page, "limit", (LEFT, y), (RIGHT, y))?;
    svg::text(page, "", (LEFT + 4.0, y - 4.0), format_args!("ε {}", thresholds.epsilon))?;
    Ok(())
}

fn scatter(page: &mut Page<'_>, swap: &SwapReport, thresholds: &Thresholds) -> io::Result<()> {
    svg::open(page, "scatter", SIZE, title(swap, thresholds))?;
    if page.is_alone() {
        ground(page, thresholds)?;
    } else {
        put!(page, "<use href=\"#plane\"/>");
    }
    if let Some(leverage) = swap.leverage.value {
        let y = PLANE.y(leverage);
        svg::line(page, "leverage", (LEFT, y), (RIGHT, y))?;
        // Above the line, where there are no marks.
        let beside = if y < TOP + 14.0 { y + 13.0 } else { y - 5.0 };
        svg::text(page, "end", (RIGHT - 3.0, beside), format_args!("leverage {}", fine(leverage)))?;
    }
    for tried in &swap.tried {
        marks(page, tried)?;
    }
    if let Some(found) = &swap.counterfactual.value {
        let (x, y) = PLANE.at(found.jsd, found.tvd);
        svg::path(page, "mark found", format_args!("M{} {}l7 7l-7 7l-7 -7z", Px(x), Px(y - 7.0)))?;
    }
    svg::close(page)
}

/// One path for the marks that point elsewhere, one for the others: circles and squares are the caps of lines without
/// length.
fn marks(page: &mut Page<'_>, tried: &TriedSwaps) -> io::Result<()> {
    for elsewhere in [false, true] {
        let points = tried.jsd.iter().zip(&tried.tvd).zip(&tried.elsewhere);
        let mut data = String::new();
        for ((jsd, tvd), _) in points.filter(|(_, found)| **found == elsewhere) {
            let (x, y) = PLANE.at(*jsd, *tvd);
            let _ = match tried.kind.as_str() {
                "one-hot" => write!(data, "M{} {}l3.5 6h-7z", Px(x), Px(y - 3.5)),
                _ => write!(data, "M{} {}h0", Px(x), Px(y)),
            };
        }
        if data.is_empty() {
            continue;
        }
        put!(page, "<path class=\"mark ", (tried.kind));
        if !elsewhere {
            put!(page, " faint");
        }
        put!(page, "\" d=\"", (data), "\"/>");
    }
    Ok(())
}

fn title(swap: &SwapReport, thresholds: &Thresholds) -> String {
    let mut out = format!("Swaps at {}:", swap.site);
    for tried in &swap.tried {
        let _ = write!(out, " {} {},", tried.tvd.len(), tried.kind);
    }
    let told = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), fine);
    let _ = write!(out, " leverage {}, ε {}; ", told(swap.leverage.value), thresholds.epsilon);
    let _ = match &swap.counterfactual.value {
        Some(found) => write!(
            out,
            "the most different that keeps the prediction has JSD {} and TVD {}, found by {}",
            plain(found.jsd),
            fine(found.tvd),
            found.found_by
        ),
        None => write!(out, "none that points elsewhere keeps the prediction"),
    };
    let _ = write!(out, "; outcome: {}", swap.outcome.value.as_deref().unwrap_or("not tested"));
    out
}
