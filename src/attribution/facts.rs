//! What is to be known of a method before it is run: the fields of the one table.

/// What a method is in an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Collapses attention to one weight per word: what is audited.
    Reading,
    /// Scores words without trusting attention: what readings are compared with.
    Reference,
    /// Draws scores at random, knowing nothing of the model or the text.
    Control,
}

impl Role {
    /// "reading", "reference" or "control".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Reference => "reference",
            Self::Control => "control",
        }
    }
}

/// What a method's scores are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Patterns, or patterns and values: no gradient.
    Attention,
    /// Patterns and their gradients.
    AttentionGradient,
    /// Passes without the word.
    Erasure,
    /// Passes of sets of words: each word's mean share in all of them.
    Shapley,
    /// Gradients of the whole model: what a verdict sets beside leave-one-out, the first in the table preferred.
    Gradient,
    /// Gradients with every pattern held constant; shown, and no verdict rests on them.
    CutGradient,
    /// Random draws, which know nothing of the model.
    Chance,
}

/// Where a method is run that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByDefault {
    /// On every model.
    Everywhere,
    /// On models whose queries do not all see every key; on others it says what another method says.
    BoundedReach,
    /// On models whose decoder looks at a source: elsewhere only where it is named.
    OverSource,
}

/// Which patterns a method reads, and so where they are swapped to ask whether it has a counterfactual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternsRead {
    /// The decision token's row of the last layer.
    LastRow,
    /// The same, and through the mixing of every layer below it, which swaps leave as it is.
    LastRowMixed,
    /// One head's row, the head named beside the method.
    Head,
    /// Every row of every layer.
    AllLayers,
    /// No pattern that its scores rest on.
    Nothing,
}

/// What a score of several words together is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// Their sum: right for shares of attention and for attributions that add up (integrated gradients, gradient ×
    /// input), and to first order for leave-one-out.
    Sum,
    /// The root of their squares' sum, for norms of a gradient: the norm of the whole gradient, where the word's own
    /// is the norm of the sum over its pieces. Between the norm of a sum that cancels and the sum of the norms.
    Root,
}

impl Joined {
    /// The score of these words together; one word's own score is left as it is. `None` where a word has none.
    #[must_use]
    pub fn over(self, words: &[usize], scores: &[f64]) -> Option<f64> {
        let own: Option<Vec<f64>> = words.iter().map(|word| scores.get(*word).copied()).collect();
        Some(match (own?.as_slice(), self) {
            ([one], _) => *one,
            (several, Self::Sum) => several.iter().sum(),
            (several, Self::Root) => several.iter().map(|s| s * s).sum::<f64>().sqrt(),
        })
    }
}
