//! Passes of one translation with other patterns over the source in the place of those that were observed.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::{Forced, Translator};
use crate::model::kernels::Course;
use crate::model::pass::{Memory, Rows};
use crate::model::place::Places;
use crate::model::probe::rows_f64;
use crate::model::tap::{Point, Spot, Tap};
use crate::model::transformer::State;

/// Patterns over the source that are made when they are asked for.
struct Supplied<F> {
    layers: Vec<usize>,
    make: F,
}

impl<F: FnMut(usize) -> Result<Tensor>> Tap for Supplied<F> {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        if spot.point == Point::CrossPattern && self.layers.contains(&spot.layer) {
            return (self.make)(spot.layer).map(Some);
        }
        Ok(None)
    }

    fn sees(&self, _: Spot) -> bool {
        false
    }

    fn visit(&mut self, _: Spot, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
}

impl Translator {
    /// The V logits after token `row` of `decoder_input` in `count` passes that differ from the observed one, `forced`, only
    /// in what the `layers` of the decoder attend to in the source. Each pass is taken up at the lowest of these layers.
    ///
    /// `make(range, layer)` gives the patterns of those passes in a layer, `[range, H, T, S]`; in the last layer
    /// `[range, H, 1, S]`, since only `row` is computed there.
    ///
    /// # Errors
    ///
    /// Where `forced` is of another text, a pattern does not fit, or the engine fails.
    pub fn swapped(
        &self,
        forced: &Forced,
        (decoder_input, row): (&[u32], usize),
        layers: &[usize],
        count: usize,
        make: impl Fn(Range<usize>, usize) -> Result<Tensor> + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let last = self.decoder.layers.len() - 1;
        let first = layers.iter().copied().min().unwrap_or(last);
        let (Some(stream), Some(memory)) = (forced.decoder_states.get(first), forced.encoder_states.last())
        else {
            candle_core::bail!("the decoder has no layer {first}")
        };
        if stream.dim(0)? != decoder_input.len() || row >= decoder_input.len() {
            candle_core::bail!("the observed pass is of another translation");
        }
        let memory = Memory { states: memory.unsqueeze(0)?, blocked: None };
        let hidden = stream.unsqueeze(0)?;
        let [places, _] = self.places(&self.decoder, &[decoder_input])?;
        let tokens = if first == last { 1 } else { decoder_input.len() };
        let size = Course::Forward.batch_size(self.device(), count, tokens).max(1);
        let ranges: Vec<Range<usize>> = (0..count).step_by(size).map(|i| i..(i + size).min(count)).collect();
        let chunks: Vec<Result<Vec<Vec<f64>>>> =
            Course::Forward.each(self.device(), (&ranges, tokens), |range| {
                let state = State {
                    layer: first,
                    hidden: hidden.clone(),
                    blocked: None,
                    places: Places::new(&places, 1),
                    before: None,
                    memory: Some(memory.clone()),
                };
                let make = |layer| make(range.clone(), layer);
                let mut tap = Supplied { layers: layers.to_vec(), make };
                let hidden = self.decoder.run(state, Rows::Decision(row), &mut tap)?;
                rows_f64(&self.readout.forward(&hidden)?.logits)
            });
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }
}
