//! Over all examples: verdicts and means, each with its interval.

use std::io;

use super::markup::{Page, put};
use super::notes::{self, mean};
use super::scale::{Scale, range, ticks};
use super::{answer, outcomes, plausibility, svg};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{percent, plain, share};
use crate::report::say::reading::{distinct_of, name};
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::VerdictWord;
use crate::report::whole::Report;

/// Units of the names' column, of a row, and of a panel.
const NAMES: f64 = 180.0;
const ROW: f64 = 22.0;
const PANEL: f64 = 250.0;
const GAP: f64 = 30.0;
const WIDTH: f64 = NAMES + 2.0 * PANEL + GAP + 10.0;

pub(super) fn summary(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let found = &report.summary;
    let shown: Vec<&ReadingSummary> = distinct_of(found).collect();
    let mut notes = Notes::of("example");
    put!(page, "<section id=summary>\n<h2>Summary</h2>\n");
    if let Some(answer) = &found.answer {
        answer::answer(page, answer)?;
    }
    if let Some(headline) = shown.iter().find(|r| !r.sinks_removed) {
        shown_map(page, headline)?;
    }
    if !shown.is_empty() {
        put!(page, "<h3>Verdicts</h3>\n");
        bars(page, found, &shown)?;
        verdicts(page, &shown)?;
        put!(page, "<h3>Means, with 95 % intervals</h3>\n");
        forest(page, found, &shown)?;
        means(page, found, &shown, &mut notes)?;
    }
    others(page, found, &mut notes)?;
    if let Some(accuracy) = &found.accuracy {
        outcomes::outcomes(page, found, accuracy, &mut notes)?;
    }
    if let Some(found) = &found.plausibility {
        plausibility::summary(page, found, report.summary.examples, &mut notes)?;
    }
    outcomes::gates(page, &report.gates, &mut notes)?;
    notes::list(page, &notes)?;
    put!(page, "</section>\n");
    Ok(())
}

/// The reading that people would show, in a sentence.
fn shown_map(page: &mut Page<'_>, reading: &ReadingSummary) -> io::Result<()> {
    put!(page, "<p>The map that people would plot (<b>", (reading.method), "</b>) is ");
    let given = reading.verdicts.iter().filter(|v| v.count > 0);
    for (i, found) in given.enumerate() {
        if i > 0 {
            put!(page, ", ");
        }
        put!(page, "<b class=\"v ", (found.verdict.name()), "\">", (found.verdict.name()), "</b> in ");
        put!(page, (share(&found.share)));
    }
    put!(page, " of examples, with 95 % intervals.</p>\n");
    Ok(())
}

fn counted(reading: &ReadingSummary, verdict: VerdictWord) -> usize {
    reading.verdicts.iter().find(|v| v.verdict == verdict).map_or(0, |v| v.count)
}

/// The counts of the verdicts as bars.
fn bars(page: &mut Page<'_>, found: &Summary, shown: &[&ReadingSummary]) -> io::Result<()> {
    let title = format!(
        "How many of {} got each verdict, by reading; the numbers are in the table below.",
        count(found.examples, "example")
    );
    put!(page, "<div class=scroll>");
    svg::open(page, "wide", (WIDTH, ROW * shown.len() as f64 + 2.0), title)?;
    let across = Scale { values: (0.0, found.examples as f64), pixels: (NAMES, WIDTH - 2.0) };
    for (i, reading) in shown.iter().enumerate() {
        let top = ROW * i as f64 + 2.0;
        svg::text(page, "label", (NAMES - 8.0, top + 13.0), name(&reading.method, reading.sinks_removed))?;
        let mut before = 0;
        for verdict in VerdictWord::ALL {
            let count = counted(reading, verdict);
            if count == 0 {
                continue;
            }
            let left = across.at(before as f64);
            before += count;
            let wide = across.at(before as f64) - left - 1.0;
            svg::rect(page, format_args!("bar {}", verdict.name()), (left, top), (wide.max(1.0), 18.0))?;
            let class = format_args!("on {}", verdict.name());
            if wide > 110.0 {
                let told = format_args!("{} {count}", verdict.name());
                svg::text(page, class, (left + 5.0, top + 13.0), told)?;
            } else if wide > 16.0 {
                svg::text(page, class, (left + 5.0, top + 13.0), count)?;
            }
        }
        put!(page, "\n");
    }
    put!(page, "</svg></div>\n<ul class=key>");
    for verdict in VerdictWord::ALL {
        put!(page, "<li><b class=\"v ", (verdict.name()), "\">", (verdict.name()), "</b>");
    }
    put!(page, "</ul>\n");
    Ok(())
}

