//! Names without an organisation, which the first models have; a mistyped folder looks like one.

use std::fs;

use attncheck::model::source::{HubError, ModelRef, open};

use super::{hub_error, settings};
use crate::support::hub::COMMIT;
use crate::support::liar::{Asked, Honest, Liar, Reply};

const NAME: &str = "bert-base-uncased";

fn named(name: &str) -> ModelRef {
    ModelRef::parse(Some(name)).unwrap()
}

/// As the hub does: the old name is sent on to the new one.
fn hub() -> Liar {
    let honest = Honest::tiny();
    Liar::serve(move |asked: &Asked| {
        let old = [format!("/api/models/{NAME}/"), format!("/{NAME}/resolve/")];
        if let Some(old) = old.iter().find(|old| asked.path.starts_with(*old)) {
            let new = asked.path.replacen(old, &old.replace(NAME, &format!("google-bert/{NAME}")), 1);
            return Reply::new(307, "Temporary Redirect").with("Location", new);
        }
        let known = asked.path.contains(&format!("/google-bert/{NAME}/"));
        if known { honest.answer(asked) } else { Reply::new(404, "").with("X-Error-Code", "RepoNotFound") }
    })
}

#[test]
fn a_name_alone_is_fetched_and_kept_under_it() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    let files = open(&named(NAME), &settings(&hub.endpoint, cache.path()), &()).unwrap();
    assert_eq!((files.name.as_str(), files.commit.as_deref()), (NAME, Some(COMMIT)));
    let root = cache.path().join("models--bert-base-uncased");
    assert_eq!(fs::read_to_string(root.join("refs/main")).unwrap(), COMMIT);
    drop(hub);
    // From the cache alone, where it lies as the Python library has it.
    let mut settings = settings("http://127.0.0.1:1", cache.path());
    open(&named(NAME), &settings, &()).unwrap();
    settings.offline = true;
    open(&named("bert-base-uncased@main"), &settings, &()).unwrap();
}

/// Each error says that no such folder is here, before it says a word of the hub.
#[test]
fn a_mistyped_folder_is_told_with_both_readings() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    for name in ["sst2-tniy", "models/sst2-tniy"] {
        let settings_of = |endpoint: &str| settings(endpoint, cache.path());
        let here = format!("no folder {name} is here");
        let error = hub_error(open(&named(name), &settings_of(&hub.endpoint), &()));
        assert!(matches!(error, HubError::NoRepo { .. }) && error.to_string().starts_with(&here), "{error}");
        let error = hub_error(open(&named(name), &settings_of("http://127.0.0.1:1"), &()));
        assert!(
            matches!(error, HubError::Unreachable { .. }) && error.to_string().starts_with(&here),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("path"));
        let mut offline = settings_of("http://127.0.0.1:1");
        offline.offline = true;
        let error = hub_error(open(&named(name), &offline, &()));
        assert!(matches!(error, HubError::Offline { .. }) && error.to_string().starts_with(&here), "{error}");
        let private = Liar::serve(|_| Reply::new(401, ""));
        let error = hub_error(open(&named(name), &settings_of(&private.endpoint), &()));
        assert!(
            matches!(error, HubError::Unauthorized { .. }) && error.to_string().starts_with(&here),
            "{error}"
        );
    }
}
