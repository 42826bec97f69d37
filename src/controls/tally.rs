//! From audited trials to false alarms, power and the other rates of the report.

use std::collections::BTreeMap;

use super::grid::{Grid, ModelKey, Trial};
use super::planted::Planted;
use super::readings::ByReading;
use super::recipe::Margins;
use super::trial::{Audited, Ranking, TrialVerdict};
use crate::attribution::{ALL, PLOTTED};
use crate::audit::estimate::estimate;
use crate::missing::Missing;
use crate::report::Measure;
use crate::report::controls::{
    Confusion, Count, Divergence, Dose, KindPrecision, Level, MarginLevel, PlantedPrecision, PowerRow, Rates,
    VerdictRates,
};
use crate::report::example::VerdictWord;
use crate::report::summary::Estimate;
use crate::stats::interval::clustered;

/// The reading whose verdict is judged.
pub(super) const SHOWN: &str = PLOTTED;

/// Below so many words nothing is to be concluded.
pub(super) const LEAST: usize = 8;

/// Thresholds of divergence that are compared, in nats.
const THRESHOLDS: [f64; 7] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.69];

/// The trials of one run, to be counted.
pub(super) struct Tally<'a> {
    pub grid: &'a Grid,
    pub trials: &'a [Audited],
}

/// An audited trial, and whether what is counted happened in it.
type Hit<'a> = (&'a Audited, bool);

impl<'a> Tally<'a> {
    /// False alarms and power of every verdict that can be right alone, and of the swaps.
    pub fn verdicts(&self) -> Vec<VerdictRates> {
        let mut out: Vec<VerdictRates> =
            [VerdictWord::Supported, VerdictWord::Contradicted, VerdictWord::Inert]
                .into_iter()
                .map(|verdict| {
                    let given = |o: &Audited| o.verdict(SHOWN) == Some(verdict);
                    let wrong = |o: &Audited| !allowed(o).contains(&verdict) && possible(o, verdict);
                    let alone = |o: &Audited| allowed(o) == [verdict];
                    // Where nothing is planted every kind is inert, so that dial is no dose of anything.
                    let alone = |o: &Audited| alone(o) && o.trial.kind.expected(1.0).verdicts == [verdict];
                    VerdictRates {
                        verdict: verdict.name().to_owned(),
                        false_alarms: self.rates(wrong, given, false),
                        power: self.rates(alone, given, true),
                    }
                })
                .collect();
        let found = |o: &Audited| o.row.as_deref() == Some("non-exclusive");
        out.push(VerdictRates {
            verdict: "non-exclusive".to_owned(),
            false_alarms: self.rates(exclusive, found, false),
            power: self.rates(|o| o.trial.kind == Planted::Redundant && o.trial.lambda > 0.0, found, true),
        });
        out
    }

    /// `full` takes rates at λ = 1 only, but for those by λ.
    fn rates(&self, among: impl Fn(&Audited) -> bool, hit: impl Fn(&Audited) -> bool, full: bool) -> Rates {
        let every: Vec<Hit<'_>> = self.trials.iter().filter(|o| among(o)).map(|o| (o, hit(o))).collect();
        let all: Vec<Hit<'_>> = every.iter().copied().filter(|(o, _)| o.trial.usual()).collect();
        let fit: Vec<Hit<'_>> = all.iter().copied().filter(|(o, _)| !full || o.trial.lambda >= 1.0).collect();
        let whole: Vec<Hit<'_>> = every.into_iter().filter(|(o, _)| o.trial.lambda >= 1.0).collect();
        let words = self.grid.words.iter().map(|&n| level(n as f64, &fit, |o| o.trial.words == n));
        let lambda = self.grid.lambdas.iter().map(|&(at, _)| level(at, &all, |o| same(o.trial.lambda, at)));
        let mut heads: Vec<usize> = fit.iter().map(|(o, _)| o.trial.heads).collect();
        heads.sort_unstable();
        heads.dedup();
        let heads = heads.into_iter().map(|h| level(h as f64, &fit, |o| o.trial.heads == h));
        Rates {
            all: rate(fit.iter().copied()),
            words: words.collect(),
            lambda: lambda.filter(|level| level.rate.value.is_some()).collect(),
            heads: heads.collect(),
            examples: examples(&fit),
            layers: layers(&whole),
            margins: margins(&whole),
        }
    }

    /// Verdict × truth on the shown reading at λ = 1.
    pub fn confusion(&self) -> Vec<Confusion> {
        let row = |&kind: &Planted| {
            let expected = kind.expected(1.0);
            let given: Vec<Option<VerdictWord>> = self.whole(kind).map(|o| o.verdict(SHOWN)).collect();
            let count =
                |verdict| Count { verdict, count: given.iter().filter(|v| **v == Some(verdict)).count() };
            Confusion {
                kind: kind.name().to_owned(),
                allowed: expected.verdicts.to_vec(),
                reason: expected.reason.to_owned(),
                verdicts: VerdictWord::ALL.map(count).to_vec(),
            }
        };
        self.grid.kinds.iter().map(row).collect()
    }

