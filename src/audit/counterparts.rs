//! What swaps do to each audited map: the most divergent attention that keeps the prediction, measured on that map.
//!
//! A swap at a reading's site changes every reading of that site differently. Where every word but one has no value, no
//! pattern changes the order of value-norm, though raw attention has counterfactuals at will. So each reading is recomputed
//! under the attentions that were run at its site, and judged by its own.

use super::evidence::{AuditedMap, Counterpart, FoundBy};
use super::failure::Failure;
use crate::attribution::{Attention, Basis, Scores, Shared, Sinks, find, without_sinks};
use crate::missing::{Measured, Missing, Outcome};
use crate::report::settings::Thresholds;
use crate::shift::{Scale, Shift};
use crate::swap::{Remade, Shares, Shown, Site, SwapEvidence, SwapKind, SwapOptions};

/// Plain swaps that are looked at where every layer is swapped, evenly spaced in the order they were made; a reading of
/// all layers is costly to recompute.
const LOOKED_AT: usize = 64;
/// Beside them those that keep the prediction and diverge most by the site's own map.
const DIVERGENT: usize = 32;
/// Weights of attention that are held at once.
const TOGETHER: usize = 1 << 22;
/// A map with less than this part of the observed weight is rounding, and no map.
const FAINT: f64 = 1e-6;

/// The counterpart of each of `maps`, all of them read at the site where `found` was swapped, in their order.
///
/// Looked at are all plain swaps of the map's site (where every layer is swapped 64 of them, and the 32 most divergent
/// that keep the prediction) and what the search met. No pass but for attention × gradient, which takes a forward and a
/// reverse pass of one row for each.
pub(super) fn counterparts(
    shared: &Shared<'_>,
    maps: &[&AuditedMap],
    found: &Measured<SwapEvidence>,
    thresholds: &Thresholds,
) -> Result<Vec<Measured<Counterpart>>, Failure> {
    match found {
        _ if maps.is_empty() => Ok(Vec::new()),
        Err(missing) => Ok(vec![Err(missing.clone()); maps.len()]),
        Ok(found) => match found.scale {
            None => Ok(vec![Err(Missing::NoLeverage); maps.len()]),
            Some(scale) => At { shared, found, scale, thresholds }.each(maps),
        },
    }
}

/// A site with what was run there.
struct At<'a> {
    shared: &'a Shared<'a>,
    found: &'a SwapEvidence,
    scale: Scale,
    thresholds: &'a Thresholds,
}

/// An attention that was run.
#[derive(Debug, Clone, Copy)]
struct Run<'e> {
    shares: Shares<'e>,
    kind: SwapKind,
    shift: Shift,
    keeps: bool,
    /// Among those that tell how many plain swaps do.
    sampled: bool,
}

impl At<'_> {
    fn each(&self, maps: &[&AuditedMap]) -> Result<Vec<Measured<Counterpart>>, Failure> {
        let (shared, observed) = (self.shared, self.shared.attention()?);
        let kept = SwapOptions::default().specials;
        let remade = match Remade::at(shared.subject, self.found.site, kept, observed)? {
            Ok(remade) => remade,
            Err(missing) => return Ok(vec![Err(missing); maps.len()]),
        };
        let sinks = shared.sinks()?;
        let mut own: Vec<Measured<Own>> = rescored(shared, maps, &sinks)?
            .into_iter()
            .zip(maps)
            .map(|(words, map)| Own::of(&words?, find(&map.name).is_some_and(|method| method.signed)))
            .collect();
        let sloped = maps.iter().any(|map| of_gradients(map));
        let runs = self.runs();
        for some in runs.chunks(together(observed, self.found.site)) {
            let shares: Vec<Shares<'_>> = some.iter().map(|run| run.shares).collect();
            let mut slopes = if sloped { remade.gradients(&shares)? } else { Vec::new() }.into_iter();
            for (run, attention) in some.iter().zip(remade.attentions(&shares)?) {
                let under = shared.under(attention, slopes.next());
                for (own, words) in own.iter_mut().zip(rescored(&under, maps, &sinks)?) {
                    if let Ok(map) = own
                        && let Err(missing) = map.look(run, words, self.thresholds)
                    {
                        *own = Err(missing);
                    }
                }
            }
        }
        Ok(own.into_iter().map(|own| Ok(own?.concluded(self.thresholds))).collect())
    }

    /// What is looked at: plain swaps in the order they were made, then what the search met.
    fn runs(&self) -> Vec<Run<'_>> {
        let (tried, epsilon) = (&self.found.tried, self.thresholds.epsilon);
        let all = self.found.site != Site::All || tried.len() <= LOOKED_AT;
        let place = |i: usize| i * LOOKED_AT / tried.len();
        let sampled = |i: usize| all || i == 0 || place(i) != place(i - 1);
        let keeps = |shift: Shift| shift.on(self.scale) <= epsilon;
        let mut divergent: Vec<usize> = (0..tried.len()).filter(|i| keeps(tried[*i].shift)).collect();
        divergent.sort_by(|a, b| tried[*b].jsd.total_cmp(&tried[*a].jsd));
        divergent.truncate(DIVERGENT);
        let plain = tried.iter().enumerate().filter(|(i, _)| sampled(*i) || divergent.contains(i));
        let mut runs: Vec<Run<'_>> = plain
            .map(|(i, one)| Run {
                shares: Shares::Plain(one.swap),
                kind: one.kind,
                shift: one.shift,
                keeps: keeps(one.shift),
                sampled: sampled(i),
            })
            .collect();
        let Ok(search) = &self.found.adversarial else { return runs };
        let met = search.feasible.iter().map(|one| (Shares::Found(&one.shares), one.shift));
        let best = search.best.iter().map(|best| (Shares::from(&best.moved), best.shift));
        let met = best.chain(met).map(|(shares, shift)| Run {
            shares,
            kind: SwapKind::Adversary,
            shift,
            keeps: keeps(shift),
            sampled: false,
        });
        runs.extend(met);
        runs
    }
}

