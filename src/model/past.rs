//! What a causal model need not compute again: under a reach that never looks ahead, the rows before the first change of a
//! text are the same in every pass.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Model;
use super::kernels::behind;
use super::place::Place;
use super::probe::Trace;
use super::sequence::Sequence;

/// The keys and values of a text, for passes over texts that begin alike.
#[derive(Debug)]
pub struct Past {
    sequence: Sequence,
    /// The keys of each layer, as scores read them, `[1, T, H·E]`.
    keys: Vec<Tensor>,
    /// The values of each layer, `[1, T, H·E]`.
    values: Vec<Tensor>,
    /// What the last layer's attention reads, `[1, T, D]`: its keys and values are not made where one row is asked.
    read: Tensor,
    /// Texts of more tokens than one of these turn by other angles.
    bounds: Vec<usize>,
}

/// The rows of a [`Past`] that stand before those of a pass.
#[derive(Debug, Clone)]
pub struct Before {
    /// Where they are from.
    pub past: Arc<Past>,
    /// How many of them.
    pub rows: usize,
}

impl Past {
    /// That of the observed text; none where a row of some layer sees what stands behind it.
    pub(super) fn of(model: &Model, sequence: &Sequence, trace: &Trace) -> Result<Option<Self>> {
        let layers = &model.transformer.layers;
        if !model.transformer.looks_back() || trace.keys.len() != layers.len() {
            return Ok(None);
        }
        let Some((step, _)) = layers.last().and_then(|layer| layer.attention()) else { return Ok(None) };
        let read = trace.hidden[layers.len() - 1].clone();
        let read = match &step.before {
            Some(norm) => norm.forward(&read, None)?.out,
            None => read,
        };
        let places = layers.iter().filter_map(|layer| layer.attention()).map(|(_, attend)| &attend.place);
        let bounds = places.filter_map(|place| match place {
            Place::Rotary(rotary) => rotary.long.as_ref().map(|(above, _)| *above),
            Place::None | Place::Relative(_) => None,
        });
        Ok(Some(Self {
            sequence: sequence.clone(),
            keys: trace.keys.clone(),
            values: trace.values.clone(),
            read,
            bounds: bounds.collect(),
        }))
    }

    /// How many rows of `other`, from its first, are those of this text, at most those before its decision token.
    pub(super) fn shared(&self, other: &Sequence) -> usize {
        let own = &self.sequence;
        let tokens = |text: &Sequence| text.places.iter().max().map_or(0, |&last| last as usize + 1);
        let turned = |above: &usize| (tokens(own) > *above) != (tokens(other) > *above);
        if self.bounds.iter().any(turned) {
            return 0;
        }
        let token = |text: &Sequence, t: usize| {
            (text.ids[t], text.places[t], text.types[t], text.zeroed.contains(&t))
        };
        let most = own.len().min(other.decision);
        let differs = |t: &usize| token(own, *t) != token(other, *t);
        // Its own query still sees a key that nobody may attend to: the rows behind it are the first to change.
        let blocked = |t: &usize| own.blocked.contains(t) != other.blocked.contains(t);
        let first = (0..most).find(differs).unwrap_or(most);
        (0..first).find(blocked).map_or(first, |t| t + 1)
    }
}

impl Before {
    /// The keys of a layer, with those of the pass behind them.
    pub(super) fn keys(&self, layer: usize, own: &Tensor) -> Result<Tensor> {
        behind(&self.past.keys[layer], self.rows, own)
    }

    /// The values of a layer, with those of the pass behind them.
    pub(super) fn values(&self, layer: usize, own: &Tensor) -> Result<Tensor> {
        behind(&self.past.values[layer], self.rows, own)
    }

    /// What the last layer's attention reads, with the rows of the pass behind it.
    pub(super) fn read(&self, own: &Tensor) -> Result<Tensor> {
        behind(&self.past.read, self.rows, own)
    }
}
