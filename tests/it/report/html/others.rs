//! The pages of the other commands: the same frame, the same care with texts.

use attncheck::compare::compare_reports;
use attncheck::report::Spool;
use attncheck::report::compare::CompareReport;
use attncheck::report::controls::ControlsReport;
use attncheck::report::example::VerdictWord;
use attncheck::report::heads::{HeadSummary, HeadsExample, HeadsReport};
use attncheck::report::own::{
    Cascade, Check, ChoiceAgreement, Expected, Followed, MapVerdicts, ModelReport, OwnReport, SeedRanges,
    Similarity, Warning,
};
use attncheck::report::seeds::{
    LeftOut, ReadingSpread, SeedCounterfactual, SeedsExample, SeedsReport, SeedsSummary, Spread,
    SpreadSummary,
};

use super::*;
use crate::support::documents::document;
use crate::support::report::settings;

pub fn compared(text: &str) -> CompareReport {
    let (a, mut b) = (everywhere(text), everywhere(text));
    let mut others = b.examples.to_vec().unwrap();
    others[0].prediction.label = format!("{text}2");
    others[0].readings[0].verdict.verdict = VerdictWord::Inert;
    b.examples = attncheck::report::ExampleReports::of(&others).unwrap();
    b.failures.clear();
    b.settings.model.sha256 = "f".repeat(64);
    compare_reports(&a, &b).unwrap()
}

pub fn heads(text: &str) -> HeadsReport {
    let found = maps(&[text, "a", "b"], 2, 3);
    let of = |x: f64| Measure::of(estimate(x, 2));
    let summary = |head: &HeadReport| HeadSummary {
        layer: head.layer,
        head: head.head,
        entropy: of(0.7),
        special_mass: of(0.3),
        sink_mass: of(0.0),
        tau: if head.head == 0 { missing("no text has it") } else { of(0.1 * head.head as f64 - 0.15) },
        discoveries: of(0.5),
        ablation_tvd: of(0.01),
    };
    let mut settings = settings();
    text.clone_into(&mut settings.model.name);
    HeadsReport {
        schema_version: 1,
        settings,
        examples: vec![HeadsExample {
            id: text.into(),
            line: 3,
            text: text.into(),
            pair: Some(text.into()),
            words: 4,
            warnings: vec![text.into()],
            heads: found.heads.clone(),
            best_of_all_p95: Measure::of(0.5),
        }],
        failures: vec![failure(text)],
        summary: found.heads.iter().map(summary).collect(),
        interrupted: true,
    }
}

pub fn seeds(text: &str) -> SeedsReport {
    let spread = || Spread { mean: Measure::of(0.2), max: Measure::of(0.3), between: Some((0, 1)), pairs: 3 };
    let counterfactual = |checkpoint, within| SeedCounterfactual {
        checkpoint,
        outcome: Measure::of("non-exclusive".into()),
        jsd: 0.5,
        tvd: 0.01,
        within,
        within_same: within,
    };
    let of = |x: f64| Measure::of(estimate(x, 2));
    let summary = |method: &str| SpreadSummary {
        method: method.into(),
        mean: of(0.2),
        max: of(0.3),
        largest: Measure::of(0.4),
    };
    let example = SeedsExample {
        id: text.into(),
        line: 1,
        text: text.into(),
        pair: Some(text.into()),
        words: 5,
        labels: vec![text.into(), text.into(), "other".into()],
        probabilities: vec![0.9, 0.8, 0.6],
        same_label: false,
        tvd: spread(),
        readings: vec![ReadingSpread { method: text.into(), jsd: spread() }],
        floor: Measure::of(0.3),
        floor_same: missing("no two predict the same"),
        counterfactuals: vec![counterfactual(0, Some(false)), counterfactual(2, None)],
    };
    let mut examples = Spool::default();
    examples.push(&example).unwrap();
    let mut one = settings();
    text.clone_into(&mut one.model.name);
    SeedsReport {
        schema_version: 1,
        checkpoints: vec![one.clone(), one.clone(), one],
        examples,
        left_out: vec![LeftOut {
            id: text.into(),
            line: 2,
            text: text.into(),
            pair: None,
            why: vec![text.into()],
        }],
        summary: SeedsSummary {
            examples: 1,
            readings: vec![summary(text)],
            tvd: summary("tvd"),
            same_label: of(0.0),
            non_exclusive: of(0.5),
            counterfactual: of(0.5),
            floor: of(0.3),
            within: of(0.0),
            within_same: missing("no two predict the same"),
            sentence: text.into(),
        },
        interrupted: false,
    }
}

