//! The model: one transformer for every architecture, its forward and reverse pass, and its readout.

pub mod attend;
mod attended;
mod batch;
pub mod device;
mod distinct;
pub mod error;
pub mod families;
pub mod feed;
pub mod kernels;
pub mod layer;
mod mixing;
pub mod note;
pub mod pass;
pub mod past;
pub mod place;
pub mod probe;
pub mod readout;
pub mod reverse;
pub mod scoring;
pub mod sequence;
mod severed;
pub mod source;
pub mod spec;
pub mod step;
mod swapped;
pub mod tap;
mod terms;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod transformer;
pub mod translate;
pub mod visit;
mod weights;
mod work;
mod zeroed;

use candle_core::Tensor;

pub use attended::Attended;
pub use device::{Device, DeviceError, Engine, Precision};
pub use error::ModelError;
pub use layer::Layer;
pub use note::Note;
pub use pass::{Graph, Memory, Rows};
pub use place::Places;
pub use probe::Probe;
pub use readout::{At, Readout, Target, Task, softmax};
pub use reverse::{Gradients, Keep};
pub use sequence::{Given, Sequence};
pub use spec::Spec;
pub use terms::Terms;
pub use trace::{Source, Trace};
pub use transformer::{State, Transformer};
pub use translate::{Search, Translator, translates};
pub use zeroed::{Number, Zeroed};

use families::{Config, Decides};
use source::Weights;
use weights::Store;

/// A transformer with its readout; immutable, shared between threads.
#[derive(Debug)]
pub struct Model {
    /// Reads the text where `transformer` is a decoder that writes its translation; `None` where one transformer does all.
    pub encoder: Option<Transformer>,
    /// Embeddings and layers of what decides.
    pub transformer: Transformer,
    /// From the last hidden states to logits.
    pub readout: Readout,
    /// The classes' names; empty for a masked-word readout, whose classes are the vocabulary.
    pub labels: Vec<String>,
    /// True where a single logit was trained as a value: it is read as log-odds all the same, and whoever shows
    /// a probability must say so.
    pub regression: bool,
    /// SHA-256 of the weights files.
    pub sha256: String,
    /// The number type that it computes in.
    pub precision: Precision,
    /// What was done with its files that a reader must know.
    pub notes: Vec<Note>,
}

impl Model {
    /// Builds the model that `config` describes (the bytes of config.json) from its weights files; a
    /// [`Precision`] in the place of `engine` means the CPU.
    ///
    /// # Errors
    ///
    /// Names the field, tensor or file that is missing, unsupported, left over, of the wrong shape or type,
    /// or not finite.
    pub fn load(config: &[u8], weights: &Weights, engine: impl Into<Engine>) -> Result<Self, ModelError> {
        let config = Config::parse(config)?;
        let engine = engine.into();
        let mut store = Store::open(weights, &engine, config.names())?;
        let (parts, decides) = families::build(&config, &mut store)?;
        let (labels, regression) = match decides {
            Decides::Words => (Vec::new(), false),
            Decides::Classes(labels) => {
                let regression = config.is_regression(labels.names.len());
                match labels.names {
                    one if one.len() == 1 => (vec![format!("not {}", one[0]), one[0].clone()], regression),
                    labels => (labels, regression),
                }
            }
        };
        Ok(Self {
            encoder: None,
            transformer: parts.transformer,
            readout: parts.readout,
            labels,
            regression,
            sha256: store.sha256().to_owned(),
            precision: engine.precision,
            notes: store.notes(),
        })
    }

    /// The transformer's shape and choices.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.transformer.spec
    }

    /// What a class is called; `None` for one that it has no name for, as all of a masked-word readout are.
    #[must_use]
    pub fn label(&self, class: usize) -> Option<&str> {
        self.labels.get(class).map(String::as_str)
    }

    /// Where its weights are, and all that it is fed must be.
    #[must_use]
    pub fn device(&self) -> &candle_core::Device {
        self.transformer.embedding.words.device()
    }

    fn tensor_u32(&self, ids: &[u32]) -> candle_core::Result<Tensor> {
        Tensor::from_slice(ids, ids.len(), self.device())
    }
}
