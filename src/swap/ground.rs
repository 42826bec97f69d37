//! The ground a swap moves on: which entries of which patterns, and what stays as it was.
//!
//! In every swapped row only the *share* of each movable key changes: its part of the row's mass on movable
//! keys. That mass itself, and every other entry, stays as observed, so a row sums to what it summed to.
//!
//! A row moves among the keys that its query sees, so that no weight ever comes to stand outside the reach; with fewer than
//! two of them it keeps what it has. Rows that the prediction does not rest on stay as they are.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::map::{Map, SwappedRow};
use super::shown::Shown;
use super::site::{Site, Specials};
use super::slab::Slab;
use crate::missing::{Measured, Missing};
use crate::model::kernels::of_f64;
use crate::model::probe::to_f64;
use crate::subject::Subject;

/// What may move at a site, on one text.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub subject: &'a Subject<'a>,
    pub site: Site,
    pub slabs: Vec<Slab>,
    /// The n key tokens whose share may change, rising.
    pub keys: Vec<usize>,
    /// The unit of the map each key adds to: its word, or itself for a special token.
    pub units: Vec<usize>,
    /// How many units there are; words come first.
    pub count: usize,
}

/// The observed rows of a slab.
#[derive(Debug)]
pub(super) struct Observed {
    /// The layer's pattern, `[H, R, T]`.
    pub full: Vec<f64>,
    /// Each swapped row's mass on movable keys.
    pub masses: Vec<f64>,
    /// Each swapped row's shares, one after the other; uniform where the mass is 0, and without effect there.
    pub shares: Vec<f64>,
}

impl<'a> Ground<'a> {
    /// The ground at `site`, which the model has. Missing with fewer than two content words.
    pub fn new(subject: &'a Subject<'a>, site: Site, specials: Specials) -> Measured<Self> {
        let (tokens, spec) = (subject.tokens(), subject.probe.model.spec());
        let sequence = &subject.probe.sequence;
        let reach = |layer| subject.probe.model.reach(layer);
        let (last, layers) = (spec.layers - 1, layers(site, spec.layers));
        let read = read(subject);
        // What is between the first and the last key of neighbouring rows is seen by one of them.
        let ends = layers.clone().map(|layer| {
            let (queries, reach) = (&read[layer], reach(layer));
            (reach.seen(queries.start, tokens).start, reach.seen(queries.end - 1, tokens).end)
        });
        let (from, to) = ends.fold((tokens, 0), |(from, to), (start, end)| (from.min(start), to.max(end)));
        let open = |key: &usize| (from..to).contains(key) && !sequence.blocked.contains(key);
        let mut of_token: Vec<Option<usize>> = vec![None; tokens];
        for (i, word) in subject.words.iter().enumerate() {
            of_token[word.clone()].fill(Some(i));
        }
        let found = subject.words.iter().filter(|word| (*word).clone().any(|t| open(&t))).count();
        if found < 2 {
            return Err(Missing::TooFewWords { found, needed: 2 });
        }
        let mut count = subject.words.len();
        if specials == Specials::Include {
            for key in (0..tokens).filter(open) {
                if of_token[key].is_none() {
                    of_token[key] = Some(count);
                    count += 1;
                }
            }
        }
        let (keys, units): (Vec<usize>, Vec<usize>) =
            (0..tokens).filter(open).filter_map(|key| of_token[key].map(|unit| (key, unit))).unzip();
        let number = |token: usize| keys.partition_point(|&key| key < token);
        let slab = |layer: usize, heads: Vec<usize>| {
            let (queries, decision) = if layer == last {
                (read[last].clone(), 0)
            } else {
                (0..sequence.queries(), sequence.decision)
            };
            let sees = |query: usize| match reach(layer).seen(query, tokens) {
                seen if read[layer].contains(&query) => number(seen.start)..number(seen.end),
                _ => 0..0,
            };
            let (rows, read) = (queries.len(), read[layer].len());
            Slab { layer, heads, rows, decision, sees: queries.map(sees).collect(), read }
        };
        let every = || (0..spec.heads.count).collect();
        let slabs = match site {
            Site::Row => vec![slab(last, every())],
            Site::Head { layer, head } => vec![slab(layer, vec![head])],
            Site::Layer(layer) => vec![slab(layer, every())],
            Site::All => (0..spec.layers).map(|layer| slab(layer, every())).collect(),
        };
        Ok(Self { subject, site, slabs, keys, units, count })
    }

    /// n, how many keys may move.
    pub fn n(&self) -> usize {
        self.keys.len()
    }

    /// The layers of the slabs.
    pub fn layers(&self) -> Vec<usize> {
        self.slabs.iter().map(|slab| slab.layer).collect()
    }

    /// The rows that can move, and all that the prediction rests on, over heads and layers.
    pub fn moving(&self) -> (usize, usize) {
        let read = |slab: &Slab| slab.heads.len() * slab.read;
        (self.slabs.iter().map(Slab::moving).sum(), self.slabs.iter().map(read).sum())
    }

