//! Markdown for a job summary (`$GITHUB_STEP_SUMMARY`), a merge request or a wiki: the answer, gates, verdicts, figures with their
//! intervals, the contradicted maps, the references that did not converge, the texts that could not be audited.
//!
//! Everything that is not written here stands in a `<code>` element with each character that Markdown, HTML or GitHub
//! could read as its own written as a number: pipes, backticks, tags, mentions, references to issues, links and formulas
//! stay what they are. A service takes a summary up to some size (GitHub: 1 MiB), so each list ends after
//! fifty rows and says how many are left out.

mod answer;
mod code;
mod list;
mod notes;

use std::io::Write;

use super::example::ExampleReport;
use super::plausibility::PlausibilitySummary;
use super::render::{Render, RenderError};
use super::say::notes::Notes;
use super::say::number;
use super::say::reading::taken_out;
use super::say::reference::{unconverged, why};
use super::say::{count, remark};
use super::summary::ReadingSummary;
use super::verdict::VerdictWord;
use super::whole::Report;
use code::code;
use list::List;
use notes::{mean, share, size};

/// The printer of Markdown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Markdown;

impl Render<Report> for Markdown {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        head(report, out)?;
        answer::answer(report.summary.answer.as_ref(), out)?;
        gates(report, out)?;
        verdicts(report, out)?;
        figures(report, out)?;
        contradicted(report, out)?;
        not_converged(report, out)?;
        not_audited(report, out)
    }
}

fn head(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let settings = &report.settings;
    let model = &settings.model;
    writeln!(out, "## Attention audit of {}\n", code(&settings.input.name))?;
    if report.interrupted {
        writeln!(out, "**Interrupted: these are the texts that were done.**\n")?;
    }
    if !report.failures.is_empty() {
        let all = report.failures.len() + report.examples.len();
        writeln!(out, "**{} of {all} texts could not be audited.**\n", report.failures.len())?;
    }
    let revision = model.revision.as_ref().map(|of| format!("@{of}")).unwrap_or_default();
    writeln!(
        out,
        "{} audited with {} ({}, {} layers × {} heads, {} on {}); target {} of class {}, by {}, erasure by {}, effort {}, \
         seed {}, attncheck {}\n",
        count(report.examples.len(), "text"),
        code(&format!("{}{revision}", model.name)),
        code(&model.family),
        model.layers,
        model.heads,
        model.dtype,
        settings.device,
        code(&settings.target),
        code(&settings.class),
        settings.scored(),
        settings.operator,
        settings.effort,
        settings.seed,
        settings.attncheck
    )?;
    for note in &model.notes {
        writeln!(out, "Note: {}\n", code(note))?;
    }
    Ok(())
}

fn gates(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    if report.gates.is_empty() {
        return Ok(());
    }
    let failed = report.gates.iter().filter(|gate| !gate.passed).count();
    let title = match failed {
        0 => "all passed".to_owned(),
        failed => format!("{failed} of {} failed", report.gates.len()),
    };
    writeln!(out, "### Gates: {title}\n\n| gate | outcome | found |\n| --- | --- | --- |")?;
    for gate in &report.gates {
        let outcome = if gate.passed { "passed" } else { "**failed**" };
        writeln!(out, "| {} | {outcome} | {} |", code(&gate.gate), code(&remark::found(gate)))?;
    }
    Ok(writeln!(out)?)
}

fn verdicts(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let readings = &report.summary.readings;
    if readings.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Verdicts: texts, and their share with its 95 % interval\n")?;
    write!(out, "| reading |")?;
    VerdictWord::ALL.iter().try_for_each(|verdict| write!(out, " {} |", verdict.name()))?;
    writeln!(out, "\n| --- |{}", " ---: |".repeat(VerdictWord::ALL.len()))?;
    for reading in readings {
        write!(out, "| {} |", name(reading))?;
        for verdict in VerdictWord::ALL {
            match reading.verdicts.iter().find(|counted| counted.verdict == verdict && counted.count > 0) {
                Some(counted) => write!(out, " {} ({}) |", counted.count, number::share(&counted.share))?,
                None => write!(out, " · |")?,
            }
        }
        writeln!(out)?;
    }
    Ok(writeln!(out)?)
}

