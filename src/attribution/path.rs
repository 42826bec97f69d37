//! Integrated gradients.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::Graph;

use super::quadrature::{clenshaw_curtis, gauss_legendre};
use super::scores::{Path, Scores};
use super::shared::Shared;

/// Where the path is cut in two: the target changes most near the baseline and saturates towards the text (Miglani et
/// al. 2020).
const CUT: f64 = 1.0 / 3.0;

/// Intervals of each piece in the first round.
const FIRST: usize = 4;

/// No round begins once there are so many intervals.
const MOST: usize = 256;

/// The residual that is good enough: this share of `|y(x) − y(x')|`,
const OF_GAP: f64 = 0.01;

/// or this share of `Σ|scores|`, where large scores cancel.
const OF_MASS: f64 = 1e-3;

/// No score may differ by more than this share of `Σ|scores|` from what half the intervals give: a small residual
/// alone can be luck.
const AGREED: f64 = 0.04;

/// A piece is refined with the worst one where it is at least so nearly as bad.
const NEARLY: f64 = 0.5;

/// `(e − e') · ∫₀¹ ∂y/∂e (e' + a(e − e')) da`, summed over width and pieces (Sundararajan, Taly & Yan 2017, eq. 1).
///
/// The path is cut at a third, and each piece integrated by a rule of Clenshaw and Curtis, whose finer rules reuse every
/// point. Completeness holds on each piece, and the target is known at its ends, so each has a residual of its own: the
/// worst is refined, from 4 intervals on, until the residuals together are at most 1 % of `|y(x) − y(x')|` or 0.1 % of
/// `Σ|scores|` and no score differs by more than 4 % of `Σ|scores|` from that of half the intervals. No round begins once
/// `path_steps` intervals are reached, so a path that does not converge has between so many and twice as many; then
/// [`Path::converged`] is false and the scores are no evidence. The last point is the text itself, whose gradient other methods need too, so
/// it costs a forward and a reverse pass per interval. [`Missing::Constant`] where the baseline is the text itself.
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
    /// From the baseline's word embeddings to the text's, `[T, Demb]`.
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

    /// Ever finer pieces, until they have `enough` intervals together.
    fn refined(&self, enough: usize) -> Result<Scores, Stop> {
        let n = if enough < 2 * FIRST { FIRST / 2 } else { FIRST };
        let nodes: Vec<f64> = clenshaw_curtis(n).into_iter().map(|(node, _)| node).collect();
        let first = nodes.iter().map(|node| CUT * node);
        let second = nodes[1..n].iter().map(|node| CUT + (1.0 - CUT) * node);
        let (values, mut known) = self.densities(first.chain(second))?;
        known.push(self.density(&self.shared.gradients(Graph::Whole)?.words));
        let (start, cut, end) = (values[0], values[n], self.shared.subject.probe.value());
        let beyond = known.split_off(n);
        known.push(beyond[0].clone());
        let mut pieces =
            [Piece::new(0.0, CUT, cut - start, known), Piece::new(CUT, 1.0 - CUT, end - cut, beyond)];
        let gap = end - start;
        loop {
            let sum = |of: fn(&Piece) -> &[f64]| -> Vec<f64> {
                of(&pieces[0]).iter().zip(of(&pieces[1])).map(|(a, b)| a + b).collect()
            };
            let (tokens, coarse) = (sum(|piece| &piece.fine[..]), sum(|piece| &piece.coarse[..]));
            let intervals = pieces.iter().map(Piece::intervals).sum::<usize>();
            let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
            let residual = (tokens.iter().sum::<f64>() - gap).abs();
            let (small, agreed) = (small(gap, mass), AGREED * mass);
            let apart = pieces.iter().map(Piece::residual).sum::<f64>();
            let converged = apart <= small && differ(&tokens, &coarse) <= agreed;
            let badness = |piece: &Piece| {
                f64::max(piece.residual() / small, differ(&piece.fine, &piece.coarse) / agreed)
            };
            let worst = pieces.iter().map(badness).fold(0.0, f64::max);
            let is_bad = pieces.each_ref().map(|piece| badness(piece) >= NEARLY * worst);
            let bad = || pieces.iter().zip(is_bad).filter(|(_, bad)| *bad).map(|(piece, _)| piece);
            if converged || !residual.is_finite() || bad().count() == 0 || intervals >= enough {
                return self.scores(tokens, Path { steps: intervals + 1, residual, gap, converged });
            }
            let places: Vec<f64> = bad().flat_map(Piece::between).collect();
            let mut new = self.densities(places.into_iter())?.1.into_iter();
            for (piece, _) in pieces.iter_mut().zip(is_bad).filter(|(_, bad)| *bad) {
                piece.refine(&mut new);
            }
        }
    }

    /// The scores by one Gauss–Legendre rule of `points` points.
    fn once(&self, points: usize) -> Result<Scores, Stop> {
        let probe = &self.shared.subject.probe;
        let rule = gauss_legendre(points);
        let (_, densities) = self.densities(rule.iter().map(|(a, _)| *a))?;
        let tokens = integral(&rule, densities.iter());
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
        let places: Vec<f64> = places.collect();
        let at = |a: &f64| self.from.iter().zip(&self.along).map(|(from, step)| from + a * step).collect();
        let read = |value, gradient: &[f64]| (value, self.density(gradient));
        Ok(self.shared.subject.probe.gradients_along(&places, at, read)?.into_iter().unzip())
    }

    fn density(&self, gradient: &[f64]) -> Density {
        let width = self.shared.subject.probe.model.spec().embedding;
        let dot = |(g, step): (&[f64], &[f64])| g.iter().zip(step).map(|(g, step)| g * step).sum();
        gradient.chunks_exact(width).zip(self.along.chunks_exact(width)).map(dot).collect()
    }
}

