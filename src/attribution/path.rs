//! Integrated gradients.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::{Graph, Sequence};
use crate::subject::Subject;

use super::quadrature::{clenshaw_curtis, early, gauss_legendre, half_refined};
use super::scores::{Path, Scores};
use super::shared::Shared;

/// Intervals of the first round.
const FIRST: usize = 12;

/// No more intervals than this.
const MOST: usize = 256;

/// The residual that is good enough: this share of `|y(x) − y(x')|`,
const OF_GAP: f64 = 0.01;

/// or this share of `Σ|scores|`, where large scores cancel.
const OF_MASS: f64 = 1e-3;

/// No score may differ by more than this share of `Σ|scores|` from what half the intervals give: a small residual
/// alone can be luck.
const AGREED: f64 = 0.07;

/// What stands in the place of every content token's word embedding where the path begins; specials stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The mask token's.
    Mask,
    /// The padding token's.
    Pad,
    /// Zeros.
    Zero,
}

impl Baseline {
    /// Every baseline, the default first.
    pub const ALL: [Self; 3] = [Self::Mask, Self::Pad, Self::Zero];

    /// As flags and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Pad => "pad",
            Self::Zero => "zero",
        }
    }

    /// The baseline of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|baseline| baseline.name() == name)
    }

    /// The text that the path begins at.
    fn sequence(self, subject: &Subject<'_>) -> Result<Sequence, Missing> {
        let content: Vec<usize> = subject.words.iter().cloned().flatten().collect();
        let sequence = &subject.probe.sequence;
        Ok(match self {
            Self::Mask => sequence.with_id(&content, subject.mask.ok_or(Missing::NoToken { token: "mask" })?),
            Self::Pad => {
                sequence.with_id(&content, subject.pad.ok_or(Missing::NoToken { token: "padding" })?)
            }
            Self::Zero => sequence.with_zeroed(&content),
        })
    }
}

/// `(e − e') · ∫₀¹ ∂y/∂e (e' + a(e − e')) da`, summed over width and pieces (Sundararajan, Taly & Yan 2017, eq. 1).
///
/// By nested rules whose points lie closer near the baseline, where the target changes most; towards the text it
/// saturates (Miglani et al. 2020): [`clenshaw_curtis`] of 12 intervals, [`half_refined`], 24 intervals and so on,
/// each [`early`], until the residual is at most 1 % of `|y(x) − y(x')|` or 0.1 % of `Σ|scores|` and no score differs
/// by more than 7 % of `Σ|scores|` from that of the rule before, or `path_steps` intervals are reached. Every point is
/// reused by the finer rules; the last is the text itself, whose gradient other methods need too. So it costs a
/// forward and a reverse pass per point but one. [`Missing::Constant`] where the baseline is the text itself.
pub(super) fn integrated_gradients(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(Line::new(shared).and_then(|line| line.refined(shared.options.path_steps.min(MOST))))
}

/// The same by one Gauss–Legendre rule of `steps` points, whatever its residual.
pub fn integrated_gradients_with(shared: &Shared<'_>, steps: usize) -> Outcome<Scores> {
    settle(Line::new(shared).and_then(|line| line.once(steps.max(1))))
}

/// The straight line from the baseline to the text.
struct Line<'s> {
    shared: &'s Shared<'s>,
    /// Word embeddings of the baseline, `[T, Demb]`.
    from: Vec<f64>,
    /// From there to the text.
    along: Vec<f64>,
}

/// What is integrated, at one point: `∂y/∂e · (e − e')`, summed over width, `[T]`.
type Density = Vec<f64>;

impl<'s> Line<'s> {
    fn new(shared: &'s Shared<'s>) -> Result<Self, Stop> {
        let (subject, probe) = (shared.subject, &shared.subject.probe);
        if subject.words.is_empty() {
            return Err(Missing::TooFewWords { found: 0, needed: 1 }.into());
        }
        let from = probe.words(&shared.options.baseline.sequence(subject)?)?;
        let along: Vec<f64> = shared.words()?.iter().zip(&from).map(|(to, from)| to - from).collect();
        if along.iter().all(|step| *step == 0.0) {
            return Err(Missing::Constant.into());
        }
        Ok(Self { shared, from, along })
    }

