//! Integrated gradients.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::{Graph, Sequence};
use crate::subject::Subject;

use super::quadrature::{clenshaw_curtis_early, gauss_legendre};
use super::scores::{Path, Scores};
use super::shared::Shared;

/// Intervals of the first round.
const FIRST: usize = 8;

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
/// By [`clenshaw_curtis_early`], since the target changes most near the baseline and saturates towards the text
/// (Miglani et al. 2020): 8 intervals, doubled until the residual is at most 1 % of `|y(x) − y(x')|` or 0.1 % of
/// `Σ|scores|` and no score differs by more than 7 % of `Σ|scores|` from that of half the intervals, or `path_steps`
/// intervals are reached. Every point is reused by the finer rules; the last is the text itself, whose gradient
/// other methods need too. So it costs a forward and a reverse pass per interval. [`Missing::Constant`] where the
/// baseline is the text itself.
pub(super) fn integrated_gradients(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(Line::new(shared).and_then(|line| line.refined(shared.options.path_steps.clamp(1, MOST))))
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
        let mut n = FIRST.min(1 << most.ilog2());
        let rule = clenshaw_curtis_early(n);
        let (values, mut known) = self.densities(rule[..n].iter().map(|(a, _)| *a))?;
        known.push(self.density(&self.shared.gradients(Graph::Whole)?.words));
        let gap = self.shared.subject.probe.value() - values.first().copied().unwrap_or(f64::NAN);
        let mut coarse = (n > 1).then(|| {
            let every_other: Vec<Density> = known.iter().step_by(2).cloned().collect();
            integral(&clenshaw_curtis_early(n / 2), &every_other)
        });
        loop {
            let tokens = integral(&clenshaw_curtis_early(n), &known);
            let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
            let residual = (tokens.iter().sum::<f64>() - gap).abs();
            let complete = residual <= small(gap, mass);
            let converged =
                complete && coarse.is_some_and(|coarse| differ(&tokens, &coarse) <= AGREED * mass);
            if converged || !residual.is_finite() || 2 * n > most {
                return self.scores(tokens, Path { steps: n + 1, residual, gap, converged });
            }
            n *= 2;
            let between = clenshaw_curtis_early(n).into_iter().skip(1).step_by(2).map(|(a, _)| a);
            let (_, new) = self.densities(between)?;
            let mut new = new.into_iter();
            known = known.into_iter().flat_map(|old| std::iter::once(old).chain(new.next())).collect();
            coarse = Some(tokens);
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
