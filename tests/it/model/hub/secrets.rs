//! The token, and a password in the endpoint, go to the endpoint alone and are never shown.

use attncheck::model::source::{HubError, open};

use super::lies::{lying, settings, tried};
use super::model;
use crate::support::hub::sha256;
use crate::support::liar::{Asked, Honest, Liar, Reply};

const TOKEN: &str = "Bearer hf_secret";

/// Serves the weights, by whatever path.
fn storage() -> Liar {
    let weights = Honest::tiny().0["model.safetensors"].clone();
    Liar::serve(move |asked| {
        let start = asked.start();
        let end = if asked.is_probe() { 1 } else { weights.len() };
        let reply = Reply::new(if asked.range.is_some() { 206 } else { 200 }, &weights[start..end]);
        reply.with("Content-Range", format!("bytes {start}-{}/{}", end - 1, weights.len()))
    })
}

/// A hub that keeps its weights where `location` says, given its request.
fn with_storage(location: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Liar {
    let honest = Honest::tiny();
    let weights = honest.0["model.safetensors"].clone();
    Liar::serve(move |asked| {
        let answer = honest.answer(asked);
        if !asked.asks("model.safetensors") || asked.path.starts_with("/storage") {
            return answer;
        }
        let headers = Reply::new(302, "").with("Location", location(asked));
        headers
            .with("X-Linked-Etag", sha256(&weights))
            .with("X-Linked-Size", weights.len().to_string())
            .with("X-Repo-Commit", crate::support::hub::COMMIT)
    })
}

#[test]
fn the_token_does_not_follow_a_redirect_to_another_host_or_port() {
    let away = storage();
    let port = away.endpoint.rsplit(':').next().unwrap().to_owned();
    // The same host under another port, another name of the host, and no scheme.
    for location in [
        format!("{}/x", away.endpoint),
        format!("http://localhost:{port}/x?signature=1"),
        format!("//127.0.0.1:{port}/x"),
        format!("http://hub:hf_other@127.0.0.1:{port}/x"),
    ] {
        let hub = with_storage(move |_| location.clone());
        let tried = tried(hub, tempfile::tempdir().unwrap(), |_| ());
        tried.result.unwrap();
        assert!(tried.hub.requests().iter().all(|asked| asked.authorization.as_deref() == Some(TOKEN)));
    }
    // What a file is was told before; only its bytes are fetched there.
    assert_eq!(away.requests().len(), 4);
    assert!(away.requests().iter().all(|asked| asked.authorization.is_none()), "{:?}", away.requests());
}

#[test]
fn the_token_follows_a_redirect_within_the_hub_and_back_to_it() {
    let within: fn(&Asked) -> String = |asked| format!("/storage{}", asked.path);
    let absolute: fn(&Asked) -> String = |asked| format!("http://{}/storage{}", asked.host, asked.path);
    for location in [within, absolute] {
        let tried = tried(with_storage(location), tempfile::tempdir().unwrap(), |_| ());
        tried.result.unwrap();
        assert!(tried.hub.requests().iter().any(|asked| asked.path.starts_with("/storage")));
        assert!(tried.hub.requests().iter().all(|asked| asked.authorization.as_deref() == Some(TOKEN)));
    }
}

#[test]
fn a_hub_that_sends_everything_elsewhere_sends_no_token_there() {
    let honest = Honest::tiny();
    let away = Liar::serve(move |asked| honest.answer(asked));
    let there = away.endpoint.clone();
    let tried = lying(move |asked, _| Reply::new(308, "").with("Location", format!("{there}{}", asked.path)));
    tried.result.unwrap();
    assert!(away.requests().len() >= 7);
    assert!(away.requests().iter().all(|asked| asked.authorization.is_none()));
}

#[test]
fn a_password_in_the_endpoint_is_sent_and_never_shown() {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| {
        // As a proxy that keeps the hub under a path of its own.
        match asked.path.strip_prefix("/mirror/hf") {
            Some(path) => honest.answer(&Asked { path: path.to_owned(), ..asked.clone() }),
            None => Reply::new(500, ""),
        }
    });
    let (address, folder) = (hub.address().to_owned(), tempfile::tempdir().unwrap());
    let good = tried(hub, folder, |settings| {
        settings.endpoint = format!("http://user:pass%40word@{address}/mirror/hf/");
        assert!(!format!("{settings:?}").contains("word"));
    });
    good.result.unwrap();
    // "user:pass@word"
    let login = "Basic dXNlcjpwYXNzQHdvcmQ=";
    assert!(good.hub.requests().iter().all(|asked| asked.authorization.as_deref() == Some(login)));
    // Every error that names the endpoint.
    for path in ["", "/mirror"] {
        let refused = tried(Liar::serve(|_| Reply::new(500, "")), tempfile::tempdir().unwrap(), |settings| {
            settings.endpoint = format!("{}{path}", settings.endpoint.replace("//", "//user:pass%40word@"));
        });
        let error = refused.error();
        assert!(matches!(error, HubError::Status { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("word"));
    }
    for endpoint in
        ["http://user:password@127.0.0.1:1", "http://user:password@no.such.host.invalid", "user:password@x"]
    {
        let refused = tried(Liar::serve(|_| Reply::new(500, "")), tempfile::tempdir().unwrap(), |settings| {
            settings.endpoint = endpoint.to_owned();
        });
        let error = refused.error();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("password"), "{error}");
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_not_shown() {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| honest.answer(asked));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&hub, folder.path());
    settings.token = Some("hf_secret\r\nX-Other: 1".to_owned());
    let error = super::hub_error(open(&model("main"), &settings, &()));
    assert!(matches!(error, HubError::Token), "{error:?}");
    assert!(!format!("{error} {error:?} {:?} {settings:?}", error.hint()).contains("hf_secret"));
    assert!(hub.requests().is_empty());
}
