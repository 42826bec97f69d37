//! Text to token ids, and token ids back to words of the text.
//!
//! The audit scores *words* but the model sees *pieces*. [`Tokenizer::encode`] gives both, and which pieces make
//! up which word. Erasure works on the ids: nothing is decoded and tokenised again.
//!
//! A token is *special* when the tokenizer put it there (its post-processor), not when it looks like one: a
//! text that holds `[MASK]` or `<s>` literally is the user's data. Such a piece gets the special token's id, as
//! the model's own tokenizer would give it; it counts as a content word, and [`Tokens::typed_specials`] says
//! where they are, so that a report can warn.

mod error;
mod sequence;
mod special;
mod vocab;
mod words;

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokenizers::{AddedToken, Encoding, ModelWrapper};

pub(crate) use error::CONVERT;
pub use error::TokenError;
pub use sequence::{Tokens, Window};
pub use special::SpecialIds;
pub use words::{Unit, Word};

/// The files a tokenizer is made of, as bytes.
#[derive(Debug, Clone)]
pub struct TokenizerFiles {
    /// The vocabulary with or without its rules.
    pub vocabulary: Vocabulary,
    /// `tokenizer_config.json`
    pub config: Option<Cow<'static, [u8]>>,
    /// `special_tokens_map.json`
    pub special_tokens_map: Option<Cow<'static, [u8]>>,
}

impl TokenizerFiles {
    /// SHA-256 of every file, each behind its name and its length, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        // Named one by one, so that a file that is added here cannot be forgotten.
        let Self { vocabulary, config, special_tokens_map } = self;
        let (name, vocabulary) = match vocabulary {
            Vocabulary::Json(bytes) => ("tokenizer.json", bytes),
            Vocabulary::WordPiece(bytes) => ("vocab.txt", bytes),
        };
        let files = [
            (name, Some(vocabulary)),
            ("tokenizer_config.json", config.as_ref()),
            ("special_tokens_map.json", special_tokens_map.as_ref()),
        ];
        let mut digest = Sha256::new();
        for (name, bytes) in files.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))) {
            digest.update(format!("{name}\0{}\0", bytes.len()));
            digest.update(bytes);
        }
        format!("{:x}", digest.finalize())
    }
}

/// The two forms of vocabulary that can be read.
#[derive(Debug, Clone)]
pub enum Vocabulary {
    /// `tokenizer.json`: everything in one file.
    Json(Cow<'static, [u8]>),
    /// `vocab.txt` of a BERT folder without `tokenizer.json`: one `WordPiece` a line, its id the line's number.
    WordPiece(Cow<'static, [u8]>),
}

/// A tokenizer, with padding, truncation and random cuts (BPE dropout) off: no token comes or goes unseen.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    ids: SpecialIds,
    vocab_size: usize,
    max_tokens: Option<usize>,
    /// Whether the model is given token types.
    typed: bool,
}

impl Tokenizer {
    /// From the contents of `tokenizer.json` and, where there is one, `tokenizer_config.json`.
    pub fn from_bytes(tokenizer: &[u8], config: Option<&[u8]>) -> Result<Self, TokenError> {
        Self::build(tokenizer, parse("tokenizer_config.json", config)?.as_ref(), None)
    }

    /// From the files of a model folder.
    pub fn from_files(files: &TokenizerFiles) -> Result<Self, TokenError> {
        let config = parse("tokenizer_config.json", files.config.as_deref())?;
        let map = parse("special_tokens_map.json", files.special_tokens_map.as_deref())?;
        let json = match &files.vocabulary {
            Vocabulary::Json(json) => Cow::Borrowed(json.as_ref()),
            Vocabulary::WordPiece(lines) => Cow::Owned(vocab::to_json(lines, config.as_ref())?),
        };
        Self::build(&json, config.as_ref(), map.as_ref())
    }

    fn build(json: &[u8], config: Option<&Value>, map: Option<&Value>) -> Result<Self, TokenError> {
        let mut inner =
            tokenizers::Tokenizer::from_bytes(json).map_err(|source| TokenError::Load { source })?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|source| TokenError::Load { source })?;
        settle(&mut inner);
        let vocab_size = inner.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        let ids = SpecialIds::find(&inner, config, map);
        let max_tokens = config.and_then(|config| config.get("model_max_length")).and_then(Value::as_u64);
        // "No limit" is written as 1e30, which is no integer to JSON.
        let max_tokens = max_tokens.and_then(|max| usize::try_from(max).ok());
        let typed = is_typed(config);
        Ok(Self { inner, ids, vocab_size, max_tokens, typed })
    }

