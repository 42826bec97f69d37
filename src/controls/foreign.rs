//! Maps that cannot be faithful, on a user's own model: the attention of another text of as many words.
//!
//! The text and the model stay as they are, so references, erasure and leverage are the true ones; only the map is
//! another text's. Whatever the audit says in favour of it is a false alarm on this model. Beside it stands a map
//! made of the model's own integrated gradients, which an audit should not contradict.

use rand::Rng;
use rand::seq::SliceRandom;

use super::own::OwnSettings;
use crate::attribution::{ALL, LeaveOneOut, MethodOptions, Role, Scores, Shared, find};
use crate::audit::convert;
use crate::audit::evidence::{Named, agreement, between};
use crate::audit::verdict::{Case, Swap, judge};
use crate::erasure::{Curves, violation};
use crate::missing::{Measured, Missing};
use crate::model::{ModelError, Probe, Sequence};
use crate::report::example::{Agreement, Erasure, VerdictWord};
use crate::stats::length::detectable_tau;
use crate::subject::Subject;
use crate::swap::{self, Site, SwapError, SwapOptions, SwapOutcome};

/// Whose map is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Donor {
    /// The text's own raw attention.
    Own,
    /// The text's own integrated gradients.
    Gradients,
    /// The raw attention of another of the texts with as many words.
    OtherText,
    /// The raw attention of the same words in another order, place by place.
    ShuffledWords,
    /// The raw attention of words drawn at random from the vocabulary, in the same places.
    RandomWords,
}

impl Donor {
    pub(super) const ALL: [Self; 5] =
        [Self::Own, Self::Gradients, Self::OtherText, Self::ShuffledWords, Self::RandomWords];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Gradients => "integrated-gradients",
            Self::OtherText => "other-text",
            Self::ShuffledWords => "shuffled-words",
            Self::RandomWords => "random-words",
        }
    }
}

/// What was said of some maps of one text.
#[derive(Debug)]
pub(super) struct Judged {
    pub verdicts: Vec<(Donor, VerdictWord)>,
    /// Excess comprehensiveness of the text's own map.
    pub excess: Measured<f64>,
    /// JSD of the most divergent counterfactual at the decision row; 0 where every swap moved the prediction.
    pub jsd: Measured<f64>,
}

/// Judges maps of one text as the audit judges raw attention: the same evidence, the same rules.
pub(super) fn judged(
    subject: &Subject<'_>,
    options: MethodOptions,
    maps: &[(Donor, Scores)],
    settings: &OwnSettings,
) -> Result<Judged, ModelError> {
    let shared = Shared::new(subject, options);
    let mut references = Vec::new();
    for method in ALL.iter().filter(|method| method.role == Role::Reference) {
        if let Some(scores) = method.scores(&shared) {
            references.push(Named { name: method.name, scores: scores? });
        }
    }
    let none = Named { name: "loo", scores: Err(Missing::NotAsked) };
    let loo = references.iter().find(|reference| reference.name == "loo").unwrap_or(&none);
    let ceilings = references.iter().filter(|r| r.name != "loo").map(|r| between(loo, r));
    let ceiling = ceilings.reduce(|best, tau| match (&best, &tau) {
        (Ok(a), Ok(b)) if a >= b => best,
        (Ok(_), Err(_)) => best,
        _ => tau,
    });
    let second = shared.leave_one_out(options.operator.second())?;
    let second = Named { name: "loo again", scores: second.and_then(LeaveOneOut::scores) };

    let scores: Vec<Measured<Scores>> = maps.iter().map(|(_, map)| Ok(map.clone())).collect();
    let scores: Vec<&Measured<Scores>> = scores.iter().collect();
    let to_loo = agreement(subject, &scores, loo, settings.permutations);
    let gradient = references.iter().find(|r| r.name == "integrated-gradients").unwrap_or(&none);
    let to_gradient = agreement(subject, &scores, gradient, settings.permutations);
    let (erasures, attainable) = erasures(&shared, maps, &references, settings)?;
    let (swap, jsd) = swaps(subject, settings)?;
    let few = || Missing::TooFewWords { found: subject.words.len(), needed: 4 };
    let left_out: Vec<String> = references.iter().filter_map(Named::left_out).collect();
    let verdict = |i: usize| {
        let case = Case {
            words: subject.words.len(),
            ceiling: ceiling.clone().unwrap_or(Err(Missing::NotAsked)),
            operators: between(loo, &second),
            loo: tau(&to_loo[i]),
            gradient: tau(&to_gradient[i]),
            detectable: detectable_tau(subject.words.len(), settings.thresholds.alpha).ok_or_else(few),
            attainable: attainable.clone(),
            erasure: erasures[i].as_ref().map_err(Clone::clone),
            swap: swap.clone(),
            left_out: &left_out,
        };
        judge(&case, &settings.thresholds).verdict
    };
    let verdicts = maps.iter().enumerate().map(|(i, (donor, _))| (*donor, verdict(i))).collect();
    let own = maps.iter().position(|(donor, _)| *donor == Donor::Own);
    let excess = match own.map(|own| &erasures[own]) {
        Some(Ok(erasure)) => Ok(erasure.excess),
        Some(Err(missing)) => Err(missing.clone()),
        None => Err(Missing::NotAsked),
    };
    Ok(Judged { verdicts, excess, jsd })
}

