//! Texts for planted models: generated ones, and any text over a vocabulary of one's own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rand::Rng;
use rand::seq::{SliceRandom, index};
use rand_chacha::ChaCha8Rng;

use super::channels::KINDS;
use super::error::ControlError;
use super::expected::Truth;
use crate::model::Sequence;

pub(super) const PAD: u32 = 0;
pub(super) const UNK: u32 = 1;
pub(super) const CLS: u32 = 2;
pub(super) const SEP: u32 = 3;
pub(super) const MASK: u32 = 4;
const SPECIALS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The id of a cue word; behind the last kind the neutral words begin.
pub(super) fn cue_id(kind: usize) -> u32 {
    (SPECIALS.len() + kind) as u32
}

/// The words a planted model knows. An unknown word is neutral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    pieces: Vec<String>,
    ids: BTreeMap<String, u32>,
}

impl Lexicon {
    /// `neutral` made-up words w0, w1, … and the cue words cue0, cue1 and cue2.
    #[must_use]
    pub fn generated(neutral: usize) -> Self {
        let cues = (0..KINDS).map(|i| format!("cue{i}"));
        Self::of(cues.chain((0..neutral).map(|i| format!("w{i}"))))
    }

    /// The words of film reviews, with three cue words that are in none of them.
    #[must_use]
    pub fn reviews() -> Self {
        let words: BTreeSet<&str> = super::natural::words().collect();
        Self::of(super::natural::CUES.into_iter().chain(words).map(str::to_owned))
    }

    /// Words of one's own: the first of `cues` takes part wherever it stands, and so on (which of them a kind
    /// of model uses is told by [`Control::cues`](super::Control::cues)); every word of `neutral` is neutral.
    /// Repeated words count once.
    ///
    /// # Errors
    ///
    /// Unless there are [`KINDS`] different cues.
    pub fn natural(cues: &[&str], neutral: &[&str]) -> Result<Self, ControlError> {
        let different: BTreeSet<&str> = cues.iter().copied().collect();
        if cues.len() != KINDS || different.len() != KINDS || cues.iter().any(|cue| SPECIALS.contains(cue)) {
            let cues = cues.iter().map(|&cue| cue.to_owned()).collect();
            return Err(ControlError::Cues { cues, needed: KINDS });
        }
        let words: BTreeSet<&str> =
            neutral.iter().copied().filter(|w| !different.contains(w) && !SPECIALS.contains(w)).collect();
        Ok(Self::of(cues.iter().copied().chain(words).map(str::to_owned)))
    }

    fn of(words: impl Iterator<Item = String>) -> Self {
        let pieces: Vec<String> = SPECIALS.iter().map(|&s| s.to_owned()).chain(words).collect();
        let ids = pieces.iter().enumerate().map(|(id, piece)| (piece.clone(), id as u32)).collect();
        Self { pieces, ids }
    }

    /// Every piece, by its id: `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`, the cues, the neutral words.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The id of a word; that of `[UNK]` where the lexicon lacks it.
    #[must_use]
    pub fn id(&self, word: &str) -> u32 {
        self.ids.get(word).copied().unwrap_or(UNK)
    }

    fn neutral(&self) -> Range<u32> {
        cue_id(KINDS)..self.pieces.len() as u32
    }
}

/// A text for a planted model, and which of its words decide.
#[derive(Debug, Clone)]
pub struct Planting {
    /// `[CLS] word … word [SEP]`, the decision token first; for a decoder the words alone, the last of which decides.
    pub sequence: Sequence,
    /// T pieces, a token each.
    pub pieces: Vec<String>,
    /// The tokens of each content word, here one.
    pub words: Vec<Range<usize>>,
    /// What is known of it beforehand.
    pub truth: Truth,
}

