//! The summary's figures: one table of what is taken from each example, from which the summary is made, gates are
//! judged and two audits are compared.

use super::shape::{ReadingName, Shape};
use crate::report::ExampleReport;
use crate::report::example::{Agreement, ReadingReport, SwapReport, VerdictWord};
use crate::report::text::FigureRow;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A greater value is better.
    Higher,
    /// A smaller value is better.
    Lower,
    /// It describes, and is neither good nor bad.
    Neither,
}

impl Better {
    /// Its name in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Neither => "neither",
        }
    }
}

/// How the examples' values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their mean, with a bootstrap interval.
    Mean,
    /// The share of examples where it is so (1, not 0), with Wilson's interval.
    Share,
    /// The values are p: the share that stands after Benjamini–Hochberg, with Wilson's interval.
    Discoveries,
}

impl Statistic {
    /// Its name in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Share => "share",
            Self::Discoveries => "discoveries",
        }
    }
}

/// A figure without what it is of, told once; `T` is the part of an example's report that it is taken from.
#[derive(Debug)]
pub struct Template<T: 'static> {
    /// Its name, without what it is of.
    pub name: &'static str,
    /// Which way is better.
    pub better: Better,
    /// How the examples' values become one.
    pub statistic: Statistic,
    /// What it says, with its range and unit.
    pub what: &'static str,
    /// Its value in one example; `None` where it is missing.
    of: fn(&T) -> Option<f64>,
}

macro_rules! template {
    ($name:literal, $better:ident, $statistic:ident, $what:literal, $of:expr) => {
        Template {
            name: $name,
            better: Better::$better,
            statistic: Statistic::$statistic,
            what: $what,
            of: $of,
        }
    };
}

/// The figures that are of an example as a whole.
pub static OVERALL: [Template<ExampleReport>; 3] = [
    template!("ceiling", Higher, Mean, "best tau of two references of different kinds, -1 to 1", |e| e
        .reliability
        .ceiling
        .value),
    template!("operators", Higher, Mean, "tau of leave-one-out under two ways of erasing, -1 to 1", |e| e
        .reliability
        .operators
        .value),
    template!("accuracy", Higher, Share, "the gold label is predicted, 0 to 1", |e| yes(e
        .gold
        .as_ref()
        .map(|gold| gold.correct))),
];

/// The figures of a reading.
pub static READING: [Template<ReadingReport>; 15] =
    [
        template!("supported", Higher, Share, "verdict supported, 0 to 1", |r| is(r, VerdictWord::Supported)),
        template!("mixed", Neither, Share, "verdict mixed, 0 to 1", |r| is(r, VerdictWord::Mixed)),
        template!("contradicted", Lower, Share, "verdict contradicted, 0 to 1", |r| is(
            r,
            VerdictWord::Contradicted
        )),
        template!("inert", Lower, Share, "verdict inert, 0 to 1", |r| is(r, VerdictWord::Inert)),
        template!("inconclusive", Lower, Share, "verdict inconclusive, 0 to 1", |r| is(
            r,
            VerdictWord::Inconclusive
        )),
        template!("insufficient", Neither, Share, "verdict insufficient (too few words), 0 to 1", |r| is(
            r,
            VerdictWord::Insufficient
        )),
        template!(
            "excess",
            Higher,
            Mean,
            "probability lost by erasing its top words beyond random ones, -1 to 1",
            |r| Some(r.erasure.value.as_ref()?.excess)
        ),
        template!(
            "excess-log-odds",
            Higher,
            Mean,
            "the same in log-odds, as a share of what all words hold: it does not saturate",
            |r| r.erasure.value.as_ref()?.excess_log_odds.value
        ),
        template!(
            "excess-discoveries",
            Higher,
            Discoveries,
            "excess above 0 after Benjamini–Hochberg, 0 to 1",
            |r| Some(r.erasure.value.as_ref()?.excess_rank_p)
        ),
        template!(
            "naopc",
            Higher,
            Mean,
            "comprehensiveness between that of the worst and the best order of words, 0 to 1",
            |r| r.erasure.value.as_ref()?.naopc.value
        ),
        template!(
            "naopc-sufficiency",
            Lower,
            Mean,
            "sufficiency between that of the best and the worst order of words, 0 to 1",
            |r| r.erasure.value.as_ref()?.naopc_sufficiency.value
        ),
        template!("violation", Lower, Share, "erasing its top word raised the prediction, 0 to 1", |r| yes(
            r.erasure.value.as_ref()?.violation.value
        )),
        template!("violation-random", Neither, Mean, "the same for a random word, 0 to 1", |r| r
            .erasure
            .value
            .as_ref()?
            .violation_random
            .value),
        template!("special-mass", Lower, Mean, "share of its mass on special tokens, 0 to 1", |r| r
            .special_mass
            .value),
        template!("sink-mass", Lower, Mean, "share of its mass on words that are sinks, 0 to 1", |r| r
            .sink_mass
            .value),
    ];

/// The figures of a reading and a reference.
pub static AGREEMENT: [Template<Agreement>; 2] = [
    template!("tau", Higher, Mean, "rank agreement with the reference, -1 to 1", |a| a.tau.value),
    template!(
        "tau-discoveries",
        Higher,
        Discoveries,
        "agreement with the reference beyond chance after Benjamini–Hochberg, 0 to 1",
        |a| a.tau_p.value
    ),
];

