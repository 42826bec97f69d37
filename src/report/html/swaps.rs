//! Other attention at a site: how far each swap moved the map, and how far the prediction.

use std::f64::consts::LN_2;
use std::fmt::Write as _;
use std::io;

use super::markup::{Page, put};
use super::scale::Scale;
use super::svg::{self, Px};
use crate::report::example::{ExampleReport, SwapReport, TriedSwaps};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, plain};
use crate::report::settings::{Settings, Thresholds};

/// Units of the plot.
const SIZE: (f64, f64) = (400.0, 250.0);
const LEFT: f64 = 40.0;
const RIGHT: f64 = 392.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 212.0;

/// A plot per site, and the numbers.
pub(super) fn swaps(
    page: &mut Page<'_>,
    settings: &Settings,
    example: &ExampleReport,
    notes: &mut Notes,
) -> io::Result<()> {
    if example.swaps.is_empty() {
        return Ok(());
    }
    put!(
        page,
        "<h4>Swaps</h4>\n<p class=note>Each mark is another attention. In the shaded corner a very different map gives \
         the same prediction; faint marks do not count. <a href=#plots>More</a></p>\n<ul class=\"key marks\">\
         <li class=uniform>uniform<li class=permuted>permuted<li class=one-hot>one-hot<li class=found>most different \
         that keeps the prediction</ul>\n<div class=plots>\n"
    );
    for swap in example.swaps.iter().filter(|swap| swap.tried.iter().any(|tried| !tried.tvd.is_empty())) {
        put!(page, "<figure><figcaption>at ", (swap.site), "</figcaption>");
        scatter(page, swap, &settings.thresholds)?;
        put!(page, "</figure>\n");
    }
    put!(page, "</div>\n");
    table(page, example, notes)?;
    if example.swaps.iter().any(|swap| !swap.identifiable) {
        put!(
            page,
            "<p class=note>With ",
            (example.tokens),
            " tokens, more than a head's ",
            (settings.model.head_width),
            " dimensions, attention is not identifiable: other patterns give the same output whatever the \
             weights.</p>\n"
        );
    }
    Ok(())
}

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

/// Axes and limits, drawn once for the whole page.
pub(super) fn ground(page: &mut Page<'_>, thresholds: &Thresholds) -> io::Result<()> {
    put!(page, "<svg width=0 height=0 aria-hidden=true><defs><g id=plane>");
    for tvd in [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0] {
        let y = PLANE.y(tvd);
        svg::line(page, "rule", (LEFT, y), (RIGHT, y))?;
        svg::text(page, "end", (LEFT - 4.0, y + 3.0), plain(tvd))?;
    }
    for jsd in [0.0, 0.2, 0.4, 0.6] {
        let x = PLANE.across.at(jsd);
        svg::line(page, "rule", (x, TOP), (x, BOTTOM))?;
        svg::text(page, "tick", (x, BOTTOM + 13.0), format_args!("{jsd:.1}"))?;
    }
    svg::text(
        page,
        "tick",
        (f64::midpoint(LEFT, RIGHT), BOTTOM + 29.0),
        "JSD of the map, nats (at most 0.69)",
    )?;
    put!(page, "<text class=tick transform=\"translate(9 111) rotate(-90)\">TVD of the prediction</text>");
    let (x, y) = PLANE.at(thresholds.jsd, thresholds.epsilon);
    svg::rect(page, "corner", (x, y), (RIGHT - x, BOTTOM - y))?;
    svg::line(page, "limit", (x, TOP), (x, BOTTOM))?;
    svg::text(page, "", (x + 4.0, y - 4.0), format_args!("JSD {}", thresholds.jsd))?;
    svg::line(page, "limit", (LEFT, y), (RIGHT, y))?;
    svg::text(page, "", (LEFT + 4.0, y - 4.0), format_args!("ε {}", thresholds.epsilon))?;
    put!(page, "</g></defs></svg>\n");
    Ok(())
}

fn scatter(page: &mut Page<'_>, swap: &SwapReport, thresholds: &Thresholds) -> io::Result<()> {
    svg::open(page, "scatter", SIZE, title(swap, thresholds))?;
    put!(page, "<use href=\"#plane\"/>");
    if let Some(leverage) = swap.leverage.value {
        let y = PLANE.y(leverage);
        svg::line(page, "leverage", (LEFT, y), (RIGHT, y))?;
        // Above the line, where there are no marks.
        let beside = if y < TOP + 12.0 { y + 11.0 } else { y - 4.0 };
        svg::text(page, "end", (RIGHT - 3.0, beside), format_args!("leverage {}", fine(leverage)))?;
    }
    for tried in &swap.tried {
        marks(page, tried)?;
    }
    if let Some(found) = &swap.counterfactual.value {
        let (x, y) = PLANE.at(found.jsd, found.tvd);
        let diamond = format!("M{} {}l6 6l-6 6l-6 -6z", Px(x), Px(y - 6.0));
        put!(page, "<path class=\"mark found\" d=\"", (diamond), "\"/>");
    }
    put!(page, "</svg>");
    Ok(())
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
                "one-hot" => write!(data, "M{} {}l3 5h-6z", Px(x), Px(y - 3.0)),
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

/// The numbers of the plots.
fn table(page: &mut Page<'_>, example: &ExampleReport, notes: &mut Notes) -> io::Result<()> {
    put!(
        page,
        "<div class=scroll><table><thead><tr><th scope=col>site<th scope=col>outcome<th scope=col>leverage<th \
         scope=col>uniform TVD<th scope=col>permuted, median TVD<th scope=col>one-hot, greatest TVD<th \
         scope=col>counterfactual<th scope=col>its JSD<th scope=col>its TVD<tbody>\n"
    );
    for swap in &example.swaps {
        put!(page, "<tr><th scope=row>", (swap.site), "<td>");
        match &swap.outcome.value {
            Some(outcome) => put!(page, (outcome.replace("no-adversary-found", "no adversary found"))),
            None => page.noted(&notes.missing(swap.outcome.why()))?,
        }
        for measure in [&swap.leverage, &swap.uniform_tvd, &swap.permuted_median_tvd, &swap.one_hot_max_tvd] {
            put!(page, "<td>");
            page.noted(&notes.show(measure, fine))?;
        }
        put!(page, "<td>");
        if let Some(found) = &swap.counterfactual.value {
            put!(page, (found.found_by), "<td>", (plain(found.jsd)), "<td>", (fine(found.tvd)));
        } else {
            page.noted(&notes.missing(swap.counterfactual.why()))?;
            put!(page, "<td><td>");
        }
        put!(page, "\n");
    }
    put!(page, "</table></div>\n");
    for swap in example.swaps.iter().filter(|swap| !swap.tried.is_empty()) {
        points(page, swap)?;
    }
    Ok(())
}

/// Every mark of a plot.
fn points(page: &mut Page<'_>, swap: &SwapReport) -> io::Result<()> {
    put!(page, "<details><summary>Every swap at ", (swap.site), ", as JSD/TVD</summary>\n");
    for tried in &swap.tried {
        put!(page, "<p class=note>", (tried.kind), ": ");
        let points = tried.jsd.iter().zip(&tried.tvd);
        let told: Vec<String> = points.map(|(jsd, tvd)| format!("{}/{}", plain(*jsd), fine(*tvd))).collect();
        put!(page, (told.join(" ")), "</p>\n");
    }
    put!(page, "</details>\n");
    Ok(())
}
