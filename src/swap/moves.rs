//! The swaps that need no search: shuffled, uniform, one-hot.

use std::ops::Range;

use candle_core::{Result, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ground::{Ground, Observed};
use super::map::Map;
use super::slab::Slab;
use crate::model::kernels::of_f64;

/// A swap that needs no search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainSwap {
    /// Equal shares.
    Uniform,
    /// The shuffle of this number.
    Permutation(usize),
    /// The whole share on one key, by its number among the n movable ones, in every row that sees it; the others keep what
    /// they have.
    OneHot(usize),
}

impl PlainSwap {
    /// The uniform swap, `permutations` shuffles, and each of n keys in turn.
    pub(super) fn all(permutations: usize, n: usize) -> Vec<Self> {
        let shuffles = (0..permutations).map(PlainSwap::Permutation);
        std::iter::once(PlainSwap::Uniform).chain(shuffles).chain((0..n).map(PlainSwap::OneHot)).collect()
    }

    /// The key that has the whole share, by its number among the movable ones.
    pub(super) fn key(self) -> Option<usize> {
        if let PlainSwap::OneHot(key) = self { Some(key) } else { None }
    }

    /// Swaps the observed shares of `slab`. Each shuffle has a stream of its own in each layer, so that it can
    /// be made again alone.
    pub(super) fn apply(self, ground: &Ground, slab: &Slab, shares: &mut [f64]) {
        match self {
            PlainSwap::Uniform | PlainSwap::OneHot(_) => {
                slab.cut_mut(shares).zip(slab.spans()).for_each(|(row, sees)| self.fix(sees, row));
            }
            PlainSwap::Permutation(i) => {
                let mut rng = shuffler(ground, slab, i);
                slab.cut_mut(shares).for_each(|row| row.shuffle(&mut rng));
            }
        }
    }

    /// Puts the shares of a row that sees the movable keys `sees` where a swap that draws nothing puts them.
    ///
    /// Equal shares are an intervention on a finished model; Wiegreffe & Pinter's (2019) uniform test trains another one.
    fn fix(self, sees: &Range<usize>, row: &mut [f64]) {
        match self {
            PlainSwap::Uniform => row.fill(1.0 / row.len() as f64),
            PlainSwap::OneHot(key) if sees.contains(&key) => {
                row.fill(0.0);
                row[key - sees.start] = 1.0;
            }
            PlainSwap::OneHot(_) | PlainSwap::Permutation(_) => {}
        }
    }

    /// Calls `f` on the swapped shares of each decision row of `slab`, from the `observed` ones of all its rows.
    fn decided(self, ground: &Ground, slab: &Slab, observed: &[f64], mut f: impl FnMut(&[f64])) {
        let mut row = Vec::new();
        let mut taken = |observed: &[f64], change: &mut dyn FnMut(&mut [f64])| {
            row.clear();
            row.extend_from_slice(observed);
            change(&mut row);
            f(&row);
        };
        match self {
            PlainSwap::Uniform | PlainSwap::OneHot(_) => {
                let sees = &slab.sees[slab.decision];
                slab.decided(observed).for_each(|row| taken(row, &mut |row: &mut [f64]| self.fix(sees, row)));
            }
            PlainSwap::Permutation(i) => {
                let (mut rng, mut other) = (shuffler(ground, slab, i), Vec::new());
                for (at, observed) in slab.cut(observed).enumerate() {
                    if at % slab.rows == slab.decision {
                        taken(observed, &mut |row: &mut [f64]| row.shuffle(&mut rng));
                    } else {
                        // Every row draws from the one stream.
                        other.clear();
                        other.extend_from_slice(observed);
                        other.shuffle(&mut rng);
                    }
                }
            }
        }
    }
}

/// The stream of shuffle `i` in the layer of `slab`.
fn shuffler(ground: &Ground, slab: &Slab, i: usize) -> ChaCha8Rng {
    ground.subject.rng(&format!("swap/permute/{}/{i}/{}", ground.site, slab.layer))
}

