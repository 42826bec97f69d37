//! Integrated gradients.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::Graph;

use super::quadrature::gauss_legendre;
use super::rule::{Integral, KRONROD, LOBATTO, Rule, between};
use super::scores::{Path, Scores};
use super::shared::Shared;

/// No round begins once there are so many intervals.
const MOST: usize = 256;

/// The error of a score that is small enough, as a share of `Σ|scores|`,
const ENOUGH: f64 = 0.01;

/// and where six points are all there is: so few can agree by luck.
const AT_ONCE: f64 = 0.004;

/// The residual that is small enough: this share of `|y(x) − y(x')|`,
const OF_GAP: f64 = 0.01;

/// or this share of `Σ|scores|`, where large scores cancel.
const OF_MASS: f64 = 1e-3;

/// A piece is refined with the worst one where its error is at least this share of that one's.
const NEARLY: f64 = 0.5;

/// `(e − e') · ∫₀¹ ∂y/∂e (e' + a(e − e')) da`, summed over width and pieces (Sundararajan, Taly & Yan 2017, eq. 1).
///
/// The scores add up to `y(x) − y(x')`; and because every gradient comes with the target's value, what they must add up to
/// is known between any two points of the path. So each rule's weights are calibrated until they do, and its error is
/// estimated from what is known ([`Rule::integral`]). It begins with the five intervals of a Gauss–Lobatto rule on the
/// whole path and goes on to its Kronrod extension of ten. From there on a piece of ten is cut in two, which costs nothing,
/// and pieces of five whose error is at least half of the worst get a point between any two; all new points of a round run
/// together. It ends where no score can be off by more than about 1 % of `Σ|scores|` (0.4 % after five intervals). No round
/// begins once `path_steps` intervals are reached, so a path that does not converge has between so many and twice as many;
/// then [`Path::converged`] is false, the scores are the rules' own with the residual that they left, and they are no evidence.
/// The last point is the text itself, whose gradient other methods need too, so it costs a forward and a reverse pass per
/// interval. [`Missing::Constant`] where the baseline is the text itself.
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

    /// Ever more points, until there are `enough` intervals.
    fn refined(&self, enough: usize) -> Result<Scores, Stop> {
        let inner = &LOBATTO[..LOBATTO.len() - 1];
        let (mut heights, mut densities) = self.densities(inner)?;
        heights.push(self.shared.subject.probe.value());
        densities.push(self.density(&self.shared.gradients(Graph::Whole)?.words));
        let gap = heights[heights.len() - 1] - heights[0];
        let mut pieces = vec![Piece::new(LOBATTO.to_vec(), heights, densities)];
        loop {
            let complete = sums(pieces.iter().map(|piece| &piece.found.complete));
            let error: f64 = pieces.iter().map(|piece| piece.found.error).sum();
            let intervals: usize = pieces.iter().map(Piece::intervals).sum();
            let missed = |scores: &[f64]| (scores.iter().sum::<f64>() - gap).abs();
            let (mass, residual) = (mass(&complete), missed(&complete));
            let share = if intervals < LOBATTO.len() { AT_ONCE } else { ENOUGH };
            let converged = error <= share * mass && residual <= small(gap, mass);
            let path = Path { steps: intervals + 1, residual, gap, error: Some(error), converged };
            if converged {
                return self.scores(complete, path);
            }
            let worst = pieces.iter().map(|piece| piece.found.error).fold(0.0, f64::max);
            let is_bad = |piece: &Piece| piece.found.error >= NEARLY * worst;
            if error.is_finite() && pieces.iter().any(|piece| piece.is_long() && is_bad(piece)) {
                let halves =
                    |piece: Piece| if piece.is_long() && is_bad(&piece) { piece.cut() } else { vec![piece] };
                pieces = pieces.into_iter().flat_map(halves).collect();
                continue;
            }
            if !error.is_finite() || intervals >= enough {
                // Scores that are no evidence show what the rules missed.
                let plain = sums(pieces.iter().map(|piece| &piece.found.plain));
                let residual = missed(&plain);
                return self.scores(plain, Path { residual, ..path });
            }
            let bad = pieces.iter().filter(|piece| is_bad(piece));
            let places: Vec<f64> = if intervals < LOBATTO.len() {
                KRONROD.to_vec()
            } else {
                bad.flat_map(|piece| between(&piece.places)).collect()
            };
            let (heights, densities) = self.densities(&places)?;
            let mut new = places.into_iter().zip(heights).zip(densities);
            let refine = |piece: Piece| if is_bad(&piece) { piece.refined(&mut new) } else { piece };
            pieces = pieces.into_iter().map(refine).collect();
        }
    }

    /// The scores by one Gauss–Legendre rule of `points` points.
    fn once(&self, points: usize) -> Result<Scores, Stop> {
        let probe = &self.shared.subject.probe;
        let rule = gauss_legendre(points);
        let places: Vec<f64> = rule.iter().map(|(place, _)| *place).collect();
        let (_, densities) = self.densities(&places)?;
        let mut tokens = vec![0.0; self.shared.subject.tokens()];
        for ((_, weight), density) in rule.iter().zip(&densities) {
            tokens.iter_mut().zip(density).for_each(|(sum, d)| *sum += weight * d);
        }
        let start = probe.logits(&[self.shared.options.baseline.sequence(self.shared.subject)?])?;
        let gap = probe.value() - start.iter().map(|row| probe.target.value(row)).sum::<f64>();
        let residual = (tokens.iter().sum::<f64>() - gap).abs();
        let converged = residual <= small(gap, mass(&tokens));
        self.scores(tokens, Path { steps: points, residual, gap, error: None, converged })
    }

    fn scores(&self, tokens: Vec<f64>, path: Path) -> Result<Scores, Stop> {
        let mut scores = Scores::of_tokens(self.shared.subject, tokens, true)?;
        scores.path = Some(path);
        Ok(scores)
    }

    /// The target and the density at each place of the line.
    fn densities(&self, places: &[f64]) -> Result<(Vec<f64>, Vec<Density>), Stop> {
        let at = |a: &f64| self.from.iter().zip(&self.along).map(|(from, step)| from + a * step).collect();
        let read = |value, gradient: &[f64]| (value, self.density(gradient));
        Ok(self.shared.subject.probe.gradients_along(places, at, read)?.into_iter().unzip())
    }

    fn density(&self, gradient: &[f64]) -> Density {
        let width = self.shared.subject.probe.model.reader().spec.embedding;
        let dot = |(g, step): (&[f64], &[f64])| g.iter().zip(step).map(|(g, step)| g * step).sum();
        gradient.chunks_exact(width).zip(self.along.chunks_exact(width)).map(dot).collect()
    }
}

