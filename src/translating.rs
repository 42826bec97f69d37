//! A translation model with its tokenizers, checked against one another, and what it writes.

use crate::model::source::Weights;
use crate::model::{Engine, ModelError, Translator};
use crate::tokens::{Cut, Languages, Target, TokenError, TokenizerFiles, Tokens, Translator as Tokenizers};

/// A model that is open.
#[derive(Debug)]
pub(crate) struct Translating {
    pub translator: Translator,
    pub tokenizers: Tokenizers,
}

/// The files of a translation model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'f> {
    /// The bytes of config.json.
    pub config: &'f [u8],
    /// Those of generation\_config.json, where there is one.
    pub generation: Option<&'f [u8]>,
    pub tokenizer: &'f TokenizerFiles,
    pub weights: &'f Weights,
}

impl Translating {
    /// The model of these files, with the languages of its tokenizers.
    ///
    /// # Errors
    ///
    /// Where model or tokenizers cannot be made of the files, and where the one has ids that the other has no row for.
    pub fn open<E: From<ModelError> + From<TokenError>>(
        parts: Parts<'_>,
        engine: Engine,
        languages: &Languages,
    ) -> Result<Self, E> {
        let Parts { config, generation, tokenizer, weights } = parts;
        let translator = Translator::load(config, generation, weights, engine)?;
        let tokenizers = Tokenizers::from_files(tokenizer, config, languages)?;
        for (tokenizer, half) in [
            (tokenizers.source(), translator.model.reader()),
            (tokenizers.target(), &translator.model.transformer),
        ] {
            let (size, rows) = (tokenizer.vocab_size(), half.spec.vocabulary);
            if size > rows {
                return Err(ModelError::Vocabulary { largest: size - 1, rows }.into());
            }
        }
        let longest =
            |tokenizer: Option<usize>, positions: usize| Some(tokenizer.unwrap_or(positions).min(positions));
        let source = longest(tokenizers.source().max_tokens(), translator.model.reader().spec.longest);
        let target = longest(tokenizers.target().max_tokens(), translator.model.transformer.spec.longest);
        Ok(Self { tokenizers: tokenizers.for_positions(source, target), translator })
    }

    /// The translation that the model writes of a source, by as many hypotheses as `beams`; `None` where it writes no text.
    ///
    /// # Errors
    ///
    /// Where the source does not fit the model, and where the engine fails.
    pub fn translate<E: From<ModelError> + From<TokenError>>(
        &self,
        source: &Tokens,
        cut: Cut,
        beams: usize,
    ) -> Result<Option<Target>, E> {
        let search = self.translator.search.with_beams(beams);
        let written = self.translator.generate(&source.ids, &search).map_err(ModelError::from)?;
        Ok(self.tokenizers.written(&written, cut)?)
    }
}
