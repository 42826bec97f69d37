//! What holds for every swap of every text.

use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::{Precision, Probe, Sequence};
use attncheck::shift::Shift;
use attncheck::stats::divergence::jensen_shannon;
use attncheck::subject::Subject;
use attncheck::swap::{
    Moved, OtherAttention, PlainSwap, Site, Specials, SwapError, SwapKind, SwapOptions, patterns,
    patterns_of, swap,
};
use candle_core::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{SITES, evidence, moved, observed, shared, swapped};
use crate::support::subject::{BLAME, PRAISE, model, plain, subject};

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
        let how = [PlainSwap::Uniform, PlainSwap::Permutation(number), PlainSwap::OneHot(number % keys.len())][kind];
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
                    prop_assert_eq!(after[key].to_bits(), before[key].to_bits());
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
                    PlainSwap::Uniform => for &key in &keys {
                        prop_assert!((after[key] - mass(before) / keys.len() as f64).abs() < 1e-7);
                    },
                    PlainSwap::Permutation(_) => for (a, b) in sorted(after).iter().zip(sorted(before)) {
                        prop_assert!((a - b).abs() <= f32::EPSILON * b, "{a} {b}");
                    },
                    PlainSwap::OneHot(at) => for (j, &key) in keys.iter().enumerate() {
                        let expected = if j == at { mass(before) } else { 0.0 };
                        prop_assert!((after[key] - expected).abs() < 1e-6);
                    },
                }
            }
        }
    }
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
    let refused = |site| swap(&text, site, &SwapOptions::default()).unwrap_err().to_string();
    assert_eq!(refused(Site::Layer(4)), "site layer:4 names layer 4, but the model's layers are 0 to 3");
    let head = Site::Head { layer: 0, head: 4 };
    assert_eq!(refused(head), "site head:0.4 names head 4, but the model's heads are 0 to 3");
    assert!(matches!(patterns(&text, head, Specials::Keep, PlainSwap::Uniform), Err(SwapError::Site(_))));
}

#[test]
fn one_word_is_too_few() {
    let model = plain();
    let text = subject(&model, &[2, 1024, 3], None);
    let missing = swap(&text, Site::Row, &SwapOptions::default()).unwrap();
    assert_eq!(missing, Err(Missing::TooFewWords { found: 1, needed: 2 }));
    let one_of_two_pieces = subject(&model, &[2, 1024, 16, 3], Some(1));
    let missing = swap(&one_of_two_pieces, Site::Row, &SwapOptions::default()).unwrap();
    assert_eq!(missing, Err(Missing::TooFewWords { found: 1, needed: 2 }));
}

#[test]
fn the_observed_shares_give_the_observed_patterns() {
    let text = subject(shared(), &PRAISE, None);
    let whole = observed(&text, 3, 1);
    let shares = whole.chunks(12).flat_map(|row| {
        let mass: f64 = row[1..11].iter().sum();
        row[1..11].iter().map(move |p| p / mass)
    });
    let same = OtherAttention {
        jsd: 0.0,
        rows_jsd: 0.0,
        shift: Shift::default(),
        map: Vec::new(),
        moved: Moved::Found(shares.collect()),
    };
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
    let found = evidence(&text, Site::Row, &SwapOptions { adversary: false, ..SwapOptions::default() });
    assert!(found.uniform_tvd < 1e-6 && found.permute.unwrap().sorted[99] < 1e-6);
    assert!(found.one_hot.max_tvd > 0.0);
    assert!((found.mass - 10.0 / 12.0).abs() < 1e-6);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let text = subject(shared(), &PRAISE, None);
    let options = SwapOptions { steps: 20, permutations: 30, epsilon: 0.01, ..SwapOptions::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| [Site::Row, Site::Layer(1)].map(|site| evidence(&text, site, &options)))
    };
    let (one, four) = (run(1), run(4));
    assert_eq!(format!("{one:?}"), format!("{four:?}"));
}

#[test]
fn without_shuffles_they_are_missing() {
    let text = subject(shared(), &BLAME, None);
    let found = evidence(
        &text,
        Site::Row,
        &SwapOptions { permutations: 0, adversary: false, ..SwapOptions::default() },
    );
    assert_eq!(found.permute, Err(Missing::NotAsked));
}

