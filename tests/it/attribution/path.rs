//! Integrated gradients: the quadrature rules, their refinement, and what the method says of its own error.

use attncheck::attribution::quadrature::{clenshaw_curtis, gauss_legendre};
use attncheck::attribution::{Baseline, MethodOptions, Scores, Shared, find, integrated_gradients_with};
use attncheck::model::{Graph, Precision};
use attncheck::subject::Subject;
use proptest::prelude::*;

use crate::support::cases::{self, close};

fn integrated(shared: &Shared<'_>) -> Scores {
    find("integrated-gradients").unwrap().scores(shared).unwrap().unwrap().unwrap()
}

fn shared<'s>(subject: &'s Subject<'s>, path_steps: usize) -> Shared<'s> {
    Shared::new(subject, MethodOptions { path_steps, ..MethodOptions::for_subject(subject) })
}

#[test]
fn gauss_legendre_is_exact_up_to_its_degree() {
    assert!(gauss_legendre(0).is_empty());
    let two = gauss_legendre(2);
    let expected = 0.5 - 0.5 / 3.0_f64.sqrt();
    close(&[two[0].0, two[0].1, two[1].0], &[expected, 0.5, 1.0 - expected], 1e-15, "two points");
    for n in [1, 3, 5, 16, 20, 64, 256] {
        let rule = gauss_legendre(n);
        assert!(rule.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for power in [0, 1, n, 2 * n - 1] {
            let integral: f64 = rule.iter().map(|(x, w)| w * x.powi(power as i32)).sum();
            let exact = 1.0 / (power as f64 + 1.0);
            assert!((integral - exact).abs() < 1e-13, "{n} points, power {power}: {integral}");
        }
    }
}

#[test]
fn clenshaw_curtis_is_exact_up_to_its_degree_and_no_further() {
    assert!(clenshaw_curtis(0).is_empty());
    let thirds = [(0.0, 1.0 / 6.0), (0.5, 2.0 / 3.0), (1.0, 1.0 / 6.0)];
    for ((node, weight), (x, w)) in clenshaw_curtis(2).into_iter().zip(thirds) {
        close(&[node, weight], &[x, w], 1e-15, "Simpson's rule");
    }
    for n in [1, 2, 3, 4, 7, 8, 16, 32, 64, 256] {
        let rule = clenshaw_curtis(n);
        assert_eq!((rule.len(), rule[0].0, rule[n].0), (n + 1, 0.0, 1.0));
        assert!(rule.windows(2).all(|pair| pair[0].0 < pair[1].0) && rule.iter().all(|(_, w)| *w > 0.0));
        let error = |power: usize| {
            let integral: f64 = rule.iter().map(|(x, w)| w * x.powi(power as i32)).sum();
            (integral - 1.0 / (power as f64 + 1.0)).abs()
        };
        let degree = n + usize::from(n % 2 == 0);
        assert!((0..=degree).all(|power| error(power) < 1e-13), "{n} intervals");
        assert!(n > 8 || error(degree + 1) > 1e-9, "{n} intervals");
    }
}

#[test]
fn a_finer_rule_holds_every_node_of_a_coarser_one() {
    for n in [1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 64, 96, 128] {
        let nodes = |n: usize| clenshaw_curtis(n).into_iter().map(|(x, _)| x.to_bits());
        assert!(nodes(n).eq(nodes(2 * n).step_by(2)), "{n}");
    }
}

/// Refinement, which reuses points and the gradient at the text, against the same rule run anew.
#[test]
fn refined_scores_are_those_of_the_last_rule_alone() {
    let mut refined = 0;
    for (name, precision, tolerance) in
        [("bert-gelu", Precision::F64, 1e-12), ("sst2-tiny-s1", Precision::F32, 2e-5)]
    {
        let case = cases::case(name);
        let model = case.model(precision);
        for example in case.examples.iter().filter(|example| example.content.len() > 2) {
            let subject = example.subject(&model);
            for (most, baseline) in [1, 2, 8, 12, 20, 64, 1000]
                .map(|most| (most, Baseline::Mask))
                .into_iter()
                .chain([(1000, Baseline::Zero)])
            {
                let options =
                    MethodOptions { path_steps: most, baseline, ..MethodOptions::for_subject(&subject) };
                let shared = Shared::new(&subject, options);
                shared.gradients(Graph::Whole).unwrap();
                let before = subject.probe.spent();
                let found = integrated(&shared);
                let path = found.path.unwrap();
                let intervals = path.steps - 1;
                // No round begins once there are enough, and none is left out before.
                assert!(intervals < 2 * most.clamp(4, 256));
                assert!(path.converged || intervals >= most.min(256), "{path:?}");
                refined += usize::from(intervals > 8);
                let spent = subject.probe.spent() - before;
                let (spec, t) = (model.spec(), subject.tokens());
                let pass = spec.reading_work(t) as f64 / spec.forward_work(t) as f64;
                assert!(
                    (spent - 2.0 * pass * intervals as f64).abs() < 1e-9,
                    "{spent} passes of {intervals}"
                );

                let probe = &subject.probe;
                let start = match baseline {
                    Baseline::Zero => probe.sequence.with_zeroed(&example.content),
                    _ => probe.sequence.with_id(&example.content, example.mask_id),
                };
                let start = probe.words(&start).unwrap();
                let end = probe.words(&probe.sequence).unwrap();
                let at = |a: f64| {
                    start.iter().zip(&end).map(|(from, to)| from + a * (to - from)).collect::<Vec<_>>()
                };
                let width = model.spec().embedding;
                let by_hand = |pieces: [usize; 2]| {
                    let mut rule = Vec::new();
                    for (n, (from, length)) in
                        pieces.into_iter().zip([(0.0, 1.0 / 3.0), (1.0 / 3.0, 2.0 / 3.0)])
                    {
                        rule.extend(clenshaw_curtis(n).iter().map(|(s, w)| (from + length * s, length * w)));
                    }
                    let points: Vec<Vec<f64>> = rule.iter().map(|(a, _)| at(*a)).collect();
                    let mut scores = vec![0.0; subject.tokens()];
                    for ((_, gradient), (_, weight)) in probe.gradients_at(&points).unwrap().iter().zip(&rule)
                    {
                        for (i, g) in gradient.iter().enumerate() {
                            scores[i / width] += weight * g * (end[i] - start[i]);
                        }
                    }
                    scores
                };
                // Which piece was refined is not told: one of the ways to make up so many intervals.
                let sizes = [2, 4, 8, 16, 32, 64, 128, 256];
                let ways = sizes.into_iter().flat_map(|a| sizes.map(|b| [a, b]));
                let ways: Vec<[usize; 2]> = ways.filter(|[a, b]| a + b == intervals).collect();
                let scores = found.tokens.unwrap();
                let near = |way: &[usize; 2]| {
                    let expected = by_hand(*way);
                    let size = expected.iter().fold(1.0_f64, |size, x| size.max(x.abs()));
                    scores.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= tolerance * size)
                };
                assert!(ways.iter().any(near), "{name}, at most {most}: {scores:?} by none of {ways:?}");
            }
        }
    }
    assert!(refined > 0, "no rule was refined");
}

