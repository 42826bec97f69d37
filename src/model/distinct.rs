//! Tokens that enter the first layer alike, taken through it once as far as they stay alone.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};

use super::Model;
use super::place::{Place, Places};
use super::sequence::Sequence;
use super::tap::{Point, Replace, Spot};
use super::transformer::State;

/// What a token is before it meets others: id, place, type, and whether its word embedding is zeroed.
type Token = (u32, u32, u32, bool);

/// The distinct tokens of many sequences, with their queries, keys and values in the first layer.
///
/// Sequences that differ in a few erased words are made of few tokens: with a mask token in the place of any word,
/// of two for each place. Every number is the one a pass alone would give, since no row of a product depends on the
/// others.
pub(super) struct Distinct {
    index: BTreeMap<Token, u32>,
    /// The stream of the U distinct tokens, `[U, D]`.
    hidden: Tensor,
    /// Their queries, keys and values, `[U, H·E]` each, with the point they are supplied at.
    first: Vec<(Point, Tensor)>,
}

fn tokens(sequence: &Sequence) -> impl Iterator<Item = Token> + '_ {
    (0..sequence.len())
        .map(|t| (sequence.ids[t], sequence.places[t], sequence.types[t], sequence.zeroed.contains(&t)))
}

impl Distinct {
    /// The distinct tokens of `sequences`; none where there are not at least two alike on average, the first layer is the
    /// last, or an encoder reads them.
    pub fn of(model: &Model, sequences: &[Sequence]) -> Result<Option<Self>> {
        let all: usize = sequences.iter().map(Sequence::len).sum();
        let mut index: BTreeMap<Token, u32> =
            sequences.iter().flat_map(tokens).map(|token| (token, 0)).collect();
        let layer = match &model.transformer.layers[..] {
            [first, _, ..] if 2 * index.len() <= all && model.encoder.is_none() => first,
            _ => return Ok(None),
        };
        for (number, (_, at)) in index.iter_mut().enumerate() {
            *at = number as u32;
        }
        let column = |get: fn(&Token) -> u32| index.keys().map(get).collect();
        let rows = [Sequence {
            ids: column(|token| token.0),
            places: column(|token| token.1),
            types: column(|token| token.2),
            decision: 0,
            blocked: Vec::new(),
            zeroed: index.iter().filter(|(token, _)| token.3).map(|(_, at)| *at as usize).collect(),
            given: None,
        }];
        let Some((step, attend)) = layer.attention() else { return Ok(None) };
        if matches!(&attend.place, Place::Rotary(rotary) if rotary.long.is_some()) {
            // What a place means depends on how long the text is.
            return Ok(None);
        }
        let state = model.enter(&model.words(&rows)?, &rows)?;
        let hidden = state.hidden;
        let read = match &step.before {
            Some(norm) => norm.forward(&hidden, None)?.out,
            None => hidden.clone(),
        };
        let first = attend.sides(&read, &state.places)?.into_iter();
        let first = first.map(|(point, rows)| Ok((point, rows.squeeze(0)?))).collect::<Result<_>>()?;
        Ok(Some(Self { index, hidden: hidden.squeeze(0)?, first }))
    }

    /// Multiply-adds that `sequences`, which it was made of, do without.
    pub fn spared(&self, model: &Model, sequences: &[Sequence]) -> u64 {
        let all: usize = sequences.iter().map(Sequence::len).sum();
        (all - self.index.len()) as u64 * model.spec().entry_work()
    }

    /// The state that enters layer 0 for sequences of one length, and what that layer need not compute.
    pub fn enter(&self, model: &Model, batch: &[Sequence]) -> Result<(State, Replace)> {
        let length = batch.first().map_or(0, Sequence::len);
        let Some(at) = batch.iter().flat_map(tokens).map(|token| self.index.get(&token).copied()).collect()
        else {
            candle_core::bail!("a token is not among the distinct ones")
        };
        let at: Vec<u32> = at;
        let at = model.tensor_u32(&at)?;
        let spread = |rows: &Tensor| rows.index_select(&at, 0)?.reshape((batch.len(), length, ()));
        let mut known = Replace::default();
        for (point, rows) in &self.first {
            known = known.with(Spot { layer: 0, point: *point }, spread(rows)?);
        }
        let places: Vec<u32> = batch.iter().flat_map(|s| s.places.iter().copied()).collect();
        let places = Places::new(&model.tensor_u32(&places)?, batch.len());
        let (hidden, blocked) = (spread(&self.hidden)?, model.blocked(batch)?);
        Ok((State { layer: 0, hidden, blocked, places, before: None, memory: None }, known))
    }
}
