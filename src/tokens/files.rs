//! The files of a tokenizer, and tokenizer.json made of those from before there was one.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::file::File;
use super::sentence::{self, SentencePiece};
use super::{Side, TokenError};

/// The files a tokenizer is made of, as bytes.
#[derive(Debug, Clone)]
pub struct TokenizerFiles {
    /// The vocabulary with or without its rules.
    pub vocabulary: Vocabulary,
    /// `tokenizer_config.json`
    pub config: Option<Cow<'static, [u8]>>,
    /// `special_tokens_map.json`
    pub special_tokens_map: Option<Cow<'static, [u8]>>,
    /// `added_tokens.json`
    pub added_tokens: Option<Cow<'static, [u8]>>,
    /// `chat_template.jinja`
    pub chat_template: Option<Cow<'static, [u8]>>,
    /// `additional_chat_templates/NAME.jinja`, by their names.
    pub named_templates: Vec<(String, Cow<'static, [u8]>)>,
}

impl TokenizerFiles {
    /// SHA-256 of every file, each behind its name and its length, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        // Named one by one, so that a file that is added here cannot be forgotten.
        let Self { vocabulary, config, special_tokens_map, added_tokens, chat_template, named_templates } =
            self;
        let vocabulary = vocabulary.files();
        let files = [
            ("tokenizer_config.json", config.as_ref()),
            ("special_tokens_map.json", special_tokens_map.as_ref()),
            ("added_tokens.json", added_tokens.as_ref()),
            ("chat_template.jinja", chat_template.as_ref()),
        ];
        let files = vocabulary.into_iter().chain(files);
        let mut digest = Sha256::new();
        for (name, bytes) in files.filter_map(|(name, bytes)| Some((name, bytes?))) {
            digest.update(format!("{name}\0{}\0", bytes.len()));
            digest.update(bytes);
        }
        for (name, bytes) in named_templates {
            digest.update(format!("{}/{name}.jinja\0{}\0", File::NamedTemplates.name(), bytes.len()));
            digest.update(bytes);
        }
        format!("{:x}", digest.finalize())
    }
}

