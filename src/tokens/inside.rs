//! A text inside a rendered chat: its pieces are content, all others special.

use std::collections::HashMap;
use std::ops::Range;

use tokenizers::{AddedVocabulary, Encoding};

use super::TokenError;
use super::chat::Rendered;
use super::pipeline::Pipeline;
use super::words::snap;

/// The pieces of a stretch, with their places in the whole.
#[derive(Debug, Default)]
struct Pieces {
    ids: Vec<u32>,
    tokens: Vec<String>,
    /// Bytes of the whole, from the first to one past the last.
    offsets: Vec<(usize, usize)>,
    /// The tokenizer's own numbers for words.
    words: Vec<Option<u32>>,
}

impl Pipeline {
    /// The whole of a chat; content is what covers some of the text, at its place in the text.
    ///
    /// The chat is cut as one, as transformers does, unless the text holds one of `controls`: then each is cut by itself as
    /// a word, and so is what stands between them, as `apply_chat_template(…, sanitize_control_tokens=True)` does.
    pub(super) fn encode_inside(&self, chat: &Rendered, controls: &[String]) -> Result<Encoding, TokenError> {
        let Rendered { whole, place, kept } = chat;
        let found = find(&whole[place.clone()], controls);
        let mut all = Pieces::default();
        if found.is_empty() {
            all.extend(&self.pieces(whole, 0)?, 0, 0..whole.len());
        } else {
            let plain = {
                let mut added = self.added.clone();
                added.set_encode_special_tokens(true);
                added
            };
            let newline = self.pieces("\n", 0)?.get_ids().to_vec();
            let mut from = 0;
            for control in found {
                let control = control.start + place.start..control.end + place.start;
                self.stretch(&mut all, whole, from..control.start, &self.added, &newline)?;
                self.as_text(&mut all, whole, control.clone(), &plain, &newline)?;
                from = control.end;
            }
            self.stretch(&mut all, whole, from..whole.len(), &self.added, &newline)?;
        }
        Ok(all.into_encoding(whole, place, kept.start))
    }

    /// The same with what the model has answered so far behind it, as a second text.
    ///
    /// The answer is cut by itself, as a model writes it: the template's last token ends what stands before it.
    pub(super) fn encode_answered(
        &self,
        chat: &Rendered,
        controls: &[String],
        answer: &str,
    ) -> Result<Encoding, TokenError> {
        let mut asked = self.encode_inside(chat, controls)?;
        let newline = self.pieces("\n", 0)?.get_ids().to_vec();
        let (whole, mut own) = (format!("\n{answer}"), Pieces::default());
        self.stretch(&mut own, &whole, 1..whole.len(), &self.added, &newline)?;
        let count = own.ids.len();
        let offsets = own.offsets.iter().map(|&(from, to)| (from.saturating_sub(1), to.saturating_sub(1)));
        let answered = Encoding::new(
            own.ids,
            vec![0; count],
            own.tokens,
            own.words,
            offsets.collect(),
            vec![0; count],
            vec![1; count],
            Vec::new(),
            [(1, 0..count)].into_iter().collect(),
        );
        asked.merge_with(answered, false);
        Ok(asked)
    }

    /// What looks like a token of the template's, as a word. One that is found whole in any text is cut in two.
    fn as_text(
        &self,
        all: &mut Pieces,
        whole: &str,
        control: Range<usize>,
        plain: &AddedVocabulary,
        newline: &[u32],
    ) -> Result<(), TokenError> {
        let own = self.id(&whole[control.clone()]);
        let before = all.ids.len();
        self.stretch(all, whole, control.clone(), plain, newline)?;
        let first = whole[control.clone()].chars().next().map_or(0, char::len_utf8);
        if all.ids[before..].iter().any(|id| Some(*id) == own) && first < control.len() {
            all.truncate(before);
            self.stretch(all, whole, control.start..control.start + first, plain, newline)?;
            self.stretch(all, whole, control.start + first..control.end, plain, newline)?;
        }
        Ok(())
    }

