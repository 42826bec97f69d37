//! What ends a run early: what was done is reported, and standard error says how much that is.

use std::process::{Child, Command, Output, Stdio};

use super::status::wait_for_lines;
use super::{QUICK, TEXTS, text};
use crate::support::program::Folder;

fn many() -> Folder {
    Folder::with(&TEXTS.repeat(500))
}

/// An audit that writes lines, a text and a document; `before` is what a shell does first.
fn started(folder: &Folder, before: &str) -> Child {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{before} exec \"$0\" \"$@\""))
        .arg(assert_cmd::cargo::cargo_bin("attncheck"));
    command.args(QUICK).args([
        "--format",
        "jsonl=r.jsonl",
        "--format",
        "text=r.txt",
        "--format",
        "json=r.json",
    ]);
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(
        Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success()
    );
}

fn ended(child: Child) -> (Output, String) {
    let out = child.wait_with_output().unwrap();
    let err = text(&out.stderr);
    (out, err)
}

#[test]
fn what_was_done_is_reported_after_every_signal() {
    for name in ["INT", "TERM", "HUP"] {
        let folder = many();
        let child = started(&folder, "");
        wait_for_lines(&folder, 3);
        signal(&child, name);
        let (out, err) = ended(child);
        assert_eq!(out.status.code(), Some(130), "{name}: {err}");
        let report: serde_json::Value = serde_json::from_slice(&folder.read("r.json")).unwrap();
        let done = report["examples"].as_array().unwrap().len();
        assert!(report["interrupted"] == true && (2..1000).contains(&done));
        assert_eq!(
            err,
            format!(
                "error: interrupted: the report is of {done} of 1000 texts\n\nhint: the same command with --resume does \
                 the rest\n"
            ),
            "{name}"
        );
        assert!(text(&folder.read("r.txt")).contains("interrupted"));
        let lines = text(&folder.read("r.jsonl"));
        assert!(lines.ends_with("\"interrupted\":true}\n") && lines.lines().count() == done + 2);
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = Folder::with(&TEXTS.repeat(10));
    let child = started(&folder, "trap '' HUP;");
    wait_for_lines(&folder, 2);
    signal(&child, "HUP");
    let (out, err) = ended(child);
    assert_eq!((out.status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn before_there_is_anything_to_report_the_first_signal_ends_it() {
    let folder = many();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attncheck"));
    command.args(["audit", "-", "--output", "r.txt"]).current_dir(folder.path()).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    // It waits for its texts, once it has begun to.
    std::thread::sleep(std::time::Duration::from_millis(800));
    signal(&child, "TERM");
    let (out, err) = ended(child);
    drop(stdin);
    assert_eq!(
        (out.status.code(), err.as_str()),
        (Some(130), "error: interrupted before there was anything to report\n")
    );
    assert!(!folder.file("r.txt").exists());
}
