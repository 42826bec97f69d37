//! Passes of one text with other patterns in the place of those that were observed.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::attended::Attended;
use super::kernels::Course;
use super::pass::{Graph, Rows};
use super::place::Places;
use super::probe::Probe;
use super::reverse::Keep;
use super::tap::{Made, Replace};
use super::transformer::State;

/// Each replaced layer with its patterns.
type Patterns = Vec<(usize, Tensor)>;

impl Probe<'_> {
    /// Logits of `count` passes that differ from the observed one only in the patterns of `layers`, the
    /// lowest of which is where each pass is taken up again.
    ///
    /// `make(range, layer)` gives the replacements of those passes in a layer, `[range, H, Q, T]` of its Q queries
    /// ([`Self::queries`]); in the last layer `[range, H, 1, T]`, since only the decision row is computed there.
    pub fn swapped(
        &self,
        layers: &[usize],
        count: usize,
        make: impl Fn(Range<usize>, usize) -> Result<Tensor> + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let (t, last) = (self.sequence.len(), self.model.spec().layers - 1);
        let first = layers.iter().copied().min().unwrap_or(last);
        self.count(count as u64 * self.swapped_work(layers, first, t));
        // At the decision row of the last layer a pass is one row.
        let (device, tokens) = (self.model.device(), if first == last { 1 } else { t });
        let of = self.model.attended();
        let size = Course::Forward.batch_size(device, count, tokens);
        let ranges: Vec<Range<usize>> = (0..count).step_by(size).map(|i| i..(i + size).min(count)).collect();
        let chunks: Vec<Result<Vec<Vec<f64>>>> = Course::Forward.each(device, (&ranges, tokens), |range| {
            let make = |layer| make(range.clone(), layer);
            let mut tap = Made { of, layers: layers.to_vec(), make, values: self.known_values(first) };
            self.model.resume(self.state(first), self.sequence.decision, &mut tap)
        });
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Logits of passes that replace every layer's pattern and read few tokens: in pass i no row has weight on a token
    /// outside `among[i]`, so no other is computed. Exact, at the cost of so many tokens instead of T. Not for a text that a
    /// decoder translates, whose rows are of other tokens.
    ///
    /// `among[i]` names R tokens, the decision token first. `make(range)` gives the replacements of those passes, of one R:
    /// per layer `[range, H, R, R]` between these tokens, in the last `[range, H, 1, R]`.
    pub fn swapped_among(
        &self,
        among: &[Vec<usize>],
        make: impl Fn(Range<usize>) -> Result<Patterns> + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        if self.trace.source.is_some() && !among.is_empty() {
            candle_core::bail!("the rows of a decoder are none of its source's tokens")
        }
        let (device, layers) = (self.model.device(), (0..self.model.spec().layers).collect::<Vec<_>>());
        self.count(among.iter().map(|tokens| self.swapped_work(&layers, 0, tokens.len())).sum());
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for run in among.chunk_by(|a, b| a.len() == b.len()) {
            let from = ranges.last().map_or(0, |range| range.end);
            let (to, size) = (from + run.len(), Course::Forward.batch_size(device, run.len(), run[0].len()));
            ranges.extend((from..to).step_by(size).map(|i| i..(i + size).min(to)));
        }
        let most = among.iter().map(Vec::len).max().unwrap_or(0);
        let chunks: Vec<Result<Vec<Vec<f64>>>> = Course::Forward.each(device, (&ranges, most), |range| {
            let tokens: Vec<u32> = among[range.clone()].iter().flatten().map(|&t| t as u32).collect();
            let at = self.model.tensor_u32(&tokens)?;
            let only =
                |all: &Tensor| all.squeeze(0)?.index_select(&at, 0)?.reshape((range.len(), (), all.dim(2)?));
            let places: Vec<u32> = tokens.iter().map(|&t| self.sequence.places[t as usize]).collect();
            let places = Places::new(&self.model.tensor_u32(&places)?, range.len());
            let hidden = only(&self.trace.hidden[0])?;
            let state = State { layer: 0, hidden, blocked: None, places, before: None, memory: None };
            let mut tap =
                Replace::patterns(make(range.clone())?).with_values(0, only(&self.trace.values[0])?);
            self.model.resume(state, 0, &mut tap)
        });
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Logits of M passes with `patterns` in place of the observed ones (rising by layer, as for
    /// [`Self::swapped`]), and the gradients at those patterns in the same order; `at_logits` gives the gradient
    /// at each pass's C logits. Replaced patterns count as constants.
    pub fn pattern_gradients(
        &self,
        patterns: Vec<(usize, Tensor)>,
        at_logits: impl Fn(usize, &[f64]) -> Vec<f64>,
    ) -> Result<(Vec<Vec<f64>>, Vec<Tensor>)> {
        let layers: Vec<usize> = patterns.iter().map(|(layer, _)| *layer).collect();
        let (Some(&first), Some((_, one))) = (layers.first(), patterns.first()) else {
            return Ok((Vec::new(), Vec::new()));
        };
        self.count(2 * one.dims()[0] as u64 * self.swapped_work(&layers, first, self.sequence.len()));
        let rows = Rows::Decision(self.sequence.decision);
        let transformer = &self.model.transformer;
        let of = self.model.attended();
        let mut tap = Replace::default()
            .with_all(of.pattern(), patterns)
            .with_all(of.value(), self.known_values(first));
        let tape = transformer.tape_from(self.state(first), rows, &mut tap)?;
        let (logits, at) = self.model.readout.differentiate(&tape.hidden, at_logits)?;
        let found = transformer.reverse(tape, &at, Graph::Whole, Keep::Every)?;
        let found = if of == Attended::Text { found.patterns } else { found.cross };
        let mine = found.into_iter().enumerate().filter(|(i, _)| layers.contains(&(first + i)));
        Ok((logits, mine.map(|(_, at)| at).collect()))
    }

    /// The values that no other pattern from layer `first` on changes: that layer's own, or those of all where they are of a
    /// source.
    fn known_values(&self, first: usize) -> Vec<(usize, Tensor)> {
        let count = if self.trace.source.is_some() { self.trace.values.len() } else { first + 1 };
        (first..count).map(|layer| (layer, self.trace.values[layer].clone())).collect()
    }

    /// Multiply-adds of a pass over `t` tokens from layer `first` on with the patterns of `layers` replaced.
    pub(super) fn swapped_work(&self, layers: &[usize], first: usize, t: usize) -> u64 {
        let spec = self.model.spec();
        if self.trace.source.is_some() {
            let (q, w) = (self.queries(), (spec.width * spec.heads.total()) as u64);
            let spared = spec.value_work() * 2 * t as u64 + q as u64 * w;
            return self.model.decoder_work(first, q, t).saturating_sub(layers.len() as u64 * spared);
        }
        let (value, query) = (spec.value_work(), (spec.width * spec.heads.total()) as u64);
        let layer = |l: usize| {
            let row = l + 1 == spec.layers;
            let all = if row { spec.row_work(t) } else { spec.layer_work(t, t) };
            let known = if row { value } else { value * t as u64 };
            let pattern = if row { 2 * query } else { spec.pattern_work(t, t) };
            let spared = if layers.contains(&l) { pattern } else { 0 } + if l == first { known } else { 0 };
            all.saturating_sub(spared)
        };
        (first..spec.layers).map(layer).sum()
    }
}
