//! How far references agree with themselves when a choice that nobody can justify is made differently.

use crate::attribution::{Baseline, Basis, LeaveOneOut, MethodOptions, PATH_INTEGRAL, Shared, find};
use crate::audit::agreement::{Named, between};
use crate::erasure::Operator;
use crate::missing::{Measured, Missing};
use crate::model::ModelError;
use crate::report::own::ChoiceAgreement;
use crate::stats::interval::{RESAMPLES, bootstrap_mean};
use crate::stats::seed;
use crate::subject::Subject;

/// Leave-one-out under every two operators that the tokenizer allows.
pub(super) fn operators(
    subjects: &[Subject<'_>],
    options: impl Fn(&Subject<'_>) -> MethodOptions,
    seed: u64,
) -> Result<Vec<ChoiceAgreement>, ModelError> {
    let names: Vec<&str> = Operator::ALL.iter().map(|operator| operator.name()).collect();
    pairs(subjects, &names, seed, |subject| {
        let shared = Shared::new(subject, options(subject));
        let each = Operator::ALL.iter().map(|&operator| {
            let scores = shared.leave_one_out(operator)?.and_then(LeaveOneOut::scores);
            Ok(Named::leave_one_out(operator.name(), scores))
        });
        each.collect()
    })
}

/// Integrated gradients from every two baselines that the tokenizer allows.
pub(super) fn baselines(
    subjects: &[Subject<'_>],
    options: impl Fn(&Subject<'_>) -> MethodOptions,
    seed: u64,
) -> Result<Vec<ChoiceAgreement>, ModelError> {
    let names: Vec<&str> = Baseline::ALL.iter().map(|baseline| baseline.name()).collect();
    pairs(subjects, &names, seed, |subject| {
        let each = Baseline::ALL.iter().map(|&baseline| {
            let shared = Shared::new(subject, MethodOptions { baseline, ..options(subject) });
            let scores = match find(PATH_INTEGRAL).and_then(|method| method.scores(&shared)) {
                Some(scores) => scores?,
                None => Err(Missing::NotAsked),
            };
            Ok(Named { name: baseline.name(), basis: Basis::Gradient, scores })
        });
        each.collect()
    })
}

fn pairs(
    subjects: &[Subject<'_>],
    names: &[&str],
    seed: u64,
    scores: impl Fn(&Subject<'_>) -> Result<Vec<Named>, ModelError>,
) -> Result<Vec<ChoiceAgreement>, ModelError> {
    let all = subjects.iter().map(scores).collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::new();
    for (i, first) in names.iter().enumerate() {
        for (j, second) in names.iter().enumerate().skip(i + 1) {
            let taus: Vec<Measured<f64>> = all.iter().map(|text| between(&text[i], &text[j])).collect();
            out.push(agreement(first, second, &taus, seed));
        }
    }
    Ok(out)
}

fn agreement(first: &str, second: &str, taus: &[Measured<f64>], seed: u64) -> ChoiceAgreement {
    let found: Vec<f64> = taus.iter().filter_map(|tau| tau.as_ref().ok().copied()).collect();
    let mut rng = seed::rng(seed, first, second);
    let interval = bootstrap_mean(&found, RESAMPLES, &mut rng);
    // Every text has the same reason where the tokenizer lacks a token.
    let why = || taus.iter().find_map(|tau| tau.as_ref().err().cloned()).unwrap_or(Missing::NoExamples);
    let bounds = interval.and_then(|interval| interval.bounds);
    ChoiceAgreement {
        first: first.to_owned(),
        second: second.to_owned(),
        texts: found.len(),
        tau: interval.map(|interval| interval.estimate).ok_or_else(why).into(),
        low: bounds.map(|(low, _)| low),
        high: bounds.map(|(_, high)| high),
    }
}
