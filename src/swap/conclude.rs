//! From swaps that were run to what they say of a site's map.

use super::adversarial::{self, Adversarial, Moved};
use super::ground::{Ground, is_identifiable};
use super::leverage;
use super::map::Map;
use super::moves::PlainSwap;
use super::options::SwapOptions;
use super::{SwapEvidence, SwapKind, SwapOutcome, Tried, Witness};
use crate::missing::{Measured, Missing, Stop};
use crate::shift::{Scale, Shift};

/// The evidence of a site, from its plain swaps and the search there.
pub(super) fn conclude(
    ground: &Ground,
    map: &Map,
    (tried, leverage, scale): (Vec<Tried>, Shift, Option<Scale>),
    adversarial: Measured<Adversarial>,
    options: &SwapOptions,
) -> Result<SwapEvidence, Stop> {
    let witness = witness(ground, map, (&tried, scale), &adversarial, options)?;
    let outcome = match &witness {
        _ if scale.is_none() => SwapOutcome::Inert,
        Some(found) if found.counterfactual.jsd >= options.divergence => SwapOutcome::NonExclusive,
        _ => SwapOutcome::NoAdversaryFound,
    };
    let distances: Vec<f64> = tried.iter().map(|tried| tried.shift.tvd).collect();
    let (shuffled, one_hot) = distances[1..].split_at(options.permutations);
    let (moving, rows) = ground.moving();
    Ok(SwapEvidence {
        site: ground.site,
        leverage,
        scale,
        uniform_tvd: distances[0],
        permute: leverage::permuted(shuffled).ok_or(Missing::NotAsked),
        one_hot: leverage::one_hot(ground, one_hot)
            .ok_or(Missing::NotFinite { what: "a swapped prediction" })?,
        tried,
        adversarial,
        witness,
        outcome,
        map: map.shown.shares.clone(),
        mass: map.mass(),
        rows,
        moving,
        identifiable: is_identifiable(ground.subject, ground.site),
    })
}

/// What each plain swap does to the map, beside what it does to the prediction.
pub(super) fn tried(
    ground: &Ground,
    map: &Map,
    swaps: &[PlainSwap],
    shifts: &[Shift],
) -> Result<Vec<Tried>, Stop> {
    let judge = |((swap, shift), other): ((&PlainSwap, &Shift), Vec<f64>)| {
        let kind = match swap {
            PlainSwap::Uniform => SwapKind::Uniform,
            PlainSwap::Permutation(_) => SwapKind::Permutation,
            PlainSwap::OneHot(_) => SwapKind::OneHot,
        };
        let (jsd, elsewhere) = (map.shown.divergence(&other)?, map.shown.elsewhere(&other));
        Ok(Tried { kind, swap: *swap, jsd, shift: *shift, elsewhere })
    };
    swaps.iter().zip(shifts).zip(ground.maps(map, swaps)?).map(judge).collect()
}

/// The most divergent feasible attention that highlights other words; of equals the plainest.
fn witness(
    ground: &Ground,
    map: &Map,
    (tried, scale): (&[Tried], Option<Scale>),
    adversarial: &Measured<Adversarial>,
    options: &SwapOptions,
) -> Result<Option<Witness>, Stop> {
    // On an inert site every swap keeps the prediction, by its probability.
    let scale = scale.unwrap_or_default();
    let keeps = |tried: &&Tried| tried.shift.on(scale) <= options.epsilon && tried.elsewhere;
    let mut best: Option<&Tried> = None;
    for tried in tried.iter().filter(keeps) {
        if best.is_none_or(|best| tried.jsd > best.jsd) {
            best = Some(tried);
        }
    }
    if let Ok(Adversarial { best: Some(found), .. }) = adversarial
        && best.is_none_or(|best| found.jsd > best.jsd)
    {
        return Ok(Some(Witness { kind: SwapKind::Adversary, counterfactual: found.clone() }));
    }
    let Some(tried) = best else { return Ok(None) };
    let counterfactual = adversarial::counterfactual(ground, map, tried.shift, Moved::Plain(tried.swap))??;
    Ok(Some(Witness { kind: tried.kind, counterfactual }))
}