    /// Rounds of ever finer rules of at most `most` intervals.
    fn refined(&self, most: usize) -> Result<Scores, Stop> {
        let mut rules = nested(most).into_iter();
        let (Some(coarse), Some(mut rule)) = (rules.next(), rules.next()) else {
            return Err(Missing::NotAsked.into());
        };
        let inner = rule.len() - 1;
        let (values, mut known) = self.densities(rule[..inner].iter().map(|(a, _)| *a))?;
        known.push(self.density(&self.shared.gradients(Graph::Whole)?.words));
        let gap = self.shared.subject.probe.value() - values.first().copied().unwrap_or(f64::NAN);
        let mut before = integral(&coarse, &picked(&coarse, &rule, &known));
        loop {
            let tokens = integral(&rule, &known);
            let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
            let residual = (tokens.iter().sum::<f64>() - gap).abs();
            let converged = residual <= small(gap, mass) && differ(&tokens, &before) <= AGREED * mass;
            let finer = rules.next().filter(|_| !converged && residual.is_finite());
            let Some(finer) = finer else {
                return self.scores(tokens, Path { steps: rule.len(), residual, gap, converged });
            };
            let is_new = |at: &(f64, f64)| !has(&rule, at.0);
            let (_, new) = self.densities(finer.iter().filter(|at| is_new(at)).map(|(a, _)| *a))?;
            let (mut new, mut old) = (new.into_iter(), known.into_iter());
            known = finer.iter().filter_map(|at| if is_new(at) { new.next() } else { old.next() }).collect();
            (rule, before) = (finer, tokens);
        }
    }

    /// One Gauss–Legendre rule.
    fn once(&self, points: usize) -> Result<Scores, Stop> {
        let probe = &self.shared.subject.probe;
        let rule = gauss_legendre(points);
        let (_, densities) = self.densities(rule.iter().map(|(a, _)| *a))?;
        let tokens = integral(&rule, &densities);
        let start = probe.logits(&[self.shared.options.baseline.sequence(self.shared.subject)?])?;
        let gap = probe.value() - start.iter().map(|row| probe.target.value(row)).sum::<f64>();
        let residual = (tokens.iter().sum::<f64>() - gap).abs();
        let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
        let converged = residual <= small(gap, mass);
        self.scores(tokens, Path { steps: points, residual, gap, converged })
    }

    fn scores(&self, tokens: Vec<f64>, path: Path) -> Result<Scores, Stop> {
        let mut scores = Scores::of_tokens(self.shared.subject, tokens, true)?;
        scores.path = Some(path);
        Ok(scores)
    }

    /// The target and the density at each place of the line.
    fn densities(&self, places: impl Iterator<Item = f64>) -> Result<(Vec<f64>, Vec<Density>), Stop> {
        let at = |a: f64| self.from.iter().zip(&self.along).map(|(from, step)| from + a * step).collect();
        let points: Vec<Vec<f64>> = places.map(at).collect();
        let found = self.shared.subject.probe.gradients_at(&points)?;
        Ok(found.into_iter().map(|(value, gradient)| (value, self.density(&gradient))).unzip())
    }

    fn density(&self, gradient: &[f64]) -> Density {
        let width = self.shared.subject.probe.model.spec().embedding;
        let dot = |(g, step): (&[f64], &[f64])| g.iter().zip(step).map(|(g, step)| g * step).sum();
        gradient.chunks_exact(width).zip(self.along.chunks_exact(width)).map(dot).collect()
    }
}

/// The rule that the first is compared with, the first, and ever finer ones, each with the points of the one before; at
/// most `most` intervals, but two at least.
fn nested(most: usize) -> Vec<Vec<(f64, f64)>> {
    let mut n = [FIRST, FIRST / 2].into_iter().find(|n| *n <= most).unwrap_or(2);
    let mut rules = vec![clenshaw_curtis(n / 2), clenshaw_curtis(n)];
    while 3 * n / 2 <= most && n >= FIRST {
        rules.push(half_refined(n));
        n *= 2;
        if n <= most {
            rules.push(clenshaw_curtis(n));
        }
    }
    rules.into_iter().map(early).collect()
}

/// The densities at the points of a rule that is part of another.
fn picked(some: &[(f64, f64)], all: &[(f64, f64)], densities: &[Density]) -> Vec<Density> {
    all.iter().zip(densities).filter(|(at, _)| has(some, at.0)).map(|(_, density)| density.clone()).collect()
}

/// Whether a rule has this very node.
fn has(rule: &[(f64, f64)], node: f64) -> bool {
    rule.iter().any(|(at, _)| at.total_cmp(&node).is_eq())
}

/// `Σ weight · density` over a rule's points, `[T]`.
fn integral(rule: &[(f64, f64)], densities: &[Density]) -> Vec<f64> {
    let mut sums = vec![0.0; densities.first().map_or(0, Vec::len)];
    for ((_, weight), density) in rule.iter().zip(densities) {
        sums.iter_mut().zip(density).for_each(|(sum, d)| *sum += weight * d);
    }
    sums
}

/// The residual that is good enough.
fn small(gap: f64, mass: f64) -> f64 {
    f64::max(OF_GAP * gap.abs(), OF_MASS * mass)
}

/// The greatest difference of two scores of one token.
fn differ(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
