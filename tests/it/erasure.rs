//! Erasure: laws of comprehensiveness and sufficiency, the null, flips; against passes written out by hand.

use attncheck::attribution::{Options, Shared};
use attncheck::erasure::{
    Analogue, Bounds, Change, Curve, Curves, Erased, Excess, Flip, FlipOrder, Operator, Side, bins, order,
    violation,
};
use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Edit, Point, Site};
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
    let shared = Shared::new(&subject, Options::for_subject(&subject));
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
    let shared = Shared::new(&subject, Options::for_subject(&subject));
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

/// The outputs with an edited decision row in the last layer, by a whole pass.
fn by_hand(subject: &Subject<'_>, edit: impl Fn(&mut [f64])) -> Vec<f64> {
    let (model, decision) = (subject.probe.model, subject.probe.sequence.decision);
    let last = model.spec().layers - 1;
    let mut tap = Edit(|site: Site, tensor: Tensor| {
        if site != (Site { layer: last, point: Point::Pattern }) {
            return Ok(tensor);
        }
        let (dims, t) = (tensor.dims().to_vec(), subject.tokens());
        let mut all = to_f64(&tensor)?;
        for head in all.chunks_exact_mut(t * t) {
            edit(&mut head[decision * t..][..t]);
        }
        Tensor::from_vec(all, dims, &Device::Cpu)
    });
    let hidden = model.transformer.run(subject.probe.state(0), Rows::All, &mut tap).unwrap();
    to_f64(&model.head.forward(&hidden.narrow(1, decision, 1).unwrap()).unwrap().logits).unwrap()
}

#[test]
fn erasing_one_weight_gives_what_a_whole_pass_gives() {
    let model = cases::case("bert-seven-labels").model(Precision::F64);
    let subject = text(&model, 7);
    let shared = Shared::new(&subject, Options::for_subject(&subject));
    let row = shared.attention().unwrap().layer(model.spec().layers - 1);
    let top = order::descending(&row[1..8])[0] + 1;
    let before = softmax(&subject.probe.trace.logits);
    let flips = |logits: &[f64]| order::descending(logits)[0] != order::descending(&before)[0];
    let mut seen = Vec::new();
    for analogue in [Analogue::Renormalise, Analogue::Value] {
        let after = |token: usize| {
            by_hand(&subject, |row| {
                row[token] = 0.0;
                let left: f64 = row.iter().sum();
                for weight in row.iter_mut().filter(|_| analogue == Analogue::Renormalise) {
                    *weight /= left;
                }
            })
        };
        let jsd = |token: usize| jensen_shannon(&before, &softmax(&after(token))).unwrap();
        let found = shared.erase_weights(analogue).unwrap().unwrap();
        close(&[found.top_jsd], &[jsd(top)], 1e-12, "top");
        let others: Vec<f64> = (1..8).filter(|t| *t != top).map(jsd).collect();
        assert!(others.iter().any(|other| (other - found.random_jsd).abs() < 1e-12));
        let beaten = others.iter().filter(|other| **other < found.top_jsd).count() as f64;
        close(&[found.top_beats], &[beaten / 6.0], 1e-12, "beats");
        assert_eq!(found.top_flips, flips(&after(top)));
        assert_eq!(found.flips[0].1 == Flip::At(1.0 / 7.0), found.top_flips);
        assert_eq!((found.items, found.flips.len()), (7, 9));
        assert_eq!(found.flips.iter().filter(|(order, _)| *order == FlipOrder::Random).count(), 5);
        assert_eq!(found, shared.erase_weights(analogue).unwrap().unwrap());
        seen.push(found.top_jsd);
    }
    assert!((seen[0] - seen[1]).abs() > 1e-9, "the two analogues differ");
}

