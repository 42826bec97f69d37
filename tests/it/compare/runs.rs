//! `attncheck compare` on the small model and a copy of it with other weights, and on their reports.

use std::fs;

use attncheck::compare::likeness::is_signed;
use attncheck::report::compare::CompareReport;
use attncheck::report::read;

use crate::support::checkpoints::{TINY, checkpoint};
use crate::support::program::Folder;

const TEXTS: &str = "a gripping movie , played with performances that are all understated and touching\n\
                     dull , flat and far too long for what it has to say\nso good it hurts\n";

#[test]
fn models_and_their_reports_compare_alike() {
    let folder = Folder::with(TEXTS);
    checkpoint(folder.path(), "other", 0.05);
    let quick = ["--effort", "quick"];
    let run = |args: &[&str]| {
        let (status, out, err) = folder.ran(&[args, &quick].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{args:?}");
        out
    };
    run(&["compare", TINY, "other", "texts.txt", "--format", "json=models.json", "--format", "text"]);
    run(&["audit", "texts.txt", "--model", TINY, "--naopc", "-f", "json=a.json"]);
    run(&["audit", "texts.txt", "--model", "other", "--naopc", "-f", "jsonl=b.jsonl", "-f", "json=b.json"]);
    let (status, _, err) =
        folder.ran(&["compare", "--reports", "a.json", "b.jsonl", "-f", "json=reports.json"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let read_back = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    assert_eq!(read_back("models.json"), read_back("reports.json"));
    let found: CompareReport = serde_json::from_str(&read_back("models.json")).unwrap();
    assert_eq!((found.summary.pairs, found.unpaired.len()), (3, 0));
    // Signs are where they are said to be.
    let a = read::read(&folder.path().join("a.json")).unwrap();
    for example in a.examples.iter() {
        let example = example.unwrap();
        let readings = example.readings.iter().map(|r| (&r.method, &r.scores));
        for (method, scores) in readings.chain(example.references.iter().map(|r| (&r.method, &r.scores))) {
            let below = scores.value.iter().flatten().any(|score| *score < 0.0);
            assert!(!below || is_signed(method), "{method} has signs");
        }
        // Four words: every order was searched, so every reading lies between the bounds.
        let exact = example.words.len() <= 8;
        for erasure in example.readings.iter().filter_map(|r| r.erasure.value.as_ref()) {
            let bounds = erasure.aopc_bounds.as_ref().unwrap();
            assert_eq!(bounds.exact, exact);
            if let (true, Some(naopc)) = (exact, erasure.naopc.value) {
                assert!((-1e-9..=1.0 + 1e-9).contains(&naopc), "{naopc}");
            }
            assert!(erasure.naopc_sufficiency.reason.is_some(), "only at thorough");
        }
    }
    // A report that was broken off has no end, and a text has none at all.
    let lines = read_back("b.jsonl");
    fs::write(folder.path().join("cut.jsonl"), lines.split_inclusive('\n').take(2).collect::<String>())
        .unwrap();
    for (file, said) in [
        ("cut.jsonl", "it was broken off before its end"),
        ("texts.txt", "it is not the document of an audit"),
        ("models.json", "it is not the document of an audit"),
        ("none.json", "failed to read it"),
    ] {
        let (status, out, err) = folder.ran(&["compare", "--reports", "a.json", file]);
        assert_eq!((status, out.as_str()), (2, ""), "{file}");
        assert!(
            err.contains(said)
                && err.contains(&format!("failed to read the report {file}"))
                && err.contains("hint:"),
            "{err}"
        );
    }
    let (status, _, err) = folder.ran(&["compare", "--reports", "a.json", "b.json", "-o", "a.json"]);
    assert!(status == 2 && err.contains("overwrite"), "{err}");
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let folder = Folder::with(TEXTS);
    for args in [
        &["compare"][..],
        &["compare", "a"],
        &["compare", "a", "b"],
        &["compare", "--reports", "a.json"],
        &["compare", "--reports", "a.json", "b.json", "c.json"],
        &["compare", "a", "b", "texts.txt", "--reports", "a.json", "b.json"],
        &["compare", "a", "b", "texts.txt", "--format", "jsonl"],
    ] {
        let (status, out, err) = folder.ran(args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("Usage: ") || err.contains("error: "), "{args:?}: {err}");
    }
}
