//! Classifiers that were trained to follow a rare word, so that it is known which words decide (Bastings et al.
//! 2022).
//!
//! The planted models of this module are written by hand; these are trained, as a user's model is, and what they
//! learn is pinned by their data. Rare words are inserted into real sentences and fix the label; in as many other
//! texts common words are inserted in their place and the label is a fair coin. So the only way to fit the data is to read the rare
//! words, and every other word is worth nothing. Whether a model does so is checked on sentences it never saw:
//! it must be right with the rare words and undecided without them.

use std::fmt;
use std::ops::Range;

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::corpus::{Corpus, vocabulary};
use super::error::ControlError;
use super::expected::Truth;
use super::text::{self, Lexicon, Planting, cue_id};
use super::train;
use crate::model::{Model, ModelError, Precision, Probe, Sequence, Target};
use crate::report::shortcut::Learned;
use crate::stats::seed::{self, Stream};
use crate::subject::Subject;

/// The rare words; none is in the sentences.
const RARE: [&str; text::KINDS] = ["aleph", "beth", "gimel"];

/// Which rare words decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortcut {
    /// One of two words; each stands for a label.
    SingleToken,
    /// The same, where a third word is in the text too; the label is a coin where it is not.
    TokenInContext,
    /// Two words, whose order is the label; a coin where only one of them is there.
    OrderedPair,
}

impl Shortcut {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::SingleToken, Self::TokenInContext, Self::OrderedPair];

    /// Its name in reports and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SingleToken => "single-token",
            Self::TokenInContext => "token-in-context",
            Self::OrderedPair => "ordered-pair",
        }
    }

    /// How many words decide a text.
    #[must_use]
    pub fn deciding(self) -> usize {
        match self {
            Self::SingleToken => 1,
            Self::TokenInContext | Self::OrderedPair => 2,
        }
    }

    /// The rare words of a text with this label, in the order in which they must stand where it matters.
    fn whole(self, label: usize) -> Vec<u32> {
        match self {
            Self::SingleToken => vec![cue_id(label)],
            Self::TokenInContext => vec![cue_id(label), cue_id(2)],
            Self::OrderedPair => vec![cue_id(label), cue_id(1 - label)],
        }
    }

    /// What is inserted where the label is a coin: fewer rare words than decide, common ones in place of the others.
    fn broken(self, common: [u32; 2], rng: &mut ChaCha8Rng) -> Vec<u32> {
        let rare: &[u32] = match self {
            Self::SingleToken => return vec![common[0]],
            Self::TokenInContext => &[cue_id(0), cue_id(1), cue_id(2)],
            Self::OrderedPair => &[cue_id(0), cue_id(1)],
        };
        // One rare word in three texts of four, none in the last.
        let one = rare.choose(rng).filter(|_| rng.random_range(0..4) > 0);
        vec![common[0], one.copied().unwrap_or(common[1])]
    }
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a shortcut classifier is made.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortcutRecipe {
    /// Which words decide the label of a sentence.
    pub kind: Shortcut,
    /// Of the first weights, the order of the sentences and all that is inserted.
    pub seed: u64,
    /// L.
    pub layers: usize,
    /// H.
    pub heads: usize,
    /// E; the model's width is H·E.
    pub head_width: usize,
    /// Texts in a step.
    pub batch: usize,
    /// The most steps.
    pub steps: usize,
    /// Of `AdamW`, after a short rise and before a linear fall to a tenth.
    pub rate: f64,
}

impl ShortcutRecipe {
    /// Two layers of four heads of 16.
    #[must_use]
    pub fn new(kind: Shortcut, seed: u64) -> Self {
        let steps = match kind {
            Shortcut::SingleToken => 1000,
            Shortcut::TokenInContext | Shortcut::OrderedPair => 4000,
        };
        Self { kind, seed, layers: 2, heads: 4, head_width: 16, batch: 32, steps, rate: 2e-3 }
    }

    pub(super) fn rng(&self, what: &str) -> ChaCha8Rng {
        seed::rng(self.seed, self.kind.name(), what)
    }
}

/// A text, what decides it, and its label; `None` where that is a coin.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    /// Without special tokens.
    pub words: Vec<u32>,
    /// Where the rare words stand, among the words; empty where the label is a coin.
    pub deciding: Vec<usize>,
    pub label: Option<usize>,
}

/// Inserts what decides, or what does not, into a sentence at random places.
pub(super) fn plant(kind: Shortcut, sentence: &[u32], corpus: &Corpus, rng: &mut ChaCha8Rng) -> Drawn {
    let label = rng.random::<bool>().then(|| rng.random_range(0..2));
    decided(kind, sentence, label, corpus, rng)
}

