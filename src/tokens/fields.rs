//! Every field of a tokenizer's files that the transformers library acts on, and what is done with it here.
//!
//! A field that is not in the table is one that transformers 5.23 ignores too. Names that end in `_token` are the special
//! tokens of a model's own, and are honoured whatever comes before the ending.

use serde_json::{Map, Value};

use super::TokenError;
use super::file::File;

/// What is done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Honoured, as transformers does.
    Honoured,
    /// Nothing, since it changes no token of a text.
    Harmless,
    /// An error that names it, where it says more than nothing.
    Refused,
}

/// A field of a tokenizer's files.
#[derive(Debug)]
pub struct Field {
    /// The file it is in.
    pub file: File,
    /// The field's name.
    pub name: &'static str,
    /// What is done with it.
    pub duty: Duty,
    /// Why the field may be treated so.
    pub why: &'static str,
}

const fn row(file: File, name: &'static str, duty: Duty, why: &'static str) -> Field {
    Field { file, name, duty, why }
}

use Duty::{Harmless, Honoured, Refused};
use File::{AddedTokens, Config, SpecialTokensMap, TokenizerConfig, TokenizerJson};

const BATCH: &str = "texts are audited one by one, never padded";
const BACK: &str = "it is of pieces on their way back to text";
const CALL: &str = "it is of how the library is called";
const OLD: &str = "transformers 5 ignores it";
const PART: &str = "it is a part of a tokenizer and no setting";
const FLAG: &str =
    "by the decoders' classes where there is no tokenizer.json; else its post-processor says it";
const SPECIAL: &str = "a special token: it is added, and stands where the class puts it";

