//! Beyond order: soft erasure against torch, capped removal against leave-one-out, energies at equal probabilities.

use super::*;

use attncheck::attribution::{Baseline, find};
use attncheck::audit::protocol::Budget;
use attncheck::audit::{Effort, Findings, Protocol, TargetKind};
use attncheck::controls::{Control, Planted, Recipe};
use attncheck::erasure::{Cap, Capped, KnockedRows, LEVELS, Soft, Stand, shares, standing};
use attncheck::model::Target;
use attncheck::report::settings::Thresholds;
use rand::Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    model: String,
    ids: Vec<u32>,
    mask_id: u32,
    predicted: usize,
    runner_up: usize,
    weights: Vec<f64>,
    soft: std::collections::BTreeMap<String, Vec<Level>>,
    bins: Vec<usize>,
    observed: f64,
    energies: Vec<Energy>,
    capped: f64,
}

#[derive(Deserialize)]
struct Level {
    #[serde(rename = "level")]
    mean: f64,
    shares: Vec<f64>,
    erased: Told,
    kept: Told,
}

#[derive(Deserialize)]
struct Told {
    target: f64,
    probability: f64,
    tvd: f64,
}

#[derive(Deserialize)]
struct Energy {
    energy: f64,
    settled: f64,
}

/// By torch: `fixtures/make/soft.py`.
#[test]
fn soft_erasure_energies_and_capped_removal_are_those_of_torch() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden/soft.json");
    let goldens: Vec<Golden> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(goldens.len(), 3);
    for golden in goldens {
        let model = cases::case(&golden.model).model(Precision::F64);
        let target = Target::Margin { class: golden.predicted, against: golden.runner_up };
        let mut subject = cases::subject(&model, &golden.ids, None, 0, |_| target);
        let n = golden.ids.len() - 2;
        subject.words = (1..=n).map(|t| t..t + 1).collect();
        subject.mask = Some(golden.mask_id);
        assert_eq!(golden.soft.len(), 2);
        for (operator, levels) in &golden.soft {
            let soft = Soft::new(&subject, Operator::named(operator).unwrap(), 20).unwrap().unwrap();
            assert_eq!(soft.operator().name(), operator);
            let found = soft.evidence(&golden.weights).unwrap().unwrap();
            assert_eq!(levels.iter().map(|level| level.mean).collect::<Vec<_>>(), LEVELS);
            for (bin, level) in levels.iter().enumerate() {
                close(&shares(&golden.weights, level.mean).unwrap(), &level.shares, 1e-12, "shares");
                let sides = [
                    (found.map.comprehensiveness[bin], &level.erased),
                    (found.map.sufficiency[bin], &level.kept),
                ];
                for (found, told) in sides {
                    close(
                        &[found.target, found.probability, found.tvd],
                        &[told.target, told.probability, told.tvd],
                        1e-8,
                        operator,
                    );
                }
            }
        }
        close(&[Stand::of(&subject.probe.trace.logits).energy], &[golden.observed], 1e-8, "energy");
        let erased = Erased::new(&subject, Operator::Mask);
        let order = order::descending(&golden.weights);
        for (&k, told) in golden.bins.iter().zip(&golden.energies) {
            let gone = Operator::Mask.apply(&subject, &order[..k]).unwrap();
            let stand = Stand::of(&subject.probe.logits(&[gone]).unwrap()[0]);
            close(&[stand.energy, stand.settled], &[told.energy, told.settled], 1e-8, "energy");
        }
        assert_eq!(golden.bins, bins(n));
        let capped = Capped::new(&erased, Cap::Word, 20).unwrap().unwrap();
        let found = capped.evidence(&golden.weights).unwrap().unwrap();
        close(&[found.value, found.error], &[golden.capped, 0.0], 1e-8, "capped");
        let curves = Curves::new(&erased, 20).unwrap().unwrap();
        let found = standing(&curves, &[&golden.weights]).unwrap().unwrap().remove(0).unwrap();
        let mean = golden.energies.iter().map(|told| told.energy).sum::<f64>() / golden.bins.len() as f64;
        close(&[found.observed, found.erased], &[golden.observed, mean], 1e-8, "standing");
    }
}

