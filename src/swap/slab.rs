//! The rows that a swap replaces, and which of the movable keys each of them sees.

use std::ops::Range;

/// The swapped rows of one layer: R of them in each of its heads.
///
/// Their shares stand row after row, head by head. A row has as many as it sees movable keys: n each where every query sees
/// every key, one more with each query under a causal reach.
#[derive(Debug, Clone)]
pub(super) struct Slab {
    pub layer: usize,
    /// The heads that are swapped; the others of the layer keep their patterns.
    pub heads: Vec<usize>,
    /// R: every query there is, or 1 in the last layer, where no other row than the decision's is ever read.
    pub rows: usize,
    /// Which of the R rows is the decision token's.
    pub decision: usize,
    /// Which of the n movable keys each of the R rows sees, by their numbers; none where the prediction does not rest on
    /// the row.
    pub sees: Vec<Range<usize>>,
    /// How many of the R rows the prediction rests on.
    pub read: usize,
}

impl Slab {
    /// How many rows are swapped.
    pub fn count(&self) -> usize {
        self.heads.len() * self.rows
    }

    /// How many shares they have.
    pub fn size(&self) -> usize {
        self.heads.len() * self.of_head()
    }

    fn of_head(&self) -> usize {
        self.sees.iter().map(Range::len).sum()
    }

    /// How many rows can move: with fewer than two movable keys a row keeps what it has.
    pub fn moving(&self) -> usize {
        self.heads.len() * self.sees.iter().filter(|sees| sees.len() > 1).count()
    }

    /// Which of the swapped rows are decision rows: one in each head.
    pub fn decisions(&self) -> impl Iterator<Item = usize> {
        (0..self.heads.len()).map(|h| h * self.rows + self.decision)
    }

    /// Which of the movable keys each swapped row sees, head by head.
    pub fn spans(&self) -> impl Iterator<Item = &Range<usize>> {
        self.heads.iter().flat_map(|_| &self.sees)
    }

    /// Where each swapped row begins in the layer's `[H, R, T]`, head by head.
    pub fn starts(&self, tokens: usize) -> impl Iterator<Item = usize> {
        self.heads.iter().flat_map(move |h| (0..self.rows).map(move |r| (h * self.rows + r) * tokens))
    }

    /// The shares of the slab, row by row.
    pub fn cut<'s>(&'s self, shares: &'s [f64]) -> impl Iterator<Item = &'s [f64]> {
        let mut rest = shares;
        self.spans().map(move |sees| {
            let (row, after) = rest.split_at(sees.len());
            rest = after;
            row
        })
    }

    /// As [`Self::cut`], to change them.
    pub fn cut_mut<'s>(&'s self, shares: &'s mut [f64]) -> impl Iterator<Item = &'s mut [f64]> {
        let mut rest = shares;
        self.spans().map(move |sees| {
            let (row, after) = std::mem::take(&mut rest).split_at_mut(sees.len());
            rest = after;
            row
        })
    }

    /// Of the shares of the slab those of its decision rows.
    pub fn decided<'s>(&'s self, shares: &'s [f64]) -> impl Iterator<Item = &'s [f64]> {
        let before: usize = self.sees[..self.decision].iter().map(Range::len).sum();
        let (n, of_head) = (self.sees[self.decision].len(), self.of_head());
        (0..self.heads.len()).map(move |h| &shares[h * of_head + before..][..n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_cut_where_rows_end() {
        let sees = vec![0..0, 0..1, 0..2, 1..4];
        let mut slab = Slab { layer: 0, heads: vec![1, 3], rows: 4, decision: 2, sees, read: 4 };
        let mut shares: Vec<f64> = (0..12).map(f64::from).collect();
        assert_eq!((slab.count(), slab.size(), slab.moving()), (8, 12, 4));
        let rows: Vec<&[f64]> = slab.cut(&shares).collect();
        assert_eq!(rows[..4], [&[] as &[f64], &[0.0], &[1.0, 2.0], &[3.0, 4.0, 5.0]]);
        assert_eq!(rows[4..], [&[] as &[f64], &[6.0], &[7.0, 8.0], &[9.0, 10.0, 11.0]]);
        assert_eq!(slab.decided(&shares).collect::<Vec<_>>(), [&[1.0, 2.0], &[7.0, 8.0]]);
        assert_eq!(slab.starts(5).skip(1).step_by(4).collect::<Vec<_>>(), [25, 65]);
        slab.decision = 3;
        assert_eq!(slab.decided(&shares).last(), Some(&[9.0, 10.0, 11.0][..]));
        slab.cut_mut(&mut shares).for_each(<[f64]>::reverse);
        assert_eq!(shares, [0.0, 2.0, 1.0, 5.0, 4.0, 3.0, 6.0, 8.0, 7.0, 11.0, 10.0, 9.0]);
    }
}
