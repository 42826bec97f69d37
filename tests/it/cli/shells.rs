//! Completions and the manual page know every command and flag.

use super::{commands, help, ran};

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (status, script, err) = ran(&["completions", shell]);
        assert_eq!((status, err.as_str()), (0, ""), "{shell}");
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("effort"), "{shell}");
    }
    let (_, script, _) = ran(&["completions", "zsh"]);
    assert!(script.contains("literature"), "the topics of the guide");
}

/// The flags that the help of a command lists.
fn flags(command: &str) -> Vec<String> {
    let help = help(&[command, "--help"]);
    // A dash with a space after it marks a value that a flag takes.
    let is_listed = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('-') && !line.starts_with("- ")
    };
    let named = |line: &str| -> Option<String> {
        // What a flag may take stands behind it in brackets.
        let flag = line.split([' ', ',', '[']).find(|word| word.starts_with("--"))?;
        Some(flag.to_owned())
    };
    help.lines().filter(is_listed).filter_map(named).collect()
}

#[test]
fn the_manual_page_names_every_command_and_flag() {
    let page = help(&["man"]);
    assert!(page.lines().any(|line| line.starts_with(".TH attncheck 1 ")), "{page}");
    assert_eq!(page.matches(".TH ").count(), 1);
    // In roff a hyphen that is typed has a backslash before it.
    let page = page.replace("\\-", "-");
    for command in commands() {
        assert!(page.contains(&format!(".SH \"ATTNCHECK {}\"", command.to_uppercase())), "{command}");
        for flag in flags(&command) {
            assert!(page.contains(&flag), "{command} {flag}");
        }
    }
    let audit = flags("audit");
    assert!(audit.len() > 40 && audit.contains(&"--format".to_owned()), "{audit:?}");
    // Sections of a command stand below it, and examples keep their lines.
    let section = page.split(".SH \"ATTNCHECK AUDIT\"").nth(1).unwrap().split("\n.SH ").next().unwrap();
    for flag in audit {
        assert!(section.contains(&flag), "{flag}");
    }
    assert_eq!(section.matches(".SS SYNOPSIS").count(), 1);
    assert_eq!(section.matches("\n.nf\n").count(), section.matches("\n.fi").count());
}
