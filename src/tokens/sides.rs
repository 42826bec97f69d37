//! A sentence and its translation, as an encoder–decoder gets them.

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

/// The tokenizers of a translation model: one for each side, with the model's start token.
#[derive(Debug, Clone)]
pub struct Translator {
    source: Tokenizer,
    target: Tokenizer,
}

impl Translator {
    /// From the files of a model folder and its `config.json`.
    pub fn from_files(
        files: &TokenizerFiles,
        model: &[u8],
        languages: &Languages,
    ) -> Result<Self, TokenError> {
        todo!()
    }

    /// The same with the most tokens that the encoder and the decoder have positions for; `None` where there is no such limit.
    #[must_use]
    pub fn for_positions(self, source: Option<usize>, target: Option<usize>) -> Self {
        todo!()
    }

    /// Both sides. An empty side, or one that is longer than the model takes, is an error.
    pub fn encode(&self, source: &str, target: &str, cut: Cut) -> Result<Sides, TokenError> {
        todo!()
    }

    /// The source alone, however long it is.
    pub fn encode_source(&self, text: &str, cut: Cut) -> Result<Tokens, TokenError> {
        todo!()
    }

    /// The target alone, however long it is.
    pub fn encode_target(&self, text: &str, cut: Cut) -> Result<Target, TokenError> {
        todo!()
    }

    /// What the decoder is given before it outputs the first piece of the text: the start token and, where there is one, the
    /// code of the language. Generation begins with it.
    #[must_use]
    pub fn opening(&self) -> &[u32] {
        todo!()
    }

    /// The id that ends a target.
    #[must_use]
    pub fn end(&self) -> u32 {
        todo!()
    }

    /// The target of ids that a decoder wrote (without the opening, with or without the end).
    pub fn written(&self, ids: &[u32]) -> Result<Target, TokenError> {
        todo!()
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
