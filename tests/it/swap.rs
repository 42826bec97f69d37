//! Swaps: their laws, the adversary's parts against references, and models whose attention is known.

use std::ops::Range;

use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::{Model, Precision, softmax};
use attncheck::stats::divergence::{jensen_shannon, total_variation};
use attncheck::subject::Subject;
use attncheck::swap::adam::Adam;
use attncheck::swap::loss::{map_loss, prediction_penalty};
use attncheck::swap::{
    Counterfactual, Kind, Options, Outcome, Site, Specials, Swap, SwapError, SwapEvidence, adversary_loss,
    patterns, patterns_of, swap,
};
use candle_core::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;
use rand::Rng;
use serde::Deserialize;

use crate::support::subject::{BLAME, DOUBT, PRAISE, long, model, plain, subject};

const SITES: [Site; 5] = [
    Site::Row,
    Site::Head { layer: 1, head: 2 },
    Site::Head { layer: 3, head: 0 },
    Site::Layer(2),
    Site::All,
];

fn swapped(subject: &Subject, site: Site, specials: Specials, swap: Swap) -> Vec<(usize, Tensor)> {
    patterns(subject, site, specials, swap).unwrap().unwrap()
}

/// The observed pattern that a swapped one stands for, `[H, R, T]`.
fn observed(subject: &Subject, layer: usize, rows: usize) -> Vec<f64> {
    let whole = &subject.probe.trace.patterns[layer];
    let decision = subject.probe.sequence.decision;
    to_f64(&if rows == 1 { whole.narrow(2, decision, 1).unwrap() } else { whole.clone() }).unwrap()
}

/// The prediction with these patterns.
fn predict(subject: &Subject, with: &[(usize, Tensor)]) -> Vec<f64> {
    let layers: Vec<usize> = with.iter().map(|(layer, _)| *layer).collect();
    let make = |_: Range<usize>| Ok(with.to_vec());
    softmax(&subject.probe.swapped(&layers, 1, make).unwrap()[0])
}

fn moved(subject: &Subject, with: &[(usize, Tensor)]) -> f64 {
    total_variation(&predict(subject, with), &softmax(&subject.probe.trace.logits)).unwrap()
}

fn evidence(subject: &Subject, site: Site, options: &Options) -> SwapEvidence {
    swap(subject, site, options).unwrap().unwrap()
}

#[test]
fn sites_are_read_as_they_are_written() {
    for site in SITES {
        assert_eq!(site.to_string().parse::<Site>().unwrap(), site);
    }
    assert_eq!("head:3.0".parse(), Ok(Site::Head { layer: 3, head: 0 }));
    for bad in [
        "",
        "Row",
        "head",
        "head:",
        "head:1",
        "head:1.",
        "head:1.2.3",
        "layer:-1",
        "layer:+1",
        "layer:",
        "all:",
    ] {
        let error = bad.parse::<Site>().unwrap_err();
        assert!(error.hint().is_some(), "{bad}");
    }
    let model = plain();
    let text = subject(&model, &BLAME, None);
    let refused = |site| swap(&text, site, &Options::default()).unwrap_err().to_string();
    assert_eq!(refused(Site::Layer(4)), "site layer:4 names layer 4, but the model's layers are 0 to 3");
    let head = Site::Head { layer: 0, head: 4 };
    assert_eq!(refused(head), "site head:0.4 names head 4, but the model's heads are 0 to 3");
    assert!(matches!(patterns(&text, head, Specials::Keep, Swap::Uniform), Err(SwapError::Site(_))));
}

