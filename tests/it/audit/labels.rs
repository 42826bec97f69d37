//! What a label of the texts stands for: the same in every format, and told where it may not be what was meant.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use attncheck::audit::AuditError;
use attncheck::audit::{self, Effort, Plan, TargetKind};
use attncheck::model::source::HubSettings;
use attncheck::report::Report;
use serde_json::{Value, json};
use tempfile::TempDir;

const GOOD: &str = "a gripping movie , played with performances that are all understated and touching";
const BAD: &str = "the entire movie is about a boring , sad man being boring and sad";

/// The model of the fixtures with other names for its two classes.
fn model(labels: [&str; 2]) -> TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    let folder = tempfile::tempdir().unwrap();
    for file in ["model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
    config["id2label"] = json!({ "0": labels[0], "1": labels[1] });
    config["label2id"] = json!({ labels[0]: 0, labels[1]: 1 });
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    folder
}

/// Audits the rows with the model, each of its own label; written as JSON lines.
fn audited(
    model: &TempDir,
    labels: &[Value],
    change: impl FnOnce(&mut Plan),
) -> Result<(Report, Vec<Option<usize>>), AuditError> {
    let lines: Vec<String> =
        labels.iter().map(|label| json!({ "text": GOOD, "label": label }).to_string()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let mut plan = plan(path, model);
    change(&mut plan);
    let report = run(&plan)?;
    let classes = report.examples.iter().map(|example| Some(example.unwrap().gold?.class)).collect();
    Ok((report, classes))
}

fn plan(texts: PathBuf, model: &TempDir) -> Plan {
    let model = Some(model.path().display().to_string());
    Plan { effort: Effort::Quick, threads: Some(2), model, only: vec!["raw".into()], ..Plan::of(texts) }
}

fn run(plan: &Plan) -> Result<Report, AuditError> {
    audit::audit(plan, &HubSettings::from_vars(|_| None, None), &(), &AtomicBool::new(false), &mut ())
}

fn map(pairs: &[(&str, &str)]) -> impl FnOnce(&mut Plan) {
    let pairs = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    move |plan| plan.reading.renamed = pairs
}

fn notes(report: &Report) -> &[String] {
    &report.settings.input.notes
}

#[test]
fn the_map_translates_numbers_booleans_and_names_alike() {
    let model = model(["negative", "positive"]);
    let labels = [json!(0), json!(1), json!("0"), json!(1.0), json!(0.0)];
    let swapped = map(&[("0", "positive"), ("1", "negative")]);
    let (report, classes) = audited(&model, &labels, swapped).unwrap();
    assert_eq!(classes, [1, 0, 1, 0, 1].map(Some));
    assert!(notes(&report).is_empty(), "{:?}", notes(&report));
    let (_, classes) = audited(&model, &[json!(4), json!(0)], map(&[("4", "positive"), ("0", "0")])).unwrap();
    assert_eq!(classes, [1, 0].map(Some));
    let (_, classes) = audited(
        &model,
        &[json!(true), json!("true"), json!(false)],
        map(&[("true", "negative"), ("false", "positive")]),
    )
    .unwrap();
    assert_eq!(classes, [0, 0, 1].map(Some));
    let (report, _) = audited(&model, &[json!(1)], map(&[("5", "positive")])).unwrap();
    assert_eq!(notes(&report), ["--label-map names \"5\", which no label of the texts is"]);
    let error = audited(&model, &[json!(1)], map(&[("1", "positiv")])).unwrap_err();
    assert_eq!(error.to_string(), "the model has no label \"positiv\"");
    let error = audited(&model, &[json!(1)], map(&[("1", "positive"), ("1.0", "negative")])).unwrap_err();
    assert!(
        error.to_string().ends_with("it says that \"1.0\" is \"positive\" and that it is \"negative\""),
        "{error}"
    );
}

#[test]
fn names_that_are_numbers_go_before_indices_and_that_is_told() {
    let model = model(["1", "2"]);
    let (report, classes) = audited(&model, &[json!(1), json!("2"), json!(2.0), json!(0)], |_| ()).unwrap();
    assert_eq!(classes, [0, 1, 1, 0].map(Some));
    let [note] = notes(&report) else { panic!("{:?}", notes(&report)) };
    assert!(
        note.starts_with(
            "labels that are numbers are taken as names here, not as indices: \"1\" is \"1\", class 0"
        ),
        "{note}"
    );
    let swapped = self::model(["1", "0"]);
    assert_eq!(audited(&swapped, &[json!(0), json!(1)], |_| ()).unwrap().1, [1, 0].map(Some));
    // Where name and index say the same there is nothing to tell.
    let plain = self::model(["0", "1"]);
    let (report, classes) = audited(&plain, &[json!(0), json!("1.0")], |_| ()).unwrap();
    assert_eq!((classes, notes(&report).len()), ([0, 1].map(Some).to_vec(), 0));
}

#[test]
fn letters_in_another_case_booleans_and_minus_one_are_told_or_plain() {
    let model = model(["negative", "positive"]);
    let labels = [json!("POSITIVE"), json!("True"), json!(false), json!(-1), json!("-1.0"), json!("")];
    let (report, classes) = audited(&model, &labels, |_| ()).unwrap();
    assert_eq!(classes, [Some(1), Some(1), Some(0), None, None, None]);
    assert_eq!(
        notes(&report),
        [
            "labels were found in another case of letters: \"POSITIVE\" is \"positive\", class 1",
            "2 of the labels are -1 and count as none",
        ]
    );
    let ambiguous = self::model(["Yes", "YES"]);
    assert_eq!(audited(&ambiguous, &[json!("YES")], |_| ()).unwrap().1, [Some(1)]);
    let error = audited(&ambiguous, &[json!("yes")], |_| ()).unwrap_err();
    assert!(error.to_string().starts_with("line 1 has the label \"yes\", which the model does not have"));
    // A class of that name goes before what -1, true and false mean elsewhere.
    let signed = self::model(["-1", "1"]);
    assert_eq!(audited(&signed, &[json!(-1), json!(1)], |_| ()).unwrap().1, [0, 1].map(Some));
    let truth = self::model(["True", "False"]);
    assert_eq!(audited(&truth, &[json!(true), json!("false")], |_| ()).unwrap().1, [0, 1].map(Some));
    assert!(audited(&model, &[json!(0.5)], |_| ()).unwrap_err().hint().unwrap().contains("0 to 1 by index"));
}

#[test]
fn names_of_the_data_set_go_before_its_numbers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/parquet/named.parquet");
    let classes = |labels| -> Result<_, AuditError> {
        let model = model(labels);
        let report = run(&plan(file.clone(), &model))?;
        let classes: Vec<_> =
            report.examples.iter().map(|example| example.unwrap().gold.map(|gold| gold.class)).collect();
        Ok((classes, report))
    };
    // Negative is 0 in the data set, and 1 here.
    let (swapped, report) = classes(["positive", "negative"]).unwrap();
    assert_eq!(swapped, [Some(0), Some(1), None, None]);
    let failure = &report.failures[0];
    assert_eq!((failure.line, failure.error.as_str()), (4, "line 4 has no text"));
    assert_eq!(classes(["negative", "positive"]).unwrap().0, [Some(1), Some(0), None, None]);
    let (nameless, report) = classes(["LABEL_0", "LABEL_1"]).unwrap();
    assert_eq!(nameless, [Some(1), Some(0), None, None]);
    assert!(notes(&report)[0].starts_with("the model's classes have no names"), "{:?}", notes(&report));
    let error = classes(["neg", "pos"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1 has the label \"positive\" (number 1 of its data set), which the model does not have (and 2 more like it)"
    );
    // By its name or by its number.
    for pairs in [[("positive", "pos"), ("negative", "neg")], [("1", "pos"), ("0", "neg")]] {
        let model = model(["neg", "pos"]);
        let mut plan = plan(file.clone(), &model);
        map(&pairs)(&mut plan);
        assert_eq!(run(&plan).unwrap().examples.iter().next().unwrap().unwrap().gold.unwrap().class, 1);
    }
}

#[test]
fn flags_name_classes_as_the_texts_do() {
    let model = model(["negative", "positive"]);
    let explained = |class: &str, pairs: &[(&str, &str)]| -> Result<String, AuditError> {
        let pairs: Vec<_> = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        let (report, _) = audited(&model, &[Value::Null], |plan| {
            plan.class = Some(class.to_owned());
            plan.reading.renamed = pairs;
        })?;
        let example = report.examples.iter().next().unwrap().unwrap();
        Ok(example.prediction.explained)
    };
    for (class, found) in
        [("negative", "negative"), ("0", "negative"), ("POSITIVE", "positive"), ("true", "positive")]
    {
        assert_eq!(explained(class, &[]).unwrap(), found, "{class}");
    }
    assert_eq!(explained("NEG", &[("NEG", "negative")]).unwrap(), "negative");
    for unknown in ["neutral", "2", "-1", ""] {
        assert!(matches!(explained(unknown, &[]), Err(AuditError::UnknownLabel { .. })), "{unknown}");
    }
    let contrast = audited(&model, &[Value::Null], |plan| {
        plan.class = Some("1".into());
        plan.target = TargetKind::Contrast("Positive".into());
    });
    assert!(matches!(contrast, Err(AuditError::Choice { .. })));
}

#[test]
fn a_row_without_a_text_fails_alone() {
    let model = model(["negative", "positive"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.csv");
    fs::write(&path, format!("text,label\n\"{GOOD}\",1\n\"\",0\n\"{BAD}\",0\n \t,1\n")).unwrap();
    let report = run(&plan(path.clone(), &model)).unwrap();
    let failed: Vec<_> = report.failures.iter().map(|f| (f.line, f.error.as_str())).collect();
    assert_eq!(failed, [(3, "line 3 has no text"), (5, "line 5 has no text")]);
    assert_eq!((report.summary.examples, report.settings.input.examples), (2, 4));
    fs::write(&path, format!("text,text_pair\n\"{GOOD}\",\n\"{GOOD}\",\"{BAD}\"\n")).unwrap();
    let report = run(&plan(path.clone(), &model)).unwrap();
    assert_eq!(
        (report.failures[0].error.as_str(), report.summary.examples),
        ("line 2 has no second text", 1)
    );
    fs::write(&path, "text,label\n\"\",1\n").unwrap();
    let error = run(&plan(path, &model)).unwrap_err();
    assert_eq!(error.to_string(), "line 2 has no text");
    assert!(error.hint().is_some());
}
