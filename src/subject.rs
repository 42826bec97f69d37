//! One example ready to be audited: its text in the model, its content words, and what erasing needs.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;

use crate::model::Probe;
use crate::stats::seed::Stream;

/// What every method is given.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The text in the model, with the target that is explained.
    pub probe: Probe<'a>,
    /// The token positions of each content word, in the order of the text; specials belong to none.
    pub words: Vec<Range<usize>>,
    /// The id of the mask token, where the tokenizer has one.
    pub mask: Option<u32>,
    /// The id of the padding token, where the tokenizer has one.
    pub pad: Option<u32>,
    /// What every random draw on it depends on.
    pub stream: Stream,
}

impl Subject<'_> {
    /// The same text with a count of its own ([`Probe::spent`]), for work beside other work.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { probe: self.probe.apart(), words: self.words.clone(), stream: self.stream.clone(), ..*self }
    }

    /// T, the number of tokens in the sequence.
    pub fn tokens(&self) -> usize {
        self.probe.sequence.len()
    }

    /// Whether each token belongs to a content word.
    pub fn content(&self) -> Vec<bool> {
        let mut content = vec![false; self.tokens()];
        for word in &self.words {
            content[word.clone()].fill(true);
        }
        content
    }

    /// A weight per word from a weight per key token: the sum over the word's pieces (Clark et al. 2019).
    pub fn sum_words(&self, tokens: &[f64]) -> Vec<f64> {
        self.words.iter().map(|word| tokens[word.clone()].iter().sum()).collect()
    }

    /// The random stream of `method` on this example, the same for any number of threads.
    pub fn rng(&self, method: &str) -> ChaCha8Rng {
        self.stream.rng(method)
    }
}
