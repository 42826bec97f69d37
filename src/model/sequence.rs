//! One text as the model takes it, and what erasing tokens makes of it.

use std::sync::Arc;

use super::spec::Positions;

/// What a decoder has written so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its ids, the start first; never empty.
    pub ids: Vec<u32>,
    /// Which of them have a zero word embedding.
    pub zeroed: Vec<usize>,
}

impl Given {
    /// These ids, each with its word embedding.
    #[must_use]
    pub fn of(ids: &[u32]) -> Self {
        Self { ids: ids.to_vec(), zeroed: Vec::new() }
    }
}

/// Token ids with the places and types that go with them.
///
/// Erasure works here, on ids, so that no piece boundary can move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// The T token ids.
    pub ids: Vec<u32>,
    /// The type of each token.
    pub types: Vec<u32>,
    /// Each token's row of the position table.
    pub places: Vec<u32>,
    /// The token whose state the readout reads: of the text, or of what a decoder is given where one writes.
    pub decision: usize,
    /// Tokens that nobody may attend to, in every layer.
    pub blocked: Vec<usize>,
    /// Tokens whose word embedding is zero.
    pub zeroed: Vec<usize>,
    /// What a model that translates has written so far, the start first: it is asked what comes next. `None` of a model that
    /// reads one text.
    pub given: Option<Arc<Given>>,
}

impl Sequence {
    /// A sequence with places counted as the model counts them.
    #[must_use]
    pub fn new(ids: Vec<u32>, types: Vec<u32>, decision: usize, positions: Positions) -> Self {
        let places = positions.of(&ids);
        Self { ids, types, places, decision, blocked: Vec::new(), zeroed: Vec::new(), given: None }
    }

    /// A source with what a decoder has written of its translation, the start first and never empty: the logits are read
    /// after its last token.
    #[must_use]
    pub fn with_given(self, ids: &[u32]) -> Self {
        Self { decision: ids.len().saturating_sub(1), given: Some(Arc::new(Given::of(ids))), ..self }
    }

    /// The word embeddings of these tokens of what was written are zero; their places stay.
    #[must_use]
    pub fn with_given_zeroed(&self, tokens: &[usize]) -> Self {
        let zeroed = |given: &Arc<Given>| {
            let mut given = Given::clone(given);
            given.zeroed.extend_from_slice(tokens);
            Arc::new(given)
        };
        Self { given: self.given.as_ref().map(zeroed), ..self.clone() }
    }

    /// How many queries look at the T tokens: T, or as many as a decoder was given.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.given.as_ref().map_or(self.len(), |given| given.ids.len())
    }

    /// The token that stays where all others are taken away: the one that decides, or of a source, where none does, the last.
    #[must_use]
    pub fn stays(&self) -> usize {
        if self.given.is_some() { self.len().saturating_sub(1) } else { self.decision }
    }

    /// T, the number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// `tokens` replaced by the id `by` (a mask or padding token); every place stays as it was.
    ///
    /// # Panics
    ///
    /// If one of `tokens` is not in the sequence.
    #[must_use]
    pub fn with_id(&self, tokens: &[usize], by: u32) -> Self {
        let mut out = self.clone();
        for &t in tokens {
            out.ids[t] = by;
        }
        out
    }

    /// No token may attend to `tokens`, in any layer; they still attend to others, which nobody sees.
    #[must_use]
    pub fn with_blocked(&self, tokens: &[usize]) -> Self {
        let mut out = self.clone();
        out.blocked.extend_from_slice(tokens);
        out
    }

    /// The word embedding of `tokens` is zero; place and type stay.
    #[must_use]
    pub fn with_zeroed(&self, tokens: &[usize]) -> Self {
        let mut out = self.clone();
        out.zeroed.extend_from_slice(tokens);
        out
    }

    /// The tokens from `row` on, at their places; nothing is blocked.
    pub(super) fn behind(&self, row: usize) -> Self {
        Self {
            ids: self.ids[row..].to_vec(),
            types: self.types[row..].to_vec(),
            places: self.places[row..].to_vec(),
            decision: self.decision - row,
            blocked: Vec::new(),
            zeroed: self.zeroed.iter().filter_map(|t| t.checked_sub(row)).collect(),
            given: self.given.clone(),
        }
    }

    /// Without `tokens`; the others close up and are counted anew. Where the decision token is among them the readout reads the
    /// nearest before it that is left, or else the first; where no other is left, the decision token stays. Of a source, whose
    /// decision token stands elsewhere, the last token stays where no other is left.
    #[must_use]
    pub fn without(&self, tokens: &[usize], positions: Positions) -> Self {
        let mut kept: Vec<usize> = (0..self.len()).filter(|t| !tokens.contains(t)).collect();
        if kept.is_empty() {
            kept.push(self.stays());
        }
        let moved = |list: &[usize]| {
            kept.iter().enumerate().filter(|(_, t)| list.contains(t)).map(|(i, _)| i).collect()
        };
        let ids: Vec<u32> = kept.iter().map(|&t| self.ids[t]).collect();
        let nearest = kept.iter().rposition(|&t| t <= self.decision).unwrap_or(0);
        Self {
            places: positions.of(&ids),
            types: kept.iter().map(|&t| self.types[t]).collect(),
            decision: if self.given.is_some() { self.decision } else { nearest },
            blocked: moved(&self.blocked),
            zeroed: moved(&self.zeroed),
            given: self.given.clone(),
            ids,
        }
    }
}
