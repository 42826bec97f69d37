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

use serde::{Deserialize, Serialize};

use super::foreign::{Donor, Judged, judged, maps, raw};
use super::randomise::{Cascade, SAME, cascade};
use super::sensitivity::{Agreement, baselines, operators};
use crate::attribution::Options;
use crate::missing::{Measured, Missing};
use crate::model::{ModelError, Probe};
use crate::report::Measure;
use crate::report::example::VerdictWord;
use crate::report::settings::Thresholds;
use crate::stats::interval::wilson;
use crate::stats::order::mean;
use crate::subject::Subject;

/// What is spent, and by which thresholds it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnSettings {
    /// Of all that is random beside the subjects' own seed.
    pub seed: u64,
    /// How many seeds are compared, 2 at least.
    pub seeds: usize,
    /// Maps of every donor per text.
    pub foreign: usize,
    /// Random orders of erasure.
    pub random_orders: usize,
    /// Permutations behind each p-value.
    pub permutations: usize,
    /// Steps of integrated gradients, at most.
    pub path_steps: usize,
    /// Adversarial candidates.
    pub candidates: usize,
    /// Adversarial steps.
    pub steps: usize,
    /// The verdict's.
    pub thresholds: Thresholds,
}

impl Default for OwnSettings {
    /// What the audit spends at effort `quick`, on three seeds, with two maps of every donor.
    fn default() -> Self {
        Self {
            seed: 0,
            seeds: 3,
            foreign: 2,
            random_orders: 20,
            permutations: 199,
            path_steps: 16,
            candidates: 5,
            steps: 100,
            thresholds: Thresholds::default(),
        }
    }
}

/// All that was checked on one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnReport {
    /// Texts that were used.
    pub texts: usize,
    /// One sentence: how far an audit of this model can be trusted.
    pub sentence: String,
    /// What the sentence rests on.
    pub checks: Vec<Check>,
    /// Leave-one-out under every two operators.
    pub operators: Vec<Agreement>,
    /// Integrated gradients from every two baselines.
    pub baselines: Vec<Agreement>,
    /// Attributions while the model is made random.
    pub randomisation: Cascade,
    /// What is said of maps by donor.
    pub maps: Vec<MapVerdicts>,
    /// The verdict-relevant figures under other seeds.
    pub seeds: Seeds,
}

/// One check and what came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What was measured, in words and figures.
    pub measured: String,
    /// What it would be for a trustworthy audit.
    pub expected: String,
    /// Whether it is so; null where these texts cannot tell.
    pub holds: Option<bool>,
    /// What follows where it is not so.
    pub otherwise: String,
}

/// Verdicts on maps of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapVerdicts {
    /// Whose maps: `own`, `integrated-gradients`, `other-text`, `shuffled-words` or `random-words`.
    pub donor: String,
    /// Whether the map cannot be faithful, so that support is a false alarm.
    pub foreign: bool,
    /// How many were judged.
    pub maps: usize,
    /// How many got each verdict, in the order of the verdict words.
    pub verdicts: Vec<(VerdictWord, usize)>,
    /// How many could have been supported or contradicted: those on texts that are neither inert nor too short.
    pub judged: usize,
    /// The share of these that was supported.
    pub supported: Measure<f64>,
    /// Its Wilson interval.
    pub supported_interval: Option<(f64, f64)>,
    /// The share of these that was contradicted.
    pub contradicted: Measure<f64>,
    /// Its Wilson interval.
    pub contradicted_interval: Option<(f64, f64)>,
}

/// How much moves when only the seed does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// Seeds that were compared.
    pub seeds: usize,
    /// Mean over texts of the range of the excess comprehensiveness over seeds, in probability.
    pub excess: Measure<f64>,
    /// Mean over texts of the range of the most divergent counterfactual's JSD, in nats.
    pub jsd: Measure<f64>,
    /// The share of texts with more than one verdict on raw attention.
    pub verdict_changes: Measure<f64>,
    /// Its Wilson interval.
    pub verdict_interval: Option<(f64, f64)>,
}

