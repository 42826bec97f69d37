//! Erasure: laws of comprehensiveness and sufficiency, the null, flips; against passes written out by hand.

mod bounds;
mod capped;
mod knockout;
mod log_odds;
mod soft;
mod weights;

use attncheck::attribution::{MethodOptions, Shared};
use attncheck::erasure::{
    Analogue, Bounds, Change, Curve, Curves, Erased, Excess, Flip, FlipOrder, Operator, Side, bins, order,
    violation,
};
use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Edit, Point, Spot};
use attncheck::model::{Model, Precision, Rows, softmax};
use attncheck::stats::divergence::{jensen_shannon, total_variation};
use attncheck::subject::Subject;
use candle_core::{Device, Tensor};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::cases::{self, close};

/// `n` words of one token each between two specials.
fn text(model: &Model, n: usize) -> Subject<'_> {
    let ids: Vec<u32> =
        [2].into_iter().chain((0..n as u32).map(|i| 5 + (i * 7 + 3) % 34)).chain([3]).collect();
    let mut subject = cases::subject(model, &ids, None, 0, cases::margin);
    subject.words = (1..=n).map(|t| t..t + 1).collect();
    (subject.mask, subject.pad) = (Some(4), Some(0));
    subject
}

fn model() -> Model {
    cases::case("bert-gelu").model(Precision::F64)
}

fn change(erased: &Erased<'_>, words: &[usize]) -> Change {
    erased.changes(&[words.to_vec()]).unwrap().unwrap()[0]
}

#[test]
fn bins_are_shares_rounded_up_each_count_once() {
    for (n, expected) in [
        (0, &[1][..]),
        (1, &[1]),
        (2, &[1]),
        (5, &[1, 3]),
        (10, &[1, 2, 5]),
        (25, &[1, 2, 3, 5, 13]),
        (100, &[1, 5, 10, 20, 50]),
        (200, &[2, 10, 20, 40, 100]),
        (201, &[3, 11, 21, 41, 101]),
    ] {
        assert_eq!(bins(n), expected, "{n} words");
    }
}

#[test]
fn erasing_nothing_changes_nothing_and_erasing_all_leaves_the_baseline() {
    let model = model();
    let subject = text(&model, 6);
    let (probe, all) = (&subject.probe, [0, 1, 2, 3, 4, 5]);
    for operator in Operator::ALL {
        let erased = Erased::new(&subject, operator);
        assert_eq!(change(&erased, &[]), Change::default());
        assert_eq!(change(&erased, &[99]), Change::default());
        let tokens: Vec<usize> = (1..7).collect();
        let bare = match operator {
            Operator::Mask => probe.sequence.with_id(&tokens, 4),
            Operator::Pad => probe.sequence.with_id(&tokens, 0),
            Operator::Zero => probe.sequence.with_zeroed(&tokens),
            Operator::Attend => probe.sequence.with_blocked(&tokens),
            Operator::Delete => probe.sequence.without(&tokens, model.spec().positions),
        };
        let (before, after) = (&probe.trace.logits, &probe.logits(&[bare]).unwrap()[0]);
        let found = change(&erased, &all);
        let (p, q) = (softmax(before), softmax(after));
        let class = probe.target.class();
        close(
            &[found.target, found.probability, found.tvd],
            &[
                probe.value() - probe.target.value(after),
                p[class] - q[class],
                total_variation(&p, &q).unwrap(),
            ],
            1e-12,
            operator.name(),
        );
        assert_eq!(Operator::named(operator.name()), Some(operator));
    }
    assert_eq!(Operator::named("remove"), None);
}

#[test]
fn a_word_set_is_run_once_however_it_is_written() {
    let model = model();
    let subject = text(&model, 5);
    let erased = Erased::new(&subject, Operator::Mask);
    let first = change(&erased, &[3, 1]);
    let spent = subject.probe.spent();
    let again = erased.changes(&[vec![1, 3], vec![3, 1, 3], vec![]]).unwrap().unwrap();
    assert_eq!(again, [first, first, Change::default()]);
    assert!(subject.probe.spent() <= spent);
}

