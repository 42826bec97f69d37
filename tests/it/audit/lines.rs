//! JSON lines: written while the audit runs, taken up again after it was broken off; examples that fail.

use std::path::Path;

use attncheck::report::{Json, JsonLines, Render, Report, jsonl};
use serde_json::Value;

use crate::support::program::Folder;
use crate::support::report::{examples, report, report_of};

const TEXTS: &str = "a gripping movie , played with performances that are all understated and touching\n\n\
                     dull , flat and far too long for what it has to say\nfine\n<script>x</script> good\n";

/// Audits at the least effort; exit status and standard error.
fn audit(folder: &Folder, args: &[&str]) -> (i32, String) {
    let (status, _, err) = folder.ran(&[&["audit", "texts.txt", "--effort", "quick"], args].concat());
    (status, err)
}

fn path(folder: &Folder, file: &str) -> String {
    folder.file(file).display().to_string()
}

#[test]
fn wherever_it_was_broken_off_the_resumed_report_is_the_same_bytes() {
    let folder = Folder::with(TEXTS);
    assert_eq!(audit(&folder, &["--format", "jsonl=whole.jsonl", "--format", "json=whole.json"]).0, 0);
    let whole = folder.read("whole.jsonl");
    let lines: Vec<usize> =
        whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    assert_eq!(lines.len(), 6, "settings, four examples, summary");
    let cuts = [
        0,
        7,
        lines[0] - 1,
        lines[0],
        lines[1] + 300,
        lines[2],
        lines[4] - 1,
        lines[4],
        lines[4] + 9,
        whole.len(),
    ];
    for cut in cuts {
        folder.write("cut.jsonl", &whole[..cut]);
        let (status, err) =
            audit(&folder, &["--format", "jsonl=cut.jsonl", "--format", "json=cut.json", "--resume"]);
        assert_eq!((status, err.as_str()), (0, ""), "cut at {cut}");
        assert!(folder.read("cut.jsonl") == whole, "cut at {cut}: the lines differ");
        assert!(folder.read("cut.json") == folder.read("whole.json"), "cut at {cut}: the document differs");
    }
}

#[test]
fn the_lines_say_what_the_document_says() {
    let folder = Folder::with(TEXTS);
    assert_eq!(audit(&folder, &["--format", "jsonl=r.jsonl", "--format", "json=r.json"]).0, 0);
    let lines = jsonl::read(folder.read("r.jsonl").as_slice()).unwrap();
    let document: Report = serde_json::from_slice(&folder.read("r.json")).unwrap();
    assert_eq!(lines.settings, document.settings);
    let end = lines.end.unwrap();
    assert_eq!((&end.summary, end.interrupted), (&document.summary, false));
    let mut known = document.examples.to_vec().unwrap();
    assert!(known[0].readings[0].agreement[0].tau_q.value.is_some());
    known.iter_mut().for_each(jsonl::alone);
    assert_eq!(lines.examples.to_vec().unwrap(), known);
    // A finished report is printed as the run has written it.
    assert_eq!(JsonLines.rendered(&document).unwrap().into_bytes(), folder.read("r.jsonl"));
}

#[test]
fn a_report_of_other_settings_is_refused_and_kept() {
    let folder = Folder::with(TEXTS);
    assert_eq!(audit(&folder, &["--format", "jsonl=r.jsonl"]).0, 0);
    let before = folder.read("r.jsonl");
    let (status, err) =
        audit(&folder, &["--format", "jsonl=r.jsonl", "--resume", "--seed", "3", "--margin", "0.1"]);
    assert_eq!(status, 2);
    assert!(
        err.contains("seed was 0 and is 3") && err.contains("thresholds.margin was 0.05 and is 0.1"),
        "{err}"
    );
    assert!(err.contains("hint: "), "{err}");
    folder.write("texts.txt", TEXTS.replace("dull", "great").as_bytes());
    let (status, err) = audit(&folder, &["--format", "jsonl=r.jsonl", "--resume"]);
    assert_eq!(status, 2);
    assert!(err.contains("line 3"), "{err}");
    assert!(folder.read("r.jsonl") == before, "the earlier report was changed");
}

