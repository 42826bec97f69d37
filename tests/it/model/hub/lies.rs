//! A hub that lies cannot harm: each way to do so, one by one. Nothing is ever written outside the cache.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use attncheck::model::source::{Files, HubError, HubSettings, Patience, SourceError, open};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{hub_error, model};
use crate::support::hub::COMMIT;
use crate::support::liar::{Asked, Honest, Liar, Reply};

/// What became of a model that a liar serves.
pub(super) struct Tried {
    pub result: Result<Files, SourceError>,
    pub hub: Liar,
    pub folder: TempDir,
    pub took: Duration,
}

impl Tried {
    pub fn cache(&self) -> std::path::PathBuf {
        self.folder.path().join("home/cache")
    }

    pub fn blobs(&self) -> std::path::PathBuf {
        self.cache().join("models--tests--sst2-tiny/blobs")
    }

    pub fn error(self) -> HubError {
        hub_error(self.result)
    }
}

pub(super) fn settings(hub: &Liar, folder: &Path) -> HubSettings {
    HubSettings {
        endpoint: hub.endpoint.clone(),
        token: Some("hf_secret".to_owned()),
        cache: folder.join("home/cache"),
        offline: false,
        patience: Patience::default(),
    }
}

/// Asks the liar for the model, and looks whether anything but the cache was written.
pub(super) fn tried(hub: Liar, folder: TempDir, change: impl FnOnce(&mut HubSettings)) -> Tried {
    fs::create_dir_all(folder.path().join("home")).unwrap();
    fs::write(folder.path().join("home/victim"), "untouched").unwrap();
    let mut settings = settings(&hub, folder.path());
    change(&mut settings);
    let begun = Instant::now();
    let result = open(&model("main"), &settings, &());
    let tried = Tried { result, hub, folder, took: begun.elapsed() };
    assert_nothing_outside(tried.folder.path());
    tried
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The cache holds its own folders, each of them only plain files of its own kind.
pub(super) fn assert_nothing_outside(folder: &Path) {
    assert_eq!(names(folder), ["home"]);
    assert!(names(&folder.join("home")).iter().all(|name| name == "cache" || name == "victim"));
    assert_eq!(fs::read_to_string(folder.join("home/victim")).unwrap(), "untouched");
    let cache = folder.join("home/cache");
    assert!(names(&cache).iter().all(|name| name == ".locks" || name == "models--tests--sst2-tiny"));
    let root = cache.join("models--tests--sst2-tiny");
    assert!(names(&root).iter().all(|name| ["blobs", "refs", "snapshots"].contains(&name.as_str())));
    assert!(names(&root.join("snapshots")).iter().all(|name| name == COMMIT));
    for name in names(&root.join("snapshots").join(COMMIT)) {
        assert!(Honest::tiny().0.contains_key(name.as_str()), "{name}");
    }
    for name in names(&root.join("blobs")) {
        assert!(root.join("blobs").join(&name).is_file(), "{name}");
    }
}

/// An honest hub, but for what `lie` makes of its answers.
pub(super) fn lying(lie: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static) -> Tried {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| lie(asked, honest.answer(asked)));
    tried(hub, tempfile::tempdir().unwrap(), |_| ())
}

/// As [`lying`], about the weights alone.
pub(super) fn lying_of_weights(lie: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static) -> Tried {
    lying(move |asked, reply| if asked.asks("model.safetensors") { lie(asked, reply) } else { reply })
}

/// As [`lying`], about the list alone.
pub(super) fn lying_of_the_list(reply: impl Fn() -> Reply + Send + Sync + 'static) -> HubError {
    lying(move |asked, honest| if asked.is_list() { reply() } else { honest }).error()
}

#[track_caller]
pub(super) fn assert_strange(error: &HubError, told: &str) {
    assert!(matches!(error, HubError::BadAnswer { what, .. } if what.contains(told)), "{error:?}");
}

