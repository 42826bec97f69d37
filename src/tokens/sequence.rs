//! One encoded text.

use std::ops::Range;

use super::{Unit, Word};

/// One text as the model gets it. `T` tokens; every list but the words is `[T]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Token ids, specials included.
    pub ids: Vec<u32>,
    /// The pieces as the vocabulary writes them (`##ing`, `Ġthe`).
    pub pieces: Vec<String>,
    /// Which sequence of a pair a token belongs to; all 0 for one text, in nearly every tokenizer.
    pub type_ids: Vec<u32>,
    /// Where each piece stands in the text, in bytes, widened to whole characters; empty for specials. May hold
    /// the white space before a word.
    pub offsets: Vec<Range<usize>>,
    /// The same in characters (Unicode scalar values), as Python counts.
    pub char_offsets: Vec<Range<usize>>,
    /// Whether the tokenizer added the token; never true for what is in the text.
    pub special: Vec<bool>,
    /// The content words, in the order of the text.
    pub words: Vec<Word>,
    /// What counts as a word here.
    pub unit: Unit,
    /// Positions of content pieces that are a special token standing literally in the text, such as `[MASK]`.
    pub typed_specials: Vec<usize>,
}

/// How much of a text the model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Words within the window, counted from the beginning of the text.
    pub kept_words: usize,
    /// Words of the text.
    pub all_words: usize,
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

    /// The positions that stay when the given words are taken out, all their pieces together; the rest closes up.
    ///
    /// Numbers that name no word change nothing.
    #[must_use]
    pub fn delete(&self, words: &[usize]) -> Vec<usize> {
        let mut kept = vec![true; self.len()];
        for word in words.iter().filter_map(|&word| self.words.get(word)) {
            kept[word.pieces.clone()].fill(false);
        }
        (0..self.len()).filter(|&position| kept[position]).collect()
    }

    /// As much of the text as `max_tokens` hold: every special token, and the first words that fit whole.
    ///
    /// A text that fits comes back as it is. Where not even the first word fits, or there are as many specials
    /// as tokens allowed, no word is left; the specials always stay.
    #[must_use]
    pub fn window(&self, max_tokens: usize) -> (Self, Window) {
        let window = |kept: &Self| Window {
            kept_words: kept.words.len(),
            all_words: self.words.len(),
            kept_tokens: kept.len(),
            all_tokens: self.len(),
        };
        if self.len() <= max_tokens {
            return (self.clone(), window(self));
        }
        let specials = self.special.iter().filter(|&&special| special).count();
        let room = max_tokens.saturating_sub(specials);
        let content = self.special.iter().position(|&special| !special).unwrap_or(0);
        let fits = self.words.iter().take_while(|word| word.pieces.end - content <= room).count();
        let end = self.words[..fits].last().map_or(content, |word| word.pieces.end);
        let kept: Vec<usize> =
            (0..self.len()).filter(|&position| self.special[position] || position < end).collect();
        let tokens = Self {
            ids: kept.iter().map(|&position| self.ids[position]).collect(),
            pieces: kept.iter().map(|&position| self.pieces[position].clone()).collect(),
            type_ids: kept.iter().map(|&position| self.type_ids[position]).collect(),
            offsets: kept.iter().map(|&position| self.offsets[position].clone()).collect(),
            char_offsets: kept.iter().map(|&position| self.char_offsets[position].clone()).collect(),
            special: kept.iter().map(|&position| self.special[position]).collect(),
            words: self.words[..fits].to_vec(),
            unit: self.unit,
            typed_specials: self.typed_specials.iter().copied().filter(|&position| position < end).collect(),
        };
        let window = window(&tokens);
        (tokens, window)
    }
}
