//! Swaps where a query does not see every key: their laws, and what torch makes of the same patterns.

use std::path::Path;

use attncheck::attribution::{MethodOptions, Shared, find};
use attncheck::missing::Missing;
use attncheck::model::Precision;
use attncheck::model::probe::to_f64;
use attncheck::shift::Scale;
use attncheck::subject::Subject;
use attncheck::swap::{
    PlainSwap, Remade, Shares, Site, Specials, Start, SwapKind, SwapOptions, adversary_loss, patterns_of,
    swap,
};
use rand::Rng;
use serde::Deserialize;
use serde_json::Value;

use super::{evidence, moved, observed, swapped};
use crate::support::decoder::subject;
use crate::support::golden::Case;

/// Grouped heads, heads of their own, a window shorter than the text, windows in one layer of two.
pub(super) const DECODERS: [&str; 4] = ["llama", "gpt2", "mistral-window", "gemma2"];

fn each(precision: Precision, mut law: impl FnMut(&str, &Subject)) {
    for name in DECODERS {
        let case = Case::open(name);
        let model = case.model(precision);
        law(name, &subject(&model, &case));
    }
}

pub(super) fn sites(text: &Subject) -> Vec<Site> {
    let last = text.probe.model.spec().layers - 1;
    vec![
        Site::Row,
        Site::Head { layer: 0, head: 1 },
        Site::Head { layer: last, head: 2 },
        Site::Layer(0),
        Site::Layer(last),
        Site::All,
    ]
}

/// The first query of the lowest layer of `site` that the prediction rests on, and the first word that may move there.
pub(super) fn first(text: &Subject, site: Site) -> (usize, usize) {
    let (t, layers) = (text.tokens(), text.probe.model.spec().layers);
    let lowest = match site {
        Site::Row => layers - 1,
        Site::Head { layer, .. } | Site::Layer(layer) => layer,
        Site::All => 0,
    };
    let seen = |layer: usize, query| text.probe.model.transformer.reach(layer).seen(query, t).start;
    let query = (lowest + 1..layers).rev().fold(t - 1, |query, layer| seen(layer, query));
    (query, seen(lowest, query).max(1))
}

#[test]
fn no_swap_moves_weight_outside_the_reach() {
    each(Precision::F32, |name, text| {
        let (t, last) = (text.tokens(), text.probe.model.spec().layers - 1);
        for site in sites(text) {
            let (_, word) = first(text, site);
            let hots = [PlainSwap::OneHot(0), PlainSwap::OneHot(t - word - 2)];
            for how in [PlainSwap::Uniform, PlainSwap::Permutation(3)].into_iter().chain(hots) {
                for (layer, pattern) in swapped(text, site, Specials::Keep, how) {
                    let reach = text.probe.model.transformer.reach(layer);
                    let rows = pattern.dims4().unwrap().2;
                    assert_eq!(rows, if layer == last { 1 } else { t });
                    let before = observed(text, layer, rows);
                    let mut changed = 0;
                    for (at, (after, before)) in
                        to_f64(&pattern).unwrap().chunks(t).zip(before.chunks(t)).enumerate()
                    {
                        let what = format!("{name}, {how:?} at {site}, layer {layer}, row {at}");
                        let seen = reach.seen(if rows == 1 { t - 1 } else { at % t }, t);
                        let movable: Vec<usize> = seen.clone().filter(|key| *key > 0).collect();
                        let mass = |row: &[f64]| row.iter().sum::<f64>();
                        assert!((mass(after) - mass(before)).abs() < 1e-6, "{what}");
                        for key in (0..t).filter(|key| !seen.contains(key)) {
                            assert_eq!(after[key].to_bits(), 0, "{what}, key {key}");
                        }
                        assert_eq!(
                            after[0].to_bits(),
                            before[0].to_bits(),
                            "{what}: a special token's weight moved"
                        );
                        let unread = rows == t && at % t < first(text, Site::Layer(layer)).0;
                        let outside = unread || matches!(site, Site::Head { head, .. } if head != at / rows);
                        let unseen =
                            matches!(how, PlainSwap::OneHot(key) if !movable.contains(&(key + word)));
                        if outside || unseen || movable.len() < 2 {
                            let same = after.iter().zip(before).all(|(a, b)| (a - b).abs() < 1e-6);
                            assert!(same, "{what}: it may not move");
                            continue;
                        }
                        let all: f64 = movable.iter().map(|&key| before[key]).sum();
                        match how {
                            PlainSwap::Uniform => {
                                let even = all / movable.len() as f64;
                                assert!(
                                    movable.iter().all(|&key| (after[key] - even).abs() < 1e-6),
                                    "{what}"
                                );
                            }
                            PlainSwap::OneHot(key) => {
                                assert!((after[key + word] - all).abs() < 1e-6, "{what}");
                            }
                            PlainSwap::Permutation(_) => {
                                let sorted = |row: &[f64]| {
                                    let mut row: Vec<f64> = movable.iter().map(|&key| row[key]).collect();
                                    row.sort_by(f64::total_cmp);
                                    row
                                };
                                let pairs = sorted(after).into_iter().zip(sorted(before));
                                assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6), "{what}");
                            }
                        }
                        changed += 1;
                    }
                    // What the decision row does not see, it cannot be given.
                    let unseen = matches!(how, PlainSwap::OneHot(key) if !reach.seen(t - 1, t).contains(&(key + word)));
                    assert!(
                        changed > 0 || layer != last || unseen,
                        "{name}, {how:?} at {site}: nothing moved"
                    );
                }
            }
        }
    });
}