#[test]
fn the_truth_is_taken() {
    let tried = lying(|_, honest| honest);
    let files = tried.result.unwrap();
    assert_eq!(&*files.config, b"{\"a\": 1}");
    // The list, and of each file what it is and its bytes.
    assert_eq!(tried.hub.requests().len(), 1 + 2 * 3);
}

/// Where one answer was honest, the next is not.
#[test]
fn what_was_checked_is_what_is_used() {
    let victim = tempfile::tempdir().unwrap();
    let absolute = victim.path().join("victim.conf").to_str().unwrap().to_owned();
    let long = "x".repeat(5000);
    for etag in ["../../../../victim", absolute.as_str(), "..", "a/b", long.as_str(), ""] {
        let etag = etag.to_owned();
        // From the second answer about a file on, whatever is asked.
        let second = etag.clone();
        let tried = lying(move |asked, honest| {
            if asked.is_probe() && asked.nth == 1 {
                honest
            } else {
                honest.with("ETag", format!("\"{second}\""))
            }
        });
        tried.result.unwrap();
        // From the first one on.
        let tried = lying(move |_, honest| honest.with("ETag", format!("\"{etag}\"")));
        assert_strange(&tried.error(), "etag");
    }
    for commit in ["../../../../victim", absolute.as_str(), "main", &"b".repeat(40), ""] {
        let commit = commit.to_owned();
        let second = commit.clone();
        let tried =
            lying(
                move |asked, honest| {
                    if asked.is_probe() { honest } else { honest.with("X-Repo-Commit", second.clone()) }
                },
            );
        tried.result.unwrap();
        let tried = lying(move |_, honest| honest.with("X-Repo-Commit", commit.clone()));
        assert_strange(&tried.error(), "commit");
    }
    assert!(fs::read_dir(victim.path()).unwrap().next().is_none());
}

#[test]
fn a_list_names_a_commit_and_files_that_could_be_there() {
    let names = ["config.json", "tokenizer.json", "model.safetensors"];
    for commit in ["../../../../victim", "/tmp/x", "main", "", &"A".repeat(40), &"a".repeat(64)] {
        let commit = commit.to_owned();
        assert_strange(&lying_of_the_list(move || Honest::list(&names, &commit)), "no commit");
    }
    let tried = lying(|asked, honest| {
        let more = ["../../../pwn", "/tmp/pwn", "a\0b", "\u{1b}[2J", "..\\pwn", "NUL", "C:\\pwn", ""];
        if asked.is_list() {
            Honest::list(
                &[&more[..], &["config.json", "tokenizer.json", "model.safetensors"]].concat(),
                COMMIT,
            )
        } else {
            honest
        }
    });
    tried.result.unwrap();
    assert!(tried.hub.requests().iter().all(|asked| !asked.path.contains("pwn")));
    // Names are told where the model lacks something: only those that could be files.
    let tried = lying(|asked, honest| {
        if asked.is_list() { Honest::list(&["\u{1b}[2J", "../x", "onnx/model.onnx"], COMMIT) } else { honest }
    });
    let error = tried.result.unwrap_err();
    assert!(
        matches!(&error, SourceError::NoConfig { found, .. } if found == &["onnx/model.onnx"]),
        "{error:?}"
    );
}

#[test]
fn a_commit_that_was_asked_for_is_the_one_that_comes() {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| honest.answer(asked));
    let folder = tempfile::tempdir().unwrap();
    let error = hub_error(open(&model(&"b".repeat(40)), &settings(&hub, folder.path()), &()));
    assert_strange(&error, "another commit");
    open(&model(COMMIT), &settings(&hub, folder.path()), &()).unwrap();
}

