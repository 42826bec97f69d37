//! What comes from files and names is told on one line, which nothing in it ends, begins or makes endless.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{folder, model, shell, text};
use crate::support::program::Folder;

const HOSTILE: &str =
    "x\n::error file=a.txt::injected\r\n::add-mask::e\n##[error]y\u{1b}[2J\u{9b}1m\u{202e}\u{2028}\u{200b}";

/// One error, its details and its hint, and not one character that steers.
#[track_caller]
fn told(err: &str, what: &str) {
    assert!(err.starts_with("error: "), "{what}: {err}");
    for line in err.lines() {
        let known = ["error: ", "  ", "hint: "].iter().any(|start| line.starts_with(start));
        assert!((known || line.is_empty()) && line.len() < 6000, "{what}: {line}");
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{what}: {line}");
    }
    let steers = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}' | '\u{2028}' | '\u{202e}'));
    assert_eq!(err.chars().find(|c| steers(*c)), None, "{what}: {err}");
    assert!(err.len() < 8000, "{what}: {} bytes", err.len());
}

/// Every string of a document in turn, in whose place another stands.
fn changed(document: &Value, other: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut paths = vec![String::new()];
    while let Some(path) = paths.pop() {
        match document.pointer(&path).unwrap() {
            Value::Object(fields) => paths.extend(fields.keys().map(|key| format!("{path}/{key}"))),
            Value::Array(items) => paths.extend((0..items.len()).map(|i| format!("{path}/{i}"))),
            _ => {
                let mut document = document.clone();
                *document.pointer_mut(&path).unwrap() = json!(other);
                all.push((path, document));
            }
        }
    }
    all
}

#[test]
fn nothing_in_a_configuration_of_a_model_gets_out() {
    let folder = folder();
    model(&folder, "model");
    let config = folder.file("model/config.json");
    let sound: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    let long = "y".repeat(200_000);
    let mut failed = 0;
    for other in [HOSTILE, &long] {
        for (path, document) in changed(&sound, other) {
            fs::write(&config, document.to_string()).unwrap();
            let (status, _, err) =
                folder.ran(&["audit", "texts.txt", "--model", "model", "--target", "none", "--limit", "1"]);
            assert_eq!(status, 2);
            told(&err, &path);
            failed += usize::from(err.contains("\\u{a}::error") || err.contains("yyy…"));
        }
    }
    assert!(failed > 6, "only {failed} of them were told");
}

#[test]
fn nothing_in_a_tokenizer_or_in_a_tensor_gets_out() {
    let folder = folder();
    let fresh = || {
        let _ = fs::remove_dir_all(folder.file("model"));
        model(&folder, "model");
    };
    for (file, bytes) in [
        ("tokenizer.json", json!({ "model": { "type": HOSTILE } }).to_string().into_bytes()),
        ("tokenizer.json", json!({ "version": HOSTILE, HOSTILE: 1 }).to_string().into_bytes()),
        (
            "config.json",
            format!("{{\"model_type\": \"bert\", \"{}", HOSTILE.replace('\n', "\\n")).into_bytes(),
        ),
        ("model.safetensors", tensor(HOSTILE)),
        ("model.safetensors", HOSTILE.as_bytes().to_vec()),
    ] {
        fresh();
        fs::write(folder.file("model").join(file), bytes).unwrap();
        let (status, _, err) = folder.ran(&["audit", "texts.txt", "--model", "model"]);
        assert_eq!(status, 2, "{file}: {err}");
        told(&err, file);
    }
}

