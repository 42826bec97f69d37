//! One example: what the model said, and every piece of evidence.

use std::io;

use super::continued::Continued;
use super::markup::{Page, put};
use super::notes;
use super::parts::{both, term, verdict};
use super::{curves, heads, plausibility, swaps, verdicts, words};
use crate::report::drawn::Drawn;
use crate::report::drawn::files::prefix;
use crate::report::example::ExampleReport;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, plain, signed};
use crate::report::say::reference::accuracy;
use crate::report::say::terms::Term;
use crate::report::say::{count, scalar};
use crate::report::whole::Report;

/// Characters of a text in the line that opens its section.
const TEXT: usize = 160;

pub(super) fn example(
    page: &mut Page<'_>,
    report: &Report,
    (i, continued): (usize, &Continued),
    example: &ExampleReport,
    maps: Option<&Drawn>,
) -> io::Result<()> {
    let mut notes = Notes::of("example");
    put!(page, "<details class=example data-i=", (i));
    if i == 0 {
        put!(page, " open");
    }
    put!(page, "><summary><h3><span class=line>", (example.line), "</span> ");
    if let Some(reading) = example.shown() {
        verdict(page, reading.verdict.verdict)?;
        put!(page, " ");
    }
    if example.gold.as_ref().is_some_and(|gold| !gold.correct) {
        put!(page, "<span class=fails title=\"The predicted class is not the gold label.\">wrong</span> ");
    }
    both(page, &example.text, example.pair.as_deref(), TEXT)?;
    put!(page, "</h3></summary>\n<div id=e", (i), ">\n");
    continued.strip(page, report, example)?;
    said(page, report, example)?;
    for warning in &example.warnings {
        put!(page, "<p class=warning>", (warning), "</p>\n");
    }
    let prefix = prefix(example.line);
    words::strips(page, example)?;
    put!(page, "<div class=\"cols wide\"><div>\n");
    verdicts::verdicts(page, example, &mut notes)?;
    references(page, report, example, &mut notes)?;
    put!(page, "</div><div>\n");
    words::grid(page, &prefix, example)?;
    put!(page, "</div></div>\n");
    curves::curves(page, &prefix, i, example)?;
    put!(page, "<div class=cols><div>\n");
    swaps::swaps(page, &prefix, &report.settings, example, &mut notes)?;
    put!(page, "</div><div>\n");
    heads::heads(page, &prefix, i, maps, &mut notes)?;
    put!(page, "</div></div>\n");
    if let Some(found) = &example.plausibility {
        plausibility::example(page, found, &mut notes)?;
    }
    notes::list(page, &notes)?;
    put!(page, "</div></details>\n");
    Ok(())
}

/// The prediction and the target.
fn said(page: &mut Page<'_>, report: &Report, example: &ExampleReport) -> io::Result<()> {
    let said = &example.prediction;
    put!(page, "<p class=said>");
    if example.id != example.line.to_string() {
        put!(page, "<bdi>", (example.id), "</bdi>, line ", (example.line), ": ");
    }
    put!(
        page,
        "predicted <b><bdi>",
        (said.label),
        "</bdi></b> with probability <b>",
        (fine(said.probability))
    );
    put!(page, "</b>");
    match &example.gold {
        Some(gold) if gold.correct => put!(page, ", which is the gold label"),
        Some(gold) => put!(page, ", while the gold label is <b><bdi>", (gold.label), "</bdi></b>"),
        None => {}
    }
    put!(page, "; ");
    if said.explained != said.label {
        put!(page, "<bdi>", (said.explained), "</bdi> is explained; ");
    }
    put!(page, (scalar(&report.settings.target)), " ", (signed(example.target)));
    if let Some(against) = &said.against {
        put!(page, " over <bdi>", (against), "</bdi>");
    }
    if let Some(window) = &example.window {
        put!(page, "; ", (window.kept_words), " of ", (count(window.all_words, report.settings.unit())));
    } else {
        put!(page, "; ", (count(example.words.len(), report.settings.unit())));
    }
    put!(page, ", ", (count(example.tokens, "token")), "</p>\n");
    Ok(())
}

/// How far the references may be trusted.
fn references(
    page: &mut Page<'_>,
    report: &Report,
    example: &ExampleReport,
    notes: &mut Notes,
) -> io::Result<()> {
    let found = &example.reliability;
    put!(page, "<p class=note>How far the references may be trusted here: ");
    term(page, Term::Ceiling)?;
    put!(page, " ");
    page.noted(&notes.show(&found.ceiling, signed))?;
    if let Some((a, b)) = &found.ceiling_pair {
        put!(page, " (", (a), " and ", (b), ")");
    }
    let settings = &report.settings;
    put!(page, "; erasure by ", (settings.operator), " and by ", (settings.second_operator), " agree ");
    page.noted(&notes.show(&found.operators, signed))?;
    put!(page, "; detectable tau ");
    page.noted(&notes.show(&found.detectable_tau, plain))?;
    put!(page, "; excess that a reference's own order reaches ");
    page.noted(&notes.show(&found.attainable, signed))?;
    for reference in &example.references {
        if let Some(accuracy) = accuracy(reference) {
            put!(page, "; ", (accuracy));
            if let Some(steps) = reference.steps {
                put!(page, " after ", (steps), " steps");
            }
            put!(page, (if reference.converged == Some(false) { ", not converged" } else { "" }));
        }
    }
    put!(page, ".</p>\n");
    Ok(())
}
