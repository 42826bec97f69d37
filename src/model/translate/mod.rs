//! Models that translate: an encoder over the source, a decoder over what has been written, and a readout of words.

mod beams;
mod generate;
mod passes;
mod search;

pub(in crate::model) use passes::written;

pub use search::{Search, Stop};

use super::Model;
use super::device::Engine;
use super::error::ModelError;
use super::families::{Config, seq2seq, translators};
use super::readout::{Readout, Task};
use super::sequence::Sequence;
use super::source::Weights;
use super::transformer::Transformer;
use super::weights::Store;

/// Whether config.json is of an encoder-decoder of a family that is known.
#[must_use]
pub fn translates(config: &[u8]) -> bool {
    let config: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
    config["model_type"].as_str().is_some_and(|name| translators().contains(&name))
}

/// An encoder-decoder with the way in which it writes; immutable, shared between threads.
#[derive(Debug)]
pub struct Translator {
    /// Both halves. It is asked for one token of a translation at a time: of sequences
    /// [with what was written](Sequence::with_given).
    pub model: Model,
    /// How the model's files say that it is to be searched for a translation.
    pub search: Search,
    /// What the decoder is started with.
    pub start: u32,
    /// What stands for padding.
    pub pad: u32,
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
        let model = Model {
            encoder: Some(found.encoder),
            transformer: found.decoder,
            readout: Readout { task: Task::Translation, ..found.readout },
            labels: Vec::new(),
            regression: false,
            sha256: store.sha256().to_owned(),
            precision: engine.precision,
            notes: store.notes(),
        };
        Ok(Self { model, search, start, pad })
    }

    /// The ids that the decoder is given so that it is asked for each of `labels` in turn: the start, and all but the last.
    #[must_use]
    pub fn decoder_input(&self, labels: &[u32]) -> Vec<u32> {
        let before = labels.split_last().map_or(&[][..], |(_, before)| before);
        std::iter::once(self.start).chain(before.iter().copied()).collect()
    }

    /// A source with what the decoder is given of its translation, the start first.
    #[must_use]
    pub fn sequence(&self, source: &[u32], decoder_input: &[u32]) -> Sequence {
        let positions = self.model.reader().spec.positions;
        Sequence::new(source.to_vec(), vec![0; source.len()], 0, positions).with_given(decoder_input)
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