/// Every field that is known, with what is done with it.
pub const FIELDS: [Field; 93] = [
    row(Config, "model_type", Honoured, "it tells the class where none is named"),
    row(Config, "tokenizer_class", Honoured, "it tells the class where tokenizer_config.json does not"),
    row(TokenizerJson, "version", Honoured, "there is only 1.0"),
    row(TokenizerJson, "added_tokens", Honoured, "they are found whole in the text"),
    row(
        TokenizerJson,
        "normalizer",
        Honoured,
        "by the classes that read the file as it stands; others keep its table of characters",
    ),
    row(TokenizerJson, "pre_tokenizer", Honoured, "by the classes that read the file as it stands"),
    row(
        TokenizerJson,
        "model",
        Honoured,
        "its vocabulary by every class, its settings by those that read the file as it stands",
    ),
    row(
        TokenizerJson,
        "post_processor",
        Honoured,
        "by the classes that read the file as it stands, and ALBERT's",
    ),
    row(TokenizerJson, "truncation", Honoured, "its direction, where tokenizer_config.json tells no side"),
    row(TokenizerJson, "padding", Honoured, "its token, where the class names none"),
    row(TokenizerJson, "decoder", Harmless, BACK),
    row(AddedTokens, "*", Honoured, "each is added, in the order of the ids"),
    row(SpecialTokensMap, "*", Honoured, "as if it stood in tokenizer_config.json"),
    row(TokenizerConfig, "tokenizer_class", Honoured, "it tells how the tokenizer is built"),
    row(TokenizerConfig, "model_max_length", Honoured, "longer texts are cut"),
    row(TokenizerConfig, "max_len", Honoured, "the older name of model_max_length"),
    row(TokenizerConfig, "truncation_side", Honoured, "the side at which longer texts are cut"),
    row(TokenizerConfig, "model_input_names", Honoured, "it tells whether the model is given token types"),
    row(TokenizerConfig, "added_tokens_decoder", Honoured, "each is added, with its flags"),
    row(TokenizerConfig, "extra_special_tokens", Honoured, "each is added"),
    row(TokenizerConfig, "additional_special_tokens", Honoured, "the older name of extra_special_tokens"),
    row(TokenizerConfig, "split_special_tokens", Honoured, "special tokens in a text are cut as any word"),
    row(TokenizerConfig, "bos_token", Honoured, SPECIAL),
    row(TokenizerConfig, "eos_token", Honoured, SPECIAL),
    row(TokenizerConfig, "unk_token", Honoured, SPECIAL),
    row(TokenizerConfig, "sep_token", Honoured, SPECIAL),
    row(TokenizerConfig, "pad_token", Honoured, SPECIAL),
    row(TokenizerConfig, "cls_token", Honoured, SPECIAL),
    row(TokenizerConfig, "mask_token", Honoured, SPECIAL),
    row(TokenizerConfig, "do_lower_case", Honoured, "by BERT's and ALBERT's classes"),
    row(TokenizerConfig, "strip_accents", Honoured, "by BERT's classes"),
    row(TokenizerConfig, "tokenize_chinese_chars", Honoured, "by BERT's classes"),
    row(TokenizerConfig, "keep_accents", Honoured, "by ALBERT's class"),
    row(TokenizerConfig, "add_prefix_space", Honoured, "by all classes but BERT's"),
    row(TokenizerConfig, "trim_offsets", Honoured, "by RoBERTa's classes"),
    row(TokenizerConfig, "add_bos_token", Honoured, FLAG),
    row(TokenizerConfig, "add_eos_token", Honoured, FLAG),
    row(
        TokenizerConfig,
        "legacy",
        Honoured,
        "by Llama's class: whether every stretch begins with a space, or the text alone",
    ),
    row(
        TokenizerConfig,
        "chat_template",
        Honoured,
        "where a chat is audited and no chat_template.jinja is there",
    ),
    row(
        TokenizerConfig,
        "chat_control_tokens",
        Honoured,
        "in a chat, no such token is made of what a text says",
    ),
    row(TokenizerConfig, "src_lang", Honoured, "the source's language, where none is asked for"),
    row(TokenizerConfig, "tgt_lang", Honoured, "the target's language, where none is asked for"),
    row(
        TokenizerConfig,
        "separate_vocabs",
        Honoured,
        "by Marian's class: the target has a vocabulary of its own",
    ),
    row(
        TokenizerConfig,
        "legacy_behaviour",
        Honoured,
        "by NLLB's class: the language's code follows the text",
    ),
    row(TokenizerConfig, "language_codes", Honoured, "by M2M-100's class: which languages have codes"),
    row(TokenizerConfig, "extra_ids", Honoured, "by T5's class: how many gaps have a token"),
    row(
        TokenizerConfig,
        "offset",
        Honoured,
        "by Pegasus's class: how many tokens come before its own pieces",
    ),
    row(TokenizerConfig, "mask_token_sent", Honoured, "by Pegasus's class: the gap of a sentence"),
    row(
        TokenizerConfig,
        "source_lang",
        Harmless,
        "Marian's class reads it for a step that no text goes through",
    ),
    row(TokenizerConfig, "target_lang", Harmless, "no class reads it"),
    row(TokenizerConfig, "num_madeup_words", Harmless, "no text is cut into them"),
    row(TokenizerConfig, "auto_map", Refused, "the tokenizer is Python code of the folder's own"),
    row(
        TokenizerConfig,
        "fast_tokenizer_files",
        Refused,
        "it puts another file in the place of tokenizer.json",
    ),
    row(
        TokenizerConfig,
        "fix_mistral_regex",
        Refused,
        "it cuts a text by another pattern than tokenizer.json's",
    ),
    row(TokenizerConfig, "gguf_file", Refused, "it puts another file in the place of tokenizer.json"),
    row(TokenizerConfig, "init_inputs", Refused, PART),
    row(TokenizerConfig, "vocab", Refused, PART),
    row(TokenizerConfig, "merges", Refused, PART),
    row(TokenizerConfig, "post_processor", Refused, PART),
    row(TokenizerConfig, "tokenizer_object", Refused, PART),
    row(TokenizerConfig, "tokenizer_padding", Refused, PART),
    row(TokenizerConfig, "tokenizer_truncation", Refused, PART),
    row(TokenizerConfig, "model_specific_special_tokens", Refused, PART),
    row(TokenizerConfig, "_spm_precompiled_charsmap", Refused, PART),
    row(TokenizerConfig, "return_token_type_ids", Harmless, "no decoder takes token types"),
    row(TokenizerConfig, "use_default_system_prompt", Harmless, OLD),
    row(TokenizerConfig, "response_template", Harmless, BACK),
    row(TokenizerConfig, "response_schema", Harmless, BACK),
    row(TokenizerConfig, "do_basic_tokenize", Harmless, OLD),
    row(TokenizerConfig, "never_split", Harmless, OLD),
    row(TokenizerConfig, "use_fast", Harmless, OLD),
    row(TokenizerConfig, "from_slow", Harmless, OLD),
    row(TokenizerConfig, "remove_space", Harmless, OLD),
    row(TokenizerConfig, "sp_model_kwargs", Harmless, OLD),
    row(TokenizerConfig, "wordpieces_prefix", Harmless, OLD),
    row(TokenizerConfig, "tokenizer_file", Harmless, OLD),
    row(TokenizerConfig, "vocab_file", Harmless, OLD),
    row(TokenizerConfig, "merges_file", Harmless, OLD),
    row(TokenizerConfig, "special_tokens_map_file", Harmless, OLD),
    row(TokenizerConfig, "padding_side", Harmless, BATCH),
    row(TokenizerConfig, "pad_to_multiple_of", Harmless, BATCH),
    row(TokenizerConfig, "pad_token_type_id", Harmless, BATCH),
    row(TokenizerConfig, "clean_up_tokenization_spaces", Harmless, BACK),
    row(TokenizerConfig, "errors", Harmless, BACK),
    row(TokenizerConfig, "max_length", Harmless, CALL),
    row(TokenizerConfig, "stride", Harmless, CALL),
    row(TokenizerConfig, "truncation_strategy", Harmless, CALL),
    row(TokenizerConfig, "backend", Harmless, CALL),
    row(TokenizerConfig, "is_local", Harmless, CALL),
    row(TokenizerConfig, "local_files_only", Harmless, CALL),
    row(TokenizerConfig, "name_or_path", Harmless, CALL),
    row(TokenizerConfig, "processor_class", Harmless, CALL),
    row(TokenizerConfig, "verbose", Harmless, CALL),
];

