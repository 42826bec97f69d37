//! The summary's figures: one table of what is taken from each example, from which the summary is made, gates are
//! judged and two audits are compared.

use crate::report::ExampleReport;
use crate::report::example::{Agreement, ReadingReport, SwapReport, VerdictWord};

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// It describes, and is neither good nor bad.
    Neither,
}

impl Better {
    /// As lists name it.
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
pub enum Kind {
    /// Their mean, with a bootstrap interval.
    Mean,
    /// The share of examples where it is so (1, not 0), with Wilson's interval.
    Share,
    /// The values are p: the share that stands after Benjamini–Hochberg, with Wilson's interval.
    Discoveries,
}

impl Kind {
    /// As lists name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Share => "share",
            Self::Discoveries => "discoveries",
        }
    }
}

/// A kind of figure, told once; `T` is the part of an example's report that it is taken from.
#[derive(Debug)]
pub struct Template<T: 'static> {
    /// Its name, without what it is of.
    pub name: &'static str,
    /// Which way is better.
    pub better: Better,
    /// How the examples' values become one.
    pub kind: Kind,
    /// What it says, with its range and unit.
    pub what: &'static str,
    of: fn(&T) -> Option<f64>,
}

macro_rules! template {
    ($name:literal, $better:ident, $kind:ident, $what:literal, $of:expr) => {
        Template { name: $name, better: Better::$better, kind: Kind::$kind, what: $what, of: $of }
    };
}

/// What there is once an example.
pub static OVERALL: [Template<ExampleReport>; 2] = [
    template!("ceiling", Higher, Mean, "best tau of leave-one-out with a gradient reference, -1 to 1", |e| e
        .reliability
        .ceiling
        .value),
    template!("operators", Higher, Mean, "tau of leave-one-out under two ways of erasing, -1 to 1", |e| e
        .reliability
        .operators
        .value),
];

/// What there is for each reading.
pub static READING: [Template<ReadingReport>; 14] =
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
            "excess-discoveries",
            Higher,
            Discoveries,
            "excess above 0 after Benjamini–Hochberg, 0 to 1",
            |r| Some(r.erasure.value.as_ref()?.excess_p)
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

/// What there is for each reading and reference.
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

/// What there is for each swapped site.
pub static SITE: [Template<SwapReport>; 3] = [
    template!("leverage", Higher, Mean, "largest change of the prediction by another attention, TVD", |s| {
        s.leverage.value
    }),
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
pub const FAILED: (&str, &str) = ("failed", "could not be audited, 0 to 1");

/// A reading, as figures name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingName {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// Whether sinks were taken out.
    pub sinks_removed: bool,
}

impl ReadingName {
    /// The name of this one.
    #[must_use]
    pub fn of(reading: &ReadingReport) -> Self {
        Self { method: reading.method.clone(), sinks_removed: reading.sinks_removed }
    }

    fn find<'e>(&self, example: &'e ExampleReport) -> Option<&'e ReadingReport> {
        let same = |r: &&ReadingReport| r.method == self.method && r.sinks_removed == self.sinks_removed;
        example.readings.iter().find(same)
    }
}

impl std::fmt::Display for ReadingName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.method, if self.sinks_removed { "-without-sinks" } else { "" })
    }
}

/// Where a figure is taken from.
#[derive(Debug, Clone)]
enum Place {
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
    pub kind: Kind,
    /// What it says, with its range and unit.
    pub what: &'static str,
    place: Place,
}

impl Figure {
    /// The figures of a report whose examples look like this one, in the order of the summary.
    #[must_use]
    pub fn all(example: &ExampleReport) -> Vec<Self> {
        let mut all: Vec<Self> =
            OVERALL.iter().map(|t| Self::new(t, String::new(), Place::Example(t))).collect();
        for reading in &example.readings {
            let name = ReadingName::of(reading);
            all.extend(
                READING.iter().map(|t| Self::new(t, format!("{name}."), Place::Reading(t, name.clone()))),
            );
            for agreement in &reading.agreement {
                all.extend(AGREEMENT.iter().map(|t| {
                    let mut figure = Self::new(
                        t,
                        format!("{name}."),
                        Place::Agreement(t, name.clone(), agreement.reference.clone()),
                    );
                    figure.name.push('.');
                    figure.name.push_str(&agreement.reference);
                    figure
                }));
            }
        }
        for swap in &example.swaps {
            let site = |t| Self::new(t, format!("{}.", swap.site), Place::Site(t, swap.site.clone()));
            all.extend(SITE.iter().map(site));
        }
        all
    }

    fn new<T>(template: &Template<T>, before: String, place: Place) -> Self {
        Self {
            name: before + template.name,
            better: template.better,
            kind: template.kind,
            what: template.what,
            place,
        }
    }

    /// What this example has of it: a number; 1 or 0 for a share; a p for discoveries. `None` where it is missing.
    #[must_use]
    pub fn value(&self, example: &ExampleReport) -> Option<f64> {
        match &self.place {
            Place::Example(t) => (t.of)(example),
            Place::Reading(t, reading) => (t.of)(reading.find(example)?),
            Place::Agreement(t, reading, reference) => {
                (t.of)(reading.find(example)?.agreement.iter().find(|a| a.reference == *reference)?)
            }
            Place::Site(t, site) => (t.of)(example.swaps.iter().find(|s| s.site == *site)?),
        }
    }

    /// Whether it goes by this name: its whole name, or without `raw.`, `row.` or `.loo`, which stand for what is
    /// not said.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let whole = self.name.as_str();
        let short = whole.strip_suffix(".loo").unwrap_or(whole);
        let bare = |full: &'_ str| full.strip_prefix("raw.").or(full.strip_prefix("row.")).map(str::to_owned);
        name == whole
            || name == short
            || bare(whole).is_some_and(|b| b == name)
            || bare(short).is_some_and(|b| b == name)
    }
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