type Erasures = (Vec<Measured<Erasure>>, Measured<f64>);

/// The erasure of every map, and the largest excess of a reference's own order.
fn erasures(
    shared: &Shared<'_>,
    maps: &[(Donor, Scores)],
    references: &[Named],
    settings: &OwnSettings,
) -> Result<Erasures, ModelError> {
    let erased = shared.erased(shared.options.operator);
    let curves = match Curves::new(erased, settings.random_orders)? {
        Ok(curves) => curves,
        Err(missing) => return Ok((maps.iter().map(|_| Err(missing.clone())).collect(), Err(missing))),
    };
    let own: Vec<&[f64]> =
        references.iter().filter_map(|r| r.usable().ok()).map(|s| s.words.as_slice()).collect();
    let own = curves.evidence(&own, false)?;
    let best = own.iter().filter_map(|e| e.as_ref().ok()).map(|e| e.excess.mean).reduce(f64::max);
    let ranked: Vec<&[f64]> = maps.iter().map(|(_, map)| map.words.as_slice()).collect();
    let loo = shared.leave_one_out(shared.options.operator)?;
    let told = curves.evidence(&ranked, false)?.into_iter().zip(maps).map(|(evidence, (_, map))| {
        let violation =
            loo.as_ref().map_err(Clone::clone).and_then(|loo| violation(&map.words, &loo.probability));
        Ok(convert::erasure(&curves, &evidence?, violation, None))
    });
    Ok((told.collect(), best.ok_or(Missing::RestsOn { what: "a reference's own erasure" })))
}

/// What the swaps at the decision row found, and the JSD of the most divergent counterfactual.
fn swaps(
    subject: &Subject<'_>,
    settings: &OwnSettings,
) -> Result<(Measured<Swap>, Measured<f64>), ModelError> {
    let options = SwapOptions {
        candidates: settings.candidates,
        steps: settings.steps,
        epsilon: settings.thresholds.epsilon,
        divergence: settings.thresholds.jsd,
        ..SwapOptions::default()
    };
    let found = match swap::swap(subject, Site::Row, &options) {
        Ok(found) => found,
        Err(SwapError::Engine(source)) => return Err(source.into()),
        // Every model has a last layer's row.
        Err(SwapError::Site(_)) => Err(Missing::NotAsked),
    };
    Ok(match found {
        Err(missing) => (Err(missing.clone()), Err(missing)),
        Ok(found) => {
            let best = found.witness.as_ref().map(|w| (w.counterfactual.jsd, w.counterfactual.tvd));
            let non_exclusive = best.filter(|_| found.outcome == SwapOutcome::NonExclusive);
            let swap = Swap { site: Site::Row.to_string(), leverage: found.leverage, non_exclusive };
            let jsd = match (found.outcome, best) {
                (SwapOutcome::Inert, _) => Err(Missing::NoLeverage),
                (_, best) => Ok(best.map_or(0.0, |(jsd, _)| jsd)),
            };
            (Ok(swap), jsd)
        }
    })
}

fn tau(agreement: &Agreement) -> Measured<(f64, f64)> {
    let both = agreement.tau.value.zip(agreement.tau_p.value);
    both.ok_or(Missing::RestsOn { what: "the agreement with its references" })
}

