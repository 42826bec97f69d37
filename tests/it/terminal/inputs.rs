//! No report takes the place of what the command reads, under whatever name.

use std::fs;
use std::os::unix::fs::symlink;

use super::{QUICK, folder, model, names, shell, text};
use crate::support::program::Folder;

/// Everything in the folder, to see that nothing of it has changed.
fn all(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in names(folder.path()) {
        let path = folder.file(&name);
        if path.is_dir() && !path.is_symlink() {
            all.extend(
                names(&path)
                    .into_iter()
                    .map(|file| (format!("{name}/{file}"), fs::read(path.join(&file)).unwrap())),
            );
        } else {
            // A link may lead nowhere.
            all.push((name, fs::read(path).unwrap_or_default()));
        }
    }
    all
}

/// Refused before the work, with the role of the file, and nothing has changed.
#[track_caller]
fn refused(folder: &Folder, args: &[&str], says: &str) {
    let before = all(folder);
    let (status, out, err) = folder.ran(args);
    assert_eq!((status, out.as_str()), (2, ""), "{args:?}: {err}");
    assert!(
        err.starts_with("error: ") && err.contains(says) && err.contains("\n\nhint: "),
        "{args:?}: {err}"
    );
    assert!(all(folder) == before, "{args:?} changed something");
}

#[test]
fn the_texts_are_spared_under_every_name() {
    let folder = folder();
    fs::hard_link(folder.file("texts.txt"), folder.file("hard")).unwrap();
    symlink("texts.txt", folder.file("soft")).unwrap();
    symlink(".", folder.file("here")).unwrap();
    let absolute = folder.file("texts.txt").display().to_string();
    for name in
        ["texts.txt", "./texts.txt", "TEXTS.txt", "here/texts.txt", "hard", "soft", "here/soft", &absolute]
    {
        for command in ["audit", "heads"] {
            refused(&folder, &[command, "texts.txt", "--output", name], "holds the texts");
        }
        refused(
            &folder,
            &["audit", "texts.txt", "--format", &format!("jsonl={name}"), "--resume"],
            "holds the texts",
        );
    }
    refused(
        &folder,
        &["compare", "a/b", "c/d", "texts.txt", "--offline", "--output", "hard"],
        "holds the texts",
    );
    refused(
        &folder,
        &["seeds", "a/b", "c/d", "e/f", "texts.txt", "--offline", "--output", "soft"],
        "holds the texts",
    );
    model(&folder, "model");
    refused(&folder, &["controls", "texts.txt", "--model", "model", "--output", "hard"], "holds the texts");
    for script in
        ["exec \"$0\" audit - --output texts.txt < texts.txt", "exec \"$0\" audit texts.txt >> texts.txt"]
    {
        let out = shell(folder.path(), script, &[]);
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains("holds the texts"), "{}", text(&out.stderr));
        assert_eq!(folder.read("texts.txt"), super::TEXTS.as_bytes());
    }
}

#[test]
fn every_file_of_a_model_is_spared() {
    let folder = folder();
    model(&folder, "model");
    let audit =
        |name: &str| ["audit", "texts.txt", "--model", "./model", "--output", name].map(str::to_owned);
    for file in names(&folder.file("model")) {
        let args = audit(&format!("model/{file}"));
        refused(&folder, &args.each_ref().map(String::as_str), "is a file of the model");
        let link = format!("link-{file}");
        fs::hard_link(folder.file("model").join(&file), folder.file(&link)).unwrap();
        refused(&folder, &audit(&link).each_ref().map(String::as_str), "is a file of the model");
    }
    // What is not there would be read the next time.
    for file in ["added_tokens.json", "special_tokens_map.json", "Tokenizer_Config.JSON", "vocab.txt"] {
        refused(
            &folder,
            &audit(&format!("model/{file}")).each_ref().map(String::as_str),
            "is a file of the model",
        );
    }
    for (command, places) in [("compare", 2), ("seeds", 3)] {
        let models = vec!["./model"; places];
        let args = [&[command], models.as_slice(), &["texts.txt", "--output", "model/config.json"]].concat();
        refused(&folder, &args, "is a file of the model");
    }
    refused(
        &folder,
        &["controls", "--model", "model", "--output", "model/config.json"],
        "is a file of the model",
    );
    // A report of one's own is none of them, and can be written again.
    for _ in 0..2 {
        let args =
            [&QUICK[..], &["--limit", "1", "--model", "./model", "--output", "model/audit.json"]].concat();
        assert_eq!(folder.ran(&args).0, 0);
    }
}

