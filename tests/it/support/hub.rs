//! A server on loopback that speaks the hub's protocol, faults included.

#![expect(clippy::struct_excessive_bools, reason = "each fault is on or off by itself")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The repository that is served, and its one commit, on `main` and on the tag `v1`.
pub const REPO: &str = "tests/sst2-tiny";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Files from this size on are kept apart, behind a redirect, under their SHA-256.
const LARGE: usize = 1 << 20;

/// What the server does wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Asks for this token.
    pub token: Option<String>,
    /// The token is good, but the model is gated.
    pub gated: bool,
    /// 429 for everything, with this `Retry-After`; without one where empty.
    pub rate_limit: Option<String>,
    /// 429 for this file only.
    pub rate_limited_file: Option<String>,
    /// Status for every file (500, 503 …), though the list is given.
    pub file_status: Option<u16>,
    /// So many times, the connection is cut in the middle of a large file.
    pub cuts: usize,
    /// Cuts come without a stated length before, so that the end looks like an end.
    pub silent_cuts: bool,
    /// Sends the whole file where the rest was asked for.
    pub ignores_range: bool,
    /// Sends other bytes than the etag says, of the right number.
    pub wrong_bytes: bool,
    /// Redirects without saying where.
    pub lost_redirect: bool,
    /// Redirects small files to a path on the same host first, as the hub does.
    pub relative_redirect: bool,
    /// Sends this as every etag.
    pub etag: Option<String>,
    /// Sends this as the commit.
    pub commit: Option<String>,
    /// Sends this instead of the list of files.
    pub list: Option<String>,
    /// Lists files that are not there.
    pub listed: Vec<String>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub range: Option<String>,
    pub token: Option<String>,
}

struct State {
    files: BTreeMap<String, Vec<u8>>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<Request>>,
    stop: AtomicBool,
}

/// The server; it stops when dropped.
pub struct Hub {
    pub endpoint: String,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// Serves the files of a folder.
    pub fn serve(folder: &Path, faults: Faults) -> Self {
        let files = files(folder, "");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            files: files.into_iter().collect(),
            faults: Mutex::new(faults),
            requests: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let (shared, base) = (Arc::clone(&state), endpoint.clone());
        // One connection after the other: each is closed after its answer.
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(stream) = stream {
                    // A client that hangs up early is no fault of the test.
                    let _ = shared.answer(&stream, &base);
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        });
        Self { endpoint, state, thread: Some(thread) }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Other faults from now on.
    pub fn set(&self, faults: Faults) {
        *self.state.faults.lock().unwrap() = faults;
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The files of a folder and of those in it, by their paths.
fn files(folder: &Path, before: &str) -> Vec<(String, Vec<u8>)> {
    let of = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = format!("{before}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() { files(&path, &format!("{name}/")) } else { vec![(name, fs::read(path).unwrap())] }
    };
    fs::read_dir(folder).unwrap().flat_map(of).collect()
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn no(status: u16, code: Option<&str>) -> Answer {
    let headers = code.map(|code| ("X-Error-Code", code.to_owned())).into_iter().collect();
    Answer { status, headers, body: Vec::new() }
}

impl State {
    fn answer(&self, stream: &TcpStream, base: &str) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut request = Request { path, range: None, token: None };
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
            let (name, value) = header.trim().split_once(": ").unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "range" => request.range = Some(value.to_owned()),
                "authorization" => request.token = value.strip_prefix("Bearer ").map(str::to_owned),
                _ => {}
            }
        }
        self.requests.lock().unwrap().push(request.clone());
        let mut faults = self.faults.lock().unwrap();
        let answer = self.choose(&request, &faults, base);
        let large = request.path.starts_with("/cdn/") && answer.body.len() > 1;
        let is_cut = large && faults.cuts > 0;
        if is_cut {
            faults.cuts -= 1;
        }
        let silent = faults.silent_cuts;
        drop(faults);
        send(stream, &answer, is_cut, silent)
    }

