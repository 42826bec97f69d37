//! The guide as it is printed.

use attncheck::guide::TOPICS;

use crate::cli::ran;
use crate::support::documents::{document, documents};
use crate::support::program;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn printed(topic: &str, columns: &str) -> String {
    let mut command = assert_cmd::Command::cargo_bin("attncheck").unwrap();
    let out = command.args(["guide", topic]).env("COLUMNS", columns).output().unwrap();
    assert_eq!((out.status.code(), out.stderr.len()), (Some(0), 0), "{topic}");
    String::from_utf8(out.stdout).unwrap()
}

/// The lines of prose, and those of code and tables.
fn parted(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut is_code = false;
    let (mut prose, mut kept) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if is_code || is_fence || line.starts_with('|') {
            kept.push(line);
        } else {
            prose.push(line);
        }
        is_code ^= is_fence;
    }
    (prose, kept)
}

#[test]
fn every_file_is_a_topic() {
    let mut names: Vec<String> = TOPICS.iter().map(|topic| format!("src/guide/{}.md", topic.name)).collect();
    names.sort();
    let files: Vec<String> =
        documents().into_iter().map(|(name, _)| name).filter(|name| name != "README.md").collect();
    assert_eq!(files, names);
}

#[test]
fn a_topic_is_printed_whole_and_wrapped() {
    for topic in TOPICS {
        let text = document(&format!("src/guide/{}.md", topic.name));
        for (columns, widest) in [("60", 60), ("80", 80), ("500", 100)] {
            let printed = printed(topic.name, columns);
            assert_eq!(words(&printed), words(&text), "{} at {columns}", topic.name);
            let (prose, kept) = parted(&printed);
            assert_eq!(kept, parted(&text).1, "{} at {columns}", topic.name);
            for line in prose {
                // A word by itself may be wider than the page.
                let is_word = line.split_whitespace().count() == 1;
                assert!(is_word || line.chars().count() <= widest, "{} at {columns}: {line}", topic.name);
            }
        }
    }
}

#[test]
fn without_a_topic_all_are_listed() {
    let (status, out, err) = ran(&["guide"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let listed = words(&out).join(" ");
    for topic in TOPICS {
        assert!(listed.contains(&format!("{} {}", topic.name, topic.about)), "{}", topic.name);
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn an_unknown_topic_is_one_error_that_lists_them() {
    let (status, out, err) = program::ran(env!("CARGO_MANIFEST_DIR"), &["guide", "verdict"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert_eq!(err.matches("error: ").count(), 1, "{err}");
    assert!(err.starts_with("error: ") && err.contains("'verdict'"), "{err}");
    for topic in TOPICS {
        assert!(err.contains(topic.name), "{err}");
    }
}