#[test]
fn what_is_no_report_is_never_resumed_over() {
    let folder = Folder::with(TEXTS);
    for (bytes, says) in [
        (&b"my notes\n"[..], "does not begin with a line of settings"),
        (b"my notes", "does not begin with a line of settings"),
        (b"{\"kind\":\"example\"}\n", "does not begin with a line of settings"),
    ] {
        folder.write("notes.txt", bytes);
        let (status, err) = audit(&folder, &["--format", "jsonl=notes.txt", "--resume"]);
        assert_eq!(status, 2);
        assert!(err.contains(says), "{err}");
        assert_eq!(folder.read("notes.txt"), bytes);
    }
    assert_eq!(audit(&folder, &["--format", "jsonl=r.jsonl"]).0, 0);
    let mut damaged = folder.read("r.jsonl");
    let second = damaged.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    damaged[second..second + 4].fill(b'x');
    folder.write("r.jsonl", &damaged);
    let (status, err) = audit(&folder, &["--format", "jsonl=r.jsonl", "--resume"]);
    assert_eq!(status, 2);
    assert!(err.contains("line 2 is no line of a report"), "{err}");
    let (status, err) = audit(&folder, &["--resume"]);
    assert_eq!(status, 2);
    assert!(err.contains("--format jsonl="), "{err}");
}

/// A masked-word model is audited on texts with one mask; the others fail, each by itself.
const MASKED: &str =
    "the [MASK] was dull\nno mask here\na [MASK] of [MASK] masks\nit was a [MASK] film to see\n";

fn masked(args: &[&str]) -> (Folder, i32, String) {
    let folder = Folder::with(TEXTS);
    folder.write("texts.txt", MASKED.as_bytes());
    crate::support::masked::save(Path::new(&path(&folder, "model")));
    let mut all = vec!["--model", "./model", "--format", "json=r.json"];
    all.extend(args);
    let (status, err) = audit(&folder, &all);
    (folder, status, err)
}

#[test]
fn an_example_that_fails_is_told_and_the_others_are_audited() {
    let (folder, status, err) = masked(&["--format", "jsonl=r.jsonl"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let report: Report = serde_json::from_slice(&folder.read("r.json")).unwrap();
    assert_eq!(report.examples.len(), 2);
    let failed: Vec<(usize, &str)> = report.failures.iter().map(|f| (f.line, f.error.as_str())).collect();
    assert_eq!(failed.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
    assert!(failed[0].1.contains("0 mask tokens") && report.failures[0].hint.is_some());
    let share = report.summary.failed.value.clone().unwrap();
    assert_eq!((share.estimate, share.n), (0.5, 4));
    // In the lines they stand where they stand in the file, also when the run is taken up between them.
    let whole = folder.read("r.jsonl");
    let kinds: Vec<String> = String::from_utf8(whole.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["settings", "example", "failure", "failure", "example", "summary"]);
    assert_eq!(JsonLines.rendered(&report).unwrap().into_bytes(), whole);
    let third = whole.split_inclusive(|byte| *byte == b'\n').take(3).map(<[u8]>::len).sum();
    folder.write("r.jsonl", &whole[..third]);
    let resumed = audit(&folder, &["--model", "./model", "--format", "jsonl=r.jsonl", "--resume"]);
    assert_eq!(resumed, (0, String::new()));
    assert!(folder.read("r.jsonl") == whole);
}

#[test]
fn strict_makes_a_failure_count_and_none_audited_is_an_error() {
    let (folder, status, _) = masked(&["--strict"]);
    assert_eq!(status, 2);
    assert!(serde_json::from_slice::<Report>(&folder.read("r.json")).is_ok(), "the report was not written");
    folder.write("texts.txt", b"no mask\nnor here\n");
    let (status, err) = audit(&folder, &["--model", "./model"]);
    assert_eq!(status, 2);
    assert!(err.contains("none of the 2 examples can be audited: line 1 has 0 mask tokens"), "{err}");
}

#[test]
fn examples_beyond_the_memory_are_read_again_as_they_were() {
    let long: Vec<_> = (0..40)
        .map(|i| {
            let mut example = examples().remove(i % 3);
            example.id = i.to_string();
            // Two megabytes each: the list leaves the memory.
            example.warnings.push("x".repeat(2 << 20));
            example
        })
        .collect();
    let report = report_of(&long);
    assert_eq!(report.examples.len(), 40);
    for i in [39, 0, 17] {
        assert_eq!(report.examples.get(i).unwrap().unwrap(), long[i]);
    }
    assert!(report.examples.get(40).unwrap().is_none());
    let changed = report.examples.changed(|i, example| example.line = i + 100).unwrap();
    assert_eq!(changed.get(5).unwrap().unwrap().line, 105);
}

#[test]
fn a_list_of_examples_in_json_is_a_list() {
    let value: Value = serde_json::from_str(&Json.rendered(&report()).unwrap()).unwrap();
    assert_eq!(value["examples"].as_array().unwrap().len(), 3);
    assert_eq!(value["examples"][0], serde_json::to_value(&examples()[0]).unwrap());
}
