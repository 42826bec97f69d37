//! The list of examples: a row each, to be sorted and filtered.

use std::fmt::Write as _;
use std::io;

use super::markup::{Page, clip, put};
use super::parts::{Heading, TEXT, both, verdict};
use crate::report::example::{ExampleReport, FailureReport};
use crate::report::say::count;
use crate::report::say::number::{fine, signed};
use crate::report::say::reading::loo_tau;
use crate::report::say::terms::Term;
use crate::report::whole::Report;

/// Examples that get a section of their own, at most.
pub const DETAILED: usize = 1000;
/// What stands above the rows; the controls appear with scripts alone.
pub(super) fn start(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    put!(
        page,
        "<section id=examples>\n<h2>Texts</h2>\n<form id=controls hidden>\n\
         <label>Text <input type=search id=f-text autocomplete=off></label>\n\
         <label>Reading <select id=f-reading>"
    );
    for reading in report.summary.readings.iter().filter(|reading| !reading.sinks_removed) {
        put!(page, "<option>", (reading.method));
    }
    put!(
        page,
        "</select></label>\n<label>Verdict <select id=f-verdict><option value=\"\">any</select></label>\n\
         <label>Predicted <select id=f-label><option value=\"\">any</select></label>\n"
    );
    if report.summary.accuracy.is_some() {
        put!(
            page,
            "<label>Prediction is <select id=f-gold><option value=\"\">any<option value=right>right<option \
             value=wrong>wrong</select></label>\n"
        );
    }
    let unit = report.settings.unit();
    put!(
        page,
        "<label>",
        (capital(unit)),
        "s from <input type=number id=f-least min=0 size=4></label>\n<label>to <input type=number id=f-most min=0 \
         size=4></label>\n<button type=reset>Show all</button>\n<button type=button id=open>Open all</button>\n\
         <button type=button id=close>Close all</button>\n<output id=f-count aria-live=polite></output>\n</form>\n"
    );
    if report.summary.examples > DETAILED {
        put!(
            page,
            "<p class=warning>Only the first ",
            (DETAILED),
            " examples are shown in full; the JSON document has all of them.</p>\n"
        );
    }
    put!(page, "<div class=scroll><table id=list><thead><tr>");
    let columns: [(&str, Heading, &str); 9] = [
        ("", "line".into(), "number"),
        ("", "text".into(), "text"),
        ("", "predicted".into(), "text"),
        ("more", "probability".into(), "number"),
        ("", "verdict".into(), "rank"),
        ("more", Term::Tau.into(), "number"),
        ("more", Term::Excess.into(), "number"),
        ("more", Heading::Named(Term::Swap, "swap at row"), "text"),
        ("more", if unit == "piece" { "pieces".into() } else { "words".into() }, "number"),
    ];
    for (class, heading, sort) in columns {
        column(page, class, heading, sort)?;
    }
    if report.summary.accuracy.is_some() {
        column(page, "", "gold label".into(), "text")?;
    }
    put!(page, "<tbody>\n");
    Ok(())
}

/// One heading of the list, with how the script sorts by it; what is `more` has no room on a telephone.
fn column(page: &mut Page<'_>, class: &str, heading: Heading, sort: &str) -> io::Result<()> {
    put!(page, "<th scope=col");
    if !class.is_empty() {
        put!(page, " class=\"", (class), "\"");
    }
    put!(page, " data-sort=\"", (sort), "\"");
    if let Some(meaning) = heading.meaning() {
        put!(page, " title=\"", (meaning), "\"");
    }
    put!(page, ">", (heading.name()));
    Ok(())
}

