//! Which pieces make up which word of the text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::script::is_unspaced;

/// What a text is asked to be cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Units {
    /// Words, with all their pieces together.
    #[default]
    Words,
    /// Pieces, each by itself.
    Pieces,
}

impl Units {
    /// As flags and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Pieces => "pieces",
        }
    }
}

/// What counts as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// The tokenizer's own words, from its pre-tokenizer: for BERT and byte-level BPE, punctuation stands apart.
    Pretokenized,
    /// Runs of text between white space, because the tokenizer cuts the text without words of its own:
    /// punctuation belongs to its word.
    Whitespace,
    /// The pieces, because they were asked for. Pieces that share a character (bytes of it, or what it was normalised
    /// into) are one, and one of bare white space goes with the piece that follows it.
    Piece,
}

/// A content word: a stretch of a text and all the pieces it was cut into.
///
/// The words of a text do not overlap, come in the order of the text, and together hold every content piece
/// (a piece of bare white space goes with the word that follows it; where that is the masked word of a masked-word
/// model, it is left out of the audit with it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word as it stands in the text: `text[start..end]`, without white space around it.
    pub text: String,
    /// Which text of a pair it stands in, 0 or 1; 0 where there is one text.
    pub text_index: usize,
    /// First byte in that text.
    pub start: usize,
    /// One past the last byte in that text.
    pub end: usize,
    /// The same stretch counted in characters (Unicode scalar values), as Python counts.
    pub chars: Range<usize>,
    /// Positions of the word's pieces in the sequence.
    pub pieces: Range<usize>,
}

/// A word while it is being put together.
#[derive(Clone)]
struct Draft {
    span: Range<usize>,
    pieces: Range<usize>,
    /// The tokenizer's own number for the word.
    id: Option<u32>,
    added: bool,
}

/// What is known of every piece of an encoding.
pub(super) struct Pieces<'a> {
    /// The bytes of its text that it stands for.
    pub offsets: &'a [Range<usize>],
    /// The tokenizer's own number for its word.
    pub ids: &'a [Option<u32>],
    /// Which text it is of; none for specials.
    pub sequences: &'a [Option<usize>],
    /// Whether it is a token that was added to the vocabulary.
    pub added: &'a [bool],
}

/// The words of every text.
pub(super) struct Grouped {
    pub unit: Unit,
    pub words: Vec<Word>,
    /// How many words were cut into their pieces, since their script puts no space between words.
    pub unspaced: usize,
}

/// Groups the content pieces of every text into words, in the order of the tokens.
///
/// The tokenizer's words are taken, unless it gives none or one of them spans white space (added tokens may); then
/// white space parts the words of every text. Either way a word of several pieces that is mainly of a script without
/// spaces is no word but a phrase or a sentence: its pieces are taken in its place. No word begins or ends within what a
/// reader sees as one character (an extended grapheme cluster, UAX #29): a mark stays with its letter, an emoji is whole.
pub(super) fn group(texts: &[&str], pieces: &Pieces<'_>, units: Units) -> Grouped {
    let of = |unit: Option<Unit>| -> Vec<(Unit, Vec<Draft>)> {
        texts.iter().enumerate().map(|(sequence, text)| group_one(text, sequence, pieces, unit)).collect()
    };
    let mut found = of((units == Units::Pieces).then_some(Unit::Piece));
    let unit = found.iter().map(|(unit, _)| *unit).max().unwrap_or(Unit::Pretokenized);
    if unit == Unit::Whitespace {
        found = of(Some(unit));
    }
    let mut grouped = Grouped { unit, words: Vec::new(), unspaced: 0 };
    for (sequence, (text, (_, drafts))) in texts.iter().zip(found).enumerate() {
        let (drafts, unspaced) = part(text, sequence, drafts, pieces);
        grouped.unspaced += unspaced;
        grouped.words.extend(finish(text, sequence, drafts));
    }
    grouped.words.sort_by_key(|word| word.pieces.start);
    grouped
}

