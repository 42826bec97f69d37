//! Each reading's own counterfactual: what swaps do to the map that is audited, not to the site's.

use std::path::PathBuf;

use attncheck::attribution::{ALL, Basis, MethodOptions, PatternsRead, Role, Scores, Shared};
use attncheck::audit::{Effort, Findings, Plan, Protocol, TargetKind};
use attncheck::controls::{Control, Planted, Recipe};
use attncheck::model::Precision;
use attncheck::model::probe::to_f64;
use attncheck::report::example::{Finding, ReadingReport, SwapReport};
use attncheck::subject::Subject;
use attncheck::swap::{PlainSwap, Remade, Shares, Shown, Site, Specials, patterns};

use crate::support::subject::{PRAISE, model, subject};

fn protocol(effort: Effort) -> Protocol {
    Plan { effort, ..Plan::of(PathBuf::new()) }.protocol(true)
}

/// What an audit finds of a text of a planted model.
fn found(kind: Planted, layers: usize, text: u64, protocol: &Protocol) -> Findings {
    let control = Control::plant(Recipe { layers, ..Recipe::new(kind, 20, 31) }).unwrap();
    let planting = control.text(text);
    let target = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
    let subject = control.subject(&planting, target, &text.to_string()).unwrap();
    Findings::of(&subject, protocol, &|class| control.model.labels[class].clone()).unwrap()
}

fn reading<'f>(found: &'f Findings, method: &str) -> &'f ReadingReport {
    found.readings.iter().find(|one| one.method == method && !one.sinks_removed).unwrap()
}

fn site<'f>(found: &'f Findings, site: &str) -> &'f SwapReport {
    found.swaps.iter().find(|one| one.site == site).unwrap()
}

/// The shares that were observed at a site of every head, `[S, n]`: each content token's part of its row's mass on them.
fn observed(text: &Subject, layers: std::ops::Range<usize>, heads: &[usize]) -> Vec<f64> {
    let (t, last) = (text.tokens(), text.probe.trace.patterns.len() - 1);
    let keys: Vec<usize> = text.words.iter().cloned().flatten().collect();
    let mut shares = Vec::new();
    for layer in layers {
        let pattern = to_f64(&text.probe.trace.patterns[layer]).unwrap();
        let queries = if layer == last { vec![text.probe.sequence.decision] } else { (0..t).collect() };
        for &head in heads {
            for &query in &queries {
                let row = &pattern[(head * t + query) * t..][..t];
                let mass: f64 = keys.iter().map(|&key| row[key]).sum();
                shares.extend(keys.iter().map(|&key| row[key] / mass));
            }
        }
    }
    shares
}

fn near(found: &Scores, expected: &Scores, name: &str) {
    let (found, expected) = (found.tokens.as_ref().unwrap(), expected.tokens.as_ref().unwrap());
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() < 1e-6, "{name}: {f} for {e}");
    }
}

#[test]
fn a_reading_recomputed_under_the_observed_attention_is_the_reading() {
    let model = model(Precision::F64, &|_, _| ());
    let text = subject(&model, &PRAISE, Some(3));
    let shared = Shared::new(&text, MethodOptions::for_subject(&text));
    let attention = shared.attention().unwrap();
    let (layers, every) = (attention.rows.len(), (0..attention.heads).collect::<Vec<_>>());
    let mut seen = 0;
    for method in ALL.iter().filter(|method| method.role == Role::Reading) {
        let head = Site::Head { layer: 1, head: 2 };
        let (site, shares) = match method.reads {
            PatternsRead::AllLayers => (Site::All, observed(&text, 0..layers, &every)),
            PatternsRead::Head => (head, observed(&text, 1..2, &[2])),
            _ => (Site::Row, observed(&text, layers - 1..layers, &every)),
        };
        let remade = Remade::at(&text, site, Specials::Keep, attention).unwrap().unwrap();
        let all = [Shares::Found(&shares)];
        let sloped = method.basis == Basis::AttentionGradient;
        let slope = sloped.then(|| remade.gradients(&all).unwrap().remove(0));
        let under = shared.under(remade.attentions(&all).unwrap().remove(0), slope);
        let scores = |shared: &Shared| {
            let found = method.scores(shared).or_else(|| method.scores_of_head(shared, 1, 2));
            found.unwrap().unwrap().unwrap()
        };
        near(&scores(&under), &scores(&shared), method.name);
        seen += 1;
    }
    assert!(seen >= 8);
}

