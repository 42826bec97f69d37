//! Pairs, gold labels, targets and rationales, from the file to the report.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use assert_cmd::Command;
use attncheck::audit::AuditError;
use attncheck::audit::{self, Effort, Plan};
use attncheck::input::Options;
use attncheck::model::source::HubSettings;
use attncheck::report::{ExampleReport, Report, Summary};
use attncheck::stats::interval::wilson;
use serde_json::{Value, json};

fn hub() -> HubSettings {
    HubSettings::from_vars(|_| None, None)
}

fn plan(path: PathBuf) -> Plan {
    Plan { effort: Effort::Quick, threads: Some(2), ..Plan::of(path) }
}

fn run(plan: &Plan) -> Result<Report, AuditError> {
    audit::audit(plan, &hub(), &(), &AtomicBool::new(false), &mut ())
}

/// Audits these JSON lines with the embedded model.
fn of(lines: &[Value], change: impl FnOnce(&mut Plan)) -> Result<Report, AuditError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.jsonl");
    let written: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, written.join("\n")).unwrap();
    let mut plan = plan(path);
    change(&mut plan);
    run(&plan)
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts").join(name)
}

fn examples(report: &Report) -> Vec<ExampleReport> {
    report.examples.iter().map(Result::unwrap).collect()
}

const GOOD: &str = "a gripping movie , played with performances that are all understated and touching";
const BAD: &str = "the entire movie is about a boring , sad man being boring and sad";

#[test]
fn the_second_text_is_read_and_its_words_are_its_own() {
    let report = run(&plan(fixture("pairs.jsonl"))).unwrap();
    for example in examples(&report) {
        let second = example.words.iter().filter(|word| word.sequence == 1).count();
        assert_eq!(second > 0, example.pair.is_some());
        for word in &example.words {
            let text = if word.sequence == 0 { &example.text } else { example.pair.as_ref().unwrap() };
            assert_eq!(&text[word.start..word.end], word.text);
        }
    }
    // It is given to the model: the same first text alone, or with another second one, is another example.
    let margin = |pair: Option<&str>| {
        let report = of(&[json!({ "text": GOOD, "text_pair": pair })], |_| ()).unwrap();
        examples(&report)[0].target
    };
    let [alone, good, bad] = [None, Some(GOOD), Some(BAD)].map(margin);
    assert!((alone - good).abs() > 0.01 && (good - bad).abs() > 0.01, "{alone} {good} {bad}");
}

#[test]
fn a_pair_that_is_too_long_says_what_is_left_of_each_text() {
    let (long, short) = ("good ".repeat(600), "a fine film");
    let only = |plan: &mut Plan| plan.only = vec!["raw".to_owned()];
    let report = of(&[json!({ "text": long, "text_pair": short })], only).unwrap();
    let example = &examples(&report)[0];
    let (first, second): (Vec<_>, Vec<_>) = example.words.iter().partition(|word| word.sequence == 0);
    assert_eq!((first.len(), second.len(), example.tokens), (506, 3, 512));
    let warning = "the two texts have 606 tokens but the model takes 512: only the first 506 of 600 words of the \
                   first and the first 3 of 3 of the second were audited";
    assert_eq!(example.warnings, [warning]);
}

#[test]
fn an_examples_own_target_goes_before_the_runs() {
    let line = |target: Value| json!({ "text": GOOD, "target": target });
    let explained = |target: Value, class: Option<&str>| {
        let report = of(&[line(target)], |plan| plan.class = class.map(str::to_owned)).unwrap();
        examples(&report)[0].prediction.explained.clone()
    };
    assert_eq!(explained(Value::Null, None), "positive");
    assert_eq!(explained(json!("negative"), None), "negative");
    assert_eq!(explained(json!(0), Some("positive")), "negative");
    assert_eq!(explained(Value::Null, Some("negative")), "negative");
    assert_eq!(explained(json!(true), Some("negative")), "positive");
}

#[test]
fn labels_are_found_by_name_index_and_truth_value() {
    let labels =
        [json!("positive"), json!("Positive"), json!(1), json!("1"), json!(true), json!("good"), Value::Null];
    let lines: Vec<Value> = labels.iter().map(|label| json!({ "text": GOOD, "label": label })).collect();
    let report = of(&lines, |plan| plan.reading.renamed = vec![("good".into(), "positive".into())]).unwrap();
    let gold: Vec<_> = examples(&report).into_iter().map(|example| example.gold).collect();
    for gold in &gold[..6] {
        let gold = gold.as_ref().unwrap();
        assert_eq!((gold.label.as_str(), gold.class, gold.correct), ("positive", 1, true));
    }
    assert!(gold[6].is_none());
    let accuracy = report.summary.accuracy.unwrap().value.unwrap();
    assert_eq!((accuracy.n, accuracy.low), (6, wilson(6, 6).unwrap().bounds.map(|bounds| bounds.0)));
}

