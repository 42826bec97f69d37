//! What is true of each planted model, and what an audit of it should say, with the reason: written before any
//! audit is run.

use super::planted::Planted;
use crate::report::example::VerdictWord;

/// Which words of a text decide, and which are attended to.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// n numbers: the most that erasing the word can take from the decision evidence, whatever else is erased
    /// with it, in units where the margin falls by [`Margins::moved`](super::recipe::Margins::moved) for 1, 6 unless asked
    /// otherwise. Negative for a word against the class; 0 for a word that cannot matter. Exact for texts with as many words
    /// and cue words as the model was made for, but for what a softmax gives to others when a word is erased. `None` for
    /// random weights, of which nothing is known beforehand.
    pub relevance: Option<Vec<f64>>,
    /// The words that most of the head mean's mass over words lies on in the last layer's decision row; empty
    /// where it is spread or nothing was planted there.
    pub attended: Vec<usize>,
}

impl Truth {
    /// The places of the words whose relevance is not 0, rising.
    #[must_use]
    pub fn deciding(&self) -> Vec<usize> {
        let relevance = self.relevance.as_deref().unwrap_or_default();
        relevance.iter().enumerate().filter(|(_, r)| **r != 0.0).map(|(i, _)| i).collect()
    }

    /// The places of the words that speak for the class, rising.
    #[must_use]
    pub fn speaking_for(&self) -> Vec<usize> {
        let relevance = self.relevance.as_deref().unwrap_or_default();
        relevance.iter().enumerate().filter(|(_, r)| **r > 0.0).map(|(i, _)| i).collect()
    }
}

/// What a ranking of the words should make of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The word of largest relevance comes first (any of them, where several share it).
    Right,
    /// Another word comes first.
    Wrong,
    /// It gives no word more than a sliver, though some decide.
    Blind,
    /// The construction does not say.
    Open,
}

/// What an audit should say of a planted model at λ = 1 and n ≥ 8 words.
#[derive(Debug, Clone, Copy)]
pub struct Expectation {
    /// Verdicts on the `raw` reading that are right; any other is an error of the audit.
    pub verdicts: &'static [VerdictWord],
    /// What the raw reading makes of the content words.
    pub raw: Outlook,
    /// What rollout makes of the content words.
    pub rollout: Outlook,
    /// What leave-one-out makes of them, words erased by the mask.
    pub leave_one_out: Outlook,
    /// What Shapley values make of them, words erased by the mask.
    pub shapley: Outlook,
    /// What integrated gradients make of them, from the text with every word masked.
    pub integrated_gradients: Outlook,
    /// Why these are right.
    pub reason: &'static str,
}

/// At λ = 0 nothing is carried: every kind's prediction ignores its attention.
const NOTHING: Expectation = Expectation {
    verdicts: &[VerdictWord::Inert],
    raw: Outlook::Open,
    rollout: Outlook::Open,
    leave_one_out: Outlook::Blind,
    shapley: Outlook::Blind,
    integrated_gradients: Outlook::Blind,
    reason: "nothing is planted: every value is null, so no word and no pattern can move the prediction",
};

