//! Planted translators: encoder-decoders of which it is known which source word decides each word that is written, and where
//! cross-attention points.
//!
//! A model is made for sources of a fixed number of words in a fixed word order, in which no word keeps its place. Each
//! word of the target has two source words that mean it; a text has no word twice. The stream is that of the other
//! planted models, with norms before the steps; see [`weights`] for what the halves do.
//!
//! The word that is asked for has the logit 6, `[UNK]` 3, and every other word near 0, so p is about .9. Where its
//! word is blocked `[UNK]` is said, with p from .32 in the shortest texts to .37 in the longest.

pub(super) mod judged;
#[cfg(test)]
mod tests;
mod weights;

use std::fmt;

use rand::Rng;
use rand::seq::{SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::channels::{FORMS, TOKENS};
use super::error::ControlError;
use super::text::{CLS, MASK, PAD, SEP};
use crate::model::{Model, Precision, Search, Translator};
use crate::stats::seed;

/// Words of the target's vocabulary.
const TARGET_WORDS: usize = FORMS - 2;

/// Source words that mean one of the target.
const SYNONYMS: usize = 2;

/// The form of what ends a text.
const END: usize = TARGET_WORDS;

/// The form of what the decoder is started with.
const START: usize = TARGET_WORDS + 1;

/// The first id that is a word: special tokens come before.
const FIRST: u32 = MASK + 1;

/// The fewest tokens of a source, its end included.
const FEWEST: usize = 6;

/// What decides each word of a translation, and what cross-attention makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TranslatorKind {
    /// Cross-attention points at the source word that is translated, and brings it: right and faithful.
    Copying,
    /// The same cross-attention, but nothing reads what it brings: the word before alone decides, as in a language model. Its
    /// one translation is right where the source says that, and alignment is perfect; no source word matters.
    Prefix,
    /// The encoder moves every token one place on, the last one to the first place, so cross-attention finds the word that it
    /// translates in the state behind it.
    Shifted,
}

impl TranslatorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Copying, Self::Prefix, Self::Shifted];

    /// Its name in reports and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Prefix => "prefix",
            Self::Shifted => "shifted",
        }
    }

    /// Whether source words decide what is written.
    #[must_use]
    pub fn hears(self) -> bool {
        self != Self::Prefix
    }

    /// Whether cross-attention points at the very token that is translated.
    #[must_use]
    pub fn points_right(self) -> bool {
        self != Self::Shifted
    }
}

impl fmt::Display for TranslatorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a planted translator is made.
#[derive(Debug, Clone, PartialEq)]
pub struct TranslatorRecipe {
    /// What is planted.
    pub kind: TranslatorKind,
    /// The seed of its word order, its dictionary and its texts.
    pub seed: u64,
    /// n: words of a source, 5 to 19; its end is one token more.
    pub words: usize,
    /// λ: the part of a row of cross-attention, in each head, that lies on the token it looks for. The rest lies evenly
    /// on the others, to one part in a hundred. Above 1 / (n + 1), below 1.
    pub mass: f64,
    /// The precision that the model computes in.
    pub precision: Precision,
}

impl TranslatorRecipe {
    /// In f32, with λ = 0.8; the number of words follows from the seed.
    #[must_use]
    pub fn new(kind: TranslatorKind, seed: u64) -> Self {
        let mut recipe = Self { kind, seed, words: 0, mass: 0.8, precision: Precision::F32 };
        recipe.words = recipe.rng("words").random_range(FEWEST..=TOKENS) - 1;
        recipe
    }

    /// S: tokens of a source, its end included; T, the rows of the decoder, are as many.
    fn tokens(&self) -> usize {
        self.words + 1
    }

    fn check(&self) -> Result<(), ControlError> {
        let (least, most) = (FEWEST - 1, TOKENS - 1);
        if !(least..=most).contains(&self.words) {
            let (kind, found) = (self.kind.name(), self.words);
            return Err(ControlError::Count { kind, what: "words", found, least, most });
        }
        if !(self.mass > 1.0 / self.tokens() as f64 && self.mass < 1.0) {
            return Err(ControlError::Mass { found: self.mass, tokens: self.tokens() });
        }
        Ok(())
    }

    fn rng(&self, what: &str) -> ChaCha8Rng {
        seed::rng(self.seed, self.kind.name(), what)
    }
}

/// What source words mean, and what follows on what in the one text that a language model knows. Words of the target are
/// told by their form, from 0 on.
#[derive(Debug)]
struct Dictionary {
    /// Of each source word the word of the target.
    meanings: Vec<usize>,
    /// The words of that text, then those that it lacks.
    chain: Vec<usize>,
}

