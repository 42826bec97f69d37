//! The model: one transformer for every architecture, its forward and reverse pass, and its head.

mod batch;
pub mod error;
pub mod families;
pub mod head;
pub mod kernels;
pub mod probe;
pub mod reverse;
pub mod sequence;
pub mod source;
pub mod spec;
pub mod tap;
pub mod transformer;
mod weights;

use candle_core::{DType, Device, Tensor};

pub use error::ModelError;
pub use head::{Head, Target, Task, softmax};
pub use probe::{Probe, Trace};
pub use reverse::{Gradients, Graph};
pub use sequence::Sequence;
pub use spec::Spec;
pub use transformer::{Rows, State, Transformer};

use families::Config;
use source::Weights;
use weights::Store;

/// The element type the engine computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: the default.
    F32,
    /// 64 bits: to tell rounding from fact, at about three times the cost.
    F64,
}

impl Precision {
    fn dtype(self) -> DType {
        match self {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        }
    }

    /// "f32" or "f64".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}

/// A transformer with its head; immutable, shared between threads.
#[derive(Debug)]
pub struct Model {
    /// The layers.
    pub transformer: Transformer,
    /// What decides.
    pub head: Head,
    /// The classes' names; empty for a masked-word head, whose classes are the vocabulary.
    pub labels: Vec<String>,
    /// True where a single logit was trained as a value: it is read as log-odds all the same, and whoever shows
    /// a probability must say so.
    pub regression: bool,
    /// SHA-256 of the weights files.
    pub sha256: String,
    /// What it computes in.
    pub precision: Precision,
}

impl Model {
    /// Builds the model that `config` describes (the bytes of config.json) from its weights files.
    ///
    /// # Errors
    ///
    /// Names the field, tensor or file that is missing, unsupported, left over, of the wrong shape or type,
    /// or not finite.
    pub fn load(config: &[u8], weights: &Weights, precision: Precision) -> Result<Self, ModelError> {
        let config = Config::parse(config)?;
        let mut store = Store::open(weights, precision.dtype())?;
        let parts = families::build(&config, &mut store)?;
        let labels = match parts.head.task {
            Task::MaskedLm => Vec::new(),
            Task::Classification => match config.labels()? {
                one if one.len() == 1 => vec![format!("not {}", one[0]), one[0].clone()],
                labels => labels,
            },
        };
        Ok(Self {
            transformer: parts.transformer,
            head: parts.head,
            labels,
            regression: config.is_regression()?,
            sha256: store.sha256().to_owned(),
            precision,
        })
    }

    /// Shape and choices.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.transformer.spec
    }

    fn tensor_u32(ids: &[u32]) -> candle_core::Result<Tensor> {
        Tensor::from_slice(ids, ids.len(), &Device::Cpu)
    }
}