fn capital(unit: &str) -> String {
    let mut rest = unit.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The row of one example.
pub(super) fn row(page: &mut Page<'_>, report: &Report, i: usize, example: &ExampleReport) -> io::Result<()> {
    let name = if example.id == example.line.to_string() {
        example.id.clone()
    } else {
        format!("{} ({})", example.line, clip(&example.id, 24))
    };
    put!(page, "<tr data-i=", (i), " data-r=\"", (answers(report, example)), "\"");
    if let Some(gold) = &example.gold {
        put!(page, " data-g=", (if gold.correct { "right" } else { "wrong" }));
    }
    put!(page, "><td data-v=", (example.line));
    if i < DETAILED {
        put!(page, "><a href=\"#e", (i), "\"><bdi>", (name), "</bdi></a>");
    } else {
        put!(page, "><bdi>", (name), "</bdi>");
    }
    put!(page, "<td>");
    both(page, &example.text, example.pair.as_deref(), TEXT)?;
    put!(page, "<td><bdi>", (example.prediction.label));
    put!(page, "</bdi><td class=more>", (fine(example.prediction.probability)), "<td>");
    match example.shown() {
        Some(reading) => {
            verdict(page, reading.verdict.verdict)?;
            put!(page, "<td class=more>", (or_dash(loo_tau(reading))));
            put!(page, "<td class=more>", (or_dash(reading.erasure.value.as_ref().map(|e| e.excess))));
        }
        None => put!(page, "–<td class=more>–<td class=more>–"),
    }
    let outcome =
        example.swaps.iter().find(|swap| swap.site == "row").and_then(|s| s.outcome.value.as_deref());
    put!(
        page,
        "<td class=more>",
        (outcome.unwrap_or("–").replace("no-adversary-found", "no adversary found"))
    );
    put!(page, "<td class=more>", (example.words.len()));
    if report.summary.accuracy.is_some() {
        match &example.gold {
            Some(gold) if gold.correct => put!(page, "<td class=holds>correct"),
            Some(gold) => put!(page, "<td class=fails>wrong: <bdi>", (gold.label), "</bdi>"),
            None => put!(page, "<td>–"),
        }
    }
    put!(page, "\n");
    Ok(())
}

fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), signed)
}

/// Verdict, tau and excess of every reading, in the order of the choice above the list.
fn answers(report: &Report, example: &ExampleReport) -> String {
    let mut out = String::new();
    for (i, summary) in report.summary.readings.iter().filter(|r| !r.sinks_removed).enumerate() {
        let found = example.readings.iter().find(|r| !r.sinks_removed && r.method == summary.method);
        let (verdict, tau, excess) = match found {
            Some(reading) => (
                reading.verdict.verdict.name(),
                or_dash(loo_tau(reading)),
                or_dash(reading.erasure.value.as_ref().map(|e| e.excess)),
            ),
            None => ("–", "–".to_owned(), "–".to_owned()),
        };
        let _ = write!(out, "{}{verdict} {tau} {excess}", if i > 0 { "," } else { "" });
    }
    out
}

/// What stands below the rows.
pub(super) fn end(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    put!(
        page,
        "</table></div>\n<p class=note>",
        (count(report.summary.examples, "example")),
        ". tau: agreement with leave-one-out; excess: probability lost by erasing the map's top words minus that \
         lost by random ones. Verdict, tau and excess are of the map that people would plot, unless another reading is \
         chosen.</p>\n"
    );
    Ok(())
}

/// The examples that could not be audited.
pub(super) fn failures(page: &mut Page<'_>, failures: &[FailureReport]) -> io::Result<()> {
    if failures.is_empty() {
        return Ok(());
    }
    put!(
        page,
        "<h3 id=failed>Not audited</h3>\n<div class=scroll><table class=failed><thead><tr><th scope=col>line<th \
         scope=col>text<th scope=col>why<tbody>\n"
    );
    for failure in failures {
        put!(page, "<tr><td>", (failure.line));
        if failure.id != failure.line.to_string() {
            put!(page, " (<bdi>", (clip(&failure.id, 24)), "</bdi>)");
        }
        put!(page, "<td>");
        both(page, &failure.text, failure.pair.as_deref(), TEXT)?;
        put!(page, "<td>", (failure.error));
        if let Some(hint) = &failure.hint {
            put!(page, "<br><span class=note>hint: ", (hint), "</span>");
        }
        put!(page, "\n");
    }
    put!(page, "</table></div>\n");
    Ok(())
}
