//! One encoded text, or one encoded pair.

use std::ops::Range;

use super::{Unit, Word};

/// One text or pair of texts as the model gets it. `T` tokens; every list but the words is `[T]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Token ids, specials included.
    pub ids: Vec<u32>,
    /// The pieces as the vocabulary writes them (`##ing`, `Ġthe`).
    pub pieces: Vec<String>,
    /// What the model is told of which text of a pair a token belongs to; all 0 for one text, and in many models (such as
    /// `RoBERTa`) also for two.
    pub type_ids: Vec<u32>,
    /// Which text of a pair each token stands in, 0 or 1; `None` for specials.
    pub sequences: Vec<Option<usize>>,
    /// Where each piece stands in its text, in bytes, widened to whole characters; empty for specials. May hold
    /// the white space before a word.
    pub offsets: Vec<Range<usize>>,
    /// The same in characters (Unicode scalar values), as Python counts.
    pub char_offsets: Vec<Range<usize>>,
    /// Whether the tokenizer added the token; never true for what is in the text.
    pub special: Vec<bool>,
    /// The content words, in the order of the tokens: those of the first text, then those of the second.
    pub words: Vec<Word>,
    /// What counts as a word here.
    pub unit: Unit,
    /// How many words were cut into their pieces, each of which is now a word, since their script puts no space between
    /// words.
    pub unspaced: usize,
    /// Positions of content pieces that are the unknown token: the vocabulary lacks what stands there.
    pub unknown: Vec<usize>,
    /// Positions of content pieces that are a special token standing literally in the text, such as `[MASK]`.
    pub typed_specials: Vec<usize>,
}

/// The side of a text at which it is cut where it is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TruncationSide {
    /// The last words are left out.
    #[default]
    Right,
    /// The first words are left out.
    Left,
}

/// How much of a text, or of both texts of a pair, the model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The side at which each text was cut.
    pub side: TruncationSide,
    /// Words within the window.
    pub kept_words: usize,
    /// Words of the texts.
    pub all_words: usize,
    /// Of these, words of the second text within the window and in all; 0 where there is none.
    pub second: (usize, usize),
    /// Tokens within the window, specials included.
    pub kept_tokens: usize,
    /// Tokens of the text, specials included.
    pub all_tokens: usize,
}

impl Window {
    /// Whether some of the text is left out.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.kept_tokens < self.all_tokens
    }
}

impl Tokens {
    /// How many tokens there are, specials included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token at all, not even a special one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// As much of the text as `max_tokens` hold: every special token, and the words that fit whole, from the first on or,
    /// where the text is cut at its left side, up to the last.
    ///
    /// Of a pair, the longer text is cut first, as transformers does by default (`longest_first`): until both are of one
    /// length, then both; what is odd goes to the longer one, or to the second of equals. A text that fits comes back as
    /// it is. Where not even one word fits, or there are as many specials as tokens allowed, no word is left; the
    /// specials always stay.
    #[must_use]
    pub fn window(&self, max_tokens: usize, side: TruncationSide) -> (Self, Window) {
        if self.len() <= max_tokens {
            return (self.clone(), self.seen(self, side));
        }
        let of = |sequence: usize| (0..self.len()).filter(move |&at| self.sequences[at] == Some(sequence));
        let lengths = [0, 1].map(|sequence| of(sequence).count());
        let specials = self.len() - lengths[0] - lengths[1];
        let rooms = longest_first(lengths, max_tokens.saturating_sub(specials));
        let kept = [0, 1].map(|sequence| self.fitting(sequence, rooms[sequence], side));
        let stays = |at: usize| self.sequences[at].is_none_or(|sequence| kept[sequence.min(1)].contains(&at));
        let tokens = self.keep(&(0..self.len()).filter(|&at| stays(at)).collect::<Vec<_>>());
        let window = self.seen(&tokens, side);
        (tokens, window)
    }

    /// The positions of as many words of one text as `room` tokens hold.
    fn fitting(&self, sequence: usize, room: usize, side: TruncationSide) -> Range<usize> {
        let mut positions = (0..self.len()).filter(|&at| self.sequences[at] == Some(sequence));
        let start = positions.next().unwrap_or(0);
        let end = positions.next_back().unwrap_or(start) + 1;
        let mut words = self.words.iter().filter(|word| word.text_index == sequence).map(|word| &word.pieces);
        match side {
            TruncationSide::Right => {
                let last = words.take_while(|pieces| pieces.end - start <= room).last();
                start..last.map_or(start, |pieces| pieces.end)
            }
            TruncationSide::Left => {
                words.find(|pieces| end - pieces.start <= room).map_or(end, |pieces| pieces.start)..end
            }
        }
    }

