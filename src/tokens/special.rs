//! The ids of the tokens with a meaning of their own.

use serde_json::Value;

/// Ids of the special tokens; `None` where the tokenizer has none. Never guessed: id 0 means nothing by itself.
///
/// Looked for in this order: `tokenizer_config.json`, `special_tokens_map.json`, and last the added special
/// tokens of `tokenizer.json` under the names that BERT and `RoBERTa` use. A token that is named but not in the
/// vocabulary has no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialIds {
    /// Stands for an erased word.
    pub mask: Option<u32>,
    /// Fills up shorter texts of a batch.
    pub pad: Option<u32>,
    /// Begins a text; classifiers decide at it.
    pub cls: Option<u32>,
    /// Ends a text.
    pub sep: Option<u32>,
    /// Stands for what is not in the vocabulary.
    pub unk: Option<u32>,
}

impl SpecialIds {
    pub(super) fn find(
        tokenizer: &tokenizers::Tokenizer,
        config: Option<&Value>,
        map: Option<&Value>,
    ) -> Self {
        let named = |key: &str| [config, map].into_iter().flatten().find_map(|file| name(file, key));
        let added = tokenizer.get_added_vocabulary().get_added_tokens_decoder();
        let is_special = |id: u32, content: &str| {
            added.get(&id).is_some_and(|token| token.special && token.content == content)
        };
        let id = |key: &str, usual: [&str; 2]| match named(key) {
            Some(token) => tokenizer.token_to_id(token),
            None => usual
                .into_iter()
                .find_map(|token| tokenizer.token_to_id(token).filter(|&id| is_special(id, token))),
        };
        Self {
            mask: id("mask_token", ["[MASK]", "<mask>"]),
            pad: id("pad_token", ["[PAD]", "<pad>"]),
            cls: id("cls_token", ["[CLS]", "<s>"]),
            sep: id("sep_token", ["[SEP]", "</s>"]),
            unk: id("unk_token", ["[UNK]", "<unk>"]),
        }
    }
}

/// A token is written as a string, or as an object that holds it as `content`; `null` means not said.
pub(super) fn name<'a>(file: &'a Value, key: &str) -> Option<&'a str> {
    let token = file.get(key)?;
    token.as_str().or_else(|| token.get("content")?.as_str())
}