#[test]
fn a_curve_is_what_passes_by_hand_give() {
    let model = model();
    let subject = text(&model, 9);
    let erased = Erased::new(&subject, Operator::Mask);
    let curves = Curves::new(&erased, 20).unwrap().unwrap();
    assert_eq!((curves.bins.as_slice(), curves.random.len()), (&[1, 2, 5][..], 20));
    let order = vec![4, 0, 7, 2, 8, 1, 3, 6, 5];
    let curve = &curves.of(std::slice::from_ref(&order)).unwrap().unwrap()[0];
    let probability = |kept: &dyn Fn(usize) -> bool| {
        let gone: Vec<usize> = (0..9).filter(|word| !kept(*word)).map(|word| word + 1).collect();
        let logits = subject.probe.logits(&[subject.probe.sequence.with_id(&gone, 4)]).unwrap();
        softmax(&logits[0])[subject.probe.target.class()]
    };
    let whole = probability(&|_| true);
    for (bin, k) in [1, 2, 5].into_iter().enumerate() {
        let top = &order[..k];
        let comprehensiveness = whole - probability(&|word| !top.contains(&word));
        let sufficiency = whole - probability(&|word| top.contains(&word));
        close(
            &[curve.comprehensiveness[bin].probability, curve.sufficiency[bin].probability],
            &[comprehensiveness, sufficiency],
            1e-12,
            "curve",
        );
    }
    let mean: f64 = curve.comprehensiveness.iter().map(|c| c.probability).sum::<f64>() / 3.0;
    close(&[curve.aopc_comprehensiveness().probability], &[mean], 1e-15, "AOPC");
}

#[test]
fn evidence_compares_the_top_order_with_the_same_random_orders() {
    let model = model();
    let subject = text(&model, 10);
    let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
    let erased = shared.erased(Operator::Mask);
    let curves = Curves::new(erased, 3).unwrap().unwrap();
    assert_eq!(curves.random.len(), 20, "fewer make no null");
    let loo = shared.leave_one_out(Operator::Mask).unwrap().unwrap();
    let flat = vec![0.5; 10];
    let backwards: Vec<f64> = loo.probability.iter().map(|x| -x).collect();
    let scorings: [&[f64]; 5] = [&loo.probability, &flat, &backwards, &[1.0, 2.0], &[f64::NAN; 10]];
    let found = curves.evidence(&scorings, true).unwrap();
    assert_eq!(found[1], Err(Missing::Constant));
    assert_eq!(found[3], Err(Missing::TooFewWords { found: 2, needed: 10 }));
    assert_eq!(found[4], Err(Missing::NotFinite { what: "a score" }));
    let (top, last) = (found[0].as_ref().unwrap(), found[2].as_ref().unwrap());
    let random: Vec<f64> = curves.random.iter().map(|c| c.aopc_comprehensiveness().probability).collect();
    let value = top.top.aopc_comprehensiveness().probability;
    assert_eq!(top.excess, Excess::of(value, &random).unwrap());
    // One order backwards is the other, so bottom-up of the one is the top of the other.
    close(
        &[top.bottom_up.unwrap().probability],
        &[last.top.aopc_comprehensiveness().probability],
        1e-15,
        "bottom-up",
    );
    assert!(top.excess.mean > 0.0 && last.excess.mean < top.excess.mean);
    let alone = curves.evidence(&[&loo.probability], false).unwrap().remove(0).unwrap();
    assert_eq!((alone.excess, alone.bottom_up), (top.excess, None));
    // The excess alone takes one side of erasure, and is the same.
    let excesses = curves.excesses(&scorings).unwrap();
    for (excess, evidence) in excesses.iter().zip(&found) {
        let evidence = evidence.as_ref().map(|of| [of.excess, of.excess_log_odds]).map_err(Clone::clone);
        assert_eq!(excess, &evidence);
    }
}

