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
    /// One word decides, and every head of the last layer looks at it.
    OneWord,
    /// Three words of falling worth, each brought by heads of its own.
    SeveralWords,
    /// Attention that is random beside what decides, in every layer, and so are all readings of it.
    RandomMaps,
    /// One head decides; all others look about and bring nothing.
    OneHead,
    /// The deciding word behind others that get more mass and have no value; one head cannot be told from another.
    NullDecoys,
    /// The deciding word stands three times; once is enough, and all three are attended.
    Copies,
    /// Attention that is the same for every word of every text.
    FrozenUniform,
    /// Attention that is random by place and the same for every text.
    FrozenRandom,
}

impl Planted {
    /// Every kind.
    pub const ALL: [Planted; 21] = [
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
        Planted::OneWord,
        Planted::SeveralWords,
        Planted::RandomMaps,
        Planted::OneHead,
        Planted::NullDecoys,
        Planted::Copies,
        Planted::FrozenUniform,
        Planted::FrozenRandom,
    ];

    /// Kinds that no rule and no threshold was chosen on: what they show is what a kind of model shows that nobody had
    /// in mind. Whoever changes a rule after a look at one of them takes it out of this list.
    ///
    /// One word, one head of eight, null decoys and random maps are not among them: models of that sort, made by others,
    /// showed rules to be wrong, which were then changed.
    pub const HELD_OUT: [Planted; 4] =
        [Planted::SeveralWords, Planted::Copies, Planted::FrozenUniform, Planted::FrozenRandom];

    /// Kinds of the quick set: all that rules were chosen on by their verdict on the shown reading, and the two that most
    /// often showed a rule to be wrong.
    pub const QUICK: [Planted; 15] = [
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
        Planted::OneWord,
        Planted::RandomMaps,
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
            Planted::OneWord => "one-word",
            Planted::SeveralWords => "several-words",
            Planted::RandomMaps => "random-maps",
            Planted::OneHead => "one-head",
            Planted::NullDecoys => "null-decoys",
            Planted::Copies => "copies",
            Planted::FrozenUniform => "frozen-uniform",
            Planted::FrozenRandom => "frozen-random",
        }
    }

    /// The fewest heads it can be built with.
    #[must_use]
    pub fn least_heads(self) -> usize {
        match self {
            Planted::Decoy | Planted::And | Planted::Or | Planted::Xor => 2,
            Planted::SeveralWords => 3,
            Planted::OneHead => 8,
            _ => 1,
        }
    }

    /// Whether a deciding word stands at the beginning of a group of three: mixing copies from there. The kinds that were
    /// made before it was asked keep their texts; where attention hangs on the place, a word must be free to stand anywhere.
    #[must_use]
    pub fn in_groups(self) -> bool {
        !matches!(
            self,
            Planted::OneWord
                | Planted::SeveralWords
                | Planted::RandomMaps
                | Planted::OneHead
                | Planted::NullDecoys
                | Planted::Copies
                | Planted::FrozenUniform
                | Planted::FrozenRandom
        )
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
