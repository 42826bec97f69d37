//! A sentence and its translation, as an encoder–decoder gets them.

use std::fmt;

use serde_json::Value;

use super::file::File;
use super::language::Asked;
use super::{TokenError, Tokenizer, TokenizerFiles, Tokens, Units};

/// The languages of a pair, as the tokenizer names them (`fr_XX`, `fr`, `fra_Latn`, `>>fr<<`); where none is given, those of
/// `tokenizer_config.json`, else the class's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Languages {
    /// Of the source.
    pub source: Option<String>,
    /// Of the target.
    pub target: Option<String>,
}

/// One of the two texts of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What is translated.
    Source,
    /// What it is translated to.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// How a side is cut into pieces, and what its words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Pieces of the whole sentence; words (or pieces) as everywhere.
    Units(Units),
    /// Pieces of the whole sentence; its words are what stands between white space, as many as `split_whitespace` gives, in
    /// that order. A piece that reaches over several is of the first. A word of which no piece is left has an empty range.
    Blanks,
    /// The words are the same, and the pieces are those of each word encoded by itself, as if it were the sentence: alignment
    /// data are made of such words. A word without a piece gets the unknown one.
    Apart,
}

/// The target: what the decoder is given, and what it is to output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What each row of the decoder is to output, `[T]`: the pieces of the text with what the tokenizer puts around them. The
    /// pieces of a word are the rows that *output* it; row + 1 is the row that *takes it in*, which there always is, since
    /// a target ends with a special token.
    pub labels: Tokens,
    /// What each row of the decoder takes in, `[T]`: the start token, then all labels but the last.
    pub inputs: Vec<u32>,
}

/// Both sides of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// What the encoder takes in.
    pub source: Tokens,
    /// The decoder's side.
    pub target: Target,
}

/// The tokenizers of a translation model: one for each side, with what begins a target.
#[derive(Debug, Clone)]
pub struct Translator {
    source: Tokenizer,
    target: Tokenizer,
    start: Start,
    /// The most tokens of the source and of the target, with those around them.
    most: [Option<usize>; 2],
}

/// What the decoder takes in first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// A token of the model's.
    Token(u32),
    /// The last token of the target.
    Last,
}

impl Translator {
    /// From the files of a model folder and its `config.json`.
    pub fn from_files(
        files: &TokenizerFiles,
        model: &[u8],
        languages: &Languages,
    ) -> Result<Self, TokenError> {
        let Languages { source, target } = languages;
        if let Some(language) = source.clone().filter(|_| files.vocabulary.is_two_sided()) {
            return Err(TokenError::NoLanguages { language, class: "tokenizer of one source".to_owned() });
        }
        let asked = |side: Side| {
            // Where one code is put before the source, it is that of the target.
            let own = if side == Side::Source { source } else { target };
            let language = if files.vocabulary.is_two_sided() { target } else { own };
            Asked { side, language: language.as_deref() }
        };
        let (source, class) = Tokenizer::of_side(files, model, &asked(Side::Source))?;
        let (target, _) = Tokenizer::of_side(files, model, &asked(Side::Target))?;
        let model: Value = serde_json::from_slice(model)
            .map_err(|source| TokenError::Json { file: File::Config.name(), source })?;
        let token = model["decoder_start_token_id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let start = match token {
            _ if class.turns_end_round() => Start::Last,
            Some(token) => Start::Token(token),
            None => return Err(TokenError::NoStart),
        };
        let translator = Self { source, target, start, most: [None, None] };
        if translator.target.encode("")?.special.last() != Some(&true) {
            return Err(TokenError::NoEnd);
        }
        Ok(translator)
    }

    /// The same with the most tokens that the encoder and the decoder have positions for; `None` where there is no such limit.
    #[must_use]
    pub fn for_positions(self, source: Option<usize>, target: Option<usize>) -> Self {
        Self { most: [source, target], ..self }
    }

    /// Both sides. An empty side, or one that is longer than the model takes, is an error.
    ///
    /// A side of nothing but white space, or of what the tokenizer leaves out, is empty too.
    pub fn encode(&self, source: &str, target: &str, cut: Cut) -> Result<Sides, TokenError> {
        let blank = [source, target].map(|text| text.trim().is_empty());
        let source = self.encode_source(source, cut)?;
        let target = self.encode_target(target, cut)?;
        for (side, tokens, blank) in
            [(Side::Source, &source, blank[0]), (Side::Target, &target.labels, blank[1])]
        {
            if blank {
                return Err(TokenError::EmptySide { side });
            }
            self.check(side, tokens)?;
        }
        Ok(Sides { source, target })
    }

