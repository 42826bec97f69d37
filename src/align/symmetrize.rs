//! Links of both directions made into one: intersection, union, and grow-diag-final (Koehn, Och & Marcu 2003; Koehn et al.
//! 2005), which is between the two.

use std::collections::BTreeSet;

use crate::input::Link;

/// A link's neighbours, as (source, target): those beside it, then those at its corners.
const NEIGHBOURS: [(isize, isize); 8] =
    [(0, -1), (-1, 0), (0, 1), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)];

/// The links that both directions have.
#[must_use]
pub fn intersection(a: &[Link], b: &[Link]) -> Vec<Link> {
    let b: BTreeSet<&Link> = b.iter().collect();
    crate::links::sorted(a.iter().filter(|link| b.contains(link)).copied().collect())
}

/// The links that either direction has.
#[must_use]
pub fn union(a: &[Link], b: &[Link]) -> Vec<Link> {
    crate::links::sorted([a, b].concat())
}

/// grow-diag-final: it begins with what both directions have. To that it adds, again and again, neighbours of what it has
/// (corners too) that some direction has and that link a word without a link; then whatever else links such a word, first from
/// `forward`, then from `backward`.
///
/// Links are (source, target) in both lists, each in any order. What is added changes what is next to be added, so the order
/// is a part of it: target word by target word, and in each source word by source word.
#[must_use]
pub fn grow_diag_final(forward: &[Link], backward: &[Link]) -> Vec<Link> {
    let union: BTreeSet<Link> = union(forward, backward).into_iter().collect();
    let mut grown = Grown::default();
    for link in intersection(forward, backward) {
        grown.add(link);
    }
    loop {
        let before = grown.links.len();
        for at in in_order(&union) {
            if !grown.links.contains(&at) {
                continue;
            }
            for (di, dj) in NEIGHBOURS {
                let (Some(i), Some(j)) = (at.0.checked_add_signed(di), at.1.checked_add_signed(dj)) else {
                    continue;
                };
                if union.contains(&(i, j)) && grown.is_wanted((i, j)) {
                    grown.add((i, j));
                }
            }
        }
        if grown.links.len() == before {
            break;
        }
    }
    for direction in [forward, backward] {
        for link in in_order(&direction.iter().copied().collect()) {
            if grown.is_wanted(link) {
                grown.add(link);
            }
        }
    }
    grown.links.into_iter().collect()
}

/// Target word by target word.
fn in_order(links: &BTreeSet<Link>) -> Vec<Link> {
    let mut order: Vec<Link> = links.iter().copied().collect();
    order.sort_unstable_by_key(|(i, j)| (*j, *i));
    order
}

/// The links so far, and the words that have one.
#[derive(Debug, Default)]
struct Grown {
    links: BTreeSet<Link>,
    sources: BTreeSet<usize>,
    targets: BTreeSet<usize>,
}

impl Grown {
    fn add(&mut self, link: Link) {
        self.links.insert(link);
        self.sources.insert(link.0);
        self.targets.insert(link.1);
    }

    /// Whether one of its words has no link yet.
    fn is_wanted(&self, (i, j): Link) -> bool {
        !self.sources.contains(&i) || !self.targets.contains(&j)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_grow_from_what_both_have() {
        // (1, 1) is beside (0, 0) at its corner; (5, 4) is far from all, and links words that have no link.
        let forward = [(0, 0), (1, 1), (5, 4)];
        let backward = [(0, 0), (1, 0)];
        assert_eq!(intersection(&forward, &backward), [(0, 0)]);
        assert_eq!(grow_diag_final(&forward, &backward), [(0, 0), (1, 0), (1, 1), (5, 4)]);
    }

    #[test]
    fn what_links_only_words_that_have_links_is_left_out() {
        // (0, 1) and (1, 0) link words that both directions have linked.
        let forward = [(0, 0), (1, 1), (0, 1)];
        let backward = [(0, 0), (1, 1), (1, 0)];
        assert_eq!(grow_diag_final(&forward, &backward), [(0, 0), (1, 1)]);
        assert!(grow_diag_final(&[], &[]).is_empty());
    }
}
