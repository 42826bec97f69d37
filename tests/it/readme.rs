//! The README prints what the program prints, and lists the methods there are.

use std::path::Path;

use assert_cmd::Command;
use attncheck::attribution::ALL;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The command of a console block and its printed lines, between which `…` stands for any others.
fn console(readme: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let command =
                lines.next().unwrap().strip_prefix("$ attncheck ").expect("a block begins with a command");
            (command.split(' ').map(str::to_owned).collect(), lines.map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn printed_outputs_are_real() {
    let blocks = console(&readme());
    assert!(!blocks.is_empty());
    for (arguments, lines) in blocks {
        if arguments.join(" ") == "controls --full" {
            // Minutes long; it is held to the committed document, and that to the program, in `controls::grid`.
            passages(&arguments, &lines, &crate::controls::committed());
            continue;
        }
        let run = Command::cargo_bin("attncheck")
            .unwrap()
            .args(&arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("COLUMNS")
            .assert()
            .success();
        let printed = String::from_utf8(run.get_output().stdout.clone()).unwrap();
        passages(&arguments, &lines, &printed);
    }
}

/// Every passage between `…` is printed.
fn passages(arguments: &[String], lines: &[String], printed: &str) {
    for passage in lines.split(|line| line == "…").filter(|passage| !passage.is_empty()) {
        let passage = passage.join("\n");
        assert!(printed.contains(&passage), "not printed by {arguments:?}:\n{passage}");
    }
}

#[test]
fn every_method_has_its_row() {
    let readme = readme();
    for method in ALL {
        let row = format!(
            "| `{}` | {} | {} | {} | {} |",
            method.name,
            method.role.name(),
            method.meaning,
            method.paper,
            method.cost
        );
        assert!(readme.contains(&row), "missing: {row}");
    }
}

#[test]
fn every_model_type_is_named() {
    let readme = readme();
    for family in attncheck::model::families::names() {
        assert!(readme.contains(&format!("`{family}`")), "{family}");
    }
}
