//! Over all examples: verdicts and means, each with its interval.

use std::io;

use super::markup::{Page, put};
use super::notes::{self, mean};
use super::parts::{Heading, figure, method, table, term, verdict};
use super::{answer, outcomes, plausibility};
use crate::report::drawn::plots::audit;
use crate::report::measure::{Estimate, Measure};
use crate::report::say::notes::Notes;
use crate::report::say::number::{percent, share};
use crate::report::say::reading::distinct_of;
use crate::report::say::terms::Term;
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::VerdictWord;
use crate::report::whole::Report;

pub(super) fn summary(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let found = &report.summary;
    let shown: Vec<&ReadingSummary> = distinct_of(found).collect();
    let mut notes = Notes::of("example");
    put!(page, "<section id=summary>\n<h2>The answer for the file</h2>\n");
    if let Some(answer) = &found.answer {
        answer::answer(page, answer)?;
    }
    if let Some(headline) = shown.iter().find(|r| !r.sinks_removed) {
        shown_map(page, headline)?;
    }
    outcomes::gates(page, &report.gates, &mut notes)?;
    if !shown.is_empty() {
        put!(page, "<div class=cols><div>\n");
        if let Some(plot) = audit::verdicts(found) {
            figure(page, "", &plot)?;
            key(page)?;
        }
        verdicts(page, &shown)?;
        put!(page, "</div><div>\n");
        if let Some(plot) = audit::means(found) {
            figure(page, "", &plot)?;
        }
        means(page, found, &shown, &mut notes)?;
        put!(page, "</div></div>\n");
    }
    others(page, found, &mut notes)?;
    if let Some(accuracy) = &found.accuracy {
        outcomes::outcomes(page, found, accuracy, &mut notes)?;
    }
    if let Some(found) = &found.plausibility {
        plausibility::summary(page, found, report.summary.examples, &mut notes)?;
    }
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
        verdict(page, found.verdict)?;
        put!(page, " in ", (share(&found.share)));
    }
    put!(page, " of examples, with 95 % intervals.</p>\n");
    Ok(())
}

/// The marks of the verdicts.
pub(super) fn key(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "<ul class=key>");
    for word in VerdictWord::ALL {
        put!(page, "<li>");
        verdict(page, word)?;
    }
    put!(page, "</ul>\n");
    Ok(())
}

fn verdicts(page: &mut Page<'_>, shown: &[&ReadingSummary]) -> io::Result<()> {
    put!(page, "<details><summary>Counts and shares, with Wilson's intervals</summary>");
    let mut columns: Vec<Heading> = vec![Term::Reading.into()];
    columns.extend(VerdictWord::ALL.map(Heading::Verdict));
    table(page, "", &columns)?;
    for reading in shown {
        method(page, &reading.method, reading.sinks_removed)?;
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

fn loo(reading: &ReadingSummary) -> Option<&Measure<Estimate>> {
    reading.with_leave_one_out().map(|agreement| &agreement.tau)
}

fn means(
    page: &mut Page<'_>,
    found: &Summary,
    shown: &[&ReadingSummary],
    notes: &mut Notes,
) -> io::Result<()> {
    let all = found.examples;
    table(
        page,
        "",
        &[
            Term::Reading.into(),
            Heading::Named(Term::Tau, "tau with leave-one-out"),
            Term::Excess.into(),
            Heading::Named(Term::Significant, "excess significant"),
            Heading::Named(Term::Violation, "violations"),
            "of random words".into(),
            Term::Specials.into(),
            Term::Sinks.into(),
        ],
    )?;
    for reading in shown {
        method(page, &reading.method, reading.sinks_removed)?;
        put!(page, "<td>");
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
    put!(page, "<dl><dt>");
    term(page, Term::Ceiling)?;
    put!(page, "<dd>");
    page.noted(&notes.estimate(&found.ceiling, all, mean))?;
    put!(page, " (tau between the two references nearest to one another)<dt>");
    term(page, Term::Operators)?;
    put!(page, "<dd>");
    page.noted(&notes.estimate(&found.operators, all, mean))?;
    put!(page, " (tau of leave-one-out by two ways of erasing)");
    for swap in &found.swaps {
        put!(page, "<dt>Swaps at ", (swap.site), "<dd>");
        term(page, Term::Leverage)?;
        put!(page, " ");
        page.noted(&notes.estimate(&swap.leverage, all, mean))?;
        put!(page, ", inert ");
        page.noted(&notes.share(&swap.inert, all))?;
        put!(page, ", non-exclusive ");
        page.noted(&notes.share(&swap.non_exclusive, all))?;
    }
    if let Some(failed) = found.failed.value.as_ref().filter(|failed| failed.estimate > 0.0) {
        put!(page, "<dt>Not audited<dd>", (share(failed)));
    }
    put!(page, "<dt>Cost<dd>");
    page.noted(&notes.show(&found.total_passes, |total| format!("{total:.0}")))?;
    put!(page, " forward passes an example</dl>\n");
    Ok(())
}
