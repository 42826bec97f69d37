//! A model that attends as it is told, with a tokenizer that makes a piece of every word.

use attncheck::align::{Attending, Cross, TranslateError};
use attncheck::input::{First, Gold, GoldLinks, Link, Pair, Pairs};
use attncheck::model::ModelError;
use attncheck::report::align::AlignModel;
use attncheck::tokens::{Cut, Side, Sides, Target, TokenError, Tokens, Unit, Word};

/// Two layers of two heads. In layer 1, head 1, the row that outputs a word looks at the source word that is spelled the same,
/// letters in any case; every other row of every head looks at the end.
pub struct Fake;

/// The most words of a side.
pub const MOST: usize = 12;

fn tokens(text: &str) -> Tokens {
    let words: Vec<&str> = text.split_whitespace().collect();
    let n = words.len() + 1;
    let word = |(at, word): (usize, &&str)| Word {
        text: (*word).to_owned(),
        text_index: 0,
        start: 0,
        end: 0,
        chars: 0..0,
        pieces: at..at + 1,
    };
    Tokens {
        ids: (0..n).map(|at| u32::try_from(at).unwrap()).collect(),
        pieces: words.iter().chain(&["</s>"]).map(|piece| (*piece).to_owned()).collect(),
        type_ids: vec![0; n],
        sequences: (0..n).map(|at| (at + 1 < n).then_some(0)).collect(),
        offsets: vec![0..0; n],
        char_offsets: vec![0..0; n],
        special: (0..n).map(|at| at + 1 == n).collect(),
        words: words.iter().enumerate().map(word).collect(),
        unit: Unit::Whitespace,
        unspaced: 0,
        unknown: Vec::new(),
        typed_specials: Vec::new(),
    }
}

impl Attending for Fake {
    fn info(&self) -> AlignModel {
        AlignModel {
            name: "fake".to_owned(),
            revision: None,
            family: "fake".to_owned(),
            sha256: "0".repeat(64),
            config_sha256: "0".repeat(64),
            tokenizer_sha256: "0".repeat(64),
            dtype: "f32".to_owned(),
            layers: 2,
            heads: 2,
            languages: (None, None),
        }
    }

    fn encode(&self, source: &str, target: &str, _: Cut) -> Result<Sides, TokenError> {
        for (side, text) in [(Side::Source, source), (Side::Target, target)] {
            let found = text.split_whitespace().count();
            if found == 0 {
                return Err(TokenError::EmptySide { side });
            }
            if found > MOST {
                return Err(TokenError::LongSide { side, tokens: found, most: MOST });
            }
        }
        let labels = tokens(target);
        let inputs = labels.ids.clone();
        Ok(Sides { source: tokens(source), target: Target { labels, inputs } })
    }

    /// The source in capitals, from its end.
    fn translate(&self, source: &str, cut: Cut, _: usize) -> Result<Sides, TranslateError> {
        let words: Vec<String> = source.split_whitespace().rev().map(str::to_uppercase).collect();
        Ok(self.encode(source, &words.join(" "), cut)?)
    }

    fn cross(&self, sides: &Sides) -> Result<Cross, ModelError> {
        let (source, target) = (&sides.source.pieces, &sides.target.labels.pieces);
        let (s, t) = (source.len(), target.len());
        let mut weights = Vec::new();
        for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for word in target {
                let same = |piece: &String| piece.to_lowercase() == word.to_lowercase();
                let at = source.iter().position(same).filter(|_| (layer, head) == (1, 1)).unwrap_or(s - 1);
                weights.extend((0..s).map(|i| if i == at { 1.0 } else { 0.0 }));
            }
        }
        Ok(Cross::new([2, 2, t, s], weights).unwrap())
    }
}

/// Pairs of a sentence and its words in capitals, in the order that is given.
pub fn pairs(all: &[(&str, &str)]) -> Pairs {
    let pair = |(at, (source, target)): (usize, &(&str, &str))| Pair {
        id: (at + 1).to_string(),
        line: at + 1,
        source: (*source).to_owned(),
        target: (*target).to_owned(),
    };
    Pairs { pairs: all.iter().enumerate().map(pair).collect(), name: "pairs.txt".to_owned(), is_whole: true }
}

/// Gold links: each target word to the source word that is spelled the same.
pub fn gold(pairs: &Pairs) -> GoldLinks {
    let links = |pair: &Pair| {
        let source: Vec<&str> = pair.source_words().collect();
        let link = |(j, word): (usize, &str)| -> Option<Link> {
            Some((source.iter().position(|own| *own == word.to_lowercase())?, j))
        };
        let mut links: Vec<Link> = pair.target_words().enumerate().filter_map(link).collect();
        links.sort_unstable();
        Gold { sure: links.clone(), possible: links }
    };
    GoldLinks {
        links: pairs.pairs.iter().map(links).collect(),
        first: First::Zero,
        name: "gold.txt".to_owned(),
    }
}