/// What is done with a field; `None` where transformers ignores it too.
pub(super) fn duty(file: File, name: &str) -> Option<Duty> {
    FIELDS.iter().find(|field| field.file == file && field.name == name).map(|field| field.duty)
}

/// An error for the first field that cannot be honoured.
pub(super) fn refuse(file: File, values: &Map<String, Value>) -> Result<(), TokenError> {
    let refused = FIELDS.iter().filter(|field| field.file == file && field.duty == Refused);
    let mut found = refused.filter_map(|field| Some((field, values.get(field.name)?)));
    match found.find(|(field, value)| says(field.name, value)) {
        Some((Field { file, name, why, .. }, value)) => Err(TokenError::Refused {
            file: file.name(),
            field: name,
            found: super::error::short(value),
            why,
        }),
        None => Ok(()),
    }
}

/// Whether a refused field says anything.
fn says(name: &str, value: &Value) -> bool {
    match (name, value) {
        (_, Value::Null) | ("fix_mistral_regex", Value::Bool(false)) => false,
        // Code for other parts of the model is no matter of the tokenizer.
        ("auto_map", Value::Object(map)) => map.get("AutoTokenizer").is_some_and(|code| !code.is_null()),
        ("fast_tokenizer_files", Value::Array(files)) => files.iter().any(|file| file != "tokenizer.json"),
        (_, Value::Array(list)) => !list.is_empty(),
        (_, Value::Object(map)) => !map.is_empty(),
        _ => true,
    }
}
