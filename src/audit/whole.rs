//! The tokens of a continuation taken together: the one question that they add up to.
//!
//! It is of the texts' reports, as the summary is, so that it is the same for a run that was taken up.

use super::agreement::ranked;
use crate::attribution::{Role, find};
use crate::missing::{Measured, Missing};
use crate::report::ExampleReport;
use crate::report::Measure;
use crate::report::continuation::{Continuation, MeanReading, SummedAgreement, SummedReference};
use crate::stats::permutation::{Draws, tau_test};
use crate::stats::seed;

/// Scores of one method, summed over the tokens so far.
#[derive(Debug)]
struct Sum {
    method: String,
    scores: Measured<Vec<f64>>,
}

/// What was gathered of one continuation.
#[derive(Debug)]
struct Gathered {
    of: String,
    count: usize,
    seen: usize,
    log_probability: f64,
    target: f64,
    references: Vec<Sum>,
    readings: Vec<Sum>,
}

/// Every continuation of a run, gathered token by token.
#[derive(Debug, Default)]
pub(super) struct Continuations(Vec<Gathered>);

/// Where a token of a continuation could not be audited.
const TOKENS: Missing = Missing::RestsOn { what: "a token of the continuation" };
/// Where a method has no scores at a token, or they are no evidence, or other words are seen there.
const SCORES: Missing = Missing::RestsOn { what: "its scores at a token" };

impl Continuations {
    /// Takes in the next example; one that is no token of a continuation is passed over.
    pub fn push(&mut self, example: &ExampleReport) {
        let Some(asked) = &example.asked else { return };
        let words =
            example.words.iter().filter(|word| word.sequence == 0 && word.end <= asked.prompt).count();
        let cut = |scores: &Measure<Vec<f64>>| scores.value.as_ref()?.get(..words).map(<[f64]>::to_vec);
        let linear = |name: &str| find(name).is_some_and(|m| m.signed && m.role == Role::Reference);
        let references = example.references.iter().filter(|reference| linear(&reference.method));
        let references = references.map(|one| (one.method.as_str(), cut(&one.evidence())));
        let readings = example.readings.iter().filter(|reading| !reading.sinks_removed);
        let readings = readings.map(|one| (one.method.as_str(), cut(&one.scores)));
        if self.0.last().is_none_or(|last| last.of != asked.of) {
            self.0.push(Gathered::new(asked.of.clone(), asked.count));
        }
        let Some(whole) = self.0.last_mut() else { return };
        whole.log_probability += asked.log_probability;
        whole.target += example.target;
        add(&mut whole.references, whole.seen == 0, references);
        add(&mut whole.readings, whole.seen == 0, readings);
        whole.seen += 1;
    }

    /// Each continuation as one question; at most so many permutations stand behind a p.
    pub fn told(&self, seed: u64, permutations: usize) -> Vec<Continuation> {
        self.0.iter().map(|whole| whole.told(seed, permutations)).collect()
    }
}

/// Adds the scores of one token.
fn add<'m>(sums: &mut Vec<Sum>, first: bool, scores: impl Iterator<Item = (&'m str, Option<Vec<f64>>)>) {
    for (at, (method, scores)) in scores.enumerate() {
        let scores = scores.ok_or(SCORES);
        if first {
            sums.push(Sum { method: method.to_owned(), scores });
            continue;
        }
        let Some(sum) = sums.get_mut(at).filter(|sum| sum.method == method) else { continue };
        let both = std::mem::replace(&mut sum.scores, Err(SCORES)).and_then(|all| Ok((all, scores?)));
        sum.scores = both.and_then(|(mut all, more)| {
            if all.len() != more.len() {
                return Err(SCORES);
            }
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
            Ok(all)
        });
    }
}

impl Gathered {
    fn new(of: String, count: usize) -> Self {
        let (references, readings) = (Vec::new(), Vec::new());
        Self { of, count, seen: 0, log_probability: 0.0, target: 0.0, references, readings }
    }

    fn told(&self, seed: u64, permutations: usize) -> Continuation {
        let all = || if self.seen == self.count { Ok(()) } else { Err(TOKENS) };
        let scores = |sum: &Sum, by: f64| -> Measured<Vec<f64>> {
            all()?;
            sum.scores
                .as_ref()
                .map(|scores| scores.iter().map(|score| score / by).collect())
                .map_err(Clone::clone)
        };
        let reading = |sum: &Sum| {
            let mean = scores(sum, self.count as f64);
            let agreement = self.references.iter().map(|reference| {
                let found = mean.clone().and_then(|map| {
                    let signed = find(&sum.method).is_some_and(|method| method.signed);
                    let target = ranked(&scores(reference, 1.0)?, true, signed);
                    let stream = format!("continuation {} {} {}", self.of, sum.method, reference.method);
                    let draws = Draws { count: permutations, ..Draws::default() };
                    tau_test(&map, &target, draws, &mut seed::rng(seed, "data set", &stream))
                        .ok_or(Missing::Constant)
                });
                SummedAgreement {
                    reference: reference.method.clone(),
                    tau: found.clone().map(|test| test.observed).into(),
                    tau_p: found.map(|test| test.greater.p).into(),
                }
            });
            MeanReading {
                method: sum.method.clone(),
                agreement: agreement.collect(),
                scores: mean.clone().into(),
            }
        };
        Continuation {
            of: self.of.clone(),
            tokens: self.count,
            log_probability: all().map(|()| self.log_probability).into(),
            target: all().map(|()| self.target).into(),
            references: self
                .references
                .iter()
                .map(|sum| SummedReference { method: sum.method.clone(), scores: scores(sum, 1.0).into() })
                .collect(),
            readings: self.readings.iter().map(reading).collect(),
        }
    }
}
