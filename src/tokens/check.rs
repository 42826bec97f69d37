//! What tokenizer.json must not hold, looked at before the library builds anything of it.
//!
//! Three things cannot be left to the library: what overflows the stack (a trie is dropped node by node), what asks for more
//! memory than the file accounts for, and what it would read past its end without a word.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::Encoding;

use super::TokenError;

/// Bytes of a piece of a Unigram vocabulary, which are so many nodes of a trie one within another.
const PIECE: usize = 1024;
/// Bytes of what is put before or after the pieces of a word.
const AFFIX: usize = 256;
/// Special tokens that a post-processor may put around a text.
const SPECIALS: usize = 512;

fn refused<T>(part: &'static str, found: String, expected: impl Into<String>) -> Result<T, TokenError> {
    Err(TokenError::Part { part, found, expected: expected.into() })
}

/// The model of tokenizer.json.
pub(super) fn model(model: &Value) -> Result<(), TokenError> {
    for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
        let bytes = model[affix].as_str().map_or(0, str::len);
        if bytes > AFFIX {
            return refused(
                "prefix or suffix of pieces",
                format!("{bytes} bytes"),
                format!("at most {AFFIX}"),
            );
        }
    }
    let pieces = model["vocab"].as_array().into_iter().flatten();
    let longest = pieces.filter_map(|entry| entry.get(0)?.as_str()).map(str::len).max().unwrap_or(0);
    if longest > PIECE {
        return refused("longest piece", format!("{longest} bytes"), format!("at most {PIECE}"));
    }
    // The library cuts the prefix off by its length alone, wherever that falls.
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or_default();
    let pair = |merge: &Value| match merge {
        Value::String(line) => line.split(' ').nth(1).map(str::to_owned),
        merge => merge.get(1).and_then(Value::as_str).map(str::to_owned),
    };
    let seconds = model["merges"].as_array().into_iter().flatten().filter_map(pair);
    match seconds.into_iter().find(|second| !second.starts_with(prefix)) {
        Some(second) => refused(
            "second piece of a merge",
            format!("{second:?}"),
            format!("the prefix {prefix:?} before it"),
        ),
        None => Ok(()),
    }
}

/// The normalizer of tokenizer.json, with all that are within it.
pub(super) fn normalizer(step: &Value) -> Result<(), TokenError> {
    if let Some(table) = step["precompiled_charsmap"].as_str() {
        let bytes = STANDARD.decode(table).unwrap_or_default();
        // The first number is the bytes of the trie that follows it.
        let told = bytes.first_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        if told < 4 || told > bytes.len() - 4 {
            let found = format!("{told} bytes of trie in {}", bytes.len());
            return refused("precompiled_charsmap", found, "a trie and its strings");
        }
    }
    step["normalizers"].as_array().into_iter().flatten().try_for_each(normalizer)
}

/// A template of the post-processor.
#[derive(Deserialize)]
struct Template {
    single: Vec<Slot>,
    pair: Vec<Slot>,
    special_tokens: HashMap<String, Special>,
}

#[derive(Deserialize)]
enum Slot {
    Sequence { id: String },
    SpecialToken { id: String },
}

#[derive(Deserialize)]
struct Special {
    ids: Vec<u32>,
    tokens: Vec<String>,
}

/// The post-processor of tokenizer.json; whether it has a place for the second text of a pair.
pub(super) fn post_processor(step: &Value) -> Result<bool, TokenError> {
    let mut pairs = true;
    for step in step["processors"].as_array().into_iter().flatten() {
        pairs &= post_processor(step)?;
    }
    if step["type"] == "TemplateProcessing" {
        let template =
            Template::deserialize(step).map_err(|source| TokenError::Load { source: source.into() })?;
        template.check(&template.single, ["A"])?;
        pairs &= template.check(&template.pair, ["A", "B"]).is_ok();
    }
    Ok(pairs)
}

impl Template {
    /// Each text must stand in it once, and every special token must be told.
    fn check<const N: usize>(&self, slots: &[Slot], texts: [&str; N]) -> Result<(), TokenError> {
        let mut found: Vec<&str> = Vec::new();
        let mut specials = 0;
        for slot in slots {
            match slot {
                Slot::Sequence { id } => found.push(id),
                Slot::SpecialToken { id } => match self.special_tokens.get(id) {
                    Some(special) if special.ids.len() == special.tokens.len() => {
                        specials += special.ids.len();
                    }
                    _ => {
                        return refused(
                            "post_processor",
                            format!("{id:?} without an id and a token each"),
                            "special tokens with both",
                        );
                    }
                },
            }
        }
        if found != texts {
            return refused(
                "post_processor",
                format!("the texts {found:?}"),
                format!("the texts {texts:?}, once each"),
            );
        }
        if specials > SPECIALS {
            return refused(
                "post_processor",
                format!("{specials} special tokens"),
                format!("at most {SPECIALS}"),
            );
        }
        Ok(())
    }
}

/// An encoding whose lists belong together: other steps than those above may make them of different lengths.
pub(super) fn encoding(encoding: &Encoding) -> Result<(), TokenError> {
    let count = encoding.get_ids().len();
    let lists = [
        encoding.get_tokens().len(),
        encoding.get_type_ids().len(),
        encoding.get_offsets().len(),
        encoding.get_word_ids().len(),
        encoding.get_special_tokens_mask().len(),
    ];
    match lists.into_iter().find(|&list| list != count) {
        Some(list) => refused("post_processor", format!("{count} ids with {list} tokens"), "as many of each"),
        None => Ok(()),
    }
}
