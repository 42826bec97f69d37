//! A translation model as the audit of one target token sees it: a text, the source, over which a decoder that has written so
//! far decides on the next word.

use candle_core::{Result, Tensor};

use crate::model::batch::Differentiated;
use crate::model::kernels::of_f64;
use crate::model::pass::{Graph, Memory, Rows};
use crate::model::probe::{Source, Trace, rows_f64};
use crate::model::readout::Target;
use crate::model::reverse::Keep;
use crate::model::tap::{Point, Record, Tap, Untapped};
use crate::model::transformer::{State, Transformer};
use crate::model::{Given, Model, ModelError, Sequence};

impl Model {
    /// Whether what was written of a translation can be run, and is there where a decoder writes and nowhere else.
    pub(in crate::model) fn check_given(&self, sequence: &Sequence) -> std::result::Result<(), ModelError> {
        match (&self.encoder, &sequence.given) {
            (None, None) => Ok(()),
            (Some(_), Some(given)) => {
                super::check(&self.transformer, &given.ids)?;
                let outside = given.zeroed.iter().find(|&&at| at >= given.ids.len());
                outside.map_or(Ok(()), |&found| {
                    Err(ModelError::Outside { what: "zeroed token", found, count: given.ids.len() })
                })
            }
            (Some(_), None) => Err(ModelError::Empty),
            (None, Some(_)) => Err(ModelError::NoDecoder { found: self.spec().family.clone() }),
        }
    }

    /// What a decoder attends to in sources of one length, whose encoder `tap` sees.
    pub(in crate::model) fn memory(
        &self,
        (encoder, tap): (&Transformer, &mut dyn Tap),
        words: &Tensor,
        batch: &[Sequence],
    ) -> Result<Memory> {
        let state = self.enter_reader(words, batch)?;
        let blocked = state.blocked.clone();
        Ok(Memory { states: encoder.run(state, Rows::All, tap)?, blocked })
    }

    /// The state that enters the decoder with these translations so far, all of one length, over the memory of as many sources
    /// or of one.
    pub(in crate::model) fn enter_decoder(&self, memory: Memory, all: &[&Given]) -> Result<State> {
        // What the decoder does before it looks at its source is the same where all were written alike.
        let one = memory.states.dim(0)? == all.len() && all.iter().all(|written| *written == all[0]);
        let (words, places, types) = self.given(if one { &all[..1] } else { all })?;
        let state = self.transformer.enter(&words, &places, &types, None)?;
        Ok(State { memory: Some(memory), ..state })
    }

    /// Word embeddings `[B, T, Demb]`, places and types `[B·T]` of what was written, all of one length.
    fn given(&self, all: &[&Given]) -> Result<(Tensor, Tensor, Tensor)> {
        let ids: Vec<u32> = all.iter().flat_map(|given| given.ids.iter().copied()).collect();
        let ids = self.tensor_u32(&ids)?.reshape((all.len(), ()))?;
        let places: Vec<u32> = all.iter().flat_map(|given| self.spec().positions.of(&given.ids)).collect();
        let places = self.tensor_u32(&places)?;
        let types = places.zeros_like()?;
        let words = self.transformer.words(&ids)?;
        if all.iter().all(|given| given.zeroed.is_empty()) {
            return Ok((words, places, types));
        }
        let keep = |given: &&Given| -> Vec<f64> {
            (0..given.ids.len()).map(|at| f64::from(u8::from(!given.zeroed.contains(&at)))).collect()
        };
        let keep: Vec<f64> = all.iter().flat_map(keep).collect();
        let keep = of_f64(keep, (all.len(), words.dim(1)?, 1), words.dtype(), self.device())?;
        Ok((words.broadcast_mul(&keep)?, places, types))
    }

    /// One pass over a source and what was written of it.
    pub(in crate::model) fn trace_over(&self, encoder: &Transformer, sequence: &Sequence) -> Result<Trace> {
        let batch = std::slice::from_ref(sequence);
        let mut read = Record::of(&[Point::Pattern, Point::Value, Point::Resid]);
        let memory = self.memory((encoder, &mut read), &self.words(batch)?, batch)?;
        let state = self.enter_decoder(memory.clone(), &written(batch))?;
        let mut tap =
            Record::of(&[Point::CrossPattern, Point::CrossValue, Point::Pattern, Point::Value, Point::Resid]);
        // Alignment reads every row of the last layer; the logits are those of one.
        let hidden = self.transformer.run(state, Rows::All, &mut tap)?;
        let decided = hidden.narrow(1, sequence.decision, 1)?.contiguous()?;
        let logits = rows_f64(&self.readout.forward(&decided)?.logits)?.concat();
        let mut states = tap.all(Point::Resid);
        if let Some(last) = states.last_mut() {
            *last = decided;
        }
        Ok(Trace {
            patterns: tap.all(Point::CrossPattern),
            values: tap.all(Point::CrossValue),
            keys: Vec::new(),
            hidden: states,
            logits,
            source: Some(Source {
                patterns: read.all(Point::Pattern),
                values: read.all(Point::Value),
                hidden: read.all(Point::Resid),
                memory,
                written: tap.all(Point::Pattern),
                written_values: tap.all(Point::Value),
            }),
        })
    }

    /// The target's gradients at the word embeddings of a source, `[B, S, Demb]`, and at the cross-attention of the layers to
    /// be kept.
    pub(in crate::model) fn differentiate_over(
        &self,
        encoder: &Transformer,
        (words, places, types, blocked): (&Tensor, &Tensor, &Tensor, Option<Tensor>),
        sequence: &Sequence,
        (target, graph, keep): (Target, Graph, Keep),
    ) -> Result<Differentiated> {
        let Some(given) = sequence.given.as_deref() else { candle_core::bail!("nothing was written") };
        let batch = words.dim(0)?;
        let mut read = encoder.tape(words, (places, types), blocked.clone(), Rows::All, &mut Untapped)?;
        let states = std::mem::replace(&mut read.hidden, types.clone());
        let (words, places, types) = self.given(&vec![given; batch])?;
        let rows = Rows::Decision(sequence.decision);
        let memory = Memory { states, blocked };
        let written = self.transformer.tape_over(&words, (&places, &types), memory, rows, &mut Untapped)?;
        let (logits, at) =
            self.readout.differentiate(&written.hidden, |_, logits| target.gradient(logits))?;
        let above = self.transformer.reverse(written, &at, graph, keep)?;
        let Some(at_memory) = above.memory else {
            candle_core::bail!("the reverse pass ended above the source")
        };
        let Some(words) = encoder.reverse(read, &at_memory, graph, Keep::Last)?.words else {
            candle_core::bail!("the reverse pass ended above the embeddings")
        };
        Ok(Differentiated {
            words,
            patterns: above.cross,
            values: logits.iter().map(|row| target.value(row)).collect(),
        })
    }
}

/// What was written of each of these sources.
pub(in crate::model) fn written(batch: &[Sequence]) -> Vec<&Given> {
    batch.iter().filter_map(|sequence| sequence.given.as_deref()).collect()
}
