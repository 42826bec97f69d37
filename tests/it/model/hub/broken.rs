//! Transfers that break off or lie.

use std::fs;
use std::path::PathBuf;

use attncheck::model::source::{Broken, HubError, open};

use super::{assert_no_weights, attempt, hub_error, model, settings, snapshot};
use crate::model::source::{fixture, weight_bytes};
use crate::support::hub::{COMMIT, Faults, Hub, sha256};

fn weights() -> Vec<u8> {
    fs::read(fixture().join("model.safetensors")).unwrap()
}

fn starts(hub: &Hub) -> Vec<usize> {
    let asked = hub.requests().into_iter().filter(|request| request.path.starts_with("/cdn/"));
    let ranges = asked.map(|request| request.range.unwrap_or("bytes=0-".to_owned()));
    let ranges = ranges.filter(|range| range != "bytes=0-0");
    ranges.map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap()).collect()
}

#[test]
fn a_cut_transfer_goes_on_where_it_ended() {
    let hub = Hub::serve(&fixture(), Faults { cuts: 2, ..Faults::default() });
    let cache = tempfile::tempdir().unwrap();
    let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [weights()]);
    let starts = starts(&hub);
    assert_eq!(starts.len(), 3, "{starts:?}");
    assert!(starts[0] == 0 && starts[1] > 0 && starts[2] > starts[1], "{starts:?}");
}

#[test]
fn a_transfer_that_never_ends_is_told_and_gone_on_with_next_time() {
    let (error, hub, cache) = attempt(Faults { cuts: 1000, ..Faults::default() }, |_| ());
    assert!(matches!(&error, HubError::Interrupted { file, .. } if file == "model.safetensors"), "{error:?}");
    assert_no_weights(cache.path());
    assert!(snapshot(cache.path()).contains_key("tokenizer.json"));
    let tries = starts(&hub).len();
    assert_eq!(tries, 4);
    // Without a network, the half that is here is not a model.
    let mut settings = settings(&hub.endpoint, cache.path());
    settings.offline = true;
    let error = hub_error(open(&model(COMMIT), &settings, &()));
    assert!(matches!(error, HubError::Offline { lacking: Some(_), .. }), "{error:?}");
    hub.set(Faults::default());
    settings.offline = false;
    let files = open(&model("main"), &settings, &()).unwrap();
    assert_eq!(weight_bytes(&files), [weights()]);
    assert!(starts(&hub)[tries] > 0);
}

#[test]
fn an_end_that_looks_like_one_is_not_believed() {
    let (error, _hub, cache) = attempt(Faults { cuts: 1000, silent_cuts: true, ..Faults::default() }, |_| ());
    assert!(matches!(error, HubError::Interrupted { cause: Broken::Cut, kept: true, .. }), "{error:?}");
    assert_no_weights(cache.path());
    let hub = Hub::serve(&fixture(), Faults { cuts: 1, silent_cuts: true, ..Faults::default() });
    let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [weights()]);
}

#[test]
fn a_server_that_begins_anew_does_not_spoil_the_file() {
    let hub = Hub::serve(&fixture(), Faults { cuts: 1, ignores_range: true, ..Faults::default() });
    let cache = tempfile::tempdir().unwrap();
    let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [weights()]);
}

#[test]
fn other_bytes_than_promised_are_thrown_away() {
    let (error, hub, cache) = attempt(Faults { wrong_bytes: true, ..Faults::default() }, |_| ());
    assert!(matches!(error, HubError::Checksum { resumed: false, .. }), "{error:?}");
    assert_no_weights(cache.path());
    assert_eq!(starts(&hub), [0]);
}

#[test]
fn a_part_that_does_not_fit_is_begun_anew() {
    let cache = tempfile::tempdir().unwrap();
    let blobs = cache.path().join("models--tests--sst2-tiny/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(sha256(&weights())).with_extension("part");
    for length in [weights().len(), weights().len() + 1, 10] {
        fs::write(&part, vec![0; length]).unwrap();
        let hub = Hub::serve(&fixture(), Faults::default());
        let files = open(&model("main"), &settings(&hub.endpoint, cache.path()), &()).unwrap();
        assert_eq!(weight_bytes(&files), [weights()], "{length}");
        fs::remove_dir_all(cache.path().join("models--tests--sst2-tiny/snapshots")).unwrap();
    }
}

/// Files where folders should be, at every step of the way.
#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let root = "models--tests--sst2-tiny";
    let ways = [
        "",
        ".locks",
        ".locks/models--tests--sst2-tiny",
        root,
        "models--tests--sst2-tiny/blobs",
        "models--tests--sst2-tiny/snapshots",
        "models--tests--sst2-tiny/refs",
    ];
    for way in ways {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache").join(way);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(folder.path().join("cache").join(way).components().collect::<PathBuf>(), "").unwrap();
        let hub = Hub::serve(&fixture(), Faults::default());
        let error =
            hub_error(open(&model("main"), &settings(&hub.endpoint, &folder.path().join("cache")), &()));
        assert!(matches!(error, HubError::Cache { .. }), "{way}: {error:?}");
        assert!(error.hint().unwrap().contains("HF_HOME"));
    }
}

/// Folders where files should be.
#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let etag = sha256(&weights());
    let snapshot = format!("snapshots/{COMMIT}/config.json");
    for way in [format!("blobs/{etag}"), format!("blobs/{etag}.part"), snapshot] {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("models--tests--sst2-tiny").join(&way)).unwrap();
        let hub = Hub::serve(&fixture(), Faults::default());
        let error = hub_error(open(&model("main"), &settings(&hub.endpoint, cache.path()), &()));
        assert!(matches!(error, HubError::Cache { .. }), "{way}: {error:?}");
    }
}

/// What stands in the file of a branch is a name only if it looks like one.
#[test]
fn a_branch_that_leads_out_of_the_cache_is_not_followed() {
    for said in ["../../../..", "/", "", "..", "a/b"] {
        let cache = tempfile::tempdir().unwrap();
        let refs = cache.path().join("models--tests--sst2-tiny/refs");
        fs::create_dir_all(&refs).unwrap();
        fs::write(refs.join("main"), said).unwrap();
        let mut settings = settings("http://127.0.0.1:1", cache.path());
        settings.offline = true;
        let error = hub_error(open(&model("main"), &settings, &()));
        assert!(matches!(error, HubError::Offline { lacking: None, .. }), "{said}: {error:?}");
    }
}
