//! Soft comprehensiveness and sufficiency: words erased in proportion to a map's weights (Zhao & Aletras 2023).
//!
//! Hard erasure sees the order of the words alone. Zhao & Aletras drop each element of a token's embedding by a draw of
//! Bernoulli whose chance is the token's score. Their scores are scaled text by text to [0, 1], so that a map with much
//! mass erases much, whatever it points at; here every map erases the same share of the text in the mean, and each
//! embedding stands where those draws put it in the mean, so that nothing is drawn.

use crate::missing::{Measured, Missing, Outcome, Stop, settle};
use crate::model::softmax;
use crate::subject::Subject;

use super::curve::Curve;
use super::erased::Change;
use super::excess::Excess;
use super::operator::Operator;
use super::order;

/// Shares of the text that are erased, or kept, in the mean over words.
pub const LEVELS: [f64; 2] = [0.2, 0.5];

/// Passes that an arrangement of weights takes: what it highlights erased, and kept, at each level.
const EACH: usize = 2 * LEVELS.len();

/// One text, and the orders that a map's weights are dealt out along for comparison.
#[derive(Debug)]
pub struct Soft<'a> {
    subject: &'a Subject<'a>,
    operator: Operator,
    /// The word embeddings of the text, `[T, Demb]`.
    words: Vec<f64>,
    /// From there to those of the text with every word erased, `[T, Demb]`.
    along: Vec<f64>,
    orders: Vec<Vec<usize>>,
}

/// What erasing words in proportion to a map's weights does, level by level where it says curve.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftEvidence {
    /// With the weights on the words that the map gives them to.
    pub map: Curve,
    /// With the same order of words, and weights that fall evenly along it: ranks without magnitudes.
    pub ranks: Curve,
    /// Comprehensiveness above that of the same weights on random words, in probability.
    pub excess: Excess,
    /// The same in the target's unit.
    pub excess_target: Excess,
    /// Sufficiency of the same weights on random words above the map's, in probability; above 0 is better than chance.
    pub excess_sufficiency: Excess,
    /// Comprehensiveness minus sufficiency above that of random words, in the target's unit, which does not saturate.
    pub excess_both: Excess,
    /// How often the weights were dealt out anew.
    pub reassigned: usize,
    /// Passes that it took.
    pub passes: usize,
}

impl SoftEvidence {
    /// Comprehensiveness minus sufficiency of the map above that of its ranks alone: what its magnitudes add, in
    /// probability and in the target's unit. Below 0 they take away from what its order shows.
    #[must_use]
    pub fn magnitudes(&self) -> Change {
        let both = |curve: &Curve, of: fn(&Change) -> f64| {
            of(&curve.aopc_comprehensiveness()) - of(&curve.aopc_sufficiency())
        };
        let gain = |of: fn(&Change) -> f64| both(&self.map, of) - both(&self.ranks, of);
        Change {
            target: gain(|c| c.target),
            probability: gain(|c| c.probability),
            tvd: gain(|c| c.tvd),
            log_odds: gain(|c| c.log_odds),
        }
    }
}

/// The share of each word that is erased, in [0, 1]: proportional to its weight, at most 1, and `level` in the mean over
/// the words, exactly.
///
/// Weights below 0 are taken for 0. What words at 1 cannot take is shared by the others in proportion; where these have
/// no weight, evenly. [`Missing::Constant`] where all weights are the same, [`Missing::NotFinite`].
pub fn shares(weights: &[f64], level: f64) -> Measured<Vec<f64>> {
    if weights.iter().any(|weight| !weight.is_finite()) {
        return Err(Missing::NotFinite { what: "a score" });
    }
    let weights: Vec<f64> = weights.iter().map(|weight| weight.max(0.0)).collect();
    let order = order::descending(&weights);
    let (Some(first), Some(last)) = (order.first(), order.last()) else {
        return Err(Missing::TooFewWords { found: 0, needed: 2 });
    };
    if weights[*first] <= weights[*last] {
        return Err(Missing::Constant);
    }
    let (n, mut out) = (weights.len(), vec![1.0; weights.len()]);
    let mut left = level.clamp(0.0, 1.0) * n as f64;
    let mut full = 0;
    while full < n {
        let rest: f64 = order[full..].iter().map(|&word| weights[word]).sum();
        if rest <= 0.0 {
            let even = left / (n - full) as f64;
            order[full..].iter().for_each(|&word| out[word] = even);
            break;
        }
        if left * weights[order[full]] < rest {
            order[full..].iter().for_each(|&word| out[word] = left * weights[word] / rest);
            break;
        }
        (left, full) = (left - 1.0, full + 1);
    }
    Ok(out)
}

/// Weights in the order of these that fall evenly: the number of words below, ties half.
fn ladder(weights: &[f64]) -> Vec<f64> {
    let height = |weight: &f64| {
        let below = weights.iter().filter(|other| other < &weight).count() as f64;
        let same = weights.iter().filter(|other| other.total_cmp(weight).is_eq()).count() as f64;
        below + f64::midpoint(same, 1.0)
    };
    weights.iter().map(height).collect()
}

impl<'a> Soft<'a> {
    /// Nothing is run yet. `orders` is how often a map's weights are dealt out along random orders, at least 20: the ones
    /// that hard erasure is compared with.
    ///
    /// An operator without a place halfway, [`Operator::Attend`] and [`Operator::Delete`], stands for
    /// [`Operator::Zero`] here. [`Missing::TooFewWords`] below two words.
    pub fn new(subject: &'a Subject<'a>, operator: Operator, orders: usize) -> Outcome<Self> {
        settle(Self::start(subject, operator, orders))
    }

