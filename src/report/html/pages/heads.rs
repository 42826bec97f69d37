//! Every head of every layer.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::notes::{self, mean};
use super::parts::{Heading, end_table, figures, numbers, section, table};
use super::{list, settings};
use crate::report::drawn::files::prefix;
use crate::report::drawn::plots::heads::{of_example, whole};
use crate::report::heads::{HeadsExample, HeadsReport};
use crate::report::html::Html;
use crate::report::render::{Render, RenderError};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent, plain, signed};
use crate::report::say::terms::Term;
use crate::report::say::{count, sentence};

/// What its numbers are called.
const TERMS: [Term; 8] = [
    Term::Entropy,
    Term::Specials,
    Term::Sinks,
    Term::Tau,
    Term::Loo,
    Term::Found,
    Term::Ablation,
    Term::Interval,
];

impl Render<HeadsReport> for Html {
    fn render(&self, report: &HeadsReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let found = &report.settings;
        frame::head(
            page,
            &frame::Head {
                attncheck: &found.attncheck,
                title: format!("Attention heads: {} on {}", found.model.name, found.input.name),
                what: format!(
                    "Every head of {} over {} of {}",
                    found.model.name,
                    count(report.examples.len(), "text"),
                    found.input.name
                ),
                answer: &sentence::heads(report),
                sections: &[
                    ("summary", "Heads"),
                    ("examples", "Texts"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        summary(page, report)?;
        put!(page, "<section id=examples>\n<h2>Texts</h2>\n");
        for (i, example) in report.examples.iter().enumerate() {
            one(page, example, i == 0 && report.examples.len() == 1)?;
        }
        list::failures(page, &report.failures)?;
        put!(page, "</section>\n");
        settings::settings(page, found)?;
        settings::terms_of(page, false, &TERMS)?;
        Ok(frame::tail(page)?)
    }
}

fn summary(page: &mut Page<'_>, report: &HeadsReport) -> io::Result<()> {
    let (mut notes, all) = (Notes::of("example"), report.examples.len());
    put!(page, "<section id=summary>\n<h2>Heads</h2>\n");
    if report.interrupted {
        put!(page, "<p class=warning>The run was interrupted: these are the texts that were done.</p>\n");
    }
    figures(page, "", whole(report))?;
    put!(page, "<details><summary>Every number, with 95 % intervals</summary>\n");
    let columns = [
        Heading::Plain("head"),
        Term::Entropy.into(),
        Term::Specials.into(),
        Term::Sinks.into(),
        Heading::Named(Term::Tau, "tau with leave-one-out"),
        Term::Found.into(),
        Term::Ablation.into(),
    ];
    table(page, "", &columns)?;
    for head in &report.summary {
        put!(page, "<tr><th scope=row>", (head.layer), ".", (head.head), "<td>");
        page.noted(&notes.short(&head.entropy, all, plain))?;
        for share in [&head.special_mass, &head.sink_mass] {
            put!(page, "<td>");
            page.noted(&notes.short(share, all, percent))?;
        }
        put!(page, "<td>");
        page.noted(&notes.estimate(&head.tau, all, mean))?;
        put!(page, "<td>");
        page.noted(&notes.share(&head.discoveries, all))?;
        put!(page, "<td>");
        page.noted(&notes.short(&head.ablation_tvd, all, fine))?;
        put!(page, "\n");
    }
    end_table(page)?;
    notes::list(page, &notes)?;
    put!(page, "</details>\n</section>\n");
    Ok(())
}

/// The heads on one text.
fn one(page: &mut Page<'_>, example: &HeadsExample, open: bool) -> io::Result<()> {
    let mut notes = Notes::of("example");
    section(page, (example.line, &example.text, example.pair.as_deref()), (open, None))?;
    for warning in &example.warnings {
        put!(page, "<p class=warning>", (warning), "</p>\n");
    }
    put!(page, "<p class=said>", (count(example.words, "word")), "; the best of ");
    put!(page, (count(example.heads.len(), "head")), " reaches by luck, in one case of twenty, a tau of ");
    page.noted(&notes.show(&example.best_of_all_p95, signed))?;
    put!(page, "</p>\n");
    figures(page, &prefix(example.line), of_example(example))?;
    put!(page, "<details><summary>Every number</summary>\n");
    let columns = [
        Heading::Plain("head"),
        Term::Entropy.into(),
        Heading::Named(Term::Entropy, "of the decision row"),
        Term::Specials.into(),
        Term::Sinks.into(),
        Term::Tau.into(),
        Term::P.into(),
        Term::Ablation.into(),
        "of the target".into(),
    ];
    table(page, "", &columns)?;
    for head in &example.heads {
        numbers(page, head, &mut notes)?;
        put!(page, "<td>");
        page.noted(&notes.show(&head.ablation_tvd, fine))?;
        put!(page, "<td>");
        page.noted(&notes.show(&head.ablation_target, signed))?;
        put!(page, "\n");
    }
    end_table(page)?;
    notes::list(page, &notes)?;
    put!(page, "</details>\n</div></details>\n");
    Ok(())
}
