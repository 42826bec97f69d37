//! The answer to one map, and the words it is given in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// The audit's answer for one reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The answer.
    pub verdict: VerdictWord,
    /// How far up the reader's ladder: 0 the map marks words, 1 gradients mark the same, 2 erasing them
    /// matters, 3 changing the attention changes the prediction.
    pub rung: u8,
    /// Does it rank the words as independent attributions do?
    pub consistency: Finding,
    /// Does erasing what it highlights change the prediction more than chance?
    pub causal_relevance: Finding,
    /// Does no very different pattern give the same prediction?
    pub robustness: Finding,
    /// Why, in words, strongest first.
    pub reasons: Vec<String>,
    /// How often an audit like this one finds what it did not find here, where it is planted.
    pub power: Measure<Power>,
    /// What takes this verdict's place where luck is excluded over the texts of the file (`luck_q`) though not on this text
    /// alone; absent where it was, or where luck is not what keeps support open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_discovered: Option<Discovered>,
    /// What it was on the text alone, where luck is excluded over the file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Discovered>,
}

/// A verdict before or after luck is excluded over the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discovered {
    /// The answer.
    pub verdict: VerdictWord,
    /// The rung of the reader's ladder.
    pub rung: u8,
    /// Its reasons.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Takes the verdict that waits for luck to be excluded, where `q`, over the file, is at most `alpha`.
    pub(crate) fn discover(&mut self, q: f64, alpha: f64) {
        let Some(found) = self.if_discovered.take_if(|_| q <= alpha) else { return };
        let before = (self.verdict, self.rung, std::mem::take(&mut self.reasons));
        (self.verdict, self.rung, self.reasons) = (found.verdict, found.rung, found.reasons);
        self.causal_relevance = Finding::Holds;
        let luck = format!("luck is excluded over the texts of the file (q {q:.3}), not on this one alone");
        self.reasons.push(luck);
        let power = before.2.last().filter(|_| self.tells_power()).cloned();
        self.reasons.extend(power);
        let (verdict, rung, reasons) = before;
        self.alone = Some(Discovered { verdict, rung, reasons });
    }

    /// Whether the power to find what was not found is still a reason after a discovery.
    fn tells_power(&self) -> bool {
        self.power.value.is_some() && self.verdict != VerdictWord::Supported
    }

    /// The verdict on the text alone again, as it was before the file was known.
    pub(crate) fn undiscover(&mut self) {
        let Some(alone) = self.alone.take() else { return };
        let added = 1 + usize::from(self.tells_power());
        self.reasons.truncate(self.reasons.len().saturating_sub(added));
        let reasons = std::mem::replace(&mut self.reasons, alone.reasons);
        self.if_discovered = Some(Discovered { verdict: self.verdict, rung: self.rung, reasons });
        (self.verdict, self.rung, self.causal_relevance) = (alone.verdict, alone.rung, Finding::Open);
    }
}

/// How often a verdict is found where it is right, as measured on planted models (`attncheck controls --full`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// The verdict that was not given: `contradicted` for a map that was supported, else `supported`.
    pub of: VerdictWord,
    /// Its rate at this number of words (linear in ln n between those measured), under an effect of full strength.
    pub rate: f64,
    /// 95 % interval (Wilson's): lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Over how many planted texts, at the nearer end of the two it lies between.
    pub trials: usize,
}

/// The graded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// The evidence supports showing this map.
    Supported,
    /// The evidence disagrees with itself.
    Mixed,
    /// The evidence speaks against this map.
    Contradicted,
    /// The prediction ignores this attention.
    Inert,
    /// The references disagree, so nothing can be concluded.
    Inconclusive,
    /// Too few words to conclude anything.
    Insufficient,
}

impl VerdictWord {
    /// Every verdict, in the order reports have them.
    pub const ALL: [Self; 6] = [
        Self::Supported,
        Self::Mixed,
        Self::Contradicted,
        Self::Inert,
        Self::Inconclusive,
        Self::Insufficient,
    ];

    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Mixed => "mixed",
            Self::Contradicted => "contradicted",
            Self::Inert => "inert",
            Self::Inconclusive => "inconclusive",
            Self::Insufficient => "insufficient",
        }
    }
}

/// Whether a property was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Found.
    Holds,
    /// Tested with enough power, and not found.
    Fails,
    /// Not decided by this evidence.
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::missing::Missing;

    fn waiting() -> Verdict {
        Verdict {
            verdict: VerdictWord::Mixed,
            rung: 1,
            consistency: Finding::Open,
            causal_relevance: Finding::Open,
            robustness: Finding::Holds,
            reasons: vec!["causal relevance is open".into(), "no evidence of full support".into()],
            power: Measure::of(Power {
                of: VerdictWord::Supported,
                rate: 0.9,
                low: 0.8,
                high: 1.0,
                trials: 9,
            }),
            if_discovered: Some(Discovered {
                verdict: VerdictWord::Supported,
                rung: 3,
                reasons: vec!["erasing its top words costs".into()],
            }),
            alone: None,
        }
    }

    #[test]
    fn a_discovery_takes_the_place_of_the_verdict_and_gives_it_back() {
        let mut verdict = waiting();
        verdict.discover(0.051, 0.05);
        assert_eq!(verdict, waiting());
        verdict.discover(0.05, 0.05);
        assert_eq!((verdict.verdict, verdict.rung), (VerdictWord::Supported, 3));
        assert_eq!((verdict.causal_relevance, verdict.if_discovered.is_none()), (Finding::Holds, true));
        // What was not found before is found: its power is no reason any more.
        assert_eq!(verdict.reasons.len(), 2);
        assert!(verdict.reasons[1].contains("q 0.050"));
        assert_eq!(verdict.alone.as_ref().map(|alone| alone.verdict), Some(VerdictWord::Mixed));
        verdict.undiscover();
        assert_eq!(verdict, waiting());
    }

    #[test]
    fn what_waits_for_nothing_stays() {
        let mut verdict = Verdict { if_discovered: None, power: Err(Missing::NotAsked).into(), ..waiting() };
        let before = verdict.clone();
        verdict.discover(0.001, 0.05);
        verdict.undiscover();
        assert_eq!(verdict, before);
    }
}
