//! The verdict on the file: grades of made-up files, what they do not depend on, where they are printed.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::audit::answer::answer;
use attncheck::audit::{self, Effort, Plan};
use attncheck::model::source::HubSettings;
use attncheck::report::answer::{FileAnswer, Grade, ReadingAnswer};
use attncheck::report::example::Counterfactual;
use attncheck::report::{
    ExampleReport, Github, Gold, Json, Junit, Markdown, Measure, Render, Report, Sarif, Text,
};
use serde_json::Value;

use crate::support::report::{examples, missing, report, settings};

/// Random orders of every made-up text: AOPC 0.00, 0.01 … 0.19, in the mean 0.095.
const RANDOM_MEAN: f64 = 0.095;

fn random() -> Vec<f64> {
    (0..20).map(|i| 0.01 * f64::from(i)).collect()
}

/// A text on which the reference's order reaches `attainable`, and each reading has the excess that is said.
fn text(attainable: f64, excess: impl Fn(&str) -> f64) -> ExampleReport {
    let mut text = examples().swap_remove(0);
    text.reliability.random_log_odds = random();
    text.references[0].excess = Measure::of(attainable);
    text.references[0].excess_log_odds = Measure::of(attainable);
    for reading in &mut text.readings {
        let excess = excess(&reading.method);
        let erasure = reading.erasure.value.as_mut().unwrap();
        (erasure.excess_log_odds, erasure.aopc_log_odds) =
            (Measure::of(excess), Measure::of(RANDOM_MEAN + excess));
        reading.counterfactual = missing("every pattern that was tried changes the prediction");
        reading.plain_share = Measure::of(0.0);
    }
    for swap in &mut text.swaps {
        swap.outcome = Measure::of("no-adversary-found".into());
    }
    text
}

/// So many texts, each reading of which finds about this share of what can be found.
fn file(n: usize, share: impl Fn(&str) -> f64) -> Vec<ExampleReport> {
    let one = |i: usize| {
        let attainable = 0.2 + 0.01 * i as f64;
        text(attainable, |method| (share(method) + 0.05 * ((i % 3) as f64 - 1.0)) * attainable)
    };
    (0..n).map(one).collect()
}

fn of(texts: &[ExampleReport]) -> FileAnswer {
    answer(texts, &settings().thresholds, 7).unwrap()
}

fn raw(found: &FileAnswer) -> &ReadingAnswer {
    found.shown().unwrap()
}

#[test]
fn a_map_that_finds_what_erasure_finds_shows_what_decides() {
    let found = of(&file(20, |_| 0.8));
    let raw = raw(&found);
    assert_eq!((raw.method.as_str(), raw.verdict), ("raw", Grade::ShowsWhatDecides));
    let effect = raw.effect.value.as_ref().unwrap();
    assert!((effect.estimate - 0.8).abs() < 0.02 && effect.n == 20, "{effect:?}");
    assert!(effect.low.unwrap() > 0.7 && effect.high.unwrap() < 0.9);
    assert!(raw.beyond_chance_p.value.unwrap() < 0.001);
    assert_eq!((raw.replaceable.plain, raw.replaceable.search, raw.replaceable.not_found), (0, 0, 20));
    assert!(raw.sentence.starts_with("The raw map may be shown: it finds 80 %"), "{}", raw.sentence);
}

#[test]
fn what_plain_swaps_replace_is_not_to_be_shown() {
    let mut texts = file(20, |_| 0.8);
    let found = |by: &str| Counterfactual {
        found_by: by.into(),
        jsd: 0.5,
        tvd: 0.01,
        log_odds: Some(0.01),
        words: None,
    };
    for reading in texts[..12].iter_mut().flat_map(|text| &mut text.readings) {
        (reading.counterfactual, reading.plain_share) = (Measure::of(found("permuted")), Measure::of(0.3));
    }
    let told = of(&texts);
    let raw = raw(&told);
    assert_eq!((raw.replaceable.plain, raw.replaceable.search, raw.replaceable.not_found), (12, 0, 8));
    assert_eq!(raw.verdict, Grade::ShowsPart);
    assert!(raw.sentence.starts_with("Do not show the raw map"), "{}", raw.sentence);
    assert!(raw.sentence.contains("in 12 of 20 texts a very different attention gives the same answer"));
    // What a search alone finds is counted apart, and takes nothing from the verdict.
    for reading in texts[..12].iter_mut().flat_map(|text| &mut text.readings) {
        (reading.counterfactual, reading.plain_share) = (Measure::of(found("adversarial")), Measure::of(0.0));
    }
    let told = of(&texts);
    let raw = told.shown().unwrap();
    assert_eq!(
        (raw.replaceable.plain, raw.replaceable.search, raw.verdict),
        (0, 12, Grade::ShowsWhatDecides)
    );
    assert!(raw.sentence.contains("only a search finds it"), "{}", raw.sentence);
}