/// The ids of `words` neutral words.
pub(super) fn neutral(lexicon: &Lexicon, words: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let neutral = lexicon.neutral();
    if neutral.is_empty() {
        return vec![UNK; words];
    }
    // Every word once where there are enough of them.
    let mut ids = Vec::with_capacity(words);
    while ids.len() < words {
        let draw = index::sample(rng, neutral.len(), neutral.len().min(words - ids.len()));
        ids.extend(draw.iter().map(|i| neutral.start + i as u32));
    }
    ids
}

/// Where the cue words of a decoder's text stand; none of them is the last word, unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Anywhere before the last word.
    BeforeLast,
    /// Anywhere between the first word, where heads rest, and the last.
    Inside,
    /// Two cues of kind 0: one with a cue of kind 1 or 2 behind it, the other the last word; and a cue of the other kind
    /// before both, behind the first word.
    Induction,
    /// Kind 0 before what the last word sees, all others within it.
    Window {
        /// How many words before its own the last word sees.
        back: usize,
    },
}

impl Layout {
    /// Places of cue words in a text of `words` words, with their kinds, as [`cue_places`].
    pub fn places(self, words: usize, counts: [usize; KINDS], rng: &mut ChaCha8Rng) -> Vec<(usize, usize)> {
        let last = words - 1;
        let mut anywhere = |from: usize, to: usize, counts: [usize; KINDS]| {
            let mut free: Vec<usize> = (from..to).collect();
            free.shuffle(rng);
            free.into_iter().zip(each(counts)).collect::<Vec<_>>()
        };
        match self {
            Self::BeforeLast => anywhere(0, last, counts),
            Self::Inside => anywhere(1, last, counts),
            Self::Window { back } => {
                let [decides, others @ ..] = counts;
                let mut places = anywhere(0, last - back, [decides, 0, 0]);
                places.extend(anywhere(last - back, last, [0, others[0], others[1]]));
                places
            }
            Self::Induction => {
                let (first, said) = (rng.random_range(2..last - 1), rng.random_range(1..KINDS));
                let other = rng.random_range(1..first);
                vec![(first, 0), (first + 1, said), (other, KINDS - said), (last, 0)]
            }
        }
    }
}

/// Of a text … A B … A: the places of the first A, of the B behind it, and of the last word. `None` where the last word is not
/// A or nothing that can be said stands behind an A.
pub(super) fn induced(ids: &[u32]) -> Option<[usize; 3]> {
    let (kinds, last) = (kinds(ids), ids.len().checked_sub(1)?);
    let said = |pair: &[Option<usize>]| pair[0] == Some(0) && pair[1].is_some_and(|kind| kind > 0);
    let first = kinds.windows(2).position(said)?;
    (kinds[last] == Some(0)).then_some([first, first + 1, last])
}

/// The kinds of so many cue words of each.
fn each(counts: [usize; KINDS]) -> impl Iterator<Item = usize> {
    counts.into_iter().enumerate().flat_map(|(kind, count)| std::iter::repeat_n(kind, count))
}

/// Places of cue words in a text of `words` words, with their kinds: `counts[k]` of kind k, no two at one place.
///
/// With `groups` the first word of kind 0 stands at the beginning of a group of three whose members are all in the text
/// (see the mixing model); everything else is anywhere.
pub(super) fn cue_places(
    words: usize,
    counts: [usize; KINDS],
    groups: bool,
    rng: &mut ChaCha8Rng,
) -> Vec<(usize, usize)> {
    let mut free: Vec<usize> = (0..words).collect();
    free.shuffle(rng);
    if groups
        && counts[0] > 0
        && let Some(first) = free.iter().position(|i| i.is_multiple_of(3) && i + 2 < words)
    {
        free.swap(0, first);
    }
    free.into_iter().zip(each(counts)).collect()
}

/// The kind of each word, where it is a cue.
pub(super) fn kinds(ids: &[u32]) -> Vec<Option<usize>> {
    ids.iter().map(|&id| (0..KINDS).find(|&kind| cue_id(kind) == id)).collect()
}
