//! The program itself, as it is run from a shell.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// Exit status, standard output, standard error without the progress that a slow machine gets told; run within `folder`,
/// 80 columns wide.
pub fn ran(folder: impl AsRef<Path>, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("attncheck").unwrap();
    let out = command.args(args).current_dir(folder).env("COLUMNS", "80").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let is_progress = |line: &&str| line.starts_with("attncheck: ");
    let err = text(out.stderr).split_inclusive('\n').filter(|line| !is_progress(line)).collect();
    (out.status.code().unwrap(), text(out.stdout), err)
}

/// A folder of its own with texts, gone at the end of the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// With these in `texts.txt`.
    pub fn with(texts: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("texts.txt", texts.as_bytes());
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.file(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    /// As [`ran`], within the folder.
    pub fn ran(&self, args: &[&str]) -> (i32, String, String) {
        ran(self.path(), args)
    }
}
