//! What was done with a model's files that whoever reads the result must know.

use std::fmt;

use super::readout::Task;

/// A choice in which the files left room, or contradict one another; taken as transformers takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Fields of config.json that no model of this kind reads.
    Unread {
        /// The fields' names.
        fields: Vec<String>,
    },
    /// A field that config.json should have.
    Default {
        /// The field's name.
        field: &'static str,
        /// The value that was taken.
        value: String,
    },
    /// config.json has no `model_type`.
    ModelType {
        /// What was taken, by the class that it names.
        taken: &'static str,
        /// The class that config.json names under `architectures`.
        class: String,
    },
    /// `num_labels` and `id2label` are of different length.
    LabelCount {
        /// `num_labels`.
        count: usize,
        /// Names in `id2label`.
        named: usize,
    },
    /// `label2id` gives a name another id than `id2label` does, or stands alone.
    LabelIds {
        /// The first such name.
        label: String,
    },
    /// The readout is another than `architectures` says.
    Readout {
        /// What config.json names; empty where it names nothing.
        named: String,
        /// The readout that is in the weights.
        found: Task,
    },
    /// Names of tensors with the prefix that a wrapper left.
    Wrapped {
        /// The prefix that was taken off.
        prefix: &'static str,
        /// How many tensors have it.
        count: usize,
    },
    /// Names of tensors without the encoder's prefix.
    Bare {
        /// The prefix that was put before them.
        base: &'static str,
        /// How many tensors it was put before.
        count: usize,
    },
    /// Names of layer norms as TensorFlow had them.
    OldNames {
        /// How many tensors have such names.
        count: usize,
    },
    /// Tensors outside the model.
    Ignored {
        /// How many tensors are left out.
        count: usize,
        /// The first by name.
        first: String,
    },
    /// Weights of 16 bits.
    Stored {
        /// The types they are stored in.
        types: Vec<&'static str>,
        /// The type that is computed in.
        computed: &'static str,
    },
    /// A bias that the weights lack.
    NoBias {
        /// The bias's name.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { fields } => {
                let names: Vec<String> = fields.iter().take(8).map(|field| quoted(field)).collect();
                let more =
                    if fields.len() > 8 { format!(" and {} more", fields.len() - 8) } else { String::new() };
                write!(f, "config.json: {}{more} ignored, as no such model reads it", names.join(", "))
            }
            Self::Default { field, value } => {
                write!(f, "config.json has no {field}: {value}, the default of transformers, was taken")
            }
            Self::ModelType { taken, class } => {
                write!(f, "config.json has no model_type: {taken} was taken, as it names {}", quoted(class))
            }
            Self::LabelCount { count, named } => write!(
                f,
                "config.json: num_labels is {count}, but id2label names {named}: the classes are LABEL_0 to LABEL_{}, as \
                 in transformers",
                count.saturating_sub(1)
            ),
            Self::LabelIds { label } => write!(
                f,
                "config.json: label2id disagrees with id2label on {}: the classes are those of id2label",
                quoted(label)
            ),
            Self::Readout { named, found } => {
                let head = match found {
                    Task::Classification => "a classifier",
                    Task::MaskedLm => "a masked-word head",
                    Task::NextToken | Task::Translation => "a language model's head",
                };
                if named.is_empty() {
                    write!(f, "config.json names no architecture: the weights hold {head}, which was audited")
                } else {
                    let named = quoted(named);
                    write!(f, "config.json names {named}, but the weights hold {head}, which was audited")
                }
            }
            Self::Wrapped { prefix, count } => {
                write!(
                    f,
                    "{count} tensors: {prefix:?} before the name was taken for a wrapper's and left out"
                )
            }
            Self::Bare { base, count } => write!(f, "{count} tensors: \"{base}.\" was put before the name"),
            Self::OldNames { count } => {
                write!(
                    f,
                    "{count} tensors: gamma and beta were read as the weight and the bias of a layer norm"
                )
            }
            Self::Ignored { count: 1, first } => {
                write!(f, "the tensor {} was ignored, as the model has no place for it", quoted(first))
            }
            Self::Ignored { count, first } => write!(
                f,
                "{count} tensors were ignored, as the model has no place for them; the first is {}",
                quoted(first)
            ),
            Self::Stored { types, computed } => write!(
                f,
                "the weights are stored in {}; all is computed in {computed}, which holds their numbers exactly",
                types.join(" and ")
            ),
            Self::NoBias { name } => {
                write!(f, "the tensor {name} is missing: zeros were taken, as in transformers")
            }
        }
    }
}

/// A name that came from a file: on one line, at most 80 characters of it, nothing a terminal would act on.
pub(super) fn quoted(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    let rest = if short.len() < name.len() { "…" } else { "" };
    format!("{short:?}{rest}")
}
