//! Other attention at a site: a plot each, and the numbers.

use std::io;

use super::markup::{Page, put};
use super::parts::{Heading, end_table, figures, table as begin};
use crate::report::drawn::swaps;
use crate::report::example::{ExampleReport, SwapReport};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, plain};
use crate::report::say::reading::not_identifiable;
use crate::report::say::terms::Term;
use crate::report::settings::Settings;

/// A plot per site, and the numbers.
pub(super) fn swaps(
    page: &mut Page<'_>,
    prefix: &str,
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
         that keeps the prediction</ul>\n"
    );
    figures(page, prefix, swaps::plots(&settings.thresholds, example))?;
    table(page, example, notes)?;
    if let Some(mut note) = not_identifiable(example, settings.model.head_width) {
        note[..1].make_ascii_uppercase();
        put!(page, "<p class=note>", (note), ".</p>\n");
    }
    for swap in &example.swaps {
        if let (Some(rows), Some(moving)) = (swap.rows, swap.rows_moving)
            && moving < rows
        {
            put!(page, "<p class=note>At ", (swap.site), " ", (moving), " of ", (rows));
            put!(page, " rows of attention can move: the others see fewer than two words.</p>\n");
        }
    }
    Ok(())
}

/// The numbers of the plots.
fn table(page: &mut Page<'_>, example: &ExampleReport, notes: &mut Notes) -> io::Result<()> {
    begin(
        page,
        "swapped",
        &[
            "site".into(),
            Heading::Named(Term::Swap, "outcome"),
            Term::Leverage.into(),
            Heading::Named(Term::Tvd, "uniform TVD"),
            Heading::Named(Term::Tvd, "permuted, median TVD"),
            Heading::Named(Term::Tvd, "one-hot, greatest TVD"),
            Term::Counterfactual.into(),
            Heading::Named(Term::Jsd, "its JSD"),
            Heading::Named(Term::Tvd, "its TVD"),
        ],
    )?;
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
    end_table(page)?;
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