    fn start(subject: &'a Subject<'a>, operator: Operator, orders: usize) -> Result<Self, Stop> {
        let (n, probe) = (subject.words.len(), &subject.probe);
        if n < 2 {
            return Err(Missing::TooFewWords { found: n, needed: 2 }.into());
        }
        let operator = match operator {
            Operator::Mask | Operator::Pad | Operator::Zero => operator,
            Operator::Attend | Operator::Delete => Operator::Zero,
        };
        let all: Vec<usize> = (0..n).collect();
        let (words, erased) = (probe.words(&probe.sequence)?, probe.words(&operator.apply(subject, &all)?)?);
        let along = erased.iter().zip(&words).map(|(to, from)| to - from).collect();
        Ok(Self { subject, operator, words, along, orders: order::of_text(subject, orders) })
    }

    /// How a word is erased: what its embedding moves to.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What each of these shares of the words, `[n]` in [0, 1], erased together change.
    ///
    /// At 0 and 1 it is what [`super::Erased`] finds. A share halfway is the output at the mean of the embeddings that
    /// draws would give, not the mean of the outputs.
    pub fn changes(&self, erased: &[Vec<f64>]) -> Outcome<Vec<Change>> {
        settle(self.run(erased))
    }

    fn run(&self, erased: &[Vec<f64>]) -> Result<Vec<Change>, Stop> {
        let probe = &self.subject.probe;
        let width = probe.model.reader().spec.embedding;
        let point = |shares: &Vec<f64>| {
            let mut point = self.words.clone();
            for (word, share) in self.subject.words.iter().zip(shares) {
                let range = word.start * width..word.end * width;
                for (at, along) in point[range.clone()].iter_mut().zip(&self.along[range]) {
                    *at += share * along;
                }
            }
            point
        };
        let before = softmax(&probe.trace.logits);
        let logits = probe.logits_at(erased, point)?;
        Ok(logits.iter().map(|logits| Change::of(self.subject, &before, logits)).collect::<Measured<_>>()?)
    }

    /// What erasure in proportion to these weights says, one per word.
    ///
    /// The null deals the map's own weights out anew, the greatest to the first word of a random order and so on: it has
    /// the same magnitudes, so that weights and ranks are tested together.
    pub fn evidence(&self, weights: &[f64]) -> Outcome<SoftEvidence> {
        settle(self.compare(weights))
    }

    fn compare(&self, weights: &[f64]) -> Result<SoftEvidence, Stop> {
        let n = self.subject.words.len();
        if weights.len() != n {
            return Err(Missing::TooFewWords { found: weights.len(), needed: n }.into());
        }
        let by_map = Arrangement::of(weights)?;
        let clipped: Vec<f64> = weights.iter().map(|weight| weight.max(0.0)).collect();
        let mut all = by_map.texts();
        all.extend(Arrangement::of(&ladder(&clipped))?.texts());
        let own = order::descending(&clipped);
        all.extend(self.orders.iter().flat_map(|order| by_map.along(&own, order).texts()));
        let passes = all.len();
        let changes = self.run(&all)?;
        let curve = |changes: &[Change]| Curve {
            comprehensiveness: changes.iter().copied().step_by(2).collect(),
            sufficiency: changes.iter().copied().skip(1).step_by(2).collect(),
        };
        let mut curves = changes.chunks_exact(EACH).map(curve);
        let (Some(map), Some(ranks)) = (curves.next(), curves.next()) else {
            return Err(Missing::RestsOn { what: "soft erasure" }.into());
        };
        let random: Vec<Curve> = curves.collect();
        let excess = |of: &dyn Fn(&Curve) -> f64| {
            let random: Vec<f64> = random.iter().map(of).collect();
            Excess::of(of(&map), &random).ok_or(Missing::NotFinite { what: "a change under erasure" })
        };
        let both = |c: &Curve| c.aopc_comprehensiveness().target - c.aopc_sufficiency().target;
        Ok(SoftEvidence {
            excess: excess(&|c| c.aopc_comprehensiveness().probability)?,
            excess_target: excess(&|c| c.aopc_comprehensiveness().target)?,
            excess_sufficiency: excess(&|c| -c.aopc_sufficiency().probability)?,
            excess_both: excess(&both)?,
            reassigned: self.orders.len(),
            passes,
            map,
            ranks,
        })
    }
}

/// The share of each word at each level.
struct Arrangement(Vec<Vec<f64>>);

impl Arrangement {
    fn of(weights: &[f64]) -> Measured<Self> {
        Ok(Self(LEVELS.iter().map(|level| shares(weights, *level)).collect::<Measured<_>>()?))
    }

    /// The same shares on other words: what stands first in `own` goes to the first of `order`.
    fn along(&self, own: &[usize], order: &[usize]) -> Self {
        let dealt = |shares: &Vec<f64>| {
            let mut out = shares.clone();
            own.iter().zip(order).for_each(|(&from, &to)| out[to] = shares[from]);
            out
        };
        Self(self.0.iter().map(dealt).collect())
    }

    /// What is erased of each word, at each level: its share, and all but its share.
    fn texts(&self) -> Vec<Vec<f64>> {
        let kept = |shares: &Vec<f64>| shares.iter().map(|share| 1.0 - share).collect();
        self.0.iter().flat_map(|shares| [shares.clone(), kept(shares)]).collect()
    }
}
