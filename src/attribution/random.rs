//! The control that knows nothing.

use crate::missing::{Outcome, settle};
use rand::Rng;

use super::scores::Scores;
use super::shared::Shared;

/// Scores drawn evenly from [0, 1), fixed by seed and text.
pub(super) fn random(shared: &Shared<'_>) -> Outcome<Scores> {
    let mut rng = shared.subject.rng("random");
    let words = shared.subject.words.iter().map(|_| rng.random()).collect();
    settle(Scores::of_words(words, false).map_err(Into::into))
}
