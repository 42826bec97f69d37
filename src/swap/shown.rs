//! A map as people see it: what it highlights, and how far another one is from it.

use crate::missing::{Measured, Missing};
use crate::stats::divergence::jensen_shannon;
use crate::stats::overlap::top_size;
use crate::stats::rank::argsort_descending;

/// The part of a map that the words it highlights hold.
const HIGHLIGHTED: f64 = 0.8;

/// An observed map, shares of a whole, with the units that it highlights.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// A share per unit, in [0, 1], with sum 1.
    pub shares: Vec<f64>,
    /// The units that it highlights: the fewest that hold four fifths of it, at most a fifth of all.
    highlighted: Vec<usize>,
}

impl Shown {
    /// The map of these shares.
    ///
    /// What it highlights is not simply the top fifth: where one word holds nearly all, the next ones are not highlighted
    /// because they come next. Mass moved from it to one of those is another map, and with three words that bring the
    /// same among twelve every counterpart would be of that sort.
    #[must_use]
    pub fn new(shares: Vec<f64>) -> Self {
        let mut highlighted = argsort_descending(&shares);
        highlighted.truncate(top_size(shares.len()));
        let mut held = 0.0;
        let enough = highlighted.iter().position(|&unit| {
            held += shares[unit];
            held >= HIGHLIGHTED
        });
        highlighted.truncate(enough.map_or(highlighted.len(), |last| last + 1));
        Self { shares, highlighted }
    }

    /// Whether `map` no longer highlights what this one does: the words that this one highlights get at most their
    /// even share.
    ///
    /// Without this, a map sharpened onto its own top word would count as another explanation.
    #[must_use]
    pub fn elsewhere(&self, map: &[f64]) -> bool {
        let held: f64 = self.highlighted.iter().map(|&unit| map[unit]).sum();
        held <= self.highlighted.len() as f64 / self.shares.len() as f64 + 1e-9
    }

    /// How far `map` is from this one: Jensen–Shannon divergence in nats, in [0, ln 2].
    pub fn divergence(&self, map: &[f64]) -> Measured<f64> {
        jensen_shannon(map, &self.shares).ok_or(Missing::NotFinite { what: "the divergence of the maps" })
    }
}
