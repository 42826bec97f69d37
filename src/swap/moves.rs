//! The swaps that need no search: shuffled, uniform, one-hot.

use candle_core::{Result, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ground::{Ground, Map, Observed, Slab};
use crate::model::kernels::of_f64;

/// A swap that needs no search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainSwap {
    /// Equal shares.
    Uniform,
    /// The shuffle of this number.
    Permutation(usize),
    /// The whole share on one key, by its number among the n movable ones.
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
        let n = ground.n();
        match self {
            PlainSwap::Uniform => uniform(shares, n),
            PlainSwap::OneHot(key) => one_hot(shares, n, key),
            PlainSwap::Permutation(i) => permute(shares, n, &mut shuffler(ground, slab, i)),
        }
    }

    /// Calls `f` on the swapped shares of each decision row of `slab`, from the `observed` ones of all its rows.
    fn decided(self, ground: &Ground, slab: &Slab, observed: &[f64], mut f: impl FnMut(&[f64])) {
        let n = ground.n();
        let mut row = vec![0.0; n];
        match self {
            PlainSwap::Uniform | PlainSwap::OneHot(_) => {
                self.apply(ground, slab, &mut row);
                slab.decisions().for_each(|_| f(&row));
            }
            PlainSwap::Permutation(i) => {
                let mut rng = shuffler(ground, slab, i);
                for (at, observed) in observed.chunks_exact(n).enumerate() {
                    row.copy_from_slice(observed);
                    permute(&mut row, n, &mut rng);
                    if at % slab.rows == slab.decision {
                        f(&row);
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
        self.patterns(slab, &observed, &shares)
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

    /// The tokens that anything is read from where every row has its whole share on movable key `key`: the decision token,
    /// and those whose mass stays.
    pub fn read_with(&self, key: usize) -> Vec<usize> {
        let sequence = &self.subject.probe.sequence;
        let read =
            |t: &usize| *t == self.keys[key] || !(self.keys.contains(t) || sequence.blocked.contains(t));
        let others = (0..sequence.len()).filter(|t| *t != sequence.decision && read(t));
        std::iter::once(sequence.decision).chain(others).collect()
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
                    let row = h * slab.rows + if slab.rows == t { query } else { slab.decision };
                    data.extend(among.iter().map(|&token| match token {
                        _ if token == self.keys[key] => observed.masses[row],
                        _ if self.keys.contains(&token) => 0.0,
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

/// Shuffles each row of `shares [rows, n]` on its own (Jain & Wallace 2019).
fn permute(shares: &mut [f64], n: usize, rng: &mut ChaCha8Rng) {
    for row in shares.chunks_exact_mut(n) {
        row.shuffle(rng);
    }
}

/// Gives every key the same share, in each row of `shares [rows, n]`.
///
/// An intervention on a finished model; Wiegreffe & Pinter's (2019) uniform test trains another one.
fn uniform(shares: &mut [f64], n: usize) {
    shares.fill(1.0 / n as f64);
}

/// Gives key number `key` of n the whole share, in each row of `shares [rows, n]`.
fn one_hot(shares: &mut [f64], n: usize, key: usize) {
    for row in shares.chunks_exact_mut(n) {
        row.fill(0.0);
        row[key] = 1.0;
    }
}
