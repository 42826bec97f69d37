//! Every reading's own false alarms and power, text by text and file by file.

use std::collections::BTreeMap;

use super::files::{FileFound, SIZES};
use super::grid::{ModelKey, Trial};
use super::planted::Planted;
use super::recipe::Margins;
use super::standing::{StandIn, Standings, stand_in};
use super::tally::{LEAST, over_models};
use super::trial::Audited;
use crate::report::Measure;
use crate::report::answer::Grade;
use crate::report::controls::{FileRates, KindRates, Level, ReadingRates, Standing, TextRates};
use crate::report::example::VerdictWord;
use crate::report::summary::Estimate;

/// What is known of a reading of a model beforehand.
type Claim = (Standing, StandIn);

/// Whether a verdict would be false of a reading of which this is known.
type Judge = fn(Claim) -> bool;

/// Support is false of a map that does not rank as the truth does, and of one that simple patterns stand in for.
fn unsupported((standing, stand_in): Claim) -> bool {
    match standing {
        Standing::Wrong | Standing::Chance | Standing::Flat => true,
        Standing::Right | Standing::Partly => stand_in == StandIn::Plain,
        // Where swaps cannot move the prediction no alarm is possible.
        Standing::Inert => false,
    }
}

/// Contradiction is false of a map that ranks as the truth does, unless simple patterns stand in for it, and of one that
/// says nothing.
fn uncontradicted((standing, stand_in): Claim) -> bool {
    standing == Standing::Flat || (standing == Standing::Right && stand_in != StandIn::Plain)
}

/// Support alone is right of a map that ranks as the truth does and that nothing can stand in for.
fn supported((standing, stand_in): Claim) -> bool {
    (standing, stand_in) == (Standing::Right, StandIn::No)
}

/// Contradiction alone is right of a map that is worse than chance.
fn contradicted((standing, _): Claim) -> bool {
    standing == Standing::Wrong
}

/// A file shows what decides only by a map that ranks as the truth does, at least in part.
fn shows_nothing((standing, _): Claim) -> bool {
    matches!(standing, Standing::Wrong | Standing::Chance | Standing::Flat)
}

fn shows((standing, _): Claim) -> bool {
    standing == Standing::Right
}

fn no_more_than_chance((standing, _): Claim) -> bool {
    matches!(standing, Standing::Wrong | Standing::Chance)
}

/// The whole effect, in models that are not varied.
fn whole(trial: &Trial) -> bool {
    trial.lambda >= 1.0 && trial.usual()
}

/// Of its class whatever is erased.
fn saturated(trial: &Trial) -> bool {
    trial.lambda >= 1.0 && trial.margins.without >= 0.0
}

/// The trials and files of one run, to be counted by reading.
pub(super) struct ByReading<'a> {
    pub words: &'a [usize],
    pub trials: &'a [Audited],
    pub standings: &'a BTreeMap<ModelKey, Standings>,
    pub files: &'a [FileFound],
}

/// One reading of the trials.
struct One<'a> {
    all: &'a ByReading<'a>,
    reading: &'a str,
    sinks_removed: bool,
}

impl<'a> ByReading<'a> {
    /// Every reading that was audited, whole and without sinks.
    fn each(&'a self) -> impl Iterator<Item = One<'a>> {
        let first = self.trials.first().into_iter().flat_map(|first| &first.verdicts);
        first.map(|of| One { all: self, reading: &of.reading, sinks_removed: of.sinks_removed })
    }

    /// Text by text.
    pub fn texts(&self) -> Vec<ReadingRates> {
        self.each().map(|one| one.texts()).collect()
    }

    /// File by file.
    pub fn files(&self) -> Vec<FileRates> {
        self.each().flat_map(|one| SIZES.map(|size| one.files(size))).collect()
    }

    /// The verdict that alone is right for a reading of a model; `None` where none is.
    pub fn right(&self, trial: &Trial, reading: &str, sinks_removed: bool) -> Option<VerdictWord> {
        match self.claim(trial, reading, sinks_removed)? {
            claim if supported(claim) => Some(VerdictWord::Supported),
            claim if contradicted(claim) => Some(VerdictWord::Contradicted),
            (Standing::Inert, _) => Some(VerdictWord::Inert),
            _ => None,
        }
    }

    fn claim(&self, trial: &Trial, reading: &str, sinks_removed: bool) -> Option<Claim> {
        let of = self.standings.get(&trial.model())?;
        Some((of.of(reading, sinks_removed)?, stand_in(reading, trial)))
    }
}

impl One<'_> {
    fn claim(&self, trial: &Trial) -> Option<Claim> {
        self.all.claim(trial, self.reading, self.sinks_removed)
    }