/// One that took its patterns from elsewhere would be robust whatever the swap.
#[test]
fn every_reading_follows_the_attention_that_it_reads() {
    let model = model(Precision::F64, &|_, _| ());
    let text = subject(&model, &PRAISE, None);
    let shared = Shared::new(&text, MethodOptions::for_subject(&text));
    let attention = shared.attention().unwrap();
    for method in ALL.iter().filter(|method| method.role == Role::Reading) {
        let site = match method.reads {
            PatternsRead::AllLayers => Site::All,
            PatternsRead::Head => Site::Head { layer: 1, head: 2 },
            _ => Site::Row,
        };
        let remade = Remade::at(&text, site, Specials::Keep, attention).unwrap().unwrap();
        let under = |swap: PlainSwap| {
            let all = [Shares::Plain(swap)];
            let sloped = method.basis == Basis::AttentionGradient;
            let slope = sloped.then(|| remade.gradients(&all).unwrap().remove(0));
            let under = shared.under(remade.attentions(&all).unwrap().remove(0), slope);
            let found = method.scores(&under).or_else(|| method.scores_of_head(&under, 1, 2));
            found.unwrap().unwrap().unwrap().words
        };
        let (one, other) = (under(PlainSwap::OneHot(1)), under(PlainSwap::OneHot(4)));
        assert!(one.iter().zip(&other).any(|(a, b)| (a - b).abs() > 1e-6), "{}", method.name);
    }
}

#[test]
fn what_is_remade_is_what_was_run() {
    let model = model(Precision::F64, &|_, _| ());
    let text = subject(&model, &PRAISE, None);
    let shared = Shared::new(&text, MethodOptions::for_subject(&text));
    let (attention, t) = (shared.attention().unwrap(), text.tokens());
    for swap in [PlainSwap::Uniform, PlainSwap::Permutation(3), PlainSwap::OneHot(2)] {
        let remade = Remade::at(&text, Site::All, Specials::Keep, attention).unwrap().unwrap();
        // The second of two, so that nothing is left over from the first.
        let all = [Shares::Plain(PlainSwap::OneHot(0)), Shares::Plain(swap)];
        let made = remade.attentions(&all).unwrap().remove(1);
        for (layer, pattern) in patterns(&text, Site::All, Specials::Keep, swap).unwrap().unwrap() {
            let rows = pattern.dims4().unwrap().2;
            let decision = if rows == t { text.probe.sequence.decision } else { 0 };
            let pattern = to_f64(&pattern).unwrap();
            for (head, row) in made.rows[layer].chunks_exact(t).enumerate() {
                let expected = &pattern[(head * rows + decision) * t..][..t];
                assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{swap:?} {layer}");
            }
            for (query, mean) in made.means[layer].chunks_exact(t).enumerate().filter(|_| rows == t) {
                for (key, weight) in mean.iter().enumerate() {
                    let of = |head| pattern[(head * rows + query) * t + key];
                    let expected = (0..made.heads).map(of).sum::<f64>() / made.heads as f64;
                    assert!((weight - expected).abs() < 1e-12, "{swap:?} {layer}");
                }
            }
        }
    }
}

