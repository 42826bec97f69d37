//! Two audits side by side.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::notes::{self, mean, size};
use super::parts::{Heading, TEXT, both, end_table, figure, figures, method, section, table, verdict};
use super::settings;
use crate::report::compare::{
    CompareReport, CompareSummary, Likeness, PairReport, Presence, SideReport, Unpaired, VerdictPair,
};
use crate::report::drawn::plots::compare::plots;
use crate::report::html::Html;
use crate::report::render::{Render, RenderError};
use crate::report::say::answer::capital;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, p, percent, plain, signed};
use crate::report::say::terms::Term;
use crate::report::say::{change, count};

/// What its numbers are called.
const TERMS: [Term; 9] =
    [Term::Tau, Term::P, Term::Q, Term::Top, Term::Jsd, Term::Tvd, Term::Ceiling, Term::Found, Term::Excess];

impl Render<CompareReport> for Html {
    /// # Errors
    ///
    /// Where `out` cannot be written, or the examples cannot be read again.
    fn render(&self, report: &CompareReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let (a, b) = (&report.a, &report.b);
        frame::head(
            page,
            &frame::Head {
                attncheck: &a.attncheck,
                title: format!("Attention compared: {} and {}", a.model.name, b.model.name),
                what: format!(
                    "A, {}, against B, {}, over {} of {}",
                    a.model.name,
                    b.model.name,
                    count(report.summary.pairs, "text"),
                    a.input.name
                ),
                answer: &format!("{}.", capital(&report.summary.answer.sentence)),
                sections: &[
                    ("summary", "Answer"),
                    ("examples", "Texts"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        summary(page, report)?;
        put!(page, "<section id=examples>\n<h2>Texts</h2>\n");
        for pair in report.pairs.iter() {
            one(page, &pair?)?;
        }
        unpaired(page, &report.unpaired)?;
        put!(page, "</section>\n<section id=settings>\n<h2>Settings</h2>\n<div class=cols>\n");
        for (name, found) in [("A", a), ("B", b)] {
            put!(page, "<div><h3>", (name), "</h3>\n");
            settings::rows(page, found)?;
            put!(page, "</div>\n");
        }
        put!(page, "</div>\n</section>\n");
        settings::terms_of(page, true, &TERMS)?;
        Ok(frame::tail(page)?)
    }
}

fn summary(page: &mut Page<'_>, report: &CompareReport) -> io::Result<()> {
    let found = &report.summary;
    let mut notes = Notes::of("example");
    put!(page, "<section id=summary>\n<h2>The answer</h2>\n");
    if report.interrupted {
        put!(page, "<p class=warning>A run was interrupted: these are the texts that were done.</p>\n");
    }
    put!(page, "<p>They predict the same class on ");
    page.noted(&notes.share(&found.same_label, found.pairs))?;
    put!(page, " of texts; TVD of their predictions ");
    page.noted(&notes.estimate(&found.tvd, found.pairs, size))?;
    put!(page, ".");
    if let Some(ceiling) = found.figures.iter().find(|figure| figure.figure == "ceiling") {
        put!(page, " How well the references of each agree with one another (ceiling): A ");
        page.noted(&notes.show(&ceiling.a, signed))?;
        put!(page, ", B ");
        page.noted(&notes.show(&ceiling.b, signed))?;
        put!(page, ".");
    }
    put!(page, "</p>\n");
    let mut plots = plots(report).into_iter();
    put!(page, "<div class=cols><div>\n");
    if let Some(plot) = plots.next() {
        figure(page, "", &plot)?;
    }
    likeness(page, found, &mut notes)?;
    put!(page, "</div><div>\n");
    if let Some(plot) = plots.next() {
        figure(page, "", &plot)?;
    }
    differences(page, report, &mut notes)?;
    put!(page, "</div></div>\n");
    figures(page, "", plots)?;
    changed(page, found)?;
    notes::list(page, &notes)?;
    put!(page, "</section>\n");
    Ok(())
}

fn likeness(page: &mut Page<'_>, found: &CompareSummary, notes: &mut Notes) -> io::Result<()> {
    table(
        page,
        "",
        &[
            "means".into(),
            Heading::Named(Term::Tau, "tau of A with B"),
            Term::Found.into(),
            Term::Top.into(),
            Heading::Named(Term::Jsd, "JSD, nats"),
        ],
    )?;
    for one in found.likeness.iter().filter(|one| !one.sinks_removed) {
        method(page, &one.method, false)?;
        put!(page, "<td>");
        page.noted(&notes.estimate(&one.tau, found.pairs, mean))?;
        for share in [&one.found, &one.overlap] {
            put!(page, "<td>");
            page.noted(&notes.short(share, found.pairs, percent))?;
        }
        put!(page, "<td>");
        // A reference is no map; what has signs neither: an empty cell says so better than a note on every row.
        if one.jsd.value.is_some() {
            page.noted(&notes.estimate(&one.jsd, found.pairs, size))?;
        }
        put!(page, "\n");
    }
    end_table(page)
}

fn differences(page: &mut Page<'_>, report: &CompareReport, notes: &mut Notes) -> io::Result<()> {
    let (alpha, shown) = (report.a.thresholds.alpha, change::shown(report));
    table(
        page,
        "",
        &[
            "figure".into(),
            "A".into(),
            "B".into(),
            Heading::Named(Term::Interval, "B − A, 95 %"),
            "p".into(),
            Term::Q.into(),
            "better".into(),
        ],
    )?;
    for figure in &shown {
        let shares = figure.kind != "mean";
        let number = |value: f64| if shares { percent(value) } else { signed(value) };
        put!(page, "<tr><th scope=row>", (figure.figure));
        for side in [&figure.a, &figure.b] {
            put!(page, "<td>");
            page.noted(&notes.show(side, number))?;
        }
        put!(page, "<td>");
        page.noted(&notes.alone(&figure.difference, mean))?;
        for found in [&figure.p, &figure.q] {
            put!(page, "<td>");
            page.noted(&notes.show(found, p))?;
        }
        put!(page, "<td><b>", (change::better(figure, alpha)), "</b>\n");
    }
    end_table(page)?;
    let all = &report.summary.figures;
    let differ = all.iter().filter(|figure| change::differs(figure, alpha)).count();
    put!(
        page,
        "<p class=note>",
        (shown.len()),
        " of ",
        (count(all.len(), "figure")),
        " are shown, ",
        (differ)
    );
    put!(page, " differ at q ≤ ", (alpha), "; the JSON document has them all.</p>\n");
    Ok(())
}

/// The texts on which the verdict is another, and those that are predicted otherwise.
fn changed(page: &mut Page<'_>, found: &CompareSummary) -> io::Result<()> {
    if !found.changed.is_empty() {
        put!(
            page,
            "<details open><summary>",
            (count(found.changed.len(), "text")),
            " with another verdict</summary>"
        );
        table(page, "", &["line".into(), Term::Reading.into(), "A".into(), "B".into()])?;
        for one in &found.changed {
            put!(page, "<tr><td>", (one.line), "<th scope=row>", (one.method), "<td>");
            verdict(page, one.a)?;
            put!(page, "<td>");
            verdict(page, one.b)?;
            put!(page, "\n");
        }
        end_table(page)?;
        put!(page, "</details>\n");
    }
    if !found.predictions.is_empty() {
        put!(
            page,
            "<details open><summary>",
            (count(found.predictions.len(), "text")),
            " predicted otherwise</summary>"
        );
        table(page, "", &["line".into(), "A".into(), "B".into()])?;
        for one in &found.predictions {
            put!(page, "<tr><td>", (one.line), "<td><bdi>", (one.a), "</bdi> ", (fine(one.probability_a)));
            put!(page, "<td><bdi>", (one.b), "</bdi> ", (fine(one.probability_b)), "\n");
        }
        end_table(page)?;
        put!(page, "</details>\n");
    }
    Ok(())
}

/// One text in both.
fn one(page: &mut Page<'_>, pair: &PairReport) -> io::Result<()> {
    let mut notes = Notes::of("example");
    let fails = (!pair.same_label).then_some("another class");
    section(page, (pair.line, &pair.text, pair.pair.as_deref()), (false, fails))?;
    put!(page, "<p class=said>A ");
    side(page, &pair.a, &mut notes)?;
    put!(page, "; B ");
    side(page, &pair.b, &mut notes)?;
    put!(page, "; TVD ");
    page.noted(&notes.show(&pair.tvd, fine))?;
    put!(page, "; ", (count(pair.alignment.shared, "word")), " compared");
    if pair.alignment.merged > 0 {
        put!(page, ", ", (pair.alignment.merged), " of them several words on a side");
    }
    put!(page, "</p>\n");
    for (name, only) in [("A", &pair.alignment.only_a), ("B", &pair.alignment.only_b)] {
        if !only.is_empty() {
            put!(page, "<p class=note>only ", (name), " has <bdi>", (only.join(" ")), "</bdi></p>\n");
        }
    }
    let columns = [
        Heading::Plain("A against B"),
        Term::Tau.into(),
        Term::P.into(),
        "rho".into(),
        Term::Top.into(),
        Term::Jsd.into(),
        "verdict of A".into(),
        "of B".into(),
    ];
    table(page, "", &columns)?;
    for found in pair.readings.iter().filter(|found| !found.sinks_removed).chain(&pair.references) {
        likely(page, found, verdicts_of(pair, found), &mut notes)?;
    }
    end_table(page)?;
    notes::list(page, &notes)?;
    put!(page, "</div></details>\n");
    Ok(())
}

fn verdicts_of<'p>(pair: &'p PairReport, found: &Likeness) -> Option<&'p VerdictPair> {
    pair.verdicts.iter().find(|v| v.method == found.method && v.sinks_removed == found.sinks_removed)
}

fn likely(
    page: &mut Page<'_>,
    found: &Likeness,
    verdicts: Option<&VerdictPair>,
    notes: &mut Notes,
) -> io::Result<()> {
    method(page, &found.method, found.sinks_removed)?;
    put!(page, "<td>");
    page.noted(&notes.show(&found.tau, signed))?;
    put!(page, "<td>");
    page.noted(&notes.show(&found.tau_p, p))?;
    put!(page, "<td>");
    page.noted(&notes.show(&found.spearman, signed))?;
    put!(page, "<td>");
    page.noted(&notes.show(&found.overlap, percent))?;
    put!(page, "<td>", (found.jsd.value.map(plain).unwrap_or_default()), "<td>");
    if let Some(verdicts) = verdicts {
        verdict(page, verdicts.a)?;
        put!(page, "<td>");
        verdict(page, verdicts.b)?;
    } else {
        put!(page, "<td>");
    }
    put!(page, "\n");
    Ok(())
}

fn side(page: &mut Page<'_>, side: &SideReport, notes: &mut Notes) -> io::Result<()> {
    put!(page, "predicts <b><bdi>", (side.label), "</bdi></b> with probability ", (fine(side.probability)));
    if side.explained != side.label {
        put!(page, " (<bdi>", (side.explained), "</bdi> is explained)");
    }
    put!(page, ", ceiling ");
    page.noted(&notes.show(&side.ceiling, signed))?;
    if let Some(window) = &side.window {
        put!(page, ", takes ", (window.kept_words), " of ", (count(window.all_words, "word")));
    }
    Ok(())
}

/// The texts that were not audited on both sides.
fn unpaired(page: &mut Page<'_>, unpaired: &[Unpaired]) -> io::Result<()> {
    if unpaired.is_empty() {
        return Ok(());
    }
    put!(page, "<h3>Not compared</h3>\n");
    table(page, "failed", &["line".into(), "text".into(), "why".into()])?;
    let told = |name: &str, presence: &Presence| match presence {
        Presence::Audited => None,
        Presence::Failed { error } => Some(format!("{name} could not audit it: {error}")),
        Presence::Absent => Some(format!("{name} does not have it")),
    };
    for one in unpaired {
        let why: Vec<String> = [told("A", &one.a), told("B", &one.b)].into_iter().flatten().collect();
        put!(page, "<tr><td>", (one.line), "<td>");
        both(page, &one.text, one.pair.as_deref(), TEXT)?;
        put!(page, "<td>", (why.join("; ")), "\n");
    }
    end_table(page)
}
