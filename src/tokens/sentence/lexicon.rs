//! The pieces of a model, found by what a text begins with.

use std::cmp::Ordering;
use std::ops::Range;

use super::proto::{Kind, Model};

/// Bytes of a piece: the search tries every end of every piece.
const PIECE: usize = 1024;

/// The pieces that a text can be cut into, in the order of their bytes.
#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    pieces: Vec<Known>,
    /// The lowest score of a normal piece.
    pub least: f32,
    /// The highest, and no less than the smallest positive number.
    pub most: f32,
}

/// A piece of the lexicon.
#[derive(Debug, Clone)]
pub(super) struct Known {
    text: String,
    pub score: f32,
    /// Found whole in a text.
    pub is_defined: bool,
    /// In the vocabulary, and never to be used.
    pub is_unused: bool,
}

impl Lexicon {
    pub(super) fn of(model: &Model) -> Result<Self, &'static str> {
        let (mut least, mut most) = (f32::MAX, f32::MIN_POSITIVE);
        let mut pieces = Vec::with_capacity(model.pieces.len());
        for piece in &model.pieces {
            if piece.kind == Kind::Normal {
                (least, most) = (least.min(piece.score), most.max(piece.score));
            }
            if matches!(piece.kind, Kind::Normal | Kind::Defined | Kind::Unused) {
                if piece.text.is_empty() {
                    return Err("a piece is empty");
                }
                if piece.text.len() > PIECE {
                    return Err("a piece is longer than 1024 bytes");
                }
                pieces.push(Known {
                    text: piece.text.clone(),
                    score: piece.score,
                    is_defined: piece.kind == Kind::Defined,
                    is_unused: piece.kind == Kind::Unused,
                });
            }
        }
        pieces.sort_by(|a, b| a.text.cmp(&b.text));
        if pieces.windows(2).any(|two| two[0].text == two[1].text) {
            return Err("a piece stands in it twice");
        }
        Ok(Self { pieces, least, most })
    }

    /// The pieces that `text` begins with, the shortest first, each with its bytes.
    pub(super) fn prefixes<'l>(&'l self, text: &'l [u8]) -> impl Iterator<Item = (usize, &'l Known)> {
        let mut range = 0..self.pieces.len();
        (0..text.len())
            .map_while(move |at| {
                range = self.narrow(range.clone(), at, text[at]);
                let first = self.pieces.get(range.start).filter(|_| !range.is_empty())?;
                Some((at + 1, first))
            })
            .filter(|(bytes, piece)| piece.text.len() == *bytes)
    }

    /// Of pieces that agree before `at`, those with this byte there.
    fn narrow(&self, range: Range<usize>, at: usize, byte: u8) -> Range<usize> {
        let here = |piece: &Known| piece.text.as_bytes().get(at).map_or(Ordering::Less, |own| own.cmp(&byte));
        let pieces = &self.pieces[range.clone()];
        let start = pieces.partition_point(|piece| here(piece) == Ordering::Less);
        let end = pieces.partition_point(|piece| here(piece) != Ordering::Greater);
        range.start + start..range.start + end
    }

    /// A piece by what it is.
    pub(super) fn get(&self, text: &str) -> Option<&Known> {
        let at = self.pieces.binary_search_by(|piece| piece.text.as_str().cmp(text)).ok()?;
        Some(&self.pieces[at])
    }

    /// Bytes of the longest piece found whole that `text` begins with.
    pub(super) fn defined(&self, text: &str) -> Option<usize> {
        self.prefixes(text.as_bytes()).filter(|(_, piece)| piece.is_defined).map(|(bytes, _)| bytes).last()
    }

    /// Whether any piece is found whole.
    pub(super) fn has_defined(&self) -> bool {
        self.pieces.iter().any(|piece| piece.is_defined)
    }
}
