//! What two audits of the same texts come to.

use std::collections::BTreeMap;

use crate::attribution::shown;
use crate::audit::estimate::{OfTexts, by_text, mean_over, rate_over};
use crate::audit::paired::Pairs;
use crate::missing::Missing;
use crate::report::compare::{
    Answer, ChangedPrediction, ChangedVerdict, CompareSummary, Likeness, LikenessSummary, PairReport,
    VerdictCell, VerdictTable,
};
use crate::report::example::VerdictWord;
use crate::report::{Measure, Settings};
use crate::stats::fdr::{benjamini_hochberg, rejections};
use crate::stats::interval::RESAMPLES;
use crate::stats::paired::paired;
use crate::stats::seed;

/// Gathers, text by text, what the summary is made of: plain numbers.
#[derive(Debug, Default)]
pub(super) struct Versus {
    pairs: usize,
    likeness: Vec<Columns>,
    tvd: OfTexts<f64>,
    same: OfTexts<bool>,
    verdicts: Vec<Verdicts>,
    headline: Option<String>,
    /// Supported minus contradicted of the headline reading, second minus first.
    net: OfTexts<f64>,
    changed: Vec<ChangedVerdict>,
    predictions: Vec<ChangedPrediction>,
}

#[derive(Debug)]
struct Columns {
    method: String,
    sinks_removed: bool,
    role: &'static str,
    tau: OfTexts<f64>,
    p: OfTexts<Option<f64>>,
    overlap: OfTexts<f64>,
    jsd: OfTexts<f64>,
    /// Why a text has none.
    no_jsd: Option<String>,
}

#[derive(Debug)]
struct Verdicts {
    method: String,
    sinks_removed: bool,
    counts: BTreeMap<(VerdictWord, VerdictWord), usize>,
}

impl Versus {
    /// Takes in the next pair, of this text.
    pub fn push(&mut self, text: usize, pair: &PairReport) {
        self.pairs += 1;
        for (role, all) in [("reading", &pair.readings), ("reference", &pair.references)] {
            for one in all {
                self.like(role, text, one);
            }
        }
        self.tvd.extend(pair.tvd.value.map(|tvd| (text, tvd)));
        self.same.push((text, pair.same_label));
        let headline = shown(pair.verdicts.iter().filter(|v| !v.sinks_removed), |v| &v.method);
        if let Some(one) = headline {
            self.headline.get_or_insert_with(|| one.method.clone());
            self.net.push((text, net(one.b) - net(one.a)));
            if one.a != one.b {
                self.changed.push(ChangedVerdict {
                    id: pair.id.clone(),
                    line: pair.line,
                    method: one.method.clone(),
                    a: one.a,
                    b: one.b,
                });
            }
        }
        for one in &pair.verdicts {
            let same = |v: &&mut Verdicts| v.method == one.method && v.sinks_removed == one.sinks_removed;
            match self.verdicts.iter_mut().find(same) {
                Some(known) => *known.counts.entry((one.a, one.b)).or_default() += 1,
                None => self.verdicts.push(Verdicts {
                    method: one.method.clone(),
                    sinks_removed: one.sinks_removed,
                    counts: BTreeMap::from([((one.a, one.b), 1)]),
                }),
            }
        }
        if !pair.same_label {
            self.predictions.push(ChangedPrediction {
                id: pair.id.clone(),
                line: pair.line,
                a: pair.a.label.clone(),
                b: pair.b.label.clone(),
                probability_a: pair.a.probability,
                probability_b: pair.b.probability,
            });
        }
    }

    fn like(&mut self, role: &'static str, text: usize, one: &Likeness) {
        let same =
            |c: &Columns| c.role == role && c.method == one.method && c.sinks_removed == one.sinks_removed;
        let at = self.likeness.iter().position(same).unwrap_or_else(|| {
            self.likeness.push(Columns {
                method: one.method.clone(),
                sinks_removed: one.sinks_removed,
                role,
                tau: Vec::new(),
                p: Vec::new(),
                overlap: Vec::new(),
                jsd: Vec::new(),
                no_jsd: None,
            });
            self.likeness.len() - 1
        });
        let columns = &mut self.likeness[at];
        let of = |value: Option<f64>| value.map(|value| (text, value));
        columns.tau.extend(of(one.tau.value));
        columns.p.push((text, one.tau_p.value));
        columns.overlap.extend(of(one.overlap.value));
        columns.jsd.extend(of(one.jsd.value));
        if columns.no_jsd.is_none() {
            columns.no_jsd.clone_from(&one.jsd.reason);
        }
    }

