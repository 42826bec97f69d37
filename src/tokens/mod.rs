//! Text to token ids, and token ids back to words of the text.
//!
//! The audit scores *words* but the model sees *pieces*. [`Tokenizer::encode`] gives both, and which pieces make
//! up which word. Erasure works on the ids: nothing is decoded and tokenised again.
//!
//! A token is *special* when the tokenizer put it there (its post-processor), not when it looks like one: a
//! text that holds `[MASK]` or `<s>` literally is the user's data. Such a piece gets the special token's id, as
//! the model's own tokenizer would give it; it counts as a content word, and [`Tokens::typed_specials`] says
//! where they are, so that a report can warn.

mod calendar;
mod chat;
mod check;
mod choice;
mod class;
mod error;
mod fields;
mod file;
mod files;
mod given;
mod growth;
mod inside;
mod json;
mod language;
mod marks;
mod measured;
mod numbered;
mod parts;
mod pipeline;
mod script;
mod sentence;
mod sequence;
mod settings;
mod sides;
mod special;
mod words;

use serde_json::Value;
use tokenizers::{AddedToken, Encoding};

use crate::guard::guarded;
use chat::Chat;
use choice::Choice;
use class::Class;
use language::Asked;
use pipeline::Pipeline;
use sentence::SentencePiece;
use settings::{Beside, Settings};
use special::Added;

pub(crate) use error::CONVERT;
pub use error::TokenError;
pub use fields::{Duty, FIELDS, Field};
pub use file::File;
pub use files::{TokenizerFiles, Vocabulary};
pub use sequence::{Tokens, TruncationSide, Window};
pub use sides::{Cut, Languages, Side, Sides, Target, Translator};
pub use special::SpecialIds;
pub use words::{Unit, Units, Word, blanks};

/// A tokenizer, with padding, truncation and random cuts (BPE dropout) off: no token comes or goes unseen.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    pipeline: Pipeline,
    ids: SpecialIds,
    vocab_size: usize,
    max_tokens: Option<usize>,
    side: TruncationSide,
    /// Whether the model is given token types.
    typed: bool,
    chat: Option<Chat>,
}

/// What the files of a folder tell beside the vocabulary and the settings.
#[derive(Debug, Default)]
struct Told<'a> {
    /// The file that holds the vocabulary where it holds nothing else, with the class that it is enough for.
    only: Option<(&'static str, Class)>,
    /// What cuts the text where the vocabulary only numbers the pieces.
    sentence: Option<SentencePiece>,
    /// The vocabulary of the target, where it is the target's side that is read.
    target_vocab: Option<&'a [u8]>,
    templates: chat::Written<'a>,
}

impl Tokenizer {
    /// From the contents of `tokenizer.json` and, where there is one, `tokenizer_config.json`.
    pub fn from_bytes(tokenizer: &[u8], config: Option<&[u8]>) -> Result<Self, TokenError> {
        let beside = Beside { config: parse(File::TokenizerConfig, config)?, ..Beside::default() };
        Ok(Self::build(files::json(tokenizer)?, Told::default(), beside, None, &Asked::ALONE)?.0)
    }

    /// From the files of a model folder and its `config.json`. Of a translation model it is the source's.
    pub fn from_files(files: &TokenizerFiles, model: &[u8]) -> Result<Self, TokenError> {
        Ok(Self::of_side(files, model, &Asked::ALONE)?.0)
    }

    /// The same for one side of a translation, with the class that was built.
    fn of_side(files: &TokenizerFiles, model: &[u8], asked: &Asked) -> Result<(Self, Class), TokenError> {
        let beside = Beside {
            config: parse(File::TokenizerConfig, files.config.as_deref())?,
            special_tokens_map: parse(File::SpecialTokensMap, files.special_tokens_map.as_deref())?,
            added_tokens: parse(File::AddedTokens, files.added_tokens.as_deref())?,
        };
        let told = Told {
            only: match &files.vocabulary {
                Vocabulary::Json(_) => None,
                Vocabulary::WordPiece(_) => Some(("vocab.txt", Class::Bert)),
                Vocabulary::Pairs { .. } => Some(("vocab.json", Class::Roberta)),
                Vocabulary::Scored { file, .. } => Some((file, Class::T5)),
                Vocabulary::Numbered { target: Some(_), .. } => Some(("vocab.json", Class::Marian)),
                Vocabulary::Numbered { target: None, .. } => Some(("vocab.json", Class::M2m100)),
            },
            sentence: files.vocabulary.sentence(asked.side)?,
            target_vocab: files.vocabulary.target_vocab(asked.side),
            templates: (files.chat_template.as_deref(), files.named_templates.as_slice()),
        };
        let model = parse(File::Config, Some(model))?;
        Self::build(files.vocabulary.to_json()?, told, beside, model.as_ref(), asked)
    }

