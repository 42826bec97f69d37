//! What every verdict and every term means, in words that need no paper.

use crate::attribution::find;
use crate::report::answer::Grade;
use crate::report::verdict::{Finding, VerdictWord};

/// Declares the terms: what each is called, and what it means.
macro_rules! terms {
    ($($(#[$doc:meta])* $term:ident $name:literal: $meaning:literal),+ $(,)?) => {
        /// A term that a report explains where it stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::report) enum Term {
            $($(#[$doc])* $term),+
        }

        impl Term {
            /// Every term, in the order in which they are read.
            pub const ALL: &'static [Self] = &[$(Self::$term),+];

            /// As a heading has it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$term => $name),+
                }
            }

            /// In a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$term => $meaning),+
                }
            }
        }
    };
}

terms! {
    Reading "reading": "A way to make one weight per word from attention; what each does is in `attncheck methods`.",
    Effect "effect":
        "The share that a map finds of what erasure finds: the probability lost by erasing its top words beyond random \
         ones, summed over the texts, over the sum that a reference's own order reaches. 1 is all, 0 is chance.",
    Grounds "grounds": "What the verdict on the file rests on beside the effect.",
    Consistency "consistency":
        "Does the map rank the words as independent attributions do, gradients and leave-one-out?",
    Relevance "causal relevance":
        "Does erasing what the map highlights change the prediction by more than erasing as many random words?",
    Robustness "robustness": "Does no very different attention give the same prediction?",
    Rung "rung":
        "How far up a ladder the evidence goes: 0 the map marks words, 1 gradients mark the same, 2 erasing them matters, \
         3 changing the attention changes the prediction.",
    Tau "tau":
        "Kendall's tau-b: agreement with leave-one-out in ranking words, −1 to 1. Read it beside the ceiling, which is \
         how well the references agree with one another.",
    P "p": "How often a map whose words are shuffled agrees as well.",
    Excess "excess":
        "Probability lost by erasing the map's top words, minus that lost by as many random ones; 0 is chance.",
    Luck "luck p": "How likely one more random order of the words does as well in erasure.",
    Violation "violation": "Whether erasing the map's top word alone raised the prediction.",
    Specials "on specials": "The share of the map on special tokens, which no word is shown for.",
    Sinks "on sinks": "The share on words that receive much attention from everywhere and bring little.",
    Significant "significant": "The share of texts where luck is excluded, after Benjamini–Hochberg over the texts.",
    Ceiling "ceiling":
        "The best agreement between two references of different kinds: no map can be expected to agree better.",
    Operators "operators": "Agreement of leave-one-out by two ways of erasing words.",
    Swap "swap": "What was found when other attention was put in the place of the observed one.",
    Leverage "leverage":
        "The largest change of the prediction (TVD, 0 to 1) by uniform, permuted and one-hot attention. Below ε the \
         prediction ignores this attention.",
    Counterfactual "counterfactual":
        "The most different attention that keeps the prediction: another explanation of the same answer.",
    Jsd "JSD": "How far another map is from the observed one, in nats: 0 is the same, 0.69 the farthest.",
    Tvd "TVD": "How far one prediction is from another: 0 is the same, 1 the farthest.",
    Entropy "entropy": "How even the attention is: 1 is the same to every token, 0 is all to one.",
    Loo "leave-one-out": "The target minus the target without the word: above 0 the word speaks for the explained class.",
    Interval "95 %": "An interval that would hold the true value in 95 of 100 such runs.",
    Q "q": "p after Benjamini–Hochberg over all that is compared.",
    Top "top": "The share of the top fifth of words that both have in common.",
    Floor "floor":
        "The largest JSD of the raw map between two checkpoints: what another seed of the training gives anyway.",
    Ablation "ablation": "Change of the prediction (TVD, 0 to 1) when the head's output is removed.",
    Found "found": "The share of texts on which the agreement is beyond luck, after a correction for many tests.",
    FalseAlarm "false alarms": "How often a verdict is given where the truth does not allow it.",
    Power "power": "How often a verdict is given where the truth allows no other.",
    Plausible "plausibility":
        "Agreement with what people marked. That is another matter than what the model uses: no verdict rests on it.",
}

/// What a verdict on a text means.
pub(in crate::report) fn verdict(word: VerdictWord) -> &'static str {
    match word {
        VerdictWord::Supported => {
            "The evidence supports showing this map: erasing its words costs more than erasing random ones, and no very \
             different attention gives the same prediction."
        }
        VerdictWord::Mixed => "The evidence disagrees with itself; the reasons say where.",
        VerdictWord::Contradicted => "The evidence speaks against this map as an explanation.",
        VerdictWord::Inert => "The prediction ignores where this attention goes.",
        VerdictWord::Inconclusive => {
            "Nothing can be concluded: the references disagree, the map is flat, or nothing could have been seen."
        }
        VerdictWord::Insufficient => "The text has too few words to conclude anything.",
    }
}

/// What a verdict on the file means.
pub(in crate::report) fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::ShowsWhatDecides => {
            "It finds at least half of what erasure finds, beyond chance, and plain swaps do not replace it on most texts."
        }
        Grade::ShowsPart => "It finds more than a tenth of what erasure finds, beyond chance.",
        Grade::NoMoreThanChance => "It finds less than a tenth of what erasure finds.",
        Grade::CannotTell => "The interval is too wide to tell, or nothing could have been seen.",
        Grade::Inert => "On most texts the prediction ignores this attention.",
    }
}

/// What it means that a property was found, or not.
pub(in crate::report) fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Holds => "It was tested and found.",
        Finding::Fails => "It was tested, could have been found, and was not.",
        Finding::Open => "This evidence does not decide it.",
    }
}

/// What a method's scores mean, where it is one of this version's.
pub(in crate::report) fn method(name: &str) -> Option<&'static str> {
    find(name).map(|method| method.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_explained_in_a_sentence_that_ends() {
        let terms = Term::ALL.iter().map(|term| term.meaning());
        let verdicts = VerdictWord::ALL.map(verdict);
        let grades = Grade::ALL.map(grade);
        for meaning in terms.chain(verdicts).chain(grades) {
            assert!(meaning.ends_with(['.', '?']) && meaning.len() > 20, "{meaning}");
        }
        for (i, term) in Term::ALL.iter().enumerate() {
            assert!(!Term::ALL[..i].iter().any(|other| other.name() == term.name()), "{} twice", term.name());
        }
        assert!(method("raw").is_some() && method("no such").is_none());
    }
}
