//! The pass in which the decoder is given a translation, whatever it would have written itself.

use candle_core::{Error, Result, Tensor};

use super::Translator;
use crate::model::pass::{Memory, Rows};
use crate::model::tap::{Point, Record};

/// What one pass over a source and a given translation saw.
#[derive(Debug, Clone)]
pub struct Forced {
    /// The pattern of each layer of the encoder, `[H, S, S]`.
    pub encoder: Vec<Tensor>,
    /// The self-attention of each layer of the decoder, `[H, T, T]`.
    pub decoder: Vec<Tensor>,
    /// What each layer of the decoder attends to in the source, `[H, T, S]`.
    pub cross: Vec<Tensor>,
    /// The values of the encoder's states in each layer of the decoder, all heads side by side, `[S, H·E]`.
    pub cross_values: Vec<Tensor>,
    /// What enters each layer of the encoder, and at last what the decoder reads of it, `[S, D]`.
    pub encoder_states: Vec<Tensor>,
    /// What enters each layer of the decoder, and at last what the readout reads, `[T, D]`.
    pub decoder_states: Vec<Tensor>,
    /// The logits after each token that the decoder was given, `[T, V]`.
    pub logits: Tensor,
}

impl Translator {
    /// One pass over `source` with the decoder given `decoder_input`, the start token first
    /// ([`Translator::decoder_input`]); it keeps patterns, states and logits.
    ///
    /// # Errors
    ///
    /// Where the ids do not fit the model, and where the engine fails.
    pub fn forced(&self, source: &[u32], decoder_input: &[u32]) -> Result<Forced> {
        self.check_source(source).map_err(Error::wrap)?;
        self.check_target(decoder_input).map_err(Error::wrap)?;
        let mut read = Record::of(&[Point::Pattern, Point::Resid]);
        let words = self.encoder.words(&self.ids(&[source])?)?;
        let state = self.enter(&self.encoder, &words, &[source], None)?;
        let states = self.encoder.run(state, Rows::All, &mut read)?;
        let mut written = Record::of(&[Point::Pattern, Point::CrossPattern, Point::CrossValue, Point::Resid]);
        let words = self.decoder.words(&self.ids(&[decoder_input])?)?;
        let memory = Memory { states, blocked: None };
        let state = self.enter(&self.decoder, &words, &[decoder_input], Some(memory))?;
        let hidden = self.decoder.run(state, Rows::All, &mut written)?;
        Ok(Forced {
            encoder: alone(read.all(Point::Pattern))?,
            decoder: alone(written.all(Point::Pattern))?,
            cross: alone(written.all(Point::CrossPattern))?,
            cross_values: alone(written.all(Point::CrossValue))?,
            encoder_states: alone(read.all(Point::Resid))?,
            decoder_states: alone(written.all(Point::Resid))?,
            logits: self.readout.forward(&hidden)?.logits.squeeze(0)?,
        })
    }
}

/// Tensors of batch 1 without their batch.
fn alone(all: Vec<Tensor>) -> Result<Vec<Tensor>> {
    all.into_iter().map(|tensor| tensor.squeeze(0)).collect()
}
