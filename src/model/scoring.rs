//! Who sees whom, and how scores become a pattern: settings of one attention that its kernels ask.

use std::ops::Range;

/// Which keys a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Every key: encoders.
    #[default]
    Every,
    /// Its own and all before it: language models.
    Causal,
    /// Its own, so many before it and so many behind it.
    Window {
        /// Keys before its own, at most.
        back: usize,
        /// Keys behind its own, at most.
        ahead: usize,
    },
}

impl Reach {
    /// The keys that `query` sees, of `keys` in the text.
    #[must_use]
    #[inline]
    pub fn seen(self, query: usize, keys: usize) -> Range<usize> {
        match self {
            Self::Every => 0..keys,
            Self::Causal => 0..(query + 1).min(keys),
            Self::Window { back, ahead } => {
                let end = query.saturating_add(ahead).saturating_add(1).min(keys);
                query.saturating_sub(back).min(end)..end
            }
        }
    }

    /// How many of the queries of a text see `key`.
    #[must_use]
    pub fn seen_by(self, key: usize, queries: usize) -> usize {
        match self {
            Self::Every => queries,
            Self::Causal => queries.saturating_sub(key),
            Self::Window { back, ahead } => {
                let end = key.saturating_add(back).saturating_add(1).min(queries);
                end.saturating_sub(key.saturating_sub(ahead))
            }
        }
    }

    /// Whether no query sees what stands behind it.
    #[must_use]
    pub fn looks_back(self) -> bool {
        matches!(self, Self::Causal | Self::Window { ahead: 0, .. })
    }

    /// Whether a key that nobody may attend to is still seen by its own query.
    ///
    /// Where a query does not see every key it may see none but its own, as the first of a text does; without that its row
    /// would be empty. So wherever the reach is bounded, blocking is for all other queries.
    #[must_use]
    pub fn keeps_own(self) -> bool {
        self != Self::Every
    }
}

/// Which queries the rows of a pattern are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    first: usize,
    /// From one row to the next: 1, or 0 where all rows are of one query.
    step: usize,
}

impl Asked {
    /// The queries from `first` on, a row each.
    #[must_use]
    pub const fn from(first: usize) -> Self {
        Self { first, step: 1 }
    }

    /// One query in every row, as the heads of one row are.
    #[must_use]
    pub const fn only(query: usize) -> Self {
        Self { first: query, step: 0 }
    }

    /// The query of a row.
    #[must_use]
    #[inline]
    pub fn query(self, row: usize) -> usize {
        self.first + row * self.step
    }

    /// The same from `row` on.
    #[must_use]
    pub fn below(self, row: usize) -> Self {
        Self { first: self.query(row), ..self }
    }
}

/// From products of queries and keys to a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scoring {
    /// What a product is multiplied by: one over √E, unless the family has another.
    pub scale: f64,
    /// Scores s become `cap · tanh(s / cap)` (Gemma 2).
    pub cap: Option<f64>,
    /// Which keys a query sees.
    pub reach: Reach,
}

impl Scoring {
    /// Every query over every key.
    #[must_use]
    pub fn every(scale: f64) -> Self {
        Self { scale, cap: None, reach: Reach::Every }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_sees_its_reach_inside_the_text() {
        assert_eq!(Reach::Every.seen(2, 5), 0..5);
        assert_eq!(Reach::Causal.seen(0, 5), 0..1);
        assert_eq!(Reach::Causal.seen(4, 5), 0..5);
        let window = Reach::Window { back: 2, ahead: 1 };
        assert_eq!([0, 3, 4].map(|query| window.seen(query, 5)), [0..2, 1..5, 2..5]);
        // A text that was cut behind the window.
        assert_eq!(Reach::Window { back: 0, ahead: 0 }.seen(7, 5), 5..5);
        for reach in [Reach::Every, Reach::Causal, window, Reach::Window { back: 9, ahead: 0 }] {
            let ahead = (0..5).any(|query| reach.seen(query, 5).end > query + 1);
            assert_eq!(reach.looks_back(), !ahead, "{reach:?}");
            for key in 0..5 {
                let count = (0..5).filter(|&query| reach.seen(query, 5).contains(&key)).count();
                assert_eq!(reach.seen_by(key, 5), count, "{reach:?}, key {key}");
            }
        }
        assert_eq!(Asked::from(3).below(2).query(1), 6);
        assert_eq!(Asked::only(3).below(2).query(1), 3);
    }
}
