//! Models that translate: an encoder over the source, a decoder over what has been written, and a readout of words.

mod audited;
mod batch;
mod beams;
mod forced;
mod generate;
mod gradient;
mod search;
mod swapped;

use candle_core::{Result, Tensor};

pub use batch::Case;
pub use forced::Forced;
pub use gradient::{Asked, Sensitivity};
pub use search::{Search, Stop};

use super::device::{Engine, Precision};
use super::error::ModelError;
use super::families::{Config, seq2seq, translators};
use super::note::Note;
use super::pass::Memory;
use super::readout::Readout;
use super::source::Weights;
use super::transformer::{State, Transformer};
use super::weights::Store;

/// Whether config.json is of an encoder-decoder of a family that is known.
#[must_use]
pub fn translates(config: &[u8]) -> bool {
    let config: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
    config["model_type"].as_str().is_some_and(|name| translators().contains(&name))
}

/// An encoder-decoder; immutable, shared between threads. S is the number of source tokens, T that of tokens that the
/// decoder is given, V the size of the target's vocabulary.
#[derive(Debug)]
pub struct Translator {
    /// Reads the source.
    pub encoder: Transformer,
    /// Reads what has been written, and the encoder's last states.
    pub decoder: Transformer,
    /// From the decoder's last states to logits over the vocabulary.
    pub readout: Readout,
    /// How the model's files say that it is to be searched for a translation.
    pub search: Search,
    /// What the decoder is started with.
    pub start: u32,
    /// What stands for padding.
    pub pad: u32,
    /// SHA-256 of the weights files.
    pub sha256: String,
    /// The number type that it computes in.
    pub precision: Precision,
    /// What was done with its files that a reader must know.
    pub notes: Vec<Note>,
}

impl Translator {
    /// Builds the model that `config` describes (the bytes of config.json) from its weights files. `generation` is
    /// generation\_config.json; without it what config.json says of generation is taken, as in transformers.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoDecoder`] where it is no encoder-decoder; else names the field, tensor or file that is missing,
    /// unsupported, left over, of the wrong shape or type, or not finite.
    pub fn load(
        config: &[u8],
        generation: Option<&[u8]>,
        weights: &Weights,
        engine: impl Into<Engine>,
    ) -> std::result::Result<Self, ModelError> {
        let (parsed, engine) = (Config::parse_translator(config)?, engine.into());
        let mut store = Store::open(weights, &engine, parsed.names())?;
        let found = seq2seq::halves(&parsed, &mut store)?;
        let sizes = (found.decoder.spec.vocabulary, found.decoder.spec.longest);
        let (search, start, pad) = search::read((config, generation), found.ids, sizes)?;
        Ok(Self {
            encoder: found.encoder,
            decoder: found.decoder,
            readout: found.readout,
            search,
            start,
            pad,
            sha256: store.sha256().to_owned(),
            precision: engine.precision,
            notes: store.notes(),
        })
    }

    /// The ids that the decoder is given so that it is asked for each of `labels` in turn: the start, and all but the last.
    #[must_use]
    pub fn decoder_input(&self, labels: &[u32]) -> Vec<u32> {
        let before = labels.split_last().map_or(&[][..], |(_, before)| before);
        std::iter::once(self.start).chain(before.iter().copied()).collect()
    }

    /// Where its weights are.
    #[must_use]
    pub fn device(&self) -> &candle_core::Device {
        self.encoder.embedding.words.device()
    }

    /// Whether these source ids can be read: there are some, not too many, and each has its row.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them.
    pub fn check_source(&self, source: &[u32]) -> std::result::Result<(), ModelError> {
        check(&self.encoder, source)
    }

    /// Whether the decoder can be given these ids.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them.
    pub fn check_target(&self, decoder_input: &[u32]) -> std::result::Result<(), ModelError> {
        check(&self.decoder, decoder_input)
    }

    /// Ids of many texts of one length, as `[B, T]`.
    fn ids(&self, texts: &[&[u32]]) -> Result<Tensor> {
        let t = texts.first().map_or(0, |text| text.len());
        Tensor::from_vec(texts.concat(), (texts.len(), t), self.device())
    }

    /// The places of these texts in their table, `[B·T]`, and their types, all 0.
    fn places(&self, half: &Transformer, texts: &[&[u32]]) -> Result<[Tensor; 2]> {
        let places: Vec<u32> = texts.iter().flat_map(|ids| half.spec.positions.of(ids)).collect();
        let places = Tensor::new(places, self.device())?;
        Ok([places.clone(), places.zeros_like()?])
    }

    /// The state that enters a half's first layer from word embeddings `[B, T, D]` in the places of `texts`.
    fn enter(
        &self,
        half: &Transformer,
        words: &Tensor,
        texts: &[&[u32]],
        memory: Option<Memory>,
    ) -> Result<State> {
        let [places, types] = self.places(half, texts)?;
        Ok(State { memory, ..half.enter(words, &places, &types, None)? })
    }
}

/// Whether a half can read these ids.
fn check(half: &Transformer, ids: &[u32]) -> std::result::Result<(), ModelError> {
    let spec = &half.spec;
    if ids.is_empty() {
        return Err(ModelError::Empty);
    }
    if ids.len() > spec.longest {
        return Err(ModelError::TooLong { found: ids.len(), longest: spec.longest });
    }
    match ids.iter().find(|&&id| id as usize >= spec.vocabulary) {
        Some(&found) => {
            Err(ModelError::Outside { what: "token id", found: found as usize, count: spec.vocabulary })
        }
        None => Ok(()),
    }
}
