//! A server on loopback that answers whatever a test says, byte by byte if need be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::hub::{COMMIT, sha256};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    pub host: String,
    pub range: Option<String>,
    pub authorization: Option<String>,
    /// The how many-th request of this path and range it is, from 1.
    pub nth: usize,
}

impl Asked {
    pub fn is_list(&self) -> bool {
        self.path.starts_with("/api/models/")
    }

    /// Asks what a file is, not for its bytes.
    pub fn is_probe(&self) -> bool {
        self.range.as_deref() == Some("bytes=0-0")
    }

    /// Name of the file that is asked about.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub fn asks(&self, file: &str) -> bool {
        !self.is_list() && self.file() == file
    }

    /// First byte that is asked for.
    pub fn start(&self) -> usize {
        let start = |range: &str| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok();
        self.range.as_deref().and_then(start).unwrap_or(0)
    }
}

/// What is sent, in this order.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// Nothing more, but the connection stays open.
    Silence,
    /// These bytes, again and again, with a pause after each time.
    Endlessly(Vec<u8>, Duration),
}

/// An answer. Its length is stated if it is but bytes, and the headers do not say how it comes.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<Step>,
    /// Sent instead of all that.
    pub raw: Option<Vec<Step>>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: vec![Step::Send(body.into())], raw: None }
    }

    /// These steps from the first byte of the status line on.
    pub fn raw(steps: Vec<Step>) -> Self {
        Self { raw: Some(steps), ..Self::new(200, "") }
    }

    /// With this header, in the place of one of that name.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(old, _)| *old != name);
        self.headers.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(old, _)| *old != name);
        self
    }

    /// With another body.
    pub fn steps(mut self, steps: Vec<Step>) -> Self {
        self.body = steps;
        self
    }

    /// With a body of these chunks without an end.
    pub fn chunks(self, size: usize) -> Self {
        let chunk = [format!("{size:x}\r\n").into_bytes(), vec![b' '; size], b"\r\n".to_vec()].concat();
        self.with("Transfer-Encoding", "chunked").steps(vec![Step::Endlessly(chunk, Duration::ZERO)])
    }

    fn all(&self) -> Vec<Step> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut head = format!("HTTP/1.1 {} Told\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let says_how = |name: &&str| ["Content-Length", "Transfer-Encoding"].contains(name);
        if let ([Step::Send(body)], false) =
            (&self.body[..], self.headers.iter().any(|(name, _)| says_how(name)))
        {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        head.push_str("\r\n");
        [vec![Step::Send(head.into_bytes())], self.body.clone()].concat()
    }
}

/// What an honest hub has: small files under a hash of 40 digits, weights under their SHA-256.
#[derive(Debug, Clone)]
pub struct Honest(pub BTreeMap<&'static str, Vec<u8>>);

impl Honest {
    /// Three files that look like a model to who does not read them.
    pub fn tiny() -> Self {
        let weights: Vec<u8> = (0..5000_u32).map(|i| (i * 7 % 251) as u8).collect();
        let (config, tokenizer) = (b"{\"a\": 1}".to_vec(), b"{\"b\": 2}".to_vec());
        Self(BTreeMap::from([
            ("config.json", config),
            ("tokenizer.json", tokenizer),
            ("model.safetensors", weights),
        ]))
    }

    pub fn list(names: &[&str], commit: &str) -> Reply {
        let siblings: Vec<_> = names.iter().map(|name| serde_json::json!({"rfilename": name})).collect();
        Reply::new(200, serde_json::json!({"sha": commit, "siblings": siblings}).to_string())
    }

    pub fn answer(&self, asked: &Asked) -> Reply {
        if asked.is_list() {
            return Self::list(&self.0.keys().copied().collect::<Vec<_>>(), COMMIT);
        }
        let Some(bytes) = self.0.get(asked.file()) else { return Reply::new(404, "") };
        let hash = sha256(bytes);
        let etag = if asked.file() == "model.safetensors" { &hash[..] } else { &hash[..40] };
        let size = bytes.len();
        let reply = match asked.range {
            Some(_) if asked.is_probe() => {
                Reply::new(206, &bytes[..1]).with("Content-Range", format!("bytes 0-0/{size}"))
            }
            Some(_) => {
                let start = asked.start();
                let range = format!("bytes {start}-{}/{size}", size - 1);
                Reply::new(206, &bytes[start..]).with("Content-Range", range)
            }
            None => Reply::new(200, bytes.clone()),
        };
        reply.with("ETag", format!("\"{etag}\"")).with("X-Repo-Commit", COMMIT)
    }
}

/// The server; it takes no more connections when dropped.
pub struct Liar {
    pub endpoint: String,
    requests: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Liar {
    /// Answers by a function of the request; connections are answered side by side.
    pub fn serve(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (requests, stop) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(AtomicBool::new(false)));
        let (noted, stopped, answer) = (Arc::clone(&requests), Arc::clone(&stop), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (noted, stopped, answer) =
                    (Arc::clone(&noted), Arc::clone(&stopped), Arc::clone(&answer));
                thread::spawn(move || {
                    if let Some(mut asked) = read(&stream) {
                        let mut noted = noted.lock().unwrap();
                        let is_same = |old: &&Asked| old.path == asked.path && old.range == asked.range;
                        asked.nth = noted.iter().filter(is_same).count() + 1;
                        noted.push(asked.clone());
                        drop(noted);
                        // A client that hangs up is no fault of the test.
                        let _ = send(&stream, &answer(&asked).all(), &stopped);
                    }
                });
            }
        });
        Self { endpoint, requests, stop }
    }

    pub fn requests(&self) -> Vec<Asked> {
        self.requests.lock().unwrap().clone()
    }

    /// `host:port`
    pub fn address(&self) -> &str {
        self.endpoint.trim_start_matches("http://")
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address());
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut asked = Asked { path: lines.next()?.split(' ').nth(1)?.to_owned(), ..Asked::default() };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "range" => asked.range = Some(value.to_owned()),
            "authorization" => asked.authorization = Some(value.to_owned()),
            "host" => value.clone_into(&mut asked.host),
            _ => {}
        }
    }
    Some(asked)
}

fn send(mut stream: &TcpStream, steps: &[Step], stopped: &AtomicBool) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(bytes)?,
            Step::Silence => {
                while !stopped.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
            }
            Step::Endlessly(bytes, pause) => {
                while !stopped.load(Ordering::SeqCst) {
                    stream.write_all(bytes)?;
                    thread::sleep(*pause);
                }
            }
        }
    }
    stream.flush()
}
