//! A text and what continues it: where the one ends and the other begins in tokens.
//!
//! The two are joined as they are written, and tokenized together, as a language model has seen them. White space at
//! the end of the text goes where the tokenizer puts it, which for most is the first token of the continuation; a piece
//! that is of both a word of the text and of its continuation is an error.

use super::bench::Bench;
use super::error::AuditError;
use super::observer::Observer;
use crate::model::Sequence;
use crate::tokens::{TokenError, Tokenizer, Tokens, Units};

/// Why a text cannot be continued so.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ContinuationError {
    /// There is nothing to ask.
    #[error("its continuation holds no token")]
    Nothing,
    /// A piece of both.
    #[error(
        "the tokenizer makes one piece, {piece:?}, of the end of the text and the beginning of what continues it"
    )]
    Straddles {
        /// The stretch of the joined text that the piece is of.
        piece: String,
    },
}

impl ContinuationError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Nothing => "write what the model is asked to have written".to_owned(),
            Self::Straddles { .. } => {
                "begin the continuation with a space, or end the text before the word that it goes on with"
                    .to_owned()
            }
        }
    }
}

/// A text and what continues it.
#[derive(Debug)]
pub(crate) struct Continuation {
    /// The text.
    pub prompt: String,
    /// What is tokenized: the text and its continuation in one, or in a chat the answer, which the template parts from
    /// the text.
    whole: String,
    /// Whether it is an answer in a chat.
    chat: bool,
    /// Whether the model wrote it.
    pub generated: bool,
    /// What a reader must know of the seam.
    pub warnings: Vec<String>,
    /// Where each token of the continuation ends in `whole`, and where what stands before the first of them ends; empty
    /// where they cannot be told apart.
    ends: Vec<usize>,
}

/// What a model has written.
pub(super) enum Written {
    /// It ends the text at once, or goes on with what is no text.
    Nothing,
    /// A continuation.
    By(Continuation),
}

/// Tokens of a text and its continuation, and the first that is the continuation's.
pub(super) struct Joined {
    pub tokens: Tokens,
    pub first: usize,
}

impl Continuation {
    /// What was said to continue a text.
    pub fn said(bench: &Bench, prompt: &str, said: &str) -> Self {
        let chat = bench.plan.chat_template.is_some();
        let mut by = Self {
            prompt: prompt.to_owned(),
            whole: if chat { said.to_owned() } else { format!("{prompt}{said}") },
            chat,
            generated: false,
            warnings: if chat { Vec::new() } else { seam(prompt, said).into_iter().collect() },
            ends: Vec::new(),
        };
        if let Ok(Ok(joined)) = by.joined(&bench.tokenizer, Units::Words) {
            by.ends = joined.ends(by.start());
        }
        by
    }

    /// How many bytes of `whole` are not the continuation's.
    fn start(&self) -> usize {
        if self.chat { 0 } else { self.prompt.len() }
    }

    /// How many tokens it has.
    pub fn count(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }

    fn end(&self, place: usize) -> usize {
        self.ends.get(place).copied().unwrap_or(self.start())
    }

    /// All that stands before its token at `place`; the text itself where tokens cannot be told apart. In a chat the answer so
    /// far is a second text.
    pub fn before(&self, place: usize) -> (String, Option<String>) {
        let before = self.whole[..self.end(place)].to_owned();
        if self.chat { (self.prompt.clone(), Some(before).filter(|b| !b.is_empty())) } else { (before, None) }
    }

    /// Its token at `place` as it stands in the text.
    pub fn token(&self, place: usize) -> String {
        self.whole.get(self.end(place)..self.end(place + 1)).unwrap_or_default().to_owned()
    }

    /// The tokens of both.
    pub(super) fn joined(
        &self,
        tokenizer: &Tokenizer,
        units: Units,
    ) -> Result<Result<Joined, ContinuationError>, TokenError> {
        if !self.chat {
            return Ok(split(
                tokenizer.encode_units(&self.whole, None, units)?,
                &self.whole,
                self.prompt.len(),
            ));
        }
        let tokens = tokenizer.encode_answer(&self.prompt, &self.whole, units)?;
        let first = tokens.sequences.iter().position(|text| *text == Some(1));
        let first = first.filter(|_| !self.whole.trim().is_empty()).ok_or(ContinuationError::Nothing);
        Ok(first.map(|first| Joined { tokens, first }))
    }

    /// The tokens before the one at `place`, and the id of that one.
    pub(super) fn asked(
        &self,
        place: usize,
        tokenizer: &Tokenizer,
        units: Units,
    ) -> Result<Result<(Tokens, Option<u32>), ContinuationError>, TokenError> {
        let joined = self.joined(tokenizer, units)?;
        Ok(joined.map(|Joined { tokens, first }| {
            let at = first + place;
            (tokens.until(at, &self.whole), tokens.ids.get(at).copied())
        }))
    }
}

