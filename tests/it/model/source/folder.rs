//! Model folders, whole and broken.

use std::fs;
use std::path::Path;

use attncheck::model::source::{Files, HubSettings, ModelRef, Patience, SourceError, Weights, open};
use attncheck::tokens::{Tokenizer, Vocabulary};
use tempfile::TempDir;

use super::{fixture, weight_bytes};

fn nowhere() -> HubSettings {
    HubSettings {
        endpoint: "http://127.0.0.1:1".to_owned(),
        token: None,
        cache: "no-cache".into(),
        offline: false,
        patience: Patience::default(),
    }
}

fn read(path: &Path) -> Result<Files, SourceError> {
    open(&ModelRef::Folder(path.to_path_buf()), &nowhere(), &())
}

/// A folder with these files; those named as in the fixture hold what they hold there.
fn with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        fs::write(folder.path().join(name), contents).unwrap();
    }
    folder
}

#[test]
fn embedded_is_the_fixture() {
    let embedded = open(&ModelRef::Embedded, &nowhere(), &()).unwrap();
    let folder = read(&fixture()).unwrap();
    assert_eq!(embedded.config, folder.config);
    assert_eq!(weight_bytes(&embedded), weight_bytes(&folder));
    assert_eq!((folder.revision, folder.commit), (None, None));
    for files in [&embedded.tokenizer, &folder.tokenizer] {
        let tokens = Tokenizer::from_files(files, &folder.config).unwrap().encode("a fine film").unwrap();
        assert_eq!(tokens.words.len(), 3);
    }
}

#[test]
fn what_is_missing_is_named_with_what_is_there() {
    let folder = with(&[("notes.txt", ""), ("tokenizer.json", "")]);
    let error = read(folder.path()).unwrap_err();
    assert!(matches!(error, SourceError::NoConfig { .. }), "{error:?}");
    assert!(error.to_string().ends_with("has no config.json; it holds notes.txt, tokenizer.json"), "{error}");
    let error = read(with(&[("config.json", "")]).path()).unwrap_err();
    assert!(matches!(error, SourceError::NoTokenizer { .. }), "{error:?}");
    let error = read(with(&[("config.json", ""), ("tokenizer.json", "")]).path()).unwrap_err();
    assert!(matches!(error, SourceError::NoWeights { .. }), "{error:?}");
    let error = read(with(&[("config.json", ""), ("tokenizer.model", "")]).path()).unwrap_err();
    assert!(
        matches!(&error, SourceError::TokenizerKind { file, .. } if file == "tokenizer.model"),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("AutoTokenizer"));
    let error = read(with(&[("config.json", ""), ("bpe.codes", ""), ("vocab.txt", "")]).path()).unwrap_err();
    assert!(matches!(error, SourceError::TokenizerKind { .. }), "{error:?}");
    let error = read(with(&[]).path()).unwrap_err();
    assert!(error.to_string().ends_with("it holds nothing"), "{error}");
    let error = read(&fixture().join("config.json")).unwrap_err();
    assert!(matches!(error, SourceError::NotAFolder { .. }), "{error:?}");
    let error = read(Path::new("none/such")).unwrap_err();
    assert!(matches!(error, SourceError::NoFolder { .. }), "{error:?}");
}

/// What a download that went wrong leaves in the place of a file.
#[test]
fn files_that_are_something_else() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 267832558\n";
    let page = "\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>";
    let whole = [
        ("config.json", "{}"),
        ("tokenizer.json", "{}"),
        ("model.safetensors", "x"),
        ("pytorch_model.bin", "x"),
    ];
    for (wrong, said, mend) in
        [(pointer, "a pointer of Git LFS", "git lfs pull"), (page, "a web page", "again")]
    {
        for spoiled in ["config.json", "tokenizer.json", "model.safetensors", "tokenizer_config.json"] {
            let folder = with(&whole);
            fs::write(folder.path().join(spoiled), wrong).unwrap();
            let error = read(folder.path()).unwrap_err();
            assert!(matches!(error, SourceError::Impostor { .. }), "{error:?}");
            assert!(error.to_string().contains(spoiled) && error.to_string().contains(said), "{error}");
            assert!(error.hint().unwrap().contains(mend));
        }
        let folder = with(&[whole[0], whole[1], ("pytorch_model.bin", wrong)]);
        assert!(matches!(read(folder.path()).unwrap_err(), SourceError::Impostor { .. }));
    }
    let folder = with(&[
        whole[0],
        whole[1],
        ("model.safetensors.index.json", r#"{"weight_map": {"a": "model-1.safetensors"}}"#),
        ("model-1.safetensors", pointer),
    ]);
    assert!(matches!(read(folder.path()).unwrap_err(), SourceError::Impostor { .. }));
}

