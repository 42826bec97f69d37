//! The web page: one file, texts are data, well-formed, nothing from elsewhere, small.

mod labelled;
mod markup;
pub mod others;
mod plots;
mod shown;

use attncheck::audit::{self, Plan};
use attncheck::model::source::HubSettings;
use attncheck::report::example::{Maps, WordReport};
use attncheck::report::gate::GateOn;
use attncheck::report::heads::HeadReport;
use attncheck::report::plausibility::{
    MapPlausibility, MapPlausibilitySummary, Plausibility, PlausibilitySummary,
};
use attncheck::report::{ExampleReport, FailureReport, GateResult, Gold, Html, Measure, Render, Report};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

use crate::support::report::{STRANGE, estimate, examples, missing, report, report_of};
use markup::{check, shape};

/// A pattern in which every head differs.
pub fn maps(pieces: &[&str], layers: usize, heads: usize) -> Maps {
    let t = pieces.len();
    let row = |seed: usize| {
        let raw: Vec<f64> = (0..t).map(|k| 1.0 + ((k * 7 + seed * 3) % 5) as f64).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|x| x / sum).collect::<Vec<f64>>()
    };
    let head = |layer, head| HeadReport {
        layer,
        head,
        entropy: Measure::of(0.91),
        decision_entropy: Measure::of(0.77),
        special_mass: 0.25,
        sink_mass: 0.0,
        tau: if head == 0 {
            missing("every score is the same, so nothing is ranked")
        } else {
            Measure::of(0.31)
        },
        tau_p_adjusted: Measure::of(0.4),
        ablation_tvd: missing("it was not asked for"),
        ablation_target: missing("it was not asked for"),
    };
    Maps {
        pieces: pieces.iter().map(|piece| (*piece).to_owned()).collect(),
        decision: 0,
        heads: (0..layers).flat_map(|l| (0..heads).map(move |h| head(l, h))).collect(),
        best_of_all_p95: Measure::of(0.47),
        patterns: (0..layers)
            .map(|l| (0..heads).map(|h| (0..t).map(|q| row(q + 11 * h + 5 * l)).collect()).collect())
            .collect(),
    }
}

pub fn page(report: &Report) -> String {
    Html.rendered(report).unwrap()
}

fn failure(text: &str) -> FailureReport {
    FailureReport {
        id: "last".into(),
        pair: None,
        line: 9,
        text: text.into(),
        error: "the model gives no finite number".into(),
        hint: Some("look at the weights".into()),
    }
}

/// Three examples, the first with patterns, and a failure.
fn drawn() -> Report {
    let mut examples = examples();
    examples[0].maps = Some(maps(&["[CLS]", "a", "##b", "[SEP]"], 2, 3));
    let mut report = report_of(&examples);
    report.failures.push(failure("too much"));
    report
}

#[test]
fn a_page_is_well_formed_and_takes_nothing_from_elsewhere() {
    for report in [report(), drawn()] {
        let page = page(&report);
        let tags = check(&page);
        assert_eq!(tags.iter().filter(|tag| tag.get("class") == Some("example")).count(), 3);
        let policy = tags.iter().find(|tag| tag.get("http-equiv").is_some()).unwrap().get("content").unwrap();
        assert!(policy.starts_with("default-src &#39;none&#39;; img-src data:"), "{policy}");
    }
}

#[test]
fn what_a_reader_looks_for_is_there() {
    let page = page(&drawn());
    for told in [
        "raw is <b class=\"v supported\" title=\"The evidence supports showing this map",
        "</abbr> 3 of 3: changing the attention changes the prediction",
        "erasing its top words costs +0.210 probability more",
        "the text has 12 tokens but the model takes 6",
        "4 content words are fewer than the 5 this needs",
        "leverage 0.214",
        "Swaps at head:11.10",
        "aria-label=\"layer 1, head 2\"",
        "The best of 6 heads reaches by luck, in one case of twenty, a tau of +0.47",
        "the model gives no finite number",
        "hint: look at the weights",
        "The patterns were not kept",
        "adversary of 5 candidates and 500 steps",
        "comprehensiveness, higher is better",
        "over the 2 of 3 examples that have it",
    ] {
        assert!(page.contains(told), "{told:?} is not told");
    }
}

