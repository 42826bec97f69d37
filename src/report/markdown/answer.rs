//! The verdict on the file, before all else.

use std::io::Write;

use super::code::code;
use super::named;
use crate::report::answer::FileAnswer;
use crate::report::render::RenderError;
use crate::report::say::answer as say;

/// The sentences, and a row a reading; nothing where a report has no answer.
pub(super) fn answer(answer: Option<&FileAnswer>, out: &mut dyn Write) -> Result<(), RenderError> {
    let Some(answer) = answer else { return Ok(()) };
    writeln!(out, "### Answer\n")?;
    for sentence in &answer.sentences {
        writeln!(out, "- {}", code(sentence))?;
    }
    writeln!(
        out,
        "\n| reading | verdict on the file | effect, 95 % | grounds |\n| --- | --- | ---: | --- |"
    )?;
    for found in say::told(answer) {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            named(&found.method, found.sinks_removed),
            say::verdict(found.verdict),
            say::found(found),
            code(&say::grounds(found))
        )?;
    }
    Ok(writeln!(out)?)
}
