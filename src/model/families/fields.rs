//! Every field of config.json that transformers acts on, and what is done with it here: one table.
//!
//! A field of no row changes no number in transformers either, for its configuration keeps what it does not know and
//! no model asks for it. But another program may have trained the model by it, so one that sounds like it is refused,
//! and any other is named in a note.

use serde_json::Value;

/// What is done with a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Read, with this in its place where it is absent.
    Honoured(Default),
    /// Changes no number of an audit: training, generation, what is returned, or another head.
    Harmless,
    /// Computed for no other value than this one, or none at all.
    Only(Default),
    /// In no row, and named like a part of the computation.
    Suspect,
    /// In no row.
    Unread,
}

/// What transformers takes where a field is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Default {
    Count(usize),
    Number(f64),
    Text(&'static str),
    Flag(bool),
    /// Nothing at all.
    Empty,
}

impl Default {
    /// Whether a value says no more than this.
    fn says(self, value: &Value) -> bool {
        match self {
            Self::Count(n) => value.as_u64() == Some(n as u64),
            Self::Number(x) => value.as_f64() == Some(x),
            Self::Text(text) => value == text,
            Self::Flag(flag) => *value == flag,
            Self::Empty => false,
        }
    }
}

impl std::fmt::Display for Default {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(n) => n.fmt(f),
            Self::Number(x) => write!(f, "{x:e}"),
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => flag.fmt(f),
            Self::Empty => f.write_str("nothing"),
        }
    }
}

/// Fields that a family reads.
pub(super) type Fields = &'static [(&'static str, Default)];

use self::Default::{Count, Empty, Flag, Number, Text};

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

/// Read for every family: which family, which head, and the names of its classes.
const CLASSES: [&str; 6] =
    ["model_type", "architectures", "num_labels", "id2label", "label2id", "problem_type"];

/// Fields of any family that are computed for one value alone. `Empty` stands for null, false, "", {} and [].
const ONLY: [(&str, Default); 21] = [
    ("is_decoder", Flag(false)),
    ("is_encoder_decoder", Flag(false)),
    ("add_cross_attention", Flag(false)),
    ("cross_attention_hidden_size", Empty),
    ("tie_encoder_decoder", Flag(false)),
    ("position_embedding_type", Text("absolute")),
    ("pruned_heads", Empty),
    ("quantization_config", Empty),
    ("compression_config", Empty),
    ("auto_map", Empty),
    ("per_layer_config", Empty),
    ("layer_types", Empty),
    ("mlp_layer_types", Empty),
    ("sliding_window", Empty),
    ("attention_chunk_size", Empty),
    ("is_causal", Empty),
    ("rope_parameters", Empty),
    ("rope_scaling", Empty),
    ("transformers_weights", Empty),
    ("fusion_config", Empty),
    ("configuration_files", Empty),
];

/// Known to change nothing. What ends in `dropout`, `_prob`, `_token_id` or `_token_ids` is not listed: the first two
/// are for training, and the others for the tokenizer and for generation.
const HARMLESS: [&str; 92] = [
    // Of every configuration.
    "transformers_version",
    "_name_or_path",
    "name_or_path",
    "_commit_hash",
    "return_dict",
    "output_hidden_states",
    "output_attentions",
    "output_past",
    "torchscript",
    "use_bfloat16",
    "tf_legacy_loss",
    "dtype",
    "torch_dtype",
    "chunk_size_feed_forward",
    "initializer_range",
    "initializer_factor",
    "use_cache",
    "tie_last_hidden_states",
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_attn_implementation_internal",
    "experts_implementation",
    "_experts_implementation",
    "_experts_implementation_internal",
    "_output_attentions",
    "return_unused_kwargs",
    "gradient_checkpointing",
    "finetuning_task",
    "task_specific_params",
    "prefix",
    "tokenizer_class",
    "custom_pipelines",
    "sentence_transformers",
    "language",
    "name",
    "model_name",
    // Of heads that are not audited.
    "summary_type",
    "summary_use_proj",
    "summary_activation",
    "summary_proj_to_labels",
    // Left by the programs that published BERT and ALBERT; no model of transformers ever read them.
    "directionality",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
    "num_fc_layers",
    "tie_weights_",
    "net_structure_type",
    "gap_size",
    "num_memory_blocks",
    "down_scale_factor",
    "layers_to_keep",
    // Of generation.
    "max_length",
    "max_new_tokens",
    "min_length",
    "min_new_tokens",
    "early_stopping",
    "max_time",
    "stop_strings",
    "do_sample",
    "num_beams",
    "num_beam_groups",
    "diversity_penalty",
    "penalty_alpha",
    "dola_layers",
    "cache_implementation",
    "cache_config",
    "temperature",
    "top_k",
    "top_p",
    "top_h",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "repetition_penalty",
    "encoder_repetition_penalty",
    "length_penalty",
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "force_words_ids",
    "renormalize_logits",
    "constraints",
    "remove_invalid_values",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
    "sequence_bias",
    "num_return_sequences",
];

/// Words in the names of fields that other programs compute by.
const STRUCTURE: [&str; 62] = [
    "act",
    "activation",
    "adapter",
    "adapters",
    "alibi",
    "attention",
    "attn",
    "bias",
    "block",
    "blocks",
    "causal",
    "conv",
    "convolution",
    "cross",
    "decoder",
    "dilation",
    "embedding",
    "embeddings",
    "emb",
    "expert",
    "experts",
    "feedforward",
    "ffn",
    "geglu",
    "glu",
    "global",
    "head",
    "heads",
    "kernel",
    "layer",
    "layers",
    "layernorm",
    "local",
    "lora",
    "mlp",
    "moe",
    "norm",
    "normalization",
    "parallel",
    "pooler",
    "pooling",
    "position",
    "positions",
    "prefix",
    "prenorm",
    "prompt",
    "quant",
    "quantization",
    "quantized",
    "relative",
    "residual",
    "rms",
    "rmsnorm",
    "rope",
    "rotary",
    "router",
    "scale",
    "scaling",
    "sliding",
    "sparse",
    "swiglu",
    "window",
];

/// What a family that reads `fields` does with a field of this value.
pub(super) fn meaning(fields: Fields, field: &str, value: &Value) -> Meaning {
    if let Some((_, default)) = fields.iter().find(|(name, _)| *name == field) {
        return Meaning::Honoured(*default);
    }
    if CLASSES.contains(&field) {
        return Meaning::Honoured(Empty);
    }
    if let Some((_, only)) = ONLY.iter().find(|(name, _)| *name == field) {
        return Meaning::Only(*only);
    }
    let ends = ["dropout", "_prob", "_token_id", "_token_ids"].iter().any(|end| field.ends_with(end));
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
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
