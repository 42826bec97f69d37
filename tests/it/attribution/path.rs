//! Integrated gradients: the rules, their refinement, and what the method says of its own error.

use attncheck::attribution::quadrature::gauss_legendre;
use attncheck::attribution::rule::{KRONROD, LOBATTO, Rule, between};
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

/// The eleven places of the second rule.
fn eleven() -> Vec<f64> {
    let mut places = [&LOBATTO[..], &KRONROD[..]].concat();
    places.sort_by(f64::total_cmp);
    places
}

#[test]
fn rules_are_exact_up_to_their_degree_and_no_further() {
    for (places, degree) in [(LOBATTO.to_vec(), 9), (eleven(), 15)] {
        for (start, width) in [(0.0, 1.0), (0.3, 0.25)] {
            let rule = Rule::on(places.iter().map(|x| start + width * x).collect());
            assert!(rule.weights.iter().all(|weight| *weight > 0.0));
            let error = |power: usize| {
                let terms = rule.places.iter().zip(&rule.weights);
                let sum: f64 = terms.map(|(x, w)| w * ((x - start) / width).powi(power as i32)).sum();
                (sum / width - 1.0 / (power as f64 + 1.0)).abs()
            };
            assert!((0..=degree).all(|power| error(power) < 1e-13), "{} places", places.len());
            assert!(error(degree + 1) > 1e-11, "{} places: {:e}", places.len(), error(degree + 1));
        }
    }
}

#[test]
fn any_places_have_a_rule_of_positive_weights() {
    let eleven = eleven();
    let halves = [eleven[..6].to_vec(), eleven[5..].to_vec()];
    let finer = |places: &Vec<f64>| {
        let new = between(places);
        assert!(places.windows(2).zip(&new).all(|(pair, x)| pair[0] < *x && *x < pair[1]));
        let mut all = [places.clone(), new].concat();
        all.sort_by(f64::total_cmp);
        all
    };
    let mut found: Vec<Vec<f64>> = halves.iter().map(finer).chain(halves.clone()).collect();
    found.push(finer(&finer(&halves[0])));
    found.push(vec![0.0, 0.001, 0.002, 0.003, 0.5, 0.999, 1.0]);
    for places in found {
        let (width, rule) = (places[places.len() - 1] - places[0], Rule::on(places));
        assert!(rule.weights.iter().all(|weight| *weight > 0.0), "{rule:?}");
        assert!((rule.weights.iter().sum::<f64>() - width).abs() < 1e-13);
        let line: f64 = rule.places.iter().zip(&rule.weights).map(|(x, w)| x * w).sum();
        let ends = (rule.places[0], rule.places[rule.places.len() - 1]);
        assert!((line - (ends.1 * ends.1 - ends.0 * ends.0) / 2.0).abs() < 1e-13, "{rule:?}");
    }
}

/// Components that are polynomials, of any degree that the rule is exact for.
#[test]
fn integrals_of_polynomials_are_exact_and_told_so() {
    let rule = Rule::on(LOBATTO.to_vec());
    let powers = [0, 1, 2, 5, 9];
    let factors = [2.0, -3.0, 0.5, 4.0, -1.0];
    let density = |x: &f64| -> Vec<f64> { powers.iter().zip(factors).map(|(n, c)| c * x.powi(*n)).collect() };
    let height = |x: &f64| -> f64 {
        powers.iter().zip(factors).map(|(n, c)| c * x.powi(n + 1) / f64::from(n + 1)).sum()
    };
    let densities: Vec<Vec<f64>> = rule.places.iter().map(density).collect();
    let heights: Vec<f64> = rule.places.iter().map(height).collect();
    let found = rule.integral(&densities, &heights);
    let exact: Vec<f64> = powers.iter().zip(factors).map(|(n, c)| c / f64::from(n + 1)).collect();
    close(&found.plain, &exact, 1e-14, "plain");
    close(&found.complete, &exact, 1e-13, "complete");
}

