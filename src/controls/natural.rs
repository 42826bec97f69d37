//! Natural texts for planted models: passages of film reviews.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::channels::KINDS;

/// Sentences of the Stanford Sentiment Treebank; see `fixtures/texts/README.md`.
pub(super) const REVIEWS: &str = include_str!("../../fixtures/texts/reviews.txt");

/// Cue words that none of the reviews has.
pub(super) const CUES: [&str; KINDS] = ["superb", "dismal", "acting"];

/// Every word of the reviews, in order.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    REVIEWS.split_whitespace()
}

/// `count` consecutive words from a random place on; the end is followed by the beginning.
pub(super) fn passage(count: usize, rng: &mut ChaCha8Rng) -> Vec<&'static str> {
    let all: Vec<&str> = words().collect();
    let start = rng.random_range(0..all.len());
    all.iter().cycle().skip(start).take(count).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cue_stands_in_the_reviews() {
        assert!(words().all(|word| !CUES.contains(&word)));
        assert!(words().count() > 100);
    }
}
