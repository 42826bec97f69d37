//! What holds of links whatever they are.

use std::collections::BTreeSet;

use attncheck::align::symmetrize::{grow_diag_final, intersection, union};
use attncheck::input::{Gold, Link};
use attncheck::links::score::Counts;
use proptest::collection::vec;
use proptest::prelude::*;

fn links() -> impl Strategy<Value = Vec<Link>> {
    vec((0usize..8, 0usize..8), 0..20)
}

fn words(links: &[Link]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    (links.iter().map(|link| link.0).collect(), links.iter().map(|link| link.1).collect())
}

proptest! {
    #[test]
    fn grow_diag_final_is_between_what_both_and_what_either_has(a in links(), b in links()) {
        let found = grow_diag_final(&a, &b);
        prop_assert!(found.is_sorted() && found.windows(2).all(|two| two[0] != two[1]));
        let (both, either) = (intersection(&a, &b), union(&a, &b));
        prop_assert!(both.iter().all(|link| found.contains(link)));
        prop_assert!(found.iter().all(|link| either.contains(link)));
        // No link is left out that links a word which has none.
        prop_assert_eq!(words(&found), words(&either));
        // The order in which links are given is none.
        let turned = |links: &[Link]| links.iter().rev().copied().collect::<Vec<_>>();
        prop_assert_eq!(&grow_diag_final(&turned(&a), &turned(&b)), &found);
    }

    #[test]
    fn two_directions_that_agree_are_left_as_they_are(a in links()) {
        prop_assert_eq!(grow_diag_final(&a, &a), union(&a, &[]));
        prop_assert_eq!(intersection(&a, &[]), Vec::new());
    }

    #[test]
    fn rates_are_shares(a in links(), sure in links(), more in links()) {
        let gold = Gold { sure: union(&sure, &[]), possible: union(&sure, &more) };
        let found = Counts::of(&union(&a, &[]), &gold);
        for rate in [found.aer(), found.precision(), found.recall(), found.reordering()].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&rate));
        }
        // What is sure, found whole, has no errors.
        let whole = Counts::of(&gold.sure, &gold);
        prop_assert!(whole.aer().is_none_or(|aer| aer.abs() < 1e-12));
        prop_assert!(found.found_sure <= found.found_possible);
    }
}
