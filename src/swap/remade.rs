//! Attentions that were swapped in, made again: so that a reading other than the site's own map can be recomputed.

use std::borrow::Cow;

use candle_core::Result;

use super::SwapError;
use super::adversarial::Moved;
use super::ground::{Ground, Observed};
use super::moves::PlainSwap;
use super::site::{Site, Specials};
use super::slab::Slab;
use crate::attribution::Attention;
use crate::missing::Measured;
use crate::model::probe::to_f64;
use crate::subject::Subject;

/// Attentions whose gradients are computed together.
const TOGETHER: usize = 64;

/// The shares of an attention at a site.
#[derive(Debug, Clone, Copy)]
pub enum Shares<'e> {
    /// As a plain swap puts them.
    Plain(PlainSwap),
    /// As a search found them, row by row of the site.
    Found(&'e [f64]),
}

impl<'e> From<&'e Moved> for Shares<'e> {
    fn from(moved: &'e Moved) -> Self {
        match moved {
            Moved::Plain(swap) => Self::Plain(*swap),
            Moved::Found(shares) => Self::Found(shares),
        }
    }
}

/// One site of one text, whose attentions can be made again.
#[derive(Debug)]
pub struct Remade<'a> {
    ground: Ground<'a>,
    observed: &'a Attention,
}

impl<'a> Remade<'a> {
    /// At `site`, as the swaps there were made; `observed` is the text's own attention.
    ///
    /// # Errors
    ///
    /// If the model has no such site.
    pub fn at(
        subject: &'a Subject<'a>,
        site: Site,
        specials: Specials,
        observed: &'a Attention,
    ) -> std::result::Result<Measured<Self>, SwapError> {
        site.check(subject.probe.model.spec())?;
        Ok(Ground::new(subject, site, specials).map(|ground| Self { ground, observed }))
    }

    /// The attention with each of `all` at the site, and all else as observed: what keys receive, too, so that the sinks
    /// are the observed ones.
    ///
    /// The head means, `[L][Q, T]`, are made only where every layer is swapped, and are absent elsewhere; of the last
    /// layer only the decision row is swapped, as nothing reads another. Cost: `O(L H T²)` per attention where every layer
    /// is swapped, `O(H T)` at one row; no pass.
    pub fn attentions(&self, all: &[Shares<'_>]) -> Result<Vec<Attention>> {
        let ground = &self.ground;
        let (t, decision) = (ground.subject.tokens(), ground.subject.probe.sequence.decision);
        let queries = ground.subject.probe.queries();
        let whole = ground.slabs.len() == self.observed.rows.len();
        let means = || if whole { self.observed.means.clone() } else { Vec::new() };
        let mut made: Vec<Attention> = all
            .iter()
            .map(|_| Attention {
                rows: self.observed.rows.clone(),
                means: means(),
                received: self.observed.received.clone(),
                // What a key brings is the same: values lie below the patterns.
                brought: self.observed.brought.clone(),
                ..*self.observed
            })
            .collect();
        let mut below = 0;
        for slab in &ground.slabs {
            let observed = ground.observed(slab)?;
            let mut full = observed.full.clone();
            for (shares, attention) in all.iter().zip(&mut made) {
                ground.fill(slab, &observed, &self.shares(slab, &observed, below, *shares), &mut full);
                let heads = full.chunks_exact(slab.rows * t);
                for (head, row) in heads.clone().zip(attention.rows[slab.layer].chunks_exact_mut(t)) {
                    row.copy_from_slice(&head[slab.decision * t..][..t]);
                }
                let Some(mean) = attention.means.get_mut(slab.layer) else { continue };
                let mean = if slab.rows == queries { &mut mean[..] } else { &mut mean[decision * t..][..t] };
                mean.fill(0.0);
                for head in heads {
                    let weights = head.iter().map(|weight| weight / self.observed.heads as f64);
                    mean.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
                }
            }
            below += slab.size();
        }
        Ok(made)
    }

    /// The target's gradient at the last layer's decision row under each of `all`, `[H, T]` each, at a site that swaps
    /// that row: one forward and one reverse pass of what lies above the site's lowest pattern per attention.
    ///
    /// # Errors
    ///
    /// Where the site leaves the last layer as it is, and where the engine fails.
    pub fn gradients(&self, all: &[Shares<'_>]) -> Result<Vec<Vec<f64>>> {
        let probe = &self.ground.subject.probe;
        if self.ground.slabs.last().is_none_or(|slab| slab.layer + 1 != self.observed.rows.len()) {
            candle_core::bail!("site {} has no rows in the last layer", self.ground.site);
        }
        let mut found = Vec::with_capacity(all.len());
        for some in all.chunks(TOGETHER) {
            let (mut patterns, mut below) = (Vec::with_capacity(self.ground.slabs.len()), 0);
            for slab in &self.ground.slabs {
                let observed = self.ground.observed(slab)?;
                let shares = some.iter().map(|shares| self.shares(slab, &observed, below, *shares));
                let shares: Vec<f64> = shares.flat_map(Cow::into_owned).collect();
                patterns.push((slab.layer, self.ground.patterns(slab, &observed, (some.len(), &shares))?));
                below += slab.size();
            }
            let (_, at) = probe.pattern_gradients(patterns, |_, logits| probe.target.gradient(logits))?;
            let Some(last) = at.last() else { candle_core::bail!("the model has no layer") };
            let last = to_f64(last)?;
            found.extend(last.chunks_exact(last.len() / some.len()).map(<[f64]>::to_vec));
        }
        Ok(found)
    }

    /// The shares in the rows of `slab`; `below` shares of the site are in slabs before it.
    fn shares<'e>(
        &self,
        slab: &Slab,
        observed: &Observed,
        below: usize,
        shares: Shares<'e>,
    ) -> Cow<'e, [f64]> {
        match shares {
            Shares::Found(all) => Cow::Borrowed(&all[below..][..slab.size()]),
            Shares::Plain(swap) => {
                let mut shares = observed.shares.clone();
                swap.apply(&self.ground, slab, &mut shares);
                Cow::Owned(shares)
            }
        }
    }
}
