//! Every field of config.json that transformers acts on, and what is done with it here: one table.
//!
//! A field of no row changes no number in transformers either, for its configuration keeps what it does not know and
//! no model asks for it. But another program may have trained the model by it, so one that sounds like it is refused,
//! and any other is named in a note.

use serde_json::Value;

use super::default::Default::{self, Count, Empty, Flag, Number, Text};
use super::default::Fields;
use super::known::{CLASSES, HARMLESS, ONLY, STRUCTURE};
use super::table::Family;
use crate::model::spec::Activation;

/// What is done with a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Read, with this in its place where it is absent.
    Honoured(Default),
    /// Changes no number of an audit: training, generation, what is returned, or another readout.
    Harmless,
    /// Computed for no other value than this one, or none at all.
    Only(Default),
    /// In no row of the table, and named like a part of the computation.
    Suspect,
    /// In no row of the table.
    Unread,
}

pub(super) const BERT: Fields = &[
    ("vocab_size", Count(30522)),
    ("hidden_size", Count(768)),
    ("num_hidden_layers", Count(12)),
    ("num_attention_heads", Count(12)),
    ("intermediate_size", Count(3072)),
    ("hidden_act", Text("gelu")),
    ("max_position_embeddings", Count(512)),
    ("type_vocab_size", Count(2)),
    ("layer_norm_eps", Number(1e-12)),
    ("tie_word_embeddings", Flag(true)),
];

pub(super) const ROBERTA: Fields = &[
    ("vocab_size", Count(50265)),
    ("hidden_size", Count(768)),
    ("num_hidden_layers", Count(12)),
    ("num_attention_heads", Count(12)),
    ("intermediate_size", Count(3072)),
    ("hidden_act", Text("gelu")),
    ("max_position_embeddings", Count(512)),
    ("type_vocab_size", Count(2)),
    ("layer_norm_eps", Number(1e-12)),
    ("pad_token_id", Count(1)),
    ("tie_word_embeddings", Flag(true)),
];

/// XLM-R's and `CamemBERT`'s: `RoBERTa`'s but for the vocabulary.
pub(super) const XLM_ROBERTA: Fields = &[
    ("vocab_size", Count(30522)),
    ("hidden_size", Count(768)),
    ("num_hidden_layers", Count(12)),
    ("num_attention_heads", Count(12)),
    ("intermediate_size", Count(3072)),
    ("hidden_act", Text("gelu")),
    ("max_position_embeddings", Count(512)),
    ("type_vocab_size", Count(2)),
    ("layer_norm_eps", Number(1e-12)),
    ("pad_token_id", Count(1)),
    ("tie_word_embeddings", Flag(true)),
];

pub(super) const ELECTRA: Fields = &[
    ("vocab_size", Count(30522)),
    ("embedding_size", Count(128)),
    ("hidden_size", Count(256)),
    ("num_hidden_layers", Count(12)),
    ("num_attention_heads", Count(4)),
    ("intermediate_size", Count(1024)),
    ("hidden_act", Text("gelu")),
    ("max_position_embeddings", Count(512)),
    ("type_vocab_size", Count(2)),
    ("layer_norm_eps", Number(1e-12)),
    ("tie_word_embeddings", Flag(true)),
];

pub(super) const DISTILBERT: Fields = &[
    ("vocab_size", Count(30522)),
    ("max_position_embeddings", Count(512)),
    ("sinusoidal_pos_embds", Flag(false)),
    ("n_layers", Count(6)),
    ("n_heads", Count(12)),
    ("dim", Count(768)),
    ("hidden_dim", Count(3072)),
    ("activation", Text("gelu")),
    ("tie_word_embeddings", Flag(true)),
];

pub(super) const ALBERT: Fields = &[
    ("vocab_size", Count(30000)),
    ("embedding_size", Count(128)),
    ("hidden_size", Count(4096)),
    ("num_hidden_layers", Count(12)),
    ("num_hidden_groups", Count(1)),
    ("num_attention_heads", Count(64)),
    ("intermediate_size", Count(16384)),
    ("inner_group_num", Count(1)),
    ("hidden_act", Text("gelu_new")),
    ("max_position_embeddings", Count(512)),
    ("type_vocab_size", Count(2)),
    ("layer_norm_eps", Number(1e-12)),
    ("tie_word_embeddings", Flag(true)),
];

/// What a family does with a field of this value.
pub(super) fn meaning(family: &Family, field: &str, value: &Value) -> Meaning {
    if let Some((_, default)) = family.fields.iter().find(|(name, _)| *name == field) {
        return Meaning::Honoured(*default);
    }
    if family.idle.contains(&field) {
        return Meaning::Harmless;
    }
    if CLASSES.contains(&field) || family.older.contains(&field) {
        return Meaning::Honoured(Empty);
    }
    if let Some((_, only)) = ONLY.iter().find(|(name, _)| *name == field) {
        return Meaning::Only(*only);
    }
    let ends =
        ["dropout", "_pdrop", "_prob", "_token_id", "_token_ids"].iter().any(|end| field.ends_with(end));
    if ends || HARMLESS.contains(&field) || is_empty(value) {
        return Meaning::Harmless;
    }
    // Another family's field is not this one's.
    let is_of_another = [BERT, ROBERTA, ELECTRA, DISTILBERT, ALBERT]
        .iter()
        .any(|fields| fields.iter().any(|(name, _)| *name == field));
    let lower = field.to_lowercase();
    if !is_of_another && lower.split(['_', '-', '.']).any(|word| STRUCTURE.contains(&word)) {
        return Meaning::Suspect;
    }
    Meaning::Unread
}

/// Whether a field that is computed for `only` one value has it.
pub(super) fn allows(only: Default, value: &Value) -> bool {
    is_empty(value) || only.says(value)
}

/// Whether a value asks for nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}

/// transformers' activation names. `gelu_fast` and `gelu_accurate` are the tanh form with its constant written out or
/// rounded in the eleventh digit; what is absent is another function.
pub(super) fn activation(name: &str) -> Option<Activation> {
    match name {
        "gelu" | "gelu_python" => Some(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_accurate" | "gelu_fast" => {
            Some(Activation::GeluTanh)
        }
        "relu" => Some(Activation::Relu),
        "silu" | "swish" => Some(Activation::Silu),
        "tanh" => Some(Activation::Tanh),
        _ => None,
    }
}
