//! The words as each method weighs them: a strip per method, and the numbers.

use std::io;

use super::markup::{Page, clip, put};
use super::scale::step;
use crate::report::example::ExampleReport;
use crate::report::say::number::{fine, signed};
use crate::report::say::reading::{distinct, name};

/// Characters of a word, or of what stands between two words, in a strip: there are a dozen strips.
const LONGEST: usize = 80;

/// One method's scores, as many as there are words.
struct Strip<'a> {
    name: String,
    scores: &'a [f64],
}

impl Strip<'_> {
    fn largest(&self) -> f64 {
        self.scores.iter().fold(0.0, |top, score| f64::max(top, score.abs()))
    }

    fn signed(&self) -> bool {
        self.scores.iter().any(|score| *score < 0.0)
    }

    fn number(&self, score: f64) -> String {
        if self.signed() { signed(score) } else { fine(score) }
    }
}

pub(super) fn words(page: &mut Page<'_>, example: &ExampleReport) -> io::Result<()> {
    let fits = |scores: &&[f64]| scores.len() == example.words.len();
    let readings: Vec<Strip<'_>> = distinct(example)
        .into_iter()
        .filter_map(|r| Some((name(&r.method, r.sinks_removed), r.scores.value.as_deref().filter(fits)?)))
        .map(|(name, scores)| Strip { name, scores })
        .collect();
    let references: Vec<Strip<'_>> = example
        .references
        .iter()
        .filter(|reference| !reference.is_control())
        .filter_map(|r| Some((r.method.clone(), r.scores.value.as_deref().filter(fits)?)))
        .map(|(name, scores)| Strip { name, scores })
        .collect();
    put!(page, "<h4>Words</h4>\n");
    let bare = readings.is_empty() && references.is_empty();
    if bare || is_clipped(example) {
        for text in [Some(&example.text), example.pair.as_ref()].into_iter().flatten() {
            put!(page, "<p dir=auto class=strip>", (text), "</p>\n");
        }
    }
    if bare {
        return Ok(());
    }
    put!(page, "<div class=pair>\n");
    column(page, example, "Readings of attention", &readings)?;
    column(page, example, "References", &references)?;
    put!(page, "</div>\n");
    table(page, example, &readings, &references)
}

/// Whether some stretch is too long for a strip, which then shows its beginning alone.
fn is_clipped(example: &ExampleReport) -> bool {
    let long = |text: &str| text.chars().nth(LONGEST).is_some();
    let texts = [Some(&example.text), example.pair.as_ref()];
    texts.into_iter().flatten().enumerate().any(|(sequence, whole)| {
        let mut at = 0;
        let mut words = example.words.iter().filter(|word| word.sequence == sequence);
        words.any(|word| {
            let between = whole.get(at..word.start).unwrap_or("");
            at = word.end.max(at);
            long(between) || long(&word.text)
        }) || (example.window.is_none() && long(whole.get(at..).unwrap_or("")))
    })
}

fn column(
    page: &mut Page<'_>,
    example: &ExampleReport,
    heading: &'static str,
    strips: &[Strip<'_>],
) -> io::Result<()> {
    if strips.is_empty() {
        return Ok(());
    }
    put!(page, "<div><h5>", (heading), "</h5><dl class=strips>\n");
    for strip in strips {
        put!(page, "<dt>", (strip.name));
        match &example.pair {
            None => {
                put!(page, "<dd dir=auto class=strip>");
                text(page, example, strip, 0, &example.text)?;
            }
            Some(pair) => {
                put!(page, "<dd class=strip><div dir=auto>");
                text(page, example, strip, 0, &example.text)?;
                put!(page, "</div><div dir=auto>");
                text(page, example, strip, 1, pair)?;
                put!(page, "</div>");
            }
        }
        put!(page, "\n");
    }
    put!(page, "</dl></div>\n");
    Ok(())
}

/// The audited part of one text, each word shaded by its share of the largest score.
fn text(
    page: &mut Page<'_>,
    example: &ExampleReport,
    strip: &Strip<'_>,
    sequence: usize,
    whole: &str,
) -> io::Result<()> {
    let largest = strip.largest();
    let mut at = example.cut_before(sequence);
    if at > 0 {
        put!(page, "… ");
    }
    for (word, score) in example.words.iter().zip(strip.scores).filter(|(word, _)| word.sequence == sequence)
    {
        if let Some(between) = whole.get(at..word.start) {
            put!(page, (clip(between, LONGEST)));
        }
        put!(page, "<b");
        match (step(*score, largest), *score < 0.0) {
            (0, _) => {}
            (step, false) => put!(page, " class=s", (step)),
            (step, true) => put!(page, " class=n", (step)),
        }
        put!(page, ">", (clip(&word.text, LONGEST)), "</b>");
        at = word.end.max(at);
    }
    let rest = whole.get(at..).unwrap_or("");
    if example.is_cut_after(rest) {
        put!(page, " …");
    } else {
        put!(page, (clip(rest, LONGEST)));
    }
    Ok(())
}

/// The numbers behind the strips.
fn table(
    page: &mut Page<'_>,
    example: &ExampleReport,
    readings: &[Strip<'_>],
    references: &[Strip<'_>],
) -> io::Result<()> {
    let strips = || readings.iter().chain(references);
    put!(
        page,
        "<details><summary>Scores of every word</summary><div class=scroll><table class=scores><thead><tr>\
         <th scope=col>#<th scope=col>word"
    );
    for strip in strips() {
        put!(page, "<th scope=col>", (strip.name));
    }
    put!(page, "<tbody>\n");
    for (i, word) in example.words.iter().enumerate() {
        put!(page, "<tr><td>", (i + 1), "<th scope=row>", (clip(&word.text, LONGEST)));
        for strip in strips() {
            put!(page, "<td>", (strip.number(strip.scores[i])));
        }
        put!(page, "\n");
    }
    put!(page, "</table></div></details>\n");
    Ok(())
}
