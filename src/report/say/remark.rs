//! What the formats of CI say of a line of the texts: which rule it falls under, how grave that is, and why.
//!
//! The verdict is the one on the reading that people would show. A supported map is nothing to remark on.

use super::reference::{unconverged, why};
use super::{clip, count, visible};
use crate::report::example::{ExampleReport, FailureReport, ReadingReport};
use crate::report::gate::{GateOn, GateResult};
use crate::report::verdict::VerdictWord;

/// Columns of a text that a remark quotes.
const QUOTED: usize = 160;

/// How grave a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Severity {
    /// The evidence speaks against the map, or there is none.
    Error,
    /// The map explains less than it shows.
    Warning,
    /// Nothing can be concluded.
    Note,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Rule {
    Contradicted,
    Mixed,
    Inert,
    Inconclusive,
    Insufficient,
    NotAudited,
    Gate,
    NotConverged,
}

impl Rule {
    /// In the order in which they are declared, so that a rule's place here is `rule as usize`.
    pub const ALL: [Self; 8] = [
        Self::Contradicted,
        Self::Mixed,
        Self::Inert,
        Self::Inconclusive,
        Self::Insufficient,
        Self::NotAudited,
        Self::Gate,
        Self::NotConverged,
    ];

    /// The rule that a verdict falls under.
    pub fn of(verdict: VerdictWord) -> Option<Self> {
        match verdict {
            VerdictWord::Supported => None,
            VerdictWord::Mixed => Some(Self::Mixed),
            VerdictWord::Contradicted => Some(Self::Contradicted),
            VerdictWord::Inert => Some(Self::Inert),
            VerdictWord::Inconclusive => Some(Self::Inconclusive),
            VerdictWord::Insufficient => Some(Self::Insufficient),
        }
    }

    pub fn severity(self) -> Severity {
        match self {
            Self::Contradicted | Self::NotAudited | Self::Gate => Severity::Error,
            Self::Mixed | Self::Inert => Severity::Warning,
            Self::Inconclusive | Self::Insufficient | Self::NotConverged => Severity::Note,
        }
    }

    /// A stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Contradicted => "attention/contradicted",
            Self::Mixed => "attention/mixed",
            Self::Inert => "attention/inert",
            Self::Inconclusive => "attention/inconclusive",
            Self::Insufficient => "attention/insufficient",
            Self::NotAudited => "audit/failed",
            Self::Gate => "audit/gate",
            Self::NotConverged => "reference/not-converged",
        }
    }

    /// A title, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Contradicted => "attention map contradicted",
            Self::Mixed => "mixed evidence for the attention map",
            Self::Inert => "attention ignored by the prediction",
            Self::Inconclusive => "nothing concluded about the attention map",
            Self::Insufficient => "too few words to audit the attention map",
            Self::NotAudited => "text not audited",
            Self::Gate => "gate failed",
            Self::NotConverged => "reference not converged",
        }
    }

    /// What it says, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Contradicted => {
                "The map does no better than chance although something would have, or it is replaceable and does no \
                 better than chance: do not show it as an explanation of this prediction."
            }
            Self::Mixed => "The evidence disagrees; the reasons say which property failed.",
            Self::Inert => {
                "The prediction ignores this attention: other attention gives the same prediction."
            }
            Self::Inconclusive => "The references disagree, or the evidence could not have spoken.",
            Self::Insufficient => "The text has too few words for any conclusion.",
            Self::NotAudited => "The text could not be audited; the message says why.",
            Self::Gate => "A figure of the summary is beyond the limit that was set for it.",
            Self::NotConverged => {
                "A reference is too far from what it approximates: on this text it supports and refutes nothing."
            }
        }
    }
}

/// What is to be said of one line, or of the whole.
#[derive(Debug, Clone)]
pub(in crate::report) struct Remark<'a> {
    pub rule: Rule,
    /// 1-based; `None` where it is about the whole.
    pub line: Option<usize>,
    /// The text on that line, as it was read.
    pub text: &'a str,
    /// The second text of a pair.
    pub pair: Option<&'a str>,
    /// One line; nothing in it steers a terminal.
    pub message: String,
}