    /// What is left with the tokens at these places, in their order; a word is left where its first piece is.
    fn keep(&self, kept: &[usize]) -> Self {
        let place = |position: &usize| kept.binary_search(position).ok();
        let word = |word: &Word| {
            let start = place(&word.pieces.start)?;
            Some(Word { pieces: start..start + word.pieces.len(), ..word.clone() })
        };
        Self {
            ids: kept.iter().map(|&position| self.ids[position]).collect(),
            pieces: kept.iter().map(|&position| self.pieces[position].clone()).collect(),
            type_ids: kept.iter().map(|&position| self.type_ids[position]).collect(),
            sequences: kept.iter().map(|&position| self.sequences[position]).collect(),
            offsets: kept.iter().map(|&position| self.offsets[position].clone()).collect(),
            char_offsets: kept.iter().map(|&position| self.char_offsets[position].clone()).collect(),
            special: kept.iter().map(|&position| self.special[position]).collect(),
            words: self.words.iter().filter_map(word).collect(),
            unit: self.unit,
            unspaced: self.unspaced,
            unknown: self.unknown.iter().filter_map(place).collect(),
            typed_specials: self.typed_specials.iter().filter_map(place).collect(),
        }
    }

    /// What stands before the token at `end`: of a word that reaches beyond it, the pieces before it are left.
    ///
    /// `text` is the one text that was encoded.
    #[must_use]
    pub fn until(&self, end: usize, text: &str) -> Self {
        let mut before = self.keep(&(0..end.min(self.len())).collect::<Vec<_>>());
        if let Some(word) = before.words.last_mut().filter(|word| word.pieces.end > end) {
            word.pieces.end = end;
            let last = end - 1;
            let kept = text.get(word.start..self.offsets[last].end).map_or("", str::trim_end);
            word.end = word.start + kept.len();
            word.chars.end = word.chars.start + kept.chars().count();
            kept.clone_into(&mut word.text);
        }
        before
    }

    /// The same up to the last token of the text: nothing that was put there closes it. A text without any content stays.
    #[must_use]
    pub fn open(self) -> Self {
        match self.text_end() {
            0 => self,
            end if end == self.len() => self,
            end => self.keep(&(0..end).collect::<Vec<_>>()),
        }
    }

    /// One past the last token that is of the text; 0 where none is.
    #[must_use]
    pub fn text_end(&self) -> usize {
        self.special.iter().rposition(|special| !special).map_or(0, |last| last + 1)
    }

    fn seen(&self, kept: &Self, side: TruncationSide) -> Window {
        let second = |tokens: &Self| tokens.words.iter().filter(|word| word.text_index == 1).count();
        Window {
            side,
            kept_words: kept.words.len(),
            all_words: self.words.len(),
            second: (second(kept), second(self)),
            kept_tokens: kept.len(),
            all_tokens: self.len(),
        }
    }
}

/// How many tokens of two texts stay within `room`.
fn longest_first(lengths: [usize; 2], room: usize) -> [usize; 2] {
    let [first, second] = lengths;
    if first + second <= room {
        return lengths;
    }
    let (half, rest) = (room / 2, room - room / 2);
    match (first <= half, second <= half) {
        // The shorter one stays whole, the other takes what is left.
        (true, _) => [first, room - first],
        (_, true) => [room - second, second],
        _ if first > second => [rest, half],
        _ => [half, rest],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token after another from the longer text.
    fn one_by_one(mut lengths: [usize; 2], room: usize) -> [usize; 2] {
        while lengths[0] + lengths[1] > room {
            let longer = usize::from(lengths[1] > lengths[0]);
            lengths[longer] -= 1;
        }
        lengths
    }

    #[test]
    fn the_longer_text_is_cut_until_both_are_of_one_length() {
        for first in 0..12 {
            for second in 0..12 {
                for room in 0..26 {
                    let found = longest_first([first, second], room);
                    let expected = one_by_one([first, second], room);
                    // Where both are cut and one token is left over, the longer one has it.
                    let both = found[0] < first && found[1] < second && room % 2 == 1;
                    let sorted = |mut of: [usize; 2]| {
                        of.sort_unstable();
                        of
                    };
                    assert_eq!(sorted(found), sorted(expected), "{first} {second} {room}");
                    assert!(both || found == expected, "{first} {second} {room}: {found:?}");
                    assert!(
                        !both || (found[0] > found[1]) == (first > second),
                        "{first} {second} {room}: {found:?}"
                    );
                }
            }
        }
    }
}