/// A word that is erased wholly, or not at all, is one that hard erasure erases, or does not.
#[test]
fn whole_shares_are_hard_erasure() {
    let model = model();
    let subject = text(&model, 6);
    for operator in Operator::ALL {
        let soft = Soft::new(&subject, operator, 20).unwrap().unwrap();
        let halfway = matches!(operator, Operator::Mask | Operator::Pad | Operator::Zero);
        assert_eq!(soft.operator(), if halfway { operator } else { Operator::Zero });
        let erased = Erased::new(&subject, soft.operator());
        for set in [vec![], vec![2], vec![0, 5], vec![0, 1, 2, 3, 4, 5]] {
            let share = |word| if set.contains(&word) { 1.0 } else { 0.0 };
            let found = soft.changes(&[(0..6).map(share).collect()]).unwrap().unwrap()[0];
            let hard = change(&erased, &set);
            close(
                &[found.target, found.probability, found.tvd],
                &[hard.target, hard.probability, hard.tvd],
                1e-12,
                operator.name(),
            );
        }
    }
}

#[test]
fn shares_fill_words_up_and_spread_the_rest() {
    let all = |weights: &[f64], level, expected: &[f64]| {
        close(&shares(weights, level).unwrap(), expected, 1e-15, "shares");
    };
    all(&[4.0, 3.0, 2.0, 1.0], 0.25, &[0.4, 0.3, 0.2, 0.1]);
    // The first takes no more than all of it, and the next two share what is left.
    all(&[6.0, 1.0, 1.0, 0.0], 0.5, &[1.0, 0.5, 0.5, 0.0]);
    // One word has all the weight: what it cannot take is shared by those that have none.
    all(&[0.0, 1.0, 0.0, 0.0, -2.0], 0.4, &[0.25, 1.0, 0.25, 0.25, 0.25]);
    assert_eq!(shares(&[0.5; 4], 0.5), Err(Missing::Constant));
    assert_eq!(shares(&[-0.5, -0.1], 0.5), Err(Missing::Constant), "what speaks against has no weight");
    assert_eq!(shares(&[0.5, f64::NAN], 0.5), Err(Missing::NotFinite { what: "a score" }));
    assert_eq!(shares(&[], 0.5), Err(Missing::TooFewWords { found: 0, needed: 2 }));
}

#[test]
fn the_null_of_soft_erasure_is_the_maps_own_weights_on_other_words() {
    let model = model();
    let subject = text(&model, 9);
    let soft = Soft::new(&subject, Operator::Mask, 3).unwrap().unwrap();
    let weights = [0.1, 0.6, 0.05, 0.0, 0.02, 0.3, 0.0, 0.2, 0.01];
    let before = subject.probe.spent();
    let found = soft.evidence(&weights).unwrap().unwrap();
    assert_eq!((found.reassigned, found.passes), (20, 4 * 22));
    let reading = model.spec().reading_work(11) as f64 / model.spec().forward_work(11) as f64;
    close(&[subject.probe.spent() - before], &[88.0 * reading], 1e-9, "passes");
    let value = |weights: &[f64]| {
        let texts: Vec<Vec<f64>> = LEVELS
            .iter()
            .flat_map(|level| {
                let erased = shares(weights, *level).unwrap();
                let kept = erased.iter().map(|share| 1.0 - share).collect();
                [erased, kept]
            })
            .collect();
        let found = soft.changes(&texts).unwrap().unwrap();
        let mean =
            |side: usize, of: fn(&Change) -> f64| f64::midpoint(of(&found[side]), of(&found[side + 2]));
        (mean(0, |c| c.probability), mean(0, |c| c.target) - mean(1, |c| c.target))
    };
    let own = order::descending(&weights);
    let dealt: Vec<(f64, f64)> = order::of_text(&subject, 3)
        .iter()
        .map(|order| {
            let mut dealt = [0.0; 9];
            own.iter().zip(order).for_each(|(&from, &to)| dealt[to] = weights[from]);
            value(&dealt)
        })
        .collect();
    let (comprehensive, both) = value(&weights);
    let excess = |value, of: fn(&(f64, f64)) -> f64| {
        Excess::of(value, &dealt.iter().map(of).collect::<Vec<_>>()).unwrap()
    };
    let told = |e: Excess| [e.mean, e.low, e.high, e.rank_p];
    close(&told(found.excess), &told(excess(comprehensive, |d| d.0)), 1e-12, "excess");
    close(&told(found.excess_both), &told(excess(both, |d| d.1)), 1e-12, "both");
    // Ranks without magnitudes; ties, and what has no weight, stand halfway.
    let (_, ladder) = value(&[6.0, 9.0, 5.0, 1.5, 4.0, 8.0, 1.5, 7.0, 3.0]);
    close(&[found.magnitudes().target], &[both - ladder], 1e-12, "magnitudes");
    let even = soft.evidence(&[3.0, 5.0, 1.0, 9.0, 7.0, 2.0, 8.0, 4.0, 6.0]).unwrap().unwrap();
    close(&[even.magnitudes().target], &[0.0], 1e-12, "an even fall has no magnitudes beyond its ranks");
    assert_eq!(soft.evidence(&[0.5; 9]).unwrap(), Err(Missing::Constant));
    let too_few = Missing::TooFewWords { found: 2, needed: 9 };
    assert_eq!(soft.evidence(&[0.5, 0.1]).unwrap(), Err(too_few));
}

