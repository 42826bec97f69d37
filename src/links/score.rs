//! Links beside those that people made: precision, recall and the alignment error rate (Och & Ney 2003).
//!
//! All are of the corpus: what is counted in every pair is added up first, and never is a mean of pairs taken. Gold links are
//! sure or possible, the sure ones among the possible: what is found is right where it is possible, and what is sure is to be
//! found.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{crossings, reordered};
use crate::input::{Gold, Link};
use crate::stats::interval::{CONFIDENCE, Interval};
use crate::stats::order::quantile;

/// Draws of pairs behind each interval.
pub const RESAMPLES: usize = 1_000;

/// What is counted of one pair, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// |A|: links that were found.
    pub found: usize,
    /// |S|: links that are sure.
    pub sure: usize,
    /// |A ∩ S|
    pub found_sure: usize,
    /// |A ∩ P|
    pub found_possible: usize,
    /// Pairs of found links that cross.
    pub crossings: usize,
    /// Sure links that cross another sure link: words that people found in another order.
    pub reordered: usize,
    /// Of these, how many were found.
    pub found_reordered: usize,
}

impl Counts {
    /// Of the links of one pair, in order, beside its gold ones.
    #[must_use]
    pub fn of(links: &[Link], gold: &Gold) -> Self {
        let among = |all: &[Link]| links.iter().filter(|link| all.binary_search(link).is_ok()).count();
        let turned = reordered(&gold.sure);
        Self {
            found: links.len(),
            sure: gold.sure.len(),
            found_sure: among(&gold.sure),
            found_possible: among(&gold.possible),
            crossings: crossings(links),
            reordered: turned.len(),
            found_reordered: among(&turned),
        }
    }

    /// Of all these together.
    #[must_use]
    pub fn sum<'c>(all: impl IntoIterator<Item = &'c Self>) -> Self {
        all.into_iter().fold(Self::default(), |sum, one| Self {
            found: sum.found + one.found,
            sure: sum.sure + one.sure,
            found_sure: sum.found_sure + one.found_sure,
            found_possible: sum.found_possible + one.found_possible,
            crossings: sum.crossings + one.crossings,
            reordered: sum.reordered + one.reordered,
            found_reordered: sum.found_reordered + one.found_reordered,
        })
    }

    /// |A ∩ P| / |A|, in [0, 1]; `None` without links.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.found_possible, self.found)
    }

    /// |A ∩ S| / |S|, in [0, 1]; `None` without sure links.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.found_sure, self.sure)
    }

    /// The alignment error rate 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|), in [0, 1]; less is better. `None` where there is
    /// neither a link nor a sure one.
    #[must_use]
    pub fn aer(&self) -> Option<f64> {
        share(self.found_sure + self.found_possible, self.found + self.sure).map(|right| 1.0 - right)
    }

    /// Of the sure links that cross another sure one, the share that was found, in [0, 1]: reordering, which a diagonal has
    /// none of. `None` where no sure links cross.
    #[must_use]
    pub fn reordering(&self) -> Option<f64> {
        share(self.found_reordered, self.reordered)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Draws of `pairs` pairs with replacement, the same for every reading, so that two can be set side by side.
pub fn draws(pairs: usize, resamples: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    if pairs < 2 {
        return Vec::new();
    }
    let most = u32::try_from(pairs).unwrap_or(u32::MAX);
    (0..resamples).map(|_| (0..pairs).map(|_| rng.random_range(0..most)).collect()).collect()
}

/// The error rate over pairs, and what it is in each draw of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    estimate: f64,
    /// `None` in a draw without any link.
    drawn: Vec<Option<f64>>,
    n: usize,
}

impl Rate {
    /// Of the counts of each pair, `[n]`, with draws of [`draws`] for n: in each the counts of whole pairs are added up anew.
    /// `None` where there are no links.
    #[must_use]
    pub fn of(counts: &[Counts], draws: &[Vec<u32>]) -> Option<Self> {
        let estimate = Counts::sum(counts).aer()?;
        // What is right, and of how much.
        let parts: Vec<(usize, usize)> =
            counts.iter().map(|one| (one.found_sure + one.found_possible, one.found + one.sure)).collect();
        let rate = |draw: &Vec<u32>| {
            let drawn = draw.iter().filter_map(|at| parts.get(*at as usize));
            let (right, all) = drawn.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            share(right, all).map(|right| 1.0 - right)
        };
        Some(Self { estimate, drawn: draws.iter().map(rate).collect(), n: counts.len() })
    }

