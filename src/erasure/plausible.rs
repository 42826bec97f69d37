//! How plausible erased texts are to the model: whether an effect was got by breaking the text.
//!
//! A classifier's energy, `−logsumexp(logits)`, is high on texts unlike those that it was trained on (Liu et al. 2020).
//! But what an erased text's energy tells first is how sure of itself the model still is: of two classes whose logits
//! are about opposite nothing else is left, and every map that finds the words that decide would be called a breaker of
//! texts. So texts are compared at the same number of erased words, and at the same probabilities.
//!
//! A masked-word model says of every token how likely it is where it stands. It is asked with all tokens in their places,
//! once a text: to mask each in turn (Salazar et al. 2020) takes as many passes as there are tokens.

use crate::missing::{Measured, Missing, Outcome, Stop, settle};
use crate::model::Task;
use crate::stats::order::{mean, null_p};
use crate::subject::Subject;

use super::curve::{Curves, ranks};
use super::order;

/// Below this share of what moves, nothing does: sums of squares in f32.
const ROUNDING: f64 = 1e-8;

/// Where a text stands by its logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stand {
    /// `−logsumexp` of the logits; a lone logit is the second of two classes, the first of which has 0.
    pub energy: f64,
    /// What of it the probabilities settle: the energy of the logits with their mean taken away. The rest is minus that
    /// mean, which no probability depends on.
    pub settled: f64,
}

impl Stand {
    /// Of at least one logit.
    #[must_use]
    pub fn of(logits: &[f64]) -> Self {
        let logits = if let [one] = logits { vec![0.0, *one] } else { logits.to_vec() };
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|z| libm::exp(z - top)).sum();
        let energy = -(top + libm::log(sum));
        Self { energy, settled: energy + logits.iter().sum::<f64>() / logits.len() as f64 }
    }
}

/// What is taken for how implausible a text is; each is higher the less the text is like what the model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implausible {
    /// A classifier's `−logsumexp(logits)`, of the passes that are run anyway.
    Energy,
    /// A masked-word model's `−log p` of each token of the words that are left, where it stands and seen, in the mean, in
    /// nats; a pass a text.
    PseudoLoss,
}

/// Of a model that has no such measure.
pub const NO_MEASURE: Missing = Missing::Unmeasured { for_what: "for classes and masked words" };

impl Implausible {
    /// What this text's model has; a language model's next token has neither.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        match subject.probe.model.readout.task {
            Task::Classification => Some(Self::Energy),
            Task::MaskedLm => Some(Self::PseudoLoss),
            Task::NextToken | Task::Translation => None,
        }
    }

    /// `energy` or `pseudo-loss`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::PseudoLoss => "pseudo-loss",
        }
    }
}

/// Where the texts without a map's top words stand among the random orders' of the same size; each a mean over bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// What is taken for how implausible a text is.
    pub measure: Implausible,
    /// Of the observed text.
    pub observed: f64,
    /// Of the texts without the map's top words.
    pub erased: f64,
    /// Of the texts without a random order's first words, mean over orders.
    pub random: f64,
    /// The share of the variance within bins that the probabilities account for, in [0, 1]: near 1 the measure says little
    /// that the prediction does not.
    pub explained: f64,
    /// Above that of random erased texts of the same size and the same probabilities; above 0 is less plausible.
    pub stranger: f64,
    /// How likely a random order's texts are as strange: a rank, in (0, 1]. Small where the map breaks the text.
    pub p: f64,
}

/// Where the erased texts of each scoring stand. A classifier ran every one for its curve; a masked-word model runs each
/// once more, of at most 20 random orders.
///
/// In each bin the measure is fitted by a straight line to what the probabilities settle of it, over the random orders
/// and the map together, so that under chance no residual is any other's better. [`Missing::Constant`] for a scoring
/// that ranks nothing, [`Missing::RestsOn`] where nothing moves, or the probabilities settle all of it.
pub fn standing(curves: &Curves<'_>, scorings: &[&[f64]]) -> Outcome<Vec<Measured<Standing>>> {
    settle(all(curves, scorings))
}

fn all(curves: &Curves<'_>, scorings: &[&[f64]]) -> Result<Vec<Measured<Standing>>, Stop> {
    let subject = curves.erased.subject();
    let n = subject.words.len();
    let measure = Implausible::of(subject).ok_or(NO_MEASURE)?;
    let mut random = order::of_text(subject, curves.random.len());
    let observed = match measure {
        Implausible::Energy => Stand::of(&subject.probe.trace.logits).energy,
        Implausible::PseudoLoss => {
            random.truncate(PSEUDO_ORDERS);
            pseudo_loss(curves, &[])?
        }
    };
    let random = stands(curves, &random)?;
    let of = |scores: &&[f64]| {
        if let Err(missing) = ranks(scores, n) {
            return Ok(Err(missing));
        }
        let own = stands(curves, &[order::descending(scores)])?;
        let own = own.first().ok_or(Missing::RestsOn { what: "erasure" });
        let found = own.and_then(|own| compare(own, &random));
        Ok(found.map(|Beside { erased, random, explained, stranger, p }| Standing {
            measure,
            observed,
            erased,
            random,
            explained,
            stranger,
            p,
        }))
    };
    scorings.iter().map(of).collect()
}

