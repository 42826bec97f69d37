//! What is known of one text before anything is judged.
//!
//! A measure that is missing keeps its reason all the way to the verdict and the report.

use super::agreement::{Named, RankAgreement};
use super::beyond::Beyond;
use super::verdict::{Case, Causal, Swaps};
use crate::attribution::{Basis, Scores};
use crate::erasure::{self, Bounds, RandomBand, Violation, WeightEffect};
use crate::missing::{Measured, Missing};
use crate::report::settings::Thresholds;
use crate::shift::{Scale, Shift};
use crate::swap::{Site, SwapEvidence, SwapKind};

/// A map to be audited.
#[derive(Debug, Clone)]
pub(crate) struct AuditedMap {
    /// Its method, or its site where it is one head's.
    pub name: String,
    /// Where its patterns are swapped.
    pub site: Site,
    pub sinks_removed: bool,
    pub scores: Measured<Scores>,
}

/// What erasing words in a map's order does.
#[derive(Debug, Clone)]
pub(crate) struct WordErasure {
    pub curves: erasure::Evidence,
    pub violation: Measured<Violation>,
    /// Erasure of attention weights; of the map that people plot alone.
    pub weights: Option<WeightEffect>,
    /// What is shown beside it, and no verdict rests on.
    pub beyond: Beyond,
}

/// What every order of a text's words is held against.
#[derive(Debug, Clone)]
pub(crate) struct RandomOrders {
    /// How many words each bin erases.
    pub bins: Vec<usize>,
    /// Of the random orders, per bin, in probability.
    pub comprehensiveness: Vec<RandomBand>,
    pub sufficiency: Vec<RandomBand>,
    /// AOPC comprehensiveness of each, in probability; empty where one is not finite.
    pub aopc: Vec<f64>,
    /// The same in log-odds, as a share of their span; empty where one is not finite.
    pub aopc_log_odds: Vec<f64>,
    /// The span of the text's log-odds, in logits.
    pub span: f64,
    /// The least and greatest AOPC of any order, where that was asked for.
    pub most_comprehensive: Measured<Bounds>,
    pub most_sufficient: Measured<Bounds>,
}

/// A reference, and what erasing words in its own order does.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceEvidence {
    pub named: Named,
    /// Comprehensiveness above that of random orders: in probability, and in log-odds as a share of their span.
    pub excess: Measured<[erasure::Excess; 2]>,
}

impl ReferenceEvidence {
    /// What its order reaches.
    pub fn reached(&self) -> Measured<Reached> {
        let [probability, log_odds] = self.excess.as_ref().map_err(Clone::clone)?;
        Ok(Reached { probability: probability.mean, log_odds: log_odds.mean })
    }

    /// Whether erasure bears it out on a scale: its own order costs at least the margin more than random ones, and no more of
    /// them do as well than luck allows.
    pub fn is_borne_out(&self, scale: Scale, thresholds: &Thresholds) -> bool {
        self.excess.as_ref().is_ok_and(|[probability, log_odds]| {
            let excess = if scale == Scale::Probability { probability } else { log_odds };
            excess.mean >= thresholds.margin && excess.rank_p <= thresholds.alpha
        })
    }
}

/// Excess comprehensiveness of an order of the words on both scales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reached {
    /// In probability.
    pub probability: f64,
    /// In log-odds, as a share of their span.
    pub log_odds: f64,
}

impl Reached {
    pub fn on(self, scale: Scale) -> f64 {
        match scale {
            Scale::Probability => self.probability,
            Scale::LogOdds => self.log_odds,
        }
    }
}

/// All that is known of one map.
#[derive(Debug, Clone)]
pub(crate) struct MapEvidence {
    pub map: AuditedMap,
    /// One per reference.
    pub agreement: Vec<RankAgreement>,
    pub erasure: Measured<WordErasure>,
    /// What swaps at its site do to this very map. Missing without leverage.
    pub counterfactual: Measured<Counterpart>,
}

/// What swaps at a reading's site do to the reading's own map.
#[derive(Debug, Clone)]
pub(crate) struct Counterpart {
    /// The most divergent attention that keeps the prediction and whose map points elsewhere; none where each that was
    /// looked at moves the prediction, or leaves the map where it points.
    pub best: Option<FoundBy>,
    /// Whether that map is very different.
    pub different: bool,
    /// Of the permuted and one-hot swaps whose map is very different and points elsewhere, the share that keeps the
    /// prediction, in [0, 1]: how replaceable the map is without any search.
    pub plain_share: Measured<f64>,
}

/// Another attention that keeps the prediction, by a reading's own map.
#[derive(Debug, Clone)]
pub(crate) struct FoundBy {
    pub kind: SwapKind,
    /// From the observed map, in nats, on words; signed maps by their absolute values.
    pub jsd: f64,
    pub shift: Shift,
    /// A share per word, with sum 1.
    pub words: Vec<f64>,
}

