//! The ground a swap moves on: which entries of which patterns, and what stays as it was.
//!
//! In every swapped row only the *share* of each movable key changes: its part of the row's mass on movable
//! keys. That mass itself, and every other entry, stays as observed, so a row sums to what it summed to.

use candle_core::{Result, Tensor};

use super::shown::Shown;
use super::site::{Site, Specials};
use crate::missing::{Measured, Missing};
use crate::model::kernels::of_f64;
use crate::model::probe::to_f64;
use crate::model::scoring::Reach;
use crate::subject::Subject;

/// The swapped rows of one layer: R of them in each of its heads.
#[derive(Debug, Clone)]
pub(super) struct Slab {
    pub layer: usize,
    /// The heads that are swapped; the others of the layer keep their patterns.
    pub heads: Vec<usize>,
    /// R: T, or 1 in the last layer, where no other row than the decision's is ever read.
    pub rows: usize,
    /// Which of the R rows is the decision token's.
    pub decision: usize,
}

impl Slab {
    /// How many rows are swapped.
    pub fn count(&self) -> usize {
        self.heads.len() * self.rows
    }

    /// Which of the swapped rows are decision rows: one in each head.
    pub fn decisions(&self) -> impl Iterator<Item = usize> {
        (0..self.heads.len()).map(|h| h * self.rows + self.decision)
    }

    /// Where each swapped row begins in the layer's `[H, R, T]`, head by head.
    pub fn starts(&self, tokens: usize) -> impl Iterator<Item = usize> {
        self.heads.iter().flat_map(move |h| (0..self.rows).map(move |r| (h * self.rows + r) * tokens))
    }
}

/// What may move at a site, on one text.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub subject: &'a Subject<'a>,
    pub site: Site,
    pub slabs: Vec<Slab>,
    /// The n key tokens whose share may change.
    pub keys: Vec<usize>,
    /// The unit of the map each key adds to: its word, or itself for a special token.
    pub units: Vec<usize>,
    /// How many units there are; words come first.
    pub count: usize,
}

/// The observed rows of a slab.
#[derive(Debug)]
pub(super) struct Observed {
    /// The layer's whole pattern, `[H, R, T]`.
    pub full: Vec<f64>,
    /// Each swapped row's mass on movable keys.
    pub masses: Vec<f64>,
    /// Each swapped row's shares, `[rows, n]`; uniform where the mass is 0, and without effect there.
    pub shares: Vec<f64>,
}