fn verdicts(page: &mut Page<'_>, shown: &[&ReadingSummary]) -> io::Result<()> {
    put!(
        page,
        "<details><summary>Counts and shares</summary><div class=scroll><table><caption>Examples that got each \
         verdict, and their share with Wilson's interval</caption><thead><tr><th scope=col>reading"
    );
    for verdict in VerdictWord::ALL {
        put!(page, "<th scope=col>", (verdict.name()));
    }
    put!(page, "<tbody>\n");
    for reading in shown {
        put!(page, "<tr><th scope=row>", (name(&reading.method, reading.sinks_removed)));
        for verdict in VerdictWord::ALL {
            match reading.verdicts.iter().find(|v| v.verdict == verdict && v.count > 0) {
                Some(found) => put!(page, "<td>", (found.count), " · ", (share(&found.share))),
                None => put!(page, "<td>0"),
            }
        }
        put!(page, "\n");
    }
    put!(page, "</table></div></details>\n");
    Ok(())
}

/// One column of estimates with their intervals.
struct Panel<'a> {
    heading: &'static str,
    left: f64,
    of: &'a dyn Fn(&ReadingSummary) -> Option<Estimate>,
    /// A band that the estimates are read against.
    against: Option<Estimate>,
}

fn loo(reading: &ReadingSummary) -> Option<&Measure<Estimate>> {
    reading.with_leave_one_out().map(|agreement| &agreement.tau)
}

/// tau and excess as points with whiskers.
fn forest(page: &mut Page<'_>, found: &Summary, shown: &[&ReadingSummary]) -> io::Result<()> {
    let panels = [
        Panel {
            heading: "tau with leave-one-out",
            left: NAMES,
            of: &|reading| loo(reading).and_then(|tau| tau.value.clone()),
            against: found.ceiling.value.clone(),
        },
        Panel {
            heading: "excess comprehensiveness",
            left: NAMES + PANEL + GAP,
            of: &|reading| reading.excess.value.clone(),
            against: None,
        },
    ];
    let height = ROW * shown.len() as f64 + 52.0;
    let title = "Mean agreement with leave-one-out and mean excess of each reading with 95 % intervals; the grey band \
                 is the ceiling, how well references agree with one another. The numbers are in the table below.";
    put!(page, "<div class=scroll>");
    svg::open(page, "wide", (WIDTH, height), title)?;
    for (i, reading) in shown.iter().enumerate() {
        svg::text(
            page,
            "label",
            (NAMES - 8.0, 35.0 + ROW * i as f64),
            name(&reading.method, reading.sinks_removed),
        )?;
    }
    for panel in &panels {
        forest_panel(page, panel, shown, height)?;
    }
    put!(page, "</svg></div>\n");
    Ok(())
}