/// A piece of the path with what is known at its places, both ends among them.
struct Piece {
    places: Vec<f64>,
    /// The target at each.
    heights: Vec<f64>,
    densities: Vec<Density>,
    /// The scores along it.
    found: Integral,
}

impl Piece {
    fn new(places: Vec<f64>, heights: Vec<f64>, densities: Vec<Density>) -> Self {
        let rule = Rule::on(places);
        let found = rule.integral(&densities, &heights);
        Self { places: rule.places, heights, densities, found }
    }

    fn intervals(&self) -> usize {
        self.places.len() - 1
    }

    /// Whether it can be cut in two.
    fn is_long(&self) -> bool {
        self.places.len() > LOBATTO.len()
    }

    /// Its two halves.
    fn cut(mut self) -> Vec<Self> {
        let middle = self.intervals() / 2;
        let (places, heights) = (self.places.split_off(middle), self.heights.split_off(middle));
        let densities = self.densities.split_off(middle);
        self.places.push(places[0]);
        self.heights.push(heights[0]);
        self.densities.push(densities[0].clone());
        vec![Self::new(self.places, self.heights, self.densities), Self::new(places, heights, densities)]
    }

    /// With a point more between any two.
    fn refined(self, new: &mut impl Iterator<Item = ((f64, f64), Density)>) -> Self {
        let last = self.intervals();
        let (mut places, mut heights, mut densities) = (Vec::new(), Vec::new(), Vec::new());
        for (i, known) in self.places.into_iter().zip(self.heights).zip(self.densities).enumerate() {
            let between = new.by_ref().take(usize::from(i < last));
            for ((place, height), density) in [known].into_iter().chain(between) {
                places.push(place);
                heights.push(height);
                densities.push(density);
            }
        }
        Self::new(places, heights, densities)
    }
}

/// Piece by piece, added up.
fn sums<'p>(pieces: impl Iterator<Item = &'p Vec<f64>>) -> Vec<f64> {
    let mut all = Vec::new();
    for piece in pieces {
        all.resize(piece.len(), 0.0);
        all.iter_mut().zip(piece).for_each(|(sum, score)| *sum += score);
    }
    all
}

/// `Σ|scores|`.
fn mass(scores: &[f64]) -> f64 {
    scores.iter().map(|score| score.abs()).sum()
}

/// The residual that is small enough to stop at.
fn small(gap: f64, mass: f64) -> f64 {
    f64::max(OF_GAP * gap.abs(), OF_MASS * mass)
}
