//! The least and the greatest AOPC that any order of the words reaches, so that AOPC can be compared across models.

use crate::missing::{Outcome, Stop, settle};
use std::collections::BTreeMap;

use super::curve::Curves;

/// Up to this many words every order is searched.
const EXACT_UP_TO: usize = 8;

/// Which AOPC is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first words of an order are erased.
    Comprehensiveness,
    /// All words but the first of an order are erased.
    Sufficiency,
}

impl Side {
    /// `comprehensiveness` or `sufficiency`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Comprehensiveness => "comprehensiveness",
            Self::Sufficiency => "sufficiency",
        }
    }
}

/// What AOPC can be on a text, in the explained class's probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least AOPC of any order.
    pub lower: f64,
    /// The greatest AOPC of any order.
    pub upper: f64,
    /// False where a beam search found them: some order may lie beyond.
    pub exact: bool,
}

impl Bounds {
    /// NAOPC: `(AOPC − lower) / (upper − lower)`, in [0, 1] where the bounds are exact (Edin et al. 2024).
    ///
    /// `None` where all orders do the same.
    #[must_use]
    pub fn normalise(self, aopc: f64) -> Option<f64> {
        let width = self.upper - self.lower;
        (width > 0.0).then(|| (aopc - self.lower) / width)
    }
}

impl Curves<'_> {
    /// Searches all orders of at most eight words, and of more by a beam of `width` sets (Edin et al. 2024 take 5).
    ///
    /// Exact search runs each set of a bin's size once, 106 for eight words; a beam of 5 some 60 passes per step and
    /// end, up to half of the words, so about 2000 for 25.
    pub fn bounds(&self, side: Side, width: usize) -> Outcome<Bounds> {
        let exact = self.words() <= EXACT_UP_TO;
        let width = if exact { usize::MAX } else { width.max(1) };
        let end = |sign: f64| Ok::<_, Stop>(sign * self.best(side, sign, width)?);
        settle(end(-1.0).and_then(|lower| Ok(Bounds { lower, upper: end(1.0)?, exact })))
    }

    /// The greatest AOPC times `sign`. Sets grow a word at a time; what a set's own growth summed up is all that
    /// matters later, so each set is kept once, with its best sum.
    fn best(&self, side: Side, sign: f64, width: usize) -> Result<f64, Stop> {
        let n = self.words();
        let mut states = BTreeMap::from([(Vec::new(), 0.0)]);
        for size in 1..=self.bins.last().copied().unwrap_or(0) {
            let mut grown: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
            for (set, sum) in &states {
                for word in (0..n).filter(|word| !set.contains(word)) {
                    let mut larger = set.clone();
                    larger.insert(set.partition_point(|&earlier| earlier < word), word);
                    let best = grown.entry(larger).or_insert(f64::NEG_INFINITY);
                    *best = best.max(*sum);
                }
            }
            let counts = self.bins.contains(&size);
            if counts || grown.len() > width {
                let changes = self.probability(side, grown.keys())?;
                let mut ranked: Vec<(f64, Vec<usize>, f64)> = grown
                    .into_iter()
                    .zip(changes)
                    .map(|((set, sum), change)| (sum + sign * change, set, sum))
                    .collect();
                ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
                ranked.truncate(width);
                let kept = ranked.into_iter().map(|(rank, set, sum)| (set, if counts { rank } else { sum }));
                grown = kept.collect();
            }
            states = grown;
        }
        let best = states.values().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(best / self.bins.len() as f64)
    }

    fn probability<'s>(
        &self,
        side: Side,
        sets: impl Iterator<Item = &'s Vec<usize>>,
    ) -> Result<Vec<f64>, Stop> {
        let erased: Vec<Vec<usize>> = sets
            .map(|set| match side {
                Side::Comprehensiveness => set.clone(),
                Side::Sufficiency => (0..self.words()).filter(|word| !set.contains(word)).collect(),
            })
            .collect();
        Ok(self.erased.run(&erased)?.into_iter().map(|change| change.probability).collect())
    }

    fn words(&self) -> usize {
        self.erased.subject().words.len()
    }
}
