//! `--plots`: files of their own, never over what is read, never over another report.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{QUICK, folder, model, names, text};
use crate::support::program::Folder;

fn with(flags: &[&str]) -> Vec<String> {
    [&QUICK[..], flags].concat().iter().map(|flag| (*flag).to_owned()).collect()
}

fn ran(folder: &Folder, flags: &[&str]) -> (i32, String, String) {
    let args = with(flags);
    folder.ran(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn plots_are_written_beside_the_report() {
    let folder = folder();
    let plain = ran(&folder, &[]);
    let found = ran(&folder, &["--plots", "figures/"]);
    assert_eq!(found, plain, "the report is the same");
    let written = names(&folder.file("figures"));
    for name in [
        "file-means.svg",
        "file-verdicts.svg",
        "text-1-words.svg",
        "text-2-heads.svg",
        "text-2-swaps-row.svg",
    ] {
        assert!(written.contains(&name.to_owned()), "{name} in {written:?}");
    }
    let drawn = |name: &String| Path::new(name).extension().is_some_and(|end| end == "svg");
    assert!(written.iter().all(drawn), "{written:?}");
    let words = folder.read("figures/text-1-words.svg");
    assert!(text(&words).starts_with("<svg xmlns=") && text(&words).contains(">gripping</text>"));
    // The same again takes their places, and nothing else's.
    folder.write("figures/notes.txt", b"mine");
    assert_eq!(ran(&folder, &["--plots", "figures"]), plain);
    assert_eq!(folder.read("figures/text-1-words.svg"), words);
    assert_eq!(folder.read("figures/notes.txt"), b"mine");
    assert_eq!(names(&folder.file("figures")).len(), written.len() + 1);
}

#[test]
fn the_other_commands_write_theirs_and_a_page() {
    let folder = folder();
    let heads =
        ["heads", "texts.txt", "--effort", "quick", "-f", "html=heads.html", "--plots", "plots", "--quiet"];
    let (status, out, err) = folder.ran(&heads);
    assert_eq!((status, out.as_str(), err.as_str()), (0, "", ""));
    assert!(text(&folder.read("heads.html")).contains("<!doctype html>"));
    assert!(names(&folder.file("plots")).contains(&"heads-tau.svg".to_owned()));
    assert_eq!(ran(&folder, &["-f", "json=a.json"]).0, 0);
    let compare = ["compare", "--reports", "a.json", "a.json", "-f", "html=c.html", "--plots", "c"];
    let (status, _, err) = folder.ran(&compare);
    assert_eq!((status, err.as_str()), (0, ""), "{err}");
    assert!(text(&folder.read("c.html")).contains("<!doctype html>"));
    assert!(names(&folder.file("c")).contains(&"likeness.svg".to_owned()));
}

/// Refused before the work: nothing has changed, and nothing was made.
#[track_caller]
fn refused(folder: &Folder, flags: &[&str], says: &str) {
    let before = names(folder.path());
    let (status, out, err) = ran(folder, flags);
    assert_eq!((status, out.as_str()), (2, ""), "{flags:?}: {err}");
    assert!(
        err.starts_with("error: ") && err.contains(says) && err.contains("\n\nhint: "),
        "{flags:?}: {err}"
    );
    assert_eq!(names(folder.path()), before, "{flags:?}");
}

#[test]
fn nothing_that_is_read_is_overwritten() {
    let folder = folder();
    fs::create_dir(folder.file("figures")).unwrap();
    // The texts under the name of a plot: linked hard, by a symbolic link, and themselves.
    fs::hard_link(folder.file("texts.txt"), folder.file("figures/text-1-words.svg")).unwrap();
    refused(&folder, &["--plots", "figures"], "holds the texts");
    fs::remove_file(folder.file("figures/text-1-words.svg")).unwrap();
    symlink("../texts.txt", folder.file("figures/File-Means.SVG")).unwrap();
    refused(&folder, &["--plots", "figures"], "holds the texts");
    fs::remove_file(folder.file("figures/File-Means.SVG")).unwrap();
    folder.write("figures/words.svg", super::TEXTS.as_bytes());
    let (status, _, err) = folder.ran(&[
        "audit",
        "figures/words.svg",
        "--effort",
        "quick",
        "--only",
        "raw,loo",
        "--plots",
        "figures",
    ]);
    assert!(status == 2 && err.contains("holds the texts"), "{err}");
    fs::remove_file(folder.file("figures/words.svg")).unwrap();
    // A file of the model.
    model(&folder, "model");
    fs::hard_link(folder.file("model/config.json"), folder.file("figures/file-verdicts.svg")).unwrap();
    refused(&folder, &["--model", "./model", "--plots", "figures"], "is a file of the model");
    fs::remove_file(folder.file("figures/file-verdicts.svg")).unwrap();
    refused(&folder, &["--plots", "texts.txt"], "holds the texts");
    assert_eq!(ran(&folder, &["--plots", "figures"]).0, 0);
    assert_eq!(folder.read("texts.txt"), super::TEXTS.as_bytes());
}

#[test]
fn the_cache_of_the_hub_takes_no_plot() {
    let folder = folder();
    fs::create_dir_all(folder.file("cache/models--org--name/blobs")).unwrap();
    for place in ["cache/models--org--name", "cache/models--org--name/blobs", "cache/models--org--name/new"] {
        let mut command = assert_cmd::Command::cargo_bin("attncheck").unwrap();
        command.args(["audit", "texts.txt", "--model", "org/name", "--offline", "--plots", place]);
        let out = command.current_dir(folder.path()).env("HF_HUB_CACHE", "cache").output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains("is in the hub's cache"), "{place}: {}", text(&out.stderr));
    }
}

#[test]
fn no_plot_takes_the_place_of_a_report() {
    let folder = folder();
    fs::create_dir(folder.file("figures")).unwrap();
    for report in ["html=figures/text-1-words.svg", "json=figures/new.svg"] {
        refused(&folder, &["-f", report, "--plots", "figures"], "two reports would be written to");
    }
    symlink("figures", folder.file("same")).unwrap();
    refused(&folder, &["-f", "html=same/a.svg", "--plots", "figures"], "two reports would be written to");
    // Beside them there is room.
    let (status, _, err) = ran(&folder, &["-f", "html=figures/report.html", "--plots", "same"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(names(&folder.file("figures")).contains(&"text-1-words.svg".to_owned()));
}

#[test]
fn what_can_be_no_folder_is_refused_before_the_work() {
    let folder = folder();
    folder.write("file", b"x");
    for place in ["file", "none/figures", "file/figures", ""] {
        let (status, out, err) = ran(&folder, &["--plots", place]);
        assert_eq!((status, out.as_str()), (2, ""), "{place}: {err}");
        assert!(err.starts_with("error: "), "{place}: {err}");
    }
    assert_eq!(names(folder.path()), ["file", "texts.txt"]);
}
