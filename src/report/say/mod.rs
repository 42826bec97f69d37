//! The words that every printer shares: how a number, a text and a reading are said.
//!
//! A printer imports from here and from the report's data, never from another printer.

pub(super) mod align;
pub(crate) mod answer;
pub(super) mod asked;
pub(super) mod change;
pub(super) mod continuation;
pub(super) mod json;
pub(super) mod notes;
pub(super) mod number;
pub(super) mod reading;
pub(super) mod reference;
pub(super) mod remark;
pub(super) mod sentence;
pub(super) mod terms;
pub(crate) mod translation;
mod visible;

pub use visible::{clip, visible, width};
pub(super) use visible::{hidden, split, visible_page};

/// "1 word", "2 words".
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The scalar that is explained, without the class that a contrast names.
pub(super) fn scalar(target: &str) -> &str {
    match target.split(':').next().unwrap_or_default() {
        "contrast" => "margin",
        other => other,
    }
}
