//! Classifiers that were trained to follow a rare word, so that it is known which words decide (Bastings et al.
//! 2022).
//!
//! The planted models of this room are written by hand; these are trained, as a user's model is, and what they
//! learn is pinned by their data: see [`shortcut`](super::shortcut). Whether a model follows the rare words alone is
//! checked on sentences it never saw: it must be right with them and undecided without them.

use std::cmp::Ordering;
use std::ops::Range;

use rand::Rng;

use super::channels::KINDS;
use super::corpus::{Corpus, vocabulary};
use super::error::ControlError;
use super::expected::Truth;
use super::shortcut::{Shortcut, ShortcutRecipe, decided, with_specials};
use super::text::{self, Lexicon, Planting, cue_id};
use super::train;
use crate::model::{Model, ModelError, Precision, Probe, Sequence, Target};
use crate::report::shortcut::Learned;
use crate::stats::seed::Stream;
use crate::subject::Subject;

/// The rare words; none is in the sentences.
const RARE: [&str; KINDS] = ["aleph", "beth", "gimel"];

/// A trained classifier with all that is known of it.
#[derive(Debug)]
pub struct ShortcutModel {
    /// The recipe it was trained by.
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
        // What was put in and does not speak for the label speaks against it.
        let relevance = (0..drawn.words.len()).map(|i| {
            if drawn.deciding.contains(&i) {
                1.0
            } else if drawn.inserted.contains(&i) {
                -1.0
            } else {
                0.0
            }
        });
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
        let count = |kind: usize| planting.sequence.ids.iter().filter(|id| **id == cue_id(kind)).count();
        match self.recipe.kind {
            Shortcut::Majority => match count(0).cmp(&count(1)) {
                Ordering::Greater => Some(0),
                Ordering::Less => Some(1),
                Ordering::Equal => None,
            },
            _ => planting.sequence.ids.iter().find_map(|id| (0..2).find(|&kind| cue_id(kind) == *id)),
        }
    }

    /// The precision that the model computes in.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.model.precision
    }
}
