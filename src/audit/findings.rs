//! One text that is in the model, from evidence to verdicts, in the report's terms.

use super::convert;
use super::evidence::AuditedMap;
use super::examine::examine_shared;
use super::failure::Failure;
use super::power;
use super::protocol::Protocol;
use super::verdict::judge;
use crate::attribution::mixing::Mixing;
use crate::attribution::{PatternsRead, Scores, Shared, find};
use crate::missing::{Measured, Missing, settle};
use crate::model::{Target, softmax};
use crate::report::example::{Passes, Prediction, ReadingReport, ReferenceReport, Reliability, SwapReport};
use crate::stats::rank::argsort_descending;
use crate::subject::Subject;
use crate::swap::is_identifiable;

/// What was found about one text: evidence and verdicts, in the report's terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// What the model said.
    pub prediction: Prediction,
    /// The target's value on the text, in the target's unit.
    pub target: f64,
    /// How far the references may be trusted here.
    pub reliability: Reliability,
    /// Each reference attribution.
    pub references: Vec<ReferenceReport>,
    /// Each reading of attention, with its evidence and verdict.
    pub readings: Vec<ReadingReport>,
    /// Counterfactual swaps, per site.
    pub swaps: Vec<SwapReport>,
    /// What each step cost.
    pub passes: Vec<Passes>,
    /// The attention sinks, and the mean weight that each receives.
    pub(super) sinks: Vec<(usize, f64)>,
    /// What the states are made of that the last layer reads.
    pub(crate) below: Measured<Mixing>,
    /// What the target loses without all words, in its unit.
    pub(crate) wordless: Measured<f64>,
    /// Leave-one-out's scores, as they were found.
    pub(super) loo: Measured<Scores>,
}

impl Findings {
    /// Examines one text under the protocol; `label` names a class.
    ///
    /// # Errors
    ///
    /// Where the engine fails, or a site of the protocol is not in the model.
    pub fn of(
        subject: &Subject<'_>,
        protocol: &Protocol,
        label: &dyn Fn(usize) -> String,
    ) -> Result<Self, Failure> {
        let shared = Shared::new(subject, protocol.options());
        let found = examine_shared(&shared, protocol, None)?;
        let usual = power::usual(subject, protocol);
        let left_out = found.left_out();
        let below = settle(shared.below().cloned())?;
        // Run already, for the span of the log-odds.
        let all = (0..subject.words.len()).collect();
        let erased = shared.erased(protocol.operator).changes(&[all])?;
        let readings = found.maps.iter().map(|evidence| {
            let case = found.case(evidence, &left_out);
            let judged = judge(&case, &protocol.thresholds);
            let map = &evidence.map;
            let power = usual
                .clone()
                .and_then(|()| power::could_show(&case, judged.verdict, &protocol.thresholds))
                .and_then(|()| {
                    power::power(&map.name, map.sinks_removed, power::not_found(judged.verdict), found.words)
                });
            let still = below.as_ref().map_err(Clone::clone);
            let still = still.and_then(|below| still_words(subject, below, map));
            convert::reading(evidence, &found.random, judged, power, still, (found.trust.scale, found.words))
        });
        let swaps = found
            .swaps
            .iter()
            .map(|(site, swaps)| convert::swap(*site, swaps, is_identifiable(subject, *site)));
        Ok(Self {
            prediction: prediction(subject, label),
            target: subject.probe.value(),
            reliability: convert::reliability(&found.trust, &found.random),
            references: found.references.iter().map(convert::reference).collect(),
            readings: readings.collect(),
            swaps: swaps.collect(),
            passes: found.passes.iter().map(convert::passes).collect(),
            sinks: found.sinks.clone(),
            loo: found.leave_one_out(),
            below: below.clone(),
            wordless: erased.map(|all| all.iter().map(|change| change.target).sum()),
        })
    }
}

/// The share of a map's weight on words that the states it points at still hold.
fn still_words(subject: &Subject<'_>, mixing: &Mixing, map: &AuditedMap) -> Measured<f64> {
    if find(&map.name).is_none_or(|method| method.reads != PatternsRead::LastRow) {
        return Err(Missing::NotAsked);
    }
    let scores = map.scores.as_ref().map_err(Clone::clone)?;
    let (mut held, mut all) = (0.0, 0.0);
    for (score, word) in scores.words.iter().zip(&subject.words) {
        held += score.abs() * mixing.still(word);
        all += score.abs();
    }
    if all > 0.0 { Ok(held / all) } else { Err(Missing::Constant) }
}

fn prediction(subject: &Subject<'_>, label: &dyn Fn(usize) -> String) -> Prediction {
    let probe = &subject.probe;
    let probabilities = softmax(&probe.trace.logits);
    let class = argsort_descending(&probabilities)[0];
    let target = probe.target;
    let margin = if let Target::Margin { against, .. } = target { Some(against) } else { None };
    Prediction {
        label: label(class),
        class,
        probability: probabilities[class],
        explained: label(target.class()),
        against: margin.map(label),
        probabilities: (probabilities.len() <= 64).then_some(probabilities),
    }
}
