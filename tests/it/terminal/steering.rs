//! A terminal never gets what steers it, whatever the format; JSON never has it at all.

use std::process::Command;

use attncheck::report::{Json, JsonLines, Render, Sarif};
use proptest::prelude::*;
use serde_json::Value;

use super::{FORMATS, folder, text};
use crate::support::report::{examples, report_of};

/// A link, the clipboard, a cleared screen, C1 controls, directions, zero width, line separators, a tag.
const HOSTILE: &str = "a good film \u{1b}]8;;http://evil.example\u{1b}\\L\u{1b}]8;;\u{1b}\\ \u{1b}]52;c;ZXZpbA==\u{7} \
                       \u{1b}[2J\u{1b}[1A\u{9b}31m \u{202e}RLO\u{202c} \u{2066}I\u{2069} \u{200b} \u{8}\u{8} \u{85} \u{2028} \
                       \u{feff} \u{e0041} and never dull at all";

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0041}')
}

/// Without the sequences that set a colour, which the program makes itself.
fn without_colors(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_terminal_is_steered_by_no_format() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("not tried: there is no `script` to make a terminal with");
        return;
    }
    let folder = folder();
    let lines: Vec<String> = [("one", HOSTILE), (HOSTILE, "x\n::error::y\r\n\u{1b}[2J and no good at all")]
        .iter()
        .map(|(id, text)| serde_json::json!({ "id": id, "text": text }).to_string())
        .collect();
    folder.write("texts.jsonl", lines.join("\n").as_bytes());
    for format in FORMATS {
        let program = assert_cmd::cargo::cargo_bin("attncheck");
        let line = format!(
            "{} audit texts.jsonl --effort quick --only raw,loo -q --format {format}",
            program.display()
        );
        let out = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let shown = text(&out.stdout).replace("\r\n", "\n");
        assert!(shown.len() > 200, "{format}: {shown}");
        let colored = shown.contains("\u{1b}[");
        assert!(!colored || format == "text", "{format} has colours");
        for sequence in shown.split("\u{1b}[").skip(1) {
            let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
            assert!(sequence[end..].starts_with('m'), "{format}: {sequence:?}");
        }
        let found = without_colors(&shown).chars().find(|c| *c != '\n' && steers(*c));
        assert_eq!(found, None, "{format}");
    }
}

#[test]
fn a_file_and_a_pipe_get_a_table_as_it_is() {
    let folder = folder();
    folder.write("texts.jsonl", serde_json::json!({ "text": HOSTILE }).to_string().as_bytes());
    let args = ["audit", "texts.jsonl", "--effort", "quick", "--only", "raw,loo", "--format", "csv"];
    let piped = folder.ran(&args).1;
    assert!(piped.contains(HOSTILE));
    assert_eq!(folder.ran(&[&args[..], &["--output", "r.csv"]].concat()).0, 0);
    assert_eq!(text(&folder.read("r.csv")), piped);
}

#[test]
fn no_line_of_a_log_is_a_command_of_the_service() {
    let folder = folder();
    folder.write(
        "texts.jsonl",
        serde_json::json!({ "text": "::error::x ##[error]y\n::add-mask::e and so on and on" })
            .to_string()
            .as_bytes(),
    );
    for format in ["text", "markdown", "junit", "html", "json", "jsonl", "sarif"] {
        let mut command = assert_cmd::Command::cargo_bin("attncheck").unwrap();
        command.args(["audit", "texts.jsonl", "--effort", "quick", "--only", "raw,loo", "--format", format]);
        let out = command.current_dir(folder.path()).env("GITHUB_ACTIONS", "true").output().unwrap();
        assert_eq!(out.status.code(), Some(0));
        for line in text(&out.stdout).lines() {
            assert!(!line.trim_start().starts_with("::"), "{format}: {line}");
            assert!(
                ["json", "jsonl", "sarif"].contains(&format) || !line.contains("##["),
                "{format}: {line}"
            );
        }
    }
}

proptest! {
    #[test]
    fn json_has_no_such_character_and_gives_every_text_back(text in "\\PC*|(.|[\u{0}-\u{9f}\u{2028}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}]){0,40}") {
        let mut list = examples();
        for example in &mut list {
            text.clone_into(&mut example.text);
            text.clone_into(&mut example.id);
            example.readings[0].verdict.reasons = vec![text.clone()];
        }
        let report = report_of(&list);
        let document = Json.rendered(&report).unwrap();
        let lines = JsonLines.rendered(&report).unwrap();
        let sarif = Sarif.rendered(&report).unwrap();
        for json in [&document, &lines, &sarif] {
            prop_assert_eq!(json.chars().find(|c| *c != '\n' && steers(*c)), None);
        }
        let back: Value = serde_json::from_str(&document).unwrap();
        prop_assert_eq!(back["examples"][0]["text"].as_str().unwrap(), &text);
        let back: Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
        prop_assert_eq!(back["id"].as_str().unwrap(), &text);
    }
}