/// Runs every check on texts in one model.
///
/// `options` gives the methods' choices on a text, as an audit would have them; `observer` is told the name of each
/// check before it begins. All subjects must be of one model.
///
/// # Errors
///
/// If a pass fails. [`Missing::NoExamples`] without texts.
pub fn check(
    subjects: &[Subject<'_>],
    options: impl Fn(&Subject<'_>) -> Options,
    settings: &OwnSettings,
    observer: &dyn Fn(&'static str),
) -> Result<Measured<OwnReport>, ModelError> {
    if subjects.is_empty() {
        return Ok(Err(Missing::NoExamples));
    }
    let options = |subject: &Subject<'_>| Options { path_steps: settings.path_steps, ..options(subject) };
    observer("operators");
    let operators = operators(subjects, options, settings.seed)?;
    observer("baselines");
    let baselines = baselines(subjects, options, settings.seed)?;
    observer("randomisation");
    let randomisation = match cascade(subjects, options, settings.seed)? {
        Ok(cascade) => cascade,
        Err(missing) => return Ok(Err(missing)),
    };
    observer("foreign maps");
    let raws = subjects.iter().map(|s| raw(s, options(s))).collect::<Result<Vec<_>, _>>()?;
    let mut first = Vec::with_capacity(subjects.len());
    for (at, subject) in subjects.iter().enumerate() {
        let options = options(subject);
        let maps = maps(subjects, &raws, at, options, settings)?;
        first.push(judged(subject, options, &maps, settings)?);
    }
    let maps: Vec<MapVerdicts> = Donor::ALL.iter().map(|donor| tally(*donor, &first)).collect();
    observer("seeds");
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
    options: impl Fn(&Subject<'_>) -> Options,
    settings: &OwnSettings,
) -> Result<Seeds, ModelError> {
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
                id: subject.id.clone(),
                seed: subject.seed.wrapping_add(extra as u64),
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
    Ok(Seeds {
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

/// The largest false-alarm rate that the verdicts aim at.
const ALARMS: f64 = 0.05;

/// The largest share of texts whose verdict may hang on the seed.
const RESTLESS: f64 = 0.1;

fn checks(
    operators: &[Agreement],
    (first, second): (&str, &str),
    baselines: &[Agreement],
    randomisation: &Cascade,
    maps: &[MapVerdicts],
    seeds: &Seeds,
    settings: &OwnSettings,
) -> Vec<Check> {
    let least = settings.thresholds.ceiling;
    let by_default = operators
        .iter()
        .find(|p| [&p.first, &p.second].iter().all(|n| [first, second].contains(&n.as_str())));
    vec![
        agreed("operators", by_default, operators, least, "leave-one-out depends on how a word is erased"),
        agreed("baselines", None, baselines, least, "integrated gradients depend on where their path begins"),
        randomised(randomisation),
        alarms(maps),
        contradicted(maps),
        settled(seeds),
    ]
}

/// Agreement of the pair the audit uses where there is one, else of the pair that agrees least.
fn agreed(name: &str, used: Option<&Agreement>, all: &[Agreement], least: f64, otherwise: &str) -> Check {
    let tau = |pair: &&Agreement| pair.tau.value;
    let worst = all
        .iter()
        .filter(|pair| tau(pair).is_some())
        .min_by(|a, b| tau(a).unwrap_or(f64::INFINITY).total_cmp(&tau(b).unwrap_or(f64::INFINITY)));
    let told = |pair: &Agreement| match (pair.tau.value, pair.low.zip(pair.high)) {
        (Some(tau), Some((low, high))) => {
            format!(
                "{} and {}: tau {tau:.2} [{low:.2}, {high:.2}], {} texts",
                pair.first, pair.second, pair.texts
            )
        }
        (Some(tau), None) => format!("{} and {}: tau {tau:.2}, {} text", pair.first, pair.second, pair.texts),
        _ => format!("{} and {}: nothing to compare", pair.first, pair.second),
    };
    let mut measured: Vec<String> = used.into_iter().map(told).collect();
    measured.extend(
        worst.filter(|worst| used != Some(worst)).map(|worst| format!("least of all: {}", told(worst))),
    );
    Check {
        name: name.to_owned(),
        measured: if measured.is_empty() { "nothing to compare".to_owned() } else { measured.join("; ") },
        expected: format!("tau of at least {least:.2}"),
        holds: used.or(worst).and_then(|pair| {
            let (tau, high) = (pair.tau.value?, pair.high.unwrap_or(f64::INFINITY));
            decided(tau >= least, high < least)
        }),
        otherwise: otherwise.to_owned(),
    }
}

fn randomised(cascade: &Cascade) -> Check {
    let references: Vec<_> = cascade.methods.iter().filter(|m| m.role == "reference").collect();
    let same: Vec<&str> =
        references.iter().filter(|m| m.insensitive == Some(true)).map(|m| m.method.as_str()).collect();
    let broken = cascade.methods.iter().any(|method| !method.broken.is_empty());
    let last: Vec<f64> =
        references.iter().filter_map(|m| m.stages.last()?.absolute.value).map(f64::abs).collect();
    let most = last.iter().copied().reduce(f64::max);
    let measured = match most {
        None => "no reference could be compared".to_owned(),
        Some(most) if same.is_empty() => {
            format!(
                "with every weight random no reference keeps its order; the most like itself has rho {most:.2}"
            )
        }
        Some(_) => format!("with every weight random the order stays for {}", same.join(", ")),
    };
    Check {
        name: "randomisation".to_owned(),
        measured,
        expected: format!("the intervals of all references' rho reach below {SAME:.2}"),
        holds: most.map(|_| same.is_empty() && !broken),
        otherwise: if broken {
            "attributions changed that could not, which is an error of this program".to_owned()
        } else {
            format!("{} tell of the text more than of the model", same.join(", "))
        },
    }
}

fn alarms(maps: &[MapVerdicts]) -> Check {
    let count = |of: &dyn Fn(&MapVerdicts) -> usize| maps.iter().filter(|m| m.foreign).map(of).sum::<usize>();
    let supported = |m: &MapVerdicts| {
        m.verdicts.iter().filter(|(word, _)| *word == VerdictWord::Supported).map(|(_, n)| *n).sum()
    };
    rate(
        "foreign maps",
        (count(&supported), count(&|m| m.judged)),
        "of other texts' maps are supported where attention has leverage",
        "audits support maps that cannot be faithful",
    )
}

fn contradicted(maps: &[MapVerdicts]) -> Check {
    let own = maps.iter().find(|m| m.donor == Donor::Gradients.name());
    let of = |m: &MapVerdicts| {
        m.verdicts.iter().filter(|(word, _)| *word == VerdictWord::Contradicted).map(|(_, n)| *n).sum()
    };
    rate(
        "gradients as a map",
        (own.map_or(0, of), own.map_or(0, |m| m.judged)),
        "of maps made of integrated gradients are contradicted where attention has leverage",
        "audits contradict maps that rank words as the model's own gradients do",
    )
}

/// A check holds where the estimate is on the right side, fails where the whole interval is on the wrong one, and is
/// open between.
fn decided(right: bool, wrong: bool) -> Option<bool> {
    match (right, wrong) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// A false-alarm rate against [`ALARMS`].
fn rate(name: &str, (found, of): (usize, usize), what: &str, otherwise: &str) -> Check {
    let interval = wilson(found, of).and_then(|i| Some((i.estimate, i.bounds?)));
    Check {
        name: name.to_owned(),
        measured: match interval {
            Some((rate, (low, high))) => {
                format!(
                    "{found} of {of} ({:.0} %, interval {:.0}–{:.0} %) {what}",
                    100.0 * rate,
                    100.0 * low,
                    100.0 * high
                )
            }
            None => "no text on which attention has leverage and words are enough".to_owned(),
        },
        expected: format!("at most {:.0} %", 100.0 * ALARMS),
        holds: interval.and_then(|(rate, (low, _))| decided(rate <= ALARMS, low > ALARMS)),
        otherwise: otherwise.to_owned(),
    }
}

fn settled(seeds: &Seeds) -> Check {
    let told =
        |measure: &Measure<f64>| measure.value.map_or("unknown".to_owned(), |value| format!("{value:.3}"));
    let changes = seeds.verdict_changes.value;
    Check {
        name: "seeds".to_owned(),
        measured: format!(
            "over {} seeds the verdict on raw attention changes on {} of texts; excess moves by {} and the \
             counterfactual's JSD by {}",
            seeds.seeds,
            changes.map_or("an unknown share".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
            told(&seeds.excess),
            told(&seeds.jsd),
        ),
        expected: format!("the verdict changes on at most {:.0} % of texts", 100.0 * RESTLESS),
        holds: changes.and_then(|share| {
            decided(share <= RESTLESS, seeds.verdict_interval.is_some_and(|(low, _)| low > RESTLESS))
        }),
        otherwise: "verdicts on single texts hang on the seed".to_owned(),
    }
}

fn sentence(checks: &[Check], texts: usize) -> String {
    let failed: Vec<&str> =
        checks.iter().filter(|c| c.holds == Some(false)).map(|c| c.otherwise.as_str()).collect();
    let open: Vec<&str> = checks.iter().filter(|c| c.holds.is_none()).map(|c| c.name.as_str()).collect();
    let rest = if open.is_empty() { String::new() } else { format!("; undecided: {}", open.join(", ")) };
    match failed.as_slice() {
        [] if open.len() == checks.len() => {
            format!("These {texts} texts do not tell how far an audit of this model can be trusted.")
        }
        [] => format!("On {texts} texts nothing speaks against trusting an audit of this model{rest}."),
        failed => format!("On {texts} texts an audit of this model is limited: {}{rest}.", failed.join("; ")),
    }
}
