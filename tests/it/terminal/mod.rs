//! Where reports go: whole or not there, never over an input, the same exit status for every format, and nothing that
//! steers a terminal.

mod errors;
mod files;
mod inputs;
mod patterns;
mod plots;
mod signals;
mod status;
mod steering;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::program::Folder;

/// Every format of an audit.
const FORMATS: [&str; 9] = ["text", "json", "jsonl", "html", "csv", "markdown", "junit", "github", "sarif"];

const TEXTS: &str = "a gripping movie with performances that are all understated and touching\n\
                     dull , flat and far too long for what it has to say\n";

/// A folder with two texts, and what makes a run short.
fn folder() -> Folder {
    Folder::with(TEXTS)
}

const QUICK: [&str; 7] = ["audit", "texts.txt", "--quiet", "--effort", "quick", "--only", "raw,loo"];

/// A shell's command line with the program as `$0` and what follows.
fn shell(folder: &Path, script: &str, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(assert_cmd::cargo::cargo_bin("attncheck")).args(args);
    command.current_dir(folder).env("COLUMNS", "80").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files of a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Copies the files of a model.
fn model(folder: &Folder, name: &str) {
    fs::create_dir(folder.file(name)).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.file(name).join(file.file_name())).unwrap();
    }
}