fn figures(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let found = &report.summary;
    let all = found.examples;
    let notes = &mut Notes::of("text");
    writeln!(out, "### Figures: means and shares with 95 % intervals\n")?;
    writeln!(out, "| reading | excess | tau with leave-one-out | violation | at random | on specials |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    for reading in &found.readings {
        let tau = reading.with_leave_one_out();
        let tau = tau.map_or_else(|| "–".to_owned(), |agreement| mean(notes, &agreement.tau, all));
        writeln!(
            out,
            "| {} | {} | {tau} | {} | {} | {} |",
            name(reading),
            mean(notes, &reading.excess, all),
            share(notes, &reading.violation, all),
            share(notes, &reading.violation_random, all),
            share(notes, &reading.special_mass, all)
        )?;
    }
    writeln!(out, "\n| | |\n| --- | ---: |")?;
    if let Some(accuracy) = &found.accuracy {
        writeln!(out, "| accuracy | {} |", share(notes, accuracy, all))?;
    }
    writeln!(out, "| ceiling: best agreement between references | {} |", mean(notes, &found.ceiling, all))?;
    writeln!(out, "| agreement of two ways of erasing | {} |", mean(notes, &found.operators, all))?;
    for swap in &found.swaps {
        let site = code(&swap.site);
        writeln!(out, "| leverage at {site} | {} |", size(notes, &swap.leverage, all))?;
        writeln!(out, "| inert at {site} | {} |", share(notes, &swap.inert, all))?;
        writeln!(out, "| non-exclusive at {site} | {} |", share(notes, &swap.non_exclusive, all))?;
    }
    writeln!(out)?;
    if let Some(people) = &found.plausibility {
        plausibility(people, notes, all, out)?;
    }
    for (i, reason) in notes.reasons().enumerate() {
        writeln!(out, "<sup>{}</sup> {}\n", i + 1, code(reason))?;
    }
    Ok(())
}

/// Agreement with what people marked, apart from all else: no verdict rests on it.
fn plausibility(
    people: &PlausibilitySummary,
    notes: &mut Notes,
    all: usize,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    writeln!(out, "### Plausibility: agreement with what people marked; no verdict rests on it\n")?;
    writeln!(out, "| map | token F1 | IOU F1 | average precision |\n| --- | ---: | ---: | ---: |")?;
    for map in &people.maps {
        let name = named(&map.method, map.sinks_removed);
        let (token, iou) = (size(notes, &map.token_f1, all), size(notes, &map.iou_f1, all));
        writeln!(out, "| {name} | {token} | {iou} | {} |", size(notes, &map.average_precision, all))?;
    }
    Ok(writeln!(out, "| as many random words | {} | | |\n", size(notes, &people.chance, all))?)
}

fn contradicted(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut list = List::new(
        "Contradicted: do not show these maps as explanations",
        "| line | text | predicted | why |\n| ---: | --- | --- | --- |",
    );
    for example in report.examples.iter() {
        let example = example?;
        let shown = example.shown().filter(|reading| reading.verdict.verdict == VerdictWord::Contradicted);
        let Some(reading) = shown else { continue };
        let why = format!("{}: {}", remark::judged(reading), remark::reasons(reading));
        let said = &example.prediction;
        let row = format!(
            "| {} | {} | {} {:.3} | {} |",
            line(&example),
            both(&example.text, example.pair.as_deref()),
            code(&said.label),
            said.probability,
            code(&why)
        );
        list.row(out, &row)?;
    }
    list.end(out)
}

fn not_converged(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut list = List::new(
        "Not converged: on these texts the reference supports and refutes nothing",
        "| line | text | reference |\n| ---: | --- | --- |",
    );
    for example in report.examples.iter() {
        let example = example?;
        for reference in unconverged(&example) {
            let text = both(&example.text, example.pair.as_deref());
            list.row(out, &format!("| {} | {text} | {} |", line(&example), code(&why(reference))))?;
        }
    }
    list.end(out)
}

fn not_audited(report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut list = List::new("Not audited", "| line | text | why |\n| ---: | --- | --- |");
    for failure in &report.failures {
        let text = both(&failure.text, failure.pair.as_deref());
        list.row(out, &format!("| {} | {text} | {} |", failure.line, code(&failure.error)))?;
    }
    list.end(out)
}

fn name(reading: &ReadingSummary) -> String {
    named(&reading.method, reading.sinks_removed)
}

fn named(method: &str, sinks_removed: bool) -> String {
    format!("{}{}", code(method), taken_out(sinks_removed))
}

fn line(example: &ExampleReport) -> String {
    let id = &example.id;
    if *id == example.line.to_string() { id.clone() } else { format!("{} {}", example.line, code(id)) }
}

/// A text, or the two of a pair.
fn both(text: &str, pair: Option<&str>) -> String {
    let pair = pair.map(|pair| format!(" · {}", code(&remark::quoted(pair)))).unwrap_or_default();
    format!("{}{pair}", code(&remark::quoted(text)))
}
