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
        let mut command = Command::cargo_bin("attncheck").unwrap();
        command.args(&arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("COLUMNS");
        let out = command.output().unwrap();
        // A command that is shown to be refused shows its error.
        let printed = if lines.iter().any(|line| line.starts_with("error: ")) {
            assert_eq!((out.status.code(), out.stdout.len()), (Some(2), 0), "{arguments:?}");
            out.stderr
        } else {
            assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
            out.stdout
        };
        passages(&arguments, &lines, &String::from_utf8(printed).unwrap());
    }
}

/// Every passage between `…` is printed, one after another.
fn passages(arguments: &[String], lines: &[String], printed: &str) {
    let printed: Vec<&str> = printed.lines().collect();
    let mut from = 0;
    for passage in lines.split(|line| line == "…").filter(|passage| !passage.is_empty()) {
        let place = printed[from..]
            .windows(passage.len())
            .position(|window| window.iter().zip(passage).all(|(found, told)| alike(found, told)));
        let place = place.unwrap_or_else(|| panic!("not printed by {arguments:?}:\n{}", passage.join("\n")));
        from += place + passage.len();
    }
}

/// Whether two lines say the same; a number with decimals may differ by two units of its last digit, since processors
/// round the sums of a model differently.
fn alike(found: &str, told: &str) -> bool {
    let (found, told) = (parts(found), parts(told));
    found.len() == told.len()
        && found.iter().zip(&told).all(|(found, told)| match (decimals(found), decimals(told)) {
            (Some((a, digits)), Some((b, other))) => {
                digits == other && (a - b).abs() <= 2.5 * 10_f64.powi(-digits)
            }
            _ => found == told,
        })
}

/// Runs of digits and points, and what stands between them.
fn parts(line: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut number = None;
    for c in line.chars() {
        let is_number = c.is_ascii_digit() || c == '.';
        match parts.last_mut() {
            Some(part) if number == Some(is_number) => part.push(c),
            _ => parts.push(c.to_string()),
        }
        number = Some(is_number);
    }
    parts
}

/// A number with digits after the point, and how many.
fn decimals(part: &str) -> Option<(f64, i32)> {
    let (whole, digits) = part.split_once('.')?;
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (plain(whole) && plain(digits)).then(|| Some((part.parse().ok()?, digits.len() as i32)))?
}

#[test]
fn numbers_may_differ_in_their_last_digit_and_nothing_else_may() {
    for (found, told, same) in [
        ("tau +0.50 -0.18…+0.51", "tau +0.49 -0.18…+0.53", true),
        ("tau +0.50", "tau +0.46", false),
        ("tau +0.50", "tau -0.50", false),
        ("83 %", "84 %", false),
        ("p 0.500", "p 0.50", false),
        ("line 4", "line 5", false),
        ("mixed 0.1", "inert 0.1", false),
    ] {
        assert_eq!(alike(found, told), same, "{found} {told}");
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