/// How many attentions are made together.
fn together(attention: &Attention, site: Site) -> usize {
    let (t, layers) = (attention.tokens, attention.rows.len());
    let rows = layers * attention.heads * t;
    let size = if site == Site::All || layers == 1 { layers * t * t + rows } else { rows };
    (TOGETHER / size.max(1)).max(1)
}

fn of_gradients(map: &AuditedMap) -> bool {
    find(&map.name).is_some_and(|method| method.basis == Basis::AttentionGradient)
}

/// Each map's words as its method scores them under the attention of `shared`. What was given as a map is judged as the
/// reading that it stands for.
fn rescored(
    shared: &Shared<'_>,
    maps: &[&AuditedMap],
    sinks: &Sinks,
) -> candle_core::Result<Vec<Measured<Vec<f64>>>> {
    let mut last: Option<(&str, Measured<Scores>)> = None;
    let mut out = Vec::with_capacity(maps.len());
    for map in maps {
        if last.as_ref().is_none_or(|(name, _)| *name != map.name) {
            last = Some((&map.name, scores(shared, map)?));
        }
        let Some((_, found)) = &last else { continue };
        let found = found.as_ref().map_err(Clone::clone);
        out.push(found.and_then(|found| {
            let scores =
                if map.sinks_removed { &without_sinks(shared.subject, sinks, found)? } else { found };
            Ok(scores.words.clone())
        }));
    }
    Ok(out)
}

fn scores(shared: &Shared<'_>, map: &AuditedMap) -> Outcome<Scores> {
    let Some(method) = find(&map.name) else { return Ok(Err(Missing::NotAsked)) };
    let found = match map.site {
        Site::Head { layer, head } => method.scores_of_head(shared, layer, head),
        _ => method.scores(shared),
    };
    found.unwrap_or(Ok(Err(Missing::NotAsked)))
}

/// A reading's observed map, and what was seen of others.
struct Own {
    shown: Shown,
    /// Whether its scores have a direction.
    signed: bool,
    /// `Σ|score|` of the observed map.
    total: f64,
    best: Option<FoundBy>,
    /// Sampled plain swaps whose map is very different and points elsewhere, and how many of them keep the prediction.
    different: usize,
    keep: usize,
}

impl Own {
    fn of(words: &[f64], signed: bool) -> Measured<Self> {
        let total = total(words);
        let shares = shares(words, signed, 0.0).ok_or(Missing::Constant)?;
        Ok(Self { shown: Shown::new(shares), signed, total, best: None, different: 0, keep: 0 })
    }

    /// Looks at the map under one attention; one that has no weight left is no map.
    fn look(
        &mut self,
        run: &Run<'_>,
        words: Measured<Vec<f64>>,
        thresholds: &Thresholds,
    ) -> Result<(), Missing> {
        let words = match words {
            Err(Missing::Constant) => return Ok(()),
            words => words?,
        };
        let Some(map) = shares(&words, self.signed, FAINT * self.total) else { return Ok(()) };
        if !self.shown.elsewhere(&map) {
            return Ok(());
        }
        let (jsd, shift) = (self.shown.divergence(&map)?, run.shift);
        let counts = run.sampled && matches!(run.kind, SwapKind::Permutation | SwapKind::OneHot);
        if counts && jsd >= thresholds.jsd {
            self.different += 1;
            self.keep += usize::from(run.keeps);
        }
        if run.keeps && self.best.as_ref().is_none_or(|best| jsd > best.jsd) {
            self.best = Some(FoundBy { kind: run.kind, jsd, shift, words: map });
        }
        Ok(())
    }

    fn concluded(self, thresholds: &Thresholds) -> Counterpart {
        let Self { best, different, keep, .. } = self;
        let share = || keep as f64 / different as f64;
        Counterpart {
            different: best.as_ref().is_some_and(|best| best.jsd >= thresholds.jsd),
            best,
            plain_share: (different > 0).then(share).ok_or(Missing::NothingDiffers),
        }
    }
}

fn total(words: &[f64]) -> f64 {
    words.iter().map(|score| score.abs()).sum()
}

/// Scores as shares of their sum, `None` where that is not above `least`: a signed map is compared by how much each word gets,
/// `|score|`, not by which way it speaks; of others what is below 0 highlights nothing.
fn shares(words: &[f64], signed: bool, least: f64) -> Option<Vec<f64>> {
    let size = |score: &f64| if signed { score.abs() } else { score.max(0.0) };
    let total: f64 = words.iter().map(size).sum();
    (total > least).then(|| words.iter().map(|score| size(score) / total).collect())
}