/// A file of safetensors with one tensor of this name.
fn tensor(name: &str) -> Vec<u8> {
    let header = json!({ name: { "dtype": "F32", "shape": [1], "data_offsets": [0, 4] } }).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn nothing_that_was_typed_or_is_called_so_gets_out() {
    let folder = folder();
    let file = "texts\n::error::x\u{1b}[2J.jsonl";
    folder.write(
        file,
        b"{\"text\": 3}\n{\"id\": \"a\", \"text\": \"good\"}\n{\"id\": \"a\", \"text\": \"bad\"}\n",
    );
    folder.write("gates.toml", format!("[gates]\n\"{}\" = 3\n", HOSTILE.escape_default()).as_bytes());
    folder.write("broken.toml", b"[gates]\nx = \"\n::error::x\n");
    folder.write("labels.jsonl", json!({ "text": "good", "label": HOSTILE }).to_string().as_bytes());
    folder.write("fields.jsonl", json!({ HOSTILE: "good" }).to_string().as_bytes());
    folder.write("report.json", json!({ HOSTILE: 1 }).to_string().as_bytes());
    let format = format!("{HOSTILE}=x");
    for args in [
        &["audit", file][..],
        &["audit", HOSTILE],
        &["audit", "texts.txt", "--model", HOSTILE],
        &["audit", "texts.txt", "--model", "./\n::error::x"],
        &["audit", "texts.txt", "--target", HOSTILE],
        &["audit", "texts.txt", "--contrast", HOSTILE],
        &["audit", "texts.txt", "--gate", HOSTILE],
        &["audit", "texts.txt", "--gate", "x\n::error::y<=0.3"],
        &["audit", "texts.txt", "--only", HOSTILE],
        &["audit", "texts.txt", "--site", HOSTILE],
        &["audit", "texts.txt", "--device", HOSTILE],
        &["audit", "texts.txt", "--effort", HOSTILE],
        &["audit", "texts.txt", "--format", &format],
        &["audit", "texts.txt", HOSTILE],
        &["audit", "texts.txt", "--\n::error::x"],
        &[HOSTILE],
        &["audit", "texts.txt", "--output", "none\n::error::x/report"],
        &["audit", "texts.txt", "--format", "text=a\n::b", "--format", "json=a\n::b"],
        &["audit", "texts.txt", "--config", "gates.toml"],
        &["audit", "texts.txt", "--config", "broken.toml"],
        &["audit", "texts.txt", "--baseline", "report.json", "--gate", "change.tau>=0"],
        &["audit", "labels.jsonl"],
        &["audit", "fields.jsonl"],
        &["audit", "texts.jsonl", "--text-field", HOSTILE],
        &["compare", "--reports", "report.json", HOSTILE],
    ] {
        let (status, out, err) = folder.ran(args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}");
        if err.contains("Usage: ") || err.contains("For more information") {
            // clap tells usage on lines of its own.
            assert!(err.lines().all(|line| !line.trim_start().starts_with("::")), "{args:?}: {err}");
            assert_eq!(err.chars().find(|c| c.is_control() && *c != '\n'), None, "{args:?}: {err}");
        } else {
            told(&err, &format!("{args:?}"));
        }
    }
}

#[test]
fn a_configuration_that_is_broken_is_told_on_one_line() {
    let folder = folder();
    folder.write("gates.toml", b"gate-on = \"estimate\"\n[gates]\ncontradicted = <= 0.2\n");
    let (_, _, err) = folder.ran(&["audit", "texts.txt", "--config", "gates.toml"]);
    assert!(err.starts_with("error: failed to read the configuration gates.toml: line 3: "), "{err}");
    assert_eq!(err.lines().count(), 3, "{err}");
}

#[test]
fn strict_says_which_text_failed() {
    let folder = Folder::with("it was a [MASK] film\nno mask here\n");
    crate::support::masked::save(Path::new(&folder.file("model")));
    for format in super::FORMATS {
        let args = [
            "audit",
            "texts.txt",
            "--model",
            "./model",
            "--effort",
            "quick",
            "--strict",
            "-q",
            "--format",
            format,
        ];
        let (status, out, err) = folder.ran(&args);
        assert_eq!(status, 2);
        assert!(!out.is_empty(), "{format}");
        assert!(
            err.starts_with("error: 1 of 2 examples could not be audited, and --strict was given; the first is on line 2: ")
                && err.contains("0 mask tokens")
                && err.contains("\n\nhint: "),
            "{format}: {err}"
        );
    }
}

#[test]
fn lines_that_are_damaged_are_told_as_that() {
    let folder = folder();
    let args = [&super::QUICK[..], &["--format", "jsonl=r.jsonl"]].concat();
    assert_eq!(folder.ran(&args).0, 0);
    let whole = folder.read("r.jsonl");
    for (line, hint) in [(0, "nothing of it can be used"), (1, "`head -n 1`"), (2, "`head -n 2`")] {
        let mut lines: Vec<Vec<u8>> =
            whole.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let end = lines[line].len();
        lines[line][end / 2..end - 1].fill(b'x');
        let damaged = lines.concat();
        folder.write("r.jsonl", &damaged);
        let (status, _, err) = folder.ran(&[&args[..], &["--resume"]].concat());
        assert_eq!(status, 2);
        assert!(
            err.contains(&format!("line {} is no line of a report", line + 1)) && err.contains(hint),
            "{err}"
        );
        assert_eq!(folder.read("r.jsonl"), damaged);
        if line > 0 {
            // The hint helps.
            assert!(
                shell(folder.path(), &format!("head -n {line} r.jsonl > cut.jsonl"), &[]).status.success()
            );
            let resumed = [&super::QUICK[..], &["--format", "jsonl=cut.jsonl", "--resume"]].concat();
            let (status, _, err) = folder.ran(&resumed);
            assert_eq!((status, err.as_str()), (0, ""));
            assert_eq!(text(&folder.read("cut.jsonl")), text(&whole));
        }
    }
}