impl<'a> Ground<'a> {
    /// The ground at `site`, which the model has. Missing with fewer than two content words.
    pub fn new(subject: &'a Subject<'a>, site: Site, specials: Specials) -> Measured<Self> {
        let (tokens, spec) = (subject.tokens(), subject.probe.model.spec());
        let sequence = &subject.probe.sequence;
        let reach = |layer| subject.probe.model.transformer.reach(layer);
        let last = spec.layers - 1;
        let layers = match site {
            Site::Row => last..spec.layers,
            Site::Head { layer, .. } | Site::Layer(layer) => layer..layer + 1,
            Site::All => 0..spec.layers,
        };
        // In the last layer the decision row alone is swapped.
        if layers.clone().any(|layer| layer != last && reach(layer) != Reach::Every) {
            return Err(Missing::Ragged);
        }
        let seen = reach(last).seen(sequence.decision, tokens);
        let seen = if layers.contains(&last) { seen } else { 0..tokens };
        let open = |key: &usize| seen.contains(key) && !sequence.blocked.contains(key);
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
        let (keys, units) =
            (0..tokens).filter(open).filter_map(|key| of_token[key].map(|unit| (key, unit))).unzip();
        let slab = |layer: usize, heads: Vec<usize>| {
            let (rows, decision) = if layer == last { (1, 0) } else { (tokens, sequence.decision) };
            Slab { layer, heads, rows, decision }
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

    /// What was observed at `slab`.
    pub fn observed(&self, slab: &Slab) -> Result<Observed> {
        let (t, n) = (self.subject.tokens(), self.n());
        let pattern = &self.subject.probe.trace.patterns[slab.layer];
        let decision = self.subject.probe.sequence.decision;
        let full = to_f64(&if slab.rows == t { pattern.clone() } else { pattern.narrow(2, decision, 1)? })?;
        let mut masses = Vec::with_capacity(slab.count());
        let mut shares = Vec::with_capacity(slab.count() * n);
        for start in slab.starts(t) {
            let row = &full[start..start + t];
            let mass: f64 = self.keys.iter().map(|&key| row[key]).sum();
            masses.push(mass);
            shares.extend(
                self.keys.iter().map(|&key| if mass > 0.0 { row[key] / mass } else { 1.0 / n as f64 }),
            );
        }
        Ok(Observed { full, masses, shares })
    }

    /// The patterns of a slab under M choices of its shares, `[M · rows, n]`, as `[M, H, R, T]`.
    pub fn patterns(&self, slab: &Slab, observed: &Observed, shares: &[f64]) -> Result<Tensor> {
        let (t, n) = (self.subject.tokens(), self.n());
        let choices = shares.chunks_exact(slab.count() * n);
        let m = choices.len();
        let mut data = Vec::with_capacity(m * observed.full.len());
        for choice in choices {
            let from = data.len();
            data.extend_from_slice(&observed.full);
            self.fill(slab, observed, choice, &mut data[from..]);
        }
        let heads = observed.full.len() / (slab.rows * t);
        let like = &self.subject.probe.trace.patterns[slab.layer];
        of_f64(data, (m, heads, slab.rows, t), like.dtype(), like.device())
    }

    /// Writes the entries that `shares`, `[rows, n]`, give the swapped rows of a slab into `full`, `[H, R, T]`.
    pub fn fill(&self, slab: &Slab, observed: &Observed, shares: &[f64], full: &mut [f64]) {
        let rows =
            slab.starts(self.subject.tokens()).zip(&observed.masses).zip(shares.chunks_exact(self.n()));
        for ((start, mass), shares) in rows {
            for (&key, share) in self.keys.iter().zip(shares) {
                full[start + key] = mass * share;
            }
        }
    }

    /// Every slab's patterns under K candidates' shares, `[K, S, n]`.
    pub fn all_patterns(&self, slabs: &[Observed], shares: &[f64]) -> Result<Vec<(usize, Tensor)>> {
        let size: usize = slabs.iter().map(|observed| observed.shares.len()).sum();
        let mut from = 0;
        let mut made = Vec::with_capacity(slabs.len());
        for (slab, observed) in self.slabs.iter().zip(slabs) {
            let mine = observed.shares.len();
            let shares: Vec<f64> = shares
                .chunks_exact(size)
                .flat_map(|candidate| &candidate[from..from + mine])
                .copied()
                .collect();
            made.push((slab.layer, self.patterns(slab, observed, &shares)?));
            from += mine;
        }
        Ok(made)
    }

    /// What the map of the site is made of.
    pub fn map(&self) -> Result<Measured<Map>> {
        let n = self.n();
        let (mut masses, mut decisions, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for slab in &self.slabs {
            let observed = self.observed(slab)?;
            decisions.extend(slab.decisions().map(|row| masses.len() + row));
            shares.extend(slab.decisions().flat_map(|row| &observed.shares[row * n..][..n]));
            masses.extend(observed.masses);
        }
        let total: f64 = decisions.iter().map(|&row| masses[row]).sum();
        if total <= 0.0 {
            return Ok(Err(Missing::Constant));
        }
        let mut map = Map {
            n,
            units: self.units.clone(),
            count: self.count,
            masses,
            decisions,
            total,
            shown: Shown::new(Vec::new()),
        };
        map.shown = Shown::new(map.of_decisions(&shares));
        Ok(Ok(map))
    }
}

/// From shares to the map that people see: the decision rows of the site, averaged over heads (and layers),
/// summed over each word's pieces, and scaled to sum to 1 over words.
///
/// Specials keep their mass, so they would only dilute a divergence; they are left out, and a head counts by the
/// mass it spends on words.
#[derive(Debug)]
pub(super) struct Map {
    pub n: usize,
    pub units: Vec<usize>,
    pub count: usize,
    /// S masses, one per swapped row of the site, slab by slab.
    pub masses: Vec<f64>,
    /// Which of the S rows are decision rows.
    pub decisions: Vec<usize>,
    /// The sum of the decision rows' masses.
    pub total: f64,
    /// The observed map.
    pub shown: Shown,
}

impl Map {
    /// The mean mass of a decision row on movable keys, in [0, 1].
    pub fn mass(&self) -> f64 {
        self.total / self.decisions.len() as f64
    }

    /// How many shares the site has: S·n.
    pub fn size(&self) -> usize {
        self.masses.len() * self.n
    }

    /// The map under `shares [S, n]`.
    pub fn of(&self, shares: &[f64]) -> Vec<f64> {
        self.sum(self.decisions.iter().map(|&row| &shares[row * self.n..][..self.n]))
    }

    /// The map under the shares of the decision rows, which is all that it depends on.
    pub fn of_decisions(&self, shares: &[f64]) -> Vec<f64> {
        self.sum(shares.chunks_exact(self.n))
    }

    fn sum<'s>(&self, decisions: impl Iterator<Item = &'s [f64]>) -> Vec<f64> {
        let mut map = vec![0.0; self.count];
        decisions.enumerate().for_each(|(at, shares)| self.add(at, shares, &mut map));
        map
    }

    /// Adds the part of decision row number `at` to a map.
    pub fn add(&self, at: usize, shares: &[f64], map: &mut [f64]) {
        let weight = self.masses[self.decisions[at]] / self.total;
        for (share, &unit) in shares.iter().zip(&self.units) {
            map[unit] += weight * share;
        }
    }
}
