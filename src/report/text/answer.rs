//! The verdict on the file: short before all else, whole at the end, where a long run leaves the reader.

use super::flow::{Piece, flow};
use super::page::Text;
use super::paint::{BOLD, PLAIN};
use super::table::{Align, Table};
use crate::report::answer::{FileAnswer, Grade, ReadingAnswer};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::answer as say;
use crate::report::say::number::{p, share};
use crate::report::say::reading::name;
use crate::report::say::{count, visible};
use crate::report::whole::Report;

/// The sentences to act on; nothing where a report has no answer.
pub(super) fn first(text: Text, report: &Report) -> String {
    let Some(answer) = &report.summary.answer else { return String::new() };
    let mut out = title(text, answer);
    // The first is of the map that people would show, the last two of the best and of the texts.
    let last = answer.sentences.len().saturating_sub(2).max(1);
    let told = answer.sentences.iter().take(1).chain(answer.sentences.iter().skip(last));
    for (i, sentence) in told.enumerate() {
        out.push_str(&set(text, sentence, i == 0));
    }
    out.push('\n');
    out
}

/// Every reading's sentence, and the numbers that they rest on.
pub(super) fn whole(text: Text, report: &Report) -> String {
    let Some(answer) = &report.summary.answer else { return String::new() };
    let mut out = title(text, answer);
    for (i, sentence) in answer.sentences.iter().enumerate() {
        out.push_str(&set(text, sentence, i == 0));
    }
    out.push('\n');
    out.push_str(&table(text, answer));
    out.push_str(&groups(text, answer));
    let reference = answer.reference.as_deref().unwrap_or("a reference");
    let note = format!(
        "effect: excess of erasing the map's top words over that of {}'s, summed over the texts; p: that random orders do \
         as well in sum, after Holm; replaced: texts where a very different attention gives the same answer, by plain \
         swaps + only by a search / of those tried",
        visible(reference)
    );
    out.push_str(&text.paragraph("", &note));
    out
}

fn title(text: Text, answer: &FileAnswer) -> String {
    text.title('═', &format!("answer for {}", count(answer.texts.all, "text")))
}

fn set(text: Text, sentence: &str, strong: bool) -> String {
    let style = if strong { BOLD } else { PLAIN };
    flow("- ", &[Piece { text: sentence, style }], text.columns, text.paint)
}

fn table(text: Text, answer: &FileAnswer) -> String {
    let mut table = Table::new(&[
        (Align::Left, "reading"),
        (Align::Left, "verdict on the file"),
        (Align::Left, "effect, 95 %"),
        (Align::Right, "p"),
        (Align::Right, "replaced"),
    ]);
    for found in say::told(answer) {
        let replaceable = &found.replaceable;
        let tried = replaceable.plain + replaceable.search + replaceable.not_found;
        let replaced = match (found.verdict, tried) {
            (Grade::Inert, _) | (_, 0) => "–".to_owned(),
            _ => format!("{}+{}/{tried}", replaceable.plain, replaceable.search),
        };
        table.row(vec![
            row_name(found).into(),
            say::verdict(found.verdict).into(),
            say::found(found).into(),
            found.beyond_chance_holm.value.map_or_else(|| "–".to_owned(), p).into(),
            replaced.into(),
        ]);
    }
    table.print(text)
}

/// Predictions that were right and wrong apart; nothing without gold labels.
fn groups(text: Text, answer: &FileAnswer) -> String {
    if answer.readings.iter().all(|found| found.correct.is_none()) {
        return String::new();
    }
    let mut table = Table::new(&[
        (Align::Left, "effect, 95 %"),
        (Align::Left, "predicted right"),
        (Align::Left, "predicted wrong"),
    ]);
    let told = |group: &Option<Measure<Estimate>>| match group.as_ref().and_then(|of| of.value.as_ref()) {
        Some(effect) => format!("{} over {}", share(effect), effect.n),
        None => "–".to_owned(),
    };
    for found in say::told(answer) {
        table.row(vec![row_name(found).into(), told(&found.correct).into(), told(&found.wrong).into()]);
    }
    format!("\n{}", table.print(text))
}

fn row_name(found: &ReadingAnswer) -> String {
    if found.sinks_removed { "  −sinks".to_owned() } else { name(&found.method, false) }
}
