//! From shares to the map that people see.

use std::ops::Range;

use super::shown::Shown;

/// One of the swapped rows of a site.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SwappedRow {
    /// Where its shares begin among those of the site.
    pub at: usize,
    /// The movable keys that it sees, by their numbers.
    pub keys: Range<usize>,
    /// Its mass on them.
    pub mass: f64,
}

impl SwappedRow {
    /// Of the shares of the site its own.
    pub fn of<'s>(&self, shares: &'s [f64]) -> &'s [f64] {
        &shares[self.at..][..self.keys.len()]
    }
}

/// From shares to the map that people see: the decision rows of the site, averaged over heads (and layers),
/// summed over each word's pieces, and scaled to sum to 1 over words.
///
/// Specials keep their mass, so they would only dilute a divergence; they are left out, and a head counts by the
/// mass it spends on words.
#[derive(Debug)]
pub(super) struct Map {
    /// The unit of each of the n movable keys.
    pub units: Vec<usize>,
    pub count: usize,
    /// S rows, slab by slab.
    pub rows: Vec<SwappedRow>,
    /// Which of the S rows are decision rows.
    pub decisions: Vec<usize>,
    /// The sum of the decision rows' masses.
    pub total: f64,
    /// The observed map.
    pub shown: Shown,
}

impl Map {
    /// The mean mass of a decision row on movable keys, in [0, 1].
    pub fn mass(&self) -> f64 {
        self.total / self.decisions.len() as f64
    }

    /// How many shares the site has: S·n where every row sees every key.
    pub fn size(&self) -> usize {
        self.rows.last().map_or(0, |row| row.at + row.keys.len())
    }

    /// The map under the shares of the site.
    pub fn of(&self, shares: &[f64]) -> Vec<f64> {
        self.sum(self.decisions.iter().map(|&row| self.rows[row].of(shares)))
    }

    /// The map under the shares of each decision row, which is all that it depends on.
    pub fn sum<'s>(&self, decisions: impl Iterator<Item = &'s [f64]>) -> Vec<f64> {
        let mut map = vec![0.0; self.count];
        decisions.enumerate().for_each(|(at, shares)| self.add(at, shares, &mut map));
        map
    }

    /// Adds the part of decision row number `at` to a map.
    pub fn add(&self, at: usize, shares: &[f64], map: &mut [f64]) {
        let row = &self.rows[self.decisions[at]];
        let weight = row.mass / self.total;
        for (share, &unit) in shares.iter().zip(&self.units[row.keys.clone()]) {
            map[unit] += weight * share;
        }
    }
}
