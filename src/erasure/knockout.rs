//! Attention knockout: edges to what a map highlights, cut in a few layers at a time (Geva et al. 2023).
//!
//! Erasing a word takes it out of every state. A knockout leaves the states of the words as they are and cuts the edges by
//! which one row, or every row, reads them, in all heads of a window of layers around each layer in turn: where the
//! prediction takes up what the map points at. Geva et al. compare with nothing; here as many random words are cut off in
//! the same windows, so that what any such cut does is not taken for what this one does.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::softmax;
use crate::stats::overlap::top_size;
use crate::subject::Subject;

use super::erased::Change;
use super::excess::Excess;
use super::order;

/// Which queries no longer see the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnockedRows {
    /// The decision token's: what it reads of the words itself.
    #[default]
    Decision,
    /// Every one that sees them, in a decoder the later ones: also what others hand on. A query keeps its own key.
    Every,
}

impl KnockedRows {
    /// `decision` or `every`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Every => "every",
        }
    }
}

/// The layers that are cut together: a fifth of the model's, an odd number, at least one.
#[must_use]
pub fn knockout_window(layers: usize) -> usize {
    (layers / 5).max(1) | 1
}

/// One text, and what cutting random words off does to it.
#[derive(Debug)]
pub struct Knockout<'a> {
    subject: &'a Subject<'a>,
    rows: KnockedRows,
    /// k, how many layers are cut together; fewer at either end of the model.
    pub window: usize,
    /// How many words are cut off together: a fifth of the text's, rounded up.
    pub words: usize,
    /// Of each random set, by the layer in the middle of the window.
    random: Vec<Vec<Change>>,
}

/// What cutting off the words that a map highlights does.
#[derive(Debug, Clone, PartialEq)]
pub struct KnockoutEvidence {
    /// By the layer in the middle of the window, from 0.
    pub layers: Vec<Change>,
    /// The same of random words, mean over the draws.
    pub random: Vec<Change>,
    /// Above random words, mean over layers, in probability.
    pub excess: Excess,
    /// The same in the target's unit.
    pub excess_target: Excess,
    /// The layer at which the target falls most below what random words leave of it.
    pub strongest: usize,
    /// Random sets of words.
    pub draws: usize,
}

impl<'a> Knockout<'a> {
    /// Runs the random sets: the first words of the text's random orders, `draws` of them, at least 20; `window` layers are cut
    /// together, taken as odd.
    ///
    /// [`Missing::TooFewWords`] below two words. Cost: for each layer and draw what lies above the window's first layer.
    pub fn new(subject: &'a Subject<'a>, rows: KnockedRows, window: usize, draws: usize) -> Outcome<Self> {
        settle(Self::start(subject, rows, window, draws))
    }

    fn start(subject: &'a Subject<'a>, rows: KnockedRows, window: usize, draws: usize) -> Result<Self, Stop> {
        let n = subject.words.len();
        if n < 2 {
            return Err(Missing::TooFewWords { found: n, needed: 2 }.into());
        }
        let words = top_size(n);
        let mut knockout = Self { subject, rows, window: window.max(1) | 1, words, random: Vec::new() };
        let sets: Vec<Vec<usize>> =
            order::of_text(subject, draws).into_iter().map(|order| order[..words].to_vec()).collect();
        knockout.random = knockout.run(&sets)?;
        Ok(knockout)
    }

    /// What each set of words, cut off, changes: by the layer in the middle of the window.
    pub fn changes(&self, sets: &[Vec<usize>]) -> Outcome<Vec<Vec<Change>>> {
        settle(self.run(sets))
    }

    fn run(&self, sets: &[Vec<usize>]) -> Result<Vec<Vec<Change>>, Stop> {
        let (probe, layers) = (&self.subject.probe, self.subject.probe.model.spec().layers);
        let tokens = |set: &Vec<usize>| -> Vec<usize> {
            set.iter().flat_map(|&word| self.subject.words[word].clone()).collect()
        };
        let keys: Vec<Vec<usize>> = sets.iter().map(tokens).collect();
        let from = match self.rows {
            KnockedRows::Decision => Some(probe.sequence.decision),
            KnockedRows::Every => None,
        };
        let before = softmax(&probe.trace.logits);
        let mut found: Vec<Vec<Change>> = sets.iter().map(|_| Vec::with_capacity(layers)).collect();
        let half = self.window / 2;
        for middle in 0..layers {
            let window = middle.saturating_sub(half)..(middle + half + 1).min(layers);
            let logits = probe.severed(&window, &keys, from)?;
            for (changes, logits) in found.iter_mut().zip(logits) {
                changes.push(Change::of(self.subject, &before, &logits)?);
            }
        }
        Ok(found)
    }

    /// What cutting off the words says that these scores, one per word, highlight: the greatest.
    ///
    /// [`Missing::Constant`] where they rank nothing.
    pub fn evidence(&self, scores: &[f64]) -> Outcome<KnockoutEvidence> {
        settle(self.compare(scores))
    }

    fn compare(&self, scores: &[f64]) -> Result<KnockoutEvidence, Stop> {
        super::curve::ranks(scores, self.subject.words.len())?;
        let top = order::descending(scores)[..self.words].to_vec();
        let Some(layers) = self.run(&[top])?.pop() else {
            return Err(Missing::RestsOn { what: "attention knockout" }.into());
        };
        let excess = |of: fn(&Change) -> f64| {
            let over = |changes: &Vec<Change>| changes.iter().map(of).sum::<f64>() / changes.len() as f64;
            let random: Vec<f64> = self.random.iter().map(over).collect();
            Excess::of(over(&layers), &random).ok_or(Missing::NotFinite { what: "a change under a knockout" })
        };
        let random: Vec<Change> = (0..layers.len()).map(|layer| self.mean_at(layer)).collect();
        let above = |layer: &usize| layers[*layer].target - random[*layer].target;
        let strongest =
            (1..layers.len()).fold(0, |best, layer| if above(&layer) > above(&best) { layer } else { best });
        let (excess, excess_target) = (excess(|change| change.probability)?, excess(|change| change.target)?);
        Ok(KnockoutEvidence { layers, random, excess, excess_target, strongest, draws: self.random.len() })
    }

    /// The mean over the random sets at one layer.
    fn mean_at(&self, layer: usize) -> Change {
        let mean = |of: fn(&Change) -> f64| {
            self.random.iter().map(|changes| of(&changes[layer])).sum::<f64>() / self.random.len() as f64
        };
        Change {
            target: mean(|c| c.target),
            probability: mean(|c| c.probability),
            tvd: mean(|c| c.tvd),
            log_odds: mean(|c| c.log_odds),
        }
    }
}
