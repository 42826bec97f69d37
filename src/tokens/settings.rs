//! The settings of a tokenizer: `tokenizer_config.json` with what the older files beside it say.

use serde_json::{Map, Value};

use super::TokenError;
use super::fields::{self, Duty};
use super::file::File;
use super::sequence::TruncationSide;

/// The files beside the vocabulary.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub config: Option<Value>,
    pub special_tokens_map: Option<Value>,
    pub added_tokens: Option<Value>,
}

/// What the files say together, by the keys of `tokenizer_config.json`.
#[derive(Debug)]
pub(super) struct Settings {
    values: Map<String, Value>,
    /// `added_tokens.json`, where it counts.
    pub added_tokens: Map<String, Value>,
}

impl Settings {
    /// As transformers puts them together: with `added_tokens_decoder` in `tokenizer_config.json` the two older files are not
    /// read; without it, what `special_tokens_map.json` says counts before `tokenizer_config.json`.
    pub(super) fn of(beside: Beside) -> Result<Self, TokenError> {
        let mut values = object(File::TokenizerConfig, beside.config)?;
        move_extra(&mut values);
        fields::refuse(File::TokenizerConfig, &values)?;
        if values.contains_key("added_tokens_decoder") {
            return Ok(Self { values, added_tokens: Map::new() });
        }
        for (key, mut value) in object(File::SpecialTokensMap, beside.special_tokens_map)? {
            if key == "extra_special_tokens" && value.is_array() {
                let before = values.get(&key).and_then(Value::as_array).cloned().unwrap_or_default();
                let after = value.as_array_mut().map(std::mem::take).unwrap_or_default();
                let new: Vec<Value> = after.into_iter().filter(|token| !before.contains(token)).collect();
                value = before.into_iter().chain(new).collect();
            } else if let Value::Object(token) = &mut value
                && token.contains_key("content")
            {
                token.insert("special".to_owned(), Value::Bool(true));
            }
            values.insert(key, value);
        }
        let added_tokens = object(File::AddedTokens, beside.added_tokens)?;
        // Those of the map count where the configuration has none.
        if !values.contains_key("extra_special_tokens")
            && let Some(extra) = values.remove("additional_special_tokens")
        {
            values.insert("extra_special_tokens".to_owned(), extra);
        }
        Ok(Self { values, added_tokens })
    }

    /// A setting that is honoured; `None` where it is not said, or said to be nothing.
    pub(super) fn get(&self, name: &'static str) -> Option<&Value> {
        debug_assert!(fields::duty(File::TokenizerConfig, name) == Some(Duty::Honoured), "{name}");
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Whether a setting is there and says nothing.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Value::is_null)
    }

    /// Every setting, for those that are known by the form of their name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// `tokenizer_class`
    pub(super) fn class(&self) -> Result<Option<String>, TokenError> {
        self.text("tokenizer_class", &[]).map(|class| class.map(str::to_owned))
    }

    /// A setting that is on or off.
    pub(super) fn flag(&self, name: &'static str, usual: bool) -> Result<bool, TokenError> {
        // "Nothing" is no answer here.
        match self.values.get(name) {
            None => Ok(usual),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(TokenError::field(File::TokenizerConfig, name, other, "true or false")),
        }
    }

    /// The same where it may also be left to the tokenizer.
    pub(super) fn maybe_flag(&self, name: &'static str) -> Result<Option<bool>, TokenError> {
        self.get(name).map(|_| self.flag(name, false)).transpose()
    }

    /// A setting that is a name, one of `known` where there are any.
    pub(super) fn text(
        &self,
        name: &'static str,
        known: &[&'static str],
    ) -> Result<Option<&str>, TokenError> {
        let fits = |text: &&str| known.is_empty() || known.contains(text);
        let expected = if known.is_empty() { "a name".to_owned() } else { known.join(" or ") };
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_str().filter(fits) {
                Some(text) => Ok(Some(text)),
                None => Err(TokenError::field(File::TokenizerConfig, name, value, &expected)),
            },
        }
    }

    /// A setting that is a number.
    pub(super) fn count(&self, name: &'static str, usual: usize) -> Result<usize, TokenError> {
        const MOST: u64 = 1 << 16;
        match self.get(name) {
            None => Ok(usual),
            Some(value) => match value.as_u64().filter(|count| *count <= MOST) {
                Some(count) => Ok(count as usize),
                None => Err(TokenError::field(File::TokenizerConfig, name, value, "a number of tokens")),
            },
        }
    }

    /// Whether the languages are those of the model for WMT 2021, by `language_codes`.
    pub(super) fn wmt21(&self) -> Result<bool, TokenError> {
        Ok(self.text("language_codes", &["m2m100", "wmt21"])? == Some("wmt21"))
    }

    /// `model_max_length`, or `max_len` as it was once called. "No limit" is written as 1e30, which is none.
    pub(super) fn max_tokens(&self) -> Result<Option<usize>, TokenError> {
        let said = ["model_max_length", "max_len"].into_iter().find(|name| self.values.contains_key(*name));
        let Some((name, value)) = said.and_then(|name| Some((name, self.get(name)?))) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(most) if most >= 1.0 => {
                Ok(value.as_u64().or_else(|| (most < 1e15).then_some(most as u64)).map(|most| most as usize))
            }
            _ => Err(TokenError::field(File::TokenizerConfig, name, value, "a number of tokens")),
        }
    }

    /// `truncation_side`, else the direction of tokenizer.json's own truncation.
    pub(super) fn side(&self, file: &Value) -> Result<TruncationSide, TokenError> {
        let said = self.text("truncation_side", &["left", "right"])?;
        let left = match said {
            Some(side) => side == "left",
            None => file["truncation"]["direction"] == "Left",
        };
        Ok(if left { TruncationSide::Left } else { TruncationSide::Right })
    }

    /// The text of a token that is named.
    pub(super) fn content(&self, key: &'static str) -> Option<&str> {
        let token = self.get(key)?;
        token.as_str().or_else(|| token["content"].as_str())
    }

    /// Whether the model is given token types: by its list of inputs, else as is usual.
    pub(super) fn is_typed(&self, usual: bool) -> Result<bool, TokenError> {
        match self.get("model_input_names") {
            None => Ok(usual),
            Some(Value::Array(inputs)) => Ok(inputs.iter().any(|input| input == "token_type_ids")),
            Some(other) => {
                Err(TokenError::field(File::TokenizerConfig, "model_input_names", other, "a list of names"))
            }
        }
    }
}

/// The older name of the extra special tokens, where the newer one says nothing.
fn move_extra(values: &mut Map<String, Value>) {
    let empty = match values.get("extra_special_tokens") {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    };
    if empty && let Some(tokens) = values.remove("additional_special_tokens") {
        values.insert("extra_special_tokens".to_owned(), tokens);
    }
}

fn object(file: File, value: Option<Value>) -> Result<Map<String, Value>, TokenError> {
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(other) => Err(TokenError::field(file, "", &other, "an object of settings")),
    }
}