/// The figures of a swapped site.
pub static SITE: [Template<SwapReport>; 4] = [
    template!("leverage", Higher, Mean, "largest change of the prediction by another attention, TVD", |s| {
        s.leverage.value
    }),
    template!(
        "leverage-log-odds",
        Higher,
        Mean,
        "the same in log-odds, as a share of what all words hold: it does not saturate",
        |s| s.leverage_log_odds.value
    ),
    template!("ignored", Lower, Share, "the prediction ignores the attention here, 0 to 1", |s| outcome(
        s, "inert"
    )),
    template!(
        "non-exclusive",
        Lower,
        Share,
        "a very different attention gives the same prediction, 0 to 1",
        |s| outcome(s, "non-exclusive")
    ),
];

/// The share of examples that could not be audited; it is counted, not taken from an example's report.
pub static FAILED: Template<()> =
    template!("failed", Lower, Share, "could not be audited, 0 to 1", |()| None);

/// Every figure under what it is of, for a list; capitals in a name are chosen.
#[must_use]
pub fn listing() -> Vec<(&'static str, Vec<FigureRow>)> {
    fn rows<T>(templates: &'static [Template<T>]) -> Vec<FigureRow> {
        let row = |t: &Template<T>| FigureRow { name: t.name, better: t.better.name(), what: t.what };
        templates.iter().map(row).collect()
    }
    let mut overall = rows(&OVERALL);
    overall.extend(rows(std::slice::from_ref(&FAILED)));
    vec![
        ("of the examples: FIGURE", overall),
        ("of a reading: READING.FIGURE", rows(&READING)),
        ("of a reading and a reference: READING.FIGURE.REFERENCE", rows(&AGREEMENT)),
        ("of a swapped site: SITE.FIGURE", rows(&SITE)),
    ]
}

/// The part of an example's report that a figure is taken from.
#[derive(Debug, Clone)]
enum TakenFrom {
    Example(&'static Template<ExampleReport>),
    Reading(&'static Template<ReadingReport>, ReadingName),
    Agreement(&'static Template<Agreement>, ReadingName, String),
    Site(&'static Template<SwapReport>, String),
}

/// One figure of one report's summary.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its whole name: `raw.contradicted`, `rollout-without-sinks.tau.loo`, `row.leverage`, `ceiling`.
    pub name: String,
    /// Which way is better.
    pub better: Better,
    /// How the examples' values become one.
    pub statistic: Statistic,
    /// What it says, with its range and unit.
    pub what: &'static str,
    from: TakenFrom,
}

impl Figure {
    /// The figures of a report of this shape, in the order of the summary; all but [`FAILED`].
    #[must_use]
    pub fn all(shape: &Shape) -> Vec<Self> {
        let mut all: Vec<Self> =
            OVERALL.iter().map(|t| Self::new(t, t.name.to_owned(), TakenFrom::Example(t))).collect();
        for (reading, references) in &shape.readings {
            let name = |t: &str| format!("{reading}.{t}");
            all.extend(
                READING.iter().map(|t| Self::new(t, name(t.name), TakenFrom::Reading(t, reading.clone()))),
            );
            for reference in references {
                all.extend(AGREEMENT.iter().map(|t| {
                    let from = TakenFrom::Agreement(t, reading.clone(), reference.clone());
                    Self::new(t, format!("{}.{reference}", name(t.name)), from)
                }));
            }
        }
        for site in &shape.sites {
            let figure = |t| Self::new(t, format!("{site}.{}", t.name), TakenFrom::Site(t, site.clone()));
            all.extend(SITE.iter().map(figure));
        }
        all
    }

    fn new<T>(template: &Template<T>, name: String, from: TakenFrom) -> Self {
        Self { name, better: template.better, statistic: template.statistic, what: template.what, from }
    }

    /// What this example has of it: a number; 1 or 0 for a share; a p for discoveries. `None` where it is missing.
    #[must_use]
    pub fn value(&self, example: &ExampleReport) -> Option<f64> {
        match &self.from {
            TakenFrom::Example(t) => (t.of)(example),
            TakenFrom::Reading(t, reading) => (t.of)(reading.find(example)?),
            TakenFrom::Agreement(t, reading, reference) => {
                (t.of)(reading.find(example)?.agreement.iter().find(|a| a.reference == *reference)?)
            }
            TakenFrom::Site(t, site) => (t.of)(example.swaps.iter().find(|s| s.site == *site)?),
        }
    }

    /// Whether it goes by this name: its whole name, or that without `raw.`, `row.` or `.loo`, which are meant where
    /// no reading, site or reference is named.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let whole = self.name.as_str();
        let without_loo = whole.strip_suffix(".loo").unwrap_or(whole);
        [whole, without_loo].into_iter().any(|full| name == full || name == bare(full))
    }

    /// The shortest name that it goes by.
    #[must_use]
    pub fn short(&self) -> &str {
        bare(self.name.strip_suffix(".loo").unwrap_or(&self.name))
    }
}

/// The name without the reading or site that is meant where none is named.
fn bare(name: &str) -> &str {
    name.strip_prefix("raw.").or(name.strip_prefix("row.")).unwrap_or(name)
}

fn is(reading: &ReadingReport, verdict: VerdictWord) -> Option<f64> {
    yes(Some(reading.verdict.verdict == verdict))
}

fn outcome(swap: &SwapReport, outcome: &str) -> Option<f64> {
    yes(Some(swap.outcome.value.as_ref()? == outcome))
}

fn yes(found: Option<bool>) -> Option<f64> {
    found.map(|found| if found { 1.0 } else { 0.0 })
}
