//! The kinds of planted models.

/// What is planted: which words decide, and what attention makes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// The last layer's attention is the only path, and what it attends to decides.
    OnlyPath,
    /// Most mass on the special tokens; the rest in proportion to the words' worth.
    Sink,
    /// A word against the predicted class gets the most mass.
    Negative,
    /// Mass on words of null value; another head decides with little mass.
    Decoy,
    /// The decision goes around the last layer's attention, which looks elsewhere.
    Bypass,
    /// As bypass, but the last layer looks at the deciding word.
    BypassAligned,
    /// Several words bring the same evidence.
    Redundant,
    /// The evidence was copied to other places before the last layer, which looks at the copies.
    Mixing,
    /// Two words, both needed.
    And,
    /// Two words, either enough.
    Or,
    /// Two words that undo each other; the text has both.
    Xor,
    /// Logits that do not depend on the text.
    Constant,
    /// Random weights.
    Random,
}

impl Planted {
    /// Every kind.
    pub const ALL: [Planted; 13] = [
        Planted::OnlyPath,
        Planted::Sink,
        Planted::Negative,
        Planted::Decoy,
        Planted::Bypass,
        Planted::BypassAligned,
        Planted::Redundant,
        Planted::Mixing,
        Planted::And,
        Planted::Or,
        Planted::Xor,
        Planted::Constant,
        Planted::Random,
    ];

    /// Its name in reports and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Planted::OnlyPath => "only-path",
            Planted::Sink => "sink",
            Planted::Negative => "negative",
            Planted::Decoy => "decoy",
            Planted::Bypass => "bypass",
            Planted::BypassAligned => "bypass-aligned",
            Planted::Redundant => "redundant",
            Planted::Mixing => "mixing",
            Planted::And => "and",
            Planted::Or => "or",
            Planted::Xor => "xor",
            Planted::Constant => "constant",
            Planted::Random => "random",
        }
    }

    /// The fewest heads it can be built with.
    #[must_use]
    pub fn least_heads(self) -> usize {
        match self {
            Planted::Decoy | Planted::And | Planted::Or | Planted::Xor => 2,
            _ => 1,
        }
    }

    /// The fewest layers it can be built with.
    #[must_use]
    pub fn least_layers(self) -> usize {
        match self {
            Planted::Bypass | Planted::BypassAligned | Planted::Mixing => 2,
            _ => 1,
        }
    }
}
