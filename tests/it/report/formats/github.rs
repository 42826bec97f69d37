//! Annotations for GitHub.

use std::collections::BTreeMap;

use super::*;

/// What GitHub's runner makes of a line: command, properties, message.
fn commanded(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let back = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    };
    let properties = properties
        .split(',')
        .filter_map(|property| property.split_once('='))
        .map(|(key, value)| (key.to_owned(), back(value)))
        .collect();
    let message = message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    Some((name.to_owned(), properties, message))
}

#[test]
fn github_annotates_the_lines_of_the_texts() {
    let said = Github.rendered(&full()).unwrap();
    let commands: Vec<_> =
        said.lines().map(|line| commanded(line).expect("every line is a command")).collect();
    let places: Vec<(&str, Option<&str>)> = commands
        .iter()
        .map(|(name, properties, _)| (name.as_str(), properties.get("line").map(String::as_str)))
        .collect();
    assert_eq!(
        places,
        [
            ("error", None),
            ("error", None),
            ("error", Some("3")),
            ("error", Some("4")),
            ("notice", Some("2")),
            ("notice", None)
        ]
    );
    assert!(
        commands.iter().all(|(_, properties, _)| properties.get("file").is_none_or(|f| f == "reviews.txt"))
    );
    assert_eq!(
        commands.last().unwrap().2,
        "3 texts audited: 1 supported, 1 contradicted, 1 insufficient; 1 could not be audited"
    );
}

#[test]
fn github_takes_no_command_from_a_text() {
    let said = Github.rendered(&hostile()).unwrap();
    let known = ["error", "notice", "title", "file", "line"];
    for line in said.lines() {
        assert!(!line.chars().any(steers), "{line:?}");
        let (name, properties, _) = commanded(line).expect("every line is a command");
        assert!(known.contains(&name.as_str()));
        assert!(properties.keys().all(|key| known.contains(&key.as_str())), "{properties:?}");
    }
    let (_, properties, _) = commanded(said.lines().nth(2).unwrap()).unwrap();
    // The file is found by its own name, so far as a terminal can be shown it.
    assert!(
        properties["file"].starts_with("=cmd|'/c x'!A1,\"q\";</failure>]]>::error::x%0A\r\n##[error]y\n")
    );
    assert_eq!(said.lines().count(), 2 + 4 + 1);
}

#[test]
fn github_says_how_many_it_leaves_out() {
    let said = Github.rendered(&many()).unwrap();
    let of =
        |kind: &str| said.lines().filter(|line| line.starts_with(&format!("::{kind} "))).collect::<Vec<_>>();
    assert_eq!((of("error").len(), of("notice").len()), (10, 10));
    // Two gates, 60 failures, 40 contradicted; nine are shown.
    assert!(of("error")[9].contains("::93 more are left out"), "{}", of("error")[9]);
    // 40 insufficient; eight, what is left out, and the count.
    assert!(of("notice")[8].contains("::32 more are left out"), "{}", of("notice")[8]);
}