    /// With the percentile bootstrap over pairs (Efron 1979); no bounds for fewer than two pairs.
    #[must_use]
    pub fn interval(&self) -> Interval {
        let bounds = bounds(self.drawn.iter().copied().flatten());
        Interval { estimate: self.estimate, bounds, n: self.n }
    }

    /// How much greater it is than another of the same pairs under the same draws.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Interval {
        let both = self.drawn.iter().zip(&other.drawn).filter_map(|(a, b)| Some((*a)? - (*b)?));
        Interval { estimate: self.estimate - other.estimate, bounds: bounds(both), n: self.n }
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let values: Vec<f64> = values.collect();
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some((quantile(&values, tail)?, quantile(&values, 1.0 - tail)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::seed::rng;

    fn gold(sure: &[Link], possible: &[Link]) -> Gold {
        let mut all = [sure, possible].concat();
        all.sort_unstable();
        Gold { sure: sure.to_vec(), possible: all }
    }

    #[test]
    fn the_error_rate_is_that_of_its_definition() {
        // Och & Ney 2003: A has 3 links, of which 1 is sure and 2 are possible; S has 2.
        let found = Counts::of(&[(0, 0), (1, 1), (2, 2)], &gold(&[(0, 0), (3, 3)], &[(1, 1)]));
        assert_eq!((found.found, found.sure, found.found_sure, found.found_possible), (3, 2, 1, 2));
        assert_eq!(found.precision(), Some(2.0 / 3.0));
        assert_eq!(found.recall(), Some(0.5));
        assert!((found.aer().unwrap() - (1.0 - 3.0 / 5.0)).abs() < 1e-12);
        assert_eq!(Counts::default().aer(), None);
        assert_eq!(Counts::of(&[(0, 0)], &gold(&[(0, 0)], &[])).aer(), Some(0.0));
    }

    #[test]
    fn reordering_is_of_sure_links_that_cross() {
        let gold = gold(&[(0, 0), (1, 2), (2, 1)], &[]);
        assert_eq!(Counts::of(&[(0, 0), (1, 1), (2, 2)], &gold).reordering(), Some(0.0));
        assert_eq!(Counts::of(&[(1, 2)], &gold).reordering(), Some(0.5));
        assert_eq!(Counts::of(&[(0, 0)], &Gold::default()).reordering(), None);
    }

    #[test]
    fn a_corpus_is_no_mean_of_its_pairs() {
        let long = Counts { found: 30, sure: 30, found_sure: 30, found_possible: 30, ..Counts::default() };
        let short = Counts { found: 1, sure: 1, ..Counts::default() };
        let aer = Rate::of(&[long, short], &[]).unwrap().interval();
        assert!((aer.estimate - (1.0 - 60.0 / 62.0)).abs() < 1e-12 && aer.bounds.is_none());
    }

    #[test]
    fn the_interval_holds_the_estimate_and_narrows_with_pairs() {
        let some = |n: usize| -> Vec<Counts> {
            (0..n)
                .map(|i| Counts {
                    found: 4,
                    sure: 4,
                    found_sure: i % 5,
                    found_possible: i % 5,
                    ..Counts::default()
                })
                .collect()
        };
        let width = |n: usize| {
            let counts = some(n);
            let draws = draws(n, 500, &mut rng(0, "pairs", "bootstrap"));
            let found = Rate::of(&counts, &draws).unwrap().interval();
            let (low, high) = found.bounds.unwrap();
            assert!(low <= found.estimate && found.estimate <= high);
            high - low
        };
        // 16 times as many pairs, a quarter of the width.
        let ratio = width(40) / width(640);
        assert!((3.0..5.3).contains(&ratio), "{ratio}");
        // Beside itself nothing is greater.
        let counts = some(30);
        let rate = Rate::of(&counts, &draws(30, 50, &mut rng(0, "pairs", "bootstrap"))).unwrap();
        let same = rate.beyond(&rate);
        assert_eq!((same.estimate, same.bounds), (0.0, Some((0.0, 0.0))));
        assert!(Rate::of(&[Counts::default()], &[]).is_none());
    }
}
