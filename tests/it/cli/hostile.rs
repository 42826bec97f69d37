//! Bad input from the command line: one error, what and where and how to mend it, status 2, no report.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::golden::Case;
use crate::support::planted;

const WORDS: [&str; 12] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film", "is", "very", "fine"];

/// A folder with a small random model, a word-level tokenizer and a text.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let case = Case::open("bert-relu");
        for file in ["config.json", "model.safetensors"] {
            fs::copy(case.folder.join(file), folder.path().join(file)).unwrap();
        }
        folder.write("tokenizer.json", planted::tokenizer(&WORDS.map(str::to_owned)).to_string().as_bytes());
        folder.write("texts.txt", b"a good film is very fine\nbad\n");
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_slice(&fs::read(self.path().join(name)).unwrap()).unwrap();
        change(&mut value);
        self.write(name, value.to_string().as_bytes());
    }

    /// Exit status, standard output, standard error; run within the folder.
    fn audit(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::cargo_bin("attncheck").unwrap();
        command.current_dir(self.path()).env("COLUMNS", "80").env("RUST_BACKTRACE", "1");
        command.args(["audit", "texts.txt", "--model", ".", "--effort", "quick"]).args(args);
        let out = command.timeout(std::time::Duration::from_secs(60)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
    }

    #[track_caller]
    fn refuses(&self, args: &[&str], said: &str) {
        let (status, out, err) = self.audit(args);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with("error: ") && err.contains(said), "{err}");
        assert_eq!(err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{err}");
        // The error, an empty line, the hint: no backtrace, no panic.
        assert!(err.lines().count() == 3 && err.contains("\n\nhint: "), "{err}");
    }
}

#[test]
fn the_folder_unharmed_is_audited() {
    let (status, out, err) = Folder::new().audit(&[]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("LABEL_"), "{out}");
}

#[test]
fn ids_outside_the_embedding_up_to_the_last_there_is() {
    for id in [40u32, 1 << 31, u32::MAX] {
        let folder = Folder::new();
        folder.change("tokenizer.json", |t| t["model"]["vocab"]["far"] = json!(id));
        folder.refuses(&[], &format!("ids up to {id}, but the embedding has 40 rows"));
    }
}

#[test]
fn a_text_without_an_unknown_token_is_named_by_its_line() {
    let folder = Folder::new();
    folder.change("tokenizer.json", |t| {
        t["model"]["vocab"].as_object_mut().unwrap().remove("[UNK]");
        t["added_tokens"].as_array_mut().unwrap().remove(1);
    });
    folder.write("texts.txt", b"\n\nnobody knows\n");
    folder.refuses(&[], "line 3 cannot be tokenized");
}

#[test]
fn a_config_cut_short_says_how_to_mend_it() {
    let folder = Folder::new();
    folder.write("config.json", b"{\"model_type\":");
    folder.refuses(&[], "config.json cannot be read");
}

#[test]
fn a_label_among_thousands_is_not_all_of_them() {
    let folder = Folder::new();
    folder.refuses(&["--target", "nothing"], "no label \"nothing\"");
    let (_, _, err) = folder.audit(&["--contrast", "nothing"]);
    assert!(err.contains("LABEL_0, LABEL_1"), "{err}");
}

#[test]
fn a_pickle_that_is_none() {
    for bytes in [&b""[..], b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."] {
        let folder = Folder::new();
        fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        folder.write("pytorch_model.bin", bytes);
        folder.refuses(&[], "pytorch_model.bin cannot be read as a PyTorch archive");
    }
}

#[test]
fn any_number_of_threads_is_taken() {
    let folder = Folder::new();
    let one = folder.audit(&["--threads", "1", "--format", "json"]);
    assert_eq!(one.0, 0, "{}", one.2);
    for threads in ["1000", "100000000", &u64::MAX.to_string()] {
        assert!(folder.audit(&["--threads", threads, "--format", "json"]) == one, "{threads} threads");
    }
}

#[test]
fn the_report_never_takes_the_place_of_the_texts() {
    let folder = Folder::new();
    let before = fs::read(folder.path().join("texts.txt")).unwrap();
    folder.refuses(&["--output", "texts.txt"], "texts.txt holds the texts");
    folder.refuses(&["--output", "./texts.txt"], "holds the texts");
    assert_eq!(fs::read(folder.path().join("texts.txt")).unwrap(), before);
}

#[test]
fn a_dash_is_standard_output() {
    let folder = Folder::new();
    let plain = folder.audit(&[]);
    assert!(folder.audit(&["--output", "-"]) == plain);
    assert!(!folder.path().join("-").exists());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_yet_stays() {
    let folder = Folder::new();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("report.txt", &link).unwrap();
    fs::write(folder.path().join("texts.txt"), "").unwrap();
    folder.refuses(&["--output", "link"], "holds no example");
    assert!(link.is_symlink());
}
