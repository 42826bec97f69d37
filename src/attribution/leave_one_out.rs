//! Leave-one-out by word: what changes when a word is taken away, all its pieces together.

use crate::erasure::{Erased, Operator};
use crate::missing::{Measured, Missing, Stop};

use super::scores::Scores;

/// What changes without each word.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaveOneOut {
    /// How a word was taken away.
    pub operator: Operator,
    /// `y(x) − y(x without the word)`, `[n]`, in the target's unit; above 0 the word speaks for the target.
    pub target: Vec<f64>,
    /// The same of the explained class's probability, in [-1, 1].
    pub probability: Vec<f64>,
    /// Total variation distance of the two predictions, in [0, 1].
    pub tvd: Vec<f64>,
    /// Of the explained class's log-odds, in logits.
    pub log_odds: Vec<f64>,
}

impl LeaveOneOut {
    pub(super) fn of(erased: &Erased<'_>) -> Result<Self, Stop> {
        let n = erased.subject().words.len();
        if n == 0 {
            return Err(Missing::TooFewWords { found: 0, needed: 1 }.into());
        }
        let sets: Vec<Vec<usize>> = (0..n).map(|word| vec![word]).collect();
        let changes = erased.run(&sets)?;
        Ok(Self {
            operator: erased.operator(),
            target: changes.iter().map(|change| change.target).collect(),
            probability: changes.iter().map(|change| change.probability).collect(),
            tvd: changes.iter().map(|change| change.tvd).collect(),
            log_odds: changes.iter().map(|change| change.log_odds).collect(),
        })
    }

    /// The target's change per word, as a reference.
    pub fn scores(self) -> Measured<Scores> {
        Scores::of_words(self.target, true)
    }
}