/// In every group of ten each word stands once in every tenth of the order, where tenths are whole.
#[test]
fn random_orders_are_balanced_in_groups() {
    for (n, count) in [(20, 20), (10, 25), (40, 20)] {
        let orders = order::balanced(n, count, &mut ChaCha8Rng::seed_from_u64(5));
        assert_eq!(orders.len(), count);
        for group in orders.chunks_exact(10) {
            for word in 0..n {
                let place = |order: &Vec<usize>| order.iter().position(|w| *w == word).unwrap();
                let mut tenths: Vec<usize> = group.iter().map(|order| place(order) * 10 / n).collect();
                tenths.sort_unstable();
                assert_eq!(tenths, (0..10).collect::<Vec<_>>(), "n {n} word {word}");
            }
        }
    }
    for (n, count) in [(0, 3), (1, 3), (3, 20), (7, 20), (13, 21)] {
        let orders = order::balanced(n, count, &mut ChaCha8Rng::seed_from_u64(5));
        assert_eq!(orders.len(), count);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, (0..n).collect::<Vec<_>>());
        }
    }
}

/// Of two words that are both needed, either in front undoes the decision: only both sides of erasure show that
/// an order with both in front is no luck.
#[test]
fn luck_is_judged_on_both_sides_of_erasure() {
    let model = model();
    let subject = text(&model, 10);
    let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
    let curves = Curves::new(shared.erased(Operator::Mask), 20).unwrap().unwrap();
    let scores: Vec<f64> = (0..10).map(f64::from).collect();
    let found = curves.evidence(&[&scores], false).unwrap().remove(0).unwrap();
    let both = |c: &Curve| c.aopc_comprehensiveness().probability - c.aopc_sufficiency().probability;
    let random: Vec<f64> = curves.random.iter().map(both).collect();
    let wanted = Excess::of(both(&found.top), &random).unwrap();
    close(&[found.excess_both.mean, found.excess_both.p], &[wanted.mean, wanted.p], 1e-12, "both");
    close(&[found.excess_both.mean], &[found.excess.mean + found.excess_sufficiency.mean], 1e-12, "sum");
}

