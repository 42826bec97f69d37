//! The steps from a text to pieces, as tokenizer.json names them, each run under an allowance.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::{bpe::BPE, unigram::Unigram, wordlevel::WordLevel, wordpiece::WordPiece};
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::tokenizer::pre_tokenizer::{OffsetType, PreTokenizedString};
use tokenizers::{
    AddedToken, AddedVocabulary, Decoder as _, Encoding, Model as _, ModelWrapper, NormalizerWrapper,
    OffsetReferential, PostProcessor, PostProcessorWrapper, PreTokenizerWrapper,
};

use super::TokenError;
use super::check;
use super::error::short;
use super::growth::{Growth, Normalizers};
use super::sentence::SentencePiece;

/// Normalisers and pre-tokenizers that a tokenizer may have in all.
const STEPS: usize = 1000;
/// Characters of the longest word that is cut into pieces: the search tries every end of every piece.
const WORD: usize = 10_000;

/// A decoder that cannot be read.
#[derive(Debug, Clone, Copy)]
struct Unreadable;

/// A tokenizer's parts in the order of their work.
#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    pub added: AddedVocabulary,
    normalizers: Vec<NormalizerWrapper>,
    cutters: Vec<PreTokenizerWrapper>,
    pub model: ModelWrapper,
    /// What cuts a text in the place of all these steps; the model then numbers the pieces.
    pub sentence: Option<SentencePiece>,
    /// Whether a text may begin with the code of a language.
    pub coded: bool,
    /// The code that is put beside every text.
    pub language: Option<String>,
    /// The unknown piece of a Unigram vocabulary, which the model itself does not tell.
    unknown: Option<u32>,
    /// Which piece is shown of an id that several have; the library keeps any of them, another at every start.
    shared: HashMap<u32, String>,
    finish: Option<PostProcessorWrapper>,
    /// Whether the post-processor has a place for a second text.
    pairs: bool,
    /// What makes text of pieces; none where the file has none, an error where it has one that cannot be read: a text is
    /// encoded without it.
    decoder: Result<Option<DecoderWrapper>, Unreadable>,
}

/// An entry of `added_tokens`. Its id is told by the order in which tokens are added, as in the library.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(flatten)]
    token: AddedToken,
}