#[test]
fn a_weak_map_shows_a_part() {
    let found = of(&file(20, |_| 0.3));
    assert_eq!(raw(&found).verdict, Grade::ShowsPart);
    assert!(raw(&found).sentence.starts_with("The raw map may be shown as part"), "{}", raw(&found).sentence);
}

#[test]
fn random_maps_show_no_more_than_chance() {
    // Each map is one of the random orders, all of them as often.
    let texts: Vec<ExampleReport> =
        (0..40).map(|i| text(0.3, |_| 0.01 * f64::from(i * 7 % 20) - RANDOM_MEAN)).collect();
    let found = of(&texts);
    for reading in &found.readings {
        assert_eq!(reading.verdict, Grade::NoMoreThanChance, "{}", reading.sentence);
        assert!(reading.beyond_chance_p.value.unwrap() > 0.2);
    }
    assert_eq!(found.best, None);
    // Of few such texts nothing can be told, and how many more would tell is said.
    let few = of(&texts[..5]);
    assert!(few.readings.iter().all(|reading| reading.verdict == Grade::CannotTell));
    assert_eq!(raw(&few).more_texts, Some(3));
    assert_eq!(few.sentences.len(), 2, "{:?}", few.sentences);
    assert!(raw(&few).effect.value.as_ref().unwrap().low.is_none());
}

#[test]
fn where_nothing_could_be_seen_nothing_is_told() {
    let found = of(&(0..20).map(|_| text(0.01, |_| 0.005)).collect::<Vec<_>>());
    assert_eq!(raw(&found).verdict, Grade::CannotTell);
    assert!(raw(&found).effect.value.is_none() && raw(&found).effect.reason.is_some());
    assert_eq!((found.texts.spoke, found.texts.nothing_to_find), (0, 20));
}

#[test]
fn attention_that_most_texts_ignore_is_inert() {
    let mut texts = file(20, |_| 0.8);
    for text in &mut texts[..11] {
        text.swaps[0].leverage = Measure::of(0.01);
        text.swaps[0].outcome = Measure::of("inert".into());
    }
    let found = of(&texts);
    assert_eq!(raw(&found).verdict, Grade::Inert);
    assert!(
        raw(&found).sentence.contains("in 11 of 20 texts the prediction ignores"),
        "{}",
        raw(&found).sentence
    );
    // Those prove nothing about replacing it. Nobody swapped at the site of a reading of all layers.
    assert_eq!(raw(&found).replaceable.not_found, 9);
    let rollout = found.readings.iter().find(|reading| reading.method == "rollout").unwrap();
    assert!(rollout.ignored.value.is_none() && rollout.replaceable.by_any.value.is_none());
}

#[test]
fn the_order_of_the_texts_does_not_matter() {
    let mut texts = file(13, |method| if method == "raw" { 0.4 } else { 0.2 });
    for (i, text) in texts.iter_mut().enumerate() {
        let correct = i % 2 == 0;
        text.gold = Some(Gold { label: "positive".into(), class: 1, correct });
    }
    let forwards = of(&texts);
    texts.reverse();
    texts.swap(1, 6);
    assert_eq!(of(&texts), forwards);
    let groups = [raw(&forwards).correct.as_ref(), raw(&forwards).wrong.as_ref()];
    let sizes = groups.map(|group| group.unwrap().value.as_ref().unwrap().n);
    assert_eq!(sizes, [7, 6]);
}

#[test]
fn the_best_is_named_alone_only_where_it_beats_the_others() {
    let found = of(&file(20, |method| if method == "raw" { 0.8 } else { 0.4 }));
    let best = found.best.as_ref().unwrap();
    assert_eq!((best.method.as_str(), best.alongside.len()), ("raw", 0));
    assert!((best.lead.value.as_ref().unwrap().estimate - 0.4).abs() < 1e-9);
    let equal = of(&file(20, |_| 0.8));
    let best = equal.best.unwrap();
    assert_eq!(
        (best.method.as_str(), best.alongside),
        ("raw", vec!["rollout".to_owned(), "attention-x-gradient-relu".to_owned()])
    );
}

#[test]
fn what_can_be_reached_is_of_one_reference() {
    let mut texts = file(9, |_| 0.8);
    for text in &mut texts {
        // A reference that reaches more is not picked for that.
        text.references[1].excess_log_odds = Measure::of(0.9);
    }
    assert_eq!(of(&texts).reference.as_deref(), Some("loo"));
    for text in &mut texts {
        text.references[1].method = "shapley".into();
    }
    let found = of(&texts);
    assert_eq!(found.reference.as_deref(), Some("shapley"));
    assert!(raw(&found).effect.value.as_ref().unwrap().estimate < 0.5);
    // Where it is missing on a text, no other stands in for it there.
    texts[0].references[1].excess_log_odds = missing("it did not converge");
    assert_eq!(raw(&of(&texts)).effect.value.as_ref().unwrap().n, 8);
    // Where it is missing on most, as Shapley values are on long texts, another is every text's.
    texts[1..5].iter_mut().for_each(|text| text.references[1].excess_log_odds = missing("too many words"));
    assert_eq!(of(&texts).reference.as_deref(), Some("loo"));
    assert_eq!(raw(&of(&texts)).effect.value.as_ref().unwrap().n, 9);
}