    fn build(
        mut file: Value,
        told: Told,
        beside: Beside,
        model: Option<&Value>,
        asked: &Asked,
    ) -> Result<(Self, Class), TokenError> {
        let settings = Settings::of(beside)?;
        let mut choice = Choice::of(&settings, model, &file)?;
        if let Some((file, class)) = told.only {
            choice.fit(file, class)?;
        }
        if told.sentence.is_none() {
            choice.without_scores();
        }
        if let Some(vocab) = told.target_vocab.filter(|_| choice.class == Class::Marian)
            && settings.flag("separate_vocabs", false)?
        {
            file = files::numbered(files::TARGET_VOCAB, vocab)?;
        }
        choice.rewrite(&mut file, &settings)?;
        let class = choice.class;
        let names = Added::of(&settings, class, &file)?;
        let side = settings.side(&file)?;
        if class != Class::Whole {
            // They are among the names, in the order in which the class adds them.
            file["added_tokens"] = Value::Null;
        }
        let (pipeline, vocab_size) = guarded("tokenizers", || {
            let mut pipeline = Pipeline::read(file)?;
            pipeline.sentence = told.sentence;
            pipeline.coded = class == Class::Marian;
            pipeline.add(names.listed(pipeline.tokens()))?;
            // What follows may be lacking from the model, as long as no text holds it.
            let size = pipeline.size();
            pipeline.add(names.unlisted(pipeline.tokens()))?;
            if class == Class::Qwen2 {
                pipeline.add(names.plain())?;
            }
            pipeline.added.set_encode_special_tokens(settings.flag("split_special_tokens", false)?);
            choice.surround(&mut pipeline, &settings, &names, size, asked)?;
            Ok::<_, TokenError>((pipeline, size))
        })??;
        let ids = SpecialIds::find(&pipeline, &names, vocab_size);
        let (max_tokens, typed) = (settings.max_tokens()?, settings.is_typed(choice.is_typed())?);
        let chat = Chat::of(told.templates, &settings, names.contents())?;
        Ok((Self { pipeline, ids, vocab_size, max_tokens, side, typed, chat }, class))
    }

    /// The same for a model with so many rows of word embeddings: special tokens beyond them are none.
    #[must_use]
    pub fn for_rows(self, rows: usize) -> Self {
        Self { ids: self.ids.below(rows), ..self }
    }

    /// The ids, pieces and words of one text, with the special tokens the model expects around it.
    ///
    /// A text may give no content word at all (only control characters, say); that is not an error.
    pub fn encode(&self, text: &str) -> Result<Tokens, TokenError> {
        self.encode_pair(text, None)
    }

    /// The same of a pair of texts, where `pair` is the second.
    pub fn encode_pair(&self, text: &str, pair: Option<&str>) -> Result<Tokens, TokenError> {
        self.encode_units(text, pair, Units::Words)
    }

    /// The same, cut into words or into pieces.
    pub fn encode_units(&self, text: &str, pair: Option<&str>, units: Units) -> Result<Tokens, TokenError> {
        let texts: Vec<&str> = std::iter::once(text).chain(pair).collect();
        let encoding = guarded("tokenizers", || self.pipeline.encode(&texts))??;
        Ok(self.assemble(&texts, &encoding, units))
    }

    /// One text that is to be continued: what the tokenizer puts before it stays, what would close it is left out.
    pub fn encode_prompt(&self, text: &str, units: Units) -> Result<Tokens, TokenError> {
        Ok(self.encode_units(text, None, units)?.open())
    }

    /// One text as what the user says in a chat, up to where the model's answer begins, by the model's own template.
    ///
    /// What the template writes is special, and nothing else is put around it. White space at the ends of the text may be
    /// left out, as many templates do. What the text says is never a token of the template's, whatever it looks like: such
    /// a word is cut as any other.
    pub fn encode_chat(&self, text: &str, units: Units) -> Result<Tokens, TokenError> {
        let chat = self.chat.as_ref().ok_or(TokenError::NoChat)?;
        let (rendered, controls) = (chat.render(text)?, chat.controls(&self.pipeline)?);
        let encoding = guarded("tokenizers", || self.pipeline.encode_inside(&rendered, &controls))??;
        Ok(self.assemble(&[text], &encoding, units))
    }

