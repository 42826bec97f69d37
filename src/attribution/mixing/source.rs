//! How much of a translated word comes from the source, and how much from what was written before it.

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::{Probe, Terms};

use super::Mixing;

/// What the state that a decoder decides by is made of; all are at least 0 and sum to 1 together.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The share of each of the S tokens of the source.
    pub source: Vec<f64>,
    /// That of each of the Q tokens that were written, the start first.
    pub written: Vec<f64>,
}

impl Origin {
    /// The share of the source, in [0, 1].
    #[must_use]
    pub fn of_source(&self) -> f64 {
        self.source.iter().sum()
    }
}

/// ALTI+ (Ferrando et al. 2022b): the contributions of each layer of the decoder, those of its cross-attention shared out by what
/// the encoder's states are made of, on top of one another.
///
/// Of a layer `c` is what its self-attention mixes, and in each row of its cross-attention the shares of the states of the source
/// and of its own stream sum to 1. `encoder` is what the states that it reads are made of ([`below_last`](super::below_last)).
/// [`Missing::RestsOn`] of a text that no decoder translates.
pub fn origin(probe: &Probe<'_>, encoder: &Mixing) -> Outcome<Origin> {
    settle(trace(probe, encoder))
}

fn trace(probe: &Probe<'_>, encoder: &Mixing) -> Result<Origin, Stop> {
    if probe.trace.source.is_none() {
        return Err(Missing::RestsOn { what: "a decoder over a source" }.into());
    }
    let (s, q) = (probe.sequence.len(), probe.queries());
    // Of each written token the shares of the source's tokens, then of those that were written.
    let mut rows: Vec<Vec<f64>> =
        (0..q).map(|row| (0..s + q).map(|at| f64::from(u8::from(at == s + row))).collect()).collect();
    for layer in 0..probe.trace.patterns.len() {
        let own = probe.written_terms(layer)?;
        let cross = probe.cross_terms(layer, &own.states)?;
        let (own, cross) = (shares(&own)?, shares(&cross)?);
        let below = rows;
        rows = own
            .chunks_exact(q)
            .zip(cross.chunks_exact(s + 1))
            .map(|(own, cross)| {
                let (read, kept) = cross.split_at(s);
                let mut row = encoder.through(read);
                row.resize(s + q, 0.0);
                for (share, below) in own.iter().zip(&below) {
                    row.iter_mut().zip(below).for_each(|(sum, part)| *sum += kept[0] * share * part);
                }
                let sum: f64 = row.iter().sum();
                for part in &mut row {
                    *part /= sum;
                }
                row
            })
            .collect();
    }
    let Some(row) = rows.get(probe.sequence.decision) else {
        return Err(Missing::RestsOn { what: "a decoder over a source" }.into());
    };
    let (source, written) = row.split_at(s);
    Ok(Origin { source: source.to_vec(), written: written.to_vec() })
}

/// `max(0, ‖y_i‖₁ − ‖y_i − T_i‖₁)` of every term, each query's divided by their sum.
pub(super) fn shares(terms: &Terms) -> Result<Vec<f64>, Missing> {
    let norms =
        terms.states.chunks_exact(terms.width).map(|state| state.iter().map(|y| y.abs()).sum::<f64>());
    let mut all = Vec::with_capacity(terms.distances.len());
    for (norm, row) in norms.zip(terms.distances.chunks_exact(terms.tokens)) {
        let amounts: Vec<f64> = row.iter().map(|far| (norm - far).max(0.0)).collect();
        let sum: f64 = amounts.iter().sum();
        if !sum.is_finite() {
            return Err(Missing::NotFinite { what: "what a state is made of" });
        }
        if sum <= 0.0 {
            return Err(Missing::Constant);
        }
        all.extend(amounts.into_iter().map(|amount| amount / sum));
    }
    Ok(all)
}