#[test]
fn who_could_not_speak_is_counted_at_the_first_reason() {
    let mut texts = file(12, |_| 0.8);
    texts[0].words.truncate(7);
    texts[1].references[0].excess = missing("no");
    for text in &mut texts[2..4] {
        (text.reliability.ceiling, text.reliability.operators) = (Measure::of(0.2), Measure::of(0.4));
    }
    // What erasure bears out need not agree with another.
    texts[2].reliability.borne_out = None;
    texts[4].references[0].excess = Measure::of(0.04);
    texts[4].references[0].excess_log_odds = Measure::of(0.04);
    // Where probability is saturated the log-odds tell.
    texts[5].references[0].excess = Measure::of(0.001);
    let found = of(&texts).texts;
    assert_eq!((found.all, found.spoke), (12, 8));
    let reasons = [found.too_few_words, found.no_erasure, found.unreliable, found.nothing_to_find];
    assert_eq!(reasons, [1, 1, 1, 1]);
}

#[test]
fn the_text_has_the_answer_first_and_last() {
    let report = report();
    let whole = Text::new(80, false).rendered(&report).unwrap();
    let alone = Text::new(80, false).answer_alone(true).rendered(&report).unwrap();
    assert!(whole.starts_with("══ answer for 3 texts ═"), "{whole}");
    assert!(alone.starts_with("══ answer for 3 texts ═") && whole.ends_with(&alone), "{alone}");
    assert!(alone.lines().count() < 40 && !alone.contains("── line"));
}

#[test]
fn every_printer_tells_the_answer() {
    let report = report();
    let sentence = report.summary.answer.as_ref().unwrap().sentences[0].clone();
    let start = &sentence[..40];
    assert!(Github.rendered(&report).unwrap().starts_with("::notice title=answer for the file::"));
    assert!(Markdown.rendered(&report).unwrap().contains("### Answer"));
    assert!(Junit.rendered(&report).unwrap().contains("answer.raw"));
    let document: Value = serde_json::from_str(&Json.rendered(&report).unwrap()).unwrap();
    assert!(document["answer"][0].as_str().unwrap().starts_with(start));
    assert_eq!(document["readings"]["raw"]["verdict"], "cannot-tell");
    let sarif: Value = serde_json::from_str(&Sarif.rendered(&report).unwrap()).unwrap();
    assert!(sarif["runs"][0]["properties"]["answer"][0].as_str().unwrap().starts_with(start));
}

#[test]
fn a_report_that_knows_of_no_answer_is_read() {
    let mut document: Value = serde_json::from_str(&Json.rendered(&report()).unwrap()).unwrap();
    let fields = document.as_object_mut().unwrap();
    fields.remove("answer");
    fields.remove("readings");
    document["summary"].as_object_mut().unwrap().remove("answer");
    for example in document["examples"].as_array_mut().unwrap() {
        example["reliability"].as_object_mut().unwrap().remove("random_log_odds");
    }
    let old: Report = serde_json::from_str(&document.to_string()).unwrap();
    assert!(old.answer.is_empty() && old.summary.answer.is_none());
    let text = old.examples.get(0).unwrap().unwrap();
    // Without the random orders there is no test, and the reason says so.
    let nine: Vec<ExampleReport> = std::iter::repeat_n(text, 9).collect();
    let found = of(&nine);
    let p = &raw(&found).beyond_chance_holm;
    assert!(p.value.is_none() && p.reason.is_some());
    assert!(Text::new(80, false).rendered(&old).unwrap().starts_with("── line 1"));
}

#[test]
fn an_audit_keeps_the_random_orders_and_answers() {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/reviews.txt");
    let plan = Plan { effort: Effort::Quick, threads: Some(2), limit: Some(2), ..Plan::of(texts) };
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
    let text = report.examples.get(0).unwrap().unwrap();
    assert!(text.reliability.random_aopc.len() >= 20);
    let found = report.summary.answer.as_ref().unwrap();
    assert_eq!((report.answer.as_slice(), found.texts.all), (found.sentences.as_slice(), 2));
    assert_eq!(report.readings["raw"].verdict, found.shown().unwrap().verdict);
    assert_eq!(found.reference.as_deref(), Some("shapley"));
}