impl Ground<'_> {
    /// The pattern of each of the site's layers under `swaps`, `[swaps, H, R, T]`.
    pub fn swapped(&self, swaps: &[PlainSwap]) -> Result<Vec<(usize, Tensor)>> {
        self.slabs.iter().map(|slab| Ok((slab.layer, self.swapped_in(slab, swaps)?))).collect()
    }

    /// The same of one of the site's layers.
    pub fn swapped_at(&self, layer: usize, swaps: &[PlainSwap]) -> Result<Tensor> {
        match self.slabs.iter().find(|slab| slab.layer == layer) {
            Some(slab) => self.swapped_in(slab, swaps),
            None => candle_core::bail!("site {} has no rows in layer {layer}", self.site),
        }
    }

    fn swapped_in(&self, slab: &Slab, swaps: &[PlainSwap]) -> Result<Tensor> {
        let mut observed = self.observed(slab)?;
        let mut shares = std::mem::take(&mut observed.shares);
        let size = shares.len();
        if swaps.len() != 1 {
            shares = shares.repeat(swaps.len());
        }
        for (swap, shares) in swaps.iter().zip(shares.chunks_exact_mut(size.max(1))) {
            swap.apply(self, slab, shares);
        }
        self.patterns(slab, &observed, (swaps.len(), &shares))
    }

    /// The map under each of `swaps`. One layer after another: the rows of all are hundreds of MB in a long text.
    pub fn maps(&self, map: &Map, swaps: &[PlainSwap]) -> Result<Vec<Vec<f64>>> {
        let mut maps = vec![vec![0.0; map.count]; swaps.len()];
        let mut below = 0;
        for slab in &self.slabs {
            let Observed { shares, .. } = self.observed(slab)?;
            for (swap, other) in swaps.iter().zip(&mut maps) {
                let mut at = below;
                swap.decided(self, slab, &shares, |shares| {
                    map.add(at, shares, other);
                    at += 1;
                });
            }
            below += slab.heads.len();
        }
        Ok(maps)
    }

    /// The tokens that anything is read from where every row that sees movable key `key` has its whole share on it: the
    /// decision token, those whose mass stays, and what is seen by rows that do not see the key.
    pub fn read_with(&self, key: usize) -> Vec<usize> {
        let (sequence, token) = (&self.subject.probe.sequence, self.keys[key]);
        let (tokens, decision) = (sequence.len(), sequence.decision);
        let mut read: Vec<bool> = (0..tokens).map(|token| token == decision).collect();
        let mut open = vec![decision];
        while let Some(query) = open.pop() {
            let layers = self.slabs.iter().filter(|slab| slab.rows == tokens || query == decision);
            for slab in layers {
                let seen = self.subject.probe.model.reach(slab.layer).seen(query, tokens);
                let lone = seen.contains(&token);
                for other in seen {
                    let weighs = other == token || !(lone && self.moves(other));
                    if weighs && !read[other] && !sequence.blocked.contains(&other) {
                        read[other] = true;
                        open.push(other);
                    }
                }
            }
        }
        let others = (0..tokens).filter(|t| read[*t] && *t != decision);
        std::iter::once(decision).chain(others).collect()
    }

    /// Whether the share of a token may change.
    fn moves(&self, token: usize) -> bool {
        self.keys.binary_search(&token).is_ok()
    }

    /// As [`Self::swapped`] with all weight on each of `keys` in turn, and only what the rows and columns of the tokens
    /// `among` hold: the decision token first, `[keys, H, R, R]`, in the last layer `[keys, H, 1, R]`.
    pub fn one_hots(&self, keys: &[usize], among: &[Vec<usize>]) -> Result<Vec<(usize, Tensor)>> {
        let (t, tokens) = (self.subject.tokens(), among.first().map_or(0, Vec::len));
        let make = |slab: &Slab| {
            let (observed, heads) = (self.observed(slab)?, slab.heads.len());
            let queries = if slab.rows == t { tokens } else { 1 };
            let mut data = Vec::with_capacity(keys.len() * heads * queries * tokens);
            for (&key, among) in keys.iter().zip(among) {
                for (h, &query) in
                    (0..heads).flat_map(|h| among[..queries].iter().map(move |query| (h, query)))
                {
                    let at = if slab.rows == t { query } else { slab.decision };
                    let (row, lone) = (h * slab.rows + at, slab.sees[at].contains(&key));
                    data.extend(among.iter().map(|&token| match token {
                        _ if lone && token == self.keys[key] => observed.masses[row],
                        _ if lone && self.moves(token) => 0.0,
                        _ => observed.full[row * t + token],
                    }));
                }
            }
            let like = &self.subject.probe.trace.patterns[slab.layer];
            Ok((slab.layer, of_f64(data, (keys.len(), heads, queries, tokens), like.dtype(), like.device())?))
        };
        self.slabs.iter().map(make).collect()
    }
}