#[test]
fn orders_are_permutations_and_seeded() {
    let scores = [0.2, 0.9, 0.2, -0.4];
    assert_eq!(order::descending(&scores), [1, 0, 2, 3]);
    assert_eq!(order::ascending(&scores), [3, 2, 0, 1]);
    let draw = |seed| order::random(9, 30, &mut ChaCha8Rng::seed_from_u64(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    for mut order in draw(3) {
        order.sort_unstable();
        assert_eq!(order, (0..9).collect::<Vec<_>>());
    }
    let model = model();
    let subject = text(&model, 8);
    let random = |operator| {
        let erased = Erased::new(&subject, operator);
        Curves::new(&erased, 20).unwrap().unwrap().random
    };
    assert_eq!(random(Operator::Mask), random(Operator::Mask));
    assert_ne!(random(Operator::Mask), random(Operator::Pad));
}

/// By scipy 1.17.1: `stats.t.interval(0.95, 9, mean, sd / √10)`, `stats.t.sf(mean / (sd √1.1), 9)`.
#[test]
fn excess_is_that_of_scipy() {
    let random = [0.10, 0.12, 0.08, 0.31, 0.05, 0.11, 0.02, 0.15, 0.09, 0.13];
    let found = Excess::of(0.30, &random).unwrap();
    close(
        &[found.mean, found.low, found.high, found.p, found.rank_p],
        &[0.184, 0.128_159_378_604_889_6, 0.239_840_621_395_110_4, 0.025_607_232_704_013_647, 2.0 / 11.0],
        1e-12,
        "excess",
    );
    let flat = Excess::of(0.5, &[0.1; 20]).unwrap();
    close(&[flat.mean, flat.p, flat.rank_p], &[0.4, 1.0 / 21.0, 1.0 / 21.0], 1e-12, "no spread");
    let same = Excess::of(0.1, &[0.1; 20]).unwrap();
    assert_eq!((same.p, same.rank_p), (1.0, 1.0));
    assert!(Excess::of(0.5, &[0.1]).is_none() && Excess::of(f64::NAN, &random).is_none());
}

#[test]
fn a_violation_is_a_top_word_whose_removal_raises_the_prediction() {
    let found = violation(&[0.1, 0.7, 0.2, 0.0], &[0.2, -0.1, 0.0, 0.3]).unwrap();
    assert!(found.top && (found.random - 0.25).abs() < 1e-15);
    let found = violation(&[0.7, 0.1, 0.2, 0.0], &[0.2, -0.1, -0.3, 0.3]).unwrap();
    assert!(!found.top && (found.random - 0.5).abs() < 1e-15);
    assert!(!violation(&[0.7, 0.1], &[-1e-7, 0.3]).unwrap().top, "rounding is no rise");
    assert_eq!(violation(&[0.5], &[0.1]), Err(Missing::TooFewWords { found: 1, needed: 2 }));
    assert_eq!(violation(&[0.5, 0.5], &[0.1, 0.2]), Err(Missing::Constant));
}

#[test]
fn texts_that_are_too_short_are_missing() {
    let model = model();
    for n in [0, 1] {
        let subject = text(&model, n);
        let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
        let too_few = Missing::TooFewWords { found: n, needed: 2 };
        assert_eq!(Curves::new(shared.erased(Operator::Mask), 20).unwrap().unwrap_err(), too_few);
        assert_eq!(shared.erase_weights(Analogue::default()).unwrap().unwrap_err(), too_few);
        assert_eq!(shared.leave_one_out(Operator::Delete).unwrap().is_ok(), n == 1);
    }
    let mut subject = text(&model, 4);
    (subject.mask, subject.pad) = (None, None);
    let erased = Erased::new(&subject, Operator::Mask);
    let no_mask = Missing::NoToken { token: "mask" };
    assert_eq!(erased.changes(&[vec![0]]).unwrap().unwrap_err(), no_mask);
    assert_eq!(Curves::new(&erased, 20).unwrap().unwrap_err(), no_mask);
    assert_eq!(Operator::default_for(&subject), Operator::Attend);
    assert_eq!(Operator::Attend.second(), Operator::Delete);
    assert_eq!(Operator::Delete.second(), Operator::Attend);
}

#[test]
fn the_numbers_depend_neither_on_threads_nor_on_what_is_run_beside_them() {
    let model = cases::case("bert-gelu").model(Precision::F32);
    let on = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let subject = text(&model, 10);
            let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
            let curves = Curves::new(shared.erased(Operator::Mask), 20).unwrap().unwrap();
            let loo = shared.leave_one_out(Operator::Mask).unwrap().unwrap();
            let weights = shared.erase_weights(Analogue::default()).unwrap().unwrap();
            (curves.random.clone(), loo, weights)
        })
    };
    assert_eq!(on(1), on(4));
    let subject = text(&model, 10);
    let together = Erased::new(&subject, Operator::Attend);
    let sets: Vec<Vec<usize>> = (0..10).map(|word| vec![word, (word + 3) % 10]).collect();
    let found = together.changes(&sets).unwrap().unwrap();
    for (set, found) in sets.iter().zip(found) {
        assert_eq!(change(&Erased::new(&subject, Operator::Attend), set), found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// What is kept of an order is what its reverse erases, and the order within a set does not matter.
    #[test]
    fn sufficiency_is_comprehensiveness_of_the_rest(
        n in 2_usize..9,
        which in 0_usize..5,
        seed in any::<u64>(),
    ) {
        let model = model();
        let subject = text(&model, n);
        let erased = Erased::new(&subject, Operator::ALL[which]);
        let curves = Curves::new(&erased, 20).unwrap().unwrap();
        let order = order::random(n, 1, &mut ChaCha8Rng::seed_from_u64(seed)).remove(0);
        let mut shuffled = order.clone();
        shuffled[..curves.bins[0]].reverse();
        let found = curves.of(&[order.clone(), shuffled]).unwrap().unwrap();
        let fresh = Erased::new(&subject, Operator::ALL[which]);
        for (bin, &k) in curves.bins.iter().enumerate() {
            let rest = change(&fresh, &order[k..]);
            prop_assert!((found[0].sufficiency[bin].target - rest.target).abs() < 1e-12);
            prop_assert!((found[0].sufficiency[bin].probability - rest.probability).abs() < 1e-12);
        }
        prop_assert_eq!(&found[0].comprehensiveness[0], &found[1].comprehensiveness[0]);
    }
}