/// How far the references may be trusted on a text.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceTrust {
    /// Best agreement between two references of different kinds, and which two.
    pub ceiling: Measured<(f64, [&'static str; 2])>,
    /// Agreement of leave-one-out under two operators.
    pub operators: Measured<f64>,
    /// The least tau that this many words would show in 80 % of cases.
    pub detectable: Measured<f64>,
    /// The largest excess comprehensiveness of a reference's own order, on each scale.
    pub attainable: Measured<Reached>,
    /// The scale that erasure is judged on: the first on which some reference's order reaches the margin.
    pub scale: Scale,
    /// The reference that erasure bears out: Shapley values, or leave-one-out where there are none. One that is named
    /// beforehand, since the best of several is borne out by luck more often.
    pub borne_out: Option<&'static str>,
}

/// What one examination of a text found.
#[derive(Debug, Clone)]
pub(crate) struct TextEvidence {
    /// Content words.
    pub words: usize,
    pub references: Vec<ReferenceEvidence>,
    pub trust: ReferenceTrust,
    pub random: Measured<RandomOrders>,
    pub maps: Vec<MapEvidence>,
    /// By site, the decision row first.
    pub swaps: Vec<(Site, Measured<SwapEvidence>)>,
    /// What each step cost, in forward passes.
    pub passes: Vec<(String, f64)>,
    /// Its attention sinks, and the mean weight that each receives.
    pub sinks: Vec<(usize, f64)>,
}

impl TextEvidence {
    /// What is to be said of references that are left out of the evidence.
    pub fn left_out(&self) -> Vec<String> {
        self.references.iter().filter_map(|reference| reference.named.left_out()).collect()
    }

    /// Leave-one-out's scores.
    pub fn leave_one_out(&self) -> Measured<Scores> {
        let loo = self.references.iter().find(|reference| reference.named.basis == Basis::Erasure);
        let scores = loo.and_then(|loo| loo.named.scores.clone().ok());
        scores.ok_or(Missing::RestsOn { what: "leave-one-out" })
    }

    /// The case of one of its maps.
    pub fn case<'c>(&self, of: &MapEvidence, left_out: &'c [String]) -> Case<'c> {
        Case {
            words: self.words,
            ceiling: self.trust.ceiling.clone().map(|(tau, _)| tau),
            operators: self.trust.operators.clone(),
            borne_out: self.trust.borne_out.is_some(),
            flat: of.map.scores.as_ref().is_ok_and(|scores| is_flat(&scores.words)),
            loo: against(&of.agreement, Basis::Erasure),
            gradient: against(&of.agreement, Basis::Gradient),
            detectable: self.trust.detectable.clone(),
            least_p: least_p(&of.agreement),
            attainable: self.trust.attainable.clone().map(|most| most.on(self.trust.scale)),
            erasure: of
                .erasure
                .as_ref()
                .map(|found| Causal::of(found, self.trust.scale))
                .map_err(Clone::clone),
            swap: self.swaps_of(of),
            left_out,
        }
    }

    /// What was found at a site.
    pub fn at(&self, site: Site) -> Measured<&SwapEvidence> {
        match self.swaps.iter().find(|(at, _)| *at == site) {
            Some((_, found)) => found.as_ref().map_err(Clone::clone),
            None => Err(Missing::RestsOn { what: "swaps at the reading's site" }),
        }
    }

    /// Leverage is the site's, the counterfactual the map's own.
    fn swaps_of(&self, of: &MapEvidence) -> Measured<Swaps> {
        let site = of.map.site;
        let found = self.at(site)?;
        let non_exclusive = match &of.counterfactual {
            Ok(own) => own.best.as_ref().filter(|_| own.different).map(|best| (best.jsd, best.shift)),
            Err(Missing::NoLeverage) => None,
            Err(missing) => return Err(missing.clone()),
        };
        let searched = found.adversarial.is_ok();
        Ok(Swaps {
            site: site.to_string(),
            leverage: found.leverage,
            scale: found.scale,
            searched,
            non_exclusive,
        })
    }
}

/// Scores that differ by less than this share of the largest are tied: f32 has no more digits.
const ROUNDING: f64 = 1e-6;

/// Whether a map distinguishes no words.
fn is_flat(words: &[f64]) -> bool {
    let (low, high) =
        words.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), w| (l.min(*w), h.max(*w)));
    high - low <= ROUNDING * high.abs().max(low.abs())
}

/// The least p that a map could have had against both leave-one-out and the gradient.
fn least_p(agreement: &[RankAgreement]) -> Measured<f64> {
    let of = |basis: Basis| {
        let known = |one: &&RankAgreement| one.basis == basis && one.tau.is_ok();
        let found = agreement.iter().find(known).map(|one| one.least_p.clone());
        found.unwrap_or(Err(Missing::RestsOn { what: "the agreement with its references" }))
    };
    Ok(of(Basis::Erasure)?.max(of(Basis::Gradient)?))
}

/// tau and p against the first reference of the basis that has them.
fn against(agreement: &[RankAgreement], basis: Basis) -> Measured<(f64, f64)> {
    let found = agreement.iter().filter(|one| one.basis == basis).find_map(|one| one.tau.as_ref().ok());
    found.map(|tau| (tau.value, tau.p)).ok_or(Missing::RestsOn { what: "the agreement with its references" })
}

impl Causal {
    fn of(found: &WordErasure, scale: Scale) -> Self {
        let curves = &found.curves;
        let (excess, both) = match scale {
            Scale::Probability => (&curves.excess, &curves.excess_both),
            Scale::LogOdds => (&curves.excess_log_odds, &curves.excess_both_log_odds),
        };
        let violated = found.violation.as_ref().is_ok_and(|v| v.top && v.random < 1.0);
        Self { excess: excess.mean, low: excess.low, high: excess.high, luck_p: both.rank_p, violated, scale }
    }
}
