//! Attention sinks: keys that draw attention whatever the text says.

use crate::attribution::scores::Scores;
use crate::missing::{Measured, Missing};
use crate::subject::Subject;

use super::attention::Attention;

/// A key is a sink when it receives more than this share of attention on average (Gu et al. 2025).
pub const SINK: f64 = 0.3;

/// A word is a sink only where it brings less than this share of what a mean key does: one that every row looks at because it
/// decides is none.
pub const BRINGS: f64 = 0.5;

/// Which tokens are sinks: those that receive more than [`SINK`] and are special, or bring less than [`BRINGS`], or are the
/// first of a text whose queries do not see every key.
///
/// Gu et al. (2025) average the attention a key receives over the queries of one head that see it and count heads above the
/// threshold; here the average is over all such queries, heads and layers, so that a text has one set of sinks. At most
/// three tokens can be sinks where every query sees every key.
#[derive(Debug, Clone, PartialEq)]
pub struct Sinks {
    /// Whether each token is a sink, `[T]`.
    pub tokens: Vec<bool>,
    /// The positions of the sinks, rising.
    pub positions: Vec<usize>,
}

impl Sinks {
    /// Finds them in the attention each key receives and in what it brings; `content` tells which tokens belong to words,
    /// `[T]`.
    #[must_use]
    pub fn of(attention: &Attention, content: &[bool]) -> Self {
        let keys = attention.received.iter().zip(&attention.brought).zip(content).enumerate();
        let is_sink = |(token, ((received, brought), content)): (usize, ((&f64, &f64), &bool))| {
            let first = attention.bounded && token == 0;
            *received > SINK && (first || !content || *brought < BRINGS)
        };
        let tokens: Vec<bool> = keys.map(is_sink).collect();
        let positions = (0..tokens.len()).filter(|&t| tokens[t]).collect();
        Self { tokens, positions }
    }

    /// Adds to a reading its mass on specials and on sinks.
    pub(super) fn weigh(&self, subject: &Subject<'_>, scores: &mut Scores) {
        let (Some(tokens), content) = (&scores.tokens, subject.content()) else { return };
        let mass = |keep: &dyn Fn(usize) -> bool| -> f64 {
            // From +0: an empty sum is −0.
            tokens
                .iter()
                .enumerate()
                .filter(|(t, _)| keep(*t))
                .fold(0.0, |mass, (_, weight)| mass + weight.abs())
        };
        let total = mass(&|_| true);
        if total > 0.0 {
            scores.special_mass = Some(mass(&|t| !content[t]) / total);
            scores.sink_mass = Some(mass(&|t| content[t] && self.tokens[t]) / total);
        }
    }
}

/// A reading with sinks and specials set to 0 and the rest divided by its mass `Σ|weight|`.
///
/// A word that is a sink gets 0, or the least score that is left where that is below 0, and so ranks last among unsigned
/// scores. [`Missing::Constant`] where nothing is left.
pub fn without_sinks(subject: &Subject<'_>, sinks: &Sinks, reading: &Scores) -> Measured<Scores> {
    let tokens = reading.tokens.as_ref().ok_or(Missing::RestsOn { what: "a weight per token" })?;
    let content = subject.content();
    let kept = content.iter().zip(&sinks.tokens).map(|(content, sink)| *content && !sink);
    let mut tokens: Vec<f64> =
        tokens.iter().zip(kept).map(|(&weight, kept)| if kept { weight } else { 0.0 }).collect();
    let total: f64 = tokens.iter().map(|weight| weight.abs()).sum();
    if total <= 0.0 {
        return Err(Missing::Constant);
    }
    let least = tokens.iter().copied().fold(0.0, f64::min);
    if !reading.signed && least < 0.0 {
        let sinks = sinks.positions.iter().filter(|&&token| content[token]);
        sinks.for_each(|&token| tokens[token] = least);
    }
    for weight in &mut tokens {
        *weight /= total;
    }
    let mut scores = Scores::of_tokens(subject, tokens, reading.signed)?;
    sinks.weigh(subject, &mut scores);
    Ok(scores)
}
