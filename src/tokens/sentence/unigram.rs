//! The most likely pieces (Kudo 2018), by dynamic programming over the ends of pieces.

use super::Cut;
use super::lexicon::Lexicon;

/// How much less likely an unknown character is than the least likely piece.
const UNKNOWN: f32 = 10.0;

/// The best way to a place.
#[derive(Clone, Copy)]
struct Best {
    /// Sum of the scores.
    score: f32,
    /// Where its last piece starts; none where no way leads here.
    start: Option<usize>,
    unknown: bool,
}

/// The pieces of a normalised text. Of two ways of one score the one that was found first stays, as the original has it: the
/// one whose last piece is longer.
pub(super) fn cut(text: &str, lexicon: &Lexicon) -> Vec<Cut> {
    let unknown = lexicon.least - UNKNOWN;
    let mut best = vec![Best { score: 0.0, start: None, unknown: false }; text.len() + 1];
    for (start, c) in text.char_indices() {
        let here = best[start].score;
        let mut is_whole = false;
        for (bytes, piece) in lexicon.prefixes(&text.as_bytes()[start..]) {
            if piece.is_unused {
                continue;
            }
            // In double precision, and then rounded: ties are as in the original.
            let score = if piece.is_defined {
                f64::from(bytes as f32 * lexicon.most) - 0.1
            } else {
                f64::from(piece.score)
            };
            let way = score + f64::from(here);
            let end = &mut best[start + bytes];
            if end.start.is_none() || way > f64::from(end.score) {
                *end = Best { score: way as f32, start: Some(start), unknown: false };
            }
            is_whole |= bytes == c.len_utf8();
        }
        if !is_whole {
            let (way, end) = (unknown + here, &mut best[start + c.len_utf8()]);
            if end.start.is_none() || way > end.score {
                *end = Best { score: way, start: Some(start), unknown: true };
            }
        }
    }
    let mut cuts = Vec::new();
    let mut end = text.len();
    while let Some(start) = best[end].start {
        cuts.push((start..end, best[end].unknown));
        end = start;
    }
    cuts.reverse();
    cuts
}
