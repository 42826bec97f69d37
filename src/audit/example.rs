//! One text that is in the model, from evidence to verdicts.

use super::convert;
use super::evidence::{Named, agreements, between};
use super::failure::Failure;
use super::power;
use super::protocol::Protocol;
use super::verdict::{Case, Swap, judge};
use crate::attribution::{LeaveOneOut, Method, Scores, Shared, without_sinks};
use crate::missing::{Measured, Missing, Outcome};
use crate::model::kernels::beside;
use crate::model::{Target, softmax};
use crate::report::Measure;
use crate::report::example::{
    Agreement, Erasure, GRADIENTS, Passes, Prediction, ReadingReport, ReferenceReport, Reliability,
    SwapReport,
};
use crate::stats::length::detectable_tau;
use crate::subject::Subject;
use crate::swap::{self, Site, SwapEvidence, SwapOptions, SwapOutcome};

/// Permuted patterns at a site that was asked for, at least.
const ASKED: usize = 20;

/// A reading and whether sinks were taken out.
pub(super) struct Reading {
    pub name: String,
    /// Where its patterns are swapped.
    pub site: Site,
    pub sinks_removed: bool,
    pub scores: Measured<Scores>,
}

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
        Examination { protocol, label, shared: &shared, passes: Vec::new(), spent: 0.0 }.run()
    }
}

pub(super) struct Examination<'a> {
    pub protocol: &'a Protocol,
    label: &'a dyn Fn(usize) -> String,
    pub shared: &'a Shared<'a>,
    passes: Vec<Passes>,
    spent: f64,
}

/// What is known of a text before the swaps.
struct Gathered {
    references: Vec<Named>,
    readings: Vec<Reading>,
    reliability: Reliability,
    ceiling: Measured<f64>,
    operators: Measured<f64>,
    /// By reference, then by reading.
    agreements: Vec<Vec<Agreement>>,
    erasures: Vec<Measured<Erasure>>,
    /// Of each reference's own order.
    excess: Vec<Measured<f64>>,
}

