//! Words that are given: what stands between white space, as alignment data have them.

use std::ops::Range;

use tokenizers::{Encoding, Model as _, Token};

use super::pipeline::Pipeline;
use super::words::{blanks, to_chars};
use super::{Cut, TokenError, Tokenizer, Tokens, Unit, Units, Word};
use crate::guard::guarded;

/// Words of these stretches, each with the positions of its pieces.
fn words(text: &str, spans: Vec<Range<usize>>, pieces: Vec<Range<usize>>) -> Vec<Word> {
    let chars = to_chars(text, &spans);
    let all = spans.into_iter().zip(pieces).zip(chars);
    all.map(|((span, pieces), chars)| Word {
        text: text[span.clone()].to_owned(),
        text_index: 0,
        start: span.start,
        end: span.end,
        chars,
        pieces,
    })
    .collect()
}

impl Tokens {
    /// The same tokens of `text`, their words what stands between white space.
    ///
    /// A piece that reaches over several words is of the first; one of bare white space goes with what follows. A word of
    /// which no piece is left has an empty range.
    fn between_blanks(mut self, text: &str) -> Self {
        let spans = blanks(text);
        let content: Vec<usize> = (0..self.len()).filter(|&at| !self.special[at]).collect();
        let first = content.first().copied().unwrap_or(0);
        let mut ends: Vec<usize> = vec![first; spans.len()];
        let mut word = 0;
        for &at in &content {
            let span = &self.offsets[at];
            let stretch = &text[span.clone()];
            let bare = stretch.trim().is_empty();
            if !bare {
                let start = span.start + (stretch.len() - stretch.trim_start().len());
                word = spans.partition_point(|span| span.end <= start).max(word);
            }
            // A bare piece is counted where the next one is that is not.
            if let Some(end) = ends.get_mut(word).filter(|_| !bare) {
                *end = at + 1;
            }
        }
        let mut last = first;
        for end in &mut ends {
            last = last.max(*end);
            *end = last;
        }
        // White space at the end of the text has no word after it.
        if let (Some(end), Some(&at)) = (ends.iter().rposition(|&end| end == last), content.last()) {
            ends[end..].fill(at + 1);
        }
        let starts = std::iter::once(first).chain(ends.iter().copied());
        let pieces = starts.zip(&ends).map(|(start, &end)| start..end).collect();
        self.words = words(text, spans, pieces);
        (self.unit, self.unspaced) = (Unit::Whitespace, 0);
        self
    }
}

impl Tokenizer {
    /// One text whose words are what stands between white space; its pieces are those of the whole.
    pub(super) fn encode_blanks(&self, text: &str) -> Result<Tokens, TokenError> {
        Ok(self.encode_units(text, None, Units::Words)?.between_blanks(text))
    }

    /// The same where each word is cut by itself, as if it were the text; one without a piece is unknown.
    pub(super) fn encode_apart(&self, text: &str) -> Result<Tokens, TokenError> {
        let spans = blanks(text);
        let (encoding, counts) = guarded("tokenizers", || self.pipeline.encode_apart(text, &spans))??;
        let mut tokens = self.assemble(&[text], &encoding, Units::Words);
        let mut start = tokens.special.iter().position(|special| !special).unwrap_or(0);
        let pieces = counts.into_iter().map(|count| {
            start += count;
            start - count..start
        });
        tokens.words = words(text, spans, pieces.collect());
        (tokens.unit, tokens.unspaced) = (Unit::Whitespace, 0);
        Ok(tokens)
    }
}

impl Tokenizer {
    /// The text that ids stand for, with those ids as its pieces. As the text is cut where that gives these ids; else each
    /// piece stands for what it adds to those before it, and words are between white space. `None` where there is no text.
    pub(super) fn written(&self, ids: &[u32], cut: Cut) -> Result<Option<Tokens>, TokenError> {
        let Some(text) = self.decode(ids) else { return Ok(None) };
        let usual = self.encode_cut(&text, cut)?;
        let content =
            usual.ids.iter().zip(&usual.special).filter(|(_, special)| !**special).map(|(id, _)| id);
        if content.eq(ids) {
            return Ok(Some(usual));
        }
        let (mut pieces, mut from) = (Vec::with_capacity(ids.len()), 0);
        for (at, &id) in ids.iter().enumerate() {
            let Some(before) = self.decode(&ids[..=at]) else { return Ok(None) };
            // Bytes that are not yet a character add nothing.
            let to = if text.starts_with(&before) { before.len().max(from) } else { from };
            pieces.push(Token::new(id, self.piece(id).unwrap_or_default(), (from, to)));
            from = to;
        }
        let mut encoding = Encoding::from_tokens(pieces, 0);
        encoding.set_sequence_id(0);
        let encoding = guarded("tokenizers", || self.pipeline.finished(vec![encoding]))??;
        let units = if let Cut::Units(units) = cut { units } else { Units::Words };
        let tokens = self.assemble(&[&text], &encoding, units);
        Ok(Some(if let Cut::Units(_) = cut { tokens } else { tokens.between_blanks(&text) }))
    }
}

impl Pipeline {
    /// The pieces of each stretch by itself, with what stands around the whole; and how many each has.
    fn encode_apart(&self, text: &str, spans: &[Range<usize>]) -> Result<(Encoding, Vec<usize>), TokenError> {
        let (mut pieces, mut counts) = (Vec::new(), Vec::with_capacity(spans.len()));
        for span in spans {
            let own = self.pieces(&text[span.clone()], 0)?;
            let all = own.get_ids().iter().zip(own.get_tokens()).zip(own.get_offsets());
            let before = pieces.len();
            pieces.extend(all.map(|((&id, token), &(start, end))| {
                Token::new(id, token.clone(), (start + span.start, end + span.start))
            }));
            if pieces.len() == before {
                let id = self.unknown().ok_or(TokenError::EmptyWord)?;
                let token = self.model.id_to_token(id).unwrap_or_default();
                pieces.push(Token::new(id, token, (span.start, span.end)));
            }
            counts.push(pieces.len() - before);
        }
        let mut encoding = Encoding::from_tokens(pieces, 0);
        encoding.set_sequence_id(0);
        Ok((self.finished(vec![encoding])?, counts))
    }
}
