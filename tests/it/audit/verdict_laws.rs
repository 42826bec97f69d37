//! Laws of the verdict: better evidence never worsens an answer, and a stronger test never takes one back.
//!
//! Three words answer whether the map explains the prediction, from worst to best: contradicted, mixed, supported. The
//! other three leave the question open and stand apart from that order: insufficient (too few words), inert (this
//! attention decides nothing) and inconclusive (the evidence cannot tell).

use attncheck::audit::verdict::{Case, Causal, Judgement, Swaps, judge};
use attncheck::missing::Missing;
use attncheck::report::example::{Finding, VerdictWord};
use attncheck::report::settings::Thresholds;
use attncheck::shift::{Scale, Shift};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// All that a verdict is judged from, as plain numbers; `None` is missing.
#[derive(Debug, Clone)]
struct Evidence {
    words: usize,
    /// Agreement of the references with one another, and of the two operators.
    references: [Option<f64>; 2],
    /// Whether erasure bears a reference out.
    borne_out: bool,
    /// tau and p against leave-one-out and against the gradient.
    agreement: [Option<(f64, f64)>; 2],
    detectable: Option<f64>,
    attainable: Option<f64>,
    erased: Option<Erased>,
    /// Leverage, and JSD and TVD of the counterfactual where there is one.
    swap: Option<(f64, Option<(f64, f64)>)>,
}

/// What erasure found.
#[derive(Debug, Clone, Copy)]
struct Erased {
    low: f64,
    excess: f64,
    high: f64,
    luck: f64,
    violation: Option<bool>,
    /// The share of words whose erasure raises the prediction.
    random: Option<f64>,
}

impl Evidence {
    fn verdict(&self) -> Judgement {
        let gap = || Missing::NotAsked;
        let erased = self.erased.map(|e| Causal {
            excess: e.excess,
            low: e.low,
            high: e.high,
            luck_p: e.luck,
            violated: e.violation == Some(true) && e.random.is_none_or(|share| share < 1.0),
            scale: Scale::Probability,
        });
        let case = Case {
            words: self.words,
            ceiling: self.references[0].ok_or_else(gap),
            operators: self.references[1].ok_or_else(gap),
            borne_out: self.borne_out,
            loo: self.agreement[0].ok_or_else(gap),
            gradient: self.agreement[1].ok_or_else(gap),
            flat: false,
            least_p: Ok(0.001),
            detectable: self.detectable.ok_or_else(gap),
            attainable: self.attainable.ok_or_else(gap),
            erasure: erased.ok_or_else(gap),
            swap: self
                .swap
                .map(|(leverage, non_exclusive)| Swaps {
                    site: "row".to_owned(),
                    leverage: Shift { tvd: leverage, log_odds: leverage },
                    scale: Scale::reached(leverage, leverage, Thresholds::default().epsilon),
                    searched: true,
                    non_exclusive: non_exclusive.map(|(jsd, tvd)| (jsd, Shift { tvd, log_odds: tvd })),
                })
                .ok_or_else(gap),
            left_out: &[],
        };
        judge(&case, &Thresholds::default())
    }
}

/// How evidence is made to speak more for the map. What is missing stays missing: to have looked is neither better nor
/// worse.
#[derive(Debug, Clone)]
struct Better {
    /// How far the excess rises.
    excess: f64,
    /// How far the lower end of its interval rises beyond that, up to the excess; and the upper end.
    ends: [f64; 2],
    /// What the chance of luck is multiplied by.
    luck: f64,
    /// Erasing the top word no longer raises the prediction.
    obeys: bool,
    /// For each reference, how far tau rises and what its p is multiplied by.
    agreement: [(f64, f64); 2],
    /// No counterfactual is found any more.
    exclusive: bool,
}

impl Better {
    fn than(&self, evidence: &Evidence) -> Evidence {
        let mut better = evidence.clone();
        better.erased = evidence.erased.map(|e| Erased {
            low: (e.low + self.excess + self.ends[0]).min(e.excess + self.excess),
            excess: e.excess + self.excess,
            high: e.high + self.excess + self.ends[1],
            luck: e.luck * self.luck,
            violation: e.violation.map(|violated| violated && !self.obeys),
            random: e.random,
        });
        for (found, (tau, p)) in better.agreement.iter_mut().zip(self.agreement) {
            *found = found.map(|found| ((found.0 + tau).min(1.0), found.1 * p));
        }
        if self.exclusive {
            better.swap = evidence.swap.map(|(leverage, _)| (leverage, None));
        }
        better
    }
}

/// A p-value, as often small enough to count as not.
fn p() -> impl Strategy<Value = f64> {
    prop_oneof![0.0001..0.05, 0.05..1.0]
}

prop_compose! {
    fn erased()(
        excess in -0.2..0.4,
        [below, above] in [0.0..0.15, 0.0..0.15],
        luck in p(),
        violation in weighted(0.8, violated()),
        random in weighted(0.8, prop_oneof![9 => 0.0..1.0, 1 => Just(1.0)]),
    ) -> Erased {
        Erased { low: excess - below, excess, high: excess + above, luck, violation, random }
    }
}

/// A top word that raises the prediction, one time in four.
fn violated() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.25)
}