impl Examination<'_> {
    fn run(mut self) -> Result<Findings, Failure> {
        let subject = self.shared.subject;
        self.pass("forward");
        // The search at the decision row takes hundreds of steps of one row each.
        let (aside, options) = (subject.apart(), self.options(Site::Row));
        let search = || swap::swap(&aside, Site::Row, &options);
        let (gathered, row) = beside(subject.probe.model.device(), || self.gather(), search);
        let Gathered {
            references,
            readings,
            mut reliability,
            ceiling,
            operators,
            agreements,
            erasures,
            excess,
        } = gathered?;
        let attainable = excess.iter().filter_map(|e| e.as_ref().ok().copied()).reduce(f64::max);
        reliability.attainable =
            attainable.ok_or(Missing::RestsOn { what: "a reference's own erasure" }).into();
        self.book("swaps at row", aside.probe.spent());
        let swaps = self.swaps(row?)?;
        let words = subject.words.len();
        let usual = power::usual(subject, self.protocol);
        let identifiable = subject.tokens() <= subject.probe.model.spec().heads.width;
        let left_out: Vec<String> = references.iter().filter_map(Named::left_out).collect();
        let readings = readings
            .into_iter()
            .zip(erasures)
            .enumerate()
            .map(|(i, (reading, erasure))| {
                let agreement: Vec<Agreement> = agreements.iter().map(|all| all[i].clone()).collect();
                let case = Case {
                    words,
                    ceiling: ceiling.clone(),
                    operators: operators.clone(),
                    loo: against(&agreement, &["loo"]),
                    gradient: against(&agreement, &GRADIENTS),
                    detectable: measured(&reliability.detectable_tau, "the detectable tau"),
                    attainable: measured(&reliability.attainable, "the references' own erasure"),
                    erasure: erasure.as_ref().map_err(Clone::clone),
                    swap: found_at(&swaps, reading.site),
                    left_out: &left_out,
                };
                let mut verdict = judge(&case, &self.protocol.thresholds);
                power::tell(&mut verdict, &reading.name, reading.sinks_removed, words, &usual);
                convert::reading(
                    &reading.name,
                    reading.sinks_removed,
                    reading.scores,
                    agreement,
                    erasure,
                    verdict,
                )
            })
            .collect();
        Ok(Findings {
            prediction: self.prediction(),
            target: subject.probe.value(),
            reliability,
            references: references.into_iter().zip(excess).map(|(r, e)| convert::reference(r, e)).collect(),
            readings,
            swaps: swaps.iter().map(|(site, found)| convert::swap(*site, found, identifiable)).collect(),
            passes: self.passes,
        })
    }

    /// All but the swaps.
    fn gather(&mut self) -> Result<Gathered, Failure> {
        let references = self.references()?;
        let readings = self.readings()?;
        let (reliability, ceiling, operators) = self.reliability(&references)?;
        let scores: Vec<&Measured<Scores>> = readings.iter().map(|reading| &reading.scores).collect();
        let (subject, permutations) = (self.shared.subject, self.protocol.budget.permutations);
        let agreements = agreements(subject, &scores, &references, permutations);
        let (erasures, excess) = self.erasures(&readings, &references)?;
        Ok(Gathered { references, readings, reliability, ceiling, operators, agreements, erasures, excess })
    }

    /// Books what was spent since the last step under this one.
    pub fn pass(&mut self, step: &str) {
        let spent = self.shared.subject.probe.spent();
        let forwards = spent - self.spent;
        self.spent = spent;
        self.book(step, forwards);
    }

    fn book(&mut self, step: &str, forwards: f64) {
        if forwards > 0.0 {
            match self.passes.iter_mut().find(|pass| pass.step == step) {
                Some(pass) => pass.forwards += forwards,
                None => self.passes.push(Passes { step: step.to_owned(), forwards }),
            }
        }
    }

    fn scores(
        &mut self,
        name: &'static str,
        outcome: Option<Outcome<Scores>>,
    ) -> Result<Measured<Scores>, Failure> {
        let scores = outcome.transpose()?;
        self.pass(name);
        Ok(scores.unwrap_or(Err(Missing::NotAsked)))
    }

    fn references(&mut self) -> Result<Vec<Named>, Failure> {
        let mut out = Vec::new();
        for method in self.protocol.wanted(false) {
            let outcome = method.scores(self.shared);
            out.push(Named { name: method.name, scores: self.scores(method.name, outcome)? });
        }
        Ok(out)
    }

    fn readings(&mut self) -> Result<Vec<Reading>, Failure> {
        let mut out = Vec::new();
        let sinks = self.shared.sinks()?;
        let heads: Vec<Site> =
            self.protocol.sites.iter().copied().filter(|site| matches!(site, Site::Head { .. })).collect();
        for method in self.protocol.wanted(true) {
            // A single head is audited where its site was asked for, and so was named beforehand.
            let found: Vec<(String, Site, Outcome<Scores>)> = match method.scores(self.shared) {
                Some(outcome) => vec![(method.name.to_owned(), site_of(method.name), outcome)],
                None => heads.iter().filter_map(|site| self.head(method, *site)).collect(),
            };
            for (name, site, outcome) in found {
                let scores = outcome?;
                self.pass(method.name);
                let without = match &scores {
                    Ok(scores) => without_sinks(self.shared.subject, &sinks, scores),
                    Err(missing) => Err(missing.clone()),
                };
                out.push(Reading { name: name.clone(), site, sinks_removed: false, scores });
                out.push(Reading { name, site, sinks_removed: true, scores: without });
            }
        }
        Ok(out)
    }

    /// The reading of one head, named as its site is.
    fn head(&self, method: &Method, site: Site) -> Option<(String, Site, Outcome<Scores>)> {
        let Site::Head { layer, head } = site else { return None };
        Some((site.to_string(), site, method.scores_of_head(self.shared, layer, head)?))
    }

    fn reliability(
        &mut self,
        references: &[Named],
    ) -> Result<(Reliability, Measured<f64>, Measured<f64>), Failure> {
        let words = self.shared.subject.words.len();
        let loo = references.iter().find(|r| r.name == "loo");
        let gradients = references.iter().filter(|r| !matches!(r.name, "loo" | "random"));
        let mut best: Measured<(f64, &str)> = Err(Missing::RestsOn { what: "a pair of references" });
        for gradient in gradients {
            match (loo.map_or(Err(Missing::NotAsked), |loo| between(loo, gradient)), &best) {
                (Ok(tau), Ok((top, _))) if tau <= *top => {}
                (Ok(tau), _) => best = Ok((tau, gradient.name)),
                (Err(missing), Err(_)) => best = Err(missing),
                (Err(_), Ok(_)) => {}
            }
        }
        let operators = match loo {
            Some(loo) => {
                let second = self.shared.leave_one_out(self.protocol.second_operator())?;
                self.pass("second operator");
                let second = second.and_then(LeaveOneOut::scores);
                between(loo, &Named { name: "leave-one-out under the second operator", scores: second })
            }
            None => Err(Missing::NotAsked),
        };
        let pair = best.as_ref().ok().map(|(_, name)| ("loo".to_owned(), (*name).to_owned()));
        let few = || Missing::TooFewWords { found: words, needed: 4 };
        let ceiling = best.map(|(tau, _)| tau);
        let reliability = Reliability {
            ceiling: ceiling.clone().into(),
            ceiling_pair: pair,
            operators: operators.clone().into(),
            detectable_tau: detectable_tau(words, self.protocol.thresholds.alpha).ok_or_else(few).into(),
            attainable: Err(Missing::RestsOn { what: "erasure" }).into(),
        };
        Ok((reliability, ceiling, operators))
    }

    /// What was found at every site; `row` at the decision row.
    fn swaps(&mut self, row: Measured<SwapEvidence>) -> Result<Vec<(Site, Measured<SwapEvidence>)>, Failure> {
        let mut out = vec![(Site::Row, row)];
        for site in self.protocol.swapped().into_iter().filter(|site| *site != Site::Row) {
            let found = swap::swap(self.shared.subject, site, &self.options(site))?;
            self.pass(&format!("swaps at {site}"));
            out.push((site, found));
        }
        Ok(out)
    }

    fn options(&self, site: Site) -> SwapOptions {
        let (plan, budget, row) = (self.protocol, self.protocol.budget, site == Site::Row);
        SwapOptions {
            permutations: if row { budget.permuted_row } else { budget.permuted_deep.max(ASKED) },
            adversary: row || budget.deep_adversary,
            candidates: budget.candidates,
            steps: budget.steps,
            epsilon: plan.thresholds.epsilon,
            divergence: plan.thresholds.jsd,
            ..SwapOptions::default()
        }
    }

    fn prediction(&self) -> Prediction {
        let probe = &self.shared.subject.probe;
        let probabilities = softmax(&probe.trace.logits);
        let class = crate::stats::rank::argsort_descending(&probabilities)[0];
        let target = probe.target;
        let margin = if let Target::Margin { against, .. } = target { Some(against) } else { None };
        Prediction {
            label: (self.label)(class),
            class,
            probability: probabilities[class],
            explained: (self.label)(target.class()),
            against: margin.map(|class| (self.label)(class)),
            probabilities: (probabilities.len() <= 64).then_some(probabilities),
        }
    }
}

