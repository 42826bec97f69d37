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
    /// A decoder says again what stood behind its last word before: the last layer attends to that.
    Induction,
    /// A decoder attends to one subject and reads there what a lower layer found of it.
    Fact,
    /// A decoder's mass lies on the first word, which brings nothing; what little is left decides.
    PositionSink,
    /// Striking heads of a decoder bring much that nothing reads; another head decides.
    DecoyHead,
    /// What decides stands outside a decoder's last window and comes by the layer below.
    Window,
}

impl Planted {
    /// Every kind.
    pub const ALL: [Planted; 26] = [
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
        Planted::Induction,
        Planted::Fact,
        Planted::PositionSink,
        Planted::DecoyHead,
        Planted::Window,
    ];

    /// Kinds that no rule and no threshold was chosen on: what they show is what a kind of model shows that nobody had
    /// in mind. Whoever changes a rule after a look at one of them takes it out of this list.
    ///
    /// One word, one head of eight, null decoys and random maps are not among them: models of that sort, made by others,
    /// showed rules to be wrong, which were then changed.
    pub const HELD_OUT: [Planted; 9] = [
        Planted::SeveralWords,
        Planted::Copies,
        Planted::FrozenUniform,
        Planted::FrozenRandom,
        Planted::Induction,
        Planted::Fact,
        Planted::PositionSink,
        Planted::DecoyHead,
        Planted::Window,
    ];

    /// Kinds of the quick set: all that rules were chosen on by their verdict on the shown reading, the two that most often
    /// showed a rule to be wrong, and the decoders but one, as it must stay quick.
    pub const QUICK: [Planted; 19] = [
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
        Planted::Induction,
        Planted::Fact,
        Planted::PositionSink,
        Planted::DecoyHead,
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
            Planted::Induction => "induction",
            Planted::Fact => "fact",
            Planted::PositionSink => "position-sink",
            Planted::DecoyHead => "decoy-head",
            Planted::Window => "window",
        }
    }

    /// Whether it has a causal reach and reads its last word. Its tokenizer has no mask, as those of decoders have none.
    #[must_use]
    pub fn is_decoder(self) -> bool {
        matches!(
            self,
            Planted::Induction | Planted::Fact | Planted::PositionSink | Planted::DecoyHead | Planted::Window
        )
    }

    /// The fewest heads it can be built with.
    #[must_use]
    pub fn least_heads(self) -> usize {
        match self {
            Planted::Decoy | Planted::DecoyHead | Planted::And | Planted::Or | Planted::Xor => 2,
            Planted::SeveralWords => 3,
            Planted::OneHead => 8,
            _ => 1,
        }
    }

    /// Whether a deciding word stands at the beginning of a group of three: mixing copies from there. The kinds that were
    /// made before it was asked keep their texts; where attention hangs on the place, a word must be free to stand anywhere.
    /// Decoders' words stand as their layout says.
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
        ) && !self.is_decoder()
    }

    /// The fewest layers it can be built with.
    #[must_use]
    pub fn least_layers(self) -> usize {
        match self {
            Planted::Bypass
            | Planted::BypassAligned
            | Planted::Mixing
            | Planted::Induction
            | Planted::Fact
            | Planted::Window => 2,
            _ => 1,
        }
    }
}