/// Each effort pays for what it says, and tells what it took.
#[test]
fn efforts_pay_for_what_is_shown_beside_erasure() {
    let model = cases::case("bert-seven-labels").model(Precision::F32);
    let subject = text(&model, 9);
    let run = |budget: Budget| {
        let protocol = Protocol {
            operator: Operator::Mask,
            baseline: Baseline::Mask,
            budget,
            only: ["raw", "attention-x-gradient", "loo"].map(str::to_owned).to_vec(),
            sites: Vec::new(),
            thresholds: Thresholds::default(),
            naopc: false,
            knockout_from: KnockedRows::Decision,
            bounded: false,
            over_source: false,
        };
        Findings::of(&subject, &protocol, &|class| class.to_string()).unwrap()
    };
    let quick = Effort::Quick.budget();
    let (standard, thorough) = (Effort::Standard.budget(), Effort::Thorough.budget());
    for (budget, soft, capped) in [
        (quick, false, false),
        (Budget { capped: standard.capped, standing: standard.standing, ..quick }, false, true),
        (
            Budget {
                capped: thorough.capped,
                standing: thorough.standing,
                soft_orders: thorough.soft_orders,
                ..quick
            },
            true,
            true,
        ),
    ] {
        let found = run(budget);
        let spent = found.passes.iter().find(|passes| passes.step == "soft erasure");
        assert_eq!(spent.is_some(), soft);
        assert!(!found.passes.iter().any(|passes| passes.step == "capped erasure"), "leave-one-out ran it");
        for reading in &found.readings {
            let erasure = reading.erasure.value.as_ref().unwrap();
            assert_eq!(erasure.soft.value.is_some(), soft, "{:?}", erasure.soft);
            assert_eq!(erasure.capped.value.is_some(), capped);
            assert_eq!(erasure.in_distribution.value.is_some(), capped);
            let reason = erasure.soft.reason.as_deref();
            assert_eq!(reason, (!soft).then_some("not computed at --effort quick"));
        }
    }
    assert_eq!((standard.soft_orders, standard.capped), (0, Some(Cap::Word)));
    assert_eq!((thorough.soft_orders, thorough.capped), (20, Some(Cap::Tenth)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Every map erases the same share of the text, no word more than all of it, and the heavier word no less.
    #[test]
    fn every_map_erases_the_same_share(
        weights in prop::collection::vec(prop_oneof![Just(0.0), -1.0..0.0_f64, 0.0..1.0_f64, 0.0..1e-6_f64], 2..40),
        level in 0.05_f64..0.95,
        scale in 0.01_f64..100.0,
    ) {
        let Ok(found) = shares(&weights, level) else { return Ok(()) };
        let n = weights.len() as f64;
        prop_assert!((found.iter().sum::<f64>() - level * n).abs() < 1e-9);
        prop_assert!(found.iter().all(|share| (0.0..=1.0 + 1e-12).contains(share)));
        for (a, x) in weights.iter().zip(&found) {
            for (b, y) in weights.iter().zip(&found) {
                prop_assert!(a < b || x >= y || (x - y).abs() < 1e-12);
            }
        }
        let scaled: Vec<f64> = weights.iter().map(|w| w * scale).collect();
        for (x, y) in found.iter().zip(shares(&scaled, level).unwrap()) {
            prop_assert!((x - y).abs() < 1e-9);
        }
    }
}

/// On planted models: a map that is right shows it beyond its own weights on other words, a decoy does not, and of maps
/// that know nothing no more than chance allows seem to.
#[test]
fn soft_erasure_tells_right_maps_from_chance() {
    let soft = |kind: Planted, number: u64| {
        let control = Control::plant(Recipe::new(kind, 20, 31)).unwrap();
        let planting = control.text(number);
        let target = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
        let subject = control.subject(&planting, target, &number.to_string()).unwrap();
        let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
        let raw = find("raw").unwrap().scores(&shared).unwrap().unwrap().unwrap().words;
        let soft = Soft::new(&subject, Operator::Zero, 20).unwrap().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let of = |weights: &[f64]| soft.evidence(weights).unwrap().unwrap();
        let random: Vec<f64> = (0..20)
            .map(|_| {
                let weights: Vec<f64> = (0..20).map(|_| -rng.random::<f64>().ln()).collect();
                of(&weights).excess_both.rank_p
            })
            .collect();
        (of(&raw), random)
    };
    let mut random = Vec::new();
    for number in 0..5 {
        let (right, chance) = soft(Planted::OnlyPath, number);
        // One word of twenty decides, and each of twenty random orders begins with it as often: one in the mean.
        assert!(right.excess.low > 0.0 && right.excess_both.rank_p < 0.25, "{right:?}");
        assert!(right.magnitudes().target > 0.0, "all its weight is on the word that decides: {right:?}");
        random.extend(chance);
        let (decoy, chance) = soft(Planted::Decoy, number);
        assert!(decoy.excess_both.rank_p > 0.05, "{decoy:?}");
        random.extend(chance);
    }
    let alarms = random.iter().filter(|p| **p <= 0.05).count();
    assert!(alarms <= 20, "{alarms} of {} maps that know nothing", random.len());
}

/// Of a masked-word model every token that is left is asked for where it stands, whether others close up or not.
#[test]
fn a_masked_word_model_says_how_ill_the_words_fit() {
    let case = cases::case("bert-mlm");
    let example = case.examples.iter().find(|example| example.dtype == "f64").unwrap_or(&case.examples[0]);
    let model = case.model(Precision::F64);
    let subject = example.subject(&model);
    let n = subject.words.len();
    let scores: Vec<f64> = (0..n).map(|i| ((i * 3 + 1) % n) as f64).collect();
    let order = order::descending(&scores);
    for operator in [Operator::Mask, Operator::Delete] {
        let erased = Erased::new(&subject, operator);
        let curves = Curves::new(&erased, 20).unwrap().unwrap();
        let spent = subject.probe.spent();
        let found = standing(&curves, &[&scores]).unwrap().unwrap().remove(0).unwrap();
        assert!(subject.probe.spent() - spent > 20.0, "a pass a text");
        assert_eq!(found.measure.name(), "pseudo-loss");
        let loss = |gone: &[usize]| {
            let sequence = operator.apply(&subject, gone).unwrap();
            let rows = model.logits_everywhere(&sequence).unwrap();
            let tokens: Vec<usize> = gone.iter().map(|&word| subject.words[word].start).collect();
            let left = (0..subject.tokens()).filter(|token| !tokens.contains(token));
            let asked: Vec<f64> = left
                .enumerate()
                .filter(|(_, token)| subject.words.iter().any(|word| word.contains(token)))
                .map(|(place, token)| {
                    let place = if operator == Operator::Delete { place } else { token };
                    -softmax(&rows[place])[subject.probe.sequence.ids[token] as usize].ln()
                })
                .collect();
            assert_eq!(asked.len(), n - gone.len());
            asked.iter().sum::<f64>() / asked.len() as f64
        };
        let means: Vec<f64> = curves.bins.iter().map(|&k| loss(&order[..k])).collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        close(&[found.observed, found.erased], &[loss(&[]), mean], 1e-9, operator.name());
    }
}
