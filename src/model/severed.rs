//! Passes of one text in which some queries do not see some keys, in a few layers.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::attended::Attended;
use super::kernels::{Course, of_f64};
use super::probe::{Probe, to_f64};
use super::tap::{Spot, Tap};

/// Edges that are cut, pass by pass.
#[derive(Debug, Clone, Copy)]
struct Cut<'k> {
    /// The keys that are not seen in each pass.
    keys: &'k [Vec<usize>],
    /// By which query; by all where there is none.
    from: Option<usize>,
    decision: usize,
    /// Whether queries and keys are tokens of one text, so that a query has a key of its own.
    own: bool,
    /// How many queries a whole pattern has.
    queries: usize,
}

impl Cut<'_> {
    /// Patterns `[B, H, R, T]`, or `[1, H, R, T]` of all B passes, without these edges: each row is divided by what is left of
    /// it. A row that has nothing left stays 0.
    fn of(&self, pattern: &Tensor) -> Result<Tensor> {
        let (batch, heads, rows, tokens) = pattern.dims4()?;
        let mut weights = to_f64(pattern)?;
        if batch != self.keys.len() {
            weights = weights.repeat(self.keys.len());
        }
        for (one, keys) in weights.chunks_exact_mut(heads * rows * tokens).zip(self.keys) {
            for (at, row) in one.chunks_exact_mut(tokens).enumerate() {
                let query = if rows == self.queries { at % rows } else { self.decision };
                if self.from.is_some_and(|from| from != query) {
                    continue;
                }
                keys.iter().filter(|key| !self.own || **key != query).for_each(|&key| row[key] = 0.0);
                let left: f64 = row.iter().sum();
                if left > 0.0 {
                    for weight in row {
                        *weight /= left;
                    }
                }
            }
        }
        of_f64(weights, (self.keys.len(), heads, rows, tokens), pattern.dtype(), pattern.device())
    }
}

/// Cuts edges of the layers that it is told of; of the first of them pattern and values are known.
struct Severing<'k> {
    of: Attended,
    layers: Range<usize>,
    cut: Cut<'k>,
    first: Tensor,
    values: Tensor,
}

impl Tap for Severing<'_> {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        let first = spot.layer == self.layers.start;
        let pattern = (first && spot.point == self.of.pattern()).then(|| self.first.clone());
        Ok(pattern.or_else(|| (first && spot.point == self.of.value()).then(|| self.values.clone())))
    }

    fn sees(&self, spot: Spot) -> bool {
        spot.point == self.of.pattern() && self.layers.contains(&spot.layer)
    }

    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        if self.sees(spot) && spot.layer > self.layers.start { self.cut.of(&tensor) } else { Ok(tensor) }
    }
}

impl Probe<'_> {
    /// Logits of a pass for each of `keys`, in which these keys are not seen by the query `from`, or by none at all, in the
    /// `layers`: as −∞ on the scores of all heads. A query always sees its own key.
    ///
    /// What the layers compute follows from what those below them did, so later patterns are others than the observed ones.
    /// Cost: what lies above the first layer, for each.
    ///
    /// # Errors
    ///
    /// Without a layer, and where the engine fails.
    pub fn severed(
        &self,
        layers: &Range<usize>,
        keys: &[Vec<usize>],
        from: Option<usize>,
    ) -> Result<Vec<Vec<f64>>> {
        let (t, spec, first) = (self.sequence.len(), self.model.spec(), layers.start);
        if layers.is_empty() || first >= spec.layers {
            candle_core::bail!("edges of layers {layers:?} cannot be cut in {} layers", spec.layers);
        }
        self.count(keys.len() as u64 * self.swapped_work(&[first], first, t));
        // At the decision row of the last layer a pass is one row.
        let (last, decision) = (first + 1 == spec.layers, self.sequence.decision);
        let (device, tokens) = (self.model.device(), if last { 1 } else { t });
        let (of, queries) = (self.model.attended(), self.queries());
        let own = of == Attended::Text;
        let observed = &self.trace.patterns[first];
        let observed = if last { observed.narrow(2, decision, 1)? } else { observed.clone() };
        let chunks: Vec<&[Vec<usize>]> =
            keys.chunks(Course::Forward.batch_size(device, keys.len(), tokens)).collect();
        let found: Vec<Result<Vec<Vec<f64>>>> = Course::Forward.each(device, (&chunks, tokens), |keys| {
            let cut = Cut { keys, from, decision, own, queries };
            let values = self.trace.values[first].clone();
            let mut tap = Severing { of, layers: layers.clone(), cut, first: cut.of(&observed)?, values };
            self.model.resume(self.state(first), decision, &mut tap)
        });
        Ok(found.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }
}