    /// What was observed at `slab`.
    pub fn observed(&self, slab: &Slab) -> Result<Observed> {
        let t = self.subject.tokens();
        let pattern = &self.subject.probe.trace.patterns[slab.layer];
        let decision = self.subject.probe.sequence.decision;
        let every = slab.rows == self.subject.probe.queries();
        let full = to_f64(&if every { pattern.clone() } else { pattern.narrow(2, decision, 1)? })?;
        let mut masses = Vec::with_capacity(slab.count());
        let mut shares = Vec::with_capacity(slab.size());
        for (start, sees) in slab.starts(t).zip(slab.spans()) {
            let (row, keys) = (&full[start..start + t], &self.keys[sees.clone()]);
            let mass: f64 = keys.iter().map(|&key| row[key]).sum();
            masses.push(mass);
            let even = 1.0 / keys.len() as f64;
            shares.extend(keys.iter().map(|&key| if mass > 0.0 { row[key] / mass } else { even }));
        }
        Ok(Observed { full, masses, shares })
    }

    /// The patterns of a slab under M choices of its shares, one after the other, as `[M, H, R, T]`.
    pub fn patterns(&self, slab: &Slab, observed: &Observed, (m, shares): (usize, &[f64])) -> Result<Tensor> {
        let (t, size) = (self.subject.tokens(), slab.size());
        let mut data = Vec::with_capacity(m * observed.full.len());
        for choice in 0..m {
            let from = data.len();
            data.extend_from_slice(&observed.full);
            self.fill(slab, observed, &shares[choice * size..][..size], &mut data[from..]);
        }
        let heads = observed.full.len() / (slab.rows * t);
        let like = &self.subject.probe.trace.patterns[slab.layer];
        of_f64(data, (m, heads, slab.rows, t), like.dtype(), like.device())
    }

    /// Writes the entries that `shares` give the swapped rows of a slab into `full`, `[H, R, T]`.
    pub fn fill(&self, slab: &Slab, observed: &Observed, shares: &[f64], full: &mut [f64]) {
        let rows = slab.starts(self.subject.tokens()).zip(slab.spans()).zip(&observed.masses);
        for (((start, sees), mass), shares) in rows.zip(slab.cut(shares)) {
            for (&key, share) in self.keys[sees.clone()].iter().zip(shares) {
                full[start + key] = mass * share;
            }
        }
    }

    /// Every slab's patterns under K candidates' shares, each those of the whole site.
    pub fn all_patterns(
        &self,
        slabs: &[Observed],
        (candidates, shares): (usize, &[f64]),
    ) -> Result<Vec<(usize, Tensor)>> {
        let size: usize = self.slabs.iter().map(Slab::size).sum();
        let mut from = 0;
        let mut made = Vec::with_capacity(slabs.len());
        for (slab, observed) in self.slabs.iter().zip(slabs) {
            let of = |k: usize| &shares[k * size + from..][..slab.size()];
            let mine: Vec<f64> = (0..candidates).flat_map(of).copied().collect();
            made.push((slab.layer, self.patterns(slab, observed, (candidates, &mine))?));
            from += slab.size();
        }
        Ok(made)
    }

    /// What the map of the site is made of.
    pub fn map(&self) -> Result<Measured<Map>> {
        let (mut rows, mut decisions, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = 0;
        for slab in &self.slabs {
            let observed = self.observed(slab)?;
            decisions.extend(slab.decisions().map(|row| rows.len() + row));
            shares.extend(slab.decided(&observed.shares).map(<[f64]>::to_vec));
            for (keys, &mass) in slab.spans().zip(&observed.masses) {
                rows.push(SwappedRow { at, keys: keys.clone(), mass });
                at += keys.len();
            }
        }
        let total: f64 = decisions.iter().map(|&row: &usize| rows[row].mass).sum();
        if total <= 0.0 {
            return Ok(Err(Missing::Constant));
        }
        let (units, count) = (self.units.clone(), self.count);
        let mut map = Map { units, count, rows, decisions, total, shown: Shown::new(Vec::new()) };
        map.shown = Shown::new(map.sum(shares.iter().map(Vec::as_slice)));
        Ok(Ok(map))
    }
}

/// The layers of a site.
fn layers(site: Site, count: usize) -> Range<usize> {
    match site {
        Site::Row => count - 1..count,
        Site::Head { layer, .. } | Site::Layer(layer) => layer..layer + 1,
        Site::All => 0..count,
    }
}

/// Whether no row of the site that the prediction rests on sees more keys than a head has dimensions. Where one does, other
/// weights over the keys that it sees give the same output exactly, since their values cannot be independent (Brunner et al.
/// 2020, who let each row see the whole text).
pub(crate) fn is_identifiable(subject: &Subject<'_>, site: Site) -> bool {
    let (tokens, model, read) = (subject.tokens(), subject.probe.model, read(subject));
    let fits = |layer: usize| {
        let reach = model.reach(layer);
        read[layer].clone().all(|query| reach.seen(query, tokens).len() <= model.spec().heads.width)
    };
    layers(site, model.spec().layers).all(fits)
}

/// The rows of each layer that the prediction rests on: what the decision token sees through the layers above.
fn read(subject: &Subject<'_>) -> Vec<Range<usize>> {
    let (queries, layers) = (subject.probe.queries(), subject.probe.model.spec().layers);
    let decision = subject.probe.sequence.decision;
    let mut read = vec![decision..decision + 1; layers];
    for layer in (1..layers).rev() {
        // Rows of a decoder see one another by its self-attention, whatever of the source they attend to.
        let (above, reach) = (read[layer].clone(), subject.probe.model.transformer.reach(layer));
        let (first, end) = (reach.seen(above.start, queries).start, reach.seen(above.end - 1, queries).end);
        read[layer - 1] = first.min(above.start)..end.max(above.end);
    }
    read
}
