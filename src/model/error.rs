//! What can be wrong with a model.

use std::path::PathBuf;

/// What a `.bin` is read as.
pub(super) const PICKLE: &str = "a PyTorch archive";

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// config.json is not JSON, or a field is missing or of the wrong kind.
    #[error("config.json cannot be read as a {family} configuration: {reason}")]
    Config {
        /// The model type it was read as.
        family: String,
        /// The parser's words.
        reason: String,
    },
    /// An architecture this version does not have.
    #[error("model_type {found:?} is not supported")]
    UnknownFamily {
        /// What config.json says.
        found: String,
    },
    /// A known architecture with a feature this version does not compute.
    #[error("config.json asks for {field} = {found}, which is not supported")]
    UnsupportedFeature {
        /// The field.
        field: String,
        /// Its value.
        found: String,
    },
    /// No head that decides anything.
    #[error("the model has no classification or masked-word head (architectures: {found})")]
    NoHead {
        /// What config.json names.
        found: String,
    },
    /// A weights file that is not what it should be.
    #[error("{path} cannot be read as {format}: {reason}")]
    WeightsFile {
        /// The file.
        path: PathBuf,
        /// The format it was read as.
        format: &'static str,
        /// The parser's words.
        reason: String,
    },
    /// A tensor the architecture needs is not there.
    #[error("tensor {name} is missing from the weights")]
    MissingTensor {
        /// Its name in the weights.
        name: String,
    },
    /// The same tensor in two files.
    #[error("tensor {name} stands in two weights files")]
    DuplicateTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape than config.json implies.
    #[error("tensor {name} has shape {found:?}, but config.json implies {expected:?}")]
    WrongShape {
        /// Its name.
        name: String,
        /// What the config implies.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
    /// A tensor of an element type that is not a float.
    #[error("tensor {name} has element type {found}, not f32, f16, bf16 or f64")]
    WrongType {
        /// Its name.
        name: String,
        /// The type.
        found: String,
    },
    /// Tensors nobody used: the config describes another model.
    #[error("a {family} model has no place for {count} of the tensors, the first is {first}")]
    LeftOver {
        /// The model type.
        family: &'static str,
        /// How many.
        count: usize,
        /// The first by name.
        first: String,
    },
    /// NaN or infinity in a weight.
    #[error("tensor {name} holds {found} at flat index {index}")]
    NotFinite {
        /// Its name.
        name: String,
        /// The number, in words.
        found: String,
        /// Where.
        index: usize,
    },
    /// Logits that are not numbers.
    #[error("the model's logits are not finite ({found}) for this input")]
    LogitsNotFinite {
        /// The logits, in words.
        found: String,
    },
    /// A token id outside the embedding.
    #[error("the tokenizer gives ids up to {largest}, but the embedding has {rows} rows")]
    Vocabulary {
        /// The largest id.
        largest: usize,
        /// Rows of the embedding.
        rows: usize,
    },
    /// No token at all.
    #[error("the text has no tokens")]
    Empty,
    /// More tokens than there are places.
    #[error("the text has {found} tokens, but the model takes at most {longest}")]
    TooLong {
        /// T.
        found: usize,
        /// The most there may be.
        longest: usize,
    },
    /// A number of a sequence that points outside the model or the text.
    #[error("{what} {found} is outside, there are {count}")]
    Outside {
        /// Which number: a token id, a place, a token type, the decision token, a class.
        what: &'static str,
        /// The number.
        found: usize,
        /// How many there are; numbers from 0.
        count: usize,
    },
    /// Ids, types and places that are not of one length.
    #[error("a text of {ids} ids has {types} token types and {places} places")]
    Lengths {
        /// T.
        ids: usize,
        /// Of the types.
        types: usize,
        /// Of the places.
        places: usize,
    },
    /// A tensor operation failed; a bug unless memory ran out.
    #[error("a tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl ModelError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownFamily { .. } => {
                format!("supported model types: {}", super::families::names().join(", "))
            }
            Self::UnsupportedFeature { .. } => {
                "a result computed without this feature would be wrong, so nothing was computed".to_owned()
            }
            Self::NoHead { .. } => {
                "give a fine-tuned …ForSequenceClassification (or …ForMaskedLM) model, not the bare encoder"
                    .to_owned()
            }
            Self::Config { .. } => {
                "take config.json from where the weights come from, or save the model again with `save_pretrained`"
                    .to_owned()
            }
            Self::WeightsFile { format: PICKLE, .. } => {
                "the file may be cut short, or older than PyTorch 1.6; save the model again with `save_pretrained`, \
                 which writes model.safetensors"
                    .to_owned()
            }
            Self::WeightsFile { .. } => "the file may be cut short; copy or download it again".to_owned(),
            Self::MissingTensor { .. } | Self::LeftOver { .. } | Self::WrongShape { .. } => {
                "config.json and the weights do not belong together; take both from one checkpoint".to_owned()
            }
            Self::NotFinite { .. } | Self::LogitsNotFinite { .. } => {
                "the checkpoint is damaged or overflowed in half precision; save it again in f32".to_owned()
            }
            Self::Vocabulary { .. } | Self::Outside { what: "token id", .. } => {
                "tokenizer.json and the weights do not belong together; take both from one checkpoint"
                    .to_owned()
            }
            Self::DuplicateTensor { .. } => {
                "remove the file that does not belong to this checkpoint".to_owned()
            }
            Self::TooLong { longest, .. } => {
                format!("split the text into windows of at most {longest} tokens")
            }
            _ => return None,
        };
        Some(hint)
    }
}

/// The error without the backtrace that candle may have wrapped it in.
pub(super) fn without_backtrace(error: &candle_core::Error) -> &candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => without_backtrace(inner),
        error => error,
    }
}
