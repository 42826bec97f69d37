//! Short names, for titles and narrow tables: verdicts, readings, methods, examples, models.

use crate::attribution::PATH_INTEGRAL;
use crate::report::summary::ReadingSummary;
use crate::report::verdict::VerdictWord;

/// Every verdict, as the heads of narrow columns name it.
pub(super) const WORDS: [(VerdictWord, &str); 6] = [
    (VerdictWord::Supported, "supp"),
    (VerdictWord::Mixed, "mixed"),
    (VerdictWord::Contradicted, "contr"),
    (VerdictWord::Inert, "inert"),
    (VerdictWord::Inconclusive, "incon"),
    (VerdictWord::Insufficient, "insuf"),
];

/// A verdict as a column of the controls is headed, where there is room for seven letters.
pub(super) fn short(verdict: VerdictWord) -> String {
    match verdict {
        VerdictWord::Supported => "support",
        VerdictWord::Contradicted => "contra",
        VerdictWord::Inconclusive => "inconcl",
        VerdictWord::Insufficient => "few",
        other => other.name(),
    }
    .to_owned()
}

/// A reading in its row; one without sinks stands below the whole one.
pub(super) fn name(reading: &ReadingSummary) -> String {
    if reading.sinks_removed { "  −sinks".to_owned() } else { reading.method.clone() }
}

/// A method, short enough for a column.
pub(super) fn abbreviated(method: &str) -> String {
    match method {
        PATH_INTEGRAL => "ig",
        "gradient-x-input" => "grad×in",
        "cut-gradient" => "cut",
        "cut-gradient-x-input" => "cut×in",
        "attention-x-gradient" => "att×grad",
        "attention-x-gradient-relu" => "att×relu",
        other => other,
    }
    .to_owned()
}

/// An example in the title of its section: its line, after its own name where it has another.
pub(super) fn example(id: &str, line: usize) -> String {
    if id == line.to_string() { format!("line {line}") } else { format!("{id} (line {line})") }
}

/// The beginning of a file's SHA-256: enough to tell two models apart.
pub(super) fn digest(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}
