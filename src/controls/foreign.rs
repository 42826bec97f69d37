//! Maps that cannot be faithful, on a user's own model: the attention of another text of as many words.
//!
//! The text and the model stay as they are, so references, erasure and leverage are the true ones; only the map is
//! another text's. Whatever the audit says in favour of it is a false alarm on this model. Beside it stands a map
//! made of the model's own integrated gradients, which an audit should not contradict.

use rand::Rng;
use rand::seq::SliceRandom;

use super::own_settings::OwnSettings;
use crate::attribution::{MethodOptions, PATH_INTEGRAL, PLOTTED, Scores, Shared, find};
use crate::audit::Failure;
use crate::audit::evidence::AuditedMap;
use crate::audit::examine::examine;
use crate::audit::verdict::judge;
use crate::missing::{Measured, Missing};
use crate::model::{ModelError, Probe, Sequence};
use crate::report::example::VerdictWord;
use crate::subject::Subject;
use crate::swap::{Site, SwapOutcome};

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
            Self::Gradients => PATH_INTEGRAL,
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

/// Judges maps of one text as the audit judges what people plot: one examination, one rule.
pub(super) fn judged(
    subject: &Subject<'_>,
    options: MethodOptions,
    maps: &[(Donor, Scores)],
    settings: &OwnSettings,
) -> Result<Judged, Failure> {
    let map = |(_, scores): &(Donor, Scores)| AuditedMap {
        name: PLOTTED.to_owned(),
        site: Site::Row,
        sinks_removed: false,
        scores: Ok(scores.clone()),
    };
    let given = maps.iter().map(map).collect();
    let found = examine(subject, &settings.protocol(options), Some(given))?;
    let left_out = found.left_out();
    let verdict = |map| judge(&found.case(map, &left_out), &settings.thresholds).verdict;
    let verdicts = maps.iter().zip(&found.maps).map(|((donor, _), map)| (*donor, verdict(map))).collect();
    let own = maps.iter().position(|(donor, _)| *donor == Donor::Own);
    let excess = own.ok_or(Missing::NotAsked).and_then(|own| {
        found.maps[own].erasure.as_ref().map(|erasure| erasure.curves.excess.mean).map_err(Clone::clone)
    });
    let jsd = found.at(Site::Row).and_then(|swaps| match (swaps.outcome, &swaps.witness) {
        (SwapOutcome::Inert, _) => Err(Missing::NoLeverage),
        (_, witness) => Ok(witness.as_ref().map_or(0.0, |witness| witness.counterfactual.jsd)),
    });
    Ok(Judged { verdicts, excess, jsd })
}

/// The raw reading of a text.
pub(super) fn raw(subject: &Subject<'_>, options: MethodOptions) -> Result<Measured<Scores>, ModelError> {
    by(PLOTTED, &Shared::new(subject, options))
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
    if let Ok(scores) = by(PATH_INTEGRAL, &Shared::new(subject, options))? {
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