#[test]
fn the_decision_flips_where_passes_by_hand_say() {
    // Random models rarely agree with themselves for long, so both fates come up among these texts.
    let (mut flipped, mut never) = (0, 0);
    for name in ["bert-gelu", "bert-gelu-new", "bert-seven-labels", "electra-equal"] {
        let model = cases::case(name).model(Precision::F64);
        for n in 2..9 {
            let subject = text(&model, n);
            let shared = Shared::new(&subject, Options::for_subject(&subject));
            let row = shared.attention().unwrap().layer(model.spec().layers - 1);
            let order: Vec<usize> = order::descending(&row[1..=n]).iter().map(|i| i + 1).collect();
            let decided = order::descending(&subject.probe.trace.logits)[0];
            let by_hand = (1..=n).find(|k| {
                let logits = by_hand(&subject, |row| {
                    for token in &order[..*k] {
                        row[*token] = 0.0;
                    }
                    let left: f64 = row.iter().sum();
                    for weight in row.iter_mut() {
                        *weight /= left;
                    }
                });
                order::descending(&logits)[0] != decided
            });
            let expected = by_hand.map(|k| k as f64 / n as f64);
            let found = shared.erase_weights(Analogue::default()).unwrap().unwrap();
            assert_eq!(found.flips[0].0, FlipOrder::Attention);
            assert_eq!(found.flips[0].1.fraction(), expected, "{name}, {n} words");
            *(if expected.is_some() { &mut flipped } else { &mut never }) += 1;
        }
    }
    assert!(flipped > 0 && never > 0, "{flipped} flipped, {never} never");
    assert!(Flip::At(1.0) < Flip::Never && Flip::At(0.2) < Flip::At(0.4));
}

#[test]
fn texts_that_are_too_short_are_missing() {
    let model = model();
    for n in [0, 1] {
        let subject = text(&model, n);
        let shared = Shared::new(&subject, Options::for_subject(&subject));
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
            let shared = Shared::new(&subject, Options::for_subject(&subject));
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

/// Every order of `n` words.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        let grow = |order: Vec<usize>| {
            (0..n)
                .filter(|word| !order.contains(word))
                .map(|word| [&order[..], &[word]].concat())
                .collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(grow).collect();
    }
    all
}

#[test]
fn bounds_are_those_of_all_orders() {
    let model = model();
    for n in [2, 5, 6] {
        let subject = text(&model, n);
        let erased = Erased::new(&subject, Operator::Mask);
        let curves = Curves::new(&erased, 20).unwrap().unwrap();
        let all = curves.of(&permutations(n)).unwrap().unwrap();
        for (side, of) in [
            (Side::Comprehensiveness, Curve::aopc_comprehensiveness as fn(&Curve) -> Change),
            (Side::Sufficiency, Curve::aopc_sufficiency),
        ] {
            let aopc: Vec<f64> = all.iter().map(|curve| of(curve).probability).collect();
            let least = aopc.iter().copied().fold(f64::INFINITY, f64::min);
            let most = aopc.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let found = curves.bounds(side, 1).unwrap().unwrap();
            assert!(found.exact);
            close(&[found.lower, found.upper], &[least, most], 1e-12, "bounds");
            close(&[found.normalise(most).unwrap()], &[1.0], 1e-9, "NAOPC");
        }
    }
    assert_eq!(Bounds { lower: 0.1, upper: 0.1, exact: true }.normalise(0.1), None);
}

#[test]
fn a_beam_finds_orders_that_there_are_and_more_of_them_when_wider() {
    let model = model();
    let subject = text(&model, 10);
    let erased = Erased::new(&subject, Operator::Mask);
    let curves = Curves::new(&erased, 20).unwrap().unwrap();
    let bounds = |width| curves.bounds(Side::Comprehensiveness, width).unwrap().unwrap();
    let (greedy, beam, whole) = (bounds(1), bounds(5), bounds(100_000));
    assert!(!greedy.exact && greedy.lower < greedy.upper);
    for found in [greedy, beam] {
        assert!(whole.lower <= found.lower + 1e-12 && found.upper <= whole.upper + 1e-12);
    }
    for curve in &curves.random {
        let aopc = curve.aopc_comprehensiveness().probability;
        assert!((whole.lower - 1e-12..=whole.upper + 1e-12).contains(&aopc));
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