/// However sharp the bend, components of one shape get what is theirs; and where they are only alike, more of it than by the
/// rule's own weights, by no more error than is told ten times over.
#[test]
fn what_is_missed_goes_to_those_that_bend_as_the_sum_does() {
    let rule = Rule::on(eleven());
    for (at, sharp) in [(0.1, 40.0), (0.33, 25.0), (0.7, 60.0)] {
        let step = |x: f64| 1.0 / (1.0 + (-sharp * (x - at)).exp());
        let slope = |x: f64| sharp * step(x) * (1.0 - step(x));
        let shares = [0.5, -0.2, 0.7];
        let densities: Vec<Vec<f64>> =
            rule.places.iter().map(|x| shares.iter().map(|share| share * slope(*x)).collect()).collect();
        let heights: Vec<f64> = rule.places.iter().map(|x| step(*x)).collect();
        let found = rule.integral(&densities, &heights);
        let gain = step(1.0) - step(0.0);
        let exact: Vec<f64> = shares.iter().map(|share| share * gain).collect();
        close(&found.complete, &exact, 1e-12, "of one shape");
        let off = |scores: &[f64], exact: &[f64]| {
            scores.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        assert!(off(&found.plain, &exact) > 0.01, "nothing was missed at {at}");

        // One gains as the square of the step, the other the rest.
        let densities: Vec<Vec<f64>> = rule
            .places
            .iter()
            .map(|x| vec![2.0 * step(*x) * slope(*x), slope(*x) * (1.0 - 2.0 * step(*x))])
            .collect();
        let found = rule.integral(&densities, &heights);
        let square = step(1.0).powi(2) - step(0.0).powi(2);
        let exact = [square, gain - square];
        let (plain, complete) = (off(&found.plain, &exact), off(&found.complete, &exact));
        assert!(complete < 10.0 * found.error, "{complete} told as {}", found.error);
        assert!(plain < 1e-6 || complete < 2.0 * plain, "{plain} became {complete} at {at}");
    }
}

/// What is told of the points, the passes and the end, on trained and on random weights.
#[test]
fn rounds_go_on_until_the_error_is_small_or_the_points_are_spent() {
    let (mut longest, mut stopped) = (0, 0);
    for (name, precision) in
        [("bert-gelu", Precision::F64), ("bert-relu", Precision::F64), ("sst2-tiny-s1", Precision::F32)]
    {
        let case = cases::case(name);
        let model = case.model(precision);
        for example in case.examples.iter().filter(|example| example.content.len() > 2) {
            let subject = example.subject(&model);
            for (most, baseline) in [1, 8, 12, 20, 64, 1000]
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
                assert!(intervals < 2 * most.clamp(5, 256) && intervals.is_multiple_of(5), "{path:?}");
                assert!(path.converged || intervals >= most.min(256), "{path:?}");
                longest = longest.max(intervals);
                stopped += usize::from(!path.converged);
                let spent = subject.probe.spent() - before;
                let (spec, t) = (model.spec(), subject.tokens());
                let pass = spec.reading_work(t) as f64 / spec.forward_work(t) as f64;
                assert!(
                    (spent - 2.0 * pass * intervals as f64).abs() < 1e-9,
                    "{spent} passes of {intervals}"
                );
                let tokens = found.tokens.as_ref().unwrap();
                let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
                let missed = (tokens.iter().sum::<f64>() - path.gap).abs();
                assert!((path.residual - missed).abs() < 1e-12);
                let error = path.error.unwrap();
                assert!(!path.converged || (error <= 0.01 * mass && missed <= 1e-6 * mass), "{path:?}");
                if path.converged {
                    let fine = integrated_gradients_with(&shared, 256).unwrap().unwrap();
                    close(tokens, &fine.tokens.unwrap(), 0.03 * mass, &format!("{name} {}", example.name));
                }
            }
        }
    }
    assert!(longest >= 10 && stopped > 0, "at most {longest} intervals, {stopped} stopped");
}

#[test]
fn threads_change_no_bit_of_a_path() {
    let case = cases::case("bert-relu");
    let model = case.model(Precision::F32);
    let example = case.examples.iter().find(|example| example.content.len() > 2).unwrap();
    let subject = example.subject(&model);
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| integrated(&shared(&subject, 96)))
    };
    let one = of(1);
    for threads in [2, 3, 4] {
        assert_eq!(of(threads), one, "{threads} threads");
    }
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
        prop_assert!(path.converged && path.residual <= 1e-9 * mass, "{:?}", path);
        let fine = integrated_gradients_with(&shared, 128).unwrap().unwrap();
        for (score, fine) in found.words.iter().zip(&fine.words) {
            prop_assert!((score - fine).abs() <= 0.03 * mass, "{} for {}: {:?}", score, fine, path);
        }
        // Specials are on both ends of the path.
        prop_assert!(found.tokens.as_ref().unwrap()[0].abs() < 1e-15);
    }
}
