//! The model types, each a row: its names, the fields that it reads, and what reads its weights.

use super::default::Fields;
use super::fields;

/// Which file of this folder reads a family's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Bert,
    Roberta,
    Electra,
    DistilBert,
    Albert,
}

/// A model type: how its configuration and its weights are read.
#[derive(Debug)]
pub(super) struct Family {
    /// `model_type` in config.json.
    pub name: &'static str,
    /// What the names of its classes begin with.
    pub class: &'static str,
    /// What the names of the encoder's tensors begin with.
    pub base: &'static str,
    /// The fields of config.json that it reads, each with its default.
    pub fields: Fields,
    /// Fields by their common names, with the family's own.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The tensor that only a classifier of texts has.
    pub classifier: &'static str,
    /// The tensor that only a masked-word readout has.
    pub words: &'static str,
    /// Which of these files reads its weights.
    pub reader: Reader,
}

const BERT: Family = Family {
    name: "bert",
    class: "Bert",
    base: "bert",
    fields: fields::BERT,
    aliases: &[],
    classifier: "classifier.weight",
    words: "cls.predictions.transform.dense.weight",
    reader: Reader::Bert,
};

const ROBERTA: Family = Family {
    name: "roberta",
    class: "Roberta",
    base: "roberta",
    fields: fields::ROBERTA,
    aliases: &[],
    classifier: "classifier.out_proj.weight",
    words: "lm_head.dense.weight",
    reader: Reader::Roberta,
};

/// Every model type this version computes.
pub(super) const FAMILIES: [Family; 7] = [
    BERT,
    ROBERTA,
    Family { name: "xlm-roberta", class: "XLMRoberta", fields: fields::XLM_ROBERTA, ..ROBERTA },
    Family { name: "camembert", class: "Camembert", fields: fields::XLM_ROBERTA, ..ROBERTA },
    Family {
        name: "electra",
        class: "Electra",
        base: "electra",
        fields: fields::ELECTRA,
        classifier: "classifier.out_proj.weight",
        words: "generator_predictions.dense.weight",
        reader: Reader::Electra,
        ..BERT
    },
    Family {
        name: "distilbert",
        class: "DistilBert",
        base: "distilbert",
        fields: fields::DISTILBERT,
        aliases: &[
            ("hidden_size", "dim"),
            ("num_attention_heads", "n_heads"),
            ("num_hidden_layers", "n_layers"),
        ],
        words: "vocab_transform.weight",
        reader: Reader::DistilBert,
        ..BERT
    },
    Family {
        name: "albert",
        class: "Albert",
        base: "albert",
        fields: fields::ALBERT,
        words: "predictions.dense.weight",
        reader: Reader::Albert,
        ..BERT
    },
];

/// The supported model types.
#[must_use]
pub fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}
