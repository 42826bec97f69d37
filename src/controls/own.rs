//! How far an audit of a user's own model can be trusted: checks that need no known truth.
//!
//! | check | what is measured | what a trustworthy audit gives |
//! | --- | --- | --- |
//! | operators | agreement of leave-one-out under every two operators | it does not matter how a word is erased |
//! | baselines | agreement of integrated gradients from every two baselines | nor where the path begins |
//! | randomisation | attributions while weights are made random | references change; see [`super::randomise`] |
//! | foreign maps | verdicts on another text's attention | support is a false alarm |
//! | gradients as a map | verdicts on the model's own integrated gradients | contradiction is a false alarm |
//! | seeds | excess, counterfactual and verdict under other seeds | the verdict stays |
//!
//! None of them can show that an audit is right; each can show that it is not.

use super::foreign::{Donor, Judged, judged, maps, raw};
use super::own_settings::OwnSettings;
use super::randomise::cascade;
use super::sensitivity::{baselines, operators};
use super::trust::{checks, sentence};
use crate::attribution::MethodOptions;
use crate::audit::Failure;
use crate::missing::{Measured, Missing};
use crate::model::Probe;
use crate::report::example::VerdictWord;
use crate::report::own::{MapVerdicts, OwnReport, SeedRanges};
use crate::stats::interval::wilson;
use crate::stats::order::mean;
use crate::subject::Subject;