#[test]
fn an_unknown_label_is_told_before_anything_is_audited() {
    let lines = [
        json!({ "text": GOOD, "label": "positive" }),
        json!({ "text": BAD, "label": "NEG" }),
        json!({ "text": BAD, "label": 2 }),
        json!({ "text": BAD, "target": "NEG" }),
    ];
    let error = of(&lines, |_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2 has the label \"NEG\", which the model does not have (and 2 more like it)"
    );
    let hint = error.hint().unwrap();
    assert_eq!(
        hint,
        "its labels are negative, positive, or 0 to 1 by index; --label-map OTHER=negative says what another name stands for"
    );
    let error = of(&[json!({ "text": BAD, "target": 2 })], |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "line 1 has the target \"2\", which the model does not have");
}

/// Without what people said, and the q-values, which are of all examples.
fn bare(mut example: ExampleReport) -> ExampleReport {
    (example.gold, example.plausibility) = (None, None);
    example
}

#[test]
fn no_number_rests_on_labels_or_rationales() {
    let plain = [json!({ "text": GOOD }), json!({ "text": BAD }), json!({ "text": "fine" })];
    let told = [
        json!({ "text": GOOD, "label": 1, "rationale": [[2, 10], [57, 81]] }),
        json!({ "text": BAD, "label": 1, "rationale": [] }),
        json!({ "text": "fine", "label": 0, "rationale": [0, 1, 2, 3] }),
    ];
    let (plain, told) = (of(&plain, |_| ()).unwrap(), of(&told, |_| ()).unwrap());
    assert!(examples(&told).iter().all(|e| e.gold.is_some() && e.plausibility.is_some()));
    assert_eq!(examples(&plain), examples(&told).into_iter().map(bare).collect::<Vec<_>>());
    let mut summary = told.summary.clone();
    assert!(summary.accuracy.take().is_some() && summary.plausibility.take().is_some());
    (summary.correct, summary.wrong) = (None, None);
    // Right and wrong predictions are told apart, and nothing else of the answer is another.
    for reading in &mut summary.answer.as_mut().unwrap().readings {
        assert!(reading.correct.take().is_some() && reading.wrong.take().is_some());
    }
    assert_eq!(plain.summary, summary);
}

#[test]
fn correct_and_wrong_predictions_are_summed_up_apart() {
    let lines = [
        json!({ "text": GOOD, "label": 1 }),
        json!({ "text": BAD, "label": 1 }),
        json!({ "text": BAD, "label": 0 }),
        json!({ "text": GOOD }),
    ];
    let report = of(&lines, |_| ()).unwrap();
    let summary = &report.summary;
    let accuracy = summary.accuracy.as_ref().unwrap().value.as_ref().unwrap();
    assert_eq!((accuracy.n, (accuracy.estimate * 3.0).round()), (3, 2.0));
    let (correct, wrong) = (summary.correct.as_ref().unwrap(), summary.wrong.as_ref().unwrap());
    assert_eq!((summary.examples, correct.examples, wrong.examples), (4, 2, 1));
    // Each is what the audit of those examples alone says.
    let alone = of(&[json!({ "text": GOOD, "id": "1" }), json!({ "text": BAD, "id": "3" })], |_| ()).unwrap();
    let mut correct = correct.clone();
    assert!(correct.accuracy.is_none() && correct.correct.is_none() && correct.plausibility.is_none());
    correct.accuracy = None;
    // There is one verdict on a file; its groups have effects of their own in it.
    assert_eq!(*correct, Summary { answer: None, ..alone.summary });
    let all = of(&[json!({ "text": GOOD, "label": 1 })], |_| ()).unwrap().summary;
    assert_eq!(all.wrong.as_ref().unwrap().examples, 0);
    assert!(all.wrong.as_ref().unwrap().ceiling.reason.is_some());
}

#[test]
fn plausibility_compares_the_words_of_the_first_text() {
    let lines = [
        json!({ "text": GOOD, "text_pair": BAD, "rationale": [[2, 10]] }),
        json!({ "text": GOOD, "rationale": [] }),
        json!({ "text": GOOD, "rationale": [[0, 81]] }),
        json!({ "text": GOOD }),
    ];
    let report = of(&lines, |_| ()).unwrap();
    let found: Vec<_> =
        examples(&report).into_iter().map(|example| (example.words, example.plausibility)).collect();
    let (words, pair) = (&found[0].0, found[0].1.as_ref().unwrap());
    assert_eq!(
        (words.iter().filter(|word| word.sequence == 0).count(), pair.words, pair.marked),
        (13, 13, 1)
    );
    // One of thirteen and all of thirteen are marked, a half on average.
    assert_eq!(pair.selected, 7);
    let raw = &pair.maps[0];
    assert_eq!((raw.method.as_str(), raw.sinks_removed), ("raw", false));
    let precision = raw.average_precision.value.unwrap();
    let rank = (1.0 / precision).round();
    assert!((precision * rank - 1.0).abs() < 1e-12, "{precision}");
    let none = found[1].1.as_ref().unwrap();
    assert_eq!((none.marked, none.chance.value), (0, None));
    assert_eq!(none.maps[0].token_f1.reason.as_deref(), Some("the rationale marks no word that was audited"));
    let all = found[2].1.as_ref().unwrap();
    assert_eq!(all.maps[0].average_precision.reason.as_deref(), Some("the rationale marks every word"));
    assert!(all.maps[0].token_f1.value.is_some() && found[3].1.is_none());
    let summary = report.summary.plausibility.unwrap();
    assert_eq!((summary.examples, summary.maps[0].token_f1.value.as_ref().unwrap().n), (3, 2));
    assert_eq!(summary.maps[0].average_precision.value.as_ref().unwrap().n, 1);
}