    /// The source alone, an error where it has no content or is too long.
    pub fn encode_checked(&self, source: &str, cut: Cut) -> Result<Tokens, TokenError> {
        let source = self.encode_source(source, cut)?;
        self.check(Side::Source, &source)?;
        Ok(source)
    }

    fn check(&self, side: Side, tokens: &Tokens) -> Result<(), TokenError> {
        if tokens.text_end() == 0 {
            return Err(TokenError::EmptySide { side });
        }
        let most = if side == Side::Source { self.most[0] } else { self.most[1] };
        match most.filter(|most| tokens.len() > *most) {
            Some(most) => Err(TokenError::LongSide { side, tokens: tokens.len(), most }),
            None => Ok(()),
        }
    }

    /// The source alone, however long it is, and even where it is empty.
    pub fn encode_source(&self, text: &str, cut: Cut) -> Result<Tokens, TokenError> {
        self.source.encode_cut(text, cut)
    }

    /// The target alone, however long it is, and even where it is empty.
    pub fn encode_target(&self, text: &str, cut: Cut) -> Result<Target, TokenError> {
        Ok(self.taken_in(self.target.encode_cut(text, cut)?))
    }

    fn taken_in(&self, labels: Tokens) -> Target {
        let start = match self.start {
            Start::Token(token) => Some(token),
            Start::Last => labels.ids.last().copied(),
        };
        let before = labels.ids.len().saturating_sub(1);
        let inputs = start.into_iter().chain(labels.ids[..before].iter().copied()).collect();
        Target { labels, inputs }
    }

    /// What the decoder is given before it outputs the first piece of the text: the start token and, where there is one, the
    /// code of the language. Generation begins with it.
    pub fn opening(&self) -> Result<Vec<u32>, TokenError> {
        let empty = self.encode_target("", Cut::Units(Units::Words))?;
        let end = self.end()?;
        let before = empty.labels.ids.iter().position(|id| *id == end).unwrap_or(0);
        Ok(empty.inputs[..=before].to_vec())
    }

    /// The id that ends a target: decoders stop there.
    pub fn end(&self) -> Result<u32, TokenError> {
        let empty = self.target.encode("")?;
        let codes = |id: &&u32| self.target.piece(**id).is_some_and(|piece| self.is_code(&piece));
        empty.ids.iter().rev().find(|id| !codes(id)).copied().ok_or(TokenError::NoEnd)
    }

    fn is_code(&self, piece: &str) -> bool {
        self.target.pipeline.language.as_deref() == Some(piece)
    }

    /// The target of what a decoder wrote: ids without the opening, up to the end if it is there. Its words are those that
    /// `cut` finds in the text that the ids stand for; `None` where there is no such text.
    pub fn written(&self, ids: &[u32], cut: Cut) -> Result<Option<Target>, TokenError> {
        let end = self.end()?;
        let own = ids.iter().position(|id| *id == end).map_or(ids, |at| &ids[..at]);
        let tokens = self.target.written(own, cut)?;
        Ok(tokens.map(|tokens| self.taken_in(tokens)))
    }

    /// The tokens of the languages that stand beside the source and the target; `None` where none does.
    #[must_use]
    pub fn languages(&self) -> [Option<&str>; 2] {
        [self.source.pipeline.language.as_deref(), self.target.pipeline.language.as_deref()]
    }

    /// The tokenizer of the source: its pieces, special ids, sizes.
    #[must_use]
    pub fn source(&self) -> &Tokenizer {
        &self.source
    }

    /// The tokenizer of the target.
    #[must_use]
    pub fn target(&self) -> &Tokenizer {
        &self.target
    }
}

impl Tokenizer {
    pub(super) fn encode_cut(&self, text: &str, cut: Cut) -> Result<Tokens, TokenError> {
        match cut {
            Cut::Units(units) => self.encode_units(text, None, units),
            Cut::Blanks => self.encode_blanks(text),
            Cut::Apart => self.encode_apart(text),
        }
    }
}
