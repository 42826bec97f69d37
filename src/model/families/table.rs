//! The model types, each a row: its names, the fields that it reads, and what reads its weights.

use super::default::Fields;
use super::{decoder_fields, fields, rope, seq2seq_fields};
use crate::model::readout::Task;

/// Which file of this folder reads a family's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Bert,
    Roberta,
    Electra,
    DistilBert,
    Albert,
    Gpt2,
    GptNeoX,
    Opt,
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
    Gemma2,
    Gemma3,
    Phi,
    Phi3,
    Marian,
    Bart,
    MBart,
    M2M100,
    Pegasus,
    T5,
}

/// A model type: how its configuration and its weights are read.
#[derive(Debug)]
pub(super) struct Family {
    /// `model_type` in config.json.
    pub name: &'static str,
    /// What the names of its classes begin with.
    pub class: &'static str,
    /// What the names of the tensors below the readout begin with.
    pub base: &'static str,
    /// What they begin with where that is left out.
    pub parts: &'static [&'static str],
    /// The matrix of word embeddings.
    pub embedding: &'static str,
    /// The fields of config.json that it reads, each with its default.
    pub fields: Fields,
    /// Fields that its class in transformers does not have and that are read all the same, where they are there: those of
    /// earlier versions, and those that a model takes of any configuration.
    pub older: &'static [&'static str],
    /// Fields of its class that change no number of an audit.
    pub idle: &'static [&'static str],
    /// Fields by their common names, with the family's own.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The tensor that only a classifier of texts has.
    pub classifier: &'static str,
    /// What it decides where it is no classifier: about a masked word, or the next one.
    pub speaks: Task,
    /// The tensor that only a readout of words has, where it is not shared with the word embeddings.
    pub words: &'static str,
    /// Which of these files reads its weights.
    pub reader: Reader,
}

const BERT: Family = Family {
    name: "bert",
    class: "Bert",
    base: "bert",
    parts: &["embeddings.", "embeddings_project.", "encoder.", "transformer."],
    embedding: "bert.embeddings.word_embeddings.weight",
    fields: fields::BERT,
    older: &[],
    idle: &[],
    aliases: &[],
    classifier: "classifier.weight",
    speaks: Task::MaskedLm,
    words: "cls.predictions.transform.dense.weight",
    reader: Reader::Bert,
};

const ROBERTA: Family = Family {
    name: "roberta",
    class: "Roberta",
    base: "roberta",
    embedding: "roberta.embeddings.word_embeddings.weight",
    fields: fields::ROBERTA,
    classifier: "classifier.out_proj.weight",
    words: "lm_head.dense.weight",
    reader: Reader::Roberta,
    ..BERT
};

const LLAMA: Family = Family {
    name: "llama",
    class: "Llama",
    base: "model",
    parts: &["embed_tokens.", "layers.", "norm."],
    embedding: "model.embed_tokens.weight",
    fields: decoder_fields::LLAMA,
    older: rope::OLDER,
    idle: &["pretraining_tp"],
    aliases: &[],
    classifier: "score.weight",
    speaks: Task::NextToken,
    words: "lm_head.weight",
    reader: Reader::Llama,
};

/// Every model type this version computes.
pub(super) const FAMILIES: [Family; 18] = [
    BERT,
    ROBERTA,
    Family { name: "xlm-roberta", class: "XLMRoberta", fields: fields::XLM_ROBERTA, ..ROBERTA },
    Family { name: "camembert", class: "Camembert", fields: fields::XLM_ROBERTA, ..ROBERTA },
    Family {
        name: "electra",
        class: "Electra",
        base: "electra",
        embedding: "electra.embeddings.word_embeddings.weight",
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
        embedding: "distilbert.embeddings.word_embeddings.weight",
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
        embedding: "albert.embeddings.word_embeddings.weight",
        fields: fields::ALBERT,
        words: "predictions.dense.weight",
        reader: Reader::Albert,
        ..BERT
    },
    Family {
        name: "gpt2",
        class: "GPT2",
        base: "transformer",
        parts: &["wte.", "wpe.", "h.", "ln_f."],
        embedding: "transformer.wte.weight",
        fields: decoder_fields::GPT2,
        older: &[],
        // It changes what is rounded, and no more.
        idle: &["reorder_and_upcast_attn"],
        aliases: &[
            ("hidden_size", "n_embd"),
            ("max_position_embeddings", "n_positions"),
            ("num_attention_heads", "n_head"),
            ("num_hidden_layers", "n_layer"),
        ],
        reader: Reader::Gpt2,
        ..LLAMA
    },
    Family {
        name: "gpt_neox",
        class: "GPTNeoX",
        base: "gpt_neox",
        parts: &["embed_in.", "layers.", "final_layer_norm."],
        embedding: "gpt_neox.embed_in.weight",
        fields: decoder_fields::GPT_NEOX,
        older: &["rotary_emb_base", "rotary_pct", "rope_scaling"],
        idle: &[],
        reader: Reader::GptNeoX,
        ..LLAMA
    },
    Family {
        name: "opt",
        class: "OPT",
        parts: &["decoder."],
        embedding: "model.decoder.embed_tokens.weight",
        fields: decoder_fields::OPT,
        older: &[],
        idle: &["layerdrop", "init_std"],
        reader: Reader::Opt,
        ..LLAMA
    },
    LLAMA,
    Family {
        name: "mistral",
        class: "Mistral",
        fields: decoder_fields::MISTRAL,
        idle: &[],
        reader: Reader::Mistral,
        ..LLAMA
    },
    Family {
        name: "qwen2",
        class: "Qwen2",
        fields: decoder_fields::QWEN2,
        idle: &[],
        reader: Reader::Qwen2,
        ..LLAMA
    },
    Family {
        name: "qwen3",
        class: "Qwen3",
        fields: decoder_fields::QWEN3,
        idle: &[],
        reader: Reader::Qwen3,
        ..LLAMA
    },
    Family {
        name: "gemma2",
        class: "Gemma2",
        fields: decoder_fields::GEMMA2,
        idle: &[],
        reader: Reader::Gemma2,
        ..LLAMA
    },
    Family {
        name: "gemma3_text",
        class: "Gemma3",
        fields: decoder_fields::GEMMA3,
        older: &[
            "rope_theta",
            "rope_scaling",
            "rope_local_base_freq",
            "sliding_window_pattern",
            "_sliding_window_pattern",
        ],
        // Its attention never caps a score, whatever this says.
        idle: &["attn_logit_softcapping"],
        reader: Reader::Gemma3,
        ..LLAMA
    },
    Family {
        name: "phi",
        class: "Phi",
        parts: &["embed_tokens.", "layers.", "final_layernorm."],
        fields: decoder_fields::PHI,
        idle: &[],
        reader: Reader::Phi,
        ..LLAMA
    },
    Family {
        name: "phi3",
        class: "Phi3",
        fields: decoder_fields::PHI3,
        idle: &[],
        reader: Reader::Phi3,
        ..LLAMA
    },
];

/// The supported types of encoder-decoders.
#[must_use]
pub fn translators() -> Vec<&'static str> {
    seq2seq_fields::FAMILIES.iter().map(|family| family.name).collect()
}

/// The supported model types.
#[must_use]
pub fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}

/// The family of a class of transformers, such as `BertForMaskedLM`.
pub(super) fn family_of(families: &'static [Family], class: &str) -> Option<&'static Family> {
    families.iter().find(|family| {
        class.strip_prefix(family.class).is_some_and(|rest| {
            rest.starts_with("For") || rest == "MTModel" || rest == "Model" || rest == "LMHeadModel"
        })
    })
}
