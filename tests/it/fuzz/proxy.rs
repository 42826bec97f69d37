//! A hub that cannot be trusted: an honest one behind a proxy that changes some of its answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::mutate;

/// The proxy; it stops when dropped.
pub struct Proxy {
    pub endpoint: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// In front of the hub at `behind`.
    pub fn before(behind: &str, mut rng: ChaCha8Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (stop, behind) =
            (Arc::new(AtomicBool::new(false)), behind.trim_start_matches("http://").to_owned());
        let (stopped, own) = (Arc::clone(&stop), endpoint.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(stream) = stream {
                    // Either side may hang up; that is part of the game.
                    let _ = pass(&stream, &behind, &own, &mut rng);
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        });
        Self { endpoint, stop, thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn pass(mut client: &TcpStream, behind: &str, own: &str, rng: &mut ChaCha8Rng) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && client.read(&mut byte)? == 1 {
        request.push(byte[0]);
    }
    let mut hub = TcpStream::connect(behind)?;
    hub.write_all(&request)?;
    let mut answer = Vec::new();
    hub.read_to_end(&mut answer)?;
    if rng.random_bool(0.3) {
        answer = changed(answer, own, rng);
    }
    client.write_all(&answer)
}

/// The answer with another status, a header more, less or other, or other bytes.
fn changed(answer: Vec<u8>, own: &str, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return answer };
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec());
    let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    let up = "../".repeat(12);
    let values = [
        "",
        "*",
        "0",
        "-1",
        "18446744073709551615",
        "/",
        "//evil.example/x",
        "file:///etc/passwd",
        "\"\"",
        "W/\"x\"",
        "http://[::1",
        "a b",
        "\u{7f}",
        "bytes 5-1/3",
        "identity",
        "gzip",
        "chunked",
    ];
    let value = match rng.random_range(0..3) {
        0 => format!("{up}tmp/attncheck-fuzz"),
        1 => format!("{own}/{}", rng.random_range(0..9)),
        _ => values.choose(rng).copied().unwrap_or_default().to_owned(),
    };
    let names = [
        "Location",
        "ETag",
        "X-Linked-Etag",
        "X-Linked-Size",
        "X-Repo-Commit",
        "Content-Length",
        "Content-Range",
        "Transfer-Encoding",
        "Content-Encoding",
        "Retry-After",
    ];
    match rng.random_range(0..5) {
        0 => {
            let status = [200, 204, 206, 300, 302, 307, 401, 403, 404, 416, 429, 500].choose(rng).copied();
            lines[0] = format!("HTTP/1.1 {} X", status.unwrap_or(500));
        }
        1 if lines.len() > 1 => drop(lines.remove(rng.random_range(1..lines.len()))),
        2 if lines.len() > 1 => {
            let i = rng.random_range(1..lines.len());
            let name = lines[i].split(':').next().unwrap_or_default().to_owned();
            lines[i] = format!("{name}: {value}");
        }
        3 => lines.push(format!("{}: {value}", names.choose(rng).copied().unwrap_or_default())),
        _ => {
            let body = mutate::bytes("answer", body, rng);
            return [lines.join("\r\n").as_bytes(), b"\r\n\r\n", &body].concat();
        }
    }
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n", &body].concat()
}
