//! How a run ends, whatever the format.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{FORMATS, QUICK, TEXTS, folder, shell, text};
use crate::support::program::Folder;

#[test]
fn standard_output_that_cannot_be_written_is_an_error_for_every_format() {
    let folder = folder();
    for format in FORMATS {
        for (script, says) in [
            ("exec \"$0\" \"$@\" > /dev/full", "No space left on device"),
            ("exec \"$0\" \"$@\" >&-", "it is closed"),
            ("exec \"$0\" \"$@\" 1< /dev/null", "Bad file descriptor"),
        ] {
            let out = shell(folder.path(), script, &[&QUICK[..], &["--format", format]].concat());
            let err = text(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{format}: {script}: {err}");
            assert!(err.starts_with("error: failed to write to standard output: "), "{format}: {err}");
            assert!(err.contains(says) && err.contains("\n\nhint: "), "{format}: {err}");
        }
        let place = format!("{format}=report");
        let args = [&QUICK[..], &["--format", &place]].concat();
        assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" >&-", &args).status.code(), Some(0), "{format}");
    }
    for listing in ["methods", "figures", "guide", "schema", "man"] {
        for script in ["exec \"$0\" \"$@\" > /dev/full", "exec \"$0\" \"$@\" >&-"] {
            assert_eq!(shell(folder.path(), script, &[listing]).status.code(), Some(2), "{listing}");
        }
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error_for_any_format() {
    let folder = folder();
    for format in FORMATS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("attncheck"));
        command.args(QUICK).args(["--format", format]).current_dir(folder.path()).stdout(writer);
        let out = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{format}");
        let script =
            "mkfifo pipe; head -c 1 pipe > read & \"$0\" \"$@\"; status=$?; wait; rm pipe; exit $status";
        let out =
            shell(folder.path(), script, &[&QUICK[..], &["--format", &format!("{format}=pipe")]].concat());
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{format}");
    }
}

/// So many texts that they take minutes.
fn many() -> Folder {
    Folder::with(&TEXTS.repeat(2000))
}

fn started(folder: &Folder, args: &[&str]) -> std::process::Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("attncheck"));
    command.args(QUICK).args(args).current_dir(folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn the_work_ends_when_nobody_reads_its_lines() {
    let folder = many();
    let begun = Instant::now();
    let mut child = started(&folder, &["--format", "jsonl"]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"kind\":\"settings\""));
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""));
    assert!(begun.elapsed() < Duration::from_secs(60), "it went on");
}

#[test]
fn what_else_is_wanted_is_done_when_nobody_reads_the_lines() {
    let folder = folder();
    for (more, status) in [(&["--format", "json=r.json"][..], 0), (&["--gate", "raw.special-mass>0.99"], 1)] {
        let mut child = started(&folder, &[&["--format", "jsonl"], more].concat());
        drop(child.stdout.take());
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(status), "{more:?}");
    }
    assert!(folder.read("r.json").ends_with(b"}\n"));
}

#[test]
fn lines_that_were_deleted_while_they_were_written_are_an_error() {
    let folder = Folder::with(&TEXTS.repeat(20));
    for replaced in [false, true] {
        let child = started(&folder, &["--format", "jsonl=r.jsonl", "--format", "json=r.json"]);
        wait_for_lines(&folder, 2);
        fs::remove_file(folder.file("r.jsonl")).unwrap();
        if replaced {
            folder.write("r.jsonl", b"another");
        }
        let out = child.wait_with_output().unwrap();
        let err = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2));
        assert!(err.starts_with("error: failed to write r.jsonl: it was deleted or replaced"), "{err}");
        assert!(folder.read("r.json").ends_with(b"}\n"), "the other report was not written");
        let _ = fs::remove_file(folder.file("r.jsonl"));
    }
}

/// Waits until an audit has written so many lines to `r.jsonl`.
pub fn wait_for_lines(folder: &Folder, lines: usize) {
    let begun = Instant::now();
    let there = || fs::read_to_string(folder.file("r.jsonl")).map_or(0, |all| all.matches('\n').count());
    while there() < lines {
        assert!(begun.elapsed() < Duration::from_secs(120), "no lines come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_is_not_reached_is_told_where_no_report_on_standard_output_says_it() {
    let folder = folder();
    let gate = ["--gate", "raw.special-mass>0.99"];
    for format in FORMATS {
        let (status, _, err) =
            folder.ran(&[&QUICK[..], &gate, &["--format", &format!("{format}=report")]].concat());
        assert_eq!(
            (status, err.as_str()),
            (1, "error: 1 of 1 gates failed: raw.special-mass > 0.99\n"),
            "{format}"
        );
        let (status, _, err) = folder.ran(&[&QUICK[..], &gate, &["--format", format]].concat());
        assert_eq!((status, err.as_str()), (1, ""), "{format}");
    }
}
