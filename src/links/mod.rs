//! Links between the words of a pair: how they cross, what chance and the diagonal would give, and how they are written.

pub mod score;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::input::Link;

/// The links in order, none twice.
#[must_use]
pub fn sorted(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_unstable();
    links.dedup();
    links
}

/// Whether two links cross: the order of their source words is not that of their target words.
#[must_use]
pub fn cross((i, j): Link, (k, l): Link) -> bool {
    (i < k && j > l) || (i > k && j < l)
}

/// Pairs of links that cross; 0 for what only follows the diagonal.
#[must_use]
pub fn crossings(links: &[Link]) -> usize {
    links.iter().enumerate().map(|(at, a)| links[at + 1..].iter().filter(|b| cross(*a, **b)).count()).sum()
}

/// The links that cross another one: those that tell of words in another order.
#[must_use]
pub fn reordered(links: &[Link]) -> Vec<Link> {
    links.iter().copied().filter(|a| links.iter().any(|b| cross(*a, *b))).collect()
}

/// One link for each of `target` words, to the source word whose middle is nearest to its own: what word order alone gives.
///
/// The middle of word j lies at (j + ½) / `target` of the sentence. None where a side is empty.
#[must_use]
pub fn diagonal(source: usize, target: usize) -> Vec<Link> {
    if source == 0 {
        return Vec::new();
    }
    // (j + ½) · source / target in whole numbers, so that nothing is rounded.
    sorted((0..target).map(|j| ((2 * j + 1) * source / (2 * target), j)).collect())
}

/// One link for each of `target` words, to a source word that is drawn; none where a side is empty.
pub fn random(source: usize, target: usize, rng: &mut ChaCha8Rng) -> Vec<Link> {
    if source == 0 {
        return Vec::new();
    }
    sorted((0..target).map(|j| (rng.random_range(0..source), j)).collect())
}

/// The links on one line, `i-j` each, source before target and counted from 0: Pharaoh's format.
#[must_use]
pub fn pharaoh(links: &[Link]) -> String {
    links.iter().map(|(i, j)| format!("{i}-{j}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::seed::rng;

    #[test]
    fn links_cross_where_the_order_turns() {
        assert!(cross((0, 1), (1, 0)) && cross((1, 0), (0, 1)));
        // Two links of one word do not.
        assert!(!cross((0, 0), (0, 1)) && !cross((0, 1), (1, 1)) && !cross((0, 0), (1, 1)));
        assert_eq!(crossings(&[(0, 2), (1, 1), (2, 0)]), 3);
        assert_eq!(crossings(&[(0, 0), (1, 1), (2, 2)]), 0);
        assert_eq!(reordered(&[(0, 0), (1, 2), (2, 1)]), [(1, 2), (2, 1)]);
    }

    #[test]
    fn the_diagonal_follows_the_middles_of_words() {
        assert_eq!(diagonal(3, 3), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(diagonal(1, 3), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(diagonal(4, 2), [(1, 0), (3, 1)]);
        assert_eq!(diagonal(2, 5), [(0, 0), (0, 1), (1, 2), (1, 3), (1, 4)]);
        assert!(diagonal(0, 3).is_empty() && diagonal(3, 0).is_empty());
        for (source, target) in [(1, 1), (7, 3), (3, 7), (40, 41)] {
            let links = diagonal(source, target);
            assert_eq!((links.len(), crossings(&links)), (target, 0));
            assert!(links.iter().all(|(i, j)| *i < source && *j < target));
        }
    }

    #[test]
    fn chance_links_every_word_once() {
        let links = random(5, 30, &mut rng(0, "a pair", "random links"));
        let mut targets: Vec<usize> = links.iter().map(|(_, j)| *j).collect();
        targets.sort_unstable();
        assert_eq!(targets, (0..30).collect::<Vec<_>>());
        assert!(links.iter().any(|(i, _)| *i == 0) && links.iter().all(|(i, _)| *i < 5));
        assert_eq!(links, random(5, 30, &mut rng(0, "a pair", "random links")));
        assert!(random(0, 2, &mut rng(0, "", "")).is_empty());
    }

    #[test]
    fn links_are_written_as_pharaoh_has_them() {
        assert_eq!(pharaoh(&[(0, 0), (2, 1)]), "0-0 2-1");
        assert_eq!(pharaoh(&[]), "");
    }
}
