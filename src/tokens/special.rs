//! The tokens that the files beside the vocabulary add to it, in the order in which transformers adds them, and the ids of those
//! with a meaning of their own.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use tokenizers::AddedToken;

use super::TokenError;
use super::class::Class;
use super::file::File;
use super::pipeline::Pipeline;
use super::settings::Settings;

/// The special tokens that have a key of their own, in the order in which they are added.
const KEYS: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Words of the French vocabulary that stand for nothing.
const CAMEMBERT: [&str; 3] = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"];

/// A special token under its key.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub key: String,
    pub token: AddedToken,
    /// Whether the folder says so; else its class does.
    pub said: bool,
}

/// Every token that is named.
#[derive(Debug)]
pub(super) struct Added {
    pub named: Vec<Named>,
    extra: Vec<Named>,
    /// By the id that the files tell, which is only their order.
    listed: BTreeMap<u64, AddedToken>,
}

impl Added {
    /// `of_file` are the `added_tokens` of tokenizer.json, which has a `padding` too.
    pub(super) fn of(settings: &Settings, class: Class, file: &Value) -> Result<Self, TokenError> {
        let (named, extra) = (named(settings, class, file)?, extra(settings, class)?);
        let mut listed = BTreeMap::new();
        if let Some(decoder) = settings.get("added_tokens_decoder") {
            let wrong = |value: &Value| {
                TokenError::field(File::TokenizerConfig, "added_tokens_decoder", value, "tokens by their ids")
            };
            for (id, value) in decoder.as_object().ok_or_else(|| wrong(decoder))? {
                let id = id.trim().parse().map_err(|_| wrong(&Value::String(id.clone())))?;
                listed.insert(id, token(value).filter(|_| value.is_object()).ok_or_else(|| wrong(value))?);
            }
            return Ok(Self { named, extra, listed });
        }
        let said = named.iter().chain(&extra).filter(|named| named.said);
        let said: HashSet<&str> = said.map(|named| named.token.content.as_str()).collect();
        for (content, id) in &settings.added_tokens {
            let id = id.as_u64().ok_or_else(|| TokenError::field(File::AddedTokens, content, id, "an id"))?;
            listed.insert(id, AddedToken::from(content.as_str(), said.contains(content.as_str())));
        }
        for value in file["added_tokens"].as_array().into_iter().flatten() {
            if let (Some(id), Some(token)) = (value["id"].as_u64(), token(value)) {
                listed.insert(id, token);
            }
        }
        Ok(Self { named, extra, listed })
    }

    /// The special token of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Named> {
        self.named.iter().find(|named| named.key == key)
    }

    /// The named tokens, their keys with their texts.
    pub(super) fn contents(&self) -> Vec<(String, String)> {
        self.named.iter().map(|named| (named.key.clone(), named.token.content.clone())).collect()
    }

    /// The tokens that the files list, as far as the tokenizer does not have them.
    pub(super) fn listed<'a>(&self, present: impl Iterator<Item = &'a AddedToken>) -> Vec<AddedToken> {
        let present: HashSet<&AddedToken> = present.collect();
        let mut tokens: Vec<_> =
            self.listed.values().filter(|token| !present.contains(token)).cloned().collect();
        let named: HashSet<&str> = self.named.iter().map(|named| named.token.content.as_str()).collect();
        for token in &mut tokens {
            token.special |= named.contains(token.content.as_str());
        }
        tokens
    }

    /// Every special token by its content alone: Qwen2's class adds them once more, and so drops their flags.
    pub(super) fn plain(&self) -> Vec<AddedToken> {
        let all = self.named.iter().chain(&self.extra);
        all.map(|named| AddedToken::from(named.token.content.as_str(), true)).collect()
    }

    /// The special tokens that are neither listed nor among those that the tokenizer has; of two of one content but other
    /// flags the last counts.
    pub(super) fn unlisted<'a>(&self, present: impl Iterator<Item = &'a AddedToken>) -> Vec<AddedToken> {
        let listed: HashSet<&str> = present.map(|token| token.content.as_str()).collect();
        let named: HashSet<&str> = self.named.iter().map(|named| named.token.content.as_str()).collect();
        let mut tokens = Vec::new();
        let mut known = HashSet::new();
        for Named { token, .. } in self.named.iter().chain(&self.extra) {
            if !listed.contains(token.content.as_str()) && known.insert(token) {
                let special = token.special || named.contains(token.content.as_str());
                tokens.push(token.clone().special(special));
            }
        }
        tokens
    }
}

/// The named tokens: as the folder says, else as the class does. What a decoder's folder says is nothing is nothing.
fn named(settings: &Settings, class: Class, file: &Value) -> Result<Vec<Named>, TokenError> {
    let mut named = Vec::new();
    let usual = |key: &str| class.specials().iter().find(|(name, _)| *name == key).map(|(_, token)| *token);
    for key in KEYS {
        if let Some(value) = settings.get(key) {
            let token = token(value)
                .ok_or_else(|| TokenError::field(File::TokenizerConfig, key, value, "a token"))?;
            named.push(Named { key: key.to_owned(), token, said: true });
        } else if let Some(content) = usual(key).filter(|_| !(class.is_decoder() && settings.is_null(key))) {
            let mut token = AddedToken::from(content, true);
            // The space before a mask is its own.
            token.lstrip = key == "mask_token" && class.strips_before_mask();
            token.normalized = key == "mask_token" && class == Class::Nllb;
            named.push(Named { key: key.to_owned(), token, said: false });
        }
    }
    let pad = file["padding"]["pad_token"].as_str();
    if let (Class::Whole, Some(pad), None) = (class, pad, settings.get("pad_token")) {
        named.push(Named { key: "pad_token".to_owned(), token: AddedToken::from(pad, true), said: true });
    }
    // Tokens of a model's own, under keys of its own.
    let own = |(key, value): (&str, &Value)| {
        let is_own = key.ends_with("_token") && !KEYS.contains(&key);
        let token =
            token(value).filter(|_| is_own && (value.is_string() || value["__type"] == "AddedToken"))?;
        Some(Named { key: key.to_owned(), token, said: true })
    };
    named.extend(settings.iter().filter_map(own));
    if let Some(Value::Object(tokens)) = settings.get("extra_special_tokens") {
        for (key, value) in tokens {
            let token = token(value).ok_or_else(|| {
                TokenError::field(File::TokenizerConfig, "extra_special_tokens", value, "a token")
            })?;
            named.push(Named { key: key.clone(), token, said: true });
        }
    }
    Ok(named)
}

