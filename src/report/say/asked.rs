//! Which token of a continuation or a translation an example is about, in words.

use super::number::{fine, percent, signed};
use super::{scalar, visible};
use crate::report::example::{Asked, Origin};

/// `token 2 of 3 of what continues text 1, " Paris", with probability 0.31`; of a translation with what was written before it.
pub(in crate::report) fn asked(asked: &Asked) -> String {
    if let Some(written) = &asked.written {
        let before = match written.trim() {
            "" => "at its beginning".to_owned(),
            written => format!("behind {}", visible(&format!("{written:?}"))),
        };
        return format!(
            "token {} of {} of {}translation of text {}, {} {before}, with probability {}",
            asked.place,
            asked.count,
            if asked.generated { "the model's own " } else { "the " },
            visible(&asked.of),
            visible(&format!("{:?}", asked.token)),
            fine(asked.log_probability.exp())
        );
    }
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

/// How much of a token of a translation comes from the source, and what becomes of it without either side.
pub(in crate::report) fn origin(origin: &Origin, target: &str) -> String {
    let share = match (origin.source.value, &origin.source.reason) {
        (Some(share), _) => format!("{} of what decides comes from the source (ALTI+)", percent(share)),
        (None, reason) => {
            format!("how much comes from the source is not known: {}", reason.as_deref().unwrap_or_default())
        }
    };
    let falls =
        [("the source", &origin.without_source), ("what was written before", &origin.without_written)];
    let falls = falls
        .into_iter()
        .filter_map(|(what, fall)| Some(format!("without {what} by {}", signed(fall.value?))));
    let falls: Vec<String> = falls.collect();
    if falls.is_empty() {
        share
    } else {
        format!("{share}; the {} falls {}", scalar(target), falls.join(", "))
    }
}
