//! Which token of a continuation an example is about, in words.

use super::number::fine;
use super::visible;
use crate::report::example::Asked;

/// `token 2 of 3 of what continues text 1, " Paris", with probability 0.31`.
pub(in crate::report) fn asked(asked: &Asked) -> String {
    format!(
        "token {} of {} of what {} text {}, {}, with probability {}",
        asked.place,
        asked.count,
        if asked.generated { "the model writes behind" } else { "continues" },
        visible(&asked.of),
        visible(&format!("{:?}", asked.token)),
        fine(asked.log_probability.exp())
    )
}