/// The extra special tokens, which have no key.
fn extra(settings: &Settings, class: Class) -> Result<Vec<Named>, TokenError> {
    let named = |token: AddedToken, said: bool| Named { key: String::new(), token, said };
    let wrong = |value: &Value| {
        TokenError::field(File::TokenizerConfig, "extra_special_tokens", value, "a list of tokens")
    };
    let mut all: Vec<Named> = match settings.get("extra_special_tokens") {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(tokens)) => tokens
            .iter()
            .map(|value| Ok(named(token(value).ok_or_else(|| wrong(value))?, true)))
            .collect::<Result<_, TokenError>>()?,
        Some(other) => return Err(wrong(other)),
    };
    let said: HashSet<String> = all.iter().map(|named| named.token.content.clone()).collect();
    let own = own(settings, class, !said.is_empty())?.into_iter().filter(|content| !said.contains(content));
    all.extend(own.map(|content| named(AddedToken::from(content, true), false)));
    Ok(all)
}

/// The extra special tokens of a class's own; most have none where the folder says some.
fn own(settings: &Settings, class: Class, is_said: bool) -> Result<Vec<String>, TokenError> {
    Ok(match class {
        Class::Camembert if settings.get("extra_special_tokens").is_none() => {
            CAMEMBERT.into_iter().map(str::to_owned).collect()
        }
        Class::MBart | Class::MBart50 => class.codes(false),
        Class::T5 if !is_said => (0..settings.count("extra_ids", EXTRA)?).map(gap).collect(),
        Class::Pegasus => {
            let sentence = settings.text("mask_token_sent", &[])?.unwrap_or(SENTENCE).to_owned();
            let unknown = (2..settings.count("offset", OFFSET)?).map(|place| format!("<unk_{place}>"));
            std::iter::once(sentence).chain(unknown).collect()
        }
        _ => Vec::new(),
    })
}

/// Gaps in the texts that T5 was trained on.
pub(super) const EXTRA: usize = 100;
/// Where Pegasus's own pieces begin, behind those of its training alone.
pub(super) const OFFSET: usize = 103;
/// Pegasus's gap of a sentence.
pub(super) const SENTENCE: &str = "<mask_1>";

/// T5's token for a gap.
pub(super) fn gap(place: usize) -> String {
    format!("<extra_id_{place}>")
}

/// A token: its content alone, which makes it special, or an object with its flags.
fn token(value: &Value) -> Option<AddedToken> {
    if let Some(content) = value.as_str() {
        return Some(AddedToken::from(content, true));
    }
    let content = value["content"].as_str()?;
    let flag = |name: &str, usual: bool| match &value[name] {
        Value::Null => Some(usual),
        flag => flag.as_bool(),
    };
    let special = flag("special", false)?;
    Some(AddedToken {
        content: content.to_owned(),
        single_word: flag("single_word", false)?,
        lstrip: flag("lstrip", false)?,
        rstrip: flag("rstrip", false)?,
        normalized: flag("normalized", !special)?,
        special,
    })
}

/// Ids of the special tokens; `None` where the tokenizer has none. Never guessed: id 0 means nothing by itself.
///
/// They are those that the folder names, else those of its class; where the class names none, the added special tokens of
/// `tokenizer.json` under the names that BERT and `RoBERTa` use. What the vocabulary does not hold has no id.
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
    pub(super) fn find(pipeline: &Pipeline, names: &Added, size: usize) -> Self {
        let added = pipeline.added.get_added_tokens_decoder();
        let is_special = |id: u32, content: &str| {
            added.get(&id).is_some_and(|token| token.special && token.content == content)
        };
        let id = |key: &str, usual: [&str; 2]| match names.get(key) {
            // What only the class names may be lacking.
            Some(named) => pipeline.id(&named.token.content).filter(|&id| named.said || (id as usize) < size),
            None => {
                usual.into_iter().find_map(|token| pipeline.id(token).filter(|&id| is_special(id, token)))
            }
        };
        Self {
            mask: id("mask_token", ["[MASK]", "<mask>"]),
            pad: id("pad_token", ["[PAD]", "<pad>"]),
            cls: id("cls_token", ["[CLS]", "<s>"]),
            sep: id("sep_token", ["[SEP]", "</s>"]),
            // The model's own, whatever it is called: it alone comes out.
            unk: pipeline.unknown().or_else(|| id("unk_token", ["[UNK]", "<unk>"])),
        }
    }

    /// Those whose ids are below `rows`; the model has no embedding of others.
    pub(super) fn below(self, rows: usize) -> Self {
        let below = |id: Option<u32>| id.filter(|&id| (id as usize) < rows);
        let Self { mask, pad, cls, sep, unk } = self;
        Self { mask: below(mask), pad: below(pad), cls: below(cls), sep: below(sep), unk: below(unk) }
    }
}
