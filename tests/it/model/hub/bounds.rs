//! Servers that send too much, too little, or something else: each is told, and nothing of it is kept.

use std::fs;
use std::time::Duration;

use attncheck::model::source::HubError;

use super::lies::{assert_strange, lying, lying_of_the_list, lying_of_weights, names, tried};
use crate::support::hub::sha256;
use crate::support::liar::{Asked, Honest, Liar, Reply, Step};

#[test]
fn sizes_are_held_to() {
    let size = Honest::tiny().0["model.safetensors"].len() as u64;
    let tried = lying_of_weights(move |_, honest| honest.with("X-Linked-Size", (size + 5).to_string()));
    assert_eq!(names(&tried.blobs()).len(), 2, "only the small files");
    let error = tried.error();
    assert!(
        matches!(error, HubError::Size { expected, got, .. } if (expected, got) == (size + 5, size)),
        "{error:?}"
    );
    // A small file, with and without a stated length.
    for is_stated in [true, false] {
        let tried = lying(move |asked, honest| match asked.asks("config.json") && !asked.is_probe() {
            true if is_stated => honest.steps(vec![Step::Send(b"{}".to_vec())]),
            true => honest.steps(vec![Step::Send(b"{}".to_vec()), Step::Send(Vec::new())]),
            false => honest,
        });
        assert!(names(&tried.blobs()).is_empty());
        let error = tried.error();
        assert!(
            matches!(error, HubError::Size { .. } | HubError::Interrupted { received: 2, kept: false, .. }),
            "{error:?}"
        );
    }
    for said in ["-1", "many", "99999999999999999999", "0x10", ""] {
        let tried = lying_of_weights(move |_, honest| honest.with("X-Linked-Size", said));
        assert_strange(&tried.error(), "size");
    }
}

#[test]
fn a_size_beyond_the_disk_is_told_before_it_is_filled() {
    for size in [1_u64 << 63, u64::MAX] {
        let tried = lying_of_weights(move |asked, honest| {
            let honest = if asked.is_probe() { honest } else { honest.chunks(1 << 10) };
            honest.with("X-Linked-Size", size.to_string())
        });
        let error = tried.error();
        assert!(matches!(error, HubError::NoSpace { needed, .. } if needed == size), "{error:?}");
        assert!(error.hint().unwrap().contains("space"));
    }
    // What is not weights is never so large.
    let tried = lying(|asked, honest| {
        if asked.asks("tokenizer.json") {
            honest.with("X-Linked-Size", (1_u64 << 30).to_string())
        } else {
            honest
        }
    });
    assert!(matches!(tried.error(), HubError::TooLong { .. }));
}

#[test]
fn more_than_was_declared_is_not_kept() {
    for name in ["config.json", "model.safetensors"] {
        let tried =
            lying(
                move |asked, honest| {
                    if asked.asks(name) && !asked.is_probe() { honest.chunks(1 << 16) } else { honest }
                },
            );
        assert!(names(&tried.blobs()).iter().all(|name| !name.contains("part")));
        assert!(tried.took < Duration::from_secs(5));
        let error = tried.error();
        assert!(matches!(&error, HubError::TooLong { file, .. } if file == name), "{error:?}");
    }
}

#[test]
fn without_a_size_weights_are_refused_and_small_files_are_bounded() {
    let sizeless = |asked: &Asked, honest: Reply| {
        if asked.is_probe() { honest.with("Content-Range", "bytes 0-0/*") } else { honest }
    };
    let tried = lying(move |asked, honest| sizeless(asked, honest));
    assert_eq!(names(&tried.blobs()).len(), 2, "the small files came whole");
    assert_strange(&tried.error(), "no size");
    let tried = lying(move |asked, honest| {
        let honest = sizeless(asked, honest);
        if asked.asks("config.json") && !asked.is_probe() { honest.chunks(1 << 20) } else { honest }
    });
    assert!(names(&tried.blobs()).is_empty());
    assert!(matches!(tried.error(), HubError::TooLong { .. }));
}

#[test]
fn hashes_are_held_to() {
    let tried = lying_of_weights(|_, honest| honest.with("ETag", format!("\"{}\"", "0".repeat(64))));
    assert_eq!(names(&tried.blobs()).len(), 2);
    let error = tried.error();
    assert!(matches!(error, HubError::Checksum { resumed: false, .. }), "{error:?}");
}

#[test]
fn packed_answers_are_refused() {
    let tried = lying_of_weights(|_, honest| honest.with("Content-Encoding", "gzip"));
    assert_strange(&tried.error(), "packed");
    let tried = lying_of_weights(|_, honest| honest.with("Content-Encoding", "identity"));
    tried.result.unwrap();
}

