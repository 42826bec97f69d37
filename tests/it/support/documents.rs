//! What readers are told: the README and the guide.

use std::fs;
use std::path::Path;

/// A file of the repository.
pub fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The README and every topic of the guide, by name.
pub fn documents() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned()];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            names.push(format!("src/guide/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    names.sort();
    names.into_iter().map(|name| (name.clone(), document(&name))).collect()
}

/// The blocks of code, each with its language, in their order.
pub fn blocks(document: &str) -> Vec<(&str, &str)> {
    let mut fences = document.split("\n```").skip(1);
    let mut blocks = Vec::new();
    while let Some(opened) = fences.next() {
        let (language, code) = opened.split_once('\n').unwrap();
        assert!(!language.is_empty(), "a block without a language:\n{code}");
        blocks.push((language, code));
        assert!(fences.next().is_some_and(|rest| rest.starts_with('\n')), "a block without an end:\n{code}");
    }
    blocks
}

/// A console block: its command, without the `$`, and what that prints.
pub fn console(code: &str) -> (&str, Vec<&str>) {
    let mut lines = code.lines();
    let command =
        lines.next().and_then(|line| line.strip_prefix("$ ")).expect("a block begins with a command");
    (command, lines.collect())
}
