//! How a token's place enters its queries and keys: rotary embeddings (Su et al. 2021), and the angles of one pass.

use std::sync::{Arc, Mutex};

use candle_core::{DType, Result, Tensor};

use super::kernels::of_f64;

/// How places enter attention.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Place {
    /// Not at all: the stream knows them, or nothing does.
    #[default]
    None,
    /// Queries and keys are turned by angles that grow with the place.
    Rotary(Rotary),
    /// Each head adds a learned number to a score, by how far the key stands from the query (Raffel et al. 2020).
    Relative(Relative),
}

/// Learned numbers by distance: near ones each have their own, farther ones share those of buckets that widen like a
/// logarithm.
#[derive(Debug, Clone, PartialEq)]
pub struct Relative {
    /// `[buckets, H]`, row after row.
    pub table: Arc<[f64]>,
    /// How many buckets there are.
    pub buckets: usize,
    /// The distance from which on all have the last bucket.
    pub farthest: usize,
    /// Whether keys behind the query have buckets of their own, half of all; else all of them have that of distance 0.
    pub both: bool,
}

impl Relative {
    /// The bucket of `key` as `query` sees it. The logarithm is taken in single precision, as the models were trained.
    #[must_use]
    pub fn bucket(&self, query: usize, key: usize) -> usize {
        let (half, from, far) = if self.both {
            let half = self.buckets / 2;
            (half, if key > query { half } else { 0 }, query.abs_diff(key))
        } else {
            (self.buckets, 0, query.saturating_sub(key))
        };
        let exact = half / 2;
        if far < exact {
            return from + far;
        }
        let whole = (self.farthest as f64 / exact as f64).ln() as f32;
        let wide = (far as f32 / exact as f32).ln() / whole * (half - exact) as f32;
        from + (exact + wide as usize).min(half - 1)
    }

    /// What is added to the scores of `rows` queries from `first` on over `keys` keys, `[H, rows, keys]`.
    pub fn added(
        &self,
        heads: usize,
        (first, rows, keys): (usize, usize, usize),
        like: &Tensor,
    ) -> Result<Tensor> {
        let mut all = Vec::with_capacity(heads * rows * keys);
        for head in 0..heads {
            for query in first..first + rows {
                all.extend((0..keys).map(|key| self.table[self.bucket(query, key) * heads + head]));
            }
        }
        of_f64(all, (heads, rows, keys), like.dtype(), like.device())
    }
}

/// Which two columns of a head turn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// Column i with column i + R/2, R the rotary width.
    Halves,
    /// Columns 2i and 2i + 1.
    Neighbours,
}

/// Pairs of columns that turn by `rate · place`; columns beyond the pairs stay.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotary {
    /// Radians from one place to the next, for each pair of columns.
    pub rates: Arc<[f64]>,
    /// Other rates, for texts of more tokens than this (`LongRoPE`).
    pub long: Option<(usize, Arc<[f64]>)>,
    /// What both sides are multiplied by besides: 1, or more where a longer window was trained (`YaRN`).
    pub scale: f64,
    /// Which columns are a pair.
    pub pairs: Pairs,
}

/// Cosines and sines of the angles of some rows, times the rotary scale.
#[derive(Debug, Clone)]
pub struct Turns {
    /// `[B or 1, T, P]`, P the number of pairs.
    pub cos: Tensor,
    /// As the cosines.
    pub sin: Tensor,
    /// Which columns are a pair.
    pub pairs: Pairs,
}

impl Turns {
    /// Those of one row, `[B or 1, 1, P]`.
    pub fn row(&self, row: usize) -> Result<Self> {
        let one = |all: &Tensor| all.narrow(1, row, 1)?.contiguous();
        Ok(Self { cos: one(&self.cos)?, sin: one(&self.sin)?, pairs: self.pairs })
    }
}

/// The places of the tokens of a pass. The angles of each kind of rotation are computed once for all layers that have it.
#[derive(Debug)]
pub struct Places {
    /// `[B·T]` of u32.
    rows: Tensor,
    batch: usize,
    known: Mutex<Vec<(Rotary, Turns)>>,
}

impl Places {
    /// From `rows [B·T]`; of batch 1 where all sequences have the same.
    #[must_use]
    pub fn new(rows: &Tensor, batch: usize) -> Arc<Self> {
        Arc::new(Self { rows: rows.clone(), batch, known: Mutex::default() })
    }

    /// The turns of every token.
    pub fn turns(&self, rotary: &Rotary, dtype: DType) -> Result<Turns> {
        let Ok(mut known) = self.known.lock() else {
            candle_core::bail!("a pass over these tokens has failed")
        };
        if let Some((_, turns)) = known.iter().find(|(of, _)| of == rotary) {
            return Ok(turns.clone());
        }
        let places: Vec<u32> = self.rows.flatten_all()?.to_vec1()?;
        let tokens = places.iter().max().map_or(0, |&last| last as usize + 1);
        let rates = match &rotary.long {
            Some((above, rates)) if tokens > *above => rates,
            _ => &rotary.rates,
        };
        let angles =
            || places.iter().flat_map(|&place| rates.iter().map(move |rate| f64::from(place) * rate));
        let shape = (self.batch, places.len() / self.batch.max(1), rates.len());
        let tensor = |of: fn(f64) -> f64| {
            let all = angles().map(|angle| rotary.scale * of(angle)).collect();
            of_f64(all, shape, dtype, self.rows.device())
        };
        let turns = Turns { cos: tensor(f64::cos)?, sin: tensor(f64::sin)?, pairs: rotary.pairs };
        known.push((rotary.clone(), turns.clone()));
        Ok(turns)
    }
}
