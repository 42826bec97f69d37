//! Pairs of sentences, and the links between their words that people made.

mod gold;
mod read;

use std::fmt;

pub use gold::read_gold;
pub use read::{read_pairs, read_pairs_from};

/// A sentence and its translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What the input calls it, else the number of its line.
    pub id: String,
    /// 1-based line on which it stands.
    pub line: usize,
    /// The source without white space at its ends; never empty.
    pub source: String,
    /// The target, likewise.
    pub target: String,
}

impl Pair {
    /// The words of the source: what stands between white space. Links name them by their place here.
    pub fn source_words(&self) -> impl Iterator<Item = &str> {
        self.source.split_whitespace()
    }

    /// The words of the target.
    pub fn target_words(&self) -> impl Iterator<Item = &str> {
        self.target.split_whitespace()
    }
}

/// How pairs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairFormat {
    /// `source ||| target`, a pair a line.
    Bars,
    /// Two columns parted by a tab.
    Tsv,
    /// One JSON object a line, with the fields `text` (or `source`) and `translation` (or `target`).
    Jsonl,
}

/// How a file of pairs is to be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairOptions {
    /// The format; where absent, what the first line shows.
    pub format: Option<PairFormat>,
    /// Whether the first line of a table names its columns; where absent, it does if it holds the names of both. Columns
    /// without names are called by their numbers, from 1.
    pub header: Option<bool>,
    /// The field or column of the source.
    pub source: Option<String>,
    /// The field or column of the target.
    pub target: Option<String>,
}

/// What a file of pairs holds, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// The pairs, at most as many as the limit; never none but under a limit of 0.
    pub pairs: Vec<Pair>,
    /// What to call the input in a report: the path as it was given, or `stdin`.
    pub name: String,
    /// Whether the input holds no more than these.
    pub is_whole: bool,
}

/// The number of the first word in a file of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// 0, as Pharaoh's format and `fast_align` have it.
    Zero,
    /// 1, as in much of the hand-made data.
    One,
}

impl First {
    /// The number itself.
    #[must_use]
    pub fn number(self) -> usize {
        match self {
            Self::Zero => 0,
            Self::One => 1,
        }
    }
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// A link: the places of a source word and of a target word, both counted from 0.
pub type Link = (usize, usize);

/// The links of one pair that people made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gold {
    /// Those that are sure, in order, none twice.
    pub sure: Vec<Link>,
    /// Those that are possible, the sure ones among them; in order, none twice.
    pub possible: Vec<Link>,
}

/// The links of a file, one entry a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldLinks {
    /// In the order of the pairs, as many as they.
    pub links: Vec<Gold>,
    /// From what the words of the file were counted.
    pub first: First,
    /// What to call the file in a report.
    pub name: String,
}

/// Where gold links are, and how they are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GoldOptions {
    /// The number of the first word; where absent it is told by the links: a 0, or the length of a sentence. Where they tell
    /// nothing, that is an error that asks for it.
    pub first: Option<First>,
}