impl Joined {
    /// Where what stands before the first token of the continuation ends, and then each of these; `start` bytes are not the
    /// continuation's.
    fn ends(&self, start: usize) -> Vec<usize> {
        let tokens = &self.tokens;
        let of_first = tokens.sequences.get(self.first).copied().flatten();
        let same = (0..self.first).filter(|at| tokens.sequences[*at] == of_first);
        let before = same.map(|at| tokens.offsets[at].end).max().unwrap_or(0);
        let mut ends = vec![before.min(start)];
        for at in self.first..tokens.text_end() {
            let top = ends.last().copied().unwrap_or_default();
            ends.push(tokens.offsets[at].end.max(top));
        }
        ends
    }
}

/// Parts the tokens of a whole whose first `prompt` bytes are continued.
fn split(tokens: Tokens, whole: &str, prompt: usize) -> Result<Joined, ContinuationError> {
    let said = whole[..prompt].trim_end().len();
    let solid = |at: usize| {
        let stretch = &tokens.offsets[at];
        stretch.start + (whole[stretch.clone()].len() - whole[stretch.clone()].trim_start().len())
    };
    let beyond = |at: &usize| !tokens.special[*at] && tokens.offsets[*at].end > prompt;
    let Some(first) = (0..tokens.len()).find(beyond) else { return Err(ContinuationError::Nothing) };
    if whole[prompt..].trim().is_empty() {
        return Err(ContinuationError::Nothing);
    }
    if solid(first) < said {
        return Err(ContinuationError::Straddles { piece: whole[tokens.offsets[first].clone()].to_owned() });
    }
    Ok(Joined { tokens, first })
}

/// What is to be said of the place where a continuation was joined.
fn seam(prompt: &str, said: &str) -> Option<String> {
    let (before, after) = (prompt.chars().next_back()?, said.chars().next()?);
    if before.is_whitespace() {
        return Some(
            "the white space at the end of the text is tokenized with its continuation, as the tokenizer has it".to_owned(),
        );
    }
    (before.is_alphanumeric() && after.is_alphanumeric()).then(|| {
        "no space parts the text from its continuation; they were joined as they are written".to_owned()
    })
}

/// The tokens at which a model ends a text: `eos_token_id` of its config.json.
pub(super) fn ends(config: &[u8]) -> Vec<u32> {
    let config: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
    let ids = |value: &serde_json::Value| -> Vec<u32> {
        let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.iter().filter_map(|id| u32::try_from(id.as_u64()?).ok()).collect()
    };
    let found = ids(&config["eos_token_id"]);
    if found.is_empty() { ids(&config["text_config"]["eos_token_id"]) } else { found }
}

/// Lets the model continue a text by its likeliest tokens, of equals the first.
///
/// It ends before a token of `ends` and where no more fit the model. Tokens that the tokenizer would not make of the text
/// that they are (a model may write a word in other pieces) end it too, and a warning says so.
///
/// # Errors
///
/// Where the text cannot be run, or whoever watches wants no more.
pub(super) fn written(
    bench: &Bench,
    prompt: &str,
    ends: &[u32],
    observer: &dyn Observer,
) -> Result<Written, AuditError> {
    let tokenizer = &bench.tokenizer;
    let base = if bench.plan.chat_template.is_some() {
        tokenizer.encode_chat(prompt, Units::Words)?
    } else {
        tokenizer.encode_prompt(prompt, Units::Words)?
    };
    let (spec, longest) = (bench.model.spec(), bench.longest());
    let mut ids = base.ids.clone();
    while ids.len() < (base.len() + bench.plan.generate).min(longest) {
        if observer.is_stopped() {
            return Err(AuditError::Interrupted);
        }
        let sequence = Sequence::new(ids.clone(), vec![0; ids.len()], ids.len() - 1, spec.positions);
        bench.model.check(&sequence)?;
        let logits = bench.model.logits(&[sequence]).map_err(crate::model::ModelError::from)?.concat();
        let best = (0..logits.len()).rev().max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
        let next = best.and_then(|best| u32::try_from(best).ok()).filter(|id| !ends.contains(id));
        let Some(next) = next.filter(|id| tokenizer.piece(*id).is_some()) else { break };
        ids.push(next);
    }
    let (made, before) = (ids.len() - base.len(), tokenizer.decode(&base.ids));
    // Pieces that are no whole character, or that the tokenizer would not make again, are left out from the last on.
    for kept in (1..=made).rev() {
        let all = &ids[..base.len() + kept];
        let text = tokenizer.decode(all);
        let Some(said) = text.as_deref().zip(before.as_deref()).and_then(|(all, b)| all.strip_prefix(b))
        else {
            continue;
        };
        let mut by = Continuation::said(bench, prompt, said);
        if by.joined(tokenizer, Units::Words)?.is_ok_and(|joined| {
            joined.first == base.len() && joined.tokens.ids[..joined.tokens.text_end()] == *all
        }) {
            by.generated = true;
            by.warnings = (kept < made)
                .then(|| {
                    format!(
                        "of {made} tokens that the model wrote the first {kept} were audited: the tokenizer makes other \
                         pieces of the text of more"
                    )
                })
                .into_iter()
                .collect();
            return Ok(Written::By(by));
        }
    }
    Ok(Written::Nothing)
}