/// The forms of vocabulary that can be read.
#[derive(Debug, Clone)]
pub enum Vocabulary {
    /// `tokenizer.json`: everything in one file.
    Json(Cow<'static, [u8]>),
    /// `vocab.txt` of a BERT folder without `tokenizer.json`: one `WordPiece` a line, its id the line's number.
    WordPiece(Cow<'static, [u8]>),
    /// `vocab.json` and `merges.txt` of a folder of byte-level pairs (`RoBERTa`, GPT-2, OPT, Qwen2) without `tokenizer.json`.
    Pairs {
        /// The pieces with their ids.
        vocab: Cow<'static, [u8]>,
        /// The pairs of pieces that are joined, the first to be joined first.
        merges: Cow<'static, [u8]>,
    },
    /// The file in which `SentencePiece` keeps pieces and scores, of a folder without `tokenizer.json`.
    Scored {
        /// Its name, such as `spiece.model`.
        file: &'static str,
        /// Its contents.
        model: Cow<'static, [u8]>,
    },
    /// `vocab.json`, the numbers of the pieces into which `SentencePiece`'s own files cut a text.
    Numbered {
        /// The pieces with their ids.
        vocab: Cow<'static, [u8]>,
        /// `target_vocab.json`, where the target's pieces have other ids.
        target_vocab: Option<Cow<'static, [u8]>>,
        /// `source.spm`, or one file for both sides under a name of its own.
        source: (&'static str, Cow<'static, [u8]>),
        /// `target.spm`
        target: Option<Cow<'static, [u8]>>,
    },
}

impl Vocabulary {
    /// As tokenizer.json, of which there may be no more than the model.
    pub(super) fn to_json(&self) -> Result<Value, TokenError> {
        match self {
            Self::Json(bytes) => json(bytes),
            Self::WordPiece(lines) => from_lines(lines),
            Self::Pairs { vocab, merges } => from_merges(vocab, merges),
            Self::Scored { file, model } => sentence::to_json(file, model),
            Self::Numbered { vocab, .. } => numbered("vocab.json", vocab),
        }
    }

    /// What cuts a text into the pieces that a vocabulary only numbers.
    pub(super) fn sentence(&self, side: Side) -> Result<Option<SentencePiece>, TokenError> {
        match self {
            Self::Numbered { source: (file, source), target, .. } => match target {
                Some(target) if side == Side::Target => SentencePiece::read(TARGET, target).map(Some),
                _ => SentencePiece::read(file, source).map(Some),
            },
            _ => Ok(None),
        }
    }

    /// Whether each side has a file of its own.
    pub(super) fn is_two_sided(&self) -> bool {
        matches!(self, Self::Numbered { target: Some(_), .. })
    }

    /// `target_vocab.json`, of the target's side.
    pub(super) fn target_vocab(&self, side: Side) -> Option<&[u8]> {
        match self {
            Self::Numbered { target_vocab, .. } if side == Side::Target => target_vocab.as_deref(),
            _ => None,
        }
    }

    /// Every file with its name.
    fn files(&self) -> Vec<(&'static str, Option<&Cow<'static, [u8]>>)> {
        match self {
            Self::Json(bytes) => vec![("tokenizer.json", Some(bytes))],
            Self::WordPiece(bytes) => vec![("vocab.txt", Some(bytes))],
            Self::Pairs { vocab, merges } => vec![("vocab.json", Some(vocab)), ("merges.txt", Some(merges))],
            Self::Scored { file, model } => vec![(file, Some(model))],
            Self::Numbered { vocab, target_vocab, source: (file, source), target } => vec![
                ("vocab.json", Some(vocab)),
                (TARGET_VOCAB, target_vocab.as_ref()),
                (file, Some(source)),
                (TARGET, target.as_ref()),
            ],
        }
    }
}

const TARGET: &str = "target.spm";
pub(super) const TARGET_VOCAB: &str = "target_vocab.json";

/// `vocab.json` where nothing else tells of the pieces.
pub(super) fn numbered(file: &'static str, vocab: &[u8]) -> Result<Value, TokenError> {
    let vocab: Map<String, Value> =
        serde_json::from_slice(vocab).map_err(|source| TokenError::Json { file, source })?;
    // What makes a text of the pieces again.
    let decoder = json!({"type": "Sequence", "decoders": [
        {"type": "ByteFallback"},
        {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true},
    ]});
    Ok(json!({"model": {"type": "WordLevel", "vocab": vocab}, "decoder": decoder}))
}

/// tokenizer.json, which is an object.
pub(super) fn json(bytes: &[u8]) -> Result<Value, TokenError> {
    let file: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|source| TokenError::Load { source: source.into() })?;
    Ok(Value::Object(file))
}

/// `vocab.txt`: a piece a line, its id the line's number from 0, white space at its end cut off. Of a piece that comes twice
/// the last line counts.
fn from_lines(lines: &[u8]) -> Result<Value, TokenError> {
    let lines = utf8("vocab.txt", lines)?;
    let mut vocab = Map::new();
    for (id, line) in lines.split_terminator('\n').enumerate() {
        vocab.insert(line.trim_end().to_owned(), json!(id));
    }
    Ok(json!({"model": {"type": "WordPiece", "vocab": vocab}}))
}

/// `vocab.json`, pieces with their ids, and `merges.txt`, a pair of pieces a line.
fn from_merges(vocab: &[u8], merges: &[u8]) -> Result<Value, TokenError> {
    let vocab: Map<String, Value> =
        serde_json::from_slice(vocab).map_err(|source| TokenError::Json { file: "vocab.json", source })?;
    let mut pairs = Vec::new();
    // A comment tells the version, and is no pair.
    let lines = utf8("merges.txt", merges)?.lines().enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.starts_with("#version")) {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            [first, second] => pairs.push(json!([first, second])),
            _ => return Err(TokenError::Merge { line: number + 1 }),
        }
    }
    Ok(json!({"model": {"type": "BPE", "vocab": vocab, "merges": pairs}}))
}

fn utf8<'a>(file: &'static str, bytes: &'a [u8]) -> Result<&'a str, TokenError> {
    std::str::from_utf8(bytes).map_err(|error| TokenError::VocabUtf8 { file, offset: error.valid_up_to() })
}