/// Takes the pieces of every word that has no spaces to be parted by; how many such words there were.
fn part(text: &str, sequence: usize, words: Vec<Draft>, all: &Pieces<'_>) -> (Vec<Draft>, usize) {
    let joins = joined(text);
    let all = drafts(text, sequence, all);
    let mut parted = Vec::with_capacity(words.len());
    let mut unspaced = 0;
    for word in words {
        if word.pieces.len() > 1 && !word.added && is_unspaced(&text[word.span.clone()]) {
            let pieces = all.iter().filter(|piece| word.pieces.contains(&piece.pieces.start)).cloned();
            let pieces = gather(pieces, |word, piece| !joins(word, piece), |_, _| false);
            unspaced += usize::from(pieces.len() > 1);
            parted.extend(pieces);
        } else {
            parted.push(word);
        }
    }
    (parted, unspaced)
}

/// The content pieces of one text.
fn drafts(text: &str, sequence: usize, all: &Pieces<'_>) -> Vec<Draft> {
    let content = (0..all.offsets.len()).filter(|&at| all.sequences[at] == Some(sequence));
    let content: Vec<usize> = content.collect();
    let spans = whole(text, content.iter().map(|&at| all.offsets[at].clone()).collect());
    let draft = |(at, span): (usize, Range<usize>)| Draft {
        span: trim(text, span),
        pieces: at..at + 1,
        id: all.ids[at],
        added: all.added[at],
    };
    content.into_iter().zip(spans).map(draft).collect()
}

/// Widens each stretch over the rest of the characters, as a reader sees them, at its ends, as far as none beside it has that:
/// of a letter and its mark that are normalised into one a tokenizer tells where the letter stands, and of marks that it takes
/// away nothing.
fn whole(text: &str, mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if text.is_ascii() {
        return spans;
    }
    let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    // Where the next stretch begins behind the end of each; those of one character's bytes are the same.
    let mut next = vec![text.len(); spans.len()];
    for i in (0..spans.len().saturating_sub(1)).rev() {
        let behind = if spans[i + 1].start >= spans[i].end { spans[i + 1].start } else { next[i + 1] };
        next[i] = behind.max(spans[i].end);
    }
    let mut free = 0;
    for (span, next) in spans.iter_mut().zip(next).filter(|(span, _)| span.start < span.end) {
        let first = starts.partition_point(|&start| start <= span.start).saturating_sub(1);
        let behind = starts.partition_point(|&start| start < span.end);
        let start = starts.get(first).map_or(span.start, |start| (*start).max(free).min(span.start));
        let end = starts.get(behind).map_or(text.len(), |end| *end).min(next).max(span.end);
        *span = start..end;
        free = free.max(end);
    }
    spans
}

/// The words of one text, of the unit that is asked for or that fits.
fn group_one(text: &str, sequence: usize, all: &Pieces<'_>, unit: Option<Unit>) -> (Unit, Vec<Draft>) {
    let all = drafts(text, sequence, all);
    let pieces = || all.iter().cloned();
    if unit == Some(Unit::Piece) {
        return (Unit::Piece, gather(pieces(), |_, _| true, |_, _| false));
    }
    let joins = joined(text);
    if unit != Some(Unit::Whitespace) && pieces().all(|piece| piece.id.is_some()) {
        let apart = |word: &Draft, piece: &Draft| word.id != piece.id && !joins(word, piece);
        let words = gather(pieces(), apart, |word, blank| word.id == blank.id);
        let blank_inside =
            |word: &Draft| !word.added && text[word.span.clone()].contains(char::is_whitespace);
        if !words.iter().any(blank_inside) {
            return (Unit::Pretokenized, words);
        }
    }
    let apart = |word: &Draft, piece: &Draft| {
        text.get(word.span.end..piece.span.start).is_some_and(|gap| gap.contains(char::is_whitespace))
    };
    (Unit::Whitespace, gather(pieces(), apart, |_, _| false))
}

/// Whether a piece goes on with the character, as a reader sees it, with which the word before it ends; or with the word,
/// which many tokenizers cut at every mark of a letter.
fn joined(text: &str) -> impl Fn(&Draft, &Draft) -> bool {
    // Every character of ASCII stands by itself, but for a line end of two, which is white space.
    let starts: Option<Vec<usize>> =
        (!text.is_ascii()).then(|| text.grapheme_indices(true).map(|(at, _)| at).collect());
    move |word, piece| {
        let (Some(starts), true) = (&starts, word.span.end == piece.span.start) else { return false };
        let Err(next) = starts.binary_search(&piece.span.start) else {
            let last = starts.partition_point(|&start| start < word.span.end).checked_sub(1);
            let cluster = last.map_or("", |last| &text[starts[last]..word.span.end]);
            let is_marked = cluster.starts_with(char::is_alphabetic) && cluster.chars().nth(1).is_some();
            return is_marked
                && !is_unspaced(cluster)
                && text[piece.span.start..].starts_with(char::is_alphanumeric);
        };
        next > 0
    }
}

