//! Sets of tokens, a row of bits for each node or level, so that 64 tokens are passed over at once.

/// Rows of `tokens` bits.
pub(super) struct BitRows {
    tokens: usize,
    words: usize,
    bits: Vec<u64>,
}

impl BitRows {
    /// `rows` empty sets.
    pub(super) fn empty(rows: usize, tokens: usize) -> Self {
        let words = tokens.div_ceil(64);
        Self { tokens, words, bits: vec![0; rows * words] }
    }

    /// The places of each row of `values`, `[rows, tokens]`, that hold more than `least`.
    pub(super) fn above(values: &[f64], tokens: usize, least: f64) -> Self {
        let mut rows = Self::empty(values.len() / tokens, tokens);
        for (at, _) in values.iter().enumerate().filter(|(_, v)| **v > least) {
            rows.set(at / tokens, at % tokens, true);
        }
        rows
    }

    /// Puts every token into every row.
    pub(super) fn fill(&mut self) {
        for (at, word) in self.bits.iter_mut().enumerate() {
            let here = (self.tokens - at % self.words * 64).min(64);
            *word = u64::MAX >> (64 - here);
        }
    }

    /// Puts a token into a row or takes it out.
    pub(super) fn set(&mut self, row: usize, token: usize, on: bool) {
        let word = &mut self.bits[row * self.words + token / 64];
        *word = *word & !(1 << (token % 64)) | u64::from(on) << (token % 64);
    }

    /// The first token from `from` on that is in `row` and in row `other_row` of `other`, over the same tokens.
    pub(super) fn first_in_both(
        &self,
        row: usize,
        other: &Self,
        other_row: usize,
        from: usize,
    ) -> Option<usize> {
        let mine = &self.bits[row * self.words..(row + 1) * self.words];
        let others = &other.bits[other_row * self.words..(other_row + 1) * self.words];
        let mut mask = u64::MAX << (from % 64);
        for at in from / 64..self.words {
            let word = mine[at] & others[at] & mask;
            if word != 0 {
                return Some(at * 64 + word.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::BitRows;

    #[test]
    fn finds_what_both_rows_hold_across_words() {
        let tokens = 130;
        let mut all = BitRows::empty(2, tokens);
        all.fill();
        let mut some = BitRows::empty(3, tokens);
        for token in [0, 63, 64, 129] {
            some.set(2, token, true);
        }
        some.set(2, 63, false);
        let found: Vec<_> =
            [0, 1, 64, 65, 129, 130, 200].map(|from| some.first_in_both(2, &all, 1, from)).into();
        assert_eq!(found, [Some(0), Some(64), Some(64), Some(129), Some(129), None, None]);
        assert_eq!(some.first_in_both(1, &all, 1, 0), None);
        // Filling stops at the last token.
        assert_eq!(all.first_in_both(0, &all, 0, 130), None);
        let above = BitRows::above(&[0.5, 0.0, 0.1, 0.2], 2, 0.1);
        assert_eq!(above.first_in_both(0, &above, 0, 1), None);
        assert_eq!(above.first_in_both(1, &above, 1, 0), Some(1));
    }
}
