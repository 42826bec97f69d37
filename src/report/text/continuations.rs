//! Continuations as a whole.

use super::page::Text;
use crate::report::continuation::Continuation;
use crate::report::say::continuation::sentence;

/// Continuations that are told one by one, at most.
const TOLD: usize = 20;

/// A paragraph of each.
pub(super) fn continuations(text: Text, all: &[Continuation]) -> String {
    let mut out: String =
        all.iter().take(TOLD).map(|one| text.paragraph("as a whole  ", &sentence(one))).collect();
    if all.len() > TOLD {
        out.push_str(
            &text.paragraph("            ", &format!("{} more are in the other formats", all.len() - TOLD)),
        );
    }
    out
}