impl Planted {
    /// What an audit should say. λ = 0 is the same for every kind; between 0 and 1 the answer for 1 holds as far
    /// as the effect is large enough to be seen, which is what power is measured by.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table, one row a kind")]
    pub fn expected(self, lambda: f64) -> Expectation {
        use Outlook::{Blind, Open, Right, Wrong};
        use VerdictWord::{Contradicted, Inconclusive, Inert, Mixed, Supported};
        if lambda == 0.0 {
            return NOTHING;
        }
        let (verdicts, [raw, rollout, leave_one_out, shapley, integrated_gradients], reason): (
            &'static [VerdictWord],
            [Outlook; 5],
            &'static str,
        ) = match self {
            Planted::OnlyPath => (
                &[Supported],
                [Right; 5],
                "the decision can learn of a word only through this row, and what it attends to it brings; no pattern with other mass on the cues brings the same",
            ),
            Planted::Sink => (
                &[Supported],
                [Right, Open, Right, Right, Right],
                "over content words the order is that of worth, and no mass moved to a lesser word brings the same; over all tokens the two specials, which carry nothing, come first and hold 0.9, so the map is right only with sinks removed; how much of an idle layer's row rollout mixes in is not planted",
            ),
            Planted::Negative => (
                &[Mixed, Contradicted],
                [Wrong, Open, Right, Right, Right],
                "the word with the most mass is against the class: erasing it raises the prediction, which a weight without a sign cannot tell; signed references can",
            ),
            Planted::Decoy => (
                &[Contradicted],
                [Wrong, Wrong, Right, Right, Right],
                "the mass lies on words of null value, more than half of all, so that no erased fraction up to a half reaches the word that decides through a head of little mass",
            ),
            Planted::Bypass => (
                &[Inert],
                [Wrong, Open, Right, Right, Right],
                "the evidence is in the decision token before the last layer, whose attention brings nothing: no swap of its row can move the prediction",
            ),
            Planted::BypassAligned => (
                &[Inert],
                [Right, Right, Right, Right, Right],
                "as bypass; the map happens to mark the deciding word, so erasure praises it, and only the leverage of the row shows that it has no part",
            ),
            Planted::Redundant => (
                &[Mixed, Contradicted],
                [Right, Right, Blind, Right, Right],
                "any pattern over the group gives the same decision, so the map of one of them is not exclusive; leave-one-out sees nothing, as the others stand in, and Shapley values share the decision out; keeping the top word alone suffices; gradients lie on the group, which holds the top word",
            ),
            Planted::Mixing => (
                &[Contradicted],
                [Wrong, Right, Right, Right, Right],
                "the mass lies on positions whose states are copies of the deciding word: erasing the words there changes nothing, as places copy whatever they hold; rollout follows both copies down to the original",
            ),
            Planted::And => (
                &[Supported],
                [Right; 5],
                "both words are needed and both attended: erasing either undoes the decision",
            ),
            Planted::Or => (
                &[Supported, Mixed, Inconclusive],
                [Right, Right, Blind, Right, Right],
                "either word is enough and both are attended: leave-one-out sees nothing, Shapley values give each a half, erasing both undoes the decision; the references rightly disagree",
            ),
            Planted::Xor => (
                &[Mixed, Contradicted, Inconclusive],
                [Right, Right, Right, Blind, Blind],
                "erasing either word turns the decision and erasing both turns it back: cumulative erasure cancels, and so do the path integral, which is the same at both ends, and what a word gains on average; leave-one-out alone sees them",
            ),
            Planted::Constant => (
                &[Inert],
                [Open, Open, Blind, Blind, Blind],
                "the head reads nothing: whatever the map shows, no word and no pattern can move the prediction",
            ),
            Planted::OneWord => (
                &[Supported],
                [Right; 5],
                "one word decides, every head looks at it, and no other row sees it: the map is all that there is to know",
            ),
            Planted::SeveralWords => (
                &[Supported],
                [Right; 5],
                "three words add up, each brought by heads of its own in the order of their mass; no head can bring another's word, so no other mass brings the same",
            ),
            Planted::RandomMaps => (
                &[Mixed, Contradicted, Inconclusive],
                [Open, Open, Right, Right, Right],
                "attention, values and their gradient are drawn without regard to the word that decides, so a map that puts it first does so by luck, once in n texts, and support is a false alarm; erasing the word undoes the decision wherever it stands",
            ),
            Planted::OneHead => (
                &[Supported, Mixed, Contradicted],
                [Open, Open, Right, Right, Right],
                "one head of eight or more decides and the others bring nothing: the mean of all heads may still put the word first, but most of its mass can be moved without any change, though no plain swap spares the one head",
            ),
            Planted::NullDecoys => (
                &[Mixed, Contradicted],
                [Wrong, Open, Right, Right, Right],
                "a quarter of the words get more mass than the one that decides, and bring nothing: the mass finds it after them, about as soon as chance does; weighed by values it is the only word",
            ),
            Planted::Copies => (
                &[Supported, Mixed, Inconclusive],
                [Right, Right, Blind, Right, Right],
                "the word stands three times, once is enough and all are attended: leave-one-out sees nothing and rightly disagrees with the others; erasing what the map highlights undoes the decision",
            ),
            Planted::FrozenUniform => (
                &[Inconclusive],
                [Open, Open, Right, Right, Right],
                "the map is flat: it says nothing, so nothing can be held for or against it, though one word decides and other attention would change the prediction",
            ),
            Planted::FrozenRandom => (
                &[Mixed, Contradicted, Inconclusive],
                [Open, Open, Right, Right, Right],
                "attention is random by place and the same in every text, the word that decides may stand anywhere: a map that puts it first does so by luck; what weighs by values finds it",
            ),
            Planted::Induction => (
                &[Supported],
                [Right, Open, Right, Right, Right],
                "the word that is said again has nearly all of the row, and no other can bring it; what is left lies on the word before it and on the last one, which are needed too. Blocking cannot erase the last word, whose own row asks; rollout gives half of the mass in each layer to it",
            ),
            Planted::Fact => (
                &[Supported],
                [Right, Open, Right, Right, Right],
                "the row attends to the subject alone and what was found of it stands nowhere else; rollout gives half of the mass in each layer to the word itself, which is content here",
            ),
            Planted::PositionSink => (
                &[Mixed, Contradicted],
                [Wrong, Wrong, Right, Right, Right],
                "the first word has 0.9 of the row and brings nothing, so its mass can lie anywhere else; without the sink the order is that of worth",
            ),
            Planted::DecoyHead => (
                &[Contradicted],
                [Wrong, Wrong, Right, Right, Right],
                "the mass lies on words whose long values nothing reads, more than half of all, so that no erased fraction up to a half reaches the word that decides through a head of little mass",
            ),
            Planted::Window => (
                &[Inert],
                [Wrong, Open, Right, Right, Right],
                "the last layer cannot see the word that decides and brings nothing: the evidence is in the last word's state before, so no swap of its row can move the prediction",
            ),
            Planted::Random => (
                &[Mixed, Contradicted, Inconclusive, Inert],
                [Open; 5],
                "nothing relates its attention to its decision but chance, so support is a false alarm, allowed at its nominal rate; leave-one-out is the truth by definition",
            ),
        };
        Expectation { verdicts, raw, rollout, leave_one_out, shapley, integrated_gradients, reason }
    }
}