#[test]
fn one_word_is_too_few() {
    let model = plain();
    let text = subject(&model, &[2, 1024, 3], None);
    let missing = swap(&text, Site::Row, &Options::default()).unwrap();
    assert_eq!(missing, Err(Missing::TooFewWords { found: 1, needed: 2 }));
    let one_of_two_pieces = subject(&model, &[2, 1024, 16, 3], Some(1));
    let missing = swap(&one_of_two_pieces, Site::Row, &Options::default()).unwrap();
    assert_eq!(missing, Err(Missing::TooFewWords { found: 1, needed: 2 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn only_shares_of_movable_keys_change(
        ids in vec(5u32..8000, 2..9),
        site in prop::sample::select(&SITES[..]),
        include in any::<bool>(),
        kind in 0..3usize,
        number in 0..100usize,
        blocked in any::<prop::sample::Index>(),
    ) {
        let model = shared();
        let ids: Vec<u32> = [&[2], &ids[..], &[3]].concat();
        let mut text = subject(model, &ids, None);
        let t = ids.len();
        if ids.len() > 5 {
            text.probe.sequence.blocked = vec![1 + blocked.index(t - 2)];
        }
        let specials = if include { Specials::Include } else { Specials::Keep };
        let stays = |key: usize| text.probe.sequence.blocked.contains(&key) || (!include && (key == 0 || key + 1 == t));
        let keys: Vec<usize> = (0..t).filter(|&key| !stays(key)).collect();
        let how = [Swap::Uniform, Swap::Permutation(number), Swap::OneHot(number % keys.len())][kind];
        for (layer, pattern) in swapped(&text, site, specials, how) {
            let (one, heads, rows, width) = pattern.dims4().unwrap();
            prop_assert_eq!((one, heads, width), (1, 4, t));
            prop_assert_eq!(rows, if layer == 3 { 1 } else { t });
            let before = observed(&text, layer, rows);
            for (i, (after, before)) in to_f64(&pattern).unwrap().chunks(t).zip(before.chunks(t)).enumerate() {
                let untouched = matches!(site, Site::Head { head, .. } if head != i / rows);
                let mass = |row: &[f64]| keys.iter().map(|&key| row[key]).sum::<f64>();
                prop_assert!((after.iter().sum::<f64>() - before.iter().sum::<f64>()).abs() < 1e-6);
                for key in (0..t).filter(|&key| untouched || stays(key)) {
                    prop_assert_eq!(after[key], before[key]);
                }
                if untouched {
                    continue;
                }
                let sorted = |row: &[f64]| {
                    let mut row: Vec<f32> = keys.iter().map(|&key| row[key] as f32).collect();
                    row.sort_by(f32::total_cmp);
                    row
                };
                match how {
                    Swap::Uniform => for &key in &keys {
                        prop_assert!((after[key] - mass(before) / keys.len() as f64).abs() < 1e-7);
                    },
                    Swap::Permutation(_) => for (a, b) in sorted(after).iter().zip(sorted(before)) {
                        prop_assert!((a - b).abs() <= f32::EPSILON * b, "{a} {b}");
                    },
                    Swap::OneHot(at) => for (j, &key) in keys.iter().enumerate() {
                        let expected = if j == at { mass(before) } else { 0.0 };
                        prop_assert!((after[key] - expected).abs() < 1e-6);
                    },
                }
            }
        }
    }

    #[test]
    fn the_penalty_has_its_gradient(logits in vec(-3.0..3.0, 2..6), shift in vec(-1.0..1.0, 6)) {
        let moved: Vec<f64> = logits.iter().zip(&shift).map(|(l, s)| l + s).collect();
        let observed = softmax(&moved);
        let (loss, gradient) = prediction_penalty(&logits, &observed);
        let l1: f64 = softmax(&logits).iter().zip(&observed).map(|(p, q)| (p - q).abs()).sum();
        prop_assert!((loss - (500.0 * (l1 - 0.01)).max(0.0)).abs() < 1e-9);
        // Away from the corners of |·| and ReLU.
        let smooth = softmax(&logits).iter().zip(&observed).all(|(p, q)| (p - q).abs() > 1e-4);
        prop_assume!(smooth && (l1 - 0.01).abs() > 1e-3);
        for i in 0..logits.len() {
            let at = |step: f64| {
                let mut logits = logits.clone();
                logits[i] += step;
                prediction_penalty(&logits, &observed).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            prop_assert!((slope - gradient[i]).abs() < 1e-5 * (1.0 + slope.abs()), "{slope} {}", gradient[i]);
        }
    }

    #[test]
    fn the_map_loss_has_its_gradient(logits in vec(-3.0..3.0, 20), k in 0..3usize, from in 0..5usize) {
        let rows: Vec<Vec<f64>> = logits.chunks(5).map(softmax).collect();
        let (observed, maps) = (&rows[3], &rows[..3]);
        let (loss, gradients) = map_loss(maps, observed).unwrap();
        let mut expected = 0.0;
        for a in maps {
            expected -= jensen_shannon(a, observed).unwrap();
            expected -= maps.iter().map(|b| jensen_shannon(a, b).unwrap()).sum::<f64>() / 9.0;
        }
        prop_assert!((loss - expected).abs() < 1e-12);
        let to = (from + 1) % 5;
        let step = 1e-4 * maps[k][from].min(maps[k][to]);
        let at = |sign: f64| {
            let mut maps = maps.to_vec();
            maps[k][from] -= sign * step;
            maps[k][to] += sign * step;
            map_loss(&maps, observed).unwrap().0
        };
        let slope = (at(1.0) - at(-1.0)) / (2.0 * step);
        prop_assert!((slope - (gradients[k][to] - gradients[k][from])).abs() < 1e-4, "{slope}");
    }
}

fn shared() -> &'static Model {
    static MODEL: std::sync::OnceLock<Model> = std::sync::OnceLock::new();
    MODEL.get_or_init(plain)
}

#[derive(Deserialize)]
struct Trajectory {
    rate: f64,
    start: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    path: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Trajectories {
    cases: Vec<Trajectory>,
}

#[test]
fn adam_goes_where_torch_goes() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/adam.json");
    let golden: Trajectories = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!golden.cases.is_empty());
    for case in golden.cases {
        let (mut at, mut adam) = (case.start.clone(), Adam::new(case.start.len(), case.rate));
        for (gradient, expected) in case.gradients.iter().zip(case.path) {
            adam.step(&mut at, gradient);
            for (a, e) in at.iter().zip(expected) {
                assert!((a - e).abs() < 1e-13, "{a} for {e}");
            }
        }
    }
}

#[test]
fn attention_without_values_is_inert() {
    // Without its output map, what the last layer attends to is never seen.
    let model = model(Precision::F32, &|name, values| {
        if name == "bert.encoder.layer.3.attention.output.dense.weight" {
            values.fill(0.0);
        }
    });
    let text = subject(&model, &PRAISE, None);
    for site in [Site::Row, Site::Head { layer: 3, head: 1 }, Site::Layer(3)] {
        let found = evidence(&text, site, &Options::default());
        assert_eq!((found.leverage, found.outcome), (0.0, Outcome::Inert));
        assert_eq!(found.adversarial, Err(Missing::NoLeverage));
    }
    assert!(
        evidence(&text, Site::Layer(0), &Options { adversary: false, ..Options::default() }).leverage > 0.0
    );
}

#[test]
fn equal_values_at_every_position_are_inert() {
    let model = model(Precision::F32, &|name, values| {
        if name == "bert.encoder.layer.3.attention.self.value.weight" {
            values.fill(0.0);
        }
    });
    let text = subject(&model, &PRAISE, None);
    let found = evidence(&text, Site::Row, &Options::default());
    assert!(found.leverage < 1e-5, "{}", found.leverage);
    assert_eq!(found.outcome, Outcome::Inert);
}

#[test]
fn what_is_reported_is_what_a_rerun_gives() {
    let model = shared();
    for (ids, joined) in [(PRAISE.to_vec(), None), (BLAME.to_vec(), Some(3)), (long(), Some(4))] {
        let text = subject(model, &ids, joined);
        let options = Options { epsilon: 0.02, steps: 120, ..Options::default() };
        let found = evidence(&text, Site::Row, &options);
        let of = |how| moved(&text, &swapped(&text, Site::Row, Specials::Keep, how));
        assert!((found.uniform_tvd - of(Swap::Uniform)).abs() < 1e-6);
        let mut tvds: Vec<f64> = (0..100).map(|i| of(Swap::Permutation(i))).collect();
        tvds.sort_by(f64::total_cmp);
        let permuted = found.permute.as_ref().unwrap();
        assert_eq!(permuted.n, 100);
        assert!(permuted.sorted.iter().zip(&tvds).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((permuted.median_tvd - f64::midpoint(tvds[49], tvds[50])).abs() < 1e-6);
        let one_hot: Vec<f64> = (0..ids.len() - 2).map(|i| of(Swap::OneHot(i))).collect();
        let greatest = one_hot.iter().copied().fold(0.0, f64::max);
        assert!((found.one_hot.max_tvd - greatest).abs() < 1e-6);
        assert!((one_hot[found.one_hot.token - 1] - greatest).abs() < 1e-6);
        assert!(text.words[found.one_hot.word.unwrap()].contains(&found.one_hot.token));
        let leverage = greatest.max(tvds[99]).max(found.uniform_tvd);
        assert!((found.leverage - leverage).abs() < 1e-6);
        assert!(found.identifiable == (ids.len() <= 32));

        let witness = found.witness.unwrap();
        let best = witness.counterfactual;
        let with = patterns_of(&text, Site::Row, Specials::Keep, &best).unwrap().unwrap();
        assert!(best.tvd <= 0.02 && (moved(&text, &with) - best.tvd).abs() < 1e-6);
        // The map of the words, from whole patterns.
        let words = |pattern: &[f64]| {
            let tokens: Vec<f64> =
                (0..ids.len()).map(|k| pattern.iter().skip(k).step_by(ids.len()).sum()).collect();
            let words = text.sum_words(&tokens);
            let total: f64 = words.iter().sum();
            words.into_iter().map(|w| w / total).collect::<Vec<f64>>()
        };
        let (after, before) = (words(&to_f64(&with[0].1).unwrap()), words(&observed(&text, 3, 1)));
        assert!(best.map.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(found.map.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((best.jsd - jensen_shannon(&after, &before).unwrap()).abs() < 1e-6);
        let expected = match (found.leverage < 0.02, best.jsd >= 0.4) {
            (true, _) => Outcome::Inert,
            (_, true) => Outcome::NonExclusive,
            _ => Outcome::NoAdversaryFound,
        };
        assert_eq!(found.outcome, expected);
    }
}

#[test]
fn every_site_and_both_treatments_of_specials_run() {
    let model = shared();
    let text = subject(model, &PRAISE, None);
    for site in SITES {
        for specials in [Specials::Keep, Specials::Include] {
            let options =
                Options { specials, permutations: 5, steps: 3, epsilon: 1e-9, ..Options::default() };
            let found = evidence(&text, site, &options);
            assert!(found.leverage > 0.0 && found.leverage <= 1.0, "{site}");
            let search = found.adversarial.unwrap();
            assert_eq!((search.candidates, search.steps), (5, 3));
            let units = if specials == Specials::Keep { 10 } else { 12 };
            assert_eq!(found.map.len(), units);
            assert!((found.map.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            assert!(found.mass > 0.0 && found.mass < 1.0 + 1e-6);
        }
    }
}

#[test]
fn without_shuffles_they_are_missing() {
    let text = subject(shared(), &BLAME, None);
    let found =
        evidence(&text, Site::Row, &Options { permutations: 0, adversary: false, ..Options::default() });
    assert_eq!(found.permute, Err(Missing::NotAsked));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let text = subject(shared(), &PRAISE, None);
    let options = Options { steps: 20, permutations: 30, epsilon: 0.01, ..Options::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| [Site::Row, Site::Layer(1)].map(|site| evidence(&text, site, &options)))
    };
    let (one, four) = (run(1), run(4));
    assert_eq!(format!("{one:?}"), format!("{four:?}"));
}

#[test]
fn a_free_prediction_is_non_exclusive_and_says_who_found_it() {
    // ε so wide that every attention keeps the prediction, and a leverage that still counts.
    let text = subject(shared(), &PRAISE, None);
    let found = evidence(&text, Site::All, &Options { adversary: false, ..Options::default() });
    let options =
        Options { adversary: false, epsilon: found.leverage, permutations: 100, ..Options::default() };
    let found = evidence(&text, Site::All, &options);
    assert_eq!(found.outcome, Outcome::NonExclusive);
    let witness = found.witness.unwrap();
    assert_eq!(witness.kind, Kind::OneHot);
    assert!(witness.counterfactual.jsd >= 0.4);
}

#[test]
fn the_whole_loss_has_its_gradient() {
    let model = model(Precision::F64, &|_, _| ());
    // The model is in doubt about this one, so attention moves its prediction.
    let text = subject(&model, &DOUBT, Some(3));
    let mut rng = text.rng("finite differences");
    for (site, rows) in [
        (Site::Row, 4),
        (Site::Head { layer: 3, head: 1 }, 1),
        (Site::Head { layer: 1, head: 2 }, 8),
        (Site::Layer(2), 32),
        (Site::All, 100),
    ] {
        for specials in [Specials::Keep, Specials::Include] {
            let n = if specials == Specials::Keep { 6 } else { 8 };
            let logits: Vec<f64> = (0..3 * rows * n).map(|_| rng.random_range(-6.0..6.0)).collect();
            let at = |logits: &[f64]| adversary_loss(&text, site, specials, logits).unwrap().unwrap();
            let (loss, gradient) = at(&logits);
            assert_eq!(gradient.len(), logits.len());
            // The map terms are negative; the rest is the penalty.
            assert!(loss > 0.0, "{site}: the prediction is not moved, so its gradient is not tested");
            // Along the gradient, and along a random direction.
            let random: Vec<f64> = logits.iter().map(|_| rng.random_range(-1.0..1.0)).collect();
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            for direction in [&gradient, &random] {
                let step = 1e-4 / norm(direction);
                let ahead = |sign: f64| -> Vec<f64> {
                    logits.iter().zip(direction).map(|(l, d)| l + sign * step * d).collect()
                };
                let slope = (at(&ahead(1.0)).0 - at(&ahead(-1.0)).0) / 2e-4;
                let expected =
                    gradient.iter().zip(direction).map(|(g, d)| g * d).sum::<f64>() / norm(direction);
                let scale = norm(&gradient);
                assert!((slope - expected).abs() < 1e-6 * scale, "{site}: {slope} for {expected}");
            }
        }
    }
}

#[test]
fn the_observed_shares_give_the_observed_patterns() {
    let text = subject(shared(), &PRAISE, None);
    let whole = observed(&text, 3, 1);
    let shares = whole.chunks(12).flat_map(|row| {
        let mass: f64 = row[1..11].iter().sum();
        row[1..11].iter().map(move |p| p / mass)
    });
    let same =
        Counterfactual { jsd: 0.0, rows_jsd: 0.0, tvd: 0.0, map: Vec::new(), shares: shares.collect() };
    let with = patterns_of(&text, Site::Row, Specials::Keep, &same).unwrap().unwrap();
    assert_eq!(to_f64(&with[0].1).unwrap(), whole);
    assert!(moved(&text, &with) < 1e-6);
}

#[test]
fn a_uniform_pattern_stays_as_it_is() {
    let model = model(Precision::F32, &|name, values| {
        if name.starts_with("bert.encoder.layer.3.attention.self.query") {
            values.fill(0.0);
        }
    });
    let text = subject(&model, &PRAISE, None);
    let found = evidence(&text, Site::Row, &Options { adversary: false, ..Options::default() });
    assert!(found.uniform_tvd < 1e-6 && found.permute.unwrap().sorted[99] < 1e-6);
    assert!(found.one_hot.max_tvd > 0.0);
    assert!((found.mass - 10.0 / 12.0).abs() < 1e-6);
}
