//! Agreement of a map with what people marked: plausibility, which is another thing than faithfulness and never enters a
//! verdict (Jacovi & Goldberg 2020).
//!
//! The figures are those of the ERASER benchmark (`DeYoung` et al. 2020), of one text; over texts they are averaged, so
//! that long texts weigh no more than short ones. A map is made a choice of words by its `k` highest, where `k` is the
//! share of a text that people mark on average in this data set times the words of the text, at least 1. A score counts
//! as it stands: what speaks against the explained class ranks below what says nothing.

use std::cmp::Ordering;
use std::ops::Range;

use crate::stats::rank::argsort_descending;

/// The least intersection over union of two stretches that match.
const MATCH: f64 = 0.5;

/// Precision, recall and their harmonic mean, each in [0, 1]; 1 is best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct F1 {
    /// The share of what was chosen that is right.
    pub precision: f64,
    /// The share of what is right that was chosen.
    pub recall: f64,
    /// Their harmonic mean; 0 where nothing right was chosen.
    pub f1: f64,
}

impl F1 {
    fn of(hits: usize, chosen: usize, right: usize) -> Self {
        let share = |of: usize| if of == 0 { 0.0 } else { hits as f64 / of as f64 };
        let (precision, recall) = (share(chosen), share(right));
        let both = precision + recall;
        Self { precision, recall, f1: if both > 0.0 { 2.0 * precision * recall / both } else { 0.0 } }
    }
}

/// The words that people marked: every word that one of the spans touches; all in bytes of one text.
#[must_use]
pub fn marked(words: &[Range<usize>], spans: &[Range<usize>]) -> Vec<bool> {
    let touches =
        |word: &Range<usize>| spans.iter().any(|span| span.start < word.end && word.start < span.end);
    words.iter().map(touches).collect()
}

/// The stretches of words that people marked, one for each span that touches a word; none twice.
#[must_use]
pub fn stretches(words: &[Range<usize>], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = spans
        .iter()
        .filter_map(|span| {
            let touched = |word: &Range<usize>| span.start < word.end && word.start < span.end;
            let first = words.iter().position(touched)?;
            let last = words.iter().rposition(touched)?;
            Some(first..last + 1)
        })
        .collect();
    out.sort_by_key(|stretch| (stretch.start, stretch.end));
    out.dedup();
    out
}

/// The stretches of neighbours that are true.
#[must_use]
pub fn runs(chosen: &[bool]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for place in (0..chosen.len()).filter(|place| chosen[*place]) {
        match out.last_mut() {
            Some(run) if run.end == place => run.end += 1,
            _ => out.push(place..place + 1),
        }
    }
    out
}

/// How many of `words` a map is cut to; `None` without a word. `share` is in [0, 1].
#[must_use]
pub fn length(share: f64, words: usize) -> Option<usize> {
    (words > 0).then(|| ((share * words as f64).round() as usize).clamp(1, words))
}

/// The words of the `k` highest scores; of equals the first.
#[must_use]
pub fn top(scores: &[f64], k: usize) -> Vec<bool> {
    let mut out = vec![false; scores.len()];
    for place in argsort_descending(scores).into_iter().take(k) {
        out[place] = true;
    }
    out
}

/// Agreement word by word ("token F1"); `None` where nobody marked a word.
#[must_use]
pub fn token_f1(chosen: &[bool], marked: &[bool]) -> Option<F1> {
    let count = |of: &[bool]| of.iter().filter(|on| **on).count();
    let hits = chosen.iter().zip(marked).filter(|(chosen, marked)| **chosen && **marked).count();
    (count(marked) > 0).then(|| F1::of(hits, count(chosen), count(marked)))
}

/// What [`token_f1`] is in the mean when `chosen` of `words` are drawn at random: `2km / (n(k + m))`.
#[must_use]
pub fn chance(words: usize, chosen: usize, marked: usize) -> Option<f64> {
    let both = (chosen + marked) as f64 * words as f64;
    (marked > 0 && both > 0.0).then(|| 2.0 * chosen as f64 * marked as f64 / both)
}

/// Agreement stretch by stretch ("IOU F1"): a chosen stretch is right where its intersection over union with one that
/// people marked is at least 0.5. `None` where nobody marked one.
///
/// As in the benchmark's code, what is counted is chosen stretches, for recall too.
#[must_use]
pub fn iou_f1(chosen: &[Range<usize>], marked: &[Range<usize>]) -> Option<F1> {
    let iou = |a: &Range<usize>, b: &Range<usize>| {
        let both = a.end.min(b.end).saturating_sub(a.start.max(b.start));
        let either = a.len() + b.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    };
    let right = |stretch: &&Range<usize>| marked.iter().any(|other| iou(stretch, other) >= MATCH);
    let hits = chosen.iter().filter(right).count();
    (!marked.is_empty()).then(|| F1::of(hits, chosen.len(), marked.len()))
}

/// Area under the precision–recall curve as a sum over its steps (average precision): the sum of precision × gain in
/// recall from the highest score down, words of one score together.
///
/// In (0, 1], 1 where every marked word is above every other; a constant map gets the share of marked words. `None`
/// where no word is marked, or every one is. The benchmark's own code joins the points of the curve by straight
/// lines instead, which is more favourable.
#[must_use]
pub fn average_precision(scores: &[f64], marked: &[bool]) -> Option<f64> {
    let all = marked.iter().filter(|marked| **marked).count();
    if scores.len() != marked.len() || all == 0 || all == marked.len() {
        return None;
    }
    let order = argsort_descending(scores);
    let (mut seen, mut hits, mut area) = (0, 0, 0.0);
    for group in order.chunk_by(|a, b| scores[*a].partial_cmp(&scores[*b]) == Some(Ordering::Equal)) {
        let found = group.iter().filter(|place| marked[**place]).count();
        seen += group.len();
        hits += found;
        area += found as f64 / all as f64 * (hits as f64 / seen as f64);
    }
    Some(area)
}

/// The share of a text's white-space tokens that its spans touch; `None` where they touch none.
#[must_use]
pub fn share(text: &str, spans: &[Range<usize>]) -> Option<f64> {
    let (mut tokens, mut touched) = (0_usize, 0_usize);
    let ends = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let mut from = 0;
    for end in ends.chain([text.len()]) {
        let token = text[from..end].trim_start();
        let begin = end - token.len();
        if !token.is_empty() {
            tokens += 1;
            touched += usize::from(spans.iter().any(|span| span.start < end && begin < span.end));
        }
        from = end;
    }
    (touched > 0).then(|| touched as f64 / tokens as f64)
}