pub fn own(text: &str) -> ModelReport {
    let agreement = |tau| ChoiceAgreement {
        first: text.into(),
        second: text.into(),
        texts: 4,
        tau,
        low: Some(0.2),
        high: Some(0.8),
    };
    let likeness = || Similarity {
        expected: Expected::Changes,
        texts: 4,
        spearman: Measure::of(0.4),
        absolute: Measure::of(0.3),
        absolute_low: Some(0.1),
        absolute_high: Some(0.5),
        tau: Measure::of(0.3),
    };
    let check = |holds| Check {
        name: text.into(),
        measured: text.into(),
        expected: text.into(),
        holds,
        otherwise: text.into(),
    };
    ModelReport {
        schema_version: 1,
        settings: settings(),
        seeds: 2,
        foreign: 1,
        warnings: vec![Warning { line: 1, text: text.into() }],
        checked: OwnReport {
            texts: 4,
            sentence: text.into(),
            checks: vec![check(Some(true)), check(Some(false)), check(None)],
            operators: vec![agreement(Measure::of(0.5)), agreement(missing(text))],
            baselines: vec![agreement(Measure::of(0.5))],
            randomisation: Cascade {
                texts: 4,
                stages: vec![text.into(), "all".into()],
                methods: vec![Followed {
                    method: text.into(),
                    role: "reading".into(),
                    stages: vec![likeness(), likeness()],
                    insensitive: Some(true),
                    broken: Vec::new(),
                }],
            },
            maps: vec![MapVerdicts {
                donor: text.into(),
                foreign: true,
                maps: 4,
                verdicts: vec![(VerdictWord::Supported, 1), (VerdictWord::Inert, 3)],
                judged: 1,
                supported: Measure::of(1.0),
                supported_interval: Some((0.2, 1.0)),
                contradicted: missing("nothing was judged"),
                contradicted_interval: None,
            }],
            seeds: SeedRanges {
                seeds: 2,
                excess: Measure::of(0.02),
                jsd: Measure::of(0.03),
                verdict_changes: Measure::of(0.25),
                verdict_interval: Some((0.05, 0.7)),
            },
        },
    }
}

pub fn controls() -> ControlsReport {
    serde_json::from_str(&document("fixtures/controls/full.json")).unwrap()
}

/// Every other command's page.
pub fn pages(text: &str) -> [String; 4] {
    [
        Html.rendered(&compared(text)).unwrap(),
        Html.rendered(&heads(text)).unwrap(),
        Html.rendered(&seeds(text)).unwrap(),
        Html.rendered(&own(text)).unwrap(),
    ]
}

#[test]
fn each_page_is_well_formed_in_the_frame_of_an_audit_and_takes_nothing_from_elsewhere() {
    let controls = Html.rendered(&controls()).unwrap();
    for page in pages("plain").iter().chain([&controls]) {
        let tags = check(page);
        for (name, least) in [("h1", 1), ("nav", 1), ("svg", 2), ("section", 3), ("table", 2), ("script", 1)]
        {
            let found = tags.iter().filter(|tag| tag.name == name).count();
            assert!(found >= least, "{found} {name}");
        }
        let policy = tags.iter().find(|tag| tag.get("http-equiv").is_some()).unwrap().get("content").unwrap();
        assert!(policy.starts_with("default-src &#39;none&#39;"), "{policy}");
        let plots = tags.iter().filter(|tag| tag.name == "svg").count();
        assert_eq!(plots, tags.iter().filter(|tag| tag.get("data-name").is_some()).count());
    }
}

#[test]
fn no_text_changes_the_build_of_any_page() {
    // As long as the others, since long names of columns read upward.
    let plain = pages("plain words").map(|page| shape(&page));
    for hostile in [
        STRANGE,
        "</script><script>alert(1)</script>",
        "\" onload=\"alert(1)",
        "--> <!-- -->",
        "&lt;b&gt; &amp",
        "\u{ffff}\r\n and more",
    ] {
        for (page, plain) in pages(hostile).iter().zip(&plain) {
            check(page);
            assert_eq!(&shape(page), plain, "{hostile:?}");
        }
    }
}

#[test]
fn each_page_begins_with_its_answer() {
    let [compare, heads, seeds, own] = pages("plain");
    let headline = |page: &str| {
        let after = page.split_once("<h1>").unwrap().1;
        after.split_once("</h1>").unwrap().0.to_owned()
    };
    assert!(headline(&compare).ends_with('.') && !headline(&compare).is_empty());
    assert_eq!(
        headline(&heads),
        "Of the 6 heads, 0.2 agrees best with leave-one-out: tau +0.05 [-0.05…+0.15]; that is more than the best of all \
         reaches by luck in 50 % of 2 texts."
    );
    assert_eq!((headline(&seeds).as_str(), headline(&own).as_str()), ("plain", "plain"));
    let controls = controls();
    let missed = controls.goals.iter().filter(|goal| !goal.holds).count();
    let told = headline(&Html.rendered(&controls).unwrap());
    assert!(
        if missed == 0 { told.starts_with("All ") } else { told.starts_with(&format!("{missed} of ")) },
        "{told}"
    );
}

#[test]
fn what_a_reader_looks_for_is_on_the_other_pages() {
    let [compare, heads, seeds, own] = pages("plain");
    for (page, told) in [
        (&compare, "data-name=\"likeness\""),
        (&compare, "data-name=\"differences\""),
        (&compare, "data-name=\"verdicts\""),
        (&compare, "another class</span>"),
        (&compare, "A could not audit it"),
        (&heads, "data-name=\"heads-tau\""),
        (&heads, "data-name=\"text-3-tau\""),
        (&heads, "The run was interrupted"),
        (&heads, "hint: look at the weights"),
        (&seeds, "data-name=\"counterfactuals\""),
        (&seeds, "<td>above it<td>non-exclusive"),
        (&seeds, "no two predict the same"),
        (&own, "<td class=fails>failed"),
        (&own, "<td class=undecided>open"),
        (&own, "data-name=\"randomisation\""),
        (&own, "the verdict on raw changes on 25 % of texts [5 %, 70 %]"),
    ] {
        assert!(page.contains(told), "{told:?} is not told");
    }
}