impl Pipeline {
    /// From a whole tokenizer.json.
    pub(super) fn read(mut json: Value) -> Result<Self, TokenError> {
        let version = json.get("version").and_then(Value::as_str);
        if version.is_some_and(|version| version != "1.0") {
            let found = version.unwrap_or_default().to_owned();
            return Err(TokenError::Part { part: "version", found, expected: "1.0".to_owned() });
        }
        check::model(&json["model"])?;
        check::normalizer(&json["normalizer"])?;
        let pairs = check::post_processor(&json["post_processor"])?;
        let unknown = json["model"]["unk_id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let shared = shared(&json["model"]["vocab"]);
        let mut take = |part: &str| json.get_mut(part).map(Value::take).unwrap_or_default();
        let normalizers = flat_normalizers(parsed(take("normalizer"))?);
        let cutters = flat_cutters(parsed(take("pre_tokenizer"))?);
        let steps = normalizers.len() + cutters.len();
        if steps > STEPS {
            let expected = format!("at most {STEPS}");
            return Err(TokenError::Part { part: "number of steps", found: steps.to_string(), expected });
        }
        let finish = parsed(take("post_processor"))?;
        let decoder = parsed(take("decoder")).map_err(|_| Unreadable);
        let added: Option<Vec<Entry>> = parsed(take("added_tokens"))?;
        let model = model(take("model"))?;
        let mut pipeline = Self {
            added: AddedVocabulary::new(),
            normalizers,
            cutters,
            model,
            sentence: None,
            coded: false,
            language: None,
            unknown,
            shared,
            finish,
            pairs,
            decoder,
        };
        pipeline.add(added.into_iter().flatten().map(|entry| entry.token).collect())?;
        Ok(pipeline)
    }

    /// Adds tokens that are found whole in a text, before it is cut.
    pub(super) fn add(&mut self, tokens: Vec<AddedToken>) -> Result<(), TokenError> {
        let growth = Growth::of(tokens.iter().map(|token| token.content.len()).sum());
        let normalizers = Normalizers { steps: &self.normalizers, growth: &growth };
        let added = self.added.add_tokens(tokens, &self.model, Some(&normalizers));
        growth.check()?;
        added.map(drop).map_err(|source| TokenError::Load { source })
    }

    /// One text or two, with the special tokens around them.
    pub(super) fn encode(&self, texts: &[&str]) -> Result<Encoding, TokenError> {
        if texts.len() > 1 && !self.pairs {
            return Err(TokenError::Pairs);
        }
        let mut parts = Vec::with_capacity(texts.len());
        for (sequence, text) in texts.iter().enumerate() {
            let mut part = self.pieces(text, sequence as u32)?;
            part.set_sequence_id(sequence);
            parts.push(part);
        }
        self.finished(parts)
    }

    /// The pieces of one text or two with the special tokens around them.
    pub(super) fn finished(&self, parts: Vec<Encoding>) -> Result<Encoding, TokenError> {
        let whole = match &self.finish {
            Some(finish) => {
                let mut parts = parts.into_iter();
                let first = parts.next().unwrap_or_default();
                finish.process(first, parts.next(), true).map_err(|source| TokenError::Encode { source })?
            }
            None => Encoding::merge(parts, false),
        };
        check::encoding(&whole)?;
        Ok(whole)
    }

    /// The text that ids stand for, special tokens as they are written; `None` where an id has no piece, or there is no
    /// text of them.
    pub(super) fn decode(&self, ids: &[u32]) -> Option<String> {
        let pieces = ids.iter().map(|id| self.piece(*id)).collect::<Option<Vec<_>>>()?;
        match self.decoder.as_ref().ok()? {
            Some(decoder) => decoder.decode(pieces).ok(),
            None => Some(pieces.join(" ")),
        }
    }

    /// One text with nothing around it.
    pub(super) fn pieces(&self, text: &str, kind: u32) -> Result<Encoding, TokenError> {
        self.pieces_by(&self.added, text, kind)
    }

    /// The same, where `added` are the tokens that are found whole.
    pub(super) fn pieces_by(
        &self,
        added: &AddedVocabulary,
        text: &str,
        kind: u32,
    ) -> Result<Encoding, TokenError> {
        if let Some(sentence) = &self.sentence {
            return self.numbered(sentence, added, text, kind);
        }
        let encode = |source| TokenError::Encode { source };
        let growth = Growth::of(text.len());
        let normalizers = Normalizers { steps: &self.normalizers, growth: &growth };
        let mut text = added.extract_and_normalize(Some(&normalizers), text);
        growth.check()?;
        for cutter in &self.cutters {
            growth.cut(cutter, &mut text)?;
        }
        self.check_words(&text)?;
        self.model.tokenize_in_pretokenized(&mut text, None).map_err(encode)?;
        text.into_encoding(None, kind, OffsetType::Byte).map_err(encode)
    }

    /// A word that is longer than the model's own limit is unknown without a search.
    fn check_words(&self, text: &PreTokenizedString) -> Result<(), TokenError> {
        let ModelWrapper::WordPiece(model) = &self.model else { return Ok(()) };
        if model.max_input_chars_per_word <= WORD {
            return Ok(());
        }
        let stretches = text.get_splits(OffsetReferential::Normalized, OffsetType::None);
        let lengths =
            stretches.iter().filter(|(.., done)| done.is_none()).map(|(word, ..)| word.chars().count());
        match lengths.filter(|&chars| chars <= model.max_input_chars_per_word).max() {
            Some(chars) if chars > WORD => Err(TokenError::Word { chars, most: WORD }),
            _ => Ok(()),
        }
    }

    /// Puts a token before and after every text, as BERT does, or as `RoBERTa` does where `trim` says how its offsets are made.
    pub(super) fn surround(&mut self, [cls, sep]: [&str; 2], trim: Option<[bool; 2]>) {
        let with_id = |token: &str| self.id(token).map(|id| (token.to_owned(), id));
        let (Some(cls), Some(sep)) = (with_id(cls), with_id(sep)) else { return };
        self.finish = Some(match trim {
            None => PostProcessorWrapper::Bert(BertProcessing::new(sep, cls)),
            Some([trim, prefix]) => PostProcessorWrapper::Roberta(
                RobertaProcessing::new(sep, cls).trim_offsets(trim).add_prefix_space(prefix),
            ),
        });
        self.pairs = true;
    }

    /// Puts tokens before every text, after it, both or neither, as the decoders' classes do; each text of a pair has its own.
    pub(super) fn enclose(&mut self, before: &[&str], after: &[&str]) -> Result<(), TokenError> {
        let text = |id: &str, kind: u32| {
            let token = |token: &&str| json!({"SpecialToken": {"id": token, "type_id": kind}});
            let text = json!({"Sequence": {"id": id, "type_id": kind}});
            before.iter().map(token).chain([text]).chain(after.iter().map(token)).collect::<Vec<_>>()
        };
        let special = |token: &&str| {
            Some(((*token).to_owned(), json!({"id": token, "ids": [self.id(token)?], "tokens": [token]})))
        };
        let specials: Map<String, Value> = before.iter().chain(after).filter_map(special).collect();
        let pair: Vec<Value> = [text("A", 0), text("B", 1)].concat();
        self.finish = parsed(json!({
            "type": "TemplateProcessing", "single": text("A", 0), "pair": pair, "special_tokens": specials,
        }))?;
        self.pairs = true;
        Ok(())
    }

    /// From now on, no text has a second beside it.
    pub(super) fn refuse_pairs(&mut self) {
        self.pairs = false;
    }

    /// Whether something is put around every text.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The id that stands for what the vocabulary lacks.
    pub(super) fn unknown(&self) -> Option<u32> {
        match &self.model {
            ModelWrapper::BPE(model) => self.model.token_to_id(model.unk_token.as_ref()?),
            ModelWrapper::WordPiece(model) => self.model.token_to_id(&model.unk_token),
            ModelWrapper::WordLevel(model) => self.model.token_to_id(&model.unk_token),
            ModelWrapper::Unigram(_) => self.unknown,
        }
    }

    /// The id of a piece, added tokens first.
    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        self.added.token_to_id(piece, &self.model)
    }