    /// One stretch by itself: behind a line end that is taken away again, so that nothing is made of its being the first.
    fn stretch(
        &self,
        all: &mut Pieces,
        whole: &str,
        part: Range<usize>,
        added: &AddedVocabulary,
        newline: &[u32],
    ) -> Result<(), TokenError> {
        if part.is_empty() {
            return Ok(());
        }
        let text = &whole[part.clone()];
        if part.start > 0 {
            let behind = self.pieces_by(added, &format!("\n{text}"), 0)?;
            if !newline.is_empty() && behind.get_ids().starts_with(newline) {
                all.extend(&behind, newline.len(), part.start.saturating_sub(1)..part.end);
                return Ok(());
            }
        }
        all.extend(&self.pieces_by(added, text, 0)?, 0, part);
        Ok(())
    }
}

impl Pieces {
    /// Adds the pieces of a stretch of the whole but for the first few; no two stretches have a word in common.
    fn extend(&mut self, found: &Encoding, skipped: usize, at: Range<usize>) {
        let base = self.words.iter().flatten().max().map_or(0, |last| last + 1);
        let place = |offset: usize| (at.start + offset).min(at.end);
        self.ids.extend(&found.get_ids()[skipped..]);
        self.tokens.extend_from_slice(&found.get_tokens()[skipped..]);
        let offsets = found.get_offsets()[skipped..].iter();
        self.offsets.extend(offsets.map(|&(start, end)| (place(start), place(end))));
        let words = found.get_word_ids()[skipped..].iter();
        self.words.extend(words.map(|word| word.map(|word| word.saturating_add(base))));
    }

    fn truncate(&mut self, count: usize) {
        self.ids.truncate(count);
        self.tokens.truncate(count);
        self.offsets.truncate(count);
        self.words.truncate(count);
    }

    /// With what stands outside the text as special, and the rest where it stands in the text, which begins `start` bytes
    /// into what was given.
    fn into_encoding(self, whole: &str, place: &Range<usize>, start: usize) -> Encoding {
        let spans: Vec<Range<usize>> = self.offsets.iter().map(|&(from, to)| snap(whole, from, to)).collect();
        let is_content = |span: &Range<usize>| {
            let own = span.start.max(place.start)..span.end.min(place.end);
            // White space alone may stand in a piece of the template's, which then is no word of the text's.
            !own.is_empty() && (own == *span || !whole[own].trim().is_empty())
        };
        let first = spans.iter().position(is_content).unwrap_or(spans.len());
        let content = first..spans.iter().rposition(is_content).map_or(first, |last| last + 1);
        let inside = |at: usize| at.clamp(place.start, place.end) - place.start + start;
        let offsets = spans.iter().enumerate().map(|(at, span)| {
            if content.contains(&at) { (inside(span.start), inside(span.end)) } else { (0, 0) }
        });
        let count = self.ids.len();
        Encoding::new(
            self.ids,
            vec![0; count],
            self.tokens,
            self.words,
            offsets.collect(),
            (0..count).map(|at| u32::from(!content.contains(&at))).collect(),
            vec![1; count],
            Vec::new(),
            [(0, content)].into_iter().collect(),
        )
    }
}

/// Where the tokens stand in a text, from the first on; of two that begin at one place the longer, which comes first.
fn find(text: &str, tokens: &[String]) -> Vec<Range<usize>> {
    let mut by_first: HashMap<u8, Vec<&str>> = HashMap::new();
    for token in tokens {
        by_first.entry(token.as_bytes()[0]).or_default().push(token);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let here = by_first.get(&text.as_bytes()[at]).into_iter().flatten();
        match here.into_iter().find(|token| text.as_bytes()[at..].starts_with(token.as_bytes())) {
            Some(token) => {
                found.push(at..at + token.len());
                at += token.len();
            }
            None => at += 1,
        }
    }
    found
}