fn attncheck(args: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("attncheck").unwrap();
    command.args(args).env("COLUMNS", "80").env_remove("CLICOLOR_FORCE").write_stdin(input.to_owned());
    let out = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_report_for_reading_shows_both_texts_labels_and_plausibility() {
    let pairs = fixture("pairs.jsonl");
    let (status, out, err) =
        attncheck(&["audit", pairs.to_str().unwrap(), "--effort", "quick", "--quiet"], "");
    assert_eq!((status, err.as_str()), (0, ""));
    for said in [
        "── umbrella (line 1) ─",
        "first:  she took an umbrella because it was raining hard\nsecond: the weather was wet\n",
        "#: place in both texts",
        "the gold label",
        "(no verdict rests on it)",
        "gold labels accuracy",
        "\nchance ",
    ] {
        let flowed = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains(said) || flowed.contains(said), "{said}\n{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let colour = attncheck(
        &["audit", pairs.to_str().unwrap(), "--effort", "quick", "--color", "always", "--limit", "1"],
        "",
    )
    .1;
    assert!(colour.contains("second: "), "{colour}");
}

#[test]
fn standard_input_and_names_of_fields_are_told_by_flags() {
    let flags = [
        "--input-format",
        "csv",
        "--text-field",
        "review",
        "--label-field",
        "gold",
        "--label-map",
        "bad=negative",
    ];
    let args = [&["audit", "-", "--effort", "quick", "--quiet", "--format", "json"][..], &flags].concat();
    let (status, out, err) =
        attncheck(&args, "gold,review\nbad,\"dull ,\nflat and far too long for what it has to say\"\n");
    assert_eq!((status, err.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["examples"][0]["gold"], json!({ "label": "negative", "class": 0, "correct": true }));
    let (status, out, err) = attncheck(&["heads", "-", "--input-format", "jsonl"], "{\"text\": 1}\n\n{\n");
    assert_eq!((status, out.as_str()), (2, ""));
    let expected = "error: failed to read the texts: stdin has 2 malformed lines\n  \
        line 1: expected a string in the field \"text\", found a number\n  \
        line 3: invalid JSON at column 1: EOF while parsing an object\n";
    assert!(err.starts_with(expected), "{err}");
}

#[test]
fn heads_and_controls_take_structured_texts() {
    let pairs = fixture("pairs.jsonl");
    let args = ["heads", pairs.to_str().unwrap(), "--limit", "1", "--quiet", "--format", "json"];
    let (status, out, err) = attncheck(&args, "");
    assert_eq!((status, err.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["examples"][0]["pair"], "the weather was wet");
    let eraser = fixture("eraser/movies.jsonl");
    let map = "NEG=negative,POS=positive";
    let args = [
        "heads",
        eraser.to_str().unwrap(),
        "--limit",
        "1",
        "--quiet",
        "--format",
        "json",
        "--label-map",
        map,
    ];
    let (status, out, err) = attncheck(&args, "");
    assert_eq!((status, err.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["examples"][0]["id"], "negR_857.txt");
}

#[test]
fn eraser_annotations_are_audited() {
    let map = vec![("NEG".to_owned(), "negative".to_owned()), ("POS".to_owned(), "positive".to_owned())];
    let reading = Options { renamed: map, ..Options::default() };
    let plan = Plan { reading, limit: Some(1), ..plan(fixture("eraser/movies.jsonl")) };
    let report = run(&plan).unwrap();
    let example = &examples(&report)[0];
    let (gold, found) = (example.gold.as_ref().unwrap(), example.plausibility.as_ref().unwrap());
    assert_eq!((gold.label.as_str(), example.window.is_some()), ("negative", false));
    assert!(found.marked > 10 && found.marked < found.words, "{found:?}");
    // Shapley values of so long a text take more passes than are spent.
    let (sampled, maps): (Vec<_>, Vec<_>) = found.maps.iter().partition(|map| map.method == "shapley");
    assert!(sampled[0].token_f1.reason.is_some());
    assert!(maps.iter().all(|map| map.token_f1.value.is_some_and(|f1| (0.0..=1.0).contains(&f1))));
}
