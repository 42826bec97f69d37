//! All pairs of a scoring as bits, so that the score of Kendall's tau is a count of bits.
//!
//! A permutation keeps each side's ties and with them the denominator of tau-b; only the score changes. The bits
//! of a map are laid out once, those of the permuted reference once per permutation for all maps together.

use super::rank::{dense_ranks, tau_from_score};

/// The signs of all pairs `i < j` of a scoring: whether they differ, and whether they rise.
#[derive(Debug, Clone)]
pub(super) struct PairBits {
    untied: Vec<u64>,
    rising: Vec<u64>,
    untied_count: u64,
}

impl PairBits {
    /// The pairs of `values`; `None` where tau is undefined for this side.
    pub(super) fn new(values: &[f64]) -> Option<Self> {
        let ranks = dense_ranks(values)?;
        let words = (ranks.len() * ranks.len().saturating_sub(1) / 2).div_ceil(64);
        let mut pairs = Self { untied: vec![0; words], rising: vec![0; words], untied_count: 0 };
        pairs.fill(&ranks);
        pairs.untied_count = pairs.untied.iter().map(|word| u64::from(word.count_ones())).sum();
        (pairs.untied_count > 0).then_some(pairs)
    }

    /// Lays out another order of the same ranks. The number of untied pairs is the same in every order.
    pub(super) fn fill(&mut self, ranks: &[u32]) {
        let (mut at, mut untied, mut rising) = (0, 0_u64, 0_u64);
        for (i, &first) in ranks.iter().enumerate() {
            for &second in &ranks[i + 1..] {
                untied |= u64::from(first != second) << (at % 64);
                rising |= u64::from(first < second) << (at % 64);
                at += 1;
                if at % 64 == 0 {
                    (self.untied[at / 64 - 1], self.rising[at / 64 - 1]) = (untied, rising);
                    (untied, rising) = (0, 0);
                }
            }
        }
        if at % 64 != 0 {
            (self.untied[at / 64], self.rising[at / 64]) = (untied, rising);
        }
    }

    /// Tau-b with another scoring of the same words.
    pub(super) fn tau(&self, other: &Self) -> Option<f64> {
        tau_from_score(self.score(other), self.untied_count, other.untied_count)
    }

    /// Concordant minus discordant pairs.
    fn score(&self, other: &Self) -> i64 {
        let (mut compared, mut opposed) = (0_u64, 0_u64);
        let words = self.untied.iter().zip(&other.untied).zip(self.rising.iter().zip(&other.rising));
        for ((untied, other_untied), (rising, other_rising)) in words {
            let both = untied & other_untied;
            compared += u64::from(both.count_ones());
            opposed += u64::from(((rising ^ other_rising) & both).count_ones());
        }
        compared as i64 - 2 * opposed as i64
    }
}
