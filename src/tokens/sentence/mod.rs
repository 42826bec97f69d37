//! `SentencePiece`'s own files, cut as its library cuts: the tokenizers library differs from it in normalising, in what is
//! unknown and in ties, and Marian's and M2M-100's tokenizers call the original.
//!
//! Kudo and Richardson 2018 (the library), Kudo 2018 (unigram), Sennrich et al. 2016 (pairs).

mod bpe;
mod lexicon;
mod normalize;
mod proto;
mod unigram;

use std::ops::Range;

use serde_json::{Value, json};

use super::TokenError;
use lexicon::Lexicon;
use normalize::Normalizer;
use proto::{Kind, Model, ModelKind};

/// What stands for a space in the pieces.
const SPACE: &str = "\u{2581}";

/// A `.spm` or `.model` file, ready to cut texts.
#[derive(Debug, Clone)]
pub(super) struct SentencePiece {
    /// The file's name.
    file: &'static str,
    normalizer: Normalizer,
    lexicon: Lexicon,
    kind: ModelKind,
    /// Whether what is unknown is written as its bytes.
    bytes: bool,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// As the vocabulary writes it; of what is unknown, what stands there after normalising.
    pub text: String,
    /// The bytes of the text that it stands for; empty where it is the space that is put before a text.
    pub span: Range<usize>,
}

/// A piece of the normalised text, and whether the vocabulary lacks it.
type Cut = (Range<usize>, bool);

impl SentencePiece {
    /// From the contents of a file that is called `file`.
    pub(super) fn read(file: &'static str, bytes: &[u8]) -> Result<Self, TokenError> {
        let model = Model::read(bytes).map_err(|said| TokenError::Sentence { file, said })?;
        let lexicon = Lexicon::of(&model).map_err(|said| TokenError::Sentence { file, said })?;
        let normalizer =
            Normalizer::of(&model, &lexicon).map_err(|said| TokenError::Sentence { file, said })?;
        Ok(Self { file, normalizer, lexicon, kind: model.kind, bytes: model.byte_fallback })
    }

    /// The pieces of a text, in its order. There are none of nothing but white space.
    pub(super) fn cut(&self, text: &str) -> Result<Vec<Piece>, TokenError> {
        let normal = self
            .normalizer
            .normalize(text, &self.lexicon)
            .map_err(|said| TokenError::Sentence { file: self.file, said })?;
        let cuts = match self.kind {
            ModelKind::Unigram => unigram::cut(&normal.text, &self.lexicon),
            ModelKind::Pairs => bpe::cut(&normal.text, &self.lexicon),
        };
        let mut pieces: Vec<Piece> = Vec::with_capacity(cuts.len());
        let mut was_unknown = false;
        for (at, unknown) in cuts {
            let (piece, span) = (&normal.text[at.clone()], normal.span(&at));
            match pieces.last_mut() {
                _ if unknown && self.bytes => {
                    pieces.extend(
                        piece
                            .bytes()
                            .map(|byte| Piece { text: format!("<0x{byte:02X}>"), span: span.clone() }),
                    );
                }
                // A run of what is unknown is one piece.
                Some(last) if unknown && was_unknown => {
                    last.text.push_str(piece);
                    last.span.end = last.span.end.max(span.end);
                }
                _ => pieces.push(Piece { text: piece.to_owned(), span }),
            }
            was_unknown = unknown;
        }
        Ok(pieces)
    }
}

/// The same file as the parts of tokenizer.json that a class builds its tokenizer of: the pieces with their scores, the
/// unknown one's place, and the table of characters, and the pieces that are found whole in a text.
pub(super) fn to_json(file: &'static str, bytes: &[u8]) -> Result<Value, TokenError> {
    use base64::Engine as _;
    let model = Model::read(bytes).map_err(|said| TokenError::Sentence { file, said })?;
    let vocab: Vec<Value> =
        model.pieces.iter().map(|piece| json!([piece.text, f64::from(piece.score)])).collect();
    let normalizer = match model.charsmap.as_slice() {
        [] => Value::Null,
        table => json!({
            "type": "Precompiled",
            "precompiled_charsmap": base64::engine::general_purpose::STANDARD.encode(table),
        }),
    };
    let added = model.pieces.iter().enumerate().filter_map(|(id, piece)| match piece.kind {
        Kind::Control => Some(json!({"id": id, "content": piece.text, "special": true, "normalized": false})),
        Kind::Defined => {
            Some(json!({"id": id, "content": piece.text, "special": false, "normalized": false}))
        }
        _ => None,
    });
    Ok(json!({
        "model": {"type": "Unigram", "vocab": vocab, "unk_id": model.unknown},
        "normalizer": normalizer,
        "added_tokens": added.collect::<Vec<_>>(),
    }))
}