/// With all weight on one key in every layer few tokens are read, and only these are computed.
#[test]
fn one_hots_everywhere_are_those_of_whole_patterns() {
    let model = shared();
    for (ids, decision) in [(&PRAISE[..], 0), (&BLAME[..], 3)] {
        let mut text = subject(model, ids, None);
        if decision > 0 {
            let sequence = Sequence { decision, ..text.probe.sequence.clone() };
            text.probe = Probe::new(model, sequence, |_| text.probe.target).unwrap();
        }
        for specials in [Specials::Keep, Specials::Include] {
            let options =
                SwapOptions { specials, permutations: 2, adversary: false, ..SwapOptions::default() };
            let before = text.probe.spent();
            let found = evidence(&text, Site::All, &options);
            let spent = text.probe.spent() - before;
            let one_hots: Vec<f64> = found
                .tried
                .iter()
                .filter(|tried| tried.kind == SwapKind::OneHot)
                .map(|tried| tried.shift.tvd)
                .collect();
            assert!(one_hots.len() > 4 && one_hots.iter().any(|tvd| *tvd > 1e-3));
            for (key, tvd) in one_hots.iter().enumerate() {
                let whole = moved(&text, &swapped(&text, Site::All, specials, PlainSwap::OneHot(key)));
                assert!((tvd - whole).abs() < 1e-6, "key {key}, {specials:?}: {tvd}, whole {whole}");
            }
            assert!(spent < 3.0 + 0.6 * one_hots.len() as f64, "{spent} passes");
        }
    }
}

/// The map that people see under these patterns: their decision rows on words, with sum 1.
fn map(text: &Subject, with: &[(usize, Tensor)], heads: Option<usize>) -> Vec<f64> {
    let t = text.tokens();
    let mut tokens = vec![0.0; t];
    for (_, pattern) in with {
        let rows = pattern.dims()[2];
        let decision = if rows == 1 { 0 } else { text.probe.sequence.decision };
        let pattern = to_f64(pattern).unwrap();
        for (h, head) in pattern.chunks_exact(rows * t).enumerate() {
            if heads.is_none_or(|only| only == h) {
                tokens.iter_mut().zip(&head[decision * t..][..t]).for_each(|(sum, weight)| *sum += weight);
            }
        }
    }
    let words = text.sum_words(&tokens);
    let total: f64 = words.iter().sum();
    words.into_iter().map(|word| word / total).collect()
}

#[test]
fn divergences_are_those_of_whole_patterns() {
    let text = subject(shared(), &PRAISE, None);
    let options = SwapOptions { permutations: 4, adversary: false, epsilon: 0.3, ..SwapOptions::default() };
    let mut plain = 0;
    for site in SITES {
        let heads = if let Site::Head { head, .. } = site { Some(head) } else { None };
        let found = evidence(&text, site, &options);
        let of = |with: &[(usize, Tensor)]| map(&text, with, heads);
        let shuffles = (0..4).map(PlainSwap::Permutation);
        let swaps = std::iter::once(PlainSwap::Uniform).chain(shuffles).chain((0..10).map(PlainSwap::OneHot));
        assert_eq!(found.tried.len(), 15);
        for (tried, how) in found.tried.iter().zip(swaps) {
            let other = of(&swapped(&text, site, Specials::Keep, how));
            let jsd = jensen_shannon(&other, &found.map).unwrap();
            assert!((tried.jsd - jsd).abs() < 1e-6, "{how:?} at {site}: {} and {jsd}", tried.jsd);
        }
        if let Some(witness) = found.witness {
            assert!(matches!(witness.counterfactual.moved, Moved::Plain(_)));
            let with = patterns_of(&text, site, Specials::Keep, &witness.counterfactual).unwrap().unwrap();
            let pairs = of(&with).into_iter().zip(witness.counterfactual.map);
            assert!(pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-6, "the witness at {site}");
            plain += 1;
        }
    }
    assert!(plain > 0, "no site had a witness");
}