#[test]
fn the_cache_of_the_hub_is_spared() {
    let folder = folder();
    let blobs = folder.file("cache/models--org--name/blobs");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join("0123"), "weights").unwrap();
    fs::hard_link(blobs.join("0123"), folder.file("hard")).unwrap();
    for name in ["cache/models--org--name/blobs/0123", "cache/models--org--name/new", "hard"] {
        let mut command = assert_cmd::Command::cargo_bin("attncheck").unwrap();
        command.args(["audit", "texts.txt", "--model", "org/name", "--offline", "--output", name]);
        let out = command.current_dir(folder.path()).env("HF_HUB_CACHE", "cache").output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains("is in the hub's cache"), "{name}: {}", text(&out.stderr));
    }
    assert_eq!(fs::read(blobs.join("0123")).unwrap(), b"weights");
}

#[test]
fn reports_and_settings_that_are_read_are_spared() {
    let folder = folder();
    folder.write("gates.toml", b"[gates]\nfailed = \"<= 1\"\n");
    let args = [&QUICK[..], &["--format", "json=a.json", "--format", "jsonl=b.jsonl"]].concat();
    assert_eq!(folder.ran(&args).0, 0);
    fs::hard_link(folder.file("a.json"), folder.file("hard")).unwrap();
    let audit = |flags: &[&'static str]| [&["audit", "texts.txt"], flags].concat();
    refused(&folder, &audit(&["--config", "gates.toml", "--output", "gates.toml"]), "is the configuration");
    let baseline = ["--baseline", "a.json", "--gate", "change.tau>=0", "--output"];
    refused(&folder, &audit(&[&baseline[..], &["hard"]].concat()), "is the baseline");
    for output in ["a.json", "b.jsonl", "hard"] {
        let args = ["compare", "--reports", "a.json", "b.jsonl", "--format", "json", "--output", output];
        refused(&folder, &args, "is a report that is compared");
    }
}

#[test]
fn documents_that_the_texts_name_are_spared() {
    let folder = folder();
    fs::create_dir(folder.file("docs")).unwrap();
    folder.write("docs/one", b"a very good film indeed\n");
    folder.write("docs/report.html", b"of an earlier run");
    let line = r#"{"annotation_id": "x", "evidences": [[{"docid": "one", "start_token": 1, "end_token": 3}]], "classification": "positive"}"#;
    folder.write("eraser.jsonl", line.as_bytes());
    fs::hard_link(folder.file("docs/one"), folder.file("hard")).unwrap();
    for output in ["docs/one", "hard"] {
        refused(&folder, &["audit", "eraser.jsonl", "--output", output], "is a document of the texts");
    }
    let args = [
        "audit",
        "eraser.jsonl",
        "--effort",
        "quick",
        "--only",
        "raw,loo",
        "--format",
        "html=docs/report.html",
    ];
    let (status, _, err) = folder.ran(&args);
    assert_eq!((status, err.as_str()), (0, ""));
}

#[test]
fn two_reports_never_share_a_place() {
    let folder = folder();
    folder.write("there", b"x");
    fs::hard_link(folder.file("there"), folder.file("hard")).unwrap();
    symlink("new.json", folder.file("soft")).unwrap();
    for (one, other) in [
        ("text", "json"),
        ("text=a", "json=a"),
        ("text=a", "json=./a"),
        ("text=a", "jsonl=A"),
        ("text=there", "json=hard"),
        ("text=new.json", "json=soft"),
        ("text", "json=/dev/stdout"),
        ("csv=-", "json=/dev/fd/1"),
    ] {
        let args = ["audit", "texts.txt", "--format", one, "--format", other];
        refused(&folder, &args, "two reports would be written to");
    }
    let (status, _, err) = folder.ran(&["audit", "texts.txt", "-f", "text", "-f", "json=a", "--output", "a"]);
    assert_eq!(status, 2);
    assert!(err.contains("two reports would be written to a"), "{err}");
    let out = shell(
        folder.path(),
        "exec \"$0\" \"$@\" > there",
        &["audit", "texts.txt", "-f", "text", "-f", "json=there"],
    );
    assert!(text(&out.stderr).contains("two reports would be written to"), "{}", text(&out.stderr));
    // Any number of them may go nowhere.
    let args = [&QUICK[..], &["-f", "text=/dev/null", "-f", "json=/dev/null"]].concat();
    assert_eq!(folder.ran(&args).0, 0);
}
