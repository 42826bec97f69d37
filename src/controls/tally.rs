//! From audited trials to false alarms, power and the other rates of the report.

use super::grid::Grid;
use super::planted::Planted;
use super::trial::{Audited, Ranking, TrialVerdict};
use crate::attribution::{ALL, PLOTTED, Reads, find};
use crate::audit::estimate::rate_of;
use crate::missing::Missing;
use crate::report::Measure;
use crate::report::controls::{
    Confusion, Count, Divergence, Dose, KindPrecision, Level, PowerRow, Precision, Rates, VerdictRates,
};
use crate::report::example::VerdictWord;
use crate::report::summary::Estimate;

/// The reading whose verdict is judged.
pub(super) const SHOWN: &str = PLOTTED;

/// Below so many words nothing is to be concluded.
const LEAST: usize = 8;

/// Thresholds of divergence that are compared, in nats.
const THRESHOLDS: [f64; 7] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.69];

/// The trials of one run, to be counted.
pub(super) struct Tally<'a> {
    pub grid: &'a Grid,
    pub trials: &'a [Audited],
}

/// An audited trial, and whether what is counted happened in it.
type Hit<'a> = (&'a Audited, bool);

impl Tally<'_> {
    /// False alarms and power of every verdict that can be right alone, and of the swaps.
    pub fn verdicts(&self) -> Vec<VerdictRates> {
        let mut out: Vec<VerdictRates> =
            [VerdictWord::Supported, VerdictWord::Contradicted, VerdictWord::Inert]
                .into_iter()
                .map(|verdict| {
                    let given = |o: &Audited| o.verdict(SHOWN) == Some(verdict);
                    let wrong = |o: &Audited| !allowed(o).contains(&verdict);
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
        let all: Vec<Hit<'_>> = self.trials.iter().filter(|o| among(o)).map(|o| (o, hit(o))).collect();
        let fit: Vec<Hit<'_>> = all.iter().copied().filter(|(o, _)| !full || o.trial.lambda >= 1.0).collect();
        let words = self.grid.words.iter().map(|&n| level(n as f64, &fit, |o| o.trial.words == n));
        let lambda = self.grid.lambdas.iter().map(|&(at, _)| level(at, &all, |o| same(o.trial.lambda, at)));
        let mut heads: Vec<usize> = fit.iter().map(|(o, _)| o.trial.heads).collect();
        heads.sort_unstable();
        heads.dedup();
        let heads = heads.into_iter().map(|h| level(h as f64, &fit, |o| o.trial.heads == h));
        Rates {
            all: rate(fit.iter().map(|(_, hit)| *hit)),
            words: words.collect(),
            lambda: lambda.filter(|level| level.rate.value.is_some()).collect(),
            heads: heads.collect(),
            examples: examples(&fit),
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
    pub fn truth(&self) -> Vec<Precision> {
        ALL.iter()
            .filter(|method| self.trials.iter().any(|o| o.rankings.iter().any(|r| r.method == method.name)))
            .map(|method| {
                let kind = |&kind: &Planted| {
                    let found: Vec<&Ranking> = self
                        .whole(kind)
                        .filter_map(|o| o.rankings.iter().find(|r| r.method == method.name))
                        .collect();
                    let shares: Vec<f64> = found.iter().map(|r| r.precision).collect();
                    KindPrecision {
                        kind: kind.name().to_owned(),
                        first: rate(found.iter().map(|r| r.first)),
                        precision: crate::stats::order::mean(&shares).ok_or(Missing::NoExamples).into(),
                    }
                };
                Precision {
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
            let whole = self.trials.iter().filter(|o| o.trial.lambda >= 1.0 && among(o));
            rate(whole.map(|o| o.divergence.is_some_and(|jsd| jsd >= threshold)))
        };
        let row = |threshold| Divergence {
            threshold,
            exclusive: share(threshold, &exclusive),
            redundant: share(threshold, &|o| o.trial.kind == Planted::Redundant),
        };
        THRESHOLDS.map(row).to_vec()
    }

    /// What a report's power figures are taken from: at λ = 1, by n, over the kinds of which it is known what the
    /// reading should get.
    pub fn power(&self) -> Vec<PowerRow> {
        let Some(first) = self.trials.first() else { return Vec::new() };
        let mut out = Vec::new();
        for TrialVerdict { reading, sinks_removed, .. } in &first.verdicts {
            for verdict in [VerdictWord::Supported, VerdictWord::Contradicted, VerdictWord::Inert] {
                let known: Vec<(usize, bool)> = self
                    .trials
                    .iter()
                    .filter(|o| o.trial.lambda >= 1.0 && o.trial.words >= LEAST)
                    .filter(|o| known(reading, o.trial.kind) == Some(verdict))
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

    fn whole(&self, kind: Planted) -> impl Iterator<Item = &Audited> {
        self.trials.iter().filter(move |o| o.trial.kind == kind && o.trial.lambda >= 1.0)
    }
}

/// The verdicts that are right; too few words are a verdict of their own.
fn allowed(audited: &Audited) -> &'static [VerdictWord] {
    if audited.trial.words < LEAST {
        return &[VerdictWord::Insufficient];
    }
    audited.trial.kind.expected(audited.trial.lambda).verdicts
}

/// The one verdict that is right for a reading of a whole planted effect, where the construction tells.
///
/// Readings of the last row that weigh its values see what the row brings, so they are right where it decides. Those
/// of all layers are right where idle lower layers only dilute the row, and wrong about decoys, which no layer makes
/// less of. What reaches a sink's words through idle layers, and what such readings make of copies, is not told.
fn known(reading: &str, kind: Planted) -> Option<VerdictWord> {
    use Planted::{And, Bypass, BypassAligned, Constant, Decoy, OnlyPath, Sink};
    let layers = find(reading).is_some_and(|method| method.reads == Reads::AllLayers);
    match (layers, kind) {
        _ if reading == SHOWN => match kind.expected(1.0).verdicts {
            [verdict] => Some(*verdict),
            _ => None,
        },
        (_, OnlyPath | And) | (false, Sink) => Some(VerdictWord::Supported),
        (true, Decoy) => Some(VerdictWord::Contradicted),
        (_, Constant) | (false, Bypass | BypassAligned) => Some(VerdictWord::Inert),
        _ => None,
    }
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
    Level { at, rate: rate(hits.iter().filter(|(o, _)| among(o)).map(|(_, hit)| *hit)) }
}

pub(super) fn rate(hits: impl Iterator<Item = bool>) -> Measure<Estimate> {
    rate_of(&hits.collect::<Vec<bool>>())
}

/// The rate of what more than half of 1, 2, 4, … texts of one model got, at λ = 1; texts of a model are neighbours.
fn examples(hits: &[Hit<'_>]) -> Vec<Level> {
    let whole: Vec<Hit<'_>> = hits.iter().copied().filter(|(o, _)| o.trial.lambda >= 1.0).collect();
    let models: Vec<&[Hit<'_>]> = whole
        .chunk_by(|(a, _), (b, _)| {
            let model =
                |o: &Audited| (o.trial.kind, o.trial.words, o.trial.heads, o.trial.natural, o.trial.seed);
            model(a) == model(b)
        })
        .collect();
    let most = models.iter().map(|model| model.len()).max().unwrap_or(0);
    let sizes = (0..).map(|power| 1usize << power).take_while(|size| *size <= most);
    sizes
        .map(|size| {
            let groups = models.iter().flat_map(|model| model.chunks_exact(size));
            let most = |group: &[Hit<'_>]| 2 * group.iter().filter(|(_, hit)| *hit).count() > size;
            Level { at: size as f64, rate: rate(groups.map(most)) }
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
