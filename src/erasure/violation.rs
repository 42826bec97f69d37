//! Whether removing the top word raises the prediction.

use crate::missing::{Measured, Missing};

use super::order::descending;

/// A rise of less than this is rounding in f32, not a rise.
const ROUNDING: f64 = 1e-6;

/// Removing a highlighted word should lower the prediction; raising it is a violation (Liu et al. 2022).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Violation {
    /// Whether removing the top word raises the explained class's probability.
    pub top: bool,
    /// The share of all words whose removal raises it: exactly the rate of a random word, in [0, 1].
    pub random: f64,
}

/// Compares the top word of a reading with a random one, by the change of probability without each word (before − after); ties at the top are broken by the order of the text. A rise
/// of less than 1e-6 in probability is none.
///
/// [`Missing::TooFewWords`] below two words, [`Missing::Constant`] where no word is on top.
pub fn violation(scores: &[f64], changes: &[f64]) -> Measured<Violation> {
    let n = scores.len().min(changes.len());
    if n < 2 {
        return Err(Missing::TooFewWords { found: n, needed: 2 });
    }
    let order = descending(&scores[..n]);
    if scores[order[0]] <= scores[order[n - 1]] {
        return Err(Missing::Constant);
    }
    let raises = |word: usize| changes[word] < -ROUNDING;
    let raised = (0..n).filter(|&word| raises(word)).count();
    Ok(Violation { top: raises(order[0]), random: raised as f64 / n as f64 })
}
