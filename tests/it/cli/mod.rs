//! What can be typed, and what comes of it. No model is run here.

mod hostile;
mod shells;

use assert_cmd::Command;

fn attncheck(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("attncheck").unwrap();
    command.args(args).env("COLUMNS", "80").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

const REVIEWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/reviews.txt");

/// Exit status, standard output, standard error.
pub fn ran(args: &[&str]) -> (i32, String, String) {
    let out = attncheck(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

pub fn help(args: &[&str]) -> String {
    let (status, out, err) = ran(args);
    assert_eq!((status, err.as_str()), (0, ""));
    out
}

#[test]
fn help_is_as_it_was() {
    insta::assert_snapshot!("help", help(&["--help"]));
    insta::assert_snapshot!("help_audit", help(&["audit", "--help"]));
    insta::assert_snapshot!("help_align", help(&["align", "--help"]));
    insta::assert_snapshot!("help_compare", help(&["compare", "--help"]));
    insta::assert_snapshot!("help_seeds", help(&["seeds", "--help"]));
    insta::assert_snapshot!("help_controls", help(&["controls", "--help"]));
    insta::assert_snapshot!("help_heads", help(&["heads", "--help"]));
    insta::assert_snapshot!("help_methods", help(&["methods", "--help"]));
}

#[test]
fn help_is_given_in_either_way() {
    for command in commands() {
        assert_eq!(help(&["help", &command]), help(&[&command, "--help"]));
    }
    assert_eq!(help(&["help"]), help(&["--help"]));
}

/// The commands that the program's help lists, but for `help`.
pub fn commands() -> Vec<String> {
    let help = help(&["--help"]);
    let listed = help.split("\nCommands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let first = |line: &str| Some(line.strip_prefix("  ")?.split(' ').next()?.to_owned());
    let names: Vec<String> =
        listed.lines().filter_map(first).filter(|name| !name.is_empty() && name != "help").collect();
    assert!(names.len() > 10 && names.contains(&"audit".to_owned()), "{names:?}");
    names
}

#[test]
fn the_version_is_told() {
    assert_eq!(help(&["--version"]), format!("attncheck {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn methods_are_listed() {
    insta::assert_snapshot!("methods", help(&["methods"]));
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    for args in [
        &["audit"][..],
        &["audit", "x", "--unknown"],
        &["audit", "x", "--threads", "0"],
        &["audit", "x", "--device", "gpu"],
        &["heads", "x", "--device", "cuda:-1"],
        &["audit", "x", "--limit", "0"],
        &["audit", "x", "--margin", "1.5"],
        &["audit", "x", "--margin", "NaN"],
        &["audit", "x", "--epsilon", "-1"],
        &["audit", "x", "--jsd", "0.7"],
        &["audit", "x", "--min-words", "0"],
        &["audit", "x", "--only", "raw,nothing"],
        &["audit", "x", "--site", "head:1"],
        &["audit", "x", "--operator", "erase"],
        &["audit", "x", "--format", "pdf"],
        &["align", "x"],
        &["align", "x", "--model", "m", "--head", "first"],
        &["align", "x", "--model", "m", "--gold-first", "0"],
        &["align", "x", "--model", "m", "--gold", "g", "--translate"],
        &["align", "x", "--model", "m", "--beams", "4"],
        &["align", "x", "--model", "m", "--format", "csv"],
        &["audit", "x", "--format", "pharaoh"],
        &["controls", "x"],
        &["controls", "--seed", "-1"],
        &["controls", "--threads", "0"],
        &["controls", "--full", "--model", "x"],
        &["controls", "--device", "cuda"],
        &["controls", "--model", "x", "--limit", "0"],
        &["audit", "x", "--score", "logit", "--contrast", "negative"],
        &["heads", "x", "--maps"],
        &["guide", "nothing"],
        &["completions"],
        &["completions", "cmd"],
        &["man", "audit"],
        &["nothing"],
    ] {
        let (status, out, err) = ran(args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}");
        assert!(err.starts_with("error: ") || err.contains("Usage: "), "{args:?}: {err}");
    }
}

#[test]
fn a_wrong_site_names_the_forms() {
    let (_, _, err) = ran(&["audit", "x", "--site", "head:1"]);
    assert!(err.contains("head:LAYER.HEAD"), "{err}");
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_gpu_needs_a_build_with_cuda() {
    for command in ["audit", "heads"] {
        let (status, out, err) = ran(&[command, REVIEWS, "--device", "cuda:1"]);
        assert_eq!((status, out.as_str()), (2, ""));
        insta::allow_duplicates! { insta::assert_snapshot!(err, @r"
        error: failed to take the device: cuda:1 was asked for, but this build has no CUDA

        hint: build with `cargo build --release --features cuda`
        ") }
    }
}

#[test]
fn a_missing_file_is_one_error_with_a_hint() {
    let (status, out, err) = ran(&["audit", "no-such-file.txt"]);
    assert_eq!((status, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @r"
    error: failed to read the texts: no such file: no-such-file.txt

    hint: give the path of a file of texts, or `-` for standard input
    ");
}

#[test]
fn a_missing_model_folder_is_one_error() {
    let (status, out, err) = ran(&["audit", REVIEWS, "--model", "./no-such-folder"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.starts_with("error: failed to find the model: ") && err.contains("no-such-folder"), "{err}");
}

#[test]
fn a_report_that_cannot_be_written_is_known_at_once() {
    let (status, _, err) = ran(&["audit", "no-such-file.txt", "--output", "no-such-folder/report.txt"]);
    assert_eq!(status, 2);
    assert!(err.starts_with("error: failed to write no-such-folder/report.txt"), "{err}");
    assert!(err.contains("\n\nhint: "), "{err}");
}

#[test]
fn a_path_cannot_steer_the_terminal() {
    let (status, _, err) = ran(&["audit", "a\u{1b}[2Jb", "--color", "never"]);
    assert_eq!(status, 2);
    assert!(!err.contains('\u{1b}') && err.contains("\\u{1b}[2Jb"), "{err}");
}

#[test]
fn colour_is_for_who_wants_it() {
    let colored = |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = attncheck(args);
        if let Some((name, value)) = variable {
            command.env(name, value);
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!colored(&["methods"], None), "a pipe got colour");
    assert!(colored(&["methods", "--color", "always"], None));
    assert!(!colored(&["methods", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&["methods"], Some(("NO_COLOR", "1"))));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_is_no_error() {
    use std::process::{Command, Stdio};
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("attncheck"))
        .arg("methods")
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
