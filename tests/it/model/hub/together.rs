//! Several programs on one cache, and programs that end in the middle.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use attncheck::model::source::{HubError, open};

use super::lies::settings;
use super::{hub_error, model};
use crate::model::source::weight_bytes;
use crate::support::hub::sha256;
use crate::support::liar::{Honest, Liar, Reply, Step};

/// A hub whose weights take a while.
fn leisurely() -> Liar {
    let honest = Honest::tiny();
    Liar::serve(move |asked| {
        if asked.asks("model.safetensors") && !asked.is_probe() {
            thread::sleep(Duration::from_millis(300));
        }
        honest.answer(asked)
    })
}

#[test]
fn three_at_once_fetch_a_file_once() {
    let (hub, folder) = (leisurely(), tempfile::tempdir().unwrap());
    let settings = settings(&hub, folder.path());
    let fetched = thread::scope(|scope| {
        let fetch = || weight_bytes(&open(&model("main"), &settings, &()).unwrap());
        let all = [scope.spawn(fetch), scope.spawn(fetch), scope.spawn(fetch)];
        all.map(|one| one.join().unwrap())
    });
    assert!(fetched.iter().all(|bytes| bytes == &[Honest::tiny().0["model.safetensors"].clone()]));
    let gets =
        |file: &str| hub.requests().iter().filter(|asked| asked.asks(file) && !asked.is_probe()).count();
    assert_eq!((gets("model.safetensors"), gets("config.json")), (1, 1));
}

/// The lock is where the Python library has it, so that it waits for us, and we for it.
#[test]
fn who_holds_the_lock_and_does_nothing_is_named() {
    let honest = Honest::tiny();
    let (hub, folder) = (Liar::serve(move |asked| honest.answer(asked)), tempfile::tempdir().unwrap());
    let mut settings = settings(&hub, folder.path());
    settings.patience.window = Duration::from_secs(1);
    let locks = folder.path().join("home/cache/.locks/models--tests--sst2-tiny");
    fs::create_dir_all(&locks).unwrap();
    let path = locks.join(format!("{}.lock", sha256(&Honest::tiny().0["model.safetensors"])));
    let lock = fs::File::create(&path).unwrap();
    lock.lock().unwrap();
    let begun = Instant::now();
    let error = hub_error(open(&model("main"), &settings, &()));
    assert!(matches!(&error, HubError::Locked { path: told, .. } if *told == path), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    // A lock ends with who held it, though its file is still there.
    drop(lock);
    open(&model("main"), &settings, &()).unwrap();
}

fn fetching(hub: &Liar, folder: &std::path::Path) -> Command {
    fs::write(folder.join("texts.txt"), "a good film\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_attncheck"));
    command.args(["audit", "texts.txt", "--model", "tests/sst2-tiny", "--effort", "quick", "--quiet"]);
    command.current_dir(folder).env("HF_ENDPOINT", &hub.endpoint).env("HF_HUB_CACHE", folder.join("cache"));
    command.env_remove("HF_HUB_OFFLINE").env_remove("HF_TOKEN").stdin(Stdio::null());
    command
}

/// The program is killed in the middle of the weights: the half that came is kept, and no lock stays.
#[test]
fn a_killed_program_leaves_what_can_be_gone_on_with() {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| {
        let reply = honest.answer(asked);
        if !asked.asks("model.safetensors") || asked.is_probe() || asked.start() > 0 {
            return reply;
        }
        let half = honest.0["model.safetensors"][..2000].to_vec();
        reply.with("Content-Length", "5000").steps(vec![Step::Send(half), Step::Silence])
    });
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        fetching(&hub, folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let root = folder.path().join("cache/models--tests--sst2-tiny");
    let part = root.join("blobs").join(format!("{}.part", sha256(&Honest::tiny().0["model.safetensors"])));
    let begun = Instant::now();
    while fs::metadata(&part).map_or(0, |part| part.len()) < 2000 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes");
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!root.join("refs/main").exists());
    let mut settings = settings(&hub, folder.path());
    settings.cache = folder.path().join("cache");
    let files = open(&model("main"), &settings, &()).unwrap();
    assert_eq!(weight_bytes(&files), [Honest::tiny().0["model.safetensors"].clone()]);
    let last = hub.requests().pop().unwrap();
    assert_eq!(last.range.as_deref(), Some("bytes=2000-"));
    assert!(!part.exists());
}

/// Servers that do not go on where they should: the whole is fetched anew, and is right.
#[test]
fn a_server_that_does_not_go_on_is_asked_for_the_whole() {
    type Wrong = fn(Reply, &[u8]) -> Reply;
    let ways: [Wrong; 6] = [
        |_, _| Reply::new(416, ""),
        |reply, _| reply.with("Content-Range", "bytes 0-4999/5000"),
        |reply, _| reply.with("Content-Range", "bytes 2000-4999/6000"),
        |reply, _| reply.with("Content-Range", "nonsense"),
        |reply, _| reply.without("Content-Range"),
        |reply, all| Reply { headers: reply.headers, ..Reply::new(200, all) },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let honest = Honest::tiny();
        let hub = Liar::serve(move |asked| {
            let reply = honest.answer(asked);
            if asked.start() > 0 { way(reply, &honest.0["model.safetensors"]) } else { reply }
        });
        let folder = tempfile::tempdir().unwrap();
        let blobs = folder.path().join("home/cache/models--tests--sst2-tiny/blobs");
        fs::create_dir_all(&blobs).unwrap();
        let weights = Honest::tiny().0["model.safetensors"].clone();
        let part = blobs.join(format!("{}.part", sha256(&weights)));
        fs::write(&part, &weights[..2000]).unwrap();
        let files = open(&model("main"), &settings(&hub, folder.path()), &()).unwrap();
        assert_eq!(weight_bytes(&files), [weights], "{number}");
        assert!(!part.exists(), "{number}");
    }
}

/// A range that was not asked for is no file.
#[test]
fn a_part_in_the_place_of_the_whole_is_refused() {
    let tried = super::lies::lying(|asked, reply| {
        if !asked.asks("config.json") || asked.is_probe() {
            return reply;
        }
        Reply { status: 206, ..reply.with("Content-Range", "bytes 2-9/10") }
    });
    let error = tried.error();
    assert!(matches!(error, HubError::BadAnswer { .. }), "{error:?}");
}

/// Ctrl-C in the middle of the weights ends the program at once, with the status of an interruption; what came is kept.
#[cfg(unix)]
#[test]
fn an_interruption_ends_a_transfer() {
    let honest = Honest::tiny();
    let hub = Liar::serve(move |asked| {
        let reply = honest.answer(asked);
        if !asked.asks("model.safetensors") {
            return reply;
        }
        if asked.is_probe() {
            return reply.with("X-Linked-Size", "5000000");
        }
        // Fast enough not to be given up.
        let more = Step::Endlessly(vec![b' '; 50], Duration::from_millis(20));
        reply.with("Content-Length", "5000000").steps(vec![more])
    });
    let folder = tempfile::tempdir().unwrap();
    let mut command = fetching(&hub, folder.path());
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !hub.requests().iter().any(|asked| asked.asks("model.safetensors") && !asked.is_probe()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes");
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(200));
    let pressed = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let out = child.wait_with_output().unwrap();
    assert!(pressed.elapsed() < Duration::from_secs(10));
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted") && !told.contains("panicked"), "{told}");
    let part = format!("{}.part", sha256(&Honest::tiny().0["model.safetensors"]));
    assert!(folder.path().join("cache/models--tests--sst2-tiny/blobs").join(part).exists());
}
