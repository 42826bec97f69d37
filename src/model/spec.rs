//! What kind of transformer a model is, as data.

/// The nonlinearity between two linear maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x·Φ(x), exact (Hendrycks & Gimpel 2016).
    Gelu,
    /// The tanh form of the same, `gelu_new` in configs; never used in place of the exact one.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// x·σ(x), also called swish.
    Silu,
    /// Hyperbolic tangent.
    Tanh,
}

/// How the width of a projection splits into heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// H, the number of heads: of query heads, where several share keys and values.
    pub count: usize,
    /// E, the width of one head.
    pub width: usize,
    /// How many query heads in a row share one head of keys and values (Ainslie et al. 2023); 1 where each has its own.
    pub shared_by: usize,
}

impl Heads {
    /// Heads that each have keys and values of their own.
    #[must_use]
    pub const fn new(count: usize, width: usize) -> Self {
        Self { count, width, shared_by: 1 }
    }

    /// H·E, the width of all heads side by side.
    #[must_use]
    pub fn total(self) -> usize {
        self.count * self.width
    }

    /// The heads of keys and values, H / `shared_by` of them.
    #[must_use]
    pub fn of_keys(self) -> Self {
        Self::new(self.count / self.shared_by.max(1), self.width)
    }
}

/// How a token's place enters the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// A learned vector for each place, counted from 0.
    Learned,
    /// `RoBERTa`'s count: places start behind the padding id, and a padding id keeps its own row.
    LearnedAfterPadding {
        /// The id that stands for padding.
        padding: u32,
    },
}

impl Positions {
    /// The row of the position table for each token of `ids`.
    ///
    /// A family that counts around padding makes the places depend on the ids; an audit computes them once,
    /// on the observed text, and keeps them when a word is masked, so that the other words stay in place.
    #[must_use]
    pub fn of(self, ids: &[u32]) -> Vec<u32> {
        match self {
            Positions::Learned => (0..ids.len() as u32).collect(),
            Positions::LearnedAfterPadding { padding } => {
                let mut place = padding;
                ids.iter()
                    .map(|&id| {
                        if id == padding {
                            padding
                        } else {
                            place += 1;
                            place
                        }
                    })
                    .collect()
            }
        }
    }

    /// How many tokens a table of `rows` positions can hold.
    #[must_use]
    pub fn longest(self, rows: usize) -> usize {
        match self {
            Positions::Learned => rows,
            Positions::LearnedAfterPadding { padding } => rows.saturating_sub(padding as usize + 1),
        }
    }
}

/// The shape and the choices of one transformer.
#[derive(Debug, Clone)]
pub struct Spec {
    /// `model_type` in config.json, for people; no code decides by it.
    pub family: String,
    /// L, the number of layers.
    pub layers: usize,
    /// H heads of width E.
    pub heads: Heads,
    /// D, the width of the residual stream.
    pub width: usize,
    /// The width inside the feed-forward block.
    pub inner: usize,
    /// The width of a word embedding, D or smaller.
    pub embedding: usize,
    /// V, the number of token ids.
    pub vocabulary: usize,
    /// The most tokens a text may have, specials included.
    pub longest: usize,
    /// How places are counted.
    pub positions: Positions,
    /// How many token types there are; 0 where the family has none.
    pub types: usize,
    /// The nonlinearity of the feed-forward block.
    pub activation: Activation,
    /// Whether the feed-forward block has a gate beside its two maps.
    pub gated: bool,
    /// Added to the variance in every norm.
    pub eps: f64,
}

impl Spec {
    /// Multiply-adds of the feed-forward block for one row.
    fn feed_work(&self) -> u64 {
        (if self.gated { 3 } else { 2 }) * (self.width * self.inner) as u64
    }

    /// Multiply-adds of the map of one token to a value, or to a key.
    #[must_use]
    pub fn value_work(&self) -> u64 {
        (self.width * self.heads.of_keys().total()) as u64
    }

    /// Multiply-adds of one layer over `keys` tokens with `queries` rows computed, the matrix products only.
    #[must_use]
    pub fn layer_work(&self, queries: usize, keys: usize) -> u64 {
        let (d, w) = (self.width as u64, self.heads.total() as u64);
        let (q, k) = (queries as u64, keys as u64);
        2 * k * self.value_work() + q * (2 * d * w + self.feed_work()) + 2 * q * k * w
    }

    /// Of these, what the pattern takes: queries, keys and scores. A supplied one takes none.
    #[must_use]
    pub fn pattern_work(&self, queries: usize, keys: usize) -> u64 {
        let (d, w) = (self.width as u64, self.heads.total() as u64);
        let (q, k) = (queries as u64, keys as u64);
        q * d * w + k * self.value_work() + q * k * w
    }

    /// Multiply-adds of one row of a layer over `keys` tokens whose keys and values are not made.
    #[must_use]
    pub fn row_work(&self, keys: usize) -> u64 {
        let (d, w) = (self.width as u64, self.heads.total() as u64);
        4 * d * w + self.feed_work() + 2 * keys as u64 * self.heads.count as u64 * d
    }

    /// Multiply-adds of a pass over `tokens` that is read at one row: a whole one but for the last layer.
    #[must_use]
    pub fn reading_work(&self, tokens: usize) -> u64 {
        self.reading_work_behind(0, tokens)
    }

    /// The same where the rows of the first `before` tokens are known.
    #[must_use]
    pub fn reading_work_behind(&self, before: usize, tokens: usize) -> u64 {
        let known = 2 * before as u64 * self.value_work();
        let layer = self.layer_work(tokens - before, tokens) - known;
        (self.layers as u64 - 1) * layer + self.row_work(tokens)
    }

    /// Multiply-adds of the maps of one token to a query, a key and a value.
    #[must_use]
    pub fn entry_work(&self) -> u64 {
        (self.width * self.heads.total()) as u64 + 2 * self.value_work()
    }

    /// Multiply-adds of a whole forward pass over `tokens`, all rows: the unit "one forward".
    #[must_use]
    pub fn forward_work(&self, tokens: usize) -> u64 {
        self.layers as u64 * self.layer_work(tokens, tokens)
    }
}