/// A piece of the path, its scores by a rule of n intervals and by every other point of it.
struct Piece {
    start: f64,
    width: f64,
    /// What the target gains along it.
    gap: f64,
    /// The density at each of the n + 1 nodes.
    known: Vec<Density>,
    fine: Vec<f64>,
    coarse: Vec<f64>,
}

impl Piece {
    fn new(start: f64, width: f64, gap: f64, known: Vec<Density>) -> Self {
        let n = known.len() - 1;
        let scores = |n: usize, every: usize| -> Vec<f64> {
            let sums = integral(&clenshaw_curtis(n), known.iter().step_by(every));
            sums.into_iter().map(|sum| width * sum).collect()
        };
        let (fine, coarse) = (scores(n, 1), scores(n / 2, 2));
        Self { start, width, gap, known, fine, coarse }
    }

    fn intervals(&self) -> usize {
        self.known.len() - 1
    }

    /// How far its scores are from adding up to what the target gains.
    fn residual(&self) -> f64 {
        (self.fine.iter().sum::<f64>() - self.gap).abs()
    }

    /// The places that twice the intervals add.
    fn between(&self) -> impl Iterator<Item = f64> {
        let finer = clenshaw_curtis(2 * self.intervals()).into_iter().skip(1).step_by(2);
        finer.map(|(node, _)| self.start + self.width * node)
    }

    /// Twice the intervals, with the densities in between.
    fn refine(&mut self, between: &mut impl Iterator<Item = Density>) {
        let old = std::mem::take(&mut self.known);
        let last = old.len() - 1;
        let mut known = Vec::with_capacity(2 * last + 1);
        for (i, density) in old.into_iter().enumerate() {
            known.push(density);
            known.extend(between.by_ref().take(usize::from(i < last)));
        }
        *self = Self::new(self.start, self.width, self.gap, known);
    }
}

/// `Σ weight · density` over a rule's points, `[T]`.
fn integral<'d>(rule: &[(f64, f64)], densities: impl Iterator<Item = &'d Density>) -> Vec<f64> {
    let mut sums = Vec::new();
    for ((_, weight), density) in rule.iter().zip(densities) {
        sums.resize(density.len(), 0.0);
        sums.iter_mut().zip(density).for_each(|(sum, d)| *sum += weight * d);
    }
    sums
}

/// The residual that is small enough to stop at.
fn small(gap: f64, mass: f64) -> f64 {
    f64::max(OF_GAP * gap.abs(), OF_MASS * mass)
}

/// The greatest difference of two scores of one token.
fn differ(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
