//! How alike the scores are that one method gives on two sides, on aligned words.

use super::align::Component;
use crate::attribution::{Joined, find};
use crate::audit::agreement::ranked;
use crate::missing::{Measured, Missing};
use crate::report::Measure;
use crate::report::compare::Likeness;
use crate::stats::divergence::jensen_shannon;
use crate::stats::overlap::top_overlap;
use crate::stats::permutation::{Draws, spearman_test, tau_test};
use crate::stats::seed::Stream;

/// Whether the scores of this method have a direction: below 0 they speak against the target.
#[must_use]
pub fn is_signed(method: &str) -> bool {
    find(method).is_some_and(|method| method.signed)
}

/// Which method's scores are set side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Which<'a> {
    pub method: &'a str,
    pub sinks_removed: bool,
    /// By the size of the scores, with tails tied, as references are compared with one another.
    pub reference: bool,
}

/// How permutations are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw<'a> {
    pub stream: &'a Stream,
    /// How many permutations are drawn, at most.
    pub permutations: usize,
}

/// How alike two sides' scores are; `a` and `b` are per word of each side.
pub(super) fn likeness(
    which: Which<'_>,
    components: &[Component],
    a: &Measure<Vec<f64>>,
    b: &Measure<Vec<f64>>,
    draw: Draw<'_>,
) -> Likeness {
    let aligned = aligned(which.method, components, a, b);
    // References are ranked by the size of their scores.
    let sizes = |scores: &[f64]| ranked(scores, is_signed(which.method), false);
    let compared =
        aligned.clone().map(|(a, b)| if which.reference { (sizes(&a), sizes(&b)) } else { (a, b) });
    let draws = Draws { count: draw.permutations, ..Draws::default() };
    let name = |what: &str| format!("likeness of {} {} {what}", which.method, which.sinks_removed);
    let rng = |what: &str| draw.stream.rng(&name(what));
    let both = || compared.as_ref().map_err(Clone::clone);
    let tau = both().and_then(|(a, b)| tau_test(a, b, draws, &mut rng("tau")).ok_or(Missing::Constant));
    let rho = both().and_then(|(a, b)| spearman_test(a, b, draws, &mut rng("rho")).ok_or(Missing::Constant));
    let overlap = both().and_then(|(a, b)| top_overlap(a, b).ok_or(Missing::Constant));
    let divergence = if which.reference || is_signed(which.method) {
        Err(Missing::NoShares)
    } else {
        aligned.and_then(|(a, b)| between_maps(&a, &b))
    };
    Likeness {
        method: which.method.to_owned(),
        sinks_removed: which.sinks_removed,
        tau: tau.clone().map(|test| test.observed).into(),
        tau_p: tau.map(|test| test.greater.p).into(),
        spearman: rho.clone().map(|test| test.observed).into(),
        spearman_p: rho.map(|test| test.greater.p).into(),
        overlap: overlap.clone().map(|o| o.fraction).into(),
        overlap_p: overlap.map(|o| o.p).into(),
        jsd: divergence.into(),
        outside_a: outside(components, a, |c| (&c.a, &c.b)).into(),
        outside_b: outside(components, b, |c| (&c.b, &c.a)).into(),
    }
}

/// JSD (nats) between two maps, each scaled to sum to 1 over the words both have; missing where one has no mass there.
pub(super) fn between_maps(a: &[f64], b: &[f64]) -> Measured<f64> {
    jensen_shannon(&scaled(a)?, &scaled(b)?).ok_or(Missing::NotFinite { what: "a score" })
}

fn scaled(scores: &[f64]) -> Measured<Vec<f64>> {
    let sum: f64 = scores.iter().sum();
    if sum > 0.0 { Ok(scores.iter().map(|s| s / sum).collect()) } else { Err(Missing::Constant) }
}

/// Both sides' scores of a method on the stretches that both have.
pub(super) fn aligned(
    method: &str,
    components: &[Component],
    a: &Measure<Vec<f64>>,
    b: &Measure<Vec<f64>>,
) -> Measured<(Vec<f64>, Vec<f64>)> {
    let missing = Missing::RestsOn { what: "the scores of a side" };
    let (Some(a), Some(b)) = (&a.value, &b.value) else { return Err(missing) };
    let joined = find(method).map_or(Joined::Sum, |method| method.joined);
    let shared = || components.iter().filter(|component| component.is_shared());
    let over = |words: fn(&Component) -> &[usize], scores: &[f64]| -> Option<Vec<f64>> {
        shared().map(|component| joined.over(words(component), scores)).collect()
    };
    let (Some(a), Some(b)) = (over(|c| &c.a, a), over(|c| &c.b, b)) else { return Err(missing) };
    match a.len() {
        0 => Err(Missing::TooFewWords { found: 0, needed: 1 }),
        _ => Ok((a, b)),
    }
}

/// The share of a side's scores, by size, on stretches that the other side lacks.
fn outside(
    components: &[Component],
    scores: &Measure<Vec<f64>>,
    own_and_other: fn(&Component) -> (&[usize], &[usize]),
) -> Measured<f64> {
    let scores = scores.value.as_ref().ok_or(Missing::RestsOn { what: "the scores of a side" })?;
    let size = |words: &[usize]| words.iter().filter_map(|w| scores.get(*w)).map(|s| s.abs()).sum::<f64>();
    let all: f64 = scores.iter().map(|score| score.abs()).sum();
    let apart: f64 = components
        .iter()
        .map(own_and_other)
        .filter(|(_, other)| other.is_empty())
        .map(|(own, _)| size(own))
        .sum();
    if all > 0.0 { Ok(apart / all) } else { Err(Missing::Constant) }
}
