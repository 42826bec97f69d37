//! Other attention at a site: how far each swap moved the map, and how far the prediction.

use std::f64::consts::LN_2;
use std::fmt::Write as _;
use std::io;

use super::markup::{Page, put};
use super::notes::Notes;
use super::scale::Scale;
use super::svg::{self, Px};
use crate::report::example::{SwapReport, TriedSwaps};
use crate::report::settings::Thresholds;
use crate::report::text::number::{fine, plain};
use crate::report::{ExampleReport, Settings};

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
        "<h4>Swaps</h4>\n<p class=note>Each mark is another attention. To the right the map differs more (JSD), upward \
         the prediction moves more (TVD, on a square-root axis). The shaded corner is where a very different map gives the \
         same prediction; only full marks count there, faint ones still point at the words that the map highlights.</p>\n\
         <ul class=\"key marks\"><li class=uniform>uniform<li class=permuted>permuted<li class=one-hot>one-hot\
         <li class=found>most different that keeps the prediction</ul>\n<div class=plots>\n"
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

fn scatter(page: &mut Page<'_>, swap: &SwapReport, thresholds: &Thresholds) -> io::Result<()> {
    let tried = swap.tried.iter().flat_map(|tried| tried.tvd.iter().copied());
    let highest = tried.chain(swap.leverage.value).chain([2.0 * thresholds.epsilon]).fold(0.0, f64::max);
    let plane = Plane {
        across: Scale { values: (0.0, LN_2), pixels: (LEFT, RIGHT) },
        up: Scale { values: (0.0, (1.08 * highest).min(1.0).sqrt()), pixels: (BOTTOM, TOP) },
    };
    svg::open(page, "scatter", SIZE, title(swap, thresholds))?;
    axes(page, plane, highest)?;
    let (x, y) = plane.at(thresholds.jsd, thresholds.epsilon);
    svg::rect(page, "corner", (x, y), (RIGHT - x, BOTTOM - y))?;
    svg::line(page, "limit", (x, TOP), (x, BOTTOM))?;
    svg::text(page, "left", (x + 3.0, TOP + 8.0), format_args!("JSD {}", thresholds.jsd))?;
    svg::line(page, "limit", (LEFT, y), (RIGHT, y))?;
    svg::text(page, "left", (LEFT + 3.0, y - 3.0), format_args!("ε {}", thresholds.epsilon))?;
    if let Some(leverage) = swap.leverage.value {
        let y = plane.y(leverage);
        svg::line(page, "leverage", (LEFT, y), (RIGHT, y))?;
        svg::text(page, "right", (RIGHT - 3.0, y + 10.0), format_args!("leverage {}", fine(leverage)))?;
    }
    for tried in &swap.tried {
        marks(page, plane, tried)?;
    }
    if let Some(found) = &swap.counterfactual.value {
        let (x, y) = plane.at(found.jsd, found.tvd);
        let diamond = format!("M{} {}l6 6l-6 6l-6 -6z", Px(x), Px(y - 6.0));
        put!(page, "<path class=\"mark found\" d=\"", (diamond), "\"/>");
    }
    put!(page, "</svg>");
    Ok(())
}

fn axes(page: &mut Page<'_>, plane: Plane, highest: f64) -> io::Result<()> {
    for tvd in [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0].into_iter().filter(|tvd| *tvd <= highest) {
        let y = plane.y(tvd);
        svg::line(page, "grid", (LEFT, y), (RIGHT, y))?;
        svg::text(page, "ytick", (LEFT - 4.0, y + 3.0), plain(tvd))?;
    }
    for jsd in [0.0, 0.2, 0.4, 0.6] {
        let x = plane.across.at(jsd);
        svg::line(page, "grid", (x, TOP), (x, BOTTOM))?;
        svg::text(page, "tick", (x, BOTTOM + 13.0), format_args!("{jsd:.1}"))?;
    }
    svg::text(
        page,
        "tick",
        (f64::midpoint(LEFT, RIGHT), BOTTOM + 29.0),
        "JSD of the map, nats (at most 0.69)",
    )?;
    put!(page, "<text class=tick transform=\"translate(9 111) rotate(-90)\">TVD of the prediction</text>");
    Ok(())
}

/// One path for the marks that point elsewhere, one for the others: circles and squares are the caps of lines without
/// length.
fn marks(page: &mut Page<'_>, plane: Plane, tried: &TriedSwaps) -> io::Result<()> {
    for elsewhere in [false, true] {
        let points = tried.jsd.iter().zip(&tried.tvd).zip(&tried.elsewhere);
        let mut data = String::new();
        for ((jsd, tvd), _) in points.filter(|(_, found)| **found == elsewhere) {
            let (x, y) = plane.at(*jsd, *tvd);
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
            None => notes.missing(page, swap.outcome.reason.as_deref())?,
        }
        for measure in [&swap.leverage, &swap.uniform_tvd, &swap.permuted_median_tvd, &swap.one_hot_max_tvd] {
            put!(page, "<td>");
            notes.show(page, measure, fine)?;
        }
        put!(page, "<td>");
        match &swap.counterfactual.value {
            Some(found) => {
                put!(page, (found.found_by), "<td>", (plain(found.jsd)), "<td>", (fine(found.tvd)))
            }
            None => {
                notes.missing(page, swap.counterfactual.reason.as_deref())?;
                put!(page, "<td><td>");
            }
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
    put!(page, "<details><summary>Every swap at ", (swap.site), ", as JSD / TVD</summary>\n");
    for tried in &swap.tried {
        put!(page, "<p class=note>", (tried.kind), ": ");
        let points = tried.jsd.iter().zip(&tried.tvd);
        let told: Vec<String> =
            points.map(|(jsd, tvd)| format!("{} / {}", plain(*jsd), fine(*tvd))).collect();
        put!(page, (told.join(", ")), "</p>\n");
    }
    put!(page, "</details>\n");
    Ok(())
}