#[test]
fn texts_are_shown_and_never_obeyed() {
    let page = page(&report());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script>alert"));
    assert!(page.contains("\\u{1b}[31mred") && page.contains("\\u{202e}evil"));
    let steering = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert_eq!(page.chars().find(|c| steering(*c)), None);
}

#[test]
fn lines_of_a_text_are_lines_of_the_page() {
    let mut list = examples();
    list[0].text = list[0].text.replacen(" , ", "\n, ", 1).replacen("with ", "with\t", 1);
    let page = page(&report_of(&list));
    check(&page);
    assert!(page.contains("movie</b>\n<b") && !page.contains("\\u{a}") && !page.contains("\\u{9}"));
}

#[test]
fn a_long_word_is_whole_but_once() {
    let long = "nice ".repeat(447).trim_end().to_owned();
    let mut list = examples();
    list.truncate(1);
    list[0].text.clone_from(&long);
    list[0].words = vec![WordReport {
        text: long.clone(),
        sequence: 0,
        start: 0,
        end: long.len(),
        pieces: 1,
        unknown: false,
    }];
    for reading in &mut list[0].readings {
        reading.scores = Measure::of(vec![1.0]);
    }
    for reference in &mut list[0].references {
        reference.scores = Measure::of(vec![1.0]);
    }
    let page = page(&report_of(&list));
    check(&page);
    assert_eq!(page.matches(&long).count(), 1);
    // So too where it stands between two words.
    list[0].words =
        vec![WordReport { text: "nice".into(), sequence: 0, start: 0, end: 4, pieces: 1, unknown: false }];
    assert_eq!(self::page(&report_of(&list)).matches(&long[4..]).count(), 1);
}

/// Puts `text` into every place that comes from outside.
fn everywhere(text: &str) -> Report {
    let mut examples = examples();
    for example in &mut examples {
        example.maps = Some(maps(&[text, text], 1, 2));
        text.clone_into(&mut example.id);
        text.clone_into(&mut example.text);
        text.clone_into(&mut example.prediction.label);
        text.clone_into(&mut example.prediction.explained);
        example.prediction.against = Some(text.to_owned());
        example.warnings = vec![text.to_owned()];
        for word in &mut example.words {
            text.clone_into(&mut word.text);
        }
        for reading in &mut example.readings {
            reading.verdict.reasons = vec![text.to_owned()];
            text.clone_into(&mut reading.method);
        }
        for reference in &mut example.references {
            text.clone_into(&mut reference.method);
        }
        for swap in &mut example.swaps {
            text.clone_into(&mut swap.site);
            swap.outcome = missing(text);
        }
    }
    let mut report = report_of(&examples);
    for reading in &mut report.summary.readings {
        text.clone_into(&mut reading.method);
    }
    text.clone_into(&mut report.settings.model.name);
    report.settings.model.labels = vec![text.to_owned()];
    text.clone_into(&mut report.settings.input.name);
    text.clone_into(&mut report.settings.target);
    report.failures.push(FailureReport {
        id: text.to_owned(),
        error: text.to_owned(),
        hint: Some(text.to_owned()),
        ..failure(text)
    });
    report
}