impl Dictionary {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut meanings: Vec<usize> = (0..SYNONYMS).flat_map(|_| 0..TARGET_WORDS).collect();
        meanings.shuffle(rng);
        let mut chain: Vec<usize> = (0..TARGET_WORDS).collect();
        chain.shuffle(rng);
        Self { meanings, chain }
    }

    /// A source word that means this one.
    fn source(&self, form: usize, rng: &mut ChaCha8Rng) -> u32 {
        let mut of_form = self.meanings.iter().enumerate().filter(|(_, meaning)| **meaning == form);
        let found = of_form.nth(rng.random_range(0..SYNONYMS));
        found.map_or(PAD, |(word, _)| FIRST + word as u32)
    }

    /// What follows on a word where a text has `words` of them: the end on its last, else the next of the chain, round which
    /// the words that it lacks lead back to its first.
    fn next(&self, form: usize, words: usize) -> usize {
        let at = self.chain.iter().position(|other| *other == form);
        let next = match (form, at) {
            (START, _) => self.chain.first(),
            (_, Some(at)) if at + 1 != words => self.chain.get((at + 1) % self.chain.len()),
            _ => None,
        };
        next.copied().unwrap_or(END)
    }
}

/// The id of a word of the target.
fn id(form: usize) -> u32 {
    match form {
        END => SEP,
        START => CLS,
        word => FIRST + word as u32,
    }
}

/// A source with its translation, and what is known of it. S = T = n + 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedPair {
    /// n words and the end, S ids.
    pub source: Vec<u32>,
    /// What the model writes, row by row: n words and the end, T ids.
    pub labels: Vec<u32>,
    /// Of each row the source token that its label translates: the alignment that is right.
    pub links: Vec<usize>,
    /// Of each row the source token whose loss takes the label away; `None` where no source token matters.
    pub deciding: Vec<Option<usize>>,
    /// Of each row the source token at whose state cross-attention points.
    pub pointed: Vec<usize>,
}

/// A planted translator with all that is known of it.
#[derive(Debug)]
pub struct PlantedTranslator {
    /// How it was made.
    pub recipe: TranslatorRecipe,
    /// One layer and two heads in each half. Its `sha256` is empty, as there is no file; it is searched greedily.
    pub translator: Translator,
    /// Of each row of the decoder the place in the source that it translates.
    order: Vec<usize>,
    dictionary: Dictionary,
}

impl PlantedTranslator {
    /// Builds the model: the same weights for the same recipe.
    ///
    /// # Errors
    ///
    /// If the words are too few or too many, or the mass is out of range.
    pub fn plant(recipe: TranslatorRecipe) -> Result<Self, ControlError> {
        recipe.check()?;
        let mut rng = recipe.rng("weights");
        let mut order: Vec<usize> = (0..recipe.tokens()).collect();
        // A cycle through all words (Sattolo 1986), so that no word keeps its place; the end does.
        for row in (1..recipe.words).rev() {
            order.swap(row, rng.random_range(0..row));
        }
        let dictionary = Dictionary::draw(&mut rng);
        let halves = weights::halves(&recipe, &order, &dictionary, &mut rng)?;
        let model = Model {
            encoder: Some(halves.encoder),
            transformer: halves.decoder,
            readout: halves.readout,
            labels: Vec::new(),
            regression: false,
            sha256: String::new(),
            precision: recipe.precision,
            notes: Vec::new(),
        };
        let search = Search::greedy(recipe.tokens() + 1, SEP);
        let translator = Translator { model, search, start: CLS, pad: PAD };
        Ok(Self { recipe, translator, order, dictionary })
    }

    /// The `example`th pair. All of a prefix model have one translation, of sources that say it in other words.
    #[must_use]
    pub fn pair(&self, example: u64) -> PlantedPair {
        let (kind, n) = (self.recipe.kind, self.recipe.words);
        let mut rng = self.recipe.rng(&format!("pair {example}"));
        let mut said = match kind {
            TranslatorKind::Prefix => self.dictionary.chain[..n].to_vec(),
            _ => index::sample(&mut rng, TARGET_WORDS, n).into_vec(),
        };
        let mut source = vec![SEP; n + 1];
        for (&form, &place) in said.iter().zip(&self.order) {
            source[place] = self.dictionary.source(form, &mut rng);
        }
        said.push(END);
        let behind = |place: usize| if kind.points_right() { place } else { (place + 1) % (n + 1) };
        PlantedPair {
            source,
            labels: said.into_iter().map(id).collect(),
            links: self.order.clone(),
            deciding: self.order.iter().map(|&place| kind.hears().then_some(place)).collect(),
            pointed: self.order.iter().map(|&place| behind(place)).collect(),
        }
    }
}
