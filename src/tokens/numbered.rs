//! Texts that `SentencePiece`'s own files cut, and whose pieces another vocabulary numbers.

use tokenizers::tokenizer::pre_tokenizer::OffsetType;
use tokenizers::{AddedVocabulary, Encoding, NormalizerWrapper, OffsetReferential, Token};

use super::TokenError;
use super::pipeline::Pipeline;
use super::sentence::SentencePiece;

impl Pipeline {
    /// One text with nothing around it. What the vocabulary lacks is its unknown piece.
    pub(super) fn numbered(
        &self,
        sentence: &SentencePiece,
        added: &AddedVocabulary,
        text: &str,
        kind: u32,
    ) -> Result<Encoding, TokenError> {
        let unknown = self.unknown().unwrap_or(0);
        let parted = added.extract_and_normalize(None::<&NormalizerWrapper>, text);
        let mut pieces: Vec<Token> = Vec::new();
        for (stretch, (start, _), found) in parted.get_splits(OffsetReferential::Original, OffsetType::Byte) {
            if let Some(found) = found {
                let shifted = |token: &Token| Token {
                    offsets: (token.offsets.0 + start, token.offsets.1 + start),
                    ..token.clone()
                };
                pieces.extend(found.iter().map(shifted));
                continue;
            }
            let mut push = |piece: String, from: usize, to: usize| {
                let id = self.id(&piece).unwrap_or(unknown);
                pieces.push(Token::new(id, piece, (start + from, start + to)));
            };
            // The code of the language that the text is to be translated to is no part of it.
            let code = if self.coded { code(stretch) } else { 0 };
            if code > 0 {
                push(stretch[..code].to_owned(), 0, code);
            }
            for piece in sentence.cut(&stretch[code..])? {
                push(piece.text, code + piece.span.start, code + piece.span.end);
            }
        }
        Ok(Encoding::from_tokens(pieces, kind))
    }
}

/// Bytes of the code, such as `>>fr<<`, that a text begins with; 0 where it begins with none.
fn code(text: &str) -> usize {
    match text.find("<<") {
        Some(end) if text.starts_with(">>") => end + 2,
        _ => 0,
    }
}
