//! What the hub gives is kept, and used again.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use attncheck::model::source::{HubError, HubSettings, ModelRef, Progress, SourceError, open};

use super::{hub_error, model, settings, snapshot};
use crate::model::source::{fixture, weight_bytes};
use crate::support::hub::{COMMIT, Faults, Hub, REPO, sha256};

#[derive(Default)]
struct Noted(RefCell<Vec<(String, u64, u64)>>);

impl Progress for Noted {
    fn begin(&self, file: &str, bytes: u64) {
        self.0.borrow_mut().push((file.to_owned(), bytes, 0));
    }
    fn advance(&self, bytes: u64) {
        self.0.borrow_mut().last_mut().unwrap().2 += bytes;
    }
    fn finish(&self) {}
}

#[test]
fn a_model_is_fetched_once_and_then_used_without_a_network() {
    let hub = Hub::serve(&fixture(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let mut settings = settings(&hub.endpoint, cache.path());
    let noted = Noted::default();
    let files = open(&model("main"), &settings, &noted).unwrap();
    assert_eq!(weight_bytes(&files), [fs::read(fixture().join("model.safetensors")).unwrap()]);
    assert_eq!(&*files.config, fs::read(fixture().join("config.json")).unwrap());
    assert_eq!((files.name.as_str(), files.revision.as_deref()), (REPO, Some("main")));
    assert_eq!(files.commit.as_deref(), Some(COMMIT));
    // Every file was told with its size, and came whole.
    let told = noted.0.into_inner();
    let names: Vec<_> = told.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]);
    for (name, size, came) in &told {
        assert_eq!(*size, fs::metadata(fixture().join(name)).unwrap().len(), "{name}");
        assert_eq!(came, size, "{name}");
    }
    // The layout is the Python library's.
    let root = cache.path().join("models--tests--sst2-tiny");
    assert_eq!(fs::read_to_string(root.join("refs/main")).unwrap(), COMMIT);
    let blobs = fs::read_dir(root.join("blobs")).unwrap().map(|entry| entry.unwrap().path());
    assert!(blobs.into_iter().all(|path| path.extension().is_none_or(|end| end == "lock")));
    let asked = hub.requests().len();
    drop(hub);
    assert!(asked > 0);
    for offline in [false, true] {
        settings.offline = offline;
        let again = open(&model("main"), &settings, &()).unwrap();
        assert_eq!(again.commit.as_deref(), Some(COMMIT));
        let by_commit = open(&model(COMMIT), &settings, &()).unwrap();
        assert_eq!(weight_bytes(&by_commit), weight_bytes(&files));
    }
}

/// They stand a folder deeper than all else; their links lead to the blobs all the same.
#[test]
fn chat_templates_with_names_are_fetched() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let named = folder.path().join("additional_chat_templates");
    fs::create_dir_all(named.join("deeper")).unwrap();
    for (name, source) in
        [("rag.jinja", "R"), ("tool_use.jinja", "T"), ("notes.txt", "-"), ("deeper/x.jinja", "-")]
    {
        fs::write(named.join(name), source).unwrap();
    }
    let expected = [("rag", "R"), ("tool_use", "T")].map(|(name, source)| (name.to_owned(), source.into()));
    let told = |files: attncheck::model::source::Files| -> Vec<(String, String)> {
        let named = files.tokenizer.named_templates.into_iter();
        named.map(|(name, bytes)| (name, String::from_utf8(bytes.into_owned()).unwrap())).collect()
    };
    let here = ModelRef::Folder(folder.path().to_path_buf());
    let hub = Hub::serve(folder.path(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let mut settings = settings(&hub.endpoint, cache.path());
    assert_eq!(told(open(&here, &settings, &()).unwrap()), expected);
    assert_eq!(told(open(&model("main"), &settings, &()).unwrap()), expected);
    settings.offline = true;
    assert_eq!(told(open(&model("main"), &settings, &()).unwrap()), expected);
}

#[test]
fn tags_pull_requests_and_commits_are_revisions() {
    let hub = Hub::serve(&fixture(), Faults { relative_redirect: true, ..Faults::default() });
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&hub.endpoint, cache.path());
    for revision in ["v1", "refs/pr/1", COMMIT] {
        let files = open(&model(revision), &settings, &()).unwrap();
        assert_eq!(files.revision.as_deref(), Some(revision));
        assert_eq!(files.commit.as_deref(), Some(COMMIT));
    }
    // The second and third found every file of the commit in the cache.
    let weights = hub.requests().iter().filter(|request| request.path.contains("model.safetensors")).count();
    assert!(weights <= 3, "{weights}");
}

