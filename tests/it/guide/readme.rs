//! The README and the guide print what the program prints, and list the methods and models there are.

use std::collections::BTreeMap;

use assert_cmd::Command;
use attncheck::attribution::ALL;
use attncheck::guide::TOPICS;

use crate::support::documents::{blocks, console, document, documents};

#[test]
fn printed_outputs_are_real() {
    // What two documents show of one command is printed once.
    let mut outputs: BTreeMap<Vec<&str>, Output> = BTreeMap::new();
    let documents = documents();
    let mut in_readme = 0;
    for (name, text) in &documents {
        for (_, code) in blocks(text).into_iter().filter(|(language, _)| *language == "console") {
            let (command, lines) = console(code);
            let Some(arguments) = command.strip_prefix("attncheck ") else {
                // The questions to a report are asked in `recipes` and `literature`.
                assert!(
                    ["src/guide/literature.md", "src/guide/recipes.md"].contains(&name.as_str()),
                    "{command}"
                );
                continue;
            };
            in_readme += usize::from(name == "README.md");
            if arguments == "controls --full" {
                // Minutes long; it is held to the committed document, and that to the program, in `controls::grid`.
                passages(name, command, &lines, &crate::controls::committed());
                continue;
            }
            let arguments: Vec<&str> = arguments.split(' ').collect();
            let output = outputs.entry(arguments).or_insert_with_key(|arguments| run(arguments));
            // A command that is shown to be refused shows its error.
            let printed = if lines.iter().any(|line| line.starts_with("error: ")) {
                assert_eq!((output.status, output.out.len()), (2, 0), "{command}");
                &output.err
            } else {
                assert_eq!(output.status, 0, "{command}: {}", output.err);
                &output.out
            };
            passages(name, command, &lines, printed);
        }
    }
    assert!(in_readme > 0);
}

/// What a command gave.
struct Output {
    status: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("attncheck").unwrap();
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("COLUMNS");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// Every passage between `…` is printed, one after another.
pub(super) fn passages(name: &str, command: &str, lines: &[&str], printed: &str) {
    let printed: Vec<&str> = printed.lines().collect();
    let mut from = 0;
    for passage in lines.split(|line| *line == "…").filter(|passage| !passage.is_empty()) {
        let place = printed[from..]
            .windows(passage.len())
            .position(|window| window.iter().zip(passage).all(|(found, told)| alike(found, told)));
        let place =
            place.unwrap_or_else(|| panic!("{name}: not printed by {command}:\n{}", passage.join("\n")));
        from += place + passage.len();
    }
}

/// Whether two lines say the same; a number with decimals may differ by two units of its last digit, since processors
/// round the sums of a model differently.
pub(super) fn alike(found: &str, told: &str) -> bool {
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
    let guide = document("src/guide/literature.md");
    for method in ALL {
        let row = format!(
            "| `{}` | {} | {} | {} | {} |",
            method.name,
            method.role.name(),
            method.meaning,
            method.paper,
            method.cost
        );
        assert!(guide.contains(&row), "missing: {row}");
    }
}

#[test]
fn every_model_type_is_named() {
    for name in ["README.md", "src/guide/models.md"] {
        let text = document(name);
        for family in attncheck::model::families::names() {
            assert!(text.contains(&format!("`{family}`")), "{name}: {family}");
        }
    }
}

#[test]
fn every_topic_is_linked() {
    let readme = document("README.md");
    for topic in TOPICS {
        let row = format!("| [{0}](src/guide/{0}.md) | {1} |", topic.name, topic.about);
        assert!(readme.contains(&row), "missing: {row}");
    }
}

/// What a link of the README leads to is there.
#[test]
fn no_link_leads_nowhere() {
    let readme = document("README.md");
    let links: Vec<&str> = readme.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > TOPICS.len());
    for link in links {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
        assert!(path.exists(), "{link}");
    }
}