    /// The piece of an id, added tokens first.
    pub(super) fn piece(&self, id: u32) -> Option<String> {
        let added = self.added.simple_id_to_token(id).or_else(|| self.shared.get(&id).cloned());
        added.or_else(|| self.model.id_to_token(id))
    }

    /// The tokens that were added.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &AddedToken> {
        self.added.get_added_tokens_decoder().values()
    }

    /// Largest id + 1, added tokens included.
    pub(super) fn size(&self) -> usize {
        let added = self.added.get_vocab().values().copied();
        self.model.get_vocab().into_values().chain(added).max().map_or(0, |id| id as usize + 1)
    }
}

/// Of the ids that several pieces have, the first of those pieces by its letters.
fn shared(vocab: &Value) -> HashMap<u32, String> {
    let mut pieces: Vec<(u32, &String)> = Vec::new();
    let entries = vocab.as_object().into_iter().flatten();
    pieces.extend(entries.filter_map(|(piece, id)| Some((u32::try_from(id.as_u64()?).ok()?, piece))));
    pieces.sort_unstable();
    let twins = pieces.chunk_by(|a, b| a.0 == b.0).filter(|twins| twins.len() > 1);
    twins.map(|twins| (twins[0].0, twins[0].1.clone())).collect()
}

fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, TokenError> {
    serde_json::from_value(value).map_err(|source| TokenError::Load { source: source.into() })
}

/// The model of the type that is named; files from before there were types are guessed at, as in the library.
fn model(mut value: Value) -> Result<ModelWrapper, TokenError> {
    let kind = value.as_object_mut().and_then(|model| model.remove("type"));
    let mut model = match kind.as_ref().map(|kind| kind.as_str().unwrap_or_default()) {
        None => parsed(value)?,
        Some("BPE") => ModelWrapper::BPE(parsed::<BPE>(value)?),
        Some("WordPiece") => ModelWrapper::WordPiece(parsed::<WordPiece>(value)?),
        Some("WordLevel") => ModelWrapper::WordLevel(parsed::<WordLevel>(value)?),
        Some("Unigram") => ModelWrapper::Unigram(parsed::<Unigram>(value)?),
        Some(_) => {
            let found = short(&kind.unwrap_or_default());
            let expected = "BPE, WordPiece, WordLevel or Unigram".to_owned();
            return Err(TokenError::Part { part: "type of model", found, expected });
        }
    };
    // Random cuts, which some tokenizers were trained with, are off: one text, one encoding.
    if let ModelWrapper::BPE(model) = &mut model {
        model.dropout = None;
    }
    Ok(model)
}

fn flat_normalizers(step: Option<NormalizerWrapper>) -> Vec<NormalizerWrapper> {
    match step {
        Some(NormalizerWrapper::Sequence(steps)) => {
            steps.into_iter().flat_map(|step| flat_normalizers(Some(step))).collect()
        }
        step => step.into_iter().collect(),
    }
}

fn flat_cutters(step: Option<PreTokenizerWrapper>) -> Vec<PreTokenizerWrapper> {
    match step {
        Some(PreTokenizerWrapper::Sequence(steps)) => {
            steps.into_iter().flat_map(|step| flat_cutters(Some(step))).collect()
        }
        step => step.into_iter().collect(),
    }
}