#[test]
fn rows_that_can_move_are_told() {
    let case = Case::open("llama");
    let model = case.model(Precision::F32);
    let text = subject(&model, &case);
    let options = SwapOptions { permutations: 3, adversary: false, ..SwapOptions::default() };
    let found = |site| {
        let found = evidence(&text, site, &options);
        (found.moving, found.rows)
    };
    // Eleven tokens of which the first is special: rows 0 and 1 see fewer than two words.
    assert_eq!(found(Site::Head { layer: 0, head: 1 }), (9, 11));
    assert_eq!(found(Site::Layer(0)), (54, 66));
    // In the last layer the decision row alone is read.
    assert_eq!(found(Site::Row), (6, 6));
    assert_eq!(found(Site::All), (60, 72));
    // Through a window of five the last row rests on four more rows of the layer below.
    let case = Case::open("mistral-window");
    let model = case.model(Precision::F32);
    let found = evidence(&subject(&model, &case), Site::Layer(0), &options);
    assert_eq!((found.moving, found.rows), (20, 20));
}

#[test]
fn one_movable_key_is_too_few() {
    let case = Case::open("gpt2");
    let model = case.model(Precision::F32);
    let mut text = subject(&model, &case);
    text.words.truncate(1);
    let missing = swap(&text, Site::All, &SwapOptions::default()).unwrap();
    assert_eq!(missing, Err(Missing::TooFewWords { found: 1, needed: 2 }));
}

/// One swap, and the logits that torch computes under it.
#[derive(Deserialize)]
struct Golden {
    case: String,
    ids: Vec<u32>,
    site: String,
    /// `"uniform"`, or the token that has all weight.
    swap: Value,
    logits: Vec<f64>,
}

#[derive(Deserialize)]
struct Goldens {
    swaps: Vec<Golden>,
}

#[test]
fn swapped_patterns_predict_what_torch_computes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/causal.json");
    let goldens: Goldens = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(goldens.swaps.len() >= 20);
    for golden in goldens.swaps {
        let case = Case::open(&golden.case);
        for (precision, bound) in [(Precision::F32, 1e-4), (Precision::F64, 1e-8)] {
            let model = case.model(precision);
            let text = subject(&model, &case);
            assert_eq!(text.probe.sequence.ids, golden.ids);
            let site: Site = golden.site.parse().unwrap();
            let how = match golden.swap.as_u64() {
                None => PlainSwap::Uniform,
                Some(token) => match (token as usize).checked_sub(first(&text, site).1) {
                    Some(number) => PlainSwap::OneHot(number),
                    // Outside what the prediction rests on there.
                    None => continue,
                },
            };
            let with = swapped(&text, site, Specials::Keep, how);
            let layers: Vec<usize> = with.iter().map(|(layer, _)| *layer).collect();
            let make = |_: std::ops::Range<usize>, layer| {
                Ok(with.iter().find(|(at, _)| *at == layer).unwrap().1.clone())
            };
            let found = text.probe.swapped(&layers, 1, make).unwrap().remove(0);
            let gap = found.iter().zip(&golden.logits).map(|(f, g)| (f - g).abs() / g.abs().max(1.0));
            let gap = gap.fold(0.0, f64::max);
            assert!(gap < bound, "{} {how:?} at {site} in {precision:?}: {gap:e}", golden.case);
        }
    }
}

#[test]
fn the_loss_has_its_gradient_over_rows_of_differing_width() {
    each(Precision::F64, |name, text| {
        let mut rng = text.rng("finite differences");
        for site in sites(text) {
            let size = sizes(text, site);
            let logits: Vec<f64> = (0..2 * size).map(|_| rng.random_range(-4.0..4.0)).collect();
            for kept in [Scale::Probability, Scale::LogOdds] {
                let at = |logits: &[f64]| {
                    adversary_loss(text, site, (Specials::Keep, kept), logits).unwrap().unwrap()
                };
                let (loss, gradient) = at(&logits);
                assert_eq!(gradient.len(), logits.len());
                assert!(
                    loss > 0.0,
                    "{name} {site}: the prediction is not moved, so its gradient is not tested"
                );
                let random: Vec<f64> = logits.iter().map(|_| rng.random_range(-1.0..1.0)).collect();
                let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
                for direction in [&gradient, &random] {
                    let step = 1e-5 / norm(direction);
                    let ahead = |sign: f64| -> Vec<f64> {
                        logits.iter().zip(direction).map(|(l, d)| l + sign * step * d).collect()
                    };
                    let slope = (at(&ahead(1.0)).0 - at(&ahead(-1.0)).0) / 2e-5;
                    let expected =
                        gradient.iter().zip(direction).map(|(g, d)| g * d).sum::<f64>() / norm(direction);
                    let scale = norm(&gradient);
                    assert!((slope - expected).abs() < 1e-6 * scale, "{name} {site}: {slope} for {expected}");
                }
            }
        }
    });
}

