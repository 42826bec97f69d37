//! A pass of one text in which single numbers of the residual stream are 0.

use candle_core::{Result, Tensor};

use super::kernels::of_f64;
use super::pass::{Memory, Rows};
use super::probe::{Probe, rows_f64, to_f64};
use super::tap::{Point, Spot, Tap, Untapped};
use super::transformer::State;

/// A number of the residual stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    /// The layer that the stream enters, from 0 to L − 1.
    pub layer: usize,
    /// The token's position.
    pub token: usize,
    /// Its place in the token's state, from 0 to D − 1.
    pub dimension: usize,
}

/// What comes of such a pass.
#[derive(Debug, Clone)]
pub struct Zeroed {
    /// Its logits, `[C]`.
    pub logits: Vec<f64>,
    /// The lowest layer that a number was set in: below it nothing is another.
    pub layer: usize,
    /// The patterns between the text's tokens from that layer on, `[1, H, T, T]`.
    pub patterns: Vec<Tensor>,
}

/// Sets numbers to 0 where the stream enters a layer, and keeps every pattern.
struct Zeroing<'n> {
    numbers: &'n [Number],
    patterns: Vec<Tensor>,
}

impl Tap for Zeroing<'_> {
    fn sees(&self, spot: Spot) -> bool {
        matches!(spot.point, Point::Resid | Point::Pattern)
    }

    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        if spot.point == Point::Pattern {
            self.patterns.push(tensor.clone());
        }
        let mut here = self.numbers.iter().filter(|number| number.layer == spot.layer).peekable();
        if spot.point != Point::Resid || here.peek().is_none() {
            return Ok(tensor);
        }
        let (_, tokens, width) = tensor.dims3()?;
        let mut states = to_f64(&tensor)?;
        for number in here {
            if number.token >= tokens || number.dimension >= width {
                candle_core::bail!("{number:?} is not in states [{tokens}, {width}]");
            }
            states[number.token * width + number.dimension] = 0.0;
        }
        of_f64(states, tensor.dims(), tensor.dtype(), tensor.device())
    }
}

impl Probe<'_> {
    /// The text again with each of `numbers` set to 0 where the stream enters its layer, of what reads the text; what follows is
    /// computed from that.
    ///
    /// # Errors
    ///
    /// Without a number, with one that is not there, and where the engine fails.
    pub fn zeroed(&self, numbers: &[Number]) -> Result<Zeroed> {
        let stack = self.stack()?;
        let (t, spec) = (self.sequence.len(), &stack.transformer.spec);
        let Some(layer) =
            numbers.iter().map(|number| number.layer).min().filter(|first| *first < spec.layers)
        else {
            candle_core::bail!("no number to set in {} layers", spec.layers)
        };
        let last = spec.layer_work(1, t) + spec.pattern_work(t, t) - spec.pattern_work(1, t);
        self.count((spec.layers - 1 - layer) as u64 * spec.layer_work(t, t) + last);
        let mut tap = Zeroing { numbers, patterns: Vec::new() };
        let decision = self.sequence.decision;
        if let Some(source) = &self.trace.source {
            let states = stack.transformer.run(stack.state(layer), Rows::All, &mut tap)?;
            self.count(self.model.decoder_work(0, self.queries(), t));
            let memory = Memory { states, blocked: source.memory.blocked.clone() };
            let state = State { memory: Some(memory), ..self.state(0) };
            let logits = self.model.resume(state, decision, &mut Untapped)?.concat();
            return Ok(Zeroed { logits, layer, patterns: tap.patterns });
        }
        let rows = Rows::Patterns(decision);
        let hidden = self.model.transformer.run(self.state(layer), rows, &mut tap)?;
        let logits = rows_f64(&self.model.readout.forward(&hidden)?.logits)?.concat();
        Ok(Zeroed { logits, layer, patterns: tap.patterns })
    }
}