/// Random orders that a masked-word model runs once more.
const PSEUDO_ORDERS: usize = 20;

/// `−log p` of each token that is left without `words`, mean over tokens, in nats.
fn pseudo_loss(curves: &Curves<'_>, words: &[usize]) -> Result<f64, Stop> {
    let (subject, operator) = (curves.erased.subject(), curves.erased.operator());
    let probe = &subject.probe;
    let sequence = operator.apply(subject, words)?;
    let gone: Vec<usize> =
        words.iter().filter_map(|&word| subject.words.get(word)).cloned().flatten().collect();
    let left: Vec<usize> = (0..probe.sequence.len()).filter(|token| !gone.contains(token)).collect();
    // Where tokens were taken out the others closed up.
    let places: Vec<(usize, usize)> = if sequence.len() == probe.sequence.len() {
        left.iter().map(|&token| (token, token)).collect()
    } else {
        left.iter().copied().enumerate().collect()
    };
    let content = subject.content();
    let rows = probe.logits_everywhere(&sequence)?;
    let losses: Vec<f64> = places
        .into_iter()
        .filter(|(_, token)| content[*token])
        .map(|(place, token)| {
            -(rows[place][probe.sequence.ids[token] as usize] + Stand::of(&rows[place]).energy)
        })
        .collect();
    Ok(mean(&losses).ok_or(Missing::NotFinite { what: "a logit" })?)
}

/// Of each order, the text without its first words, bin by bin.
fn stands(curves: &Curves<'_>, orders: &[Vec<usize>]) -> Result<Vec<Vec<Stand>>, Stop> {
    let first = |order: &Vec<usize>| -> Vec<Vec<usize>> {
        curves.bins.iter().map(|&k| order[..k.min(order.len())].to_vec()).collect()
    };
    let sets: Vec<Vec<usize>> = orders.iter().flat_map(first).collect();
    let mut seen: Vec<Stand> = curves.erased.seen(&sets)?.into_iter().map(|(_, stand)| stand).collect();
    if Implausible::of(curves.erased.subject()) == Some(Implausible::PseudoLoss) {
        for (stand, words) in seen.iter_mut().zip(&sets) {
            stand.energy = pseudo_loss(curves, words)?;
        }
    }
    Ok(seen.chunks(curves.bins.len().max(1)).map(<[Stand]>::to_vec).collect())
}

/// What a map's texts are beside those of random orders.
struct Beside {
    erased: f64,
    random: f64,
    explained: f64,
    stranger: f64,
    p: f64,
}

/// The map's texts against those of the random orders; its own stand last in every bin.
fn compare(own: &[Stand], random: &[Vec<Stand>]) -> Measured<Beside> {
    let (bins, count) = (own.len(), random.len());
    let mut residuals = vec![0.0; count + 1];
    let (mut moved, mut left, mut chance) = (0.0, 0.0, 0.0);
    for bin in 0..bins {
        let here: Vec<Stand> = random.iter().map(|stands| stands[bin]).chain([own[bin]]).collect();
        let of = |get: fn(&Stand) -> f64| here.iter().map(get).sum::<f64>() / here.len() as f64;
        let (energy, settled) = (of(|s| s.energy), of(|s| s.settled));
        let sum = |get: &dyn Fn(&Stand) -> f64| here.iter().map(get).sum::<f64>();
        let spread = sum(&|s| (s.settled - settled).powi(2));
        let both = sum(&|s| (s.settled - settled) * (s.energy - energy));
        let slope = if spread > 0.0 { both / spread } else { 0.0 };
        for (residual, stand) in residuals.iter_mut().zip(&here) {
            let rest = stand.energy - energy - slope * (stand.settled - settled);
            left += rest * rest;
            *residual += rest / bins as f64;
        }
        moved += sum(&|s| (s.energy - energy).powi(2));
        chance += random.iter().map(|stands| stands[bin].energy).sum::<f64>() / count as f64;
    }
    let energy = own.iter().map(|stand| stand.energy).sum::<f64>() / bins as f64;
    if !(moved.is_finite() && energy.is_finite()) {
        return Err(Missing::NotFinite { what: "an implausibility" });
    }
    if moved <= ROUNDING * ROUNDING * energy * energy {
        return Err(Missing::RestsOn { what: "an implausibility that erasure moves" });
    }
    if left <= ROUNDING * moved {
        return Err(Missing::RestsOn { what: "an implausibility that the probabilities do not settle" });
    }
    let stranger = residuals.pop().unwrap_or(0.0);
    let p = null_p(stranger, &residuals).ok_or(Missing::NotFinite { what: "an implausibility" })?;
    let usual = residuals.iter().sum::<f64>() / count as f64;
    Ok(Beside {
        erased: energy,
        random: chance / bins as f64,
        explained: 1.0 - left / moved,
        stranger: stranger - usual,
        p,
    })
}
