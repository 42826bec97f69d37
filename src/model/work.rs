//! What passes cost, in multiply-adds of the matrix products, of models of one transformer and of two.

use super::{Model, Sequence, Spec};

impl Spec {
    /// Multiply-adds of attention of `queries` rows over `keys` states of an encoder.
    #[must_use]
    pub fn cross_work(&self, queries: usize, keys: usize) -> u64 {
        let (d, w) = (self.width as u64, self.heads.total() as u64);
        let (q, k) = (queries as u64, keys as u64);
        2 * k * self.value_work() + 2 * q * d * w + 2 * q * k * w
    }
}

impl Model {
    /// Multiply-adds of a whole pass over a sequence, all rows: the unit "one forward".
    #[must_use]
    pub fn forward_work(&self, sequence: &Sequence) -> u64 {
        let (t, q) = (sequence.len(), sequence.queries());
        self.encoder.as_ref().map_or_else(
            || self.spec().forward_work(t),
            |encoder| encoder.spec.forward_work(t) + self.decoder_work(0, q, t),
        )
    }

    /// The same of a pass that is read at one row, and of which the rows of the first `known` tokens are known.
    #[must_use]
    pub fn reading_work(&self, known: usize, sequence: &Sequence) -> u64 {
        match &self.encoder {
            None => self.spec().reading_work_behind(known, sequence.len()),
            Some(_) => self.forward_work(sequence),
        }
    }

    /// The layers of a decoder from `first` on, with `queries` rows over `keys` states.
    pub(super) fn decoder_work(&self, first: usize, queries: usize, keys: usize) -> u64 {
        let spec = self.spec();
        (spec.layers.saturating_sub(first)) as u64
            * (spec.layer_work(queries, queries) + spec.cross_work(queries, keys))
    }
}