/// What is to be said of an example; nothing where its map is supported.
pub(in crate::report) fn of_example(example: &ExampleReport) -> Option<Remark<'_>> {
    let reading = example.shown()?;
    let rule = Rule::of(reading.verdict.verdict)?;
    let message = format!(
        "{}{}: {}; predicted {} with probability {:.3}; {}",
        named(&example.id, example.line),
        judged(reading),
        reasons(reading),
        visible(&example.prediction.label),
        example.prediction.probability,
        both(&example.text, example.pair.as_deref())
    );
    let pair = example.pair.as_deref();
    Some(Remark { rule, line: Some(example.line), text: &example.text, pair, message })
}

/// What is to be said of an example's references that did not converge; nothing where all did.
pub(in crate::report) fn of_references(example: &ExampleReport) -> Option<Remark<'_>> {
    let told: Vec<String> = unconverged(example).map(why).collect();
    let pair = example.pair.as_deref();
    (!told.is_empty()).then(|| Remark {
        rule: Rule::NotConverged,
        line: Some(example.line),
        text: &example.text,
        pair,
        message: format!(
            "{}no evidence on this text: {}; {}",
            named(&example.id, example.line),
            visible(&told.join("; ")),
            both(&example.text, pair)
        ),
    })
}

/// What is to be said of a text that could not be audited.
pub(in crate::report) fn of_failure(failure: &FailureReport) -> Remark<'_> {
    let hint = failure.hint.as_ref().map(|hint| format!(" (hint: {})", visible(hint))).unwrap_or_default();
    let message = format!(
        "{}{}{hint}; {}",
        named(&failure.id, failure.line),
        visible(&failure.error),
        both(&failure.text, failure.pair.as_deref())
    );
    let pair = failure.pair.as_deref();
    Remark { rule: Rule::NotAudited, line: Some(failure.line), text: &failure.text, pair, message }
}

/// What is to be said of a gate; nothing where it holds.
pub(in crate::report) fn of_gate(gate: &GateResult) -> Option<Remark<'static>> {
    let message = || format!("gate {} failed: {}", visible(&gate.gate), found(gate));
    (!gate.passed).then(|| Remark { rule: Rule::Gate, line: None, text: "", pair: None, message: message() })
}

/// What a gate was judged on: `raw.contradicted is 0.667 [0.208, 0.939] over 3 examples, judged on the estimate`.
pub(in crate::report) fn found(gate: &GateResult) -> String {
    let on = match gate.on {
        GateOn::Estimate => "the estimate",
        GateOn::Interval => "the end of the interval that is against it",
    };
    match &gate.found.value {
        None => {
            format!("{} is missing: {}", visible(&gate.figure), visible(gate.found.why()))
        }
        Some(estimate) => {
            let interval = match (estimate.low, estimate.high) {
                (Some(low), Some(high)) => format!(" [{low:.3}, {high:.3}]"),
                _ => String::new(),
            };
            format!(
                "{} is {:.3}{interval} over {}, judged on {on}",
                visible(&gate.figure),
                estimate.estimate,
                count(estimate.n, "example")
            )
        }
    }
}

/// `raw is contradicted`.
pub(in crate::report) fn judged(reading: &ReadingReport) -> String {
    format!("{} is {}", visible(&reading.method), reading.verdict.verdict.name())
}

/// The reasons of a verdict, on one line.
pub(in crate::report) fn reasons(reading: &ReadingReport) -> String {
    visible(&reading.verdict.reasons.join("; ")).into_owned()
}

/// The beginning of a text, in which nothing steers a terminal.
pub(in crate::report) fn quoted(text: &str) -> String {
    clip(&visible(text), QUOTED).into_owned()
}

/// `text: …`, and the second text of a pair.
fn both(text: &str, pair: Option<&str>) -> String {
    let pair = pair.map(|pair| format!("; second text: {}", quoted(pair))).unwrap_or_default();
    format!("text: {}{pair}", quoted(text))
}

/// Its name, where that is another than its line's number.
fn named(id: &str, line: usize) -> String {
    if id == line.to_string() { String::new() } else { format!("{}: ", visible(id)) }
}
