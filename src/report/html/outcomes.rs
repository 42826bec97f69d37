//! Correct and wrong predictions apart, and the gates.

use std::io;

use super::markup::{Page, put};
use super::notes::mean;
use super::parts::{Heading, table};
use crate::report::gate::{GateOn, GateResult};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, share};
use crate::report::say::terms::Term;
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::VerdictWord;

/// Accuracy, and every reading over the examples that were predicted right and over the others.
pub(super) fn outcomes(
    page: &mut Page<'_>,
    found: &Summary,
    accuracy: &Measure<Estimate>,
    notes: &mut Notes,
) -> io::Result<()> {
    let of = |group: &Option<Box<Summary>>| group.as_ref().map_or(0, |group| group.examples);
    let (correct, wrong) = (of(&found.correct), of(&found.wrong));
    put!(page, "<h3>Gold labels</h3>\n<p>Accuracy ");
    page.noted(&notes.share(accuracy, correct + wrong))?;
    put!(page, ": of ", (count(correct + wrong, "example")), " with a gold label, ", (correct));
    put!(page, " predicted correctly and ", (wrong), " wrongly.</p>\n");
    table(
        page,
        "",
        &[
            Term::Reading.into(),
            "predicted".into(),
            Heading::Verdict(VerdictWord::Supported),
            Heading::Verdict(VerdictWord::Contradicted),
            Heading::Named(Term::Tau, "tau with leave-one-out"),
            Term::Excess.into(),
        ],
    )?;
    for reading in found.readings.iter().filter(|reading| !reading.sinks_removed) {
        for (group, what) in [(&found.correct, "correctly"), (&found.wrong, "wrongly")] {
            let Some(group) = group else { continue };
            let same = |r: &&ReadingSummary| r.method == reading.method && !r.sinks_removed;
            let Some(of) = group.readings.iter().find(same) else { continue };
            put!(page, "<tr><th scope=row>", (reading.method), "<td>", (what));
            for word in [VerdictWord::Supported, VerdictWord::Contradicted] {
                let counted = of.verdicts.iter().find(|verdict| verdict.verdict == word);
                put!(page, "<td>", (counted.map(|verdict| share(&verdict.share)).unwrap_or_default()));
            }
            put!(page, "<td>");
            match of.with_leave_one_out() {
                Some(loo) => page.noted(&notes.estimate(&loo.tau, group.examples, mean))?,
                None => page.noted(&notes.missing("leave-one-out was not run"))?,
            }
            put!(page, "<td>");
            page.noted(&notes.estimate(&of.excess, group.examples, mean))?;
            put!(page, "\n");
        }
    }
    put!(page, "</table></div>\n");
    Ok(())
}

/// What was asked of the figures, and whether they keep it.
pub(super) fn gates(page: &mut Page<'_>, gates: &[GateResult], notes: &mut Notes) -> io::Result<()> {
    if gates.is_empty() {
        return Ok(());
    }
    put!(page, "<h3>Gates</h3>\n");
    table(
        page,
        "",
        &[
            "gate".into(),
            "outcome".into(),
            Heading::Named(Term::Interval, "found, 95 %"),
            "over".into(),
            "judged on".into(),
        ],
    )?;
    for gate in gates {
        put!(page, "<tr><th scope=row>", (gate.gate), "<td class=");
        if gate.passed {
            put!(page, "holds>passed<td>");
        } else {
            put!(page, "fails>failed<td>");
        }
        if let Some(found) = &gate.found.value {
            put!(page, (fine(found.estimate)));
            if let (Some(low), Some(high)) = (found.low, found.high) {
                put!(page, " [", (fine(low)), ", ", (fine(high)), "]");
            }
            put!(page, "<td>", (found.n));
        } else {
            page.noted(&notes.missing(gate.found.why()))?;
            put!(page, "<td>");
        }
        match gate.on {
            GateOn::Estimate => put!(page, "<td>the estimate\n"),
            GateOn::Interval => put!(page, "<td>the end of the interval that is against it\n"),
        }
    }
    put!(page, "</table></div>\n");
    Ok(())
}
