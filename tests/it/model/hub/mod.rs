//! The hub and its cache, against a server on loopback.

mod bounds;
mod broken;
mod fetched;
mod legacy;
mod lies;
mod refused;
mod secrets;
mod settings;
mod slow;
mod together;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attncheck::model::source::{Files, HubError, HubSettings, ModelRef, Patience, SourceError, open};
use tempfile::TempDir;

use crate::model::source::fixture;
use crate::support::hub::{COMMIT, Faults, Hub, REPO, sha256};

fn settings(endpoint: &str, cache: &Path) -> HubSettings {
    HubSettings {
        endpoint: endpoint.to_owned(),
        token: None,
        cache: cache.to_path_buf(),
        offline: false,
        patience: Patience::default(),
    }
}

fn model(revision: &str) -> ModelRef {
    ModelRef::Hub { repo: REPO.to_owned(), revision: revision.to_owned() }
}

fn hub_error(result: Result<Files, SourceError>) -> HubError {
    match result {
        Err(SourceError::Hub(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// What a server with faults makes of an empty cache.
fn attempt(faults: Faults, change: impl FnOnce(&mut HubSettings)) -> (HubError, Hub, TempDir) {
    let hub = Hub::serve(&fixture(), faults);
    let cache = tempfile::tempdir().unwrap();
    let mut settings = settings(&hub.endpoint, cache.path());
    change(&mut settings);
    let error = hub_error(open(&model("main"), &settings, &()));
    (error, hub, cache)
}

/// What the cache holds as whole: every file of a snapshot, by name.
fn snapshot(cache: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = cache.join("models--tests--sst2-tiny/snapshots").join(COMMIT);
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect()
}

fn assert_no_weights(cache: &Path) {
    assert!(!snapshot(cache).contains_key("model.safetensors"));
    let weights = sha256(&fs::read(fixture().join("model.safetensors")).unwrap());
    assert!(!cache.join("models--tests--sst2-tiny/blobs").join(weights).exists());
}