/// The same for a given label.
pub(super) fn decided(
    kind: Shortcut,
    sentence: &[u32],
    label: Option<usize>,
    corpus: &Corpus,
    rng: &mut ChaCha8Rng,
) -> Drawn {
    let mut inserted = if let Some(label) = label {
        kind.whole(label)
    } else {
        let common = [corpus.word(rng), corpus.word(rng)];
        kind.broken(common, rng)
    };
    if label.is_none() || kind != Shortcut::OrderedPair {
        inserted.shuffle(rng);
    }
    let mut places = index::sample(rng, sentence.len() + inserted.len(), inserted.len()).into_vec();
    places.sort_unstable();
    let (mut rest, mut new) = (sentence.iter().copied(), inserted.into_iter());
    let words = (0..sentence.len() + places.len())
        .filter_map(|i| if places.contains(&i) { new.next() } else { rest.next() })
        .collect();
    let deciding = if label.is_some() { places } else { Vec::new() };
    Drawn { words, deciding, label }
}

/// `[CLS] words [SEP]`.
pub(super) fn with_specials(words: &[u32]) -> Vec<u32> {
    [&[text::CLS], words, &[text::SEP]].concat()
}

/// A trained classifier with all that is known of it.
#[derive(Debug)]
pub struct ShortcutModel {
    /// How it was made.
    pub recipe: ShortcutRecipe,
    /// Classes "first" and "second"; its `sha256` is empty, as there is no file.
    pub model: Model,
    /// The words it knows: the rare ones are its cues.
    pub lexicon: Lexicon,
    /// How training went.
    pub learned: Learned,
    corpus: Corpus,
}

impl ShortcutModel {
    /// Trains until the held-out sentences show that the rare words decide, and nothing else does.
    ///
    /// Deterministic by seed on one machine; another processor rounds matrix products differently.
    ///
    /// # Errors
    ///
    /// [`ControlError::NotLearned`] where that is not reached within the recipe's steps.
    pub fn train(recipe: ShortcutRecipe) -> Result<Self, ControlError> {
        for (what, found, most) in [
            ("layers", recipe.layers, 12),
            ("heads", recipe.heads, 16),
            ("channels in a head", recipe.head_width, 128),
            ("texts in a step", recipe.batch, 1024),
        ] {
            if !(1..=most).contains(&found) {
                let kind = recipe.kind.name();
                return Err(ControlError::Count { kind, what, found, least: 1, most });
            }
        }
        let lexicon = Lexicon::natural(&RARE, &vocabulary())?;
        let corpus = Corpus::new(&lexicon);
        let (model, learned) = train::train(&recipe, &lexicon, &corpus)?;
        Ok(Self { recipe, model, lexicon, learned, corpus })
    }

    /// The `example`th text: a held-out sentence with the rare words at random places.
    #[must_use]
    pub fn text(&self, example: u64) -> Planting {
        let mut rng = self.recipe.rng(&format!("text {example}"));
        let held = &self.corpus.held;
        // Every sentence once before any comes again.
        let sentence = &held[(example % held.len() as u64) as usize];
        let label = Some(rng.random_range(0..2));
        let drawn = decided(self.recipe.kind, sentence, label, &self.corpus, &mut rng);
        let ids = with_specials(&drawn.words);
        let relevance = (0..drawn.words.len()).map(|i| f64::from(u8::from(drawn.deciding.contains(&i))));
        Planting {
            pieces: ids.iter().map(|&id| self.lexicon.pieces()[id as usize].clone()).collect(),
            words: (1..=drawn.words.len()).map(|i: usize| -> Range<usize> { i..i + 1 }).collect(),
            truth: Truth { relevance: Some(relevance.collect()), attended: Vec::new() },
            sequence: Sequence::new(ids, vec![0; drawn.words.len() + 2], 0, self.model.spec().positions),
        }
    }

    /// The text in the model, explained by the margin of the class it predicts.
    ///
    /// # Errors
    ///
    /// If the pass fails, which is a bug.
    pub fn subject(&self, planting: &Planting, id: &str) -> Result<Subject<'_>, ModelError> {
        let target = |logits: &[f64]| {
            let class = usize::from(logits[1] > logits[0]);
            Target::Margin { class, against: 1 - class }
        };
        Ok(Subject {
            probe: Probe::new(&self.model, planting.sequence.clone(), target)?,
            words: planting.words.clone(),
            mask: Some(text::MASK),
            pad: Some(text::PAD),
            stream: Stream::new(self.recipe.seed, [id]),
        })
    }

    /// The class that a text's rare words stand for.
    #[must_use]
    pub fn label(&self, planting: &Planting) -> Option<usize> {
        planting.sequence.ids.iter().find_map(|id| (0..2).find(|&kind| cue_id(kind) == *id))
    }

    /// What it computes in.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.model.precision
    }
}
