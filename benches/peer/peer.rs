//! The Python process: one JSON line asks, one JSON line answers.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::error::Error;

/// The running peer.
#[derive(Debug)]
pub struct Peer {
    python: PathBuf,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The version of torch it runs.
    pub torch: String,
}

/// What the peer needed and found.
#[derive(Debug)]
pub struct Answer {
    /// Mean over the repetitions.
    pub seconds: f64,
    /// What is to be compared; null where it was not asked for.
    pub values: Value,
}

impl Peer {
    /// Starts it and waits until its libraries are there.
    pub fn start(python: &Path) -> Result<Self, Error> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer/peer.py");
        let mut child = Command::new(python)
            .arg(script)
            .env("HF_HUB_OFFLINE", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Python { python: python.to_owned(), source })?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Ended { python: python.to_owned(), started: false });
        };
        let answers = BufReader::new(answers);
        let mut peer = Self { python: python.to_owned(), child, asks, answers, torch: String::new() };
        let hello = peer.read(false)?;
        peer.torch.push_str(hello["torch"].as_str().unwrap_or("of unknown version"));
        Ok(peer)
    }

    fn read(&mut self, started: bool) -> Result<Value, Error> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(Error::Ended { python: self.python.clone(), started });
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, request: &Value) -> Result<Value, Error> {
        let sent = writeln!(self.asks, "{request}").and_then(|()| self.asks.flush());
        sent.map_err(|_| Error::Ended { python: self.python.clone(), started: true })?;
        self.read(true)
    }

    /// Has it write a random-weight model where none stands.
    pub fn make(&mut self, shape: &str, folder: &Path) -> Result<(), Error> {
        self.ask(&json!({ "make": shape, "folder": folder })).map(drop)
    }

    /// Has it open a classifier.
    pub fn load(&mut self, folder: &Path) -> Result<(), Error> {
        self.ask(&json!({ "load": folder })).map(drop)
    }

    /// Has it open a language model.
    pub fn open(&mut self, folder: &Path) -> Result<(), Error> {
        self.ask(&json!({ "open": folder })).map(drop)
    }

    /// Has it do a part `repeat` times; `request` names the part and what it takes.
    pub fn time(
        &mut self,
        request: &Value,
        threads: usize,
        repeat: usize,
        values: bool,
    ) -> Result<Answer, Error> {
        let mut request = request.clone();
        request["threads"] = threads.into();
        request["repeat"] = repeat.into();
        request["values"] = values.into();
        let mut answer = self.ask(&request)?;
        let seconds = answer["seconds"].as_f64().ok_or(Error::Answer { field: "seconds" })?;
        Ok(Answer { seconds, values: answer["values"].take() })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself, and nothing is left to be done where it cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
