//! Comprehensiveness and sufficiency, for any order of words, by one routine.

use super::erased::{Change, Erased};
use super::excess::{Excess, RandomBand};
use super::order;
use crate::missing::{Measured, Missing, Outcome, Stop, settle};

/// ERASER's bins: per cent of the words that are erased (`DeYoung` et al. 2020).
pub const BINS: [usize; 5] = [1, 5, 10, 20, 50];

/// How many of `n` words each bin erases: the share rounded up, at least 1, each count once.
///
/// Below 21 words some bins are the same: 10 words give 1, 2 and 5. A mean over bins is over these.
#[must_use]
pub fn bins(n: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = BINS.iter().map(|percent| (percent * n).div_ceil(100).max(1)).collect();
    counts.dedup();
    counts
}

/// What erasing in an order changes, bin by bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// `y(x) − y(x without the first k)`; higher means that they matter.
    pub comprehensiveness: Vec<Change>,
    /// `y(x) − y(only the first k)`; lower means that they are enough.
    pub sufficiency: Vec<Change>,
}

impl Curve {
    /// Mean comprehensiveness over bins (AOPC).
    #[must_use]
    pub fn aopc_comprehensiveness(&self) -> Change {
        mean(&self.comprehensiveness)
    }

    /// Mean sufficiency over bins (AOPC).
    #[must_use]
    pub fn aopc_sufficiency(&self) -> Change {
        mean(&self.sufficiency)
    }
}

fn mean(changes: &[Change]) -> Change {
    let n = changes.len().max(1) as f64;
    let of = |get: fn(&Change) -> f64| changes.iter().map(get).sum::<f64>() / n;
    Change {
        target: of(|c| c.target),
        probability: of(|c| c.probability),
        tvd: of(|c| c.tvd),
        log_odds: of(|c| c.log_odds),
    }
}

/// What erasure says of one scoring of the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The curve of the order with the greatest score first.
    pub top: Curve,
    /// Comprehensiveness when the least go first (AOPC), where asked for.
    pub bottom_up: Option<Change>,
    /// Comprehensiveness above that of random orders, in probability: what counts.
    pub excess: Excess,
    /// Comprehensiveness above that of random orders, in the target's unit.
    pub excess_target: Excess,
    /// Sufficiency of random orders above this one's, in probability; above 0 is better than chance.
    pub excess_sufficiency: Excess,
    /// The sum of the two: comprehensiveness minus sufficiency, above that of random orders, in probability.
    pub excess_both: Excess,
    /// Comprehensiveness above that of random orders, in log-odds as a share of their span.
    pub excess_log_odds: Excess,
    /// Comprehensiveness minus sufficiency, the same.
    pub excess_both_log_odds: Excess,
}

/// The curves of one text under one operator, with the random orders that every scoring is compared with.
#[derive(Debug)]
pub struct Curves<'e> {
    pub(super) erased: &'e Erased<'e>,
    /// How many words each bin erases.
    pub bins: Vec<usize>,
    /// The curves of the random orders, the same for every scoring.
    pub random: Vec<Curve>,
    /// The span of the text's log-odds, in logits.
    pub span: f64,
}

impl<'e> Curves<'e> {
    /// Draws and runs the random orders, at least 20; they depend on the subject's stream alone.
    ///
    /// [`Missing::TooFewWords`] below two words, where there is only one order.
    pub fn new(erased: &'e Erased<'e>, random_orders: usize) -> Outcome<Self> {
        settle(Self::start(erased, random_orders))
    }

    fn start(erased: &'e Erased<'e>, random_orders: usize) -> Result<Self, Stop> {
        let n = erased.subject().words.len();
        if n < 2 {
            return Err(Missing::TooFewWords { found: n, needed: 2 }.into());
        }
        let orders = order::of_text(erased.subject(), random_orders);
        let span = erased.span()??;
        let mut curves = Self { erased, bins: bins(n), random: Vec::new(), span };
        curves.random = curves.run(&orders)?;
        Ok(curves)
    }

    /// The curves of orders of all words, run together; word sets that were run before are not run again.
    pub fn of(&self, orders: &[Vec<usize>]) -> Outcome<Vec<Curve>> {
        settle(self.run(orders))
    }

    fn run(&self, orders: &[Vec<usize>]) -> Result<Vec<Curve>, Stop> {
        let mut sets = Vec::with_capacity(2 * orders.len() * self.bins.len());
        for order in orders {
            for &k in &self.bins {
                let (first, rest) = order.split_at(k.min(order.len()));
                sets.extend([first.to_vec(), rest.to_vec()]);
            }
        }
        let changes = self.erased.run(&sets)?;
        let curve = |changes: &[Change]| Curve {
            comprehensiveness: changes.iter().copied().step_by(2).collect(),
            sufficiency: changes.iter().copied().skip(1).step_by(2).collect(),
        };
        Ok(changes.chunks_exact(2 * self.bins.len()).map(curve).collect())
    }

    /// Where the random orders lie at each bin, in probability: comprehensiveness and sufficiency. Empty where a change
    /// is not finite.
    #[must_use]
    pub fn bands(&self) -> (Vec<RandomBand>, Vec<RandomBand>) {
        let bands = |get: fn(&Curve) -> &[Change]| {
            let at = |bin: usize| {
                self.random.iter().map(|curve| get(curve)[bin].probability).collect::<Vec<f64>>()
            };
            (0..self.bins.len())
                .map(|bin| RandomBand::of(&at(bin)))
                .collect::<Option<Vec<_>>>()
                .unwrap_or_default()
        };
        (bands(|curve| &curve.comprehensiveness), bands(|curve| &curve.sufficiency))
    }