/// Runs every check on texts in one model.
///
/// `options` gives the methods' choices on a text, as an audit would have them; `observer` is told the name of each
/// check before it begins, and ends the work by false. All subjects must be of one model.
///
/// # Errors
///
/// If a pass fails. [`Missing::NoExamples`] without texts, [`Missing::NotAsked`] where the observer ended the work.
pub fn check(
    subjects: &[Subject<'_>],
    options: impl Fn(&Subject<'_>) -> MethodOptions,
    settings: &OwnSettings,
    observer: &dyn Fn(&'static str) -> bool,
) -> Result<Measured<OwnReport>, Failure> {
    if subjects.is_empty() {
        return Ok(Err(Missing::NoExamples));
    }
    let options = |subject: &Subject<'_>| MethodOptions {
        path_steps: settings.path_steps,
        random_orders: settings.random_orders,
        coalitions: settings.coalitions,
        ..options(subject)
    };
    if !observer("operators") {
        return Ok(Err(Missing::NotAsked));
    }
    let operators = operators(subjects, options, settings.seed)?;
    if !observer("baselines") {
        return Ok(Err(Missing::NotAsked));
    }
    let baselines = baselines(subjects, options, settings.seed)?;
    if !observer("randomisation") {
        return Ok(Err(Missing::NotAsked));
    }
    let randomisation = match cascade(subjects, options, settings.seed)? {
        Ok(cascade) => cascade,
        Err(missing) => return Ok(Err(missing)),
    };
    if !observer("foreign maps") {
        return Ok(Err(Missing::NotAsked));
    }
    let raws = subjects.iter().map(|s| raw(s, options(s))).collect::<Result<Vec<_>, _>>()?;
    let mut first = Vec::with_capacity(subjects.len());
    for (at, subject) in subjects.iter().enumerate() {
        let options = options(subject);
        let maps = maps(subjects, &raws, at, options, settings)?;
        first.push(judged(subject, options, &maps, settings)?);
    }
    let maps: Vec<MapVerdicts> = Donor::ALL.iter().map(|donor| tally(*donor, &first)).collect();
    if !observer("seeds") {
        return Ok(Err(Missing::NotAsked));
    }
    let seeds = seeds(subjects, &raws, &first, options, settings)?;
    let choice = options(&subjects[0]);
    let pair = (choice.operator.name(), choice.operator.second().name());
    let checks = checks(&operators, pair, &baselines, &randomisation, &maps, &seeds, settings);
    let sentence = sentence(&checks, subjects.len());
    let texts = subjects.len();
    Ok(Ok(OwnReport { texts, sentence, checks, operators, baselines, randomisation, maps, seeds }))
}

const WORDS: [VerdictWord; 6] = [
    VerdictWord::Supported,
    VerdictWord::Contradicted,
    VerdictWord::Mixed,
    VerdictWord::Inert,
    VerdictWord::Inconclusive,
    VerdictWord::Insufficient,
];

fn tally(donor: Donor, judged: &[Judged]) -> MapVerdicts {
    let all: Vec<VerdictWord> =
        judged.iter().flat_map(|j| &j.verdicts).filter(|(d, _)| *d == donor).map(|(_, v)| *v).collect();
    let count = |word: VerdictWord| all.iter().filter(|v| **v == word).count();
    let judged = all.len() - count(VerdictWord::Inert) - count(VerdictWord::Insufficient);
    let rate = |word| wilson(count(word), judged);
    let (supported, contradicted) = (rate(VerdictWord::Supported), rate(VerdictWord::Contradicted));
    MapVerdicts {
        donor: donor.name().to_owned(),
        foreign: !matches!(donor, Donor::Own | Donor::Gradients),
        maps: all.len(),
        judged,
        verdicts: WORDS.iter().map(|word| (*word, count(*word))).filter(|(_, n)| *n > 0).collect(),
        supported: supported.map(|i| i.estimate).ok_or(Missing::NoExamples).into(),
        supported_interval: supported.and_then(|i| i.bounds),
        contradicted: contradicted.map(|i| i.estimate).ok_or(Missing::NoExamples).into(),
        contradicted_interval: contradicted.and_then(|i| i.bounds),
    }
}

/// Judges each text's own map again under other seeds.
fn seeds(
    subjects: &[Subject<'_>],
    raws: &[Measured<crate::attribution::Scores>],
    first: &[Judged],
    options: impl Fn(&Subject<'_>) -> MethodOptions,
    settings: &OwnSettings,
) -> Result<SeedRanges, Failure> {
    let (mut excess, mut jsd) = (Vec::new(), Vec::new());
    let (mut changed, mut judged_texts) = (0, 0);
    for ((subject, raw), first) in subjects.iter().zip(raws).zip(first) {
        let Ok(raw) = raw else { continue };
        let own = |judged: &Judged| judged.verdicts.iter().find(|(d, _)| *d == Donor::Own).map(|(_, v)| *v);
        let mut verdicts: Vec<VerdictWord> = own(first).into_iter().collect();
        let mut found = vec![(first.excess.clone(), first.jsd.clone())];
        for extra in 1..settings.seeds.max(2) {
            let target = subject.probe.target;
            let other = Subject {
                probe: Probe::new(subject.probe.model, subject.probe.sequence.clone(), |_| target)?,
                words: subject.words.clone(),
                stream: subject.stream.reseeded(extra as u64),
                ..*subject
            };
            let again = judged(&other, options(&other), &[(Donor::Own, raw.clone())], settings)?;
            verdicts.extend(own(&again));
            found.push((again.excess, again.jsd));
        }
        excess.extend(range(found.iter().map(|(excess, _)| excess)));
        jsd.extend(range(found.iter().map(|(_, jsd)| jsd)));
        judged_texts += 1;
        changed += usize::from(verdicts.windows(2).any(|pair| pair[0] != pair[1]));
    }
    let rate = wilson(changed, judged_texts);
    let mean = |values: &[f64]| mean(values).ok_or(Missing::NoExamples).into();
    Ok(SeedRanges {
        seeds: settings.seeds.max(2),
        excess: mean(&excess),
        jsd: mean(&jsd),
        verdict_changes: rate.map(|i| i.estimate).ok_or(Missing::NoExamples).into(),
        verdict_interval: rate.and_then(|i| i.bounds),
    })
}

/// Greatest minus least; none where a value is missing.
fn range<'m>(values: impl Iterator<Item = &'m Measured<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.map(|v| v.as_ref().ok().copied()).collect::<Option<_>>()?;
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    Some(high - low)
}
