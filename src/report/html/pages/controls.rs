//! The audit of the audit.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::parts::{Heading, end_table, figures, heading, table};
use super::{settings, summary};
use crate::report::controls::{ControlsReport, Level, Rates, VerdictRates};
use crate::report::drawn::plots::controls::{AXES, plots};
use crate::report::html::Html;
use crate::report::measure::Measure;
use crate::report::render::{Render, RenderError};
use crate::report::say::number::{percent, share};
use crate::report::say::terms::Term;
use crate::report::say::{count, sentence};
use crate::report::shortcut::ShortcutReport;

/// What its numbers are called.
const TERMS: [Term; 4] = [Term::FalseAlarm, Term::Power, Term::Interval, Term::Jsd];

impl Render<ControlsReport> for Html {
    fn render(&self, report: &ControlsReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let found = &report.settings;
        frame::head(
            page,
            &frame::Head {
                attncheck: &found.attncheck,
                title: "The audit of the audit".to_owned(),
                what: format!(
                    "Controls, {} set: {} of models of which it is known what decides",
                    found.set,
                    count(report.trials, "planted text")
                ),
                answer: &sentence::controls(report),
                sections: &[
                    ("summary", "Goals"),
                    ("rates", "Rates"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        put!(page, "<section id=summary>\n<h2>Goals</h2>\n");
        if report.interrupted {
            put!(
                page,
                "<p class=warning>The run was interrupted: these are the trials that were done.</p>\n"
            );
        }
        goals(page, report)?;
        put!(page, "</section>\n<section id=rates>\n<h2>Rates</h2>\n");
        figures(page, "", plots(report))?;
        summary::key(page)?;
        rates(page, report, Term::FalseAlarm, |rates| &rates.false_alarms)?;
        rates(page, report, Term::Power, |rates| &rates.power)?;
        confusion(page, report)?;
        shortcuts(page, &report.shortcuts)?;
        put!(page, "</section>\n");
        run(page, report)?;
        settings::terms_of(page, true, &TERMS)?;
        Ok(frame::tail(page)?)
    }
}

fn goals(page: &mut Page<'_>, report: &ControlsReport) -> io::Result<()> {
    let columns = [
        "goal".into(),
        "limit".into(),
        Heading::Named(Term::Interval, "found, 95 %"),
        "at".into(),
        "".into(),
    ];
    table(page, "", &columns)?;
    for goal in &report.goals {
        put!(page, "<tr><th scope=row>", (goal.name));
        match &goal.found {
            Some(found) => put!(page, "<td>", (percent(goal.limit)), "<td>", (share(found))),
            None => put!(page, "<td><td>"),
        }
        put!(page, "<td>", (goal.at));
        if goal.holds {
            put!(page, "<td class=holds>reached\n");
        } else {
            put!(page, "<td class=fails>missed\n");
        }
    }
    end_table(page)
}

/// A row a verdict, a column a level, for every axis.
fn rates(
    page: &mut Page<'_>,
    report: &ControlsReport,
    term: Term,
    get: fn(&VerdictRates) -> &Rates,
) -> io::Result<()> {
    put!(page, "<details><summary>", (term.name()), ", with 95 % intervals</summary>\n");
    for (unit, axis) in AXES {
        let levels = |verdict: &VerdictRates| axis(get(verdict)).len();
        let Some(longest) = report.verdicts.iter().max_by_key(|verdict| levels(verdict)) else { continue };
        let places: Vec<f64> = axis(get(longest)).iter().map(|level| level.at).collect();
        put!(page, "<div class=scroll><table><thead><tr>");
        heading(page, Heading::Named(term, unit))?;
        for place in &places {
            put!(page, "<th scope=col>", (place));
        }
        put!(page, "<tbody>\n");
        for verdict in &report.verdicts {
            put!(page, "<tr><th scope=row>", (verdict.verdict));
            for place in &places {
                put!(page, "<td>", (rate(axis(get(verdict)), *place)));
            }
            put!(page, "\n");
        }
        end_table(page)?;
    }
    put!(page, "</details>\n");
    Ok(())
}

fn rate(levels: &[Level], at: f64) -> String {
    let level = levels.iter().find(|level| (level.at - at).abs() < 1e-9);
    match level.map(|level| &level.rate.value) {
        None => String::new(),
        Some(None) => "–".to_owned(),
        Some(Some(found)) => share(found),
    }
}

/// Why these verdicts are right for a kind.
fn confusion(page: &mut Page<'_>, report: &ControlsReport) -> io::Result<()> {
    put!(page, "<details><summary>What is planted, and what is right</summary>\n");
    table(page, "failed", &["planted".into(), "right".into(), "why".into()])?;
    for row in &report.confusion {
        let allowed: Vec<&str> = row.allowed.iter().map(|word| word.name()).collect();
        put!(
            page,
            "<tr><th scope=row>",
            (row.kind),
            "<td>",
            (allowed.join(", ")),
            "<td>",
            (row.reason),
            "\n"
        );
    }
    end_table(page)?;
    put!(page, "</details>\n");
    Ok(())
}

/// The classifiers that were trained to decide by rare words.
fn shortcuts(page: &mut Page<'_>, all: &[Measure<ShortcutReport>]) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    put!(page, "<details><summary>", (count(all.len(), "trained classifier")), "</summary>\n");
    let columns = [
        "kind",
        "seed",
        "right and sure",
        "undecided without the words",
        "texts",
        "deciding words",
        "chance",
    ];
    table(page, "", &columns.map(Heading::Plain))?;
    for measure in all {
        let Some(model) = &measure.value else {
            put!(page, "<tr><td>–<td colspan=6>", (measure.why()), "\n");
            continue;
        };
        let learned = &model.learned;
        put!(
            page,
            "<tr><th scope=row>",
            (model.kind),
            "<td>",
            (model.seed),
            "<td>",
            (percent(learned.accuracy))
        );
        put!(page, "<td>", (percent(learned.undecided)), "<td>", (model.texts), "<td>", (model.deciding));
        put!(page, "<td>", (percent(model.chance)), "\n");
    }
    end_table(page)?;
    put!(page, "</details>\n");
    Ok(())
}

/// What was run.
fn run(page: &mut Page<'_>, report: &ControlsReport) -> io::Result<()> {
    let found = &report.settings;
    let listed = |all: Vec<String>| all.join(", ");
    let limits = &found.thresholds;
    let rows: [(&str, String); 9] = [
        ("set", found.set.clone()),
        ("seed of the first model", found.seed.to_string()),
        ("kinds", listed(found.kinds.clone())),
        ("words", listed(found.words.iter().map(ToString::to_string).collect())),
        ("strengths λ", listed(found.lambdas.iter().map(ToString::to_string).collect())),
        ("heads", listed(found.heads.iter().map(ToString::to_string).collect())),
        ("erasure", format!("by {}, checked by {}", found.operator, found.second_operator)),
        ("effort", found.effort.clone()),
        (
            "conventions of the verdict",
            format!(
                "margin {}, ε {}, JSD {} nats, ceiling {}, {} words, level {}",
                limits.margin, limits.epsilon, limits.jsd, limits.ceiling, limits.words, limits.alpha
            ),
        ),
    ];
    put!(page, "<section id=settings>\n<h2>Settings</h2>\n<dl>\n");
    for (name, value) in rows {
        put!(page, "<dt>", (name), "<dd>", (value), "\n");
    }
    put!(page, "</dl>\n</section>\n");
    Ok(())
}
