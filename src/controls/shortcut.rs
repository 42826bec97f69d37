//! Shortcuts: rare words that are put into real sentences and fix the label (Bastings et al. 2022).
//!
//! In as many other texts common words are put in their place and the label is a fair coin. So the only way to fit the
//! data is to read the rare words, and every other word is worth nothing.

use std::fmt;

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::corpus::Corpus;
use super::text::{self, cue_id};
use crate::stats::seed;

/// Which rare words decide the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortcut {
    /// One of two words; each stands for a label.
    SingleToken,
    /// One of two words beside a third; without the third the label is a coin.
    TokenInContext,
    /// Two words, whose order is the label; a coin where only one of them is there.
    OrderedPair,
    /// As a single token, but the decision row was trained not to look at it (Pruthi et al. 2020).
    Deceptive,
    /// Of two words one stands three times and the other twice: the label is what stands more often. A coin where both stand
    /// twice.
    Majority,
}

impl Shortcut {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::SingleToken, Self::TokenInContext, Self::OrderedPair, Self::Deceptive, Self::Majority];

    /// Its name in reports and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SingleToken => "single-token",
            Self::TokenInContext => "token-in-context",
            Self::OrderedPair => "ordered-pair",
            Self::Deceptive => "deceptive",
            Self::Majority => "majority",
        }
    }

    /// How many words of a text speak for its label.
    #[must_use]
    pub fn deciding(self) -> usize {
        match self {
            Self::SingleToken | Self::Deceptive => 1,
            Self::TokenInContext | Self::OrderedPair => 2,
            Self::Majority => 3,
        }
    }

    /// Whether a word that was put in is one of those: of a count the lesser word speaks against the label.
    fn speaks_for(self, word: u32, label: usize) -> bool {
        self != Self::Majority || word == cue_id(label)
    }

    /// The rare words of a text with this label, in the order in which they must stand where it matters.
    fn whole(self, label: usize) -> Vec<u32> {
        match self {
            Self::SingleToken | Self::Deceptive => vec![cue_id(label)],
            Self::Majority => [vec![cue_id(label); 3], vec![cue_id(1 - label); 2]].concat(),
            Self::TokenInContext => vec![cue_id(label), cue_id(2)],
            Self::OrderedPair => vec![cue_id(label), cue_id(1 - label)],
        }
    }

    /// What is inserted where the label is a coin: fewer rare words than decide, common ones in place of the others.
    fn broken(self, common: [u32; 2], rng: &mut ChaCha8Rng) -> Vec<u32> {
        let rare: &[u32] = match self {
            Self::SingleToken | Self::Deceptive => return vec![common[0]],
            Self::Majority => return [vec![cue_id(0); 2], vec![cue_id(1); 2], vec![common[0]]].concat(),
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
    /// The seed of the first weights, the order of the sentences and all that is inserted.
    pub seed: u64,
    /// L, the layers.
    pub layers: usize,
    /// H, the heads of a layer.
    pub heads: usize,
    /// E, the width of a head; the model's width is H·E.
    pub head_width: usize,
    /// Texts in a training step.
    pub batch: usize,
    /// The most training steps.
    pub steps: usize,
    /// The learning rate of `AdamW`, after a short rise and before a linear fall to a tenth.
    pub rate: f64,
}

impl ShortcutRecipe {
    /// Two layers of four heads of width 16.
    #[must_use]
    pub fn new(kind: Shortcut, seed: u64) -> Self {
        let steps = match kind {
            Shortcut::SingleToken => 1000,
            Shortcut::Deceptive => 2000,
            Shortcut::TokenInContext | Shortcut::OrderedPair | Shortcut::Majority => 4000,
        };
        Self { kind, seed, layers: 2, heads: 4, head_width: 16, batch: 32, steps, rate: 2e-3 }
    }

    pub(super) fn rng(&self, what: &str) -> ChaCha8Rng {
        seed::rng(self.seed, self.kind.name(), what)
    }
}

/// A sentence with inserted words, and the label that they give it.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    /// Ids of the words, without special tokens.
    pub words: Vec<u32>,
    /// Where the words that speak for the label stand, among the words; empty where the label is a coin.
    pub deciding: Vec<usize>,
    /// Where all stand that were put in.
    pub inserted: Vec<usize>,
    /// `None` where it is a coin.
    pub label: Option<usize>,
}

/// Inserts into a sentence what decides, in half of all cases, or what does not.
pub(super) fn plant(kind: Shortcut, sentence: &[u32], corpus: &Corpus, rng: &mut ChaCha8Rng) -> Labelled {
    let label = rng.random::<bool>().then(|| rng.random_range(0..2));
    decided(kind, sentence, label, corpus, rng)
}

/// Inserts what decides for this label, or for `None` what does not decide, into a sentence at random places.
pub(super) fn decided(
    kind: Shortcut,
    sentence: &[u32],
    label: Option<usize>,
    corpus: &Corpus,
    rng: &mut ChaCha8Rng,
) -> Labelled {
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
    let words: Vec<u32> = (0..sentence.len() + places.len())
        .filter_map(|i| if places.contains(&i) { new.next() } else { rest.next() })
        .collect();
    let deciding = match label {
        Some(label) => places.iter().copied().filter(|i| kind.speaks_for(words[*i], label)).collect(),
        None => Vec::new(),
    };
    Labelled { words, deciding, inserted: places, label }
}

/// The ids of `[CLS] words [SEP]`.
pub(super) fn with_specials(words: &[u32]) -> Vec<u32> {
    [&[text::CLS], words, &[text::SEP]].concat()
}
