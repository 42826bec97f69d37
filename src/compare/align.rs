//! The words of two tokenizers on one text, brought to the finest segmentation that both can be read in.

use crate::report::example::WordReport;

/// Words that stand for the same stretch of text on both sides.
///
/// The connected components of overlapping byte spans: every word of either side is in exactly one, and no finer
/// parting has that property. Components come in the order of the text; no component spans two texts of a
/// pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Words of the first side, as indices; empty where only the second has this stretch.
    pub a: Vec<usize>,
    /// Words of the second.
    pub b: Vec<usize>,
    /// Which text of a pair it stands in.
    pub sequence: usize,
    /// First byte in that text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Component {
    /// Whether both sides have it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.a.is_empty() && !self.b.is_empty()
    }

    /// Whether it is more than one word on a side.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.a.len() > 1 || self.b.len() > 1
    }
}

/// Aligns two lists of words of one text, or of one pair of texts, by their spans.
///
/// Spans that only touch do not overlap; an empty span overlaps an empty span at its own place alone.
#[must_use]
pub fn align(a: &[WordReport], b: &[WordReport]) -> Vec<Component> {
    type Span = (usize, usize, usize, bool, usize);
    let spans = |words: &[WordReport], second: bool| -> Vec<Span> {
        let span = |(i, w): (usize, &WordReport)| (w.sequence, w.start, w.end.max(w.start), second, i);
        words.iter().enumerate().map(span).collect()
    };
    let mut all = spans(a, false);
    all.extend(spans(b, true));
    all.sort_unstable();
    let mut components: Vec<Component> = Vec::new();
    for (sequence, start, end, second, i) in all {
        let joins = |last: &Component| {
            sequence == last.sequence && (start < last.end || (start, end) == (last.start, last.end))
        };
        if !components.last().is_some_and(joins) {
            components.push(Component { a: Vec::new(), b: Vec::new(), sequence, start, end });
        }
        if let Some(component) = components.last_mut() {
            component.end = component.end.max(end);
            if second { component.b.push(i) } else { component.a.push(i) }
        }
    }
    components
}
