//! An error with its causes on one line.

use crate::input::InputError;

/// An error and its causes, from the outside in, joined by colons; what repeats its cause is told once.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    // Some are told on several lines; those below the first are their details.
    let said = |error: &(dyn std::error::Error + 'static)| {
        shortened(error.downcast_ref::<InputError>().map_or_else(|| error.to_string(), InputError::headline))
    };
    let mut chain = vec![said(error)];
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = said(error);
        if !chain.last().is_some_and(|last| last.ends_with(&said)) {
            chain.push(said);
        }
        cause = error.source();
    }
    chain.join(": ")
}

/// Without the middle of what is longer than anyone would read: a name from a file may be of any length.
fn shortened(said: String) -> String {
    const START: usize = 400;
    const END: usize = 160;
    let place = |n: usize| said.char_indices().nth(n).map_or(said.len(), |(at, _)| at);
    match said.chars().count() {
        n if n > START + END + 1 => format!("{}…{}", &said[..place(START)], &said[place(n - END)..]),
        _ => said,
    }
}