prop_compose! {
    fn evidence()(
        words in prop_oneof![1 => 0..8usize, 9 => 8..60usize],
        references in [weighted(0.8, -0.2..1.0), weighted(0.8, -0.2..1.0)],
        borne_out in prop::bool::weighted(0.3),
        agreement in [weighted(0.9, (-1.0..1.0, p())), weighted(0.9, (-1.0..1.0, p()))],
        detectable in weighted(0.9, 0.2..0.8),
        attainable in weighted(0.9, -0.05..0.3),
        erased in weighted(0.9, erased()),
        swap in weighted(0.9, (prop_oneof![1 => 0.0..0.05, 5 => 0.05..1.0], weighted(0.5, (0.4..0.7, 0.0..0.05)))),
    ) -> Evidence {
        Evidence { words, references, borne_out, agreement, detectable, attainable, erased, swap }
    }
}

prop_compose! {
    fn better()(
        excess in prop_oneof![Just(0.0), 0.0..0.4],
        ends in [0.0..0.1, 0.0..0.1],
        luck in prop_oneof![Just(1.0), 0.0..1.0],
        obeys in any::<bool>(),
        agreement in [(0.0..1.0, 0.0..=1.0), (0.0..1.0, 0.0..=1.0)],
        exclusive in any::<bool>(),
    ) -> Better {
        Better { excess, ends, luck, obeys, agreement, exclusive }
    }
}

/// Where an answer stands among the answers; `None` for a word that leaves the question open.
fn place(word: VerdictWord) -> Option<u8> {
    match word {
        VerdictWord::Contradicted => Some(0),
        VerdictWord::Mixed => Some(1),
        VerdictWord::Supported => Some(2),
        VerdictWord::Inert | VerdictWord::Inconclusive | VerdictWord::Insufficient => None,
    }
}

fn findings(verdict: &Judgement) -> [u8; 3] {
    [verdict.consistency, verdict.causal_relevance, verdict.robustness].map(|finding| match finding {
        Finding::Fails => 0,
        Finding::Open => 1,
        Finding::Holds => 2,
    })
}

/// `after` is judged from better evidence than `before`.
///
/// An answer stays an answer, and none is worse: supported stays, mixed stays or becomes supported, contradicted may
/// become either. What was insufficient or inert stays that, since how many words there are and what leverage their
/// attention has speak neither for a map nor against it. What was inconclusive stays that or becomes mixed or supported:
/// better evidence never brings out a contradiction. The rung and each of the three findings (fails, open, holds) do
/// not fall.
fn is_no_worse(before: &Judgement, after: &Judgement) -> bool {
    let word = match (place(before.verdict), place(after.verdict)) {
        (Some(before), Some(after)) => after >= before,
        (Some(_), None) => false,
        (None, Some(after)) => before.verdict == VerdictWord::Inconclusive && after > 0,
        (None, None) => before.verdict == after.verdict,
    };
    let found = findings(before).into_iter().zip(findings(after)).all(|(before, after)| after >= before);
    word && found && after.rung >= before.rung
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Better evidence is more of what speaks for the map, all at once or a part of it: a greater excess over random
    /// orders with ends of its interval that are no lower, less chance of luck, a top word that no longer raises the
    /// prediction, better agreement with the references, no counterfactual where there was one.
    #[test]
    fn better_evidence_never_worsens_a_verdict(evidence in evidence(), better in better()) {
        let (before, after) = (evidence.verdict(), better.than(&evidence).verdict());
        prop_assert!(is_no_worse(&before, &after), "{before:?}\n{after:?}");
    }

    /// References that agree more with one another, more leverage and an erasure that could have shown more make a test
    /// stronger. They can bring out an answer, of either kind, where there was none; an answer that was given stands.
    #[test]
    fn a_stronger_test_takes_no_answer_back(
        evidence in evidence(),
        [ceiling, operators, leverage, attainable] in [0.0..1.0f64, 0.0..1.0, 0.0..1.0, 0.0..1.0],
        borne_out in any::<bool>(),
    ) {
        let mut stronger = evidence.clone();
        for (found, more) in stronger.references.iter_mut().zip([ceiling, operators]) {
            *found = found.map(|tau| (tau + more).min(1.0));
        }
        stronger.swap = stronger.swap.map(|(found, other)| ((found + leverage).min(1.0), other));
        stronger.borne_out |= borne_out;
        stronger.attainable = stronger.attainable.map(|found| found + attainable);
        let (before, after) = (evidence.verdict(), stronger.verdict());
        prop_assert!(place(before.verdict).is_none() || before.verdict == after.verdict, "{before:?}\n{after:?}");
    }
}

/// The laws above would hold of evidence that never gives an answer: theirs gives every word, and lifts each answer.
#[test]
fn the_evidence_of_the_laws_gives_every_verdict() {
    let mut runner = TestRunner::deterministic();
    let mut seen = Vec::new();
    for _ in 0..4000 {
        let (evidence, better) = (evidence(), better()).new_tree(&mut runner).unwrap().current();
        seen.push((evidence.verdict().verdict, better.than(&evidence).verdict().verdict));
    }
    for word in VerdictWord::ALL {
        assert!(seen.iter().any(|(before, _)| *before == word), "{word:?}");
    }
    for lifted in [
        (VerdictWord::Contradicted, VerdictWord::Mixed),
        (VerdictWord::Contradicted, VerdictWord::Supported),
        (VerdictWord::Mixed, VerdictWord::Supported),
        (VerdictWord::Inconclusive, VerdictWord::Mixed),
    ] {
        assert!(seen.contains(&lifted), "{lifted:?}");
    }
}
