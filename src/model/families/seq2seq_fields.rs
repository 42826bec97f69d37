//! The fields of config.json that encoder-decoders read, each with what transformers takes where it is absent, and their table.

use super::default::Default::{Count, Empty, Flag, Text};
use super::default::Fields;
use super::t5;
use super::table::{Family, Reader};
use crate::model::readout::Task;

macro_rules! fields {
    ($(($name:literal, $default:expr)),* $(,)?) => {
        &[
            ("max_position_embeddings", Count(1024)),
            ("encoder_layers", Count(12)),
            ("encoder_ffn_dim", Count(4096)),
            ("encoder_attention_heads", Count(16)),
            ("decoder_layers", Count(12)),
            ("decoder_ffn_dim", Count(4096)),
            ("decoder_attention_heads", Count(16)),
            ("d_model", Count(1024)),
            ("is_encoder_decoder", Flag(true)),
            ("tie_word_embeddings", Flag(true)),
            $(($name, $default)),*
        ]
    };
}

const MARIAN_FIELDS: Fields = fields![
    ("vocab_size", Count(58101)),
    ("decoder_vocab_size", Empty),
    ("activation_function", Text("gelu")),
    ("scale_embedding", Flag(false)),
    ("share_encoder_decoder_embeddings", Flag(true)),
    ("pad_token_id", Count(58100)),
];

const BART_FIELDS: Fields = fields![
    ("vocab_size", Count(50265)),
    ("activation_function", Text("gelu")),
    ("scale_embedding", Flag(false)),
    ("pad_token_id", Count(1)),
];

const M2M_FIELDS: Fields = fields![
    ("vocab_size", Count(128_112)),
    ("activation_function", Text("relu")),
    ("scale_embedding", Flag(true)),
    ("pad_token_id", Count(1)),
];

const PEGASUS_FIELDS: Fields = fields![
    ("vocab_size", Count(50265)),
    ("activation_function", Text("gelu")),
    ("scale_embedding", Flag(false)),
    ("pad_token_id", Count(0)),
];

/// Fields that the classes of transformers never look at: those of the programs that trained the models, and those for
/// training.
const IDLE: &[&str] = &[
    "encoder_layerdrop",
    "decoder_layerdrop",
    "init_std",
    "static_position_embeddings",
    "normalize_before",
    "normalize_embedding",
    "add_final_layer_norm",
    "add_bias_logits",
    "extra_pos_embeddings",
    "force_bos_token_to_be_generated",
    "output_past",
];

const MARIAN: Family = Family {
    name: "marian",
    class: "Marian",
    base: "model",
    parts: &["shared.", "encoder.", "decoder."],
    embedding: "model.shared.weight",
    fields: MARIAN_FIELDS,
    older: &[],
    idle: IDLE,
    aliases: &[
        ("hidden_size", "d_model"),
        ("num_attention_heads", "encoder_attention_heads"),
        ("num_hidden_layers", "encoder_layers"),
    ],
    classifier: "classification_head.out_proj.weight",
    speaks: Task::NextToken,
    words: "lm_head.weight",
    reader: Reader::Marian,
};

/// The types of encoder-decoders.
pub(super) const FAMILIES: [Family; 7] = [
    MARIAN,
    Family { name: "bart", class: "Bart", fields: BART_FIELDS, reader: Reader::Bart, ..MARIAN },
    Family { name: "mbart", class: "MBart", fields: BART_FIELDS, reader: Reader::MBart, ..MARIAN },
    Family { name: "m2m_100", class: "M2M100", fields: M2M_FIELDS, reader: Reader::M2M100, ..MARIAN },
    Family { name: "pegasus", class: "Pegasus", fields: PEGASUS_FIELDS, reader: Reader::Pegasus, ..MARIAN },
    t5::T5,
    t5::MT5,
];