#[test]
fn raw_attention_has_the_counterfactual_of_the_decision_row() {
    let protocol = protocol(Effort::Quick);
    let mut seen = 0;
    for kind in [Planted::OnlyPath, Planted::Decoy, Planted::Redundant, Planted::Negative, Planted::Sink] {
        for text in 0..2 {
            let found = found(kind, 2, text, &protocol);
            let (own, site) = (&reading(&found, "raw").counterfactual, &site(&found, "row").counterfactual);
            assert_eq!(own.value.is_some(), site.value.is_some(), "{}", kind.name());
            if let (Some(own), Some(site)) = (&own.value, &site.value) {
                assert!((own.jsd - site.jsd).abs() < 1e-6, "{}: {own:?} for {site:?}", kind.name());
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn value_norm_of_one_word_with_a_value_is_robust() {
    let protocol = protocol(Effort::Standard);
    let mut replaceable = 0;
    for text in 0..4 {
        let found = found(Planted::Decoy, 2, text, &protocol);
        let own = reading(&found, "value-norm");
        // Whatever attention does, the word that alone brings something holds the whole map.
        assert!(own.counterfactual.value.is_none(), "{:?}", own.counterfactual);
        assert!(own.plain_share.value.is_none_or(|share| share == 0.0));
        assert_eq!(own.verdict.robustness, Finding::Holds, "{:?}", own.verdict.reasons);
        replaceable += usize::from(reading(&found, "raw").counterfactual.value.is_some());
    }
    // Raw attention to words without a value goes elsewhere and nothing changes.
    assert!(replaceable > 0);
}

#[test]
fn one_layer_has_one_map_and_one_outcome() {
    let protocol = protocol(Effort::Standard);
    for kind in [Planted::OnlyPath, Planted::Decoy, Planted::Redundant] {
        let found = found(kind, 1, 0, &protocol);
        let raw = reading(&found, "raw");
        for method in ["mean", "rollout", "flow"] {
            let other = reading(&found, method);
            assert_eq!(raw.verdict.robustness, other.verdict.robustness, "{} {method}", kind.name());
            let jsd = |one: &ReadingReport| one.counterfactual.value.as_ref().map(|found| found.jsd);
            match (jsd(raw), jsd(other)) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-6, "{} {method}: {a} {b}", kind.name()),
                (a, b) => assert_eq!(a, b, "{} {method}", kind.name()),
            }
            assert_eq!(raw.plain_share.value.is_some(), other.plain_share.value.is_some());
        }
    }
}

#[test]
fn robustness_does_not_hold_where_nothing_was_searched() {
    let quick = Protocol { sites: vec![Site::All], ..protocol(Effort::Quick) };
    let found = found(Planted::OnlyPath, 2, 0, &quick);
    for method in ["mean", "rollout", "flow"] {
        assert_ne!(reading(&found, method).verdict.robustness, Finding::Holds, "{method}");
    }
    assert_ne!(reading(&found, "raw").verdict.robustness, Finding::Open);
}

#[test]
fn a_plain_swap_that_does_is_a_counterfactual() {
    let protocol = protocol(Effort::Standard);
    let mut plain = 0;
    for kind in [Planted::OnlyPath, Planted::Redundant, Planted::Or, Planted::Mixing, Planted::Random] {
        let found = found(kind, 2, 1, &protocol);
        for one in &found.readings {
            let Some(share) = one.plain_share.value else { continue };
            assert!((0.0..=1.0).contains(&share));
            if share > 0.0 {
                let own = one.counterfactual.value.as_ref().unwrap();
                assert!(own.jsd >= protocol.thresholds.jsd && own.tvd <= protocol.thresholds.epsilon);
                plain += 1;
            }
            let total = |words: &Vec<f64>| (words.iter().sum::<f64>() - 1.0).abs() < 1e-9;
            assert!(one.counterfactual.value.iter().all(|own| own.words.as_ref().is_some_and(total)));
        }
    }
    assert!(plain > 0);
}

#[test]
fn readings_from_before_are_read() {
    let found = found(Planted::OnlyPath, 2, 0, &protocol(Effort::Quick));
    let mut json = serde_json::to_value(&found.readings[0]).unwrap();
    let fields = json.as_object_mut().unwrap();
    assert!(fields.remove("counterfactual").is_some() && fields.remove("plain_share").is_some());
    let earlier: ReadingReport = serde_json::from_value(json).unwrap();
    assert!(earlier.counterfactual.why().contains("not in the report"));
    assert!(earlier.plain_share.value.is_none());
}

#[test]
fn a_map_sharpened_onto_its_own_word_points_nowhere_else() {
    let shown = Shown::new(vec![0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
    assert!(!shown.elsewhere(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
    assert!(shown.elsewhere(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]));
    assert_eq!(shown.divergence(&shown.shares), Ok(0.0));
}