fn forest_panel(
    page: &mut Page<'_>,
    panel: &Panel<'_>,
    shown: &[&ReadingSummary],
    height: f64,
) -> io::Result<()> {
    let ends = |e: Estimate| [e.low.unwrap_or(e.estimate), e.high.unwrap_or(e.estimate)];
    let all = shown.iter().filter_map(|reading| (panel.of)(reading)).chain(panel.against.clone());
    let values = range(all.flat_map(ends));
    let across = Scale { values, pixels: (panel.left + 6.0, panel.left + PANEL - 6.0) };
    let (top, bottom) = (20.0, height - 26.0);
    svg::text(page, "", (panel.left + 6.0, 12.0), panel.heading)?;
    if let Some([low, high]) = panel.against.clone().map(ends) {
        let (low, high) = (across.at(low), across.at(high));
        svg::rect(page, "band", (low, top), ((high - low).max(1.0), bottom - top))?;
        svg::text(page, "tick", (f64::midpoint(low, high), bottom + 24.0), "ceiling")?;
    }
    for tick in ticks(values) {
        let x = across.at(tick);
        svg::line(page, if tick == 0.0 { "zero" } else { "rule" }, (x, top), (x, bottom))?;
        svg::text(page, "tick", (x, bottom + 13.0), plain(tick))?;
    }
    for (i, reading) in shown.iter().enumerate() {
        let Some(found) = (panel.of)(reading) else { continue };
        let y = 31.0 + ROW * i as f64;
        let [low, high] = ends(found.clone());
        svg::line(page, "whisker", (across.at(low), y), (across.at(high), y))?;
        svg::line(page, "dot", (across.at(found.estimate), y), (across.at(found.estimate), y))?;
    }
    put!(page, "\n");
    Ok(())
}

fn means(
    page: &mut Page<'_>,
    found: &Summary,
    shown: &[&ReadingSummary],
    notes: &mut Notes,
) -> io::Result<()> {
    let all = found.examples;
    put!(
        page,
        "<div class=scroll><table><thead><tr><th scope=col>reading<th scope=col>tau with leave-one-out\
         <th scope=col>excess<th scope=col>excess significant<th scope=col>violations<th scope=col>of random words\
         <th scope=col>mass on specials<th scope=col>on sinks<tbody>\n"
    );
    for reading in shown {
        put!(page, "<tr><th scope=row>", (name(&reading.method, reading.sinks_removed)), "<td>");
        match loo(reading) {
            Some(tau) => page.noted(&notes.estimate(tau, all, mean))?,
            None => page.noted(&notes.missing("leave-one-out was not run"))?,
        }
        put!(page, "<td>");
        page.noted(&notes.estimate(&reading.excess, all, mean))?;
        for share in [
            &reading.excess_discoveries,
            &reading.violation,
            &reading.violation_random,
            &reading.special_mass,
        ] {
            put!(page, "<td>");
            page.noted(&notes.short(share, all, percent))?;
        }
        put!(page, "<td>");
        page.noted(&notes.short(&reading.sink_mass, all, percent))?;
        put!(page, "\n");
    }
    put!(
        page,
        "</table></div>\n<p class=note>Significant: after Benjamini–Hochberg over the examples. Without sinks: where \
         not listed, no word of any example is a sink, and the ranking is the same.</p>\n"
    );
    Ok(())
}

/// The references, the swaps, the cost.
fn others(page: &mut Page<'_>, found: &Summary, notes: &mut Notes) -> io::Result<()> {
    let all = found.examples;
    put!(page, "<dl><dt>Ceiling <dd>");
    page.noted(&notes.estimate(&found.ceiling, all, mean))?;
    put!(page, " (tau of leave-one-out with the gradient method nearest to it)<dt>Operators <dd>");
    page.noted(&notes.estimate(&found.operators, all, mean))?;
    put!(page, " (tau of leave-one-out by two ways of erasing)");
    for swap in &found.swaps {
        put!(page, "<dt>Swaps at ", (swap.site), " <dd>leverage ");
        page.noted(&notes.estimate(&swap.leverage, all, mean))?;
        put!(page, ", inert ");
        page.noted(&notes.share(&swap.inert, all))?;
        put!(page, ", non-exclusive ");
        page.noted(&notes.share(&swap.non_exclusive, all))?;
    }
    if let Some(failed) = found.failed.value.as_ref().filter(|failed| failed.estimate > 0.0) {
        put!(page, "<dt>Not audited <dd>", (share(failed)));
    }
    put!(page, "<dt>Cost <dd>");
    page.noted(&notes.show(&found.total_passes, |total| format!("{total:.0}")))?;
    put!(page, " forward passes an example</dl>\n");
    Ok(())
}