    /// The same with what the model has answered so far, which is the second text of a pair.
    pub fn encode_answer(&self, text: &str, answer: &str, units: Units) -> Result<Tokens, TokenError> {
        let chat = self.chat.as_ref().ok_or(TokenError::NoChat)?;
        let (rendered, controls) = (chat.render(text)?, chat.controls(&self.pipeline)?);
        let encoding =
            guarded("tokenizers", || self.pipeline.encode_answered(&rendered, &controls, answer))??;
        Ok(self.assemble(&[text, answer], &encoding, units))
    }

    /// The chat that [`encode_chat`](Self::encode_chat) encodes.
    pub fn render_chat(&self, text: &str) -> Result<String, TokenError> {
        Ok(self.chat.as_ref().ok_or(TokenError::NoChat)?.render(text)?.whole)
    }

    /// The same with the chat template of this name in the place of `default`.
    #[must_use]
    pub fn with_chat_template(self, name: &str) -> Self {
        Self { chat: self.chat.map(|chat| chat.named(name)), ..self }
    }

    /// An error where the model has no chat template, or none that can be used; a remark on one that is not given what it
    /// asks for.
    pub fn check_chat(&self) -> Result<Option<String>, TokenError> {
        let chat = self.chat.as_ref().ok_or(TokenError::NoChat)?;
        chat.render("a text")?;
        let told =
            || format!("the chat template asks for the date, and is told {} on every day", calendar::TOLD);
        Ok(chat.asks_date().then(told))
    }

    fn assemble(&self, texts: &[&str], encoding: &Encoding, units: Units) -> Tokens {
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
        let added = self.pipeline.added.get_added_tokens_decoder();
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
        let words::Grouped { unit, words, unspaced } = words::group(texts, &pieces, units);
        let unknown =
            |position: &usize| !special[*position] && Some(encoding.get_ids()[*position]) == self.ids.unk;
        let unknown = (0..special.len()).filter(unknown).collect();
        let types = encoding.get_type_ids().iter();
        Tokens {
            ids: encoding.get_ids().to_vec(),
            pieces: self.pieces(encoding),
            type_ids: types.map(|&kind| if self.typed { kind } else { 0 }).collect(),
            char_offsets: words::to_chars_of(texts, &sequences, &offsets),
            offsets,
            special,
            sequences,
            words,
            unit,
            unspaced,
            unknown,
            typed_specials,
        }
    }

    /// The pieces as the vocabulary has them: what is unknown is the unknown token, whatever stands in the text.
    fn pieces(&self, encoding: &Encoding) -> Vec<String> {
        let pieces = encoding.get_ids().iter().zip(encoding.get_tokens());
        // A post-processor may write an id that no piece has.
        pieces.map(|(&id, token)| self.pipeline.piece(id).unwrap_or_else(|| token.clone())).collect()
    }

    /// The piece of an id; `None` where the vocabulary has no such id.
    #[must_use]
    pub fn piece(&self, id: u32) -> Option<String> {
        self.pipeline.piece(id)
    }

    /// The text that ids stand for; `None` where an id has no piece, or the files' decoder makes no text of them.
    ///
    /// A piece of bytes that are not yet a character is written as `\u{fffd}` or is left out, as its decoder has it.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> Option<String> {
        guarded("tokenizers", || self.pipeline.decode(ids)).ok()?
    }

    /// The id of a piece; `None` where the vocabulary has no such piece.
    #[must_use]
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.pipeline.id(piece)
    }

    /// The ids of the special tokens, `None` where the tokenizer has no such token.
    #[must_use]
    pub fn special_ids(&self) -> &SpecialIds {
        &self.ids
    }

    /// Largest id + 1 of the vocabulary and the tokens that the files add to it: the least number of rows an embedding must
    /// have. Special tokens that are only named, and lacking, are not counted.
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

    /// The side at which a text that is too long loses its words.
    #[must_use]
    pub fn side(&self) -> TruncationSide {
        self.side
    }
}

fn parse(file: File, bytes: Option<&[u8]>) -> Result<Option<Value>, TokenError> {
    let file = file.name();
    bytes
        .map(|bytes| serde_json::from_slice(bytes).map_err(|source| TokenError::Json { file, source }))
        .transpose()
}