/// What is told as converged is near what 256 Gauss–Legendre points give.
#[test]
fn a_converged_path_is_near_a_much_finer_one() {
    let case = cases::case("sst2-tiny-s1");
    let model = case.model(Precision::F32);
    for example in case.examples.iter().filter(|example| example.content.len() > 2) {
        let subject = example.subject(&model);
        let found = integrated(&shared(&subject, 64));
        let fine = integrated_gradients_with(&shared(&subject, 64), 256).unwrap().unwrap();
        let mass: f64 = fine.words.iter().map(|score| score.abs()).sum();
        assert!(found.path.unwrap().converged, "{:?}", found.path);
        close(&found.words, &fine.words, 0.01 * mass, &example.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What integrated gradients say of their own error is true, and small.
    #[test]
    fn integrated_gradients_are_complete(
        which in 0_usize..4,
        ids in prop::collection::vec(5_u32..40, 1..8),
        baseline in 0_usize..3,
    ) {
        let name = ["bert-gelu", "bert-gelu-new", "electra-projected", "albert-one-group"][which];
        let model = cases::case(name).model(Precision::F64);
        let tokens: Vec<u32> = [2].into_iter().chain(ids).chain([3]).collect();
        let mut subject = cases::subject(&model, &tokens, None, 0, cases::margin);
        subject.words = (1..tokens.len() - 1).map(|t| t..t + 1).collect();
        (subject.mask, subject.pad) = (Some(4), Some(0));
        let baseline = Baseline::ALL[baseline];
        let shared = Shared::new(&subject, MethodOptions { baseline, ..MethodOptions::for_subject(&subject) });
        let found = integrated(&shared);
        let path = found.path.unwrap();
        let sequence = &subject.probe.sequence;
        let content: Vec<usize> = (1..tokens.len() - 1).collect();
        let start = match baseline {
            Baseline::Mask => sequence.with_id(&content, 4),
            Baseline::Pad => sequence.with_id(&content, 0),
            Baseline::Zero => sequence.with_zeroed(&content),
        };
        let gap = subject.probe.value() - subject.probe.target.value(&subject.probe.logits(&[start]).unwrap()[0]);
        let sum: f64 = found.tokens.as_ref().unwrap().iter().sum();
        prop_assert!((path.gap - gap).abs() < 1e-12);
        prop_assert!((path.residual - (sum - gap).abs()).abs() < 1e-12);
        let mass: f64 = found.words.iter().map(|s| s.abs()).sum();
        prop_assert!(path.converged && path.residual <= f64::max(0.01 * gap.abs(), 1e-3 * mass), "{:?}", path);
        // Specials are on both ends of the path.
        prop_assert!(found.tokens.as_ref().unwrap()[0].abs() < 1e-15);
    }
}