    /// What erasure says of many scorings of the words, all run together; `bottom_up` adds that order.
    ///
    /// [`Missing::Constant`] for a scoring that ranks nothing, [`Missing::TooFewWords`] for one of another length.
    pub fn evidence(
        &self,
        scorings: &[&[f64]],
        bottom_up: bool,
    ) -> candle_core::Result<Vec<Measured<Evidence>>> {
        let run = |orders: &[Vec<usize>]| {
            let top = self.run(orders)?;
            let bottom = if bottom_up { self.bottom_up(orders)? } else { Vec::new() };
            let bottom = bottom.into_iter().map(Some).chain(std::iter::repeat(None));
            Ok(top.into_iter().zip(bottom).collect())
        };
        self.each(scorings, run, |(top, bottom)| self.compare(top, bottom))
    }

    /// Excess comprehensiveness of the order of each scoring, all run together: in probability, and in log-odds as a share
    /// of their span. Missing as in [`Self::evidence`].
    pub fn excesses(&self, scorings: &[&[f64]]) -> candle_core::Result<Vec<Measured<[Excess; 2]>>> {
        let run = |orders: &[Vec<usize>]| {
            let first = |order: &Vec<usize>| {
                self.bins.iter().map(|&k| order[..k.min(order.len())].to_vec()).collect::<Vec<_>>()
            };
            let sets: Vec<Vec<usize>> = orders.iter().flat_map(first).collect();
            Ok(self.erased.run(&sets)?.chunks_exact(self.bins.len()).map(mean).collect())
        };
        self.each(scorings, run, |top: Change| {
            Some([self.above(&top, |c| c.probability)?, self.above(&top, |c| c.log_odds)?.over(self.span)])
        })
    }

    /// What `judge` makes of what `run` finds of the orders of the scorings that rank something, all run together; missing
    /// for the others.
    fn each<T, U>(
        &self,
        scorings: &[&[f64]],
        run: impl FnOnce(&[Vec<usize>]) -> Result<Vec<T>, Stop>,
        judge: impl Fn(T) -> Option<U>,
    ) -> candle_core::Result<Vec<Measured<U>>> {
        let n = self.erased.subject().words.len();
        let usable: Vec<Measured<()>> = scorings.iter().map(|scores| ranks(scores, n)).collect();
        let ranked = scorings.iter().zip(&usable).filter(|(_, usable)| usable.is_ok());
        let orders: Vec<Vec<usize>> = ranked.map(|(scores, _)| order::descending(scores)).collect();
        let mut found = match settle(run(&orders))? {
            Ok(found) => found.into_iter(),
            Err(missing) => return Ok(scorings.iter().map(|_| Err(missing.clone())).collect()),
        };
        let mut next = || judge(found.next()?);
        let judged = usable.into_iter().map(|usable| {
            usable.and_then(|()| next().ok_or(Missing::NotFinite { what: "a change under erasure" }))
        });
        Ok(judged.collect())
    }

    /// The comprehensiveness `top` above that of the random orders.
    fn above(&self, top: &Change, get: fn(&Change) -> f64) -> Option<Excess> {
        let random: Vec<f64> = self.random.iter().map(|curve| get(&curve.aopc_comprehensiveness())).collect();
        Excess::of(get(top), &random)
    }

    /// Comprehensiveness (AOPC) of each order backwards.
    fn bottom_up(&self, orders: &[Vec<usize>]) -> Result<Vec<Change>, Stop> {
        let last = |order: &[usize], k: usize| order[order.len().saturating_sub(k)..].to_vec();
        let sets: Vec<Vec<usize>> =
            orders.iter().flat_map(|order| self.bins.iter().map(|&k| last(order, k))).collect();
        Ok(self.erased.run(&sets)?.chunks_exact(self.bins.len()).map(mean).collect())
    }

    fn compare(&self, top: Curve, bottom_up: Option<Change>) -> Option<Evidence> {
        let excess = |get: fn(&Change) -> f64| self.above(&top.aopc_comprehensiveness(), get);
        // Lower sufficiency is better, so both sides are negated.
        let kept = |curve: &Curve| -curve.aopc_sufficiency().probability;
        let both = |curve: &Curve| kept(curve) + curve.aopc_comprehensiveness().probability;
        let share = |change: Change| change.log_odds / self.span;
        let both_shares =
            |curve: &Curve| share(curve.aopc_comprehensiveness()) - share(curve.aopc_sufficiency());
        let random = |get: &dyn Fn(&Curve) -> f64| self.random.iter().map(get).collect::<Vec<f64>>();
        Some(Evidence {
            excess: excess(|c| c.probability)?,
            excess_target: excess(|c| c.target)?,
            excess_sufficiency: Excess::of(kept(&top), &random(&kept))?,
            excess_both: Excess::of(both(&top), &random(&both))?,
            excess_log_odds: excess(|c| c.log_odds)?.over(self.span),
            excess_both_log_odds: Excess::of(both_shares(&top), &random(&both_shares))?,
            bottom_up,
            top,
        })
    }
}

/// Whether there is an order in these scores.
pub(super) fn ranks(scores: &[f64], n: usize) -> Measured<()> {
    if scores.len() != n {
        return Err(Missing::TooFewWords { found: scores.len(), needed: n });
    }
    if scores.iter().any(|score| !score.is_finite()) {
        return Err(Missing::NotFinite { what: "a score" });
    }
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    if scores.iter().all(|score| *score <= least) {
        return Err(Missing::Constant);
    }
    Ok(())
}