/// The raw reading of a text.
pub(super) fn raw(subject: &Subject<'_>, options: MethodOptions) -> Result<Measured<Scores>, ModelError> {
    by("raw", &Shared::new(subject, options))
}

fn by(method: &str, shared: &Shared<'_>) -> Result<Measured<Scores>, ModelError> {
    match find(method).and_then(|method| method.scores(shared)) {
        Some(scores) => Ok(scores?),
        None => Ok(Err(Missing::NotAsked)),
    }
}

/// The maps that are judged on the text `at`: its own, its gradients', and up to `settings.foreign` of every donor.
pub(super) fn maps(
    subjects: &[Subject<'_>],
    raws: &[Measured<Scores>],
    at: usize,
    options: MethodOptions,
    settings: &OwnSettings,
) -> Result<Vec<(Donor, Scores)>, ModelError> {
    let subject = &subjects[at];
    let mut out = Vec::new();
    if let Ok(own) = &raws[at] {
        out.push((Donor::Own, own.clone()));
    }
    if let Ok(scores) = by("integrated-gradients", &Shared::new(subject, options))? {
        out.push((Donor::Gradients, scores));
    }
    let mut rng = subject.rng("foreign maps");
    let n = subject.words.len();
    let mut others: Vec<&Scores> = raws
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != at && subjects[*i].probe.sequence.ids != subject.probe.sequence.ids)
        .filter_map(|(_, raw)| raw.as_ref().ok().filter(|scores| scores.words.len() == n))
        .collect();
    others.shuffle(&mut rng);
    out.extend(others.into_iter().take(settings.foreign).map(|map| (Donor::OtherText, map.clone())));
    let pool = pool(subjects);
    for _ in 0..settings.foreign {
        for (donor, text) in [
            (Donor::ShuffledWords, shuffled(subject, &mut rng)),
            (Donor::RandomWords, random(subject, &pool, &mut rng)),
        ] {
            let Some((sequence, words)) = text else { continue };
            let target = subject.probe.target;
            let donated = Subject {
                probe: Probe::new(subject.probe.model, sequence, |_| target)?,
                words,
                stream: subject.stream.clone(),
                ..*subject
            };
            if let Ok(map) = raw(&donated, options)? {
                out.push((donor, map));
            }
        }
    }
    Ok(out)
}

type Text = (Sequence, Vec<std::ops::Range<usize>>);

/// Every id but those of special tokens.
fn pool(subjects: &[Subject<'_>]) -> Vec<u32> {
    let mut special: Vec<u32> = Vec::new();
    for subject in subjects {
        special.extend(subject.mask.iter().chain(&subject.pad));
        let content = subject.content();
        let ids = subject.probe.sequence.ids.iter().zip(content);
        special.extend(ids.filter(|(_, content)| !content).map(|(id, _)| *id));
    }
    let vocabulary = subjects.first().map_or(0, |s| s.probe.model.spec().vocabulary as u32);
    (0..vocabulary).filter(|id| !special.contains(id)).collect()
}

/// Random ids in the places of the words' pieces.
fn random(subject: &Subject<'_>, pool: &[u32], rng: &mut rand_chacha::ChaCha8Rng) -> Option<Text> {
    if pool.is_empty() {
        return None;
    }
    let mut sequence = subject.probe.sequence.clone();
    for token in subject.words.iter().cloned().flatten() {
        sequence.ids[token] = pool[rng.random_range(0..pool.len())];
    }
    Some((sequence, subject.words.clone()))
}

/// The words in another order, each whole; none where a token stands between them that belongs to no word.
fn shuffled(subject: &Subject<'_>, rng: &mut rand_chacha::ChaCha8Rng) -> Option<Text> {
    let words = &subject.words;
    if words.len() < 2 || words.windows(2).any(|pair| pair[0].end != pair[1].start) {
        return None;
    }
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.shuffle(rng);
    let mut sequence = subject.probe.sequence.clone();
    let mut at = words[0].start;
    let mut moved = Vec::with_capacity(words.len());
    for word in order {
        let pieces = &subject.probe.sequence.ids[words[word].clone()];
        sequence.ids[at..at + pieces.len()].copy_from_slice(pieces);
        moved.push(at..at + pieces.len());
        at += pieces.len();
    }
    Some((sequence, moved))
}