#[test]
fn no_text_changes_the_build_of_the_page() {
    let plain = shape(&page(&everywhere("plain")));
    for hostile in [
        STRANGE,
        "</script><script>alert(1)</script>",
        "</style></title></textarea></details>",
        "\" onmouseover=\"alert(1)",
        "' x='",
        "x onload=alert(1)",
        "<!--",
        "-->",
        "]]>",
        "<svg/onload=alert(1)>",
        "&lt;b&gt; &amp &#60;",
        "javascript:alert(1)",
        "url(https://example.org/x.png)",
        "{{7*7}} ${7*7} {% raw %}",
        "\u{0}\u{8}\u{b}\u{ffff}\u{fdd0}",
        "\r\n<b>\t",
    ] {
        let page = page(&everywhere(hostile));
        check(&page);
        assert_eq!(shape(&page), plain, "{hostile:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nor_does_any_other(text in "\\PC{1,12}|[<>&\"'/=a-c !-]{1,16}") {
        prop_assume!(text.parse::<usize>().is_err());
        prop_assert_eq!(shape(&page(&everywhere(&text))), shape(&page(&everywhere("plain"))));
    }
}

#[test]
fn reports_that_do_not_fit_themselves_are_printed_all_the_same() {
    let mut examples = examples();
    examples[0].readings.clear();
    examples[0].references.clear();
    examples[0].swaps.clear();
    examples[0].words.clear();
    for word in &mut examples[2].words {
        // Offsets inside a character, and beyond the end.
        (word.start, word.end) = (word.start + 1, word.end + 1000);
    }
    for reading in &mut examples[2].readings {
        if let Some(erasure) = &mut reading.erasure.value {
            erasure.bins.truncate(1);
            erasure.random_sufficiency.clear();
        }
        reading.scores = Measure::of(vec![1.0]);
    }
    examples[1].maps = Some(Maps { patterns: vec![vec![vec![vec![1.0], vec![]]]], ..maps(&["a"], 1, 1) });
    examples[2].maps = Some(Maps { patterns: Vec::new(), heads: Vec::new(), ..maps(&["a"], 1, 1) });
    let mut report = report_of(&examples);
    report.summary.readings.clear();
    report.interrupted = true;
    let page = page(&report);
    check(&page);
    assert!(page.contains("The audit was interrupted"));
    check(&self::page(&report_of(&[])));
}

#[test]
fn of_a_large_model_the_last_layers_are_drawn() {
    let pieces: Vec<String> = (0..130).map(|i| format!("p{i}")).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let mut examples = examples();
    examples[0].maps = Some(maps(&pieces, 3, 4));
    let mut report = report_of(&examples);
    // 67600 cells a layer; the page has room for 12 Mi in all.
    for (read, told, drawn) in [
        (10, None, 12),
        (80, Some("the patterns of layers 1 and up are drawn, not those of layer 0;"), 8),
        (1_000_000, Some("the patterns of layer 2 and up are drawn, not those of layers 0 to 1"), 4),
    ] {
        report.settings.input.examples = read;
        let page = page(&report);
        check(&page);
        assert_eq!(page.matches("data:image/png;base64,").count(), drawn);
        assert_eq!(page.contains("To keep the page small"), told.is_some());
        assert!(told.is_none_or(|told| page.contains(told)), "{told:?}");
        assert!(page.contains("With 130 tokens there is no room for their names"));
    }
}

/// What the embedded model gives for some lines.
pub fn audited(lines: &[&str]) -> Report {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let plan = Plan { maps: true, ..Plan::of(file.path().to_owned()) };
    let stop = AtomicBool::new(false);
    audit::audit(&plan, &HubSettings::from_vars(|_| None, None), &(), &stop, &mut ()).unwrap()
}

#[test]
fn a_hundred_examples_take_eight_megabytes_at_most() {
    let words: Vec<&str> =
        include_str!("../../../../fixtures/texts/wonderland.txt").split_whitespace().collect();
    let lines: Vec<String> =
        words.chunks(24).skip(40).step_by(25).take(6).map(|line| line.join(" ")).collect();
    let report = audited(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let few: Vec<ExampleReport> = report.examples.iter().map(Result::unwrap).collect();
    let words: usize = few.iter().map(|example| example.words.len()).sum();
    assert!(words >= 25 * few.len(), "{words} words in {} texts", few.len());
    let mut many = report;
    for i in few.len()..100 {
        let mut again = few[i % few.len()].clone();
        again.line = i + 1;
        again.id = again.line.to_string();
        many.examples.push(&again).unwrap();
    }
    many.settings.input.examples = 100;
    many.summary.examples = 100;
    let page = page(&many);
    check(&page);
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    assert!(!page.contains("To keep the page small"));
}

#[test]
fn the_page_of_one_short_text() {
    let mut examples = examples();
    examples.truncate(1);
    examples[0].maps = Some(maps(&["[CLS]", "a", "[SEP]"], 1, 2));
    let page = page(&report_of(&examples));
    let body = page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    insta::assert_snapshot!("html_body", body);
}