    /// Rates by dial of the kinds of which one verdict alone is right, and that is not what nothing planted gets.
    pub fn doses(&self) -> Vec<Dose> {
        let kinds = self.grid.kinds.iter().filter_map(|&kind| match kind.expected(1.0).verdicts {
            [verdict] if *verdict != VerdictWord::Inert => Some((kind, *verdict)),
            _ => None,
        });
        kinds
            .map(|(kind, verdict)| {
                let hits: Vec<Hit<'_>> = self
                    .trials
                    .iter()
                    .filter(|o| o.trial.kind == kind)
                    .map(|o| (o, o.verdict(SHOWN) == Some(verdict)))
                    .collect();
                let levels: Vec<Level> = self
                    .grid
                    .lambdas
                    .iter()
                    .map(|&(at, _)| level(at, &hits, |o| same(o.trial.lambda, at)))
                    .collect();
                Dose { kind: kind.name().to_owned(), verdict, monotone: monotone(&levels), levels }
            })
            .collect()
    }

    /// Precision at the truth at λ = 1, by method and kind.
    pub fn truth(&self) -> Vec<PlantedPrecision> {
        ALL.iter()
            .filter(|method| self.trials.iter().any(|o| o.rankings.iter().any(|r| r.method == method.name)))
            .map(|method| {
                let kind = |&kind: &Planted| {
                    let of = |o: &'a Audited| {
                        let ranking = o.rankings.iter().find(|r| r.method == method.name)?;
                        Some((&o.trial, ranking))
                    };
                    let found: Vec<(&Trial, &Ranking)> = self.whole(kind).filter_map(of).collect();
                    let shares: Vec<f64> = found.iter().map(|(_, r)| r.precision).collect();
                    KindPrecision {
                        kind: kind.name().to_owned(),
                        first: over_models(found.iter().map(|(trial, r)| (*trial, r.first))),
                        precision: crate::stats::order::mean(&shares).ok_or(Missing::NoExamples).into(),
                    }
                };
                PlantedPrecision {
                    method: method.name.to_owned(),
                    role: method.role.name().to_owned(),
                    kinds: self.grid.kinds.iter().map(kind).filter(|k| k.first.value.is_some()).collect(),
                }
            })
            .collect()
    }

    /// What thresholds of divergence tell apart at λ = 1.
    pub fn divergences(&self) -> Vec<Divergence> {
        let share = |threshold: f64, among: &dyn Fn(&Audited) -> bool| {
            let whole = self.trials.iter().filter(|o| o.trial.lambda >= 1.0 && o.trial.usual() && among(o));
            rate(whole.map(|o| (o, o.divergence.is_some_and(|jsd| jsd >= threshold))))
        };
        let row = |threshold| Divergence {
            threshold,
            exclusive: share(threshold, &exclusive),
            redundant: share(threshold, &|o| o.trial.kind == Planted::Redundant),
        };
        THRESHOLDS.map(row).to_vec()
    }

    /// What a report's power figures are taken from: at λ = 1, by n, over the models of which it is known what the
    /// reading should get.
    pub fn power(&self, by_reading: &ByReading<'_>) -> Vec<PowerRow> {
        let Some(first) = self.trials.first() else { return Vec::new() };
        let mut out = Vec::new();
        for TrialVerdict { reading, sinks_removed, .. } in &first.verdicts {
            for verdict in [VerdictWord::Supported, VerdictWord::Contradicted, VerdictWord::Inert] {
                let known: Vec<(usize, bool)> = self
                    .trials
                    .iter()
                    .filter(|o| o.trial.lambda >= 1.0 && o.trial.usual() && o.trial.words >= LEAST)
                    .filter(|o| by_reading.right(&o.trial, reading, *sinks_removed) == Some(verdict))
                    .map(|o| {
                        let hit = |of: &TrialVerdict| {
                            (&of.reading, of.sinks_removed, of.verdict) == (reading, *sinks_removed, verdict)
                        };
                        (o.trial.words, o.verdicts.iter().any(hit))
                    })
                    .collect();
                let mut words: Vec<usize> = known.iter().map(|(words, _)| *words).collect();
                words.sort_unstable();
                words.dedup();
                let count =
                    |among: &dyn Fn(&(usize, bool)) -> bool| known.iter().filter(|k| among(k)).count();
                if !words.is_empty() {
                    out.push(PowerRow {
                        reading: reading.clone(),
                        sinks_removed: *sinks_removed,
                        verdict,
                        hits: words.iter().map(|n| count(&|k| k.0 == *n && k.1)).collect(),
                        trials: words.iter().map(|n| count(&|k| k.0 == *n)).collect(),
                        words,
                    });
                }
            }
        }
        out
    }

    fn whole(&self, kind: Planted) -> impl Iterator<Item = &'a Audited> {
        self.trials.iter().filter(move |o| o.trial.kind == kind && o.trial.lambda >= 1.0 && o.trial.usual())
    }
}