#[test]
fn an_index_names_plain_files() {
    let shards = |name: &str| {
        let index = serde_json::json!({"weight_map": {"a": name}}).to_string().into_bytes();
        let mut honest = Honest::tiny();
        honest.0.remove("model.safetensors");
        honest.0.insert("model.safetensors.index.json", index);
        let listed: Vec<_> = honest.0.keys().copied().chain([name]).map(str::to_owned).collect();
        let hub = Liar::serve(move |asked| {
            let listed: Vec<_> = listed.iter().map(String::as_str).collect();
            if asked.is_list() { Honest::list(&listed, COMMIT) } else { honest.answer(asked) }
        });
        let folder = tempfile::tempdir().unwrap();
        let result = open(&model("main"), &settings(&hub, folder.path()), &());
        assert_eq!(names(folder.path()), ["home"]);
        result.unwrap_err()
    };
    for name in
        ["../../../../victim", "/etc/passwd", "a\\b", "NUL", "a b", "a\nb", "", ".hidden", &"x".repeat(300)]
    {
        assert!(matches!(shards(name), SourceError::ShardName { .. }), "{name:?}");
    }
}

#[test]
fn redirects_end_somewhere() {
    let redirected = |location: Option<&'static str>| {
        lying(move |asked, honest| match location {
            _ if !asked.asks("config.json") => honest,
            Some(location) => honest_redirect(302).with("Location", location),
            None => honest_redirect(302),
        })
    };
    assert_strange(&redirected(None).error(), "without a location");
    for nowhere in ["", "http://", "http://[", "http://a:b", "file:///etc/passwd", "ftp://x/y", "data:,x"] {
        assert_strange(&redirected(Some(nowhere)).error(), "redirect");
    }
    // A path like any other, and nothing is there.
    assert!(matches!(redirected(Some("*")).error(), HubError::NoFile { .. }));
    for status in [300, 304, 305, 399] {
        let tried = lying(move |asked, honest| {
            if asked.asks("config.json") { honest_redirect(status).with("Location", "/x") } else { honest }
        });
        let error = tried.error();
        assert!(matches!(&error, HubError::Status { status: told, .. } if *told == status), "{error:?}");
    }
}

fn honest_redirect(status: u16) -> Reply {
    Reply::new(status, "").with("ETag", "\"x\"").with("X-Repo-Commit", COMMIT)
}

#[test]
fn redirects_without_an_end_are_given_up() {
    type To = fn(&Asked) -> String;
    let ways: [To; 4] = [
        |asked| asked.path.clone(),
        |asked| format!("http://{}{}", asked.host, asked.path),
        |asked| format!("{}x", asked.path),
        |_| "?q".to_owned(),
    ];
    for way in ways {
        for of_list in [true, false] {
            let tried = lying(move |asked, honest| {
                let lies = asked.is_list() == of_list;
                if lies { honest_redirect(307).with("Location", way(asked)) } else { honest }
            });
            let asked = tried.hub.requests().len();
            assert_strange(&tried.error(), "10 redirects");
            assert_eq!(asked, usize::from(!of_list) + 11);
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    const PIECES: [&str; 19] = [
        "..", "/", "\\", "a", "0", "\"", "W/", "%2e%2e", ".", ":", "?", "#", "@", "*", " ", "home", "victim",
        "http:", "//",
    ];
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a hub says in any of its headers, nothing is written outside the cache, and nothing panics.
    #[test]
    fn whatever_a_hub_says_stays_in_the_cache(
        value in hostile(),
        header in proptest::sample::select(vec!["ETag", "X-Linked-Etag", "X-Linked-Size", "X-Repo-Commit", "Location", "Content-Range", "Content-Length"]),
        status in proptest::sample::select(vec![200_u16, 206, 301, 302, 307, 308, 404]),
        nth in 1..3_usize,
        of_probes in any::<bool>(),
    ) {
        // A redirect may lead to any host; those of this test are on no network.
        prop_assume!(!value.contains("//") && !value.contains('\\') && !value.contains("http:"));
        let tried = lying(move |asked, honest| {
            let lies = !asked.is_list() && asked.is_probe() == of_probes && asked.nth >= nth;
            if lies { Reply { status, ..honest.with(header, value.clone()) } } else { honest }
        });
        prop_assert!(tried.took < Duration::from_secs(20));
    }
}
