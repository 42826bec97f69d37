//! What each class of tokenizers of the transformers library is built of.
//!
//! transformers 5 builds most tokenizers anew from the vocabulary and the settings of `tokenizer_config.json`; what else stands
//! in tokenizer.json is not used. Only some classes take that file as it stands.

use serde_json::{Value, json};

use super::TokenError;
use super::settings::Settings;

/// A class of tokenizers of the transformers library, by what it builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// tokenizer.json as it stands.
    Whole,
    /// BERT's `WordPiece`.
    Bert,
    /// The same, whose models take no token types.
    DistilBert,
    /// Byte-level pairs (BPE).
    Roberta,
    /// `SentencePiece`'s Unigram, three ways.
    Albert,
    /// With the special tokens of fairseq.
    Camembert,
    /// For a hundred languages.
    XlmRoberta,
}

/// Every name of a class that can be built, without `Fast` at its end.
pub(super) const CLASSES: [(&str, Class); 18] = [
    ("TokenizersBackend", Class::Whole),
    ("PreTrainedTokenizer", Class::Whole),
    ("PythonBackend", Class::Whole),
    ("BertTokenizer", Class::Bert),
    ("ElectraTokenizer", Class::Bert),
    ("LayoutLMTokenizer", Class::Bert),
    ("LxmertTokenizer", Class::Bert),
    ("MobileBertTokenizer", Class::Bert),
    ("SqueezeBertTokenizer", Class::Bert),
    ("DistilBertTokenizer", Class::DistilBert),
    ("RobertaTokenizer", Class::Roberta),
    ("BartTokenizer", Class::Roberta),
    ("LEDTokenizer", Class::Roberta),
    ("LongformerTokenizer", Class::Roberta),
    ("MvpTokenizer", Class::Roberta),
    ("AlbertTokenizer", Class::Albert),
    ("CamembertTokenizer", Class::Camembert),
    ("XLMRobertaTokenizer", Class::XlmRoberta),
];

/// What a class writes into tokenizer.json.
pub(super) struct Parts {
    pub normalizer: Value,
    pub pre_tokenizer: Value,
    /// Its settings, without the vocabulary.
    pub model: Value,
}

impl Class {
    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        CLASSES.iter().find(|(_, class)| *class == self).map_or("", |(name, _)| name)
    }

    /// The type of model that the class is made of; none where any will do.
    pub(super) fn model(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Bert | Self::DistilBert => Some("WordPiece"),
            Self::Roberta => Some("BPE"),
            Self::Albert | Self::Camembert | Self::XlmRoberta => Some("Unigram"),
        }
    }

    /// Whether its models are given token types.
    pub(super) fn is_typed(self) -> bool {
        self == Self::Bert
    }

    /// The special tokens that a class has where none is named, by their keys in `tokenizer_config.json`.
    pub(super) fn specials(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Whole => &[],
            Self::Bert | Self::DistilBert => &[
                ("unk_token", "[UNK]"),
                ("sep_token", "[SEP]"),
                ("pad_token", "[PAD]"),
                ("cls_token", "[CLS]"),
                ("mask_token", "[MASK]"),
            ],
            Self::Albert => &[
                ("bos_token", "[CLS]"),
                ("eos_token", "[SEP]"),
                ("unk_token", "<unk>"),
                ("sep_token", "[SEP]"),
                ("pad_token", "<pad>"),
                ("cls_token", "[CLS]"),
                ("mask_token", "[MASK]"),
            ],
            Self::Roberta | Self::Camembert | Self::XlmRoberta => &[
                ("bos_token", "<s>"),
                ("eos_token", "</s>"),
                ("unk_token", "<unk>"),
                ("sep_token", "</s>"),
                ("pad_token", "<pad>"),
                ("cls_token", "<s>"),
                ("mask_token", "<mask>"),
            ],
        }
    }

    /// The keys of the tokens that begin and end a text, where the class puts them there itself.
    pub(super) fn around(self) -> Option<[&'static str; 2]> {
        match self {
            Self::Whole => None,
            Self::Bert | Self::DistilBert | Self::Roberta | Self::Albert => Some(["cls_token", "sep_token"]),
            Self::Camembert | Self::XlmRoberta => Some(["bos_token", "eos_token"]),
        }
    }

    /// `SentencePiece`'s table of characters, which is kept from the file's first such normalizer.
    pub(super) fn table(self, normalizer: &Value) -> Option<Value> {
        let own = [normalizer];
        let steps: Vec<&Value> = match normalizer["normalizers"].as_array() {
            Some(steps) => steps.iter().collect(),
            None => own.to_vec(),
        };
        let found = steps.into_iter().find(|step| step["type"] == "Precompiled");
        found.filter(|_| self.model() == Some("Unigram")).cloned()
    }

    /// What it makes of the settings; `unk` is its unknown token.
    pub(super) fn parts(
        self,
        settings: &Settings,
        unk: &str,
        table: Option<Value>,
    ) -> Result<Parts, TokenError> {
        let pieces = |prefix: bool| {
            let scheme = if prefix { "always" } else { "never" };
            json!({"type": "Sequence", "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": scheme, "split": true},
            ]})
        };
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
            Self::Roberta => Parts {
                normalizer: Value::Null,
                pre_tokenizer: json!({
                    "type": "ByteLevel",
                    "add_prefix_space": settings.flag("add_prefix_space", false)?,
                    "trim_offsets": true,
                    "use_regex": true,
                }),
                model: json!({
                    "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
                    "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                }),
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
            Self::Camembert | Self::XlmRoberta => Parts {
                normalizer: table.unwrap_or_default(),
                pre_tokenizer: pieces(settings.flag("add_prefix_space", true)?),
                model: json!({"unk_id": 3, "byte_fallback": false}),
            },
        })
    }
}
