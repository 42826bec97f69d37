//! The examples that could not be audited.

use super::page::Text;
use crate::report::example::FailureReport;
use crate::report::say::visible;

/// Each with its reason; nothing where there is none.
pub(super) fn failures(text: Text, failures: &[FailureReport]) -> String {
    let mut out = String::new();
    for failure in failures {
        let name = failure.line.to_string();
        let id = if failure.id == name { String::new() } else { format!(", {}", failure.id) };
        out.push_str(&text.title('─', &format!("line {name}{id}: not audited")));
        out.push_str(&text.paragraph("", &visible(&failure.text)));
        if let Some(pair) = &failure.pair {
            out.push_str(&text.paragraph("", &visible(pair)));
        }
        out.push_str(&text.paragraph("error: ", &visible(&failure.error)));
        if let Some(hint) = &failure.hint {
            out.push_str(&text.paragraph("hint:  ", &visible(hint)));
        }
        out.push('\n');
    }
    out
}