/// The verdicts that are right; too few words are a verdict of their own.
fn allowed(audited: &Audited) -> &'static [VerdictWord] {
    if audited.trial.words < LEAST {
        return &[VerdictWord::Insufficient];
    }
    audited.trial.kind.expected(audited.trial.lambda).verdicts
}

/// Whether a trial could be told this falsely: where by construction no swap can move the prediction, nothing but inert is
/// ever told, and many such trials would hide the alarms of others.
fn possible(audited: &Audited, verdict: VerdictWord) -> bool {
    verdict == VerdictWord::Inert || allowed(audited) != [VerdictWord::Inert]
}

/// Whether nothing can stand in for the map: the kinds whose attention is the one way of the decision, where no mass is
/// left over that could be moved to a lesser word.
fn exclusive(audited: &Audited) -> bool {
    audited.trial.lambda >= 1.0 && audited.trial.kind.expected(1.0).verdicts == [VerdictWord::Supported]
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn level(at: f64, hits: &[Hit<'_>], among: impl Fn(&Audited) -> bool) -> Level {
    Level { at, rate: rate(hits.iter().copied().filter(|(o, _)| among(o))) }
}

fn rate<'a>(hits: impl Iterator<Item = Hit<'a>>) -> Measure<Estimate> {
    over_models(hits.map(|(o, hit)| (&o.trial, hit)))
}

/// The share of hits, with an interval over models: texts of one model are not independent.
pub(super) fn over_models<'a>(hits: impl Iterator<Item = (&'a Trial, bool)>) -> Measure<Estimate> {
    let mut models: BTreeMap<ModelKey, (usize, usize)> = BTreeMap::new();
    for (trial, hit) in hits {
        let (found, of) = models.entry(trial.model()).or_default();
        *found += usize::from(hit);
        *of += 1;
    }
    let counts: Vec<(usize, usize)> = models.into_values().collect();
    clustered(&counts).map(estimate).ok_or(Missing::NoExamples).into()
}

/// By depth: kinds that were varied in it, models with the usual margins.
fn layers(hits: &[Hit<'_>]) -> Vec<Level> {
    let fit: Vec<Hit<'_>> = hits.iter().copied().filter(|(o, _)| o.trial.margins == Margins::USUAL).collect();
    let mut all: Vec<usize> = fit.iter().map(|(o, _)| o.trial.layers).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|layers| level(layers as f64, &fit, |o| o.trial.layers == layers)).collect()
}

/// By margins: the usual ones first, then as they were varied.
fn margins(hits: &[Hit<'_>]) -> Vec<MarginLevel> {
    let all = [Margins::USUAL].into_iter().chain(Margins::STEEP).chain(Margins::SATURATED);
    let of = |margins: Margins| MarginLevel {
        whole: margins.whole,
        without: margins.without,
        rate: rate(hits.iter().copied().filter(|(o, _)| o.trial.margins == margins)),
    };
    all.map(of).filter(|level| level.rate.value.is_some()).collect()
}

/// The rate of what more than half of 1, 2, 4, … texts of one model got, at λ = 1; texts of a model are neighbours.
fn examples(hits: &[Hit<'_>]) -> Vec<Level> {
    let whole: Vec<Hit<'_>> = hits.iter().copied().filter(|(o, _)| o.trial.lambda >= 1.0).collect();
    let models: Vec<&[Hit<'_>]> =
        whole.chunk_by(|(a, _), (b, _)| a.trial.model() == b.trial.model()).collect();
    let most = models.iter().map(|model| model.len()).max().unwrap_or(0);
    let sizes = (0..).map(|power| 1usize << power).take_while(|size| *size <= most);
    sizes
        .map(|size| {
            let groups = models.iter().flat_map(|model| model.chunks_exact(size));
            let most = |group: &[Hit<'_>]| 2 * group.iter().filter(|(_, hit)| *hit).count() > size;
            Level { at: size as f64, rate: over_models(groups.map(|group| (&group[0].0.trial, most(group)))) }
        })
        .collect()
}

/// No later rate lies below an earlier one beyond both intervals.
fn monotone(levels: &[Level]) -> bool {
    let known: Vec<&Estimate> = levels.iter().filter_map(|level| level.rate.value.as_ref()).collect();
    known.iter().enumerate().all(|(i, before)| {
        known[i..].iter().all(|after| after.high.zip(before.low).is_none_or(|(high, low)| high >= low))
    })
}