/// As the Python library leaves it: blobs apart, links in the snapshot.
#[cfg(unix)]
#[test]
fn a_python_cache_is_used_as_it_is() {
    let cache = tempfile::tempdir().unwrap();
    let root = cache.path().join("models--tests--sst2-tiny");
    let snapshot = root.join("snapshots").join(COMMIT);
    for folder in
        [root.join("blobs"), root.join("refs"), snapshot.clone(), root.join(".no_exist").join(COMMIT)]
    {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(root.join("refs/main"), COMMIT).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let bytes = fs::read(fixture().join(name)).unwrap();
        let blob = sha256(&bytes);
        fs::write(root.join("blobs").join(&blob), bytes).unwrap();
        std::os::unix::fs::symlink(Path::new("../../blobs").join(&blob), snapshot.join(name)).unwrap();
    }
    let nowhere = settings("http://127.0.0.1:1", cache.path());
    let files = open(&model("main"), &nowhere, &()).unwrap();
    assert_eq!(files.commit.as_deref(), Some(COMMIT));
    assert_eq!(weight_bytes(&files), [fs::read(fixture().join("model.safetensors")).unwrap()]);
    // A link that leads nowhere is a file that is not there.
    fs::remove_file(root.join("blobs").join(sha256(&weight_bytes(&files)[0]))).unwrap();
    let offline = HubSettings { offline: true, ..nowhere };
    match hub_error(open(&model("main"), &offline, &())) {
        HubError::Offline { lacking: Some(lacking), .. } => {
            assert!(matches!(*lacking, SourceError::NoWeights { .. }), "{lacking:?}");
        }
        other => panic!("{other:?}"),
    }
    // Neither does it stand in the way of the file.
    fs::remove_file(snapshot.join("model.safetensors")).unwrap();
    std::os::unix::fs::symlink("../../blobs/gone", snapshot.join("model.safetensors")).unwrap();
    let hub = Hub::serve(&fixture(), Faults::default());
    let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [fs::read(fixture().join("model.safetensors")).unwrap()]);
    assert!(hub.requests().iter().all(|request| !request.path.ends_with("/tokenizer.json")));
}

#[test]
fn shards_are_fetched_as_the_index_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let index = r#"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#;
    for (name, contents) in [
        ("config.json", "{}"),
        ("tokenizer.json", "{}"),
        ("model.safetensors.index.json", index),
        ("model-1.safetensors", "one"),
        ("model-2.safetensors", "two"),
        ("pytorch_model.bin", "not wanted"),
    ] {
        fs::write(folder.path().join(name), contents).unwrap();
    }
    let hub = Hub::serve(folder.path(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [b"one", b"two"]);
    assert!(!snapshot(cache.path()).contains_key("pytorch_model.bin"));
    fs::remove_file(folder.path().join("model-2.safetensors")).unwrap();
    let hub = Hub::serve(folder.path(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let error = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap_err();
    assert!(matches!(&error, SourceError::NoShards { missing, .. } if missing == &["model-2.safetensors"]));
}

#[test]
fn a_model_without_weights_is_told_before_anything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    let hub = Hub::serve(folder.path(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let error = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap_err();
    assert!(matches!(error, SourceError::NoWeights { .. }), "{error:?}");
    assert_eq!(hub.requests().len(), 1);
}
