//! Pairs of a set of words and its complement, by the size of the smaller one.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::erasure::bins;

/// Fewer pairs of a stratum than this do not show how far its pairs spread.
const LEAST: usize = 16;

/// A set of words and all the others.
#[derive(Debug)]
pub(super) struct Pair {
    /// At most half of the words.
    pub set: Vec<usize>,
    /// What erasing the set changes minus what erasing the others does, in the target's unit; `None` before it is run.
    pub odd: Option<f64>,
    /// Pairs of one draw hang together: the sets of one random order lie within one another.
    pub draw: usize,
}

/// Pairs whose smaller sets are of one size, or of one run of sizes.
#[derive(Debug)]
pub(super) struct Stratum {
    sizes: RangeInclusive<usize>,
    /// The kernel's weight of all its sets together.
    pub mass: f64,
    pub pairs: Vec<Pair>,
}

/// All sizes up to half of the words. The first stratum is that of single words, and has all its pairs.
#[derive(Debug)]
pub(super) struct Strata {
    pub words: usize,
    pub all: Vec<Stratum>,
    /// How many draws there were.
    pub draws: usize,
}

/// The kernel's weight of all pairs whose smaller set has `size` words, up to a factor (Lundberg & Lee 2017, theorem 2).
fn mass(size: usize, n: usize) -> f64 {
    // A pair of halves is one size, any other pair two.
    let sizes = if 2 * size == n { 1.0 } else { 2.0 };
    sizes / (size * (n - size)) as f64
}

impl Strata {
    /// Strata of `n ≥ 4` words: each bin's size for itself, filled from the orders, and the sizes between two bins
    /// together.
    pub fn new(n: usize, orders: &[Vec<usize>]) -> Self {
        let half = n / 2;
        let fixed: BTreeSet<usize> = bins(n).into_iter().map(|k| k.min(n - k)).filter(|k| *k > 1).collect();
        let stratum = |sizes: RangeInclusive<usize>| Stratum {
            mass: sizes.clone().map(|size| mass(size, n)).sum(),
            sizes,
            pairs: Vec::new(),
        };
        let mut all = vec![stratum(1..=1)];
        let mut next = 2;
        for size in fixed.into_iter().chain([half + 1]) {
            if next < size {
                all.push(stratum(next..=size - 1));
            }
            if size <= half {
                all.push(stratum(size..=size));
            }
            next = size + 1;
        }
        let mut strata = Self { words: n, all, draws: 0 };
        strata.all[0].pairs = (0..n).map(|word| Pair { set: vec![word], odd: None, draw: 0 }).collect();
        for order in orders {
            for k in bins(n) {
                let (first, rest) = order.split_at(k);
                let smaller = if 2 * k > n { rest } else { first };
                let size = smaller.len();
                let stratum = strata.all.iter_mut().skip(1).find(|stratum| stratum.sizes.contains(&size));
                // Single words are there already.
                if let Some(stratum) = stratum {
                    stratum.pairs.push(Pair { set: smaller.to_vec(), odd: None, draw: strata.draws });
                }
            }
            strata.draws += 1;
        }
        strata
    }

    /// Draws pairs until there are `count` of all sizes but single words, shared out by the kernel's weight, at least
    /// sixteen of each stratum.
    pub fn draw(&mut self, count: usize, rng: &mut ChaCha8Rng) {
        let n = self.words;
        let rest: f64 = self.all.iter().skip(1).map(|stratum| stratum.mass).sum();
        for stratum in self.all.iter_mut().skip(1) {
            let wanted = (count as f64 * stratum.mass / rest).ceil() as usize;
            while stratum.pairs.len() < wanted.max(LEAST) {
                let size = stratum.size(n, rng);
                let set = index::sample(rng, n, size).into_vec();
                stratum.pairs.push(Pair { set, odd: None, draw: self.draws });
                self.draws += 1;
            }
        }
    }

    /// Every pair.
    pub fn pairs_mut(&mut self) -> impl Iterator<Item = &mut Pair> {
        self.all.iter_mut().flat_map(|stratum| &mut stratum.pairs)
    }

    /// How many different sets there are, with all words as one.
    pub fn sets(&self) -> usize {
        let key = |pair: &Pair| {
            let mut set = pair.set.clone();
            set.sort_unstable();
            // Of two halves, the one with the first word names the pair.
            if 2 * set.len() == self.words && set[0] != 0 {
                set = (0..self.words).filter(|word| !set.contains(word)).collect();
            }
            set
        };
        let pairs: BTreeSet<Vec<usize>> =
            self.all.iter().flat_map(|stratum| &stratum.pairs).map(key).collect();
        2 * pairs.len() + 1
    }
}

impl Stratum {
    /// A size, drawn by the kernel's weight.
    fn size(&self, n: usize, rng: &mut ChaCha8Rng) -> usize {
        if self.sizes.start() == self.sizes.end() {
            return *self.sizes.start();
        }
        let mut left = self.mass * rng.random::<f64>();
        let mut sizes = self.sizes.clone();
        let beyond = |size: &usize| {
            left -= mass(*size, n);
            left < 0.0
        };
        sizes.find(beyond).unwrap_or(*self.sizes.end())
    }
}