    /// The trials of which something is known, each with that and its verdict.
    fn known(&self) -> Vec<(&Trial, Claim, VerdictWord)> {
        let verdict = |of: &Audited| {
            let found = of
                .verdicts
                .iter()
                .find(|v| (v.reading.as_str(), v.sinks_removed) == (self.reading, self.sinks_removed));
            found.map(|v| v.verdict)
        };
        let known = self.all.trials.iter().filter(|of| of.trial.words >= LEAST);
        known.filter_map(|of| Some((&of.trial, self.claim(&of.trial)?, verdict(of)?))).collect()
    }

    fn texts(&self) -> ReadingRates {
        let known = self.known();
        // Power is of the whole effect; an alarm is false at every dial.
        let any: fn(&Trial) -> bool = |_| true;
        let rates = |judge: Judge, verdict: VerdictWord, fits: fn(&Trial) -> bool| {
            let among: Vec<_> = known
                .iter()
                .filter(|(trial, claim, _)| judge(*claim) && fits(trial))
                .map(|(trial, _, found)| (*trial, *found == verdict))
                .collect();
            let at = |words: usize| {
                let level = among.iter().copied().filter(|(trial, _)| trial.words == words);
                Level { at: words as f64, rate: over_models(level) }
            };
            TextRates {
                all: over_models(among.iter().copied()),
                words: self.all.words.iter().map(|words| at(*words)).collect(),
            }
        };
        ReadingRates {
            reading: self.reading.to_owned(),
            sinks_removed: self.sinks_removed,
            false_supported: rates(unsupported, VerdictWord::Supported, any),
            false_contradicted: rates(uncontradicted, VerdictWord::Contradicted, any),
            power_supported: rates(supported, VerdictWord::Supported, whole),
            power_contradicted: rates(contradicted, VerdictWord::Contradicted, whole),
            power_saturated: rates(supported, VerdictWord::Supported, saturated),
            kinds: Self::kinds(&known),
        }
    }

    /// By kind and by what is known, at λ = 1.
    fn kinds(known: &[(&Trial, Claim, VerdictWord)]) -> Vec<KindRates> {
        let mut out = Vec::new();
        for kind in Planted::ALL {
            for standing in Standing::ALL {
                let of: Vec<_> = known
                    .iter()
                    .filter(|(trial, claim, _)| {
                        trial.kind == kind && trial.lambda >= 1.0 && claim.0 == standing
                    })
                    .collect();
                let count = |verdict| of.iter().filter(|(.., found)| *found == verdict).count();
                if !of.is_empty() {
                    out.push(KindRates {
                        kind: kind.name().to_owned(),
                        held_out: Planted::HELD_OUT.contains(&kind),
                        standing,
                        models: of.chunk_by(|(a, ..), (b, ..)| a.model() == b.model()).count(),
                        trials: of.len(),
                        supported: count(VerdictWord::Supported),
                        contradicted: count(VerdictWord::Contradicted),
                    });
                }
            }
        }
        out
    }

    /// How many texts are supported in files of this size where that alone is right.
    fn supported_in(&self, size: usize) -> Measure<Estimate> {
        let known = self.known();
        let of = known.iter().filter(|(trial, claim, _)| {
            trial.texts == size as u64
                && trial.lambda >= 1.0
                && trial.margins == Margins::USUAL
                && supported(*claim)
        });
        over_models(of.map(|(trial, _, verdict)| (*trial, *verdict == VerdictWord::Supported)))
    }

    fn files(&self, size: usize) -> FileRates {
        let grade = |file: &FileFound| {
            let found = file
                .readings
                .iter()
                .find(|(name, without, _)| (name.as_str(), *without) == (self.reading, self.sinks_removed));
            found.map(|(.., grade)| *grade)
        };
        let files = self.all.files.iter().filter(|file| file.texts == size);
        let known: Vec<(&Trial, Claim, Grade)> =
            files.filter_map(|file| Some((&file.trial, self.claim(&file.trial)?, grade(file)?))).collect();
        let rate = |judge: Judge, of: Grade| {
            let among = known.iter().filter(|(_, claim, _)| judge(*claim));
            over_models(among.map(|(trial, _, found)| (*trial, *found == of)))
        };
        FileRates {
            reading: self.reading.to_owned(),
            sinks_removed: self.sinks_removed,
            texts: size,
            false_shows: rate(shows_nothing, Grade::ShowsWhatDecides),
            false_part: rate(shows_nothing, Grade::ShowsPart),
            false_chance: rate(shows, Grade::NoMoreThanChance),
            power_shows: rate(supported, Grade::ShowsWhatDecides),
            power_chance: rate(no_more_than_chance, Grade::NoMoreThanChance),
            power_texts: self.supported_in(size),
        }
    }
}
