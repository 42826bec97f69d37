//! Real sentences, into which shortcuts are planted.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::text::Lexicon;

/// Lewis Carroll's prose (1865, in the public domain), a sentence a line, words set apart by spaces.
const SENTENCES: &str = include_str!("../../fixtures/texts/wonderland.txt");

/// One sentence in so many is held out.
const HELD: usize = 5;

/// The sentences as words, in the order of the file; none is empty.
fn sentences() -> impl Iterator<Item = Vec<&'static str>> {
    SENTENCES.lines().map(|line| line.split_whitespace().collect()).filter(|words: &Vec<_>| !words.is_empty())
}

/// Every different word, in rising order.
pub(super) fn vocabulary() -> Vec<&'static str> {
    sentences().flatten().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The sentences as ids, in two parts that share none.
#[derive(Debug)]
pub(super) struct Corpus {
    /// Sentences to train on.
    pub train: Vec<Vec<u32>>,
    /// Sentences that no model is trained on, to judge by.
    pub held: Vec<Vec<u32>>,
}

impl Corpus {
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let (mut train, mut held) = (Vec::new(), Vec::new());
        for (i, words) in sentences().enumerate() {
            let ids = words.iter().map(|word| lexicon.id(word)).collect();
            if i % HELD == HELD - 1 { held.push(ids) } else { train.push(ids) }
        }
        Self { train, held }
    }

    /// A training sentence, and all that have its length: a batch needs no padding.
    pub(super) fn same_length(&self, rng: &mut ChaCha8Rng) -> Vec<&Vec<u32>> {
        let length = self.train.choose(rng).map_or(0, Vec::len);
        self.train.iter().filter(|sentence| sentence.len() == length).collect()
    }

    /// A word of the training sentences, as often as it stands there.
    pub(super) fn word(&self, rng: &mut ChaCha8Rng) -> u32 {
        let Some(sentence) = self.train.choose(rng) else { return super::text::UNK };
        sentence[rng.random_range(0..sentence.len())]
    }
}
