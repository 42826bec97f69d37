//! What the hub refuses is told, with a way out.

use std::net::TcpListener;

use attncheck::model::source::{HubError, ModelRef, open};

use super::{attempt, hub_error, model, settings, snapshot};
use crate::model::source::fixture;
use crate::support::hub::{Faults, Hub};

#[test]
fn a_private_model_wants_a_token() {
    let faults = Faults { token: Some("right".to_owned()), ..Faults::default() };
    let (error, hub, cache) = attempt(faults, |_| ());
    assert!(matches!(error, HubError::Unauthorized { with_token: false, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("HF_TOKEN"));
    let mut settings = settings(&hub.endpoint, cache.path());
    settings.token = Some("wrong".to_owned());
    let error = hub_error(open(&model("main"), &settings, &()));
    assert!(matches!(error, HubError::Unauthorized { with_token: true, .. }), "{error:?}");
    settings.token = Some("right".to_owned());
    open(&model("main"), &settings, &()).unwrap();
    assert!(hub.requests().iter().any(|request| request.token.as_deref() == Some("right")));
    settings.token = Some("not a\nheader".to_owned());
    let cache = tempfile::tempdir().unwrap();
    settings.cache = cache.path().to_path_buf();
    assert!(open(&model("main"), &settings, &()).is_err());
}

#[test]
fn a_gated_model_wants_consent() {
    let faults = Faults { gated: true, ..Faults::default() };
    let (error, ..) = attempt(faults.clone(), |_| ());
    assert!(matches!(error, HubError::Forbidden { status: 403, with_token: false, .. }), "{error:?}");
    let (error, ..) = attempt(faults, |settings| settings.token = Some("mine".to_owned()));
    assert!(error.hint().unwrap().contains("the account"), "{error:?}");
    let faults = Faults { gated: true, token: Some("right".to_owned()), ..Faults::default() };
    let (error, ..) = attempt(faults, |_| ());
    assert!(matches!(error, HubError::Forbidden { status: 401, .. }), "{error:?}");
}

#[test]
fn what_is_not_there_is_named() {
    let hub = Hub::serve(&fixture(), Faults::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&hub.endpoint, cache.path());
    let other = ModelRef::Hub { repo: "tests/none".to_owned(), revision: "main".to_owned() };
    let error = hub_error(open(&other, &settings, &()));
    assert!(matches!(&error, HubError::NoRepo { repo } if repo == "tests/none"), "{error:?}");
    assert!(error.to_string().contains("no folder tests/none"));
    let error = hub_error(open(&model("v2"), &settings, &()));
    assert!(matches!(&error, HubError::NoRevision { revision, .. } if revision == "v2"), "{error:?}");
    hub.set(Faults { listed: vec!["special_tokens_map.json".to_owned()], ..Faults::default() });
    let error = hub_error(open(&model("main"), &settings, &()));
    assert!(
        matches!(&error, HubError::NoFile { file, .. } if file == "special_tokens_map.json"),
        "{error:?}"
    );
}

#[test]
fn a_rate_limit_says_how_long() {
    let wait = |error: HubError| match error {
        HubError::RateLimited { retry_after } => retry_after,
        other => panic!("{other:?}"),
    };
    for after in [None, Some("120"), Some("Wed, 21 Oct 2026 07:28:00 GMT")] {
        let faults = Faults { rate_limit: Some(after.unwrap_or_default().to_owned()), ..Faults::default() };
        let (error, hub, _cache) = attempt(faults, |_| ());
        assert!(error.hint().unwrap().contains(after.unwrap_or("later")), "{:?}", error.hint());
        assert_eq!(wait(error).as_deref(), after);
        // Asking again at once makes it worse.
        assert_eq!(hub.requests().len(), 1);
    }
    let faults = Faults { rate_limited_file: Some("tokenizer.json".to_owned()), ..Faults::default() };
    assert_eq!(wait(attempt(faults, |_| ()).0).as_deref(), Some("7"));
}

#[test]
fn trouble_of_the_hubs_own_is_tried_again_then_told() {
    let faults = Faults { file_status: Some(503), ..Faults::default() };
    let (error, hub, _cache) = attempt(faults, |_| ());
    assert!(matches!(error, HubError::Status { status: 503, .. }), "{error:?}");
    assert_eq!(hub.requests().len(), 1 + 4);
}

#[test]
fn no_connection_is_told_with_a_way_out() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cache = tempfile::tempdir().unwrap();
    for endpoint in [format!("http://127.0.0.1:{port}"), "http://no.such.host.invalid".to_owned()] {
        let error = hub_error(open(&model("main"), &settings(&endpoint, cache.path()), &()));
        assert!(matches!(error, HubError::Unreachable { .. }), "{endpoint}: {error:?}");
        assert!(error.hint().unwrap().contains("--offline"));
    }
    for endpoint in ["", "nonsense", "ftp://x", "http://", "http://a b"] {
        let error = hub_error(open(&model("main"), &settings(endpoint, cache.path()), &()));
        assert!(error.hint().is_some(), "{endpoint}: {error:?}");
    }
}

#[test]
fn offline_asks_nobody() {
    let (error, hub, cache) = attempt(Faults::default(), |settings| settings.offline = true);
    assert!(matches!(error, HubError::Offline { lacking: None, .. }), "{error:?}");
    assert!(hub.requests().is_empty());
    assert!(snapshot(cache.path()).is_empty());
}

#[test]
fn answers_that_are_not_the_hubs_are_refused() {
    let with = |faults: Faults| attempt(faults, |_| ());
    for list in ["", "<html>", "{}", r#"{"sha": 1, "siblings": []}"#] {
        let (error, ..) = with(Faults { list: Some(list.to_owned()), ..Faults::default() });
        assert!(matches!(error, HubError::BadAnswer { .. }), "{list}: {error:?}");
    }
    // Names that would lead out of the cache.
    for name in ["../../../escaped", "..", "/escaped", "a/b", ""] {
        let (error, ..) = with(Faults { commit: Some(name.to_owned()), ..Faults::default() });
        assert!(matches!(error, HubError::BadAnswer { .. }), "{name}: {error:?}");
        let (error, _hub, cache) = with(Faults { etag: Some(name.to_owned()), ..Faults::default() });
        assert!(matches!(error, HubError::BadAnswer { .. }), "{name}: {error:?}");
        assert!(!cache.path().join("escaped").exists());
    }
    let (error, ..) = with(Faults { lost_redirect: true, ..Faults::default() });
    assert!(matches!(error, HubError::BadAnswer { .. }), "{error:?}");
}
