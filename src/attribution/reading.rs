//! The readings that look at patterns alone: last layer, one head, mean of all, rollout, flow.

use crate::missing::{Missing, Outcome, Stop, settle};

use super::flow::flow as max_flow;
use super::joint::decides;
use super::rollout::{rollout as rolled, rollout_excess as above};
use super::scores::Scores;
use super::shared::Shared;

/// Finishes a reading: words from pieces, mass on specials and sinks.
pub(super) fn reading(shared: &Shared<'_>, tokens: Vec<f64>, signed: bool) -> Result<Scores, Stop> {
    let mut scores = Scores::of_tokens(shared.subject, tokens, signed)?;
    shared.sinks()?.weigh(shared.subject, &mut scores);
    Ok(scores)
}

/// The decision token's row of the last layer, mean of heads: what people plot.
pub(super) fn raw(shared: &Shared<'_>) -> Outcome<Scores> {
    let attention = shared.attention()?;
    settle(reading(shared, attention.layer(attention.rows.len().saturating_sub(1)), false))
}

/// The decision token's row of the last layer, each weight on a state shared out among the tokens that the state is made of
/// (Ferrando et al. 2022); see [`super::mixing`].
pub(super) fn contextual(shared: &Shared<'_>) -> Outcome<Scores> {
    let attention = shared.attention()?;
    let row = attention.layer(attention.rows.len().saturating_sub(1));
    settle(shared.below().and_then(|below| reading(shared, below.through(&row), false)))
}

/// The decision token's row of one head, layers and heads counted from 0.
pub(super) fn head(shared: &Shared<'_>, layer: usize, head: usize) -> Outcome<Scores> {
    let row = shared.attention()?.head(layer, head).map(<[f64]>::to_vec);
    let row = row.ok_or(Stop::Missing(Missing::RestsOn { what: "a head of this layer and number" }));
    settle(row.and_then(|row| reading(shared, row, false)))
}

/// The decision token's row, mean over layers and heads.
pub(super) fn mean(shared: &Shared<'_>) -> Outcome<Scores> {
    let attention = shared.attention()?;
    let layers = attention.rows.len();
    let mut tokens = vec![0.0; attention.tokens];
    for layer in 0..layers {
        let row = attention.layer(layer);
        tokens.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight / layers as f64);
    }
    settle(reading(shared, tokens, false))
}

/// Attention rollout (Abnar & Zuidema 2020); see [`super::rollout::rollout`].
///
/// Where a decoder writes it goes through both stacks ([`super::joint`]), and what it leaves on what was written is none of the
/// source's.
pub(super) fn rollout(shared: &Shared<'_>) -> Outcome<Scores> {
    let row = decides(&shared.subject.probe);
    settle(shared.mixed().and_then(|mixed| Ok(rolled(mixed, row)?)).and_then(|t| of_text(shared, t)))
}

/// The reading of scores of which the first are the text's tokens.
fn of_text(shared: &Shared<'_>, mut tokens: Vec<f64>) -> Result<Scores, Stop> {
    tokens.truncate(shared.subject.tokens());
    reading(shared, tokens, false)
}

/// Rollout minus that of attention spread evenly over the keys that each query sees; see
/// [`super::rollout::rollout_excess`].
pub(super) fn rollout_excess(shared: &Shared<'_>) -> Outcome<Scores> {
    let row = decides(&shared.subject.probe);
    let excess = || -> Result<Scores, Stop> { of_text(shared, above(shared.mixed()?, shared.even()?, row)?) };
    settle(excess())
}

/// Attention flow, divided by its sum over tokens (Abnar & Zuidema 2020); see [`super::flow::flow`].
pub(super) fn flow(shared: &Shared<'_>) -> Outcome<Scores> {
    let row = decides(&shared.subject.probe);
    let normalised = |mut flows: Vec<f64>| {
        flows.truncate(shared.subject.tokens());
        let total: f64 = flows.iter().sum();
        for flow in &mut flows {
            *flow /= total;
        }
        flows
    };
    settle(
        shared
            .mixed()
            .and_then(|mixed| Ok(normalised(max_flow(mixed, row)?)))
            .and_then(|tokens| reading(shared, tokens, false)),
    )
}
