//! Integrated gradients.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::Sequence;
use crate::subject::Subject;

use super::quadrature::gauss_legendre;
use super::scores::{Path, Scores};
use super::shared::Shared;

/// Points of the first round.
const FIRST: usize = 16;

/// No more points than this.
const MOST: usize = 256;

/// The residual that is good enough: this share of `|y(x) − y(x')|`,
const OF_GAP: f64 = 0.01;

/// or this share of `Σ|scores|`, where large scores cancel.
const OF_MASS: f64 = 1e-3;

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
/// Gauss–Legendre with 16 points, doubled until the residual is at most 1 % of `|y(x) − y(x')|` or 0.1 % of
/// `Σ|scores|`, or `path_steps` is reached. A round starts anew: the rules share no points. Each point costs a
/// forward and a reverse pass. [`Missing::Constant`] where the baseline is the text itself.
pub(super) fn integrated_gradients(shared: &Shared<'_>) -> Outcome<Scores> {
    let most = shared.options.path_steps.clamp(1, MOST);
    settle(integrate(shared, FIRST.min(most), most))
}

/// The same by one rule of `steps` points, whatever its residual.
pub fn integrated_gradients_with(shared: &Shared<'_>, steps: usize) -> Outcome<Scores> {
    settle(integrate(shared, steps.max(1), 0))
}

/// Rounds of `first` points, doubled while there are at most `most`.
fn integrate(shared: &Shared<'_>, first: usize, most: usize) -> Result<Scores, Stop> {
    let (subject, probe) = (shared.subject, &shared.subject.probe);
    if subject.words.is_empty() {
        return Err(Missing::TooFewWords { found: 0, needed: 1 }.into());
    }
    let start = shared.options.baseline.sequence(subject)?;
    let from = probe.words(&start)?;
    let along: Vec<f64> = shared.words()?.iter().zip(&from).map(|(to, from)| to - from).collect();
    if along.iter().all(|step| *step == 0.0) {
        return Err(Missing::Constant.into());
    }
    let gap = probe.value() - probe.logits(&[start])?.iter().map(|row| probe.target.value(row)).sum::<f64>();
    let mut steps = first;
    loop {
        let tokens = tokens(shared, &from, &along, steps)?;
        let residual = (tokens.iter().sum::<f64>() - gap).abs();
        let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
        let converged = residual <= f64::max(OF_GAP * gap.abs(), OF_MASS * mass);
        if converged || !residual.is_finite() || 2 * steps > most {
            let mut scores = Scores::of_tokens(subject, tokens, true)?;
            scores.path = Some(Path { steps, residual, gap, converged });
            return Ok(scores);
        }
        steps *= 2;
    }
}

/// The scores of all tokens by a rule of `steps` points, `[T]`.
fn tokens(shared: &Shared<'_>, from: &[f64], along: &[f64], steps: usize) -> Result<Vec<f64>, Stop> {
    let rule = gauss_legendre(steps);
    let at = |a: f64| from.iter().zip(along).map(|(from, step)| from + a * step).collect();
    let points: Vec<Vec<f64>> = rule.iter().map(|(a, _)| at(*a)).collect();
    let mut integral = vec![0.0; along.len()];
    for ((_, gradient), (_, weight)) in shared.subject.probe.gradients_at(&points)?.iter().zip(&rule) {
        integral.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += weight * g);
    }
    let width = shared.subject.probe.model.spec().embedding;
    let dot = |(g, step): (&[f64], &[f64])| g.iter().zip(step).map(|(g, step)| g * step).sum();
    Ok(integral.chunks_exact(width).zip(along.chunks_exact(width)).map(dot).collect())
}