/// How many shares a site has: of each row that the prediction rests on, the words that its query sees.
fn sizes(text: &Subject, site: Site) -> usize {
    let (t, spec) = (text.tokens(), text.probe.model.spec());
    let (layers, heads) = match site {
        Site::Row => (spec.layers - 1..spec.layers, spec.heads.count),
        Site::Head { layer, .. } => (layer..layer + 1, 1),
        Site::Layer(layer) => (layer..layer + 1, spec.heads.count),
        Site::All => (0..spec.layers, spec.heads.count),
    };
    let of = |layer: usize| -> usize {
        let reach = text.probe.model.transformer.reach(layer);
        let queries = if layer + 1 == spec.layers { t - 1..t } else { first(text, Site::Layer(layer)).0..t };
        queries.map(|query| reach.seen(query, t).filter(|key| *key > 0).count()).sum()
    };
    heads * layers.map(of).sum::<usize>()
}

#[test]
fn one_hots_everywhere_are_those_of_whole_patterns() {
    each(Precision::F32, |name, text| {
        let options = SwapOptions { permutations: 2, adversary: false, ..SwapOptions::default() };
        let found = evidence(text, Site::All, &options);
        let one_hots: Vec<f64> = found
            .tried
            .iter()
            .filter(|tried| tried.kind == SwapKind::OneHot)
            .map(|tried| tried.shift.tvd)
            .collect();
        assert_eq!(one_hots.len(), text.tokens() - first(text, Site::All).1);
        assert!(one_hots.iter().any(|tvd| *tvd > 1e-3), "{name}");
        for (key, tvd) in one_hots.iter().enumerate() {
            let whole = moved(text, &swapped(text, Site::All, Specials::Keep, PlainSwap::OneHot(key)));
            assert!((tvd - whole).abs() < 1e-5, "{name}, key {key}: {tvd}, whole {whole}");
        }
    });
}

#[test]
fn what_a_search_finds_is_what_a_rerun_gives() {
    let mut searched = 0;
    each(Precision::F64, |name, text| {
        for (site, start) in [(Site::Row, Start::Random), (Site::All, Start::Plain)] {
            // Wide enough that something is feasible whatever the weights.
            let options =
                SwapOptions { permutations: 5, steps: 12, epsilon: 0.3, start, ..SwapOptions::default() };
            let found = evidence(text, site, &options);
            if let Some(witness) = &found.witness {
                let best = &witness.counterfactual;
                let with = patterns_of(text, site, Specials::Keep, best).unwrap().unwrap();
                assert!((moved(text, &with) - best.shift.tvd).abs() < 1e-9, "{name} {site}");
            }
            let Ok(search) = &found.adversarial else { continue };
            for met in &search.feasible {
                assert_eq!(met.shares.len(), sizes(text, site), "{name} {site}");
            }
            searched += 1;
        }
    });
    assert!(searched > 0, "no site had leverage");
}

#[test]
fn readings_under_the_observed_shares_are_the_readings() {
    each(Precision::F64, |name, text| {
        let shared = Shared::new(text, MethodOptions::for_subject(text));
        let attention = shared.attention().unwrap();
        let remade = Remade::at(text, Site::All, Specials::Keep, attention).unwrap().unwrap();
        let (t, layers) = (text.tokens(), attention.rows.len());
        let mut shares = Vec::new();
        for layer in 0..layers {
            let reach = text.probe.model.transformer.reach(layer);
            let pattern = to_f64(&text.probe.trace.patterns[layer]).unwrap();
            let queries = if layer + 1 == layers { t - 1..t } else { first(text, Site::Layer(layer)).0..t };
            for head in pattern.chunks_exact(t * t) {
                for query in queries.clone() {
                    let keys: Vec<usize> = reach.seen(query, t).filter(|key| *key > 0).collect();
                    let mass: f64 = keys.iter().map(|&key| head[query * t + key]).sum();
                    shares.extend(keys.iter().map(|&key| head[query * t + key] / mass));
                }
            }
        }
        let all = [Shares::Found(&shares), Shares::Plain(PlainSwap::Uniform)];
        let made = remade.attentions(&all).unwrap();
        for method in ["raw", "mean", "rollout", "flow", "value-norm"] {
            let scores =
                |shared: &Shared| find(method).unwrap().scores(shared).unwrap().unwrap().unwrap().words;
            let own = scores(&shared);
            let [same, other] = [0, 1].map(|at| scores(&shared.under(made[at].clone(), None)));
            let near = |words: &[f64]| own.iter().zip(words).all(|(a, b)| (a - b).abs() < 1e-9);
            assert!(near(&same), "{name} {method}: {own:?} for {same:?}");
            assert!(!near(&other), "{name} {method} does not follow the attention");
        }
    });
}
