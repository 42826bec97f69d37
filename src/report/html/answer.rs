//! The verdict on the file, whose first sentence is the headline of the page.

use std::io;

use super::markup::{Page, put};
use super::parts::{end_table, figure, grade, method, table};
use crate::report::answer::FileAnswer;
use crate::report::drawn::plots::audit;
use crate::report::say::answer as say;
use crate::report::say::terms::Term;

/// The other sentences, the effects as a plot, and a row a reading.
pub(super) fn answer(page: &mut Page<'_>, answer: &FileAnswer) -> io::Result<()> {
    if answer.sentences.len() > 1 {
        put!(page, "<ul class=answer>\n");
        for sentence in answer.sentences.iter().skip(1) {
            put!(page, "<li>", (sentence), "\n");
        }
        put!(page, "</ul>\n");
    }
    if let Some(plot) = audit::effects(answer) {
        figure(page, "", &plot)?;
    }
    table(
        page,
        "answers",
        &[Term::Reading.into(), "verdict on the file".into(), Term::Effect.into(), Term::Grounds.into()],
    )?;
    for found in say::told(answer) {
        method(page, &found.method, found.sinks_removed)?;
        put!(page, "<td>");
        grade(page, found.verdict)?;
        put!(page, "<td>", (say::found(found)), "<td>", (say::grounds(found)), "\n");
    }
    end_table(page)
}
