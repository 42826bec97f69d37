//! Servers that say nothing, or too little: given up in time, with what came kept where that is worth something.

use std::fs;
use std::time::Duration;

use attncheck::model::source::{Broken, HubError, Patience, open};

use super::lies::{Tried, settings, tried};
use super::model;
use crate::model::source::weight_bytes;
use crate::support::liar::{Asked, Honest, Liar, Reply, Step};

/// A thousandth of what a user waits, but long enough for a busy machine.
const QUICK: Patience =
    Patience { silence: Duration::from_millis(1200), window: Duration::from_millis(2500), least: 1000 };

/// Given up within this time, whatever the server does.
const ENOUGH: Duration = Duration::from_secs(20);

fn slow(lie: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static) -> Tried {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| lie(asked, honest.answer(asked)));
    let tried = tried(hub, tempfile::tempdir().unwrap(), |settings| settings.patience = QUICK);
    assert!(tried.took < ENOUGH, "{:?}", tried.took);
    tried
}

/// One byte now and then: never silent, never done.
fn trickle(bytes: &[u8]) -> Step {
    Step::Endlessly(bytes.to_vec(), Duration::from_millis(100))
}

#[derive(Clone, Copy, Debug)]
enum Of {
    List,
    Probe,
    Weights,
}

impl Of {
    fn is(self, asked: &Asked) -> bool {
        match self {
            Self::List => asked.is_list(),
            Self::Probe => asked.asks("model.safetensors") && asked.is_probe(),
            Self::Weights => asked.asks("model.safetensors") && !asked.is_probe(),
        }
    }

    fn file(self) -> &'static str {
        if matches!(self, Self::List) { "" } else { "model.safetensors" }
    }
}

#[track_caller]
fn assert_silent(error: &HubError, name: &str, came: u64) {
    assert!(
        matches!(error, HubError::Interrupted { file, cause: Broken::Silent(_), received, .. } if file == name && *received == came),
        "{error:?}"
    );
    assert!(error.to_string().contains("1.2 s"), "{error}");
}

#[track_caller]
fn assert_slow(error: &HubError, name: &str) {
    assert!(
        matches!(error, HubError::Interrupted { file, cause: Broken::Slow { .. }, .. } if file == name),
        "{error:?}"
    );
    assert!(error.to_string().contains("fewer than 1000 bytes a second came over 2.5 s"), "{error}");
}

#[test]
fn silence_before_an_answer_is_given_up() {
    for of in [Of::List, Of::Probe, Of::Weights] {
        let tried =
            slow(move |asked, honest| if of.is(asked) { Reply::raw(vec![Step::Silence]) } else { honest });
        assert_silent(&tried.error(), of.file(), 0);
    }
}

#[test]
fn silence_within_the_headers_is_given_up() {
    for of in [Of::List, Of::Probe, Of::Weights] {
        let head = b"HTTP/1.1 200 OK\r\nX-Repo".to_vec();
        let tried = slow(move |asked, honest| {
            if of.is(asked) { Reply::raw(vec![Step::Send(head.clone()), Step::Silence]) } else { honest }
        });
        assert_silent(&tried.error(), of.file(), 0);
    }
}

#[test]
fn headers_that_trickle_are_given_up() {
    for of in [Of::List, Of::Probe, Of::Weights] {
        let tried = slow(move |asked, honest| {
            let steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), trickle(b"x")];
            if of.is(asked) { Reply::raw(steps) } else { honest }
        });
        let error = tried.error();
        assert!(matches!(&error, HubError::Interrupted { file, .. } if file == of.file()), "{error:?}");
    }
}

#[test]
fn redirects_that_each_take_their_time_are_given_up() {
    for of in [Of::List, Of::Probe, Of::Weights] {
        let tried = slow(move |asked, honest| {
            if !of.is(asked) {
                return honest;
            }
            std::thread::sleep(Duration::from_millis(450));
            Reply::new(302, "").with("Location", asked.path.clone())
        });
        assert_slow(&tried.error(), of.file());
    }
}

#[test]
fn a_body_that_stalls_is_given_up_and_gone_on_with() {
    let tried = slow(|asked, honest| {
        if !Of::Weights.is(asked) {
            return honest;
        }
        let head = Honest::tiny().0["model.safetensors"][..1000].to_vec();
        honest.with("Content-Length", "5000").steps(vec![Step::Send(head), Step::Silence])
    });
    let (folder, result) = (tried.folder, tried.result);
    let error = super::hub_error(result);
    assert_silent(&error, "model.safetensors", 1000);
    assert!(error.to_string().contains("after 1000 of 5000 bytes"), "{error}");
    assert!(error.hint().unwrap().contains("goes on"));
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| honest.answer(asked));
    let files = open(&model("main"), &settings(&hub, folder.path()), &()).unwrap();
    assert_eq!(weight_bytes(&files), [Honest::tiny().0["model.safetensors"].clone()]);
    let asked: Vec<_> = hub.requests().into_iter().filter(|asked| Of::Weights.is(asked)).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].range.as_deref(), Some("bytes=1000-"));
}

#[test]
fn a_list_that_stalls_is_given_up() {
    let tried = slow(|asked, honest| {
        if !asked.is_list() {
            return honest;
        }
        honest
            .with("Content-Length", "5000")
            .steps(vec![Step::Send(b"{\"sha\": \"a".to_vec()), Step::Silence])
    });
    let error = tried.error();
    assert_silent(&error, "", 10);
    assert!(error.to_string().contains("the list of files broke off after 10 bytes"), "{error}");
}

#[test]
fn a_body_that_trickles_is_given_up_also_behind_a_burst() {
    for burst in [0, 3000] {
        for of in [Of::List, Of::Weights] {
            let tried = slow(move |asked, honest| {
                if !of.is(asked) {
                    return honest;
                }
                let head = if burst == 0 { Vec::new() } else { vec![b' '; 1400] };
                let reply = honest.with("Content-Length", "5000");
                reply.steps(vec![Step::Send(head), trickle(b" ")])
            });
            assert_slow(&tried.error(), of.file());
        }
    }
}

/// A small file has no hash that would tell whether two halves belong together.
#[test]
fn half_of_a_small_file_is_not_kept() {
    let tried = slow(|asked, honest| {
        if !asked.asks("config.json") || asked.is_probe() {
            return honest;
        }
        honest.with("Content-Length", "8").steps(vec![Step::Send(b"{\"a".to_vec()), Step::Silence])
    });
    assert_eq!(fs::read_dir(tried.blobs()).unwrap().count(), 0);
    let error = tried.error();
    assert!(matches!(error, HubError::Interrupted { kept: false, received: 3, .. }), "{error:?}");
}

/// Cut again and again after a while: it is not tried again without an end.
#[test]
fn cuts_that_each_take_their_time_are_given_up() {
    let tried = slow(|asked, honest| {
        if Of::Weights.is(asked) {
            std::thread::sleep(Duration::from_millis(500));
            return Reply::raw(vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec())]);
        }
        honest
    });
    let error = tried.error();
    assert!(matches!(error, HubError::Interrupted { .. } | HubError::BadAnswer { .. }), "{error:?}");
}
