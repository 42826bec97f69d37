//! The words: shaded in the text, or listed with their scores.

use anstyle::Style;

use super::flow::{Piece, flow};
use super::page::Text;
use super::paint::{DIM, PLAIN, shade};
use super::table::{Align, Cell, Table};
use crate::attribution::LEAVE_ONE_OUT;
use crate::report::example::ExampleReport;
use crate::report::say::number::{fine, signed};
use crate::report::say::{clip, visible};

/// Listed words, at most.
const LISTED: usize = 8;
/// Columns of a bar.
const BAR: usize = 8;
/// Columns of a listed word.
const WORD: usize = 24;

/// One map to be shown: its name and a score per word.
struct Map<'a> {
    name: &'a str,
    scores: &'a [f64],
}

impl Map<'_> {
    /// The word's score over the largest size, in [-1, 1].
    fn share(&self, word: usize) -> f64 {
        let top = self.scores.iter().fold(0.0, |top: f64, score| top.max(score.abs()));
        if top > 0.0 { self.scores.get(word).map_or(0.0, |score| score / top) } else { 0.0 }
    }

    /// Words from the largest size down; the first of equals first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|a, b| self.scores[*b].abs().total_cmp(&self.scores[*a].abs()));
        order
    }

    /// The word's rank by size: 1 for the largest; equals share the better rank.
    fn rank(&self, word: usize) -> usize {
        1 + self.scores.iter().filter(|score| score.abs() > self.scores[word].abs()).count()
    }

    fn cells(&self, word: usize) -> [Cell; 3] {
        let score = self.scores[word];
        let signed_map = self.scores.iter().any(|score| *score < 0.0) || self.name == LEAVE_ONE_OUT;
        let number = if signed_map { signed(score) } else { fine(score) };
        [number.into(), self.rank(word).to_string().into(), bar(self.share(word), BAR).into()]
    }
}

/// The text with its words as the shown map and leave-one-out weigh them.
pub(super) fn words(text: Text, example: &ExampleReport) -> String {
    let reading = example
        .shown()
        .and_then(|r| Some(Map { name: &r.method, scores: r.scores.value.as_deref()? }))
        .filter(|map| map.scores.len() == example.words.len());
    let loo = example.references.iter().find(|reference| reference.method == LEAVE_ONE_OUT);
    let loo = loo
        .and_then(|r| Some(Map { name: LEAVE_ONE_OUT, scores: r.scores.value.as_deref()? }))
        .filter(|map| map.scores.len() == example.words.len());
    let maps: Vec<Map<'_>> = reading.into_iter().chain(loo).collect();
    let plain = |(sequence, name): &(usize, &str)| {
        flow(name, &spans(example, *sequence, |_| PLAIN), text.columns, text.paint)
    };
    let texts = texts(example);
    if !text.paint.color || maps.is_empty() {
        let list = if text.paint.color { String::new() } else { list(text, example, &maps) };
        return texts.iter().map(plain).chain([list]).collect();
    }
    let longest = maps.iter().map(|map| map.name).chain(texts.iter().map(|(_, name)| *name)).map(str::len);
    let lead = longest.max().unwrap_or(0) + 2;
    let strip = |map: &Map<'_>| {
        let one = |(sequence, name): &(usize, &str)| {
            // The first text stands beside the map's name, the second beside its own.
            let name = format!("{:<lead$}", if *sequence == 0 { map.name } else { name });
            let pieces = spans(example, *sequence, |word| shade(map.share(word)));
            let lines = flow(&" ".repeat(lead), &pieces, text.columns, text.paint);
            lines.replacen(&" ".repeat(lead), &text.paint.on(DIM, &name), 1)
        };
        texts.iter().map(one).collect::<String>()
    };
    maps.iter().map(strip).collect()
}

/// Each text with what stands before it; one text needs no name.
fn texts(example: &ExampleReport) -> Vec<(usize, &'static str)> {
    if example.pair.is_some() { vec![(0, "first:  "), (1, "second: ")] } else { vec![(0, "")] }
}

/// The audited part of one text, cut into words and what lies between them.
fn spans(example: &ExampleReport, sequence: usize, style: impl Fn(usize) -> Style) -> Vec<Piece<'_>> {
    let whole = if sequence == 0 { &example.text } else { example.pair.as_ref().unwrap_or(&example.text) };
    let mut out = Vec::new();
    let mut at = example.cut_before(sequence);
    if at > 0 {
        out.push(Piece { text: "… ", style: PLAIN });
    }
    for (i, word) in example.words.iter().enumerate().filter(|(_, word)| word.sequence == sequence) {
        if let Some(text) = whole.get(at..word.start) {
            out.push(Piece { text, style: PLAIN });
        }
        if let Some(text) = whole.get(word.start.max(at)..word.end) {
            out.push(Piece { text, style: style(i) });
            at = word.end;
        }
    }
    let rest = whole.get(at..).unwrap_or("");
    let cut = example.is_cut_after(rest);
    out.push(Piece { text: if cut { " …" } else { rest }, style: PLAIN });
    out
}

/// The words that the maps rank highest, taken in turn, in the order of the first map.
fn list(text: Text, example: &ExampleReport, maps: &[Map<'_>]) -> String {
    let mut chosen: Vec<usize> = Vec::new();
    let orders: Vec<Vec<usize>> = maps.iter().map(Map::order).collect();
    for word in
        (0..example.words.len()).flat_map(|place| orders.iter().filter_map(move |order| order.get(place)))
    {
        if chosen.len() < LISTED && !chosen.contains(word) {
            chosen.push(*word);
        }
    }
    let Some(first) = orders.first() else { return String::new() };
    chosen.sort_by_key(|word| first.iter().position(|w| w == word));
    let mut columns = vec![(Align::Left, "word"), (Align::Right, "#")];
    for map in maps {
        let heading = if map.name == LEAVE_ONE_OUT { LEAVE_ONE_OUT } else { "map" };
        columns.extend([(Align::Right, heading), (Align::Right, "rank"), (Align::Left, "")]);
    }
    let mut table = Table::new(&columns);
    for word in &chosen {
        let name = visible(&example.words[*word].text);
        let mut cells = vec![clip(&name, WORD).as_ref().into(), (word + 1).to_string().into()];
        cells.extend(maps.iter().flat_map(|map| map.cells(*word)));
        table.row(cells);
    }
    let left = example.words.len() - chosen.len();
    let more = if left > 0 { format!("; {left} more are not listed") } else { String::new() };
    let name = maps.first().map_or("", |map| map.name);
    let which = if name == LEAVE_ONE_OUT { String::new() } else { format!("map: {name}; ") };
    let place = if example.pair.is_some() { "place in both texts" } else { "place in the text" };
    let note = format!("{which}#: {place}; bars: share of the largest{more}");
    format!("\n{}{}", table.print(text), text.paragraph("", &note))
}

/// A bar of at most `columns` columns, in eighths.
fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share.abs().clamp(0.0, 1.0) * 8.0 * columns as f64).round() as usize;
    let mut out = "█".repeat(eighths / 8);
    out.extend((eighths % 8).checked_sub(1).map(|part| EIGHTHS[part]));
    out
}
