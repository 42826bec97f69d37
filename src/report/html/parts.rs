//! Parts that every page has: verdicts and terms that explain themselves, figures, tables' headings.

use std::io;

use super::markup::{Page, clip, put};
use crate::report::answer::Grade;
use crate::report::drawn::Plot;
use crate::report::drawn::names::safe;
use crate::report::maps::HeadReport;
use crate::report::say::answer as say;
use crate::report::say::notes::Notes;
use crate::report::say::number::{p, percent, plain, signed};
use crate::report::say::reading::name;
use crate::report::say::terms::{self, Term};
use crate::report::verdict::{Finding, VerdictWord};

/// The heading of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heading {
    /// It says all by itself.
    Plain(&'static str),
    /// It is explained.
    Term(Term),
    /// It is explained by the term, and called otherwise.
    Named(Term, &'static str),
    /// A verdict on a text.
    Verdict(VerdictWord),
}

impl Heading {
    /// As it stands above the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain(name) | Self::Named(_, name) => name,
            Self::Term(term) => term.name(),
            Self::Verdict(word) => word.name(),
        }
    }

    /// What explains it.
    pub fn meaning(self) -> Option<&'static str> {
        match self {
            Self::Plain(_) => None,
            Self::Term(term) | Self::Named(term, _) => Some(term.meaning()),
            Self::Verdict(word) => Some(terms::verdict(word)),
        }
    }
}

impl From<Term> for Heading {
    fn from(term: Term) -> Self {
        Self::Term(term)
    }
}

impl From<&'static str> for Heading {
    fn from(name: &'static str) -> Self {
        Self::Plain(name)
    }
}

/// A table up to the first row of its body.
pub(super) fn table(page: &mut Page<'_>, class: &'static str, columns: &[Heading]) -> io::Result<()> {
    put!(page, "<div class=scroll><table class=\"", (class), "\"><thead><tr>");
    for column in columns {
        heading(page, *column)?;
    }
    put!(page, "<tbody>\n");
    Ok(())
}

/// One cell of a table's head.
pub(super) fn heading(page: &mut Page<'_>, column: Heading) -> io::Result<()> {
    put!(page, "<th scope=col");
    if let Some(meaning) = column.meaning() {
        put!(page, " title=\"", (meaning), "\"");
    }
    put!(page, ">", (column.name()));
    Ok(())
}

pub(super) fn end_table(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "</table></div>\n");
    Ok(())
}

/// A verdict on a text with its mark and its meaning.
pub(super) fn verdict(page: &mut Page<'_>, word: VerdictWord) -> io::Result<()> {
    put!(
        page,
        "<b class=\"v ",
        (word.name()),
        "\" title=\"",
        (terms::verdict(word)),
        "\">",
        (word.name()),
        "</b>"
    );
    Ok(())
}

/// A verdict on the file.
pub(super) fn grade(page: &mut Page<'_>, grade: Grade) -> io::Result<()> {
    let like = match grade {
        Grade::ShowsWhatDecides => VerdictWord::Supported,
        Grade::ShowsPart => VerdictWord::Mixed,
        Grade::NoMoreThanChance => VerdictWord::Contradicted,
        Grade::CannotTell => VerdictWord::Inconclusive,
        Grade::Inert => VerdictWord::Inert,
    };
    put!(page, "<b class=\"v ", (like.name()), "\" title=\"", (terms::grade(grade)), "\">");
    put!(page, (say::verdict(grade)), "</b>");
    Ok(())
}

/// Whether a property was found, as a cell.
pub(super) fn finding(page: &mut Page<'_>, finding: Finding) -> io::Result<()> {
    let (class, told) = match finding {
        Finding::Holds => ("holds", "holds"),
        Finding::Fails => ("fails", "fails"),
        Finding::Open => ("undecided", "open"),
    };
    put!(page, "<td class=", (class), " title=\"", (terms::finding(finding)), "\">", (told));
    Ok(())
}

/// A word within a text, explained.
pub(super) fn term(page: &mut Page<'_>, term: Term) -> io::Result<()> {
    put!(page, "<abbr title=\"", (term.meaning()), "\">", (term.name()), "</abbr>");
    Ok(())
}

/// A row's head: a reading's or a reference's name, with what its scores mean.
pub(super) fn method(page: &mut Page<'_>, method: &str, sinks_removed: bool) -> io::Result<()> {
    put!(page, "<tr><th scope=row");
    if let Some(meaning) = terms::method(method) {
        put!(page, " title=\"", (meaning), "\"");
    }
    put!(page, ">", (name(method, sinks_removed)));
    Ok(())
}

/// A plot in a figure; the script adds a button that saves it under its name.
pub(super) fn figure(page: &mut Page<'_>, prefix: &str, plot: &Plot<'_>) -> io::Result<()> {
    let name = safe(&format!("{prefix}{}", plot.name));
    put!(page, "<figure class=plot data-name=\"", (name), "\"><figcaption>", (plot.caption));
    put!(page, "</figcaption><div class=scroll>");
    plot.draw(page)?;
    put!(page, "</div></figure>\n");
    Ok(())
}

/// Figures side by side.
pub(super) fn figures<'p>(
    page: &mut Page<'_>,
    prefix: &str,
    plots: impl IntoIterator<Item = Plot<'p>>,
) -> io::Result<()> {
    put!(page, "<div class=plots>\n");
    for plot in plots {
        figure(page, prefix, &plot)?;
    }
    put!(page, "</div>\n");
    Ok(())
}

/// A text, and the second of a pair, as far as there is room.
pub(super) fn both(page: &mut Page<'_>, text: &str, pair: Option<&str>, most: usize) -> io::Result<()> {
    put!(page, "<bdi>", (clip(text, most)), "</bdi>");
    if let Some(pair) = pair {
        put!(page, " · <bdi>", (clip(pair, most)), "</bdi>");
    }
    Ok(())
}

/// Characters of a text in a table, and in the heading of its section.
pub(super) const TEXT: usize = 120;

/// Opens the section of one text with its heading, `fails` before it where something is amiss, and the text in full.
pub(super) fn section(
    page: &mut Page<'_>,
    (line, text, pair): (usize, &str, Option<&str>),
    (open, fails): (bool, Option<&'static str>),
) -> io::Result<()> {
    put!(page, "<details class=text");
    if open {
        put!(page, " open");
    }
    put!(page, "><summary><h3><span class=line>", (line), "</span> ");
    if let Some(fails) = fails {
        put!(page, "<span class=fails>", (fails), "</span> ");
    }
    both(page, text, pair, TEXT)?;
    put!(page, "</h3></summary>\n<div>\n<p dir=auto>", (text), "</p>\n");
    if let Some(second) = pair {
        put!(page, "<p dir=auto>", (second), "</p>\n");
    }
    Ok(())
}

/// A head's row up to the p of its agreement.
pub(super) fn numbers(page: &mut Page<'_>, head: &HeadReport, notes: &mut Notes) -> io::Result<()> {
    put!(page, "<tr><th scope=row>", (head.layer), ".", (head.head), "<td>");
    page.noted(&notes.show(&head.entropy, plain))?;
    put!(page, "<td>");
    page.noted(&notes.show(&head.decision_entropy, plain))?;
    put!(page, "<td>", (percent(head.special_mass)), "<td>", (percent(head.sink_mass)), "<td>");
    page.noted(&notes.show(&head.tau, signed))?;
    put!(page, "<td>");
    page.noted(&notes.show(&head.tau_p_adjusted, p))
}