#[test]
fn adapters_are_not_models() {
    let files = [("adapter_config.json", "{}"), ("adapter_model.safetensors", "x"), ("config.json", "{}")];
    let beside = [files[0], files[2], ("tokenizer.json", "{}"), ("model.safetensors", "x")];
    for folder in [with(&files), with(&files[..2]), with(&files[1..]), with(&beside)] {
        let error = read(folder.path()).unwrap_err();
        assert!(matches!(error, SourceError::Adapter { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("merge_and_unload"));
    }
}

/// Whether a vocabulary only numbers pieces, or has their scores too; else it is of another form.
fn cut(vocabulary: &Vocabulary) -> &'static str {
    match vocabulary {
        Vocabulary::Numbered { source: (file, _), .. } | Vocabulary::Scored { file, .. } => file,
        Vocabulary::Json(_) => "tokenizer.json",
        _ => "other",
    }
}

#[test]
fn sentences_are_cut_by_the_files_that_the_class_reads() {
    for (files, found) in [
        (&["source.spm", "target.spm", "vocab.json", "tokenizer.json"][..], "source.spm"),
        (&["source.spm", "vocab.json", "tokenizer.json"], "tokenizer.json"),
        (&["sentencepiece.bpe.model", "vocab.json", "tokenizer.json"], "sentencepiece.bpe.model"),
        (&["sentencepiece.bpe.model", "tokenizer.json"], "tokenizer.json"),
        (&["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        (&["spiece.model"], "spiece.model"),
        (&["spiece.model", "vocab.txt"], "other"),
        (&["vocab.json", "merges.txt", "spiece.model"], "other"),
    ] {
        let usual = [("config.json", "{}"), ("model.safetensors", "x")];
        let all: Vec<(&str, &str)> =
            usual.into_iter().chain(files.iter().map(|file| (*file, *file))).collect();
        let read = read(with(&all).path()).unwrap();
        assert_eq!(cut(&read.tokenizer.vocabulary), found, "{files:?}");
    }
    let all =
        ["source.spm", "target.spm", "vocab.json", "target_vocab.json", "config.json", "model.safetensors"];
    let read = read(with(&all.map(|file| (file, file))).path()).unwrap();
    let Vocabulary::Numbered { vocab, target_vocab, source, target } = read.tokenizer.vocabulary else {
        panic!()
    };
    assert_eq!((&*vocab, &*source.1), (&b"vocab.json"[..], &b"source.spm"[..]));
    assert_eq!(target_vocab.as_deref(), Some(&b"target_vocab.json"[..]));
    assert_eq!(target.as_deref(), Some(&b"target.spm"[..]));
}

#[test]
fn weights_of_other_libraries() {
    let folder = with(&[("config.json", "{}"), ("tokenizer.json", "{}"), ("tf_model.h5", "x")]);
    assert!(read(folder.path()).unwrap_err().hint().unwrap().contains("from_tf"));
}

#[test]
fn old_folders_have_a_vocabulary_and_pickled_weights() {
    let folder = with(&[("config.json", "{}"), ("vocab.txt", "[UNK]\n"), ("pytorch_model.bin", "pickle")]);
    let files = read(folder.path()).unwrap();
    assert!(matches!(files.tokenizer.vocabulary, Vocabulary::WordPiece(_)));
    assert!(matches!(files.weights, Weights::Torch(_)));
    // Safetensors and tokenizer.json come first.
    fs::write(folder.path().join("model.safetensors"), "").unwrap();
    fs::write(folder.path().join("tokenizer.json"), "").unwrap();
    let files = read(folder.path()).unwrap();
    assert!(matches!(files.tokenizer.vocabulary, Vocabulary::Json(_)));
    assert!(matches!(files.weights, Weights::Safetensors(_)));
}

#[test]
fn shards_are_all_there_or_named() {
    let index = r#"{"metadata": {}, "weight_map": {"a": "model-2.safetensors", "b": "model-1.safetensors",
                    "c": "model-2.safetensors"}}"#;
    let folder = with(&[
        ("config.json", "{}"),
        ("tokenizer.json", "{}"),
        ("model.safetensors.index.json", index),
        ("model-1.safetensors", "one"),
    ]);
    match read(folder.path()).unwrap_err() {
        SourceError::NoShards { missing, .. } => assert_eq!(missing, ["model-2.safetensors"]),
        other => panic!("{other:?}"),
    }
    fs::write(folder.path().join("model-2.safetensors"), "two").unwrap();
    assert_eq!(weight_bytes(&read(folder.path()).unwrap()), [b"one", b"two"]);
}

#[test]
fn hostile_indexes_are_refused() {
    let read_index = |index: &str| {
        let files =
            [("config.json", "{}"), ("tokenizer.json", "{}"), ("model.safetensors.index.json", index)];
        read(with(&files).path()).unwrap_err()
    };
    for shard in ["../../etc/passwd", "/etc/passwd", "a/b", "..", "", "a\\\\b", ".hidden", "a\\u0000b"] {
        let error = read_index(&format!(r#"{{"weight_map": {{"t": "{shard}"}}}}"#));
        assert!(matches!(error, SourceError::ShardName { .. }), "{shard}: {error:?}");
    }
    assert!(matches!(read_index(r#"{"weight_map": {}}"#), SourceError::EmptyIndex { .. }));
    for index in ["", "[]", "{}", r#"{"weight_map": ["a"]}"#, "{\"weight_map\""] {
        assert!(matches!(read_index(index), SourceError::Index { .. }), "{index}");
    }
}