    /// The summary; draws come from the first audit's seed, and its alpha is the level.
    pub fn summary(self, pairs: &Pairs, settings: &Settings) -> CompareSummary {
        let (seed, alpha) = (settings.seed, settings.thresholds.alpha);
        let readings_first = |columns: &Columns| columns.role == "reference";
        let mut likeness = self.likeness;
        likeness.sort_by_key(readings_first);
        CompareSummary {
            pairs: self.pairs,
            figures: pairs.changes(seed, alpha),
            likeness: likeness.iter().map(|columns| columns.summary(seed, alpha)).collect(),
            tvd: mean_over(&self.tvd, seed, "tvd between models"),
            same_label: rate_over(&self.same),
            verdicts: self
                .verdicts
                .into_iter()
                .map(|v| VerdictTable {
                    method: v.method,
                    sinks_removed: v.sinks_removed,
                    counts: VerdictWord::ALL
                        .iter()
                        .flat_map(|a| VerdictWord::ALL.iter().map(move |b| (*a, *b)))
                        .filter_map(|(a, b)| Some(VerdictCell { a, b, texts: *v.counts.get(&(a, b))? }))
                        .collect(),
                })
                .collect(),
            changed: self.changed,
            predictions: self.predictions,
            answer: answer(self.headline, &self.net, seed, alpha),
        }
    }
}

impl Columns {
    fn summary(&self, seed: u64, alpha: f64) -> LikenessSummary {
        let name = |what: &str| format!("likeness of {} {} {what}", self.method, self.sinks_removed);
        let (texts, p): (Vec<usize>, Vec<Option<f64>>) = self.p.iter().copied().unzip();
        let found = texts.into_iter().zip(rejections(&benjamini_hochberg(&p), alpha));
        let found: OfTexts<bool> = found.filter_map(|(text, found)| Some((text, found?))).collect();
        let mut jsd = mean_over(&self.jsd, seed, &name("jsd"));
        if jsd.value.is_none() && self.no_jsd.is_some() {
            jsd.reason.clone_from(&self.no_jsd);
        }
        LikenessSummary {
            method: self.method.clone(),
            role: self.role.to_owned(),
            sinks_removed: self.sinks_removed,
            tau: mean_over(&self.tau, seed, &name("tau")),
            found: rate_over(&found),
            overlap: mean_over(&self.overlap, seed, &name("overlap")),
            jsd,
        }
    }
}

/// Supported 1, contradicted −1, all else 0.
fn net(verdict: VerdictWord) -> f64 {
    match verdict {
        VerdictWord::Supported => 1.0,
        VerdictWord::Contradicted => -1.0,
        _ => 0.0,
    }
}

/// The one test that was chosen beforehand.
fn answer(reading: Option<String>, net: &[(usize, f64)], seed: u64, alpha: f64) -> Answer {
    let mut rng = seed::rng(seed, "data set", "whose attention may be believed");
    let Some((reading, found)) = reading.zip(paired(&by_text(net.iter().copied()), RESAMPLES, &mut rng))
    else {
        let none = Measure::from(Err(Missing::NoPairs));
        return Answer {
            favours: None,
            reading: None,
            difference: Measure::from(Err(Missing::NoPairs)),
            p: none,
            sentence: "nothing can be said: no reading was audited on both sides".to_owned(),
        };
    };
    let (estimate, bounds) = (found.difference.estimate, found.difference.bounds);
    let told = match bounds {
        Some((low, high)) => format!("{estimate:+.2} [{low:+.2}, {high:+.2}]"),
        None => format!("{estimate:+.2}"),
    };
    // Both must say so: few texts make the interval too narrow, and the test cannot be fooled by that.
    let clear = found.p <= alpha && bounds.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    let n = found.difference.n;
    let numbers = format!(
        "supported minus contradicted, B − A: {told} per text, p {:.3}, {n} text{}",
        found.p,
        if n == 1 { "" } else { "s" }
    );
    let (favours, sentence) = match (clear, estimate > 0.0) {
        (true, true) => {
            (Some("b"), format!("B's {reading} attention may be believed more often than A's ({numbers})"))
        }
        (true, false) => {
            (Some("a"), format!("A's {reading} attention may be believed more often than B's ({numbers})"))
        }
        (false, _) => (
            None,
            format!(
                "these texts cannot tell whose {reading} attention may be believed more often ({numbers})"
            ),
        ),
    };
    Answer {
        favours: favours.map(str::to_owned),
        reading: Some(reading),
        difference: Measure::of(crate::audit::estimate::estimate(found.difference)),
        p: Measure::of(found.p),
        sentence,
    }
}
