//! What can be wrong with a model.

use std::path::PathBuf;

use super::note::quoted;

/// How an adapter becomes part of a model.
pub(super) const MERGE: &str = "merge it into its base model and save that: \
     `PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(folder)`";

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
        /// What the parser says.
        reason: String,
    },
    /// An architecture this version does not have.
    #[error("model_type {found:?} is not supported")]
    UnknownFamily {
        /// The type that config.json names.
        found: String,
        /// The model types there are.
        supported: Vec<&'static str>,
    },
    /// An encoder-decoder where a model that decides was asked for.
    #[error("model_type {found:?} is an encoder-decoder, which writes a text and decides about none")]
    EncoderDecoder {
        /// The type that config.json names.
        found: String,
    },
    /// A model that is no encoder-decoder where one was asked for.
    #[error("model_type {found:?} is no encoder-decoder: it translates nothing")]
    NoDecoder {
        /// The type that config.json names.
        found: String,
    },
    /// An encoder-decoder of a class that writes no text.
    #[error("config.json names {found}, which writes no text")]
    NotWriting {
        /// The class of transformers that config.json names.
        found: String,
    },
    /// A search for a text that this version does not do.
    #[error("generation_config.json asks for {field} = {found}, which is not supported")]
    UnsupportedSearch {
        /// The field.
        field: String,
        /// Its value.
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
    /// No readout that decides anything.
    #[error(
        "the weights hold an encoder without a classification or masked-word head (architectures: {found})"
    )]
    NoReadout {
        /// The architectures that config.json names.
        found: String,
    },
    /// A weights file that is not what it should be.
    #[error("{path} cannot be read as {format}: {reason}")]
    WeightsFile {
        /// The file.
        path: PathBuf,
        /// The format it was read as.
        format: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A tensor the architecture needs is not there.
    #[error("tensor {name} is missing from the weights")]
    MissingTensor {
        /// Its name in transformers.
        name: String,
        /// The first tensor that is there.
        first: Option<String>,
    },
    /// The encoder is there, the classifier is not.
    #[error(
        "config.json names {named}, but the classifier's weights ({name}) are not there: it has not been fine-tuned"
    )]
    NotFineTuned {
        /// `architectures`.
        named: String,
        /// The tensor that is missing.
        name: String,
    },
    /// A model that decides about something else than a text or a masked word.
    #[error(
        "config.json names {found}, which does not decide about a text as a whole or about a masked word"
    )]
    OtherTask {
        /// The architecture.
        found: String,
    },
    /// Weights of an adapter beside those of a model, or alone.
    #[error("the weights hold an adapter that is not merged ({name})")]
    Adapter {
        /// The adapter's first tensor.
        name: String,
    },
    /// A classifier of another number of classes than config.json gives.
    #[error("config.json gives {named} classes ({by}), but the classifier {name} has {found}")]
    Classes {
        /// The tensor.
        name: String,
        /// Classes of the tensor.
        found: usize,
        /// Classes of config.json.
        named: usize,
        /// The field that says so.
        by: &'static str,
    },
    /// Two classes of one name: nobody could tell them apart in a report.
    #[error("id2label in config.json gives the classes {first} and {second} one name, {label:?}")]
    TwoLabels {
        /// The name that both classes have.
        label: String,
        /// The lower class.
        first: usize,
        /// The higher class.
        second: usize,
    },
    /// The same tensor twice.
    #[error("tensor {name} stands twice in the weights")]
    DuplicateTensor {
        /// The tensor's name.
        name: String,
    },
    /// A tensor of another shape than config.json implies.
    #[error("tensor {name} has shape {found:?}, but config.json implies {expected:?}")]
    WrongShape {
        /// The tensor's name.
        name: String,
        /// What the config implies.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
    /// A tensor of an element type that is not a float.
    #[error("tensor {name} has element type {found}, not f32, f16, bf16 or f64")]
    WrongType {
        /// The tensor's name.
        name: String,
        /// The element type that it has.
        found: String,
    },
    /// Tensors nobody used: the config describes another model.
    #[error(
        "the {family} encoder of config.json has no place for {count} of the tensors, the first is {first}"
    )]
    LeftOver {
        /// What the names of the encoder's tensors begin with.
        family: &'static str,
        /// How many tensors there are.
        count: usize,
        /// The first by name.
        first: String,
    },
    /// NaN or infinity in a weight.
    #[error("tensor {name} holds {found} at flat index {index}")]
    NotFinite {
        /// The tensor's name.
        name: String,
        /// The number, in words.
        found: String,
        /// The number's place in the tensor, row-major.
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
        /// The largest id of the tokenizer.
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
        /// T, the text's number of tokens.
        found: usize,
        /// The most there may be.
        longest: usize,
    },
    /// A number of a sequence that points outside the model or the text.
    #[error("{what} {found} is outside, there are {count}")]
    Outside {
        /// Which number: a token id, a place, a token type, the decision token, a class.
        what: &'static str,
        /// The number that is too large.
        found: usize,
        /// How many there are; numbers from 0.
        count: usize,
    },
    /// Ids, types and places that are not of one length.
    #[error("a text of {ids} ids has {types} token types and {places} places")]
    Lengths {
        /// T, the number of ids.
        ids: usize,
        /// The number of token types.
        types: usize,
        /// The number of places.
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
            Self::UnknownFamily { supported, .. } => {
                format!("supported model types: {}", supported.join(", "))
            }
            Self::UnsupportedFeature { .. } => {
                "a result computed without this feature would be wrong, so nothing was computed".to_owned()
            }
            Self::EncoderDecoder { .. } => {
                "translation models are audited by `attncheck align`; the other commands take a classifier, a masked-word \
                 or a language model"
                    .to_owned()
            }
            Self::NoDecoder { .. } => format!(
                "give a translation model, of one of these types: {}",
                super::families::translators().join(", ")
            ),
            Self::NotWriting { .. } => "give a …ForConditionalGeneration or a …MTModel model".to_owned(),
            Self::UnsupportedSearch { .. } => {
                "take the field out of generation_config.json, or give the translation yourself".to_owned()
            }
            Self::NoReadout { .. } => {
                "give a fine-tuned …ForSequenceClassification (or …ForMaskedLM) model, not the bare encoder"
                    .to_owned()
            }
            Self::Config { .. } => {
                "take config.json from where the weights come from, or save the model again with `save_pretrained`"
                    .to_owned()
            }
            Self::WeightsFile { format: PICKLE, .. } => {
                "the file may be cut short, or no state dict; save the model again with `save_pretrained`, which writes \
                 model.safetensors"
                    .to_owned()
            }
            Self::WeightsFile { .. } => {
                "the file may be cut short; copy or download it again (what is deleted from the hub's cache is fetched anew)"
                    .to_owned()
            }
            Self::NotFineTuned { .. } => {
                "transformers would start them at random; give the checkpoint that fine-tuning saved".to_owned()
            }
            Self::OtherTask { .. } => {
                "give a …ForSequenceClassification or a …ForMaskedLM model".to_owned()
            }
            Self::Adapter { .. } => MERGE.to_owned(),
            Self::Classes { .. } => {
                "set id2label and num_labels in config.json to what the classifier was trained on".to_owned()
            }
            Self::TwoLabels { .. } => "give each class a name of its own in id2label".to_owned(),
            Self::MissingTensor { first: Some(first), .. } => format!(
                "transformers would start it anew, so config.json and the weights (with {}) are not of one model; take both \
                 from one checkpoint",
                quoted(first)
            ),
            Self::MissingTensor { first: None, .. } => "the weights hold no tensor at all; save the model again".to_owned(),
            Self::LeftOver { .. } => {
                "a result without them would be another model's; take config.json and weights from one checkpoint"
                    .to_owned()
            }
            Self::WrongShape { .. } => {
                "config.json and the weights are of different models (a field that config.json lacks has the default of \
                 transformers); take both from one checkpoint"
                    .to_owned()
            }
            Self::WrongType { .. } => {
                "weights that were quantised or packed cannot be read; give those of the model in f32, f16 or bf16"
                    .to_owned()
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