fn measured(measure: &Measure<f64>, what: &'static str) -> Measured<f64> {
    measure.value.ok_or(Missing::RestsOn { what })
}

/// tau and p against the first of `names` that has them.
fn against(agreement: &[Agreement], names: &[&str]) -> Measured<(f64, f64)> {
    names
        .iter()
        .filter_map(|name| agreement.iter().find(|a| a.reference == *name))
        .find_map(|a| Some((a.tau.value?, a.tau_p.value?)))
        .ok_or(Missing::RestsOn { what: "the agreement with its references" })
}

fn found_at(swaps: &[(Site, Measured<SwapEvidence>)], site: Site) -> Measured<Swap> {
    let Some((_, found)) = swaps.iter().find(|(at, _)| *at == site) else {
        return Err(Missing::RestsOn { what: "swaps at the reading's site" });
    };
    let found = found.as_ref().map_err(Clone::clone)?;
    let non_exclusive = match (&found.outcome, &found.witness) {
        (SwapOutcome::NonExclusive, Some(w)) => Some((w.counterfactual.jsd, w.counterfactual.tvd)),
        _ => None,
    };
    Ok(Swap { site: site.to_string(), leverage: found.leverage, non_exclusive })
}

/// The site a reading of the whole model is read from: one row of the last layer, or every layer.
fn site_of(reading: &str) -> Site {
    match reading {
        "mean" | "rollout" | "flow" => Site::All,
        _ => Site::Row,
    }
}