/// Joins pieces into words: `apart` says that a piece begins a new word, `own` that a piece of bare white space
/// belongs to the word before it.
///
/// Pieces whose stretches overlap (one character that was normalised into several) are never parted.
fn gather(
    pieces: impl Iterator<Item = Draft>,
    apart: impl Fn(&Draft, &Draft) -> bool,
    own: impl Fn(&Draft, &Draft) -> bool,
) -> Vec<Draft> {
    let mut words: Vec<Draft> = Vec::new();
    // Pieces of bare white space that wait for their word.
    let mut waiting: Option<Range<usize>> = None;
    for mut piece in pieces {
        let last = words.last_mut();
        if piece.span.is_empty() {
            match (last, &mut waiting) {
                (Some(word), None) if own(word, &piece) => word.pieces.end = piece.pieces.end,
                (_, Some(waiting)) => waiting.end = piece.pieces.end,
                (_, None) => waiting = Some(piece.pieces),
            }
            continue;
        }
        let blank = waiting.take();
        match last {
            Some(word) if piece.span.start < word.span.end || !apart(word, &piece) => {
                word.span.end = word.span.end.max(piece.span.end);
                word.pieces.end = piece.pieces.end;
                // What follows is asked whether it goes on with the last piece.
                word.id = piece.id;
                word.added &= piece.added;
            }
            _ => {
                piece.pieces.start = blank.map_or(piece.pieces.start, |blank| blank.start);
                words.push(piece);
            }
        }
    }
    // White space at the end of the text has no word after it.
    if let (Some(word), Some(blank)) = (words.last_mut(), waiting) {
        word.pieces.end = blank.end;
    }
    words
}

fn finish(text: &str, sequence: usize, words: Vec<Draft>) -> Vec<Word> {
    let spans: Vec<_> = words.iter().map(|word| word.span.clone()).collect();
    let chars = to_chars(text, &spans);
    words
        .into_iter()
        .zip(chars)
        .map(|(word, chars)| Word {
            text: text[word.span.clone()].to_owned(),
            text_index: sequence,
            start: word.span.start,
            end: word.span.end,
            chars,
            pieces: word.pieces,
        })
        .collect()
}

/// The stretch without white space at its ends; empty where there is nothing else.
fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let slice = &text[span.clone()];
    let start = span.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

/// Widens a stretch to whole characters within the text: byte-level tokenizers part the bytes of one character.
pub(super) fn snap(text: &str, start: usize, end: usize) -> Range<usize> {
    let mut start = start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The same stretches in characters instead of bytes. Both ends must lie between characters.
pub(super) fn to_chars(text: &str, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ends: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    ends.sort_unstable();
    ends.dedup();
    // One walk over the text, not one for each stretch.
    let (mut chars, mut from) = (0, 0);
    let counts: Vec<usize> = ends
        .iter()
        .map(|&end| {
            chars += text[from..end].chars().count();
            from = end;
            chars
        })
        .collect();
    let count = |end: usize| counts[ends.partition_point(|&other| other < end)];
    spans.iter().map(|span| count(span.start)..count(span.end)).collect()
}

/// The same of several texts: each stretch is of the text of its sequence, and none is of no text.
pub(super) fn to_chars_of(
    texts: &[&str],
    sequences: &[Option<usize>],
    spans: &[Range<usize>],
) -> Vec<Range<usize>> {
    let mut out = vec![0..0; spans.len()];
    for (sequence, text) in texts.iter().enumerate() {
        let (places, spans): (Vec<usize>, Vec<Range<usize>>) = (0..spans.len())
            .filter(|&place| sequences[place] == Some(sequence))
            .map(|place| (place, spans[place].clone()))
            .unzip();
        for (place, chars) in places.into_iter().zip(to_chars(text, &spans)) {
            out[place] = chars;
        }
    }
    out
}

/// What stands between white space, in bytes.
#[must_use]
pub fn blanks(text: &str) -> Vec<Range<usize>> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| start(word)..start(word) + word.len()).collect()
}
