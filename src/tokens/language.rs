//! The languages of a translation model: which there are, and where their codes stand.

use serde_json::{Value, json};
use tokenizers::Model as _;

use super::choice::Choice;
use super::class::{Class, Frame};
use super::pipeline::Pipeline;
use super::settings::Settings;
use super::special::{Added, EXTRA, OFFSET, SENTENCE, gap};
use super::{Side, TokenError};

/// What a tokenizer is wanted for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Which text of a translation.
    pub side: Side,
    /// The language whose code stands beside it.
    pub language: Option<&'a str>,
}

impl Asked<'_> {
    /// A text by itself.
    pub(super) const ALONE: Self = Self { side: Side::Source, language: None };
}

impl Choice {
    /// Puts the end and the code of the language around every text.
    pub(super) fn frame(
        &self,
        frame: Frame,
        pipeline: &mut Pipeline,
        settings: &Settings,
        names: &Added,
        size: usize,
        asked: &Asked,
    ) -> Result<(), TokenError> {
        let key = "eos_token";
        let end = names.get(key).map(|named| named.token.content.as_str()).unwrap_or_default();
        if pipeline.id(end).is_none_or(|id| id as usize >= size) {
            return Err(self.lacks(key, end));
        }
        let code = match (frame, asked.language) {
            (Frame::End, Some(language)) => {
                return Err(TokenError::NoLanguages { language: language.to_owned(), class: self.name() });
            }
            (Frame::End, None) => None,
            (Frame::Asked, language) => language
                .filter(|_| asked.side == Side::Source)
                .map(|language| self.coded(language, Side::Target, pipeline, size))
                .transpose()?,
            (_, language) => Some(self.language(language, pipeline, settings, size, asked)?),
        };
        let code = code.as_deref();
        match (frame, code) {
            (Frame::After, Some(code)) => pipeline.enclose(&[], &[end, code])?,
            _ => pipeline.enclose(code.as_slice(), &[end])?,
        }
        pipeline.language = code.map(str::to_owned);
        if self.class != Class::T5 {
            pipeline.refuse_pairs();
        }
        Ok(())
    }

    /// The code of a side's language: the one that is asked for, else that of the folder, else the class's usual one.
    fn language(
        &self,
        language: Option<&str>,
        pipeline: &Pipeline,
        settings: &Settings,
        size: usize,
        asked: &Asked,
    ) -> Result<String, TokenError> {
        let said = match asked.side {
            Side::Source => settings.text("src_lang", &[])?.or(self.class.usual_language()),
            Side::Target => settings.text("tgt_lang", &[])?,
        };
        match language.or(said) {
            Some(language) => self.coded(language, asked.side, pipeline, size),
            None => Err(TokenError::Unsaid { side: asked.side, known: self.known(pipeline, size) }),
        }
    }

    /// The token of a language that the vocabulary holds.
    fn coded(
        &self,
        language: &str,
        side: Side,
        pipeline: &Pipeline,
        size: usize,
    ) -> Result<String, TokenError> {
        let code = self.class.code(language);
        if self.class.is_code(&code) && pipeline.id(&code).is_some_and(|id| (id as usize) < size) {
            return Ok(code);
        }
        Err(TokenError::Language { code, side, known: self.known(pipeline, size) })
    }

    /// The codes of languages that the vocabulary holds, in order.
    fn known(&self, pipeline: &Pipeline, size: usize) -> Vec<String> {
        let has = |code: &String| pipeline.id(code).is_some_and(|id| (id as usize) < size);
        let mut known: Vec<String> = match self.class.codes(false) {
            codes if !codes.is_empty() => codes.into_iter().filter(has).collect(),
            _ => {
                let added = pipeline.tokens().map(|token| token.content.clone());
                let all = pipeline.model.get_vocab().into_keys().chain(added);
                all.filter(|token| self.class.is_code(token)).filter(has).collect()
            }
        };
        known.sort();
        known.dedup();
        known
    }
}

impl Class {
    /// The pieces of `SentencePiece`'s own file with those that the class puts before and after them.
    pub(super) fn ordered(self, pieces: &[Value], settings: &Settings) -> Result<Value, TokenError> {
        let usual =
            |key: &str| self.specials().iter().find(|(name, _)| *name == key).map(|(_, token)| *token);
        let token = |key: &'static str| settings.content(key).or_else(|| usual(key)).unwrap_or_default();
        let piece = |token: String| json!([token, 0.0]);
        let named = |keys: &[&'static str]| -> Vec<Value> {
            keys.iter().map(|key| piece(token(key).to_owned())).collect()
        };
        let rest = |from: usize| pieces.iter().skip(from).cloned();
        let mut all: Vec<Value> = Vec::new();
        match self {
            Self::T5 => {
                all.extend(rest(0));
                all.extend((0..settings.count("extra_ids", EXTRA)?).rev().map(gap).map(piece));
            }
            Self::MBart | Self::MBart50 => {
                let first = if self == Self::MBart { "bos_token" } else { "cls_token" };
                all.extend(named(&[first, "pad_token", "eos_token", "unk_token"]));
                all.extend(rest(3));
                all.extend(self.codes(false).into_iter().map(piece));
                all.extend(named(&["mask_token"]));
            }
            Self::Pegasus => {
                all.extend(named(&["pad_token", "eos_token"]));
                let sentence = settings.text("mask_token_sent", &[])?.unwrap_or(SENTENCE);
                all.extend([piece(sentence.to_owned()), piece(token("mask_token").to_owned())]);
                all.extend(
                    (2..settings.count("offset", OFFSET)?)
                        .map(|place| json!([format!("<unk_{place}>"), -100.0])),
                );
                all.extend(rest(2));
            }
            _ => all.extend(rest(0)),
        }
        Ok(Value::Array(all))
    }
}
