//! The verdict on each reading, the evidence it rests on, and its reasons.

use std::io;

use super::markup::{Page, put};
use super::parts::{Heading, finding, method, table, term, verdict};
use crate::report::erasure::Erasure;
use crate::report::example::{ExampleReport, ReadingReport};
use crate::report::say::notes::Notes;
use crate::report::say::number::{p, percent, signed, span};
use crate::report::say::reading::{distinct, name, no_word_is_a_sink, rung};
use crate::report::say::terms::Term;

pub(super) fn verdicts(page: &mut Page<'_>, example: &ExampleReport, notes: &mut Notes) -> io::Result<()> {
    let readings = distinct(example);
    if readings.is_empty() {
        return Ok(());
    }
    put!(page, "<h4>Verdicts</h4>\n");
    table(
        page,
        "verdicts",
        &[
            Term::Reading.into(),
            "verdict".into(),
            Term::Consistency.into(),
            Term::Relevance.into(),
            Term::Robustness.into(),
            Term::Tau.into(),
            Term::P.into(),
            Heading::Named(Term::Excess, "excess, 95 %"),
            Term::Luck.into(),
            Term::Violation.into(),
            Term::Specials.into(),
        ],
    )?;
    for reading in &readings {
        row(page, reading, notes)?;
    }
    put!(page, "</table></div>\n");
    if example.readings.iter().any(|r| r.sinks_removed && no_word_is_a_sink(example, &r.method)) {
        put!(page, "<p class=note>No word is a sink: taking sinks out changes no ranking.</p>\n");
    }
    let headline = example.shown();
    for reading in readings {
        reasons(page, reading, headline.is_some_and(|shown| std::ptr::eq(shown, reading)))?;
    }
    Ok(())
}

fn row(page: &mut Page<'_>, reading: &ReadingReport, notes: &mut Notes) -> io::Result<()> {
    let found = &reading.verdict;
    method(page, &reading.method, reading.sinks_removed)?;
    put!(page, "<td>");
    verdict(page, found.verdict)?;
    for one in [found.consistency, found.causal_relevance, found.robustness] {
        finding(page, one)?;
    }
    put!(page, "<td>");
    if let Some(loo) = reading.with_leave_one_out() {
        page.noted(&notes.show(&loo.tau, signed))?;
        put!(page, "<td>");
        page.noted(&notes.show(&loo.tau_p, p))?;
    } else {
        page.noted(&notes.missing("leave-one-out was not run"))?;
        put!(page, "<td>");
    }
    put!(page, "<td>");
    if let Some(erasure) = &reading.erasure.value {
        erased(page, erasure, notes)?;
    } else {
        page.noted(&notes.missing(reading.erasure.why()))?;
        put!(page, "<td><td>");
    }
    put!(page, "<td>");
    if !reading.sinks_removed {
        page.noted(&notes.show(&reading.special_mass, percent))?;
    }
    put!(page, "\n");
    Ok(())
}

fn erased(page: &mut Page<'_>, erasure: &Erasure, notes: &mut Notes) -> io::Result<()> {
    put!(page, (signed(erasure.excess)), " [", (span(erasure.excess_low, erasure.excess_high)), "]<td>");
    put!(page, (p(erasure.luck_p)), "<td>");
    page.noted(&notes.show(&erasure.violation, |raised| if raised { "yes" } else { "no" }.to_owned()))
}

fn reasons(page: &mut Page<'_>, reading: &ReadingReport, open: bool) -> io::Result<()> {
    let found = &reading.verdict;
    put!(page, "<details class=reasons");
    if open {
        put!(page, " open");
    }
    put!(page, "><summary>", (name(&reading.method, reading.sinks_removed)), " is ");
    verdict(page, found.verdict)?;
    put!(page, "; ");
    term(page, Term::Rung)?;
    put!(page, " ");
    put!(page, (found.rung), " of 3: ", (rung(found.rung)));
    put!(page, "</summary><ul>");
    for reason in &found.reasons {
        put!(page, "<li>", (reason));
    }
    put!(page, "</ul>");
    if let Some(power) = &found.power.value {
        put!(page, "<p class=note>power to find ", (power.of.name()), " ", (percent(power.rate)), " [");
        put!(
            page,
            (percent(power.low)),
            ", ",
            (percent(power.high)),
            "], of ",
            (power.trials),
            " planted texts</p>"
        );
    } else {
        put!(page, "<p class=note>power is not known: ");
        put!(page, (found.power.why()), "</p>");
    }
    put!(page, "</details>\n");
    Ok(())
}
