//! The words of a text: once as they are read, the audited map above leave-one-out, and once by every method.

use std::io;

use super::markup::{Page, clip, put};
use super::parts::figure;
use crate::attribution::LEAVE_ONE_OUT;
use crate::report::drawn::words::{Row, plot, rows};
use crate::report::drawn::{Shade, shades};
use crate::report::example::{ExampleReport, ReadingReport, ReferenceReport};
use crate::report::say::number::{fine, signed};
use crate::report::say::terms::method;

/// Characters of a word in the table of numbers.
const LONGEST: usize = 80;

/// The shades of the map that people would show and of leave-one-out, where each has a score per word.
struct Beside {
    above: Option<(String, Vec<Shade>)>,
    below: Option<Vec<Shade>>,
}

impl Beside {
    fn of(example: &ExampleReport) -> Self {
        let fits = |scores: &&Vec<f64>| scores.len() == example.words.len();
        let shown = |reading: &ReadingReport| {
            Some((reading.method.clone(), shades(reading.scores.value.as_ref().filter(fits)?)))
        };
        let is_loo = |reference: &&ReferenceReport| reference.method == LEAVE_ONE_OUT;
        let loo = example.references.iter().find(is_loo);
        Self {
            above: example.shown().and_then(shown),
            below: loo.and_then(|loo| loo.scores.value.as_ref()).filter(fits).map(|scores| shades(scores)),
        }
    }

    /// The class of a word: `a4 b2`, in capitals where it is below 0.
    fn class(&self, word: usize) -> String {
        let one = |shades: Option<&Vec<Shade>>, letters: [char; 2]| {
            let shade = shades.and_then(|shades| shades.get(word)).filter(|shade| shade.step > 0)?;
            Some(format!("{}{}", letters[usize::from(shade.below)], shade.step))
        };
        let above = one(self.above.as_ref().map(|(_, shades)| shades), ['a', 'A']);
        let below = one(self.below.as_ref(), ['b', 'B']);
        above.into_iter().chain(below).collect::<Vec<_>>().join(" ")
    }
}

/// The text, or both of a pair, with a bar above and below each word.
pub(super) fn strips(page: &mut Page<'_>, example: &ExampleReport) -> io::Result<()> {
    let beside = Beside::of(example);
    put!(page, "<div class=strips>\n");
    for (sequence, whole) in [Some(&example.text), example.pair.as_ref()].into_iter().flatten().enumerate() {
        put!(page, "<p dir=auto class=strip>");
        text(page, example, &beside, sequence, whole)?;
        put!(page, "</p>\n");
    }
    put!(page, "</div>\n");
    if beside.above.is_none() && beside.below.is_none() {
        return Ok(());
    }
    put!(page, "<p class=\"note legend\">");
    if let Some((name, _)) = &beside.above {
        put!(page, "<span class=over>above</span> each word: <b class=above>", (name), "</b>");
    }
    if beside.below.is_some() {
        let before = if beside.above.is_some() { "; " } else { "" };
        put!(page, (before), "<span class=under>below</span> it: <b>", (LEAVE_ONE_OUT), "</b>");
        put!(page, " (<span class=against>dotted: speaks against the class</span>)");
    }
    put!(
        page,
        ". A map that is flat has bars of one height, a share of 1/n each. <a href=#plots>More</a></p>\n"
    );
    put!(page, "<p class=told aria-live=polite hidden></p>\n");
    Ok(())
}

/// The audited part of one text.
fn text(
    page: &mut Page<'_>,
    example: &ExampleReport,
    beside: &Beside,
    sequence: usize,
    whole: &str,
) -> io::Result<()> {
    let mut at = example.cut_before(sequence);
    if at > 0 {
        put!(page, "… ");
    }
    for (i, word) in example.words.iter().enumerate().filter(|(_, word)| word.sequence == sequence) {
        put!(page, (whole.get(at..word.start).unwrap_or("")), "<b");
        let class = beside.class(i);
        if !class.is_empty() {
            put!(page, " class=\"", (class), "\"");
        }
        put!(page, ">", (word.text), "</b>");
        at = word.end.max(at);
    }
    let rest = whole.get(at..).unwrap_or("");
    if example.is_cut_after(rest) {
        put!(page, " …");
    } else {
        put!(page, (rest));
    }
    Ok(())
}

/// Words by methods as shades, and the numbers.
pub(super) fn grid(page: &mut Page<'_>, prefix: &str, example: &ExampleReport) -> io::Result<()> {
    let Some(plot) = plot(example) else { return Ok(()) };
    put!(page, "<h4>Words</h4>\n");
    figure(page, prefix, &plot)?;
    table(page, example, &rows(example))
}

/// The numbers behind the shades.
fn table(page: &mut Page<'_>, example: &ExampleReport, rows: &[Row<'_>]) -> io::Result<()> {
    put!(
        page,
        "<details><summary>Scores of every word</summary><div class=scroll><table class=scores><thead><tr>\
         <th scope=col>#<th scope=col>word"
    );
    for row in rows {
        put!(page, "<th scope=col");
        if let Some(meaning) = method(row.method) {
            put!(page, " title=\"", (meaning), "\"");
        }
        put!(page, ">", (row.name));
    }
    put!(page, "<tbody>\n");
    let signs: Vec<bool> = rows.iter().map(|row| row.scores.iter().any(|score| *score < 0.0)).collect();
    for (i, word) in example.words.iter().enumerate() {
        put!(page, "<tr><td>", (i + 1), "<th scope=row>", (clip(&word.text, LONGEST)));
        for (row, has_sign) in rows.iter().zip(&signs) {
            let score = row.scores[i];
            put!(page, "<td>", (if *has_sign { signed(score) } else { fine(score) }));
        }
        put!(page, "\n");
    }
    put!(page, "</table></div></details>\n");
    Ok(())
}