    fn choose(&self, request: &Request, faults: &Faults, base: &str) -> Answer {
        let path = request.path.as_str();
        if let Some(wait) = &faults.rate_limit {
            return limited(wait);
        }
        if let Some(sha) = path.strip_prefix("/cdn/") {
            return match self.files.values().find(|bytes| sha256(bytes) == sha) {
                Some(bytes) => ranged(bytes, request, faults),
                None => no(404, None),
            };
        }
        if faults.token.is_some() && request.token != faults.token {
            return no(401, if faults.gated { Some("GatedRepo") } else { Some("RepoNotFound") });
        }
        if faults.gated {
            return no(403, Some("GatedRepo"));
        }
        let known = |revision: &str| ["main", "v1", COMMIT, "refs%2Fpr%2F1"].contains(&revision);
        if let Some(revision) = path.strip_prefix(&format!("/api/models/{REPO}/revision/")) {
            if !known(revision) {
                return no(404, Some("RevisionNotFound"));
            }
            return self.list(faults);
        }
        let path = path.strip_prefix("/cache").unwrap_or(path);
        let Some((revision, file)) =
            path.strip_prefix(&format!("/{REPO}/resolve/")).and_then(|rest| rest.split_once('/'))
        else {
            return no(404, Some("RepoNotFound"));
        };
        if !known(revision) {
            return no(404, Some("RevisionNotFound"));
        }
        self.file(file, request, faults, base)
    }

    fn list(&self, faults: &Faults) -> Answer {
        let names = self.files.keys().chain(&faults.listed);
        let siblings: Vec<_> = names.map(|name| serde_json::json!({"rfilename": name})).collect();
        let commit = faults.commit.as_deref().unwrap_or(COMMIT);
        let list = serde_json::json!({"id": REPO, "sha": commit, "siblings": siblings}).to_string();
        Answer { status: 200, headers: Vec::new(), body: faults.list.clone().unwrap_or(list).into_bytes() }
    }

    fn file(&self, file: &str, request: &Request, faults: &Faults, base: &str) -> Answer {
        if let Some(status) = faults.file_status {
            return no(status, None);
        }
        if faults.rate_limited_file.as_deref() == Some(file) {
            return limited("7");
        }
        if faults.lost_redirect {
            return no(302, None);
        }
        let Some(bytes) = self.files.get(file) else { return no(404, Some("EntryNotFound")) };
        let hash = sha256(bytes);
        let commit = faults.commit.clone().unwrap_or_else(|| COMMIT.to_owned());
        let small = hash[..40].to_owned();
        let etag = |name: String| format!("\"{}\"", faults.etag.clone().unwrap_or(name));
        let mut answer = if bytes.len() >= LARGE {
            let mut answer = no(302, None);
            answer.headers = vec![
                ("Location", format!("{base}/cdn/{hash}")),
                ("X-Linked-Etag", etag(hash)),
                ("X-Linked-Size", bytes.len().to_string()),
            ];
            answer
        } else if faults.relative_redirect && !request.path.starts_with("/cache") {
            let mut answer = no(307, None);
            answer.headers = vec![("Location", format!("/cache{}", request.path)), ("ETag", etag(small))];
            answer
        } else {
            let mut answer = ranged(bytes, request, faults);
            answer.headers.push(("ETag", etag(small)));
            answer
        };
        answer.headers.push(("X-Repo-Commit", commit));
        answer
    }
}

fn limited(wait: &str) -> Answer {
    let mut answer = no(429, None);
    if !wait.is_empty() {
        answer.headers.push(("Retry-After", wait.to_owned()));
    }
    answer
}

/// The part of a file that was asked for.
fn ranged(bytes: &[u8], request: &Request, faults: &Faults) -> Answer {
    let total = bytes.len();
    let mut bytes = bytes.to_vec();
    if faults.wrong_bytes {
        bytes[total / 2] ^= 1;
    }
    let range = request.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = range else {
        return Answer { status: 200, headers: Vec::new(), body: bytes };
    };
    let start: usize = start.parse().unwrap();
    if faults.ignores_range && start > 0 {
        return Answer { status: 200, headers: Vec::new(), body: bytes };
    }
    if start >= total {
        return no(416, None);
    }
    let end = end.parse().map_or(total, |end: usize| (end + 1).min(total));
    let headers = vec![("Content-Range", format!("bytes {start}-{}/{total}", end - 1))];
    Answer { status: 206, headers, body: bytes[start..end].to_vec() }
}

/// A cut answer has half of its bytes.
fn send(mut stream: &TcpStream, answer: &Answer, is_cut: bool, silent: bool) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Told\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !(is_cut && silent) {
        write!(head, "Content-Length: {}\r\n", answer.body.len()).unwrap();
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    let sent = if is_cut { answer.body.len() / 2 } else { answer.body.len() };
    stream.write_all(&answer.body[..sent])?;
    stream.flush()
}

pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