    /// The ids, pieces and words of one text, with the special tokens the model expects around it.
    ///
    /// A text may give no content word at all (only control characters, say); that is not an error.
    pub fn encode(&self, text: &str) -> Result<Tokens, TokenError> {
        let encoding = self.inner.encode(text, true).map_err(|source| TokenError::Encode { source })?;
        Ok(self.assemble(&[text], &encoding))
    }

    /// The same of a pair of texts, where `pair` is the second.
    pub fn encode_pair(&self, text: &str, pair: Option<&str>) -> Result<Tokens, TokenError> {
        let Some(pair) = pair else { return self.encode(text) };
        let encoding =
            self.inner.encode((text, pair), true).map_err(|source| TokenError::Encode { source })?;
        Ok(self.assemble(&[text, pair], &encoding))
    }

    fn assemble(&self, texts: &[&str], encoding: &Encoding) -> Tokens {
        let special: Vec<bool> = encoding.get_special_tokens_mask().iter().map(|&mask| mask != 0).collect();
        let sequence = |(position, found): (usize, Option<usize>)| {
            // A tokenizer that tells no sequence was given one text.
            (!special[position]).then(|| found.unwrap_or(0).min(texts.len() - 1))
        };
        let sequences: Vec<Option<usize>> =
            encoding.get_sequence_ids().into_iter().enumerate().map(sequence).collect();
        // What the post-processor added has no stretch of any text.
        let text = |position: usize| sequences[position].map_or("", |sequence| texts[sequence]);
        let offsets = encoding.get_offsets().iter().enumerate();
        let offsets: Vec<_> =
            offsets.map(|(position, &(start, end))| words::snap(text(position), start, end)).collect();
        let added = self.inner.get_added_vocabulary().get_added_tokens_decoder();
        let added: Vec<Option<&AddedToken>> = encoding.get_ids().iter().map(|id| added.get(id)).collect();
        let is_typed = |position: usize| {
            let stretch = text(position)[offsets[position].clone()].trim();
            added[position].is_some_and(|token| token.special && stretch == token.content.trim())
        };
        let typed_specials = (0..special.len()).filter(|&position| is_typed(position)).collect();
        let is_added: Vec<bool> = added.iter().map(Option::is_some).collect();
        let pieces = words::Pieces {
            offsets: &offsets,
            ids: encoding.get_word_ids(),
            sequences: &sequences,
            added: &is_added,
        };
        let (unit, words) = words::group(texts, &pieces);
        let types = encoding.get_type_ids().iter();
        Tokens {
            ids: encoding.get_ids().to_vec(),
            pieces: encoding.get_tokens().to_vec(),
            type_ids: types.map(|&kind| if self.typed { kind } else { 0 }).collect(),
            char_offsets: words::to_chars_of(texts, &sequences, &offsets),
            offsets,
            special,
            sequences,
            words,
            unit,
            typed_specials,
        }
    }

    /// The piece of an id; `None` where the vocabulary has no such id.
    #[must_use]
    pub fn piece(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The id of a piece; `None` where the vocabulary has no such piece.
    #[must_use]
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.inner.token_to_id(piece)
    }

    /// The ids of the special tokens, `None` where the tokenizer has no such token.
    #[must_use]
    pub fn special_ids(&self) -> &SpecialIds {
        &self.ids
    }

    /// Largest id + 1, added tokens included: the least number of rows an embedding must have.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// `model_max_length` of `tokenizer_config.json`, specials included; `None` where none is set. The model's own
    /// limit (its positions) may be lower.
    #[must_use]
    pub fn max_tokens(&self) -> Option<usize> {
        self.max_tokens
    }
}

/// Whether the model is given token types, as far as the tokenizer's configuration says: by its list of inputs, or by a
/// class of transformers that gives none. Without a word it is given what the tokenizer makes.
fn is_typed(config: Option<&Value>) -> bool {
    let told = |key| config.and_then(|config| config.get(key));
    match told("model_input_names").and_then(Value::as_array) {
        Some(inputs) => inputs.iter().any(|input| input == "token_type_ids"),
        None => told("tokenizer_class").is_none_or(|class| class != "TokenizersBackend"),
    }
}

/// Turns off the random cuts that some tokenizers were trained with: one text, one encoding.
fn settle(tokenizer: &mut tokenizers::Tokenizer) {
    if let ModelWrapper::BPE(model) = tokenizer.get_model()
        && model.dropout.is_some()
    {
        let mut model = model.clone();
        model.dropout = None;
        tokenizer.with_model(model);
    }
}

fn parse(file: &'static str, bytes: Option<&[u8]>) -> Result<Option<Value>, TokenError> {
    bytes
        .map(|bytes| serde_json::from_slice(bytes).map_err(|source| TokenError::Json { file, source }))
        .transpose()
}
