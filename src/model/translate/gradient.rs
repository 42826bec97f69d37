//! Gradients of one target token's scalar at everything it depends on, down the decoder and then down the encoder.

use candle_core::{Error, Result, Tensor};

use super::Translator;
use crate::model::pass::{Graph, Memory, Rows};
use crate::model::probe::rows_f64;
use crate::model::readout::Target;
use crate::model::reverse::Keep;
use crate::model::tap::Untapped;

/// What is differentiated.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The ids of the source.
    pub source: &'a [u32],
    /// What the decoder is given, the start first.
    pub decoder_input: &'a [u32],
    /// The token of it after which the logits are read.
    pub row: usize,
    /// The scalar of these logits.
    pub target: Target,
    /// Whether patterns depend on the input.
    pub graph: Graph,
}

/// The gradients of one scalar in B passes. Patterns of the decoder have all their rows; those behind the one that is read
/// are 0.
#[derive(Debug)]
pub struct Sensitivity {
    /// The scalar in each pass.
    pub values: Vec<f64>,
    /// At the word embeddings of the source, `[B, S, D]`, before they are scaled.
    pub source: Tensor,
    /// At the word embeddings that the decoder is given, `[B, T, D]`, before they are scaled.
    pub target: Tensor,
    /// At the patterns of the encoder, by layer, `[B, H, S, S]`.
    pub encoder: Vec<Tensor>,
    /// At the decoder's self-attention, by layer, `[B, H, T, T]`.
    pub decoder: Vec<Tensor>,
    /// At what the decoder attends to in the source, by layer, `[B, H, T, S]`.
    pub cross: Vec<Tensor>,
}

impl Translator {
    /// The word embeddings of the source, `[1, S, D]`, and those that the decoder is given, `[1, T, D]`.
    ///
    /// # Errors
    ///
    /// Where the ids do not fit the model.
    pub fn words(&self, source: &[u32], decoder_input: &[u32]) -> Result<[Tensor; 2]> {
        self.check_source(source).map_err(Error::wrap)?;
        self.check_target(decoder_input).map_err(Error::wrap)?;
        Ok([self.encoder.words(&self.ids(&[source])?)?, self.decoder.words(&self.ids(&[decoder_input])?)?])
    }

    /// The gradients at the observed word embeddings, of one pass.
    ///
    /// # Errors
    ///
    /// Where the ids, the row or the target do not fit the model, and where the engine fails.
    pub fn gradients(&self, asked: &Asked<'_>) -> Result<Sensitivity> {
        let [source, target] = self.words(asked.source, asked.decoder_input)?;
        self.gradients_at(asked, &source, &target)
    }

    /// The gradients at other word embeddings, `[B, S, D]` and `[B, T, D]`, in the places of the observed.
    ///
    /// # Errors
    ///
    /// As [`Self::gradients`].
    pub fn gradients_at(&self, asked: &Asked<'_>, source: &Tensor, target: &Tensor) -> Result<Sensitivity> {
        let ((batch, s, _), (of_target, t, width)) = (source.dims3()?, target.dims3()?);
        let sizes = (asked.source.len(), asked.decoder_input.len());
        if (s, t) != sizes || batch != of_target || asked.row >= t {
            candle_core::bail!(
                "word embeddings or the row that is read do not fit texts of {sizes:?} tokens"
            );
        }
        if let Some(found) = asked.target.classes().find(|&class| class >= self.readout.classes()) {
            candle_core::bail!("the vocabulary has no token {found}");
        }
        let [places, types] = self.places(&self.encoder, &vec![asked.source; batch])?;
        let mut read = self.encoder.tape(source, (&places, &types), None, Rows::All, &mut Untapped)?;
        let states = std::mem::replace(&mut read.hidden, types.clone());
        let memory = Memory { states, blocked: None };
        let [places, types] = self.places(&self.decoder, &vec![asked.decoder_input; batch])?;
        let written = self.decoder.tape_over(target, (&places, &types), memory, Rows::All, &mut Untapped)?;
        let row = written.hidden.narrow(1, asked.row, 1)?.contiguous()?;
        let readout = self.readout.forward(&row)?;
        let logits = rows_f64(&readout.logits)?;
        let at: Vec<f64> = logits.iter().flat_map(|row| asked.target.gradient(row)).collect();
        let at = self.made(at, readout.logits.shape())?;
        let at = self.readout.reverse(&readout, &at)?.reshape((batch, 1, width))?;
        let at = at.pad_with_zeros(1, asked.row, t - asked.row - 1)?;
        let above = self.decoder.reverse(written, &at, asked.graph, Keep::Every)?;
        let (Some(at_target), Some(at_memory)) = (above.words, above.memory) else {
            candle_core::bail!("the reverse pass ended above the embeddings")
        };
        let below = self.encoder.reverse(read, &at_memory, asked.graph, Keep::Every)?;
        let Some(at_source) = below.words else {
            candle_core::bail!("the reverse pass ended above the embeddings")
        };
        Ok(Sensitivity {
            values: logits.iter().map(|row| asked.target.value(row)).collect(),
            source: at_source,
            target: at_target,
            encoder: below.patterns,
            decoder: above.patterns,
            cross: above.cross,
        })
    }
}