#[test]
fn what_an_answer_about_a_file_holds_besides_is_not_read() {
    let tried = lying(|asked, honest| if asked.is_probe() { honest.chunks(1 << 16) } else { honest });
    tried.result.unwrap();
    assert!(tried.took < Duration::from_secs(5));
}

#[test]
fn lists_without_an_end_or_without_sense_are_refused() {
    assert_strange(&lying_of_the_list(|| Reply::new(200, "").chunks(1 << 16)), "without an end");
    let deep = || format!("{{\"sha\":\"a\",\"siblings\":{}", "[".repeat(200_000));
    for body in [deep(), String::new(), "<html>".to_owned(), "[]".to_owned(), "\u{0}".to_owned()] {
        assert_strange(&lying_of_the_list(move || Reply::new(200, body.clone())), "something else");
    }
    for status in [204, 205, 226, 304] {
        let error = lying_of_the_list(move || Reply::new(status, ""));
        assert!(matches!(error, HubError::Status { .. }), "{error:?}");
    }
}

#[test]
fn a_hub_that_asks_to_wait_is_quoted_only_where_it_says_a_time() {
    for (said, told) in [("7", Some("7")), ("Wed ]0;x", None), ("soon", None), ("::error::", None)] {
        let error = lying_of_the_list(move || Reply::new(429, "").with("Retry-After", said));
        assert!(
            matches!(&error, HubError::RateLimited { retry_after } if retry_after.as_deref() == told),
            "{error:?}"
        );
    }
    let escaped =
        lying_of_weights(|_, _| Reply::new(429, "").with("Retry-After", "\u{1b}]0;pwn\u{7} 12")).error();
    assert!(!escaped.to_string().contains('\u{1b}') && !format!("{:?}", escaped.hint()).contains("pwn"));
}

#[test]
fn statuses_are_told_with_the_file() {
    for status in [400, 410, 416, 418, 451, 500, 503] {
        let error = lying_of_weights(
            move |asked, honest| if asked.is_probe() { honest } else { Reply::new(status, "") },
        )
        .error();
        assert!(
            matches!(&error, HubError::Status { file, status: told, .. } if file == "model.safetensors" && *told == status),
            "{error:?}"
        );
    }
}

#[test]
fn what_is_no_http_is_an_error() {
    use Step::{Endlessly, Send};

    let fast = Duration::ZERO;
    let flood = |head: &[u8], again: &[u8]| vec![Send(head.to_vec()), Endlessly(again.to_vec(), fast)];
    let answers = [
        vec![Send(b"hello\r\n\r\n".to_vec())],
        vec![Send(b"HTTP/1.1 999999 x\r\n\r\n".to_vec())],
        vec![Send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nxx".to_vec())],
        vec![Send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx".to_vec())],
        vec![Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n".to_vec())],
        vec![Send(b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n".to_vec())],
        vec![Send(Vec::new())],
        flood(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        flood(b"HTTP/1.1 200 OK\r\nX: ", &[b'y'; 4096]),
        flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        flood(b"", b"\r\n"),
    ];
    for (number, steps) in answers.into_iter().enumerate() {
        for of_list in [true, false] {
            let steps = steps.clone();
            let honest = Honest::tiny();
            let hub = Liar::serve(move |asked| {
                if asked.is_list() == of_list { Reply::raw(steps.clone()) } else { honest.answer(asked) }
            });
            let tried = tried(hub, tempfile::tempdir().unwrap(), |settings| {
                settings.patience.window = Duration::from_secs(2);
            });
            assert!(tried.took < Duration::from_secs(10), "{number}");
            let error = tried.error();
            assert!(
                matches!(
                    error,
                    HubError::BadAnswer { .. } | HubError::Interrupted { .. } | HubError::Unreachable { .. }
                ),
                "{number}: {error:?}"
            );
        }
    }
}

/// On the hub itself the etag of a small file is git's hash; that of another server need not be.
#[test]
fn forty_digits_that_are_not_gits_are_no_error_and_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| honest.answer(asked));
    // Under the names of the small files, something else of the same size is in the cache already.
    let blobs = folder.path().join("home/cache/models--tests--sst2-tiny/blobs");
    fs::create_dir_all(&blobs).unwrap();
    for name in ["config.json", "model.safetensors"] {
        let bytes = &Honest::tiny().0[name];
        let hash = sha256(bytes);
        let etag = if name == "config.json" { &hash[..40] } else { &hash[..] };
        fs::write(blobs.join(etag), vec![b' '; bytes.len()]).unwrap();
    }
    let tried = tried(hub, folder, |_| ());
    let files = tried.result.unwrap();
    assert_eq!(&*files.config, b"{\"a\": 1}");
    assert_eq!(crate::model::source::weight_bytes(&files), [Honest::tiny().0["model.safetensors"].clone()]);
}
