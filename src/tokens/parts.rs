//! What a class of tokenizers writes into tokenizer.json, as transformers 5 builds it of the settings.

use serde_json::{Value, json};

use super::TokenError;
use super::class::Class;
use super::settings::Settings;

/// Where Qwen2's class cuts a text: contractions, words with the character before them, single digits, runs of anything
/// else, and white space.
const QWEN2: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

/// What a class writes into tokenizer.json.
pub(super) struct Parts {
    pub normalizer: Value,
    pub pre_tokenizer: Value,
    /// Its settings, without the vocabulary.
    pub model: Value,
}

impl Class {
    /// `SentencePiece`'s table of characters, which is kept from the file's first such normalizer.
    pub(super) fn table(self, normalizer: &Value) -> Option<Value> {
        let own = [normalizer];
        let steps: Vec<&Value> = match normalizer["normalizers"].as_array() {
            Some(steps) => steps.iter().collect(),
            None => own.to_vec(),
        };
        let found = steps.into_iter().find(|step| step["type"] == "Precompiled");
        found.filter(|_| self.model() == Some("Unigram") || self == Self::Nllb).cloned()
    }

    /// What it makes of the settings; `unk` is its unknown token.
    pub(super) fn parts(
        self,
        settings: &Settings,
        unk: &str,
        table: Option<Value>,
    ) -> Result<Parts, TokenError> {
        Ok(match self {
            Self::Whole => Parts { normalizer: Value::Null, pre_tokenizer: Value::Null, model: Value::Null },
            Self::Bert | Self::DistilBert => Parts {
                normalizer: json!({
                    "type": "BertNormalizer",
                    "clean_text": true,
                    "handle_chinese_chars": settings.flag("tokenize_chinese_chars", true)?,
                    "strip_accents": settings.maybe_flag("strip_accents")?,
                    "lowercase": settings.flag("do_lower_case", true)?,
                }),
                pre_tokenizer: json!({"type": "BertPreTokenizer"}),
                model: json!({
                    "unk_token": unk,
                    "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 100,
                }),
            },
            Self::Roberta | Self::Gpt2 | Self::CodeGen => Parts {
                normalizer: Value::Null,
                pre_tokenizer: bytes(settings.flag("add_prefix_space", false)?, true),
                model: pairs(Value::Null, false),
            },
            Self::GptNeoX => Parts {
                normalizer: json!({"type": "NFC"}),
                pre_tokenizer: bytes(settings.flag("add_prefix_space", false)?, true),
                model: pairs(Value::Null, false),
            },
            Self::Qwen2 => Parts {
                normalizer: json!({"type": "NFC"}),
                pre_tokenizer: json!({"type": "Sequence", "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": QWEN2}, "behavior": "Isolated", "invert": false},
                    bytes(settings.maybe_flag("add_prefix_space")?.unwrap_or(false), false),
                ]}),
                model: pairs(Value::Null, false),
            },
            Self::Llama => {
                let before = settings.maybe_flag("add_prefix_space")?.unwrap_or(true);
                let always = settings.maybe_flag("legacy")?.unwrap_or(false);
                let scheme = match (before, always) {
                    (false, _) => "never",
                    (true, true) => "always",
                    (true, false) => "first",
                };
                Parts {
                    normalizer: Value::Null,
                    pre_tokenizer: json!({
                        "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": scheme, "split": false,
                    }),
                    model: pairs(Value::Null, true),
                }
            }
            Self::Gemma => Parts {
                normalizer: json!({"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"}),
                pre_tokenizer: json!({
                    "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false,
                }),
                model: pairs(json!(unk), true),
            },
            Self::Albert => {
                let mut steps = vec![
                    json!({"type": "Replace", "pattern": {"String": "``"}, "content": "\""}),
                    json!({"type": "Replace", "pattern": {"String": "''"}, "content": "\""}),
                ];
                if !settings.flag("keep_accents", false)? {
                    steps.extend([json!({"type": "NFKD"}), json!({"type": "StripAccents"})]);
                }
                if settings.flag("do_lower_case", true)? {
                    steps.push(json!({"type": "Lowercase"}));
                }
                steps.extend(table);
                Parts {
                    normalizer: json!({"type": "Sequence", "normalizers": steps}),
                    pre_tokenizer: pieces(settings.flag("add_prefix_space", true)?),
                    model: json!({"unk_id": 1, "byte_fallback": false}),
                }
            }
            Self::Marian
            | Self::M2m100
            | Self::T5
            | Self::MBart
            | Self::MBart50
            | Self::Pegasus
            | Self::Nllb => self.of_two_sides(unk, table),
            Self::Camembert | Self::XlmRoberta => Parts {
                normalizer: table.unwrap_or_default(),
                pre_tokenizer: pieces(settings.flag("add_prefix_space", true)?),
                model: json!({"unk_id": 3, "byte_fallback": false}),
            },
        })
    }
}

impl Class {
    /// What the classes of encoder–decoders make: those whose pieces are only numbered make nothing.
    fn of_two_sides(self, unk: &str, table: Option<Value>) -> Parts {
        match self {
            Self::T5 => Parts {
                normalizer: table.unwrap_or_default(),
                pre_tokenizer: pieces(true),
                model: json!({"unk_id": 2, "byte_fallback": false}),
            },
            Self::MBart => Parts {
                normalizer: Value::Null,
                pre_tokenizer: pieces(true),
                model: json!({"unk_id": 3, "byte_fallback": false}),
            },
            Self::MBart50 => Parts {
                normalizer: spaces(table.into_iter().collect()),
                pre_tokenizer: words(),
                model: json!({"unk_id": 3, "byte_fallback": false}),
            },
            Self::Pegasus => Parts {
                normalizer: spaces(vec![table.unwrap_or_else(
                    || json!({"type": "Replace", "pattern": {"Regex": "\n"}, "content": " "}),
                )]),
                pre_tokenizer: words(),
                model: json!({"unk_id": 0, "byte_fallback": false}),
            },
            Self::Nllb => {
                let mut model = pairs(json!(unk), true);
                model["byte_fallback"] = json!(false);
                Parts {
                    normalizer: table.map_or(Value::Null, |table| spaces(vec![table])),
                    pre_tokenizer: words(),
                    model,
                }
            }
            _ => Parts {
                normalizer: Value::Null,
                pre_tokenizer: Value::Null,
                model: json!({"unk_token": unk}),
            },
        }
    }
}

/// Words between white space, with or without the space before them.
fn pieces(prefix: bool) -> Value {
    let scheme = if prefix { "always" } else { "never" };
    json!({"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": scheme, "split": true},
    ]})
}

/// Words with the space before them, of which the first has one too.
fn words() -> Value {
    json!({"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true})
}

/// Steps after which runs of spaces are one.
fn spaces(mut steps: Vec<Value>) -> Value {
    steps.push(json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}));
    json!({"type": "Sequence", "normalizers": steps})
}

/// Letters for bytes.
fn bytes(prefix: bool, regex: bool) -> Value {
    json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex})
}

/// Pairs that are joined; with `fallback`, what the vocabulary lacks is its bytes, and what it lacks of them one unknown
/// token together.
fn pairs(unk: Value, fallback: bool) -> Value {
    let mut model = json!({
        "dropout": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
        "fuse_unk": fallback, "byte_fallback": fallback, "ignore_merges": false,
    });
    model["unk_token"] = unk;
    model
}
